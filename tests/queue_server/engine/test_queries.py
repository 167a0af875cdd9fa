"""Reads for screens."""

from __future__ import annotations

import pytest

from queue_server.engine import commands as c
from queue_server.engine.callers import callers_for
from queue_server.engine.entries import HISTORY_LINES
from queue_server.engine.estimate import mean_service
from queue_server.engine.queries import (
    ahead,
    current,
    done,
    expected_wait,
    history,
    live_tickets,
    missed,
    missed_for,
    open_calls,
    undoable,
)
from tests.queue_server.engine.driver import Lobby
from tests.sites import MINUTE, appointment


def ready(people: int = 4) -> Lobby:
    lobby = Lobby()
    lobby.strict = False
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    lobby.do("07:50", c.OpenStation("s2", "other", "d-he"))
    for i in range(people):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", "09:00")))
    return lobby


def test_who_does_not_exist_has_nothing():
    lobby = ready()
    assert ahead(lobby.state, "none") is None
    assert expected_wait(lobby.state, "none") is None
    assert history(lobby.state, "none") == []
    assert live_tickets(lobby.state, "none") == []
    assert current(lobby.state, "none") is None
    assert done(lobby.state, "none") == []
    assert missed_for(lobby.state, "none") == []
    assert undoable(lobby.state, "none") is None


def test_the_expected_wait_is_a_range_that_grows_with_the_line_and_shrinks_with_rooms():
    lobby = ready(12)
    waits = [expected_wait(lobby.state, f"t{i:05d}") for i in range(1, 13)]
    assert all(low < high for low, high in waits)
    assert waits == sorted(waits)
    two_rooms = waits[-1]
    lobby.do("08:41", c.CloseStation("s2"))
    one_room = expected_wait(lobby.state, "t00012")
    assert one_room > two_rooms
    # Eleven before, eight minutes each and one room: about an hour and a half lies inside.
    assert one_room[0] < 92 < one_room[1]


def test_before_the_session_its_beginning_is_added():
    lobby = Lobby()
    ticket = lobby.issue("11:30", c.CheckIn(appointment("a", "p", "im-pm", "13:30")))
    low, high = expected_wait(lobby.state, ticket.id)
    assert low >= 120
    assert high > low


def test_todays_services_move_the_mean_from_the_configured_one():
    lobby = ready(6)
    assert mean_service(lobby.state, "q-im") == 8
    for _ in range(5):
        lobby.call(lobby.now, "s1")
        lobby.do(lobby.now, c.StartService("s1"))
        lobby.do(lobby.now + 20 * MINUTE, c.Finish("s1"))
    assert mean_service(lobby.state, "q-im") == pytest.approx((5 * 20 + 10 * 8) / 15)
    lobby.do(lobby.now, c.Undo(lobby.state.position))
    assert mean_service(lobby.state, "q-im") == pytest.approx((4 * 20 + 10 * 8) / 14)


def test_calls_of_a_hall_newest_first():
    lobby = ready()
    first = lobby.call("09:00", "s1")
    second = lobby.call("09:01", "s2")
    lobby.do("09:02", c.Recall("s1"))
    assert [ticket.id for ticket in open_calls(lobby.state, "h2")] == [second.id, first.id]
    assert open_calls(lobby.state, "h1") == []
    assert current(lobby.state, "s1").id == first.id
    assert current(lobby.state, "s1").recalls == 1
    assert lobby.ticket(first).call < lobby.ticket(second).call


def test_missed_of_a_hall_and_of_a_station_latest_first():
    lobby = ready()
    own = lobby.issue("08:41", c.CheckIn(appointment("own", "own", "im-he-am", "08:30")))
    pool = lobby.call("09:00", "s1")
    lobby.do("09:01", c.MarkMissed("s1"))
    assert lobby.call("09:02", "s2").id == own.id
    lobby.do("09:03", c.MarkMissed("s2"))
    assert [ticket.id for ticket in missed(lobby.state, "h2")] == [own.id, pool.id]
    assert missed(lobby.state, "h1") == []
    assert [ticket.id for ticket in missed_for(lobby.state, "s2")] == [own.id, pool.id]
    assert [ticket.id for ticket in missed_for(lobby.state, "s1")] == [pool.id]


def test_a_station_remembers_its_latest_finished():
    lobby = ready(14)
    for _ in range(13):
        lobby.call(lobby.now, "s1", "seen")
    assert [ticket.number for ticket in done(lobby.state, "s1")] == [f"A{i:03d}" for i in range(12, 2, -1)]


def test_live_tickets_of_a_person_across_clinics():
    lobby = Lobby()
    one = lobby.issue("08:40", c.CheckIn(appointment("a", "p", "im-am", "09:00")))
    two = lobby.issue("08:41", c.CheckIn(appointment("b", "p", "ent-am", "09:30")))
    three = lobby.issue("08:42", c.CheckInWalkIn("q-ask", person="p"))
    assert [ticket.id for ticket in live_tickets(lobby.state, "p")] == [one.id, two.id, three.id]
    assert lobby.refused("08:43", c.CheckInWalkIn("q-ask", person="p")).ticket == three.id
    lobby.do("08:44", c.Cancel(two.id))
    assert [ticket.id for ticket in live_tickets(lobby.state, "p")] == [one.id, three.id]


def test_only_a_station_with_the_doctor_may_call_the_doctors_ticket():
    lobby = ready()
    own = lobby.issue("08:41", c.CheckIn(appointment("own", "own", "im-he-am", "09:00")))
    assert [room.station for room in callers_for(lobby.state, own).rooms] == ["s2"]
    assert [room.station for room in callers_for(lobby.state, lobby.state.tickets["t00001"]).rooms] == ["s1", "s2"]


def test_a_history_is_bounded():
    lobby = ready()
    ticket = lobby.call("09:00", "s1")
    for _ in range(HISTORY_LINES + 5):
        lobby.do("09:01", c.Recall("s1"))
    lines = history(lobby.state, ticket.id)
    assert len(lines) == HISTORY_LINES
    assert lines[-1][1].zh == f"第 {HISTORY_LINES + 5} 次重呼，请到1 诊室"


def test_paper_is_reported_and_reprinted():
    lobby = ready()
    ticket = lobby.state.tickets["t00001"]
    assert ticket.print == "pending"
    for outcome, reprint, expected, copies in [
        ("unknown", False, "unknown", 0),
        ("not_done", True, "not_done", 0),
        ("done", True, "done", 1),
        ("not_done", True, "done", 1),
        ("done", True, "done", 2),
    ]:
        lobby.do("08:50", c.ReportPrint(ticket.id, outcome, reprint))
        assert (lobby.ticket(ticket).print, lobby.ticket(ticket).copies) == (expected, copies)
    lobby.do("08:51", c.Cancel(ticket.id))
    lobby.do("08:52", c.ReportPrint(ticket.id, "done"))
    assert history(lobby.state, ticket.id)[-1][1].zh == "小票已打印"
