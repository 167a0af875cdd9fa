"""Two tickets, one sentence: which is or was called first, and why."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine.entries import Ticket
from queue_server.engine.explain import Explanation, explain
from queue_server.engine.queries import waiting_in_order
from queue_server.engine.state import State
from queue_server.engine.transitions import LIVE
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.lobby_checks import run
from tests.queue_server.engine.lobby_operations import operation
from tests.queue_server.engine.two_stages import in_two_stages
from tests.sites import appointment, registration, small_site


def why(lobby: Lobby, one: Ticket, other: Ticket) -> Explanation:
    """The explanation, which is the same whichever slip is scanned first."""
    found = explain(lobby.state, one.id, other.id)
    assert explain(lobby.state, other.id, one.id) == found
    assert found.position == lobby.state.position
    return found


def booked(lobby: Lobby, name: str, session: str = "im-am", slot: str = "09:00", clock: str | None = None, **more):
    return lobby.issue(clock, c.CheckIn(appointment(name, f"p-{name}", session, slot, **more)))


def test_a_ticket_that_has_ended_is_said_so_before_anything_else():
    lobby = Lobby()
    one, other = booked(lobby, "a", clock="08:50"), booked(lobby, "b")
    lobby.do("08:55", c.Cancel(one.id))
    found = why(lobby, one, other)
    assert (found.first, found.because) == (other.id, "ended")
    assert found.sentence.en == "A001: ended, and not called any more"
    lobby.do("08:56", c.Cancel(other.id))
    assert why(lobby, one, other).first is None


def test_other_queues_and_other_doctors_do_not_compete():
    lobby = Lobby()
    lin, he = booked(lobby, "a", "im-lin-am", clock="08:50"), booked(lobby, "b", "im-he-am")
    ear = booked(lobby, "c", "ent-am")
    assert (why(lobby, lin, he).first, why(lobby, lin, he).because) == (None, "other_doctor")
    assert why(lobby, lin, ear).because == "other_queue"


def test_a_list_that_no_open_room_calls_with_the_other_waits_for_itself():
    lobby = Lobby()
    pool, lin = booked(lobby, "a", clock="08:50"), booked(lobby, "b", "im-lin-am")
    assert (why(lobby, pool, lin).first, why(lobby, pool, lin).because) == (None, "closed")
    lobby.do("08:55", c.OpenStation("s1", "nurse", "d-lin"))
    assert (why(lobby, pool, lin).first, why(lobby, pool, lin).because) == (pool.id, "seq")


def test_who_was_missed_and_is_not_back_yet_cannot_be_called():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    gone, other = booked(lobby, "a", clock="08:50"), booked(lobby, "b")
    lobby.call("09:00", "s1")
    lobby.do("09:01", c.MarkMissed("s1"))
    found = why(lobby, gone, other)
    assert (found.first, found.because) == (other.id, "not_here")
    lobby.do("09:02", c.Rejoin(gone.id))
    assert why(lobby, gone, other).first == other.id


def test_the_first_difference_of_the_ranks_decides_and_both_stamps_are_told():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    walk_in = lobby.issue("08:50", c.CheckInWalkIn("q-im", registration("r", "p1", "im-am")))
    early, again = booked(lobby, "a", clock="08:55"), booked(lobby, "b")
    found = why(lobby, walk_in, early)
    assert (found.first, found.because) == (early.id, "key")
    assert found.sentence.zh == (
        "按排队时刻先后。A002：预约 09:00，08:55 签到，按 09:00 排；A001：08:50 现场签到，按 09:20 排"
    )
    assert (why(lobby, early, again).first, why(lobby, early, again).because) == (early.id, "seq")


def test_after_the_calls_it_is_told_by_the_ranks_of_then():
    lobby = Lobby(small_site(lock=1))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    first = booked(lobby, "a", slot="09:30", clock="08:40")
    elder = booked(lobby, "b", slot="09:00", credits=["elder"])
    assert (why(lobby, first, elder).first, why(lobby, first, elder).because) == (first.id, "lock")
    lobby.call("08:45", "s1")
    lobby.call("08:50", "s1", "seen")
    lobby.do("08:55", c.StartService("s1"))
    # Both have been called: what decided is what it was.
    assert (why(lobby, first, elder).first, why(lobby, first, elder).because) == (first.id, "lock")


def test_who_came_after_the_call_was_not_passed_over():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    walk_in = lobby.issue("08:40", c.CheckInWalkIn("q-im", registration("r", "p1", "im-am")))
    lobby.call("08:45", "s1")
    later = booked(lobby, "b", clock="08:50")
    found = why(lobby, walk_in, later)
    assert (found.first, found.because) == (walk_in.id, "called_before")


def test_a_paused_queue_comes_before_any_rank():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    medicine, ear = booked(lobby, "a", clock="08:50"), booked(lobby, "b", "ent-am", slot="09:30")
    assert why(lobby, medicine, ear).first == medicine.id
    lobby.do("08:51", c.PauseQueue(["q-im"], "doctor_absent"))
    found = why(lobby, medicine, ear)
    assert (found.first, found.because) == (ear.id, "paused")
    assert found.sentence.en == "A001: the queue is paused"


@pytest.mark.parametrize("serves", ["ratio", "strict"])
def test_a_room_that_serves_by_turns_or_one_queue_first_says_so(serves):
    site = small_site()
    stations = [msgspec.structs.replace(each, serves=serves) for each in site.stations]
    lobby = Lobby(msgspec.structs.replace(site, stations=stations))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    medicine, ear = booked(lobby, "a", clock="08:50", slot="09:30"), booked(lobby, "b", "ent-am")
    found = why(lobby, medicine, ear)
    assert found.because == "serving"
    assert found.first == waiting_in_order(lobby.state, "s1")[0].id


def test_a_number_of_another_day_is_an_error():
    lobby = Lobby()
    with pytest.raises(KeyError):
        explain(lobby.state, booked(lobby, "a", clock="08:50").id, "none")


def check_every_pair(state: State) -> None:
    """Who is explained to be first is first in the order of whatever room calls both, and nobody is named."""
    people = {ticket.person for ticket in state.tickets.values() if ticket.person}
    orders = [[ticket.id for ticket in waiting_in_order(state, key)] for key in state.stations]
    for one, other in combinations(list(state.tickets.values())[:12], 2):
        found, turned = explain(state, one.id, other.id), explain(state, other.id, one.id)
        assert found == turned
        assert found.sentence.zh.strip()
        assert found.sentence.en.strip()
        assert not any(person in found.sentence.en for person in people if person)
        if found.because == "room" and found.first is None:
            assert one.door is not None
            assert other.door is not None
            assert one.door != other.door
            continue
        shared = [order for order in orders if one.id in order and other.id in order]
        if shared and not {one.queue, other.queue} & set(state.paused):
            earlier = {min((one.id, other.id), key=order.index) for order in shared}
            assert found.first in earlier
        if found.first is not None and {one.status, other.status} & {"waiting"}:
            assert state.tickets[found.first].call is not None or state.tickets[found.first].status in LIVE


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, min_size=10, max_size=40), st.integers(0, 3))
def test_whatever_happened_the_explanation_agrees_with_the_order(operations, lock):
    check_every_pair(run(operations, lock=lock, strict=False).state)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operation, min_size=10, max_size=40), st.integers(1, 3), st.booleans())
def test_whatever_happened_in_two_stages_the_explanation_agrees_with_the_order(operations, look_ahead, by_hand):
    site = in_two_stages(small_site(), look_ahead, by_hand=by_hand)
    check_every_pair(run(operations, strict=False, site=site).state)
