"""Who is next in a hall, whatever is open."""

from __future__ import annotations

from queue_server.engine import commands as c
from queue_server.engine.queries import next_up
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment, registration


def shown(lobby: Lobby, hall: str = "h2", each: int = 2) -> list[tuple[str, str | None]]:
    return [(ticket.number, station) for ticket, station in next_up(lobby.state, hall, each)]


def two_doctors() -> Lobby:
    lobby = Lobby()
    for i in range(3):
        lobby.issue(f"08:4{i}", c.CheckIn(appointment(f"l{i}", f"p{i}", "im-lin-am", "09:00")))
        lobby.issue(f"08:4{i}", c.CheckIn(appointment(f"h{i}", f"q{i}", "im-he-am", "09:00")))
    return lobby


def test_a_doctor_whose_room_is_not_open_keeps_a_place_on_the_board():
    lobby = two_doctors()
    lobby.do("08:45", c.OpenStation("s1", "nurse", "d-lin"))
    assert shown(lobby) == [("A001", "s1"), ("A003", "s1"), ("A002", None), ("A004", None)]
    lobby.do("08:46", c.OpenStation("s2", "other", "d-he"))
    assert shown(lobby) == [("A001", "s1"), ("A003", "s1"), ("A002", "s2"), ("A004", "s2")]


def test_the_pool_is_shown_whoever_may_call_it():
    lobby = two_doctors()
    lobby.issue("08:42", c.CheckInWalkIn("q-im", registration("r", "w", "im-am")))
    assert (lobby.state.tickets["t00007"].number, None) in shown(lobby, each=1)
    lobby.do("08:45", c.OpenStation("s1", "nurse", "d-lin", ["q-ent"]))
    assert ("A007", None) in shown(lobby, each=1)


def test_a_hall_shows_its_own_lists_only():
    lobby = two_doctors()
    assert shown(lobby, "h1") == []
    lobby.issue("08:50", c.CheckInWalkIn("q-ask"))
    assert shown(lobby, "h1") == [("Z001", None)]
