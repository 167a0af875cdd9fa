"""An emergency queue: the order of the levels, unknown patients, and the alarm for who has waited too long."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.canonical import canonical, records
from queue_server.engine.due import next_due
from queue_server.engine.explain import why_before
from queue_server.engine.overdue import overdue
from queue_server.engine.queries import waiting_in_order
from queue_server.engine.refusals import Refusal
from queue_server.engine.rules import rules_of
from queue_server.engine.state import copy
from queue_server.log import snapshots
from tests.examples import share
from tests.golden_logs.stories import triage
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check, check_order
from tests.sites import DAY, MINUTE, NEXT_DAY, at, emergency_site, small_sessions

LEVELS = ["I", "II", "III", "IVa", "IVb"]


@pytest.fixture
def lobby():
    lobby = Lobby(emergency_site())
    lobby.do("07:50", c.OpenStation("e1", "nurse"))
    return lobby


def arrive(lobby, clock, person=None):
    return lobby.issue(clock, c.CheckInWalkIn("q-er", person=person)).id


def give(lobby, clock, ticket, level, **more):
    lobby.now = at(clock) if isinstance(clock, str) else clock
    return lobby.do(None, triage(lobby, ticket, level, **more))


def order(lobby):
    return [ticket.id for ticket in waiting_in_order(lobby.state, "e1")]


def test_the_order_is_that_of_the_levels_and_whom_nobody_has_seen_goes_before_who_can_wait(lobby):
    mild, middling, urgent, emergent, critical, unseen = (arrive(lobby, "08:00") for _ in range(6))
    for ticket, level in [(mild, "IVb"), (middling, "IVa"), (urgent, "III"), (emergent, "II"), (critical, "I")]:
        give(lobby, "08:05", ticket, level)
    assert order(lobby) == [critical, emergent, unseen, urgent, middling, mild]
    late = arrive(lobby, "08:36")
    # Whoever was found able to wait half an hour has waited it: who comes later is behind.
    assert order(lobby)[2:5] == [unseen, urgent, late]
    assert [lobby.call("08:40", "e1", "seen").id for _ in range(3)] == [critical, emergent, unseen]


def test_who_waits_for_the_triage_itself_has_the_queues_limit_and_afterwards_the_levels():
    site = emergency_site()
    queues = [msgspec.structs.replace(queue, wait_limit_min=10) for queue in site.queues]
    lobby = Lobby(msgspec.structs.replace(site, queues=queues))
    lobby.do("07:50", c.OpenStation("e1", "nurse"))
    unseen, mild = arrive(lobby, "08:00"), arrive(lobby, "08:00")
    give(lobby, "08:05", mild, "IVb")
    assert overdue(lobby.state, at("08:09"), ["q-er"]) == []
    assert [late.ticket.id for late in overdue(lobby.state, at("08:10"), ["q-er"])] == [unseen]
    give(lobby, "08:11", unseen, "III")
    assert overdue(lobby.state, at("08:39"), ["q-er"]) == []


def test_a_ticket_knows_its_level_and_says_it(lobby):
    ticket = arrive(lobby, "08:00")
    give(lobby, "08:05", ticket, "III", channel="stroke", overridden=True)
    held = lobby.state.tickets[ticket].triage
    assert (held.level, held.suggested, held.overridden, held.channel, held.version) == (
        "III", None, True, "stroke", "1",
    )  # fmt: skip
    assert (held.at, held.respond_by, held.reassess_at) == (at("08:05"), at("08:35"), at("08:35"))
    stamp = lobby.state.tickets[ticket].stamp
    assert stamp.sentence.zh == "08:05 分诊 III 级，按 08:35 排"
    assert (stamp.bound, stamp.promise) == (None, None)
    assert lobby.state.history[ticket][-1][1] == stamp.sentence


def test_a_change_of_level_moves_the_ticket_and_says_so(lobby):
    first, second = arrive(lobby, "08:00"), arrive(lobby, "08:00")
    give(lobby, "08:05", first, "III")
    give(lobby, "08:06", second, "IVa")
    assert order(lobby) == [first, second]
    give(lobby, "08:20", second, "I")
    assert order(lobby) == [second, first]
    assert lobby.state.history[second][-1][1].zh == "再次分诊：08:20 分诊 I 级，最先就诊"
    assert lobby.state.tickets[second].triage.first_at == at("08:06")
    assert why_before(lobby.state, second, first).zh.startswith("病情级别更急")


@pytest.mark.parametrize(("level", "place"), [("I", 0), ("II", 0), ("III", 2)])
def test_the_two_urgent_levels_ignore_the_locked_head_and_the_others_do_not(level, place):
    lobby = Lobby(emergency_site(lock=2))
    lobby.do("07:50", c.OpenStation("e1", "nurse"))
    waiting = [arrive(lobby, "08:00") for _ in range(4)]
    for ticket in waiting:
        give(lobby, "08:05", ticket, "IVb")
    new = arrive(lobby, "08:10")
    give(lobby, "08:11", new, level)
    assert order(lobby).index(new) == place


def test_a_level_is_taken_back(lobby):
    ticket = arrive(lobby, "08:00")
    before = records(lobby.state)
    give(lobby, "08:05", ticket, "II")
    lobby.do("08:06", c.Undo(lobby.state.position))
    assert records(lobby.state) == before
    assert lobby.state.history[ticket][-1][1].zh == "工作人员撤销：分诊 X001"


def test_who_missed_the_call_comes_back_at_the_place_of_the_level(lobby):
    critical, other = arrive(lobby, "08:00"), arrive(lobby, "08:00")
    give(lobby, "08:05", critical, "I")
    give(lobby, "08:05", other, "II")
    assert lobby.call("08:06", "e1").id == critical
    lobby.do("08:07", c.MarkMissed("e1"))
    assert order(lobby) == [other]
    lobby.do("08:08", c.Rejoin(critical))
    assert order(lobby) == [critical, other]


def test_the_public_rules_promise_nothing_that_the_next_patient_could_break():
    site = emergency_site()
    queue = next(queue for queue in site.queues if queue.triage)
    rules = {rule.about: rule.text.zh for rule in rules_of(site, queue)}
    assert rules["order"].startswith("按护士分诊的级别：I 级最先")
    assert rules["bound"].startswith("这个队列不能保证")
    assert "分诊级别" in rules["missed"]


def test_an_emergency_is_not_postponed_behind_who_can_wait(lobby):
    critical, other, mild = (arrive(lobby, "08:00") for _ in range(3))
    give(lobby, "08:05", critical, "I")
    give(lobby, "08:05", mild, "IVa")
    assert lobby.refused("08:06", c.Postpone(critical, behind=1)).code == "nobody_behind"
    give(lobby, "08:07", other, "I")
    lobby.do("08:08", c.Postpone(critical, behind=2))
    assert order(lobby) == [other, critical, mild]


# --- the alarm -------------------------------------------------------------------------------------------------------


def test_who_waits_too_long_is_to_be_assessed_again_and_a_new_level_ends_the_alarm(lobby):
    ticket = arrive(lobby, "08:00")
    give(lobby, "08:05", ticket, "III")
    assert next_due(lobby.state) == at("08:35")
    assert lobby.do(at("08:35") - 1, c.Tick()) == []
    (due,) = lobby.do("08:36", c.Tick())
    assert (due.ticket, due.level, due.due_at) == (ticket, "III", at("08:35"))
    assert lobby.state.tickets[ticket].triage.due_since == at("08:35")
    assert next_due(lobby.state) > at("08:36")
    assert order(lobby) == [ticket]
    give(lobby, "08:40", ticket, "III")
    assert lobby.state.tickets[ticket].triage.due_since is None
    assert next_due(lobby.state) == at("09:10")


def test_nobody_is_looked_for_who_was_called_or_has_gone(lobby):
    called, gone, urgent = (arrive(lobby, "08:00") for _ in range(3))
    for ticket, level in ((called, "III"), (gone, "III"), (urgent, "II")):
        give(lobby, "08:05", ticket, level)
    lobby.call("08:06", "e1", "seen")
    lobby.call("08:07", "e1", "seen")
    lobby.do("08:08", c.Cancel(gone))
    assert lobby.state.watched == []
    assert lobby.do("08:40", c.Tick()) == []


def test_an_alarm_that_became_due_while_the_patient_was_missed_comes_with_the_return(lobby):
    ticket = arrive(lobby, "08:00")
    give(lobby, "08:05", ticket, "III")
    lobby.call("08:06", "e1")
    lobby.do("08:07", c.MarkMissed("e1"))
    assert lobby.do("08:50", c.Tick()) == []
    lobby.do("08:51", c.Rejoin(ticket))
    (due,) = lobby.do("08:52", c.Tick())
    assert isinstance(due, e.ReassessmentDue)


def test_the_alarms_and_the_ends_of_sessions_come_in_the_order_of_time(lobby):
    ticket = arrive(lobby, "11:20")
    give(lobby, "11:25", ticket, "III")
    decided = lobby.do("12:10", c.Tick())
    assert [event.due_at for event in decided] == sorted(event.due_at for event in decided)
    assert isinstance(decided[0], e.ReassessmentDue)
    assert len(decided) > 1


# --- an unknown patient ----------------------------------------------------------------------------------------------


def test_an_unknown_patient_gets_a_person_later_and_an_undo_takes_it_away(lobby):
    ticket = arrive(lobby, "08:00")
    give(lobby, "08:01", ticket, "I")
    lobby.call("08:02", "e1")
    lobby.do("08:03", c.StartService("e1"))
    before = records(lobby.state)
    lobby.do("08:30", c.MergeIdentity(ticket, "p7"))
    assert lobby.state.by_person["p7"] == (ticket,)
    assert lobby.refused("08:31", c.CheckInWalkIn("q-er", person="p7")).ticket == ticket
    assert lobby.state.history[ticket][-1][1].zh == "已补登患者身份"
    check(lobby.state)
    lobby.do("08:32", c.Undo(lobby.state.position))
    assert records(lobby.state) == before
    assert lobby.state.by_person == {}
    check(lobby.state)
    lobby.do("08:40", c.Finish("e1"))
    lobby.do("08:41", c.MergeIdentity(ticket, "p8"))
    assert lobby.state.tickets[ticket].person == "p8"
    assert lobby.state.by_person == {}


# --- days ------------------------------------------------------------------------------------------------------------


def test_an_emergency_goes_on_through_the_night(lobby):
    lobby.do("15:00", c.Tick())
    ticket, served = arrive(lobby, "23:00"), arrive(lobby, "23:01")
    give(lobby, "23:05", ticket, "II")
    give(lobby, "23:05", served, "I")
    lobby.call("23:06", "e1")
    lobby.do("23:07", c.StartService("e1"))
    lobby.do("23:10", c.Finish("e1"))
    lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    assert list(lobby.state.tickets) == [ticket]
    assert lobby.state.stations["e1"].is_open
    new = lobby.issue(at("05:01", NEXT_DAY), c.CheckInWalkIn("q-er"))
    assert new.number != lobby.state.tickets[ticket].number
    assert order(lobby) == [ticket, new.id]


# --- whatever is asked -----------------------------------------------------------------------------------------------

operation = st.tuples(
    st.sampled_from(
        [*["arrive"] * 5, *["triage"] * 8, "merge", *["next"] * 4, "missed", *["rejoin"] * 2, "cancel", "undo", "undo",
         "tick", "day", "start", "exams", "return", "step_away", "postpone", "credit", "forward"]
    ),
    st.integers(0, 11),
    st.sampled_from(LEVELS),
    st.sampled_from([0, 1, 120, 900, 2400]),
)  # fmt: skip


def command_of(lobby: Lobby, name: str, who: int, level: str) -> c.Command:
    tickets = sorted(lobby.state.tickets)
    ticket = tickets[who % len(tickets)] if tickets else "nobody"
    missed = sorted(lobby.state.missed)
    return {
        "arrive": lambda: c.CheckInWalkIn("q-er", person=f"p{who}" if who % 3 == 0 else None),
        "triage": lambda: triage(lobby, ticket, level, overridden=who % 2 == 0),
        "merge": lambda: c.MergeIdentity(ticket, f"p{who}"),
        "next": lambda: c.CallNext("e1", ["seen", "missed"][who % 2]),
        "missed": lambda: c.MarkMissed("e1"),
        "rejoin": lambda: c.Rejoin(missed[who % len(missed)] if missed else ticket),
        "cancel": lambda: c.Cancel(ticket),
        "undo": lambda: c.Undo(lobby.state.position - who % 3),
        "tick": c.Tick,
        "start": lambda: c.StartService("e1"),
        "exams": lambda: c.SendForExams("e1"),
        "return": lambda: c.ReturnWithResults(ticket),
        "step_away": lambda: c.StepAway(ticket, 10),
        "postpone": lambda: c.Postpone(ticket, behind=1 + who % 3),
        "credit": lambda: c.GrantCredit(ticket, "elder", "age_seen"),
        "forward": lambda: c.MoveForward(ticket, "condition", tickets[0] if tickets else "nobody"),
        "day": lambda: c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)) if who == 0 else c.Tick(),
    }[name]()


BACK_WHEN_DUE = [
    ("arrive", 0, "I", 0),
    ("triage", 0, "III", 0),
    ("next", 0, "I", 0),
    ("next", 1, "I", 0),
    ("rejoin", 0, "I", 2400),
]
"""Back from a miss when the re-assessment is due already: the alarm comes first, and the return can be taken back."""


@share(0.8)
@given(st.lists(operation, max_size=40), st.integers(0, 2))
@example(BACK_WHEN_DUE, 0)
def test_whatever_is_asked_of_an_emergency_queue_it_stays_whole(operations, lock):
    lobby = Lobby(emergency_site(lock=lock))
    lobby.do("07:40", c.OpenStation("e1", "nurse"))
    for name, who, level, seconds in operations:
        lobby.now += seconds * 1_000_000
        decided = lobby.ask(None, command_of(lobby, name, who, level))
        if isinstance(decided, Refusal):
            continue
        check(lobby.state)
        check_tiers(lobby)
        check_alarms(lobby)
        if name in {"triage", "merge", "rejoin", "cancel"} and not any(
            getattr(event, "due_at", None) is not None for event in decided
        ):
            check_undo(lobby, len(decided))
    check_order(lobby.state)
    assert canonical(lobby.replayed()) == canonical(lobby.state)
    restored = snapshots.restore(snapshots.take(lobby.state))
    assert canonical(restored) == canonical(copy(lobby.state)) == canonical(lobby.state)
    assert restored.watched == copy(lobby.state).watched == lobby.state.watched


def check_tiers(lobby: Lobby) -> None:
    """Nobody of a milder tier is called before somebody of a more urgent one."""
    tiers = [lobby.state.tickets[one].rank[0] for one in order(lobby) if lobby.state.tickets[one].rank is not None]
    assert tiers == sorted(tiers)
    for ticket in lobby.state.tickets.values():
        if ticket.rank is not None and ticket.triage is not None:
            assert ticket.rank[0] == ticket.triage.tier


def check_alarms(lobby: Lobby) -> None:
    """Whoever waits beyond the moment of re-assessment has an alarm, once the time was looked at."""
    for ticket in lobby.state.tickets.values():
        held = ticket.triage
        if ticket.status == "waiting" and held is not None and held.reassess_at is not None:
            expected = held.due_since is not None or (held.reassess_at, ticket.id) in lobby.state.watched
            assert expected
    wanted = {ticket for _, ticket in lobby.state.watched}
    assert all(lobby.state.tickets[one].status == "waiting" for one in wanted)
    assert lobby.state.watched == sorted(lobby.state.watched)


def check_undo(lobby: Lobby, events: int) -> None:
    if not events or lobby.state.day.ended:
        return
    before = Lobby.__new__(Lobby)
    before.__dict__.update(lobby.__dict__)
    before.log = lobby.log[: len(lobby.log) - events]
    aside = Lobby.__new__(Lobby)
    aside.__dict__.update(lobby.__dict__)
    aside.state, aside.log = copy(lobby.state), []
    aside.do(None, c.Undo(lobby.state.position))
    assert records(aside.state) == records(before.replayed())
    check(aside.state)


def test_the_minutes_of_these_tests_are_the_consensuss():
    lobby = Lobby(emergency_site())
    lobby.now = at("08:00")
    given = triage(lobby, "t", "IVa")
    assert (given.tier, given.key - lobby.now) == (2, 60 * MINUTE)
    assert DAY < NEXT_DAY
