"""Waits past their limit: told, with since when, and nobody moved."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine import commands as c
from queue_server.engine.canonical import canonical
from queue_server.engine.overdue import overdue
from queue_server.engine.queries import waiting_in_order
from tests.queue_server.engine.driver import Lobby
from tests.sites import MINUTE, appointment, at, registration, small_site


def limited(minutes: int) -> Lobby:
    site = small_site()
    queues = [msgspec.structs.replace(queue, wait_limit_min=minutes) for queue in site.queues]
    return Lobby(msgspec.structs.replace(site, queues=queues))


def test_the_alarm_comes_when_the_limit_is_reached_and_says_since_when():
    lobby = limited(30)
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    ticket = lobby.issue("08:30", c.CheckInWalkIn("q-im", registration("r", "p", "im-am")))
    assert overdue(lobby.state, at("08:59:59")) == []
    (late,) = overdue(lobby.state, at("09:00"))
    assert (late.ticket.id, late.since, late.limit_min) == (ticket.id, at("09:00"), 30)
    assert overdue(lobby.state, at("09:00"), ["q-ent"]) == []
    lobby.call("09:01", "s1")
    assert overdue(lobby.state, at("09:30")) == []


def test_without_a_limit_there_is_no_alarm():
    lobby = limited(0)
    lobby.issue("08:30", c.CheckInWalkIn("q-im", registration("r", "p", "im-am")))
    assert overdue(lobby.state, at("18:00")) == []


def test_a_wait_begins_with_the_session_and_anew_with_a_return():
    lobby = limited(10)
    lobby.do("07:40", c.OpenStation("s1", "nurse"))
    early = lobby.issue("07:45", c.CheckIn(appointment("a", "p", "im-am", "08:00")))
    # The session begins at eight.
    assert overdue(lobby.state, at("08:09")) == []
    assert [late.since for late in overdue(lobby.state, at("08:10"))] == [at("08:10")]
    lobby.call("08:20", "s1")
    lobby.do("08:21", c.MarkMissed("s1"))
    lobby.do("08:40", c.Rejoin(early.id))
    assert overdue(lobby.state, at("08:49")) == []
    assert [late.since for late in overdue(lobby.state, at("08:50"))] == [at("08:50")]


@pytest.mark.parametrize("minutes", [1, 60])
def test_the_longest_wait_comes_first_and_the_order_stays(minutes):
    lobby = limited(minutes)
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for n in range(5):
        lobby.issue(at("08:30") + n * MINUTE, c.CheckInWalkIn("q-im", registration(f"r{n}", f"p{n}", "im-am")))
    lobby.issue("08:40", c.CheckInWalkIn("q-ent", registration("e", "q", "ent-am")))
    before = canonical(lobby.state)
    order = [ticket.id for ticket in waiting_in_order(lobby.state, "s1")]
    late = overdue(lobby.state, at("11:00"))
    assert [entry.since for entry in late] == sorted(entry.since for entry in late)
    assert len(late) == 6
    assert canonical(lobby.state) == before
    assert [ticket.id for ticket in waiting_in_order(lobby.state, "s1")] == order
