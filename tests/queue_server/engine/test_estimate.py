"""The expected wait: always an interval, by a record that the log alone gives, and that survives the days."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.canonical import canonical
from queue_server.engine.estimate import calibration, cold_start, expected_wait, mean_service
from queue_server.engine.harvest import ratio_of
from queue_server.engine.record import (
    DAYS,
    LEAST,
    MOST,
    Judged,
    QueueRecord,
    Waits,
    bin_of,
    quantile,
    shown_min,
    with_ratios,
)
from queue_server.engine.state import State, copy
from queue_server.log.snapshots import restore, take
from tests.queue_server.engine.driver import Lobby
from tests.sites import DAY, MINUTE, NEXT_DAY, appointment, at, registration, small_sessions


def served_day(lobby: Lobby, people: int, *, minutes: int = 6) -> None:
    """Walk-ins of one pool come together at half past eight and are served one after the other."""
    lobby.do("08:00", c.OpenStation("s1", "nurse", "d-lin"))
    for n in range(people):
        lobby.issue("08:30", c.CheckInWalkIn("q-im", registration(f"r{n}", f"p{n}", "im-am")))
    for n in range(people):
        lobby.call(at("08:30") + n * minutes * MINUTE, "s1")
        lobby.do(None, c.StartService("s1"))
        lobby.do(at("08:30") + (n + 1) * minutes * MINUTE, c.Finish("s1"))


def next_day(lobby: Lobby) -> None:
    lobby.do("16:00", c.Tick())
    lobby.do("23:00", c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))


def test_what_was_shown_is_kept_in_the_event_and_a_replay_shows_the_same():
    lobby = Lobby()
    lobby.do("08:00", c.OpenStation("s1", "nurse"))
    for n in range(4):
        lobby.issue("08:30", c.CheckInWalkIn("q-im", registration(f"r{n}", f"p{n}", "im-am")))
    ticket = lobby.issue("08:31", c.CheckInWalkIn("q-im", registration("r", "p", "im-am")))
    issued = lobby.log[-1].event
    assert isinstance(issued, e.TicketIssued)
    assert expected_wait(lobby.state, ticket.id) == shown_min(issued.expected)
    replayed = lobby.replayed()
    assert expected_wait(replayed, ticket.id) == expected_wait(lobby.state, ticket.id)
    # Four and a half services of eight minutes in one room.
    assert issued.expected.base_s == round(4.5 * 8 * 60)
    assert issued.expected.low_s < issued.expected.base_s < issued.expected.high_s


def test_a_backfilled_ticket_and_one_of_an_older_log_expect_nothing_and_judge_nothing():
    lobby = Lobby()
    ticket = lobby.issue("08:50", c.CheckIn(appointment("a", "p", "im-am", "09:00"), "backfill"))
    assert ticket.expected is None
    lobby.do("08:50", c.OpenStation("s1", "nurse"))
    lobby.call("08:55", "s1")
    lobby.do("08:56", c.StartService("s1"))
    lobby.do("08:57", c.Finish("s1"))
    assert calibration(lobby.state, ["q-im"]) == (0, 0)


def test_the_day_that_ends_becomes_the_record():
    lobby = Lobby()
    served_day(lobby, 12)
    waits = [ticket.first_called_at - ticket.issued_at for ticket in lobby.state.tickets.values()]
    expected = [ticket.expected for ticket in lobby.state.tickets.values()]
    assert calibration(lobby.state, ["q-im"])[1] == 12
    before = calibration(lobby.state, ["q-im"])
    next_day(lobby)
    record = lobby.state.record["q-im"]
    kept = sorted(ratio for cell in record.waits.values() for ratio in cell.ratios)
    assert kept == sorted(ratio_of(shown, wait) for shown, wait in zip(expected, waits, strict=True))
    assert record.services == {"": (12, 72 * MINUTE), "d-lin": (12, 72 * MINUTE)}
    assert record.days == (Judged(DAY, *before),)
    assert calibration(lobby.state, ["q-im"]) == before, "the record goes on over the night"
    assert canonical(lobby.replayed()) == canonical(lobby.state)
    assert canonical(copy(lobby.state)) == canonical(lobby.state)
    assert canonical(restore(take(lobby.state))) == canonical(lobby.state)


def test_a_call_that_was_taken_back_is_no_wait():
    lobby = Lobby()
    lobby.do("08:00", c.OpenStation("s1", "nurse"))
    ticket = lobby.issue("08:30", c.CheckInWalkIn("q-im", registration("r", "p", "im-am")))
    lobby.call("08:31", "s1")
    lobby.do("08:32", c.Undo(lobby.state.position))
    assert lobby.ticket(ticket).first_called_at is None
    lobby.call("08:50", "s1")
    lobby.do("08:51", c.StartService("s1"))
    lobby.do("08:52", c.Finish("s1"))
    assert lobby.ticket(ticket).first_called_at == at("08:50")
    next_day(lobby)
    (cell,) = lobby.state.record["q-im"].waits.values()
    assert cell.ratios == (ratio_of(ticket.expected, 20 * MINUTE),)


def test_who_is_called_again_after_a_miss_waited_until_the_first_call():
    lobby = Lobby()
    lobby.do("08:00", c.OpenStation("s1", "nurse"))
    ticket = lobby.issue("08:30", c.CheckInWalkIn("q-im", registration("r", "p", "im-am")))
    lobby.call("08:40", "s1")
    lobby.do("08:41", c.MarkMissed("s1"))
    lobby.do("09:30", c.Rejoin(ticket.id))
    lobby.call("09:31", "s1")
    assert lobby.ticket(ticket).first_called_at == at("08:40")


def test_a_doctors_mean_is_shrunk_to_the_queues_and_that_to_the_configured_one():
    lobby = Lobby()
    assert mean_service(lobby.state, "q-im") == 8
    served_day(lobby, 10, minutes=4)
    # Ten services of four minutes weigh as much as the configured eight; then the doctor's ten as much as that six.
    assert mean_service(lobby.state, "q-im") == pytest.approx(6)
    assert mean_service(lobby.state, "q-im", "d-lin") == pytest.approx(5)
    assert mean_service(lobby.state, "q-im", "d-he") == pytest.approx(6)
    next_day(lobby)
    assert mean_service(lobby.state, "q-im", "d-lin") == pytest.approx(5), "the record goes on over the night"


def test_with_a_record_the_interval_is_the_base_times_its_quantiles():
    lobby = Lobby()
    lobby.do("08:00", c.OpenStation("s1", "nurse"))
    marks = with_ratios(Waits(), list(range(10, 1_000, 10)))
    lobby.state.record["q-im"] = QueueRecord({"walk_in/0": marks})
    lobby.strict = False
    ticket = lobby.issue("08:30", c.CheckInWalkIn("q-im", registration("r", "p", "im-am")))
    # Half a service of eight minutes; 99 ratios 10 ... 990 have the quantiles 100 and 900.
    assert (ticket.expected.base_s, ticket.expected.low_s, ticket.expected.high_s) == (240, 24, 216)
    assert expected_wait(lobby.state, ticket.id) == (0, 4)


def test_a_record_is_bounded_and_says_nothing_while_it_is_short():
    waits = Waits()
    for n in range(MOST + 50):
        waits = with_ratios(waits, [n])
        assert (waits.marks is None) == (len(waits.ratios) < LEAST)
    assert waits.ratios == tuple(range(50, MOST + 50))


def test_where_many_wait_not_at_all_the_interval_reaches_from_nothing_to_eight_of_ten():
    waits = with_ratios(Waits(), [0] * 30 + list(range(1, 71)))
    assert waits.marks[0] == 0
    assert sum(ratio <= waits.marks[2] for ratio in waits.ratios) == pytest.approx(80, abs=1)


def test_the_week_is_a_week_and_older_days_do_not_count():
    lobby = Lobby()
    days = tuple(Judged(f"2026-02-{day:02d}", 1, 2) for day in range(20, 27))
    lobby.state.record["q-im"] = QueueRecord(days=days)
    # Today is the second of March: the 23rd is a week ago.
    assert calibration(lobby.state, ["q-im"]) == (4, 8)
    assert calibration(lobby.state, ["q-ent"]) == (0, 0)
    assert len(days) == DAYS


def test_before_the_session_its_beginning_is_added_and_the_record_is_of_the_rest():
    lobby = Lobby()
    ticket = lobby.issue("07:30", c.CheckIn(appointment("a", "p", "im-am", "08:00")))
    assert ticket.expected.until_s == 30 * 60
    assert ticket.expected.kind == "appointment+closed"
    assert shown_min(ticket.expected)[0] >= 30
    assert ratio_of(ticket.expected, 30 * MINUTE) == 0
    assert ratio_of(ticket.expected, 30 * MINUTE + ticket.expected.base_s * 1_000_000) == 1_000


@given(st.integers(0, 400), st.floats(0.1, 120), st.integers(0, 10_000), st.integers(0, 1_000_000))
def test_the_formula_is_an_interval_whatever_it_knows(before, each, overtakes, waited_s):
    low, high = cold_start(before, each, QueueRecord(overtakes=overtakes, waited_s=waited_s))
    assert 0 <= low < high


@given(st.integers(-10_000, 100_000), st.integers(0, 100_000))
def test_whole_minutes_go_outward_and_are_never_one_figure(low_s, more_s):
    low, high = shown_min(e.Expected("walk_in", 0, 1, 0, low_s, low_s + more_s))
    assert 0 <= low < high
    assert low * 60 <= max(0, low_s)
    assert high * 60 >= low_s + more_s


@given(st.lists(st.integers(0, 100_000), min_size=1), st.floats(0, 1))
def test_a_quantile_lies_within_what_it_is_of(numbers, share):
    ordered = sorted(numbers)
    assert ordered[0] <= quantile(ordered, share) <= ordered[-1]


def test_the_classes_of_places_follow_each_other():
    classes = [bin_of(before) for before in range(60)]
    assert classes == sorted(classes)
    assert classes[0] == 0
    assert set(classes) == set(range(max(classes) + 1))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=1, max_size=25))
def test_whatever_the_day_a_replay_gives_the_same_record(steps):
    lobby = Lobby()
    lobby.strict = False
    lobby.do("08:00", c.OpenStation("s1", "nurse", "d-lin"))
    for n, (what, minutes) in enumerate(steps):
        now = max(lobby.now, at("08:00")) + minutes * 10_000_000
        if what < 2:
            lobby.ask(now, c.CheckInWalkIn("q-im", registration(f"r{n}", f"p{n}", "im-am")))
        else:
            lobby.ask(now, c.CallNext("s1", "seen"))
    next_day(lobby)
    assert canonical(lobby.replayed()) == canonical(lobby.state)
    for record in lobby.state.record.values():
        assert all(count > 0 and total >= 0 for count, total in record.services.values())
        assert all(0 <= day.inside <= day.waits for day in record.days)
    assert isinstance(restore(take(lobby.state)), State)
    shown = msgspec.json.decode(canonical(lobby.state))["record"]
    assert msgspec.convert(shown, dict[str, QueueRecord]) == lobby.state.record


def test_a_paused_queue_gives_no_figure():
    lobby = Lobby()
    lobby.do("08:00", c.OpenStation("s1", "nurse"))
    before = lobby.issue("08:30", c.CheckInWalkIn("q-im", registration("r", "p", "im-am")))
    lobby.do("08:31", c.PauseQueue(["q-im"], "doctor_absent"))
    during = lobby.issue("08:32", c.CheckInWalkIn("q-im", registration("s", "q", "im-am")))
    assert during.expected is None
    assert expected_wait(lobby.state, before.id) is None
    lobby.do("08:40", c.ResumeQueue(["q-im"]))
    assert expected_wait(lobby.state, before.id) is not None


def test_who_steps_away_is_not_held_against_what_was_said():
    lobby = Lobby()
    lobby.do("08:00", c.OpenStation("s1", "nurse"))
    ticket = lobby.issue("08:30", c.CheckInWalkIn("q-im", registration("r", "p", "im-am")))
    lobby.do("08:31", c.StepAway(ticket.id, 20))
    assert lobby.ticket(ticket).expected is None
    assert expected_wait(lobby.state, ticket.id) is None
