"""The service day, its sessions, what time brings about, and the clock."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.due import day_end, next_due
from queue_server.engine.queries import missed, waiting_in_order
from queue_server.engine.refusals import Refusal
from queue_server.engine.state import State
from tests.queue_server.engine.driver import Lobby
from tests.sites import DAY, MINUTE, NEXT_DAY, appointment, at, registration, session, small_sessions, small_site

replace = msgspec.structs.replace


def kinds(decided: list[e.Event]) -> list[str]:
    return [type(event).__name__ for event in decided]


def test_a_day_ends_at_the_next_ones_opening_on_the_hospitals_clock():
    assert day_end(DAY, "05:00", 480) == at("05:00", NEXT_DAY)
    assert day_end("2026-12-31", "00:30", 0) == day_end("2026-12-31", "00:00", 0) + 30 * MINUTE


def test_numbers_start_again_and_yesterdays_tickets_are_gone():
    lobby = Lobby()
    clinic = lobby.issue("08:50", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    enquiry = lobby.issue("08:51", c.CheckInWalkIn("q-ask"))
    for clock in ("12:00", "17:30", "23:30"):
        lobby.do(clock, c.Tick())
    decided = lobby.do(at("05:00", NEXT_DAY), c.Tick())
    assert kinds(decided) == ["NoShow", "Lapsed", "DayEnded"]
    assert [event.ticket for event in decided[:2]] == [clinic.id, enquiry.id]
    assert [event.due_at for event in decided] == [at("05:00", NEXT_DAY)] * 3
    assert lobby.state.day.ended
    opened = lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    assert opened[0].carried == []
    assert lobby.state.tickets == {}
    assert lobby.state.history == {}
    again = lobby.issue(at("08:50", NEXT_DAY), c.CheckIn(appointment("b", "p1", "im-lin-am", "09:00", day=NEXT_DAY)))
    assert again.number == "A001"


def test_opening_the_next_day_settles_what_nobody_ticked():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("w1", "clerk"))
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    lobby.issue("08:50", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    lobby.issue("08:50", c.CheckInWalkIn("q-ask"))
    lobby.call("09:00", "w1")
    lobby.call("09:00", "s1")
    lobby.do("09:00", c.StartService("s1"))
    for clock in ("12:00", "17:30", "23:30"):
        lobby.do(clock, c.Tick())
    decided = lobby.do(at("05:10", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    assert kinds(decided) == ["Lapsed", "Finished", "StationClosed", "StationClosed", "DayEnded", "DayOpened"]
    assert not any(station.is_open or station.current for station in lobby.state.stations.values())


def test_a_night_session_goes_on_into_the_next_day_with_numbers_and_places():
    night = session("im-night", "im", None, "night", "18:00", "18:30")
    night = replace(night, ends_at=at("07:00", NEXT_DAY), slots=[])
    lobby = Lobby(sessions=[*small_sessions(), night])
    lobby.do("16:00", c.OpenStation("s1", "nurse"))
    first = lobby.issue("20:00", c.CheckInWalkIn("q-im", registration("r1", "p1", "im-night")))
    second = lobby.issue("20:01", c.CheckInWalkIn("q-im", registration("r2", "p2", "im-night")))
    lobby.do("20:02", c.CheckInWalkIn("q-ask"))
    lobby.call("20:03", "s1")
    lobby.do("20:04", c.StartService("s1"))
    decided = lobby.do(at("05:00", NEXT_DAY), c.OpenDay(NEXT_DAY, 480, small_sessions(NEXT_DAY)))
    assert decided[-1].carried == sorted([first.id, second.id])
    assert sorted(lobby.state.tickets) == sorted([first.id, second.id])
    assert lobby.state.stations["s1"].is_open
    assert lobby.state.sessions["im-night"].period == "night"
    lobby.do(at("05:01", NEXT_DAY), c.Finish("s1"))
    assert lobby.call(at("05:02", NEXT_DAY), "s1").id == second.id
    # Today's numbers step over those carried over.
    today = lobby.issue(at("07:50", NEXT_DAY), c.CheckInWalkIn("q-im", registration("r", "p3", "im-am", day=NEXT_DAY)))
    assert (first.number, second.number, today.number) == ("A001", "A002", "A003")


def test_a_mornings_leftovers_move_to_the_head_of_the_same_doctors_afternoon():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s3", "nurse", "d-su"))
    lobby.issue("11:55", c.CheckIn(ped("late", "p3", "11:30", 3)))
    gone = lobby.issue("11:56", c.CheckIn(ped("early", "p1", "11:30", 1)))
    lobby.issue("11:56", c.CheckInWalkIn("q-ped", registration("r", "p2", "ped-su-am", number="2")))
    eager = lobby.issue("11:57", c.CheckIn(pm("pm", "p4", 4, ["elder"])))
    assert lobby.call("11:57", "s3").number == "3"
    lobby.do("11:58", c.StartService("s3"))
    assert lobby.call("11:58", "s3").id == gone.id
    lobby.do("11:58", c.MarkMissed("s3"))
    lobby.do("11:59", c.Rejoin(gone.id))
    lobby.issue("11:59", c.CheckIn(ped("last", "p5", "11:30", 5)))
    order = [ticket.id for ticket in waiting_in_order(lobby.state, "s3") if ticket.session == "ped-su-am"]
    decided = lobby.do("12:00", c.Tick())
    moved = [event for event in decided if isinstance(event, e.Stamped)]
    assert [event.ticket for event in moved] == order
    assert {event.continues_in for event in moved} == {"ped-su-pm"}
    assert moved[0].stamp.sentence.zh == "上午未就诊，排到下午最前"
    assert [ticket.id for ticket in waiting_in_order(lobby.state, "s3")] == [*order, eager.id]
    assert len(order) == 3
    # The number still belongs to the morning: it says which 2 this is.
    assert lobby.state.tickets[order[0]].session == "ped-su-am"
    assert lobby.state.undo.get(lobby.state.position) is None


def ped(ref: str, person: str, slot: str, number: int):
    return appointment(ref, person, "ped-su-am", slot, number=str(number))


def pm(ref: str, person: str, number: int, credits: list[str]):  # noqa: A002 - the field's name
    return appointment(ref, person, "ped-su-pm", "13:30", number=str(number), credits=credits)


def test_without_an_open_afternoon_a_mornings_leftovers_go_on():
    lobby = Lobby()
    ticket = lobby.issue("11:55", c.CheckIn(ped("a", "p", "11:30", 1)))
    cancelled = replace(lobby.state.sessions["ped-su-pm"], status="cancelled")
    lobby.do("11:56", c.UpdateSessions([cancelled]))
    assert "Stamped" not in kinds(lobby.do("12:00", c.Tick()))
    assert replace(lobby.ticket(ticket), touched=ticket.touched) == ticket


def test_where_leftovers_lapse_the_waiting_and_the_missed_end_and_the_called_does_not():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s3", "nurse"))
    lobby.do("07:50", c.OpenStation("s1", "other"))
    tickets = [lobby.issue("11:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "ent-am", "11:30"))) for i in range(4)]
    tickets.append(lobby.issue("11:00", c.CheckInWalkIn("q-ent", registration("r", "w", "ent-am"))))
    lobby.call("11:30", "s3")
    lobby.do("11:31", c.MarkMissed("s3"))
    lobby.call("11:32", "s1")
    decided = lobby.do("12:00", c.CheckInWalkIn("q-ask"))
    # Two booked patients were called, so the walk-in was due; the missed one comes last.
    lapsed = [event.ticket for event in decided if isinstance(event, e.Lapsed)]
    assert lapsed == [tickets[i].id for i in (4, 2, 3, 0)]
    assert lobby.ticket(tickets[1]).status == "called"
    assert missed(lobby.state, "h2") == []
    assert kinds(decided)[-1] == "TicketIssued"
    assert lobby.refused("12:01", c.Undo(lobby.state.position - 1)).code == "nothing_to_undo"


def test_sessions_are_updated_cancelled_and_extended():
    lobby = Lobby()
    assert lobby.do("07:00", c.UpdateSessions(small_sessions())) == []
    assert lobby.do("07:00", c.UpdateSessions(small_sessions(NEXT_DAY))) == []
    ticket = lobby.issue("08:50", c.CheckIn(appointment("a1", "p1", "im-am", "09:00")))
    morning = lobby.state.sessions["im-am"]
    decided = lobby.do("08:51", c.UpdateSessions([replace(morning, status="cancelled")]))
    assert decided[0].cancelled == ["im-am"]
    # Cancelling a session cancels nobody: staff tell the waiting and cancel the tickets.
    assert lobby.ticket(ticket).status == "waiting"
    assert lobby.refused("08:52", c.CheckIn(appointment("a2", "p2", "im-am", "09:00"))).code == "session_cancelled"
    lobby.do("08:53", c.UpdateSessions([morning]))
    lobby.do("12:00", c.Tick())
    assert "im-am" in lobby.state.ended
    lobby.do("12:01", c.UpdateSessions([replace(morning, ends_at=at("13:00"))]))
    assert "im-am" not in lobby.state.ended
    assert next_due(lobby.state) == at("13:00")
    assert kinds(lobby.do("13:00", c.Tick())) == ["SessionEnded"]


def test_what_is_entered_from_paper_may_come_after_its_time():
    lobby = Lobby()
    lobby.do("12:10", c.Tick())
    booked = appointment("a1", "p1", "im-lin-am", "09:00")
    ticket = lobby.issue("12:11", c.CheckIn(booked, "backfill"))
    assert ticket.backfilled
    walk_in = lobby.issue("12:11", c.CheckInWalkIn("q-im", registration("r1", "p2", "im-am"), channel="backfill"))
    lobby.do("12:12", c.RecordPaperCall("s1", ticket.id, at("09:20"), "seen"))
    lobby.do("12:13", c.RecordPaperCall("s1", walk_in.id, at("09:30"), "missed"))
    seen, absent = lobby.ticket(ticket), lobby.ticket(walk_in)
    assert (seen.status, seen.called_at, seen.finished_at, seen.station) == ("finished", at("09:20"), at("09:20"), "s1")
    assert (absent.status, absent.misses, absent.missed_at) == ("missed", 1, at("09:30"))
    lobby.do("12:14", c.Rejoin(walk_in.id))
    assert lobby.state.stations == {}


def test_a_paper_call_counts_like_any_other():
    lobby = Lobby()
    for i in range(3):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "ent-am", "08:30")))
    walk_in = lobby.issue("08:01", c.CheckInWalkIn("q-ent", registration("r", "w", "ent-am")))
    for i in (2, 1):
        lobby.do("09:00", c.RecordPaperCall("s1", f"t0000{i}", lobby.now, "seen"))
    assert lobby.ticket(walk_in).rank is not None
    lobby.do("09:01", c.RecordPaperCall("s1", walk_in.id, lobby.now, "seen"))
    countdown = lobby.state.countdowns["walk_in", "q-ent", None]
    assert (countdown.count, countdown.was_called) == (0, True)


def test_a_third_miss_on_paper_ends_the_ticket_too():
    lobby = Lobby()
    ticket = lobby.issue("08:40", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    for _ in range(3):
        lobby.do("09:00", c.RecordPaperCall("s1", ticket.id, lobby.now, "missed"))
    assert lobby.ticket(ticket).status == "lapsed"


@pytest.mark.parametrize("leap", [1, 12 * 60])
def test_a_clock_within_the_limit_is_believed(leap):
    lobby = Lobby()
    lobby.do(lobby.now + leap * MINUTE, c.CheckInWalkIn("q-ask"))


def test_a_clock_that_jumps_stops_everything_until_it_is_confirmed():
    lobby = Lobby()
    ticket = lobby.issue("08:50", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    later = at("23:00")
    for command in (c.Tick(), c.CheckInWalkIn("q-ask"), c.OpenStation("s1", "nurse"), c.ReportPrint(ticket.id, "done")):
        assert lobby.refused(later, command).code == "clock_jump"
    decided = lobby.do(later, c.ConfirmClock())
    assert decided[0] == e.ClockConfirmed(before=at("08:50"), now=later)
    assert set(kinds(decided[1:])) == {"SessionEnded"}
    lobby.do(later, c.CheckInWalkIn("q-ask"))


def test_after_a_closed_weekend_the_day_opens_without_ado():
    lobby = Lobby()
    for clock in ("11:00", "17:00", "23:00"):
        lobby.do(clock, c.Tick())
    lobby.do(at("05:00", NEXT_DAY), c.Tick())
    monday = "2026-03-09"
    lobby.do(at("06:30", monday), c.OpenDay(monday, 480, small_sessions(monday)))
    assert lobby.state.day.day == monday


@pytest.mark.parametrize("ends", [True, False])
def test_no_clock_is_believed_across_years_not_even_with_no_day_open(ends):
    lobby = Lobby()
    for clock in ("11:00", "17:00", "23:00"):
        lobby.do(clock, c.Tick())
    if ends:
        lobby.do(at("05:00", NEXT_DAY), c.Tick())
    within, beyond = lobby.now + 14 * 24 * 60 * MINUTE, at("05:00", "2038-01-19")
    if ends:
        lobby.do(within, c.Tick())
        assert lobby.refused(lobby.now + 14 * 24 * 60 * MINUTE + 1, c.Tick()).code == "clock_jump"
    assert lobby.refused(beyond, c.OpenDay("2038-01-19", 480, [])).code == "clock_jump"
    # Put right, the clock is as good as before.
    lobby.do(lobby.state.now, c.Tick())
    lobby.do(beyond, c.ConfirmClock())
    lobby.do(beyond, c.OpenDay("2038-01-19", 480, []))


def test_a_quiet_server_says_that_it_is_on():
    lobby = Lobby(sessions=[session("im-pm", "im", None, "afternoon", "20:00", "22:00")])
    due = next_due(lobby.state)
    assert due == lobby.now + 6 * 60 * MINUTE
    assert lobby.do(due - 1, c.Tick()) == []
    assert lobby.do(due, c.Tick()) == [e.ClockSeen(due_at=due)]
    assert lobby.do(due + 1, c.Tick()) == []


def test_nothing_is_due_before_there_is_a_configuration():
    assert next_due(State()) is None


def test_what_is_due_comes_before_any_command_in_the_order_of_time():
    lobby = Lobby()
    lobby.issue("11:00", c.CheckIn(appointment("a1", "p1", "ent-am", "11:30")))
    lobby.do("13:00", c.CheckInWalkIn("q-ask"))
    decided = lobby.do("17:40", c.CheckInWalkIn("q-ask"))
    assert kinds(decided) == ["SessionEnded", "SessionEnded", "TicketIssued"]
    assert [event.session for event in decided[:2]] == ["im-pm", "ped-su-pm"]


def test_a_refused_command_brings_nothing_due_with_it():
    lobby = Lobby()
    refused = lobby.ask("12:30", c.CallNext("s1"))
    assert isinstance(refused, Refusal)
    assert lobby.state.ended == set()
    assert len(lobby.do("12:31", c.Tick())) == 5


def test_a_site_with_another_opening_hour_ends_its_day_then():
    lobby = Lobby(replace(small_site(), day_opens="00:00"))
    assert lobby.state.day.ends_at == at("00:00", NEXT_DAY)
