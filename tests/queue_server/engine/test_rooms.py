"""Two-stage calling: who waits at which room's door, by which event, and what that leaves untouched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.callers import callers_for
from queue_server.engine.lanes import called_with
from queue_server.engine.lines import MOST_GONE, Line
from queue_server.engine.queries import expected_wait, history, undoable, waiting_in_order
from queue_server.engine.refusals import Refusal
from queue_server.engine.serving import accepts, serving_at
from tests.examples import share
from tests.golden_logs.stories import triage
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.invariants import check, check_order, check_settled
from tests.queue_server.engine.two_stages import called, clinic, doors, in_two_stages, numbered
from tests.sites import MINUTE, appointment, digest, emergency_site, registration, small_site


def test_rooms_take_the_smallest_ranks_in_turn_and_a_call_makes_a_place():
    lobby = clinic()
    assert doors(lobby) == {"s1": ["A001", "A003"], "s2": ["A002", "A004"]}
    decided = lobby.do("08:10", c.CallNext("s1"))
    assert [type(event).__name__ for event in decided] == ["Called", "RoomAssigned"]
    assert (decided[1].number, decided[1].station, decided[1].why) == ("A005", "s1", "free")
    assert doors(lobby) == {"s1": ["A003", "A005"], "s2": ["A002", "A004"]}
    lobby.do("08:11", c.StartService("s1"))
    assert [type(event).__name__ for event in lobby.do("08:20", c.Finish("s1"))] == ["Finished"]
    check(lobby.state)
    check_settled(lobby.state)
    check_order(lobby.state)


def test_with_nobody_in_the_hall_a_check_in_goes_to_the_room_with_the_fewest():
    lobby = clinic(people=1)
    assert doors(lobby) == {"s1": ["A001"]}
    lobby.issue("08:05", c.CheckIn(appointment("b", "q", "im-am", "08:30")))
    assert doors(lobby) == {"s1": ["A001"], "s2": ["A002"]}
    called(lobby, "08:06", "s1")
    lobby.issue("08:07", c.CheckIn(appointment("d", "r", "im-am", "08:30")))
    assert doors(lobby) == {"s1": ["A003"], "s2": ["A002"]}


def test_a_list_goes_by_rank_also_for_who_comes_later():
    lobby = clinic(rooms=["s1"], people=1)
    lobby.issue("08:01", c.CheckInWalkIn("q-im", registration("w", "w", "im-am")))
    booked = lobby.issue("08:02", c.CheckIn(appointment("b", "q", "im-am", "08:00")))
    assert doors(lobby) == {"s1": ["A001", "A002"]}
    assert booked.door is None, "no place is free"
    assert called(lobby, "08:03", "s1") == "A001"
    assert doors(lobby) == {"s1": [booked.number, "A002"]}
    assert called(lobby, "08:05", "s1") == booked.number


def test_a_doctors_own_and_the_pool_are_one_list_by_rank():
    lobby = Lobby(in_two_stages(small_site(), 3))
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-he"))
    own = [lobby.issue("08:00", c.CheckIn(appointment(f"o{i}", f"o{i}", "im-lin-am", f"08:{i}5"))) for i in range(2)]
    lobby.issue("08:00", c.CheckIn(appointment("a", "a", "im-am", "08:10")))
    lobby.issue("08:00", c.CheckIn(appointment("b", "b", "im-am", "08:00")))
    assert doors(lobby) == {"s1": [own[0].number, own[1].number], "s2": ["A004", "A003"]}
    called(lobby, "08:10", "s2")
    called(lobby, "08:11", "s2")
    lobby.issue("08:12", c.CheckIn(appointment("d", "d", "im-am", "08:10")))
    lobby.issue("08:12", c.CheckIn(appointment("e", "e", "im-am", "08:12")))
    assert doors(lobby)["s1"] == [own[0].number, "A006", own[1].number]


def test_a_room_that_closes_gives_its_list_back_with_the_ranks():
    lobby = clinic()
    ranks = {ticket.id: ticket.rank for ticket in lobby.state.tickets.values()}
    decided = lobby.do("08:10", c.CloseStation("s2"))
    assert [(event.number, event.why) for event in decided if isinstance(event, e.RoomLeft)] == [
        ("A002", "closed"),
        ("A004", "closed"),
    ]
    assert doors(lobby) == {"s1": ["A001", "A003"]}
    assert ranks == {ticket.id: ticket.rank for ticket in lobby.state.tickets.values()}
    assert [called(lobby, "08:20", "s1") for _ in range(6)] == ["A001", "A002", "A003", "A004", "A005", "A006"]


def test_a_paused_queue_has_nobody_at_the_doors_and_comes_back():
    lobby = clinic()
    decided = lobby.do("08:10", c.PauseQueue(["q-im"], "equipment"))
    assert {event.why for event in decided if isinstance(event, e.RoomLeft)} == {"paused"}
    assert doors(lobby) == {}
    lobby.do("08:20", c.ResumeQueue(["q-im"]))
    assert doors(lobby) == {"s1": ["A001", "A003"], "s2": ["A002", "A004"]}


def test_a_call_that_is_taken_back_gives_the_places_back():
    lobby = clinic()
    called(lobby, "08:10", "s1")
    lobby.do("08:11", c.Undo(undoable(lobby.state, "s1")[0]))
    assert doors(lobby) == {"s1": ["A001", "A003"], "s2": ["A002", "A004"]}
    check(lobby.state)
    check_settled(lobby.state)


def test_opening_a_room_is_taken_back_with_its_list():
    lobby = clinic(rooms=["s1"])
    lobby.do("08:10", c.OpenStation("s2", "nurse"))
    assert doors(lobby) == {"s1": ["A001", "A002"], "s2": ["A003", "A004"]}
    lobby.do("08:11", c.Undo(undoable(lobby.state, "s2")[0]))
    assert doors(lobby) == {"s1": ["A001", "A002"]}


def test_a_call_taken_back_late_leaves_no_list_longer_than_its_limit():
    lobby = clinic(1, rooms=["s1"], people=1)
    called(lobby, "08:10", "s1")
    later = lobby.issue("08:11", c.CheckIn(appointment("b", "q", "im-am", "08:30")))
    assert doors(lobby) == {"s1": [later.number]}
    decided = lobby.do("08:12", c.Undo(undoable(lobby.state, "s1")[0]))
    assert [(event.number, event.why) for event in decided if isinstance(event, e.RoomLeft)] == [(later.number, "full")]
    assert doors(lobby) == {"s1": ["A001"]}


def test_a_room_without_anybody_takes_over_whom_it_may_call():
    lobby = clinic(people=3)
    assert doors(lobby) == {"s1": ["A001", "A003"], "s2": ["A002"]}
    assert [called(lobby, "08:10", "s2") for _ in range(2)] == ["A002", "A001"]


def test_who_would_be_passed_against_the_sentence_is_called_by_the_faster_room():
    lobby = clinic(1, people=3)
    slow = numbered(lobby, "A001")
    assert (slow.door, slow.stamp.bound) == ("s1", lobby.state.tickets["t00001"].stamp.bound)
    called(lobby, "08:01", "s2")
    assert doors(lobby) == {"s1": ["A001"], "s2": ["A003"]}
    called(lobby, "08:02", "s2")
    within = lobby.issue(slow.stamp.bound, c.CheckIn(appointment("x", "x", "im-am", "08:30")))
    assert waiting_in_order(lobby.state, "s2")[0].id == within.id
    after = lobby.issue(slow.stamp.bound + 1, c.CheckIn(appointment("y", "y", "im-am", "08:30")))
    assert called(lobby, None, "s2") == within.number
    assert doors(lobby) == {"s1": ["A001"], "s2": [after.number]}
    assert called(lobby, None, "s2") == "A001", "who checked in after the bound would have gone first"


def test_an_emergency_takes_a_place_and_the_displaced_keeps_the_rank():
    site = emergency_site()
    both = [replace(site.stations[-1], queues=["q-er"]), replace(site.stations[-1], id="e2", room="r1")]
    lobby = Lobby(in_two_stages(replace(site, stations=[*site.stations[:-1], *both]), 1))
    for room in ("e1", "e2"):
        lobby.do("08:00", c.OpenStation(room, "nurse"))
    waits = [lobby.issue("08:01", c.CheckInWalkIn("q-er")) for _ in range(3)]
    assert doors(lobby) == {"e1": ["X001"], "e2": ["X002"]}
    rank = lobby.ticket(waits[1]).rank
    lobby.now = waits[0].issued_at
    decided = lobby.do("08:05", triage(lobby, waits[2].id, "I"))
    assert [(type(event).__name__, event.number, event.why) for event in decided[1:]] == [
        ("RoomLeft", "X002", "displaced"),
        ("RoomAssigned", "X003", "emergency"),
    ]
    assert lobby.ticket(waits[1]).rank == rank
    # The first room that is free has the emergency, whoever's door it is.
    assert called(lobby, "08:06", "e1") == "X003"
    assert doors(lobby) == {"e1": ["X001"], "e2": ["X002"]}


def test_by_hand_nobody_goes_to_a_door_but_by_the_desk():
    lobby = clinic(by_hand=True)
    assert doors(lobby) == {}
    fifth = numbered(lobby, "A005")
    decided = lobby.do("08:05", c.AssignRoom(fifth.id, "s2", "balance_load"))
    assert [(event.why, event.reason) for event in decided] == [("hand", "balance_load")]
    assert doors(lobby) == {"s2": ["A005"]}
    assert called(lobby, "08:06", "s1") == "A001", "a room with an empty list calls the hall"
    assert called(lobby, "08:06", "s2") == "A005"
    lobby.do("08:07", c.AssignRoom(numbered(lobby, "A006").id, "s1", "balance_load"))
    lobby.do("08:08", c.AssignRoom(numbered(lobby, "A006").id, None, "patient_request"))
    assert doors(lobby) == {}
    lobby.do("08:09", c.Undo(lobby.state.position))
    assert doors(lobby) == {"s1": ["A006"]}
    said = history(lobby.state, numbered(lobby, "A006").id)
    assert said[1][1].zh == "分诊台安排：请到1 诊室门口候诊（均衡候诊人数）"


def test_by_hand_into_a_room_that_is_full_displaces_the_last_of_its_own():
    lobby = clinic()
    decided = lobby.do("08:05", c.AssignRoom(numbered(lobby, "A006").id, "s1", "balance_load"))
    assert [(type(event).__name__, event.number, event.why) for event in decided] == [
        ("RoomAssigned", "A006", "hand"),
        ("RoomLeft", "A003", "full"),
    ]
    assert doors(lobby) == {"s1": ["A001", "A006"], "s2": ["A002", "A004"]}
    check(lobby.state)
    check_settled(lobby.state)


def test_who_takes_a_later_place_goes_back_to_the_hall():
    lobby = clinic(1)
    first = numbered(lobby, "A001")
    lobby.do("08:05", c.Postpone(first.id, behind=3))
    assert doors(lobby) == {"s1": ["A003"], "s2": ["A002"]}
    assert lobby.ticket(first).door is None


def test_a_turn_by_count_that_has_come_goes_to_the_first_room_that_is_free():
    lobby = clinic(1, people=8)
    gone = lobby.call("08:01", "s1")
    lobby.do("08:02", c.MarkMissed("s1"))
    lobby.do("08:03", c.Rejoin(gone.id))
    assert lobby.ticket(gone).stamp.sentence.en == "Missed and back: after 3 more calls"
    numbers = [called(lobby, f"08:1{i}", room) for i, room in enumerate(("s1", "s2", "s1"))]
    assert numbers == ["A003", "A002", "A004"]
    back = lobby.ticket(gone)
    assert back.stamp.by == "place"
    assert back.rank is not None
    # Whose door it is does not matter: the other room calls it as well.
    other = {"s1": "s2", "s2": "s1"}.get(back.door, "s2")
    assert waiting_in_order(lobby.state, other)[0].id == gone.id
    assert called(lobby, "08:20", other) == gone.number


def test_who_left_from_behind_others_is_not_passed_over_for_ever():
    entries = [((2, key, key), f"t{key}") for key in range(200)]
    line = Line(entries, 0)
    for key in range(10, 150):
        line.leave(f"t{key}")
        assert len(line.gone) <= MOST_GONE
    assert list(line.entries()) == [*entries[:10], *entries[150:]]
    for key in range(10):
        line.leave(f"t{key}")
    assert line.head() == entries[150]


def test_rules_activated_in_the_middle_of_a_day_fill_and_empty_the_rooms():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(3):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", "09:00")))
    two = in_two_stages(small_site(), 2)
    lobby.do("08:01", c.ActivateConfiguration(two, digest(two)))
    assert doors(lobby) == {"s1": ["A001", "A002"]}
    lobby.do("08:02", c.ActivateConfiguration(small_site(), digest(small_site())))
    assert doors(lobby) == {}


def test_a_station_that_is_open_for_queues_which_it_has_no_longer_calls_them_from_the_hall():
    lobby = clinic()
    site = lobby.state.site
    others = [replace(one, queues=["q-ped"]) if one.id == "s1" else one for one in site.stations]
    changed = replace(site, stations=others)
    lobby.do("08:05", c.ActivateConfiguration(changed, digest(changed)))
    assert doors(lobby) == {"s2": ["A002", "A004"]}
    assert called(lobby, "08:06", "s1") == "A001"
    check_order(lobby.state)
    lobby.issue("08:07", c.CheckIn(appointment("x", "x", "im-am", "08:30")))
    check_settled(lobby.state)
    lobby.do("08:07", c.StartService("s1"))
    lobby.do("08:08", c.Finish("s1"))
    lobby.do("08:08", c.CloseStation("s1"))
    lobby.do("08:09", c.OpenStation("s1", "nurse"))
    assert lobby.state.stations["s1"].queues == ("q-ped",)


def test_a_station_that_takes_turns_or_has_a_queue_without_lists_calls_from_the_hall():
    for change in ("serves", "queue"):
        site = in_two_stages(small_site(), 2)
        if change == "serves":
            stations = [replace(site.stations[0], serves="ratio", ratio={"q-im": 2, "q-ent": 1}), *site.stations[1:]]
            site = replace(site, stations=stations)
        else:
            queues = [replace(one, room_look_ahead=0) if one.id == "q-ent" else one for one in site.queues]
            site = replace(site, queues=queues)
        lobby = Lobby(site)
        for room in ("s1", "s2"):
            lobby.do("07:50", c.OpenStation(room, "nurse"))
        for i in range(4):
            lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", "09:00")))
        assert doors(lobby) == {"s2": ["A001", "A002"]}
        assert called(lobby, "08:10", "s1") == "A001"
        check_settled(lobby.state)
        assert not isinstance(lobby.ask("08:11", c.CallNext("s2")), Refusal)


OPERATION = st.tuples(
    st.sampled_from(["comes", "comes", "triage", "triage", "next", "next", "missed", "back", "close", "room"]),
    st.integers(0, 9),
    st.sampled_from(["I", "II", "III", "IVa", "IVb"]),
)


def test_who_is_back_when_the_clock_is_confirmed_goes_to_the_door_at_once():
    lobby = Lobby(in_two_stages(small_site(), 1))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    ticket = lobby.issue("07:55", c.CheckIn(appointment("a1", "p1", "im-am", "08:00")))
    lobby.do("07:56", c.StepAway(ticket.id, 10))
    assert lobby.ticket(ticket).door is None
    assert lobby.refused("21:00", c.Tick()).code == "clock_jump"
    lobby.do("21:00", c.ConfirmClock())
    assert lobby.ticket(ticket).door == "s1"


@share(0.8)
@given(st.lists(OPERATION, max_size=40), st.integers(1, 3), st.booleans())
def test_whatever_the_doors_the_levels_order_an_emergency_queue(operations, look_ahead, takes_all):
    """Each room calls the first of all whom it accepts, wherever that patient waits."""
    site = emergency_site()
    second = replace(site.stations[-1], id="e2", room="r1", levels=[] if takes_all else ["III", "IVa", "IVb"])
    lobby = Lobby(in_two_stages(replace(site, stations=[*site.stations, second]), look_ahead))
    lobby.do("08:00", c.Tick())
    for what, who, level in operations:
        state = lobby.state
        now = lobby.now + MINUTE
        room = ("e1", "e2")[who % 2]
        waiting = [ticket for ticket in state.tickets.values() if ticket.status == "waiting"]
        if what == "comes":
            lobby.ask(now, c.CheckInWalkIn("q-er"))
        elif what == "triage" and waiting:
            lobby.now = now
            lobby.ask(now, triage(lobby, waiting[who % len(waiting)].id, level))
        elif what == "next":
            lobby.ask(now, c.OpenStation(room, "nurse"))
            standing = lobby.state.stations[room]
            levels = serving_at(lobby.state, standing).levels
            # Not those who came by a count: they wait for it, whatever their rank.
            taken = [one for one in waiting if one.stamp.by != "place" and accepts(lobby.state, levels, one)]
            decided = lobby.ask(now, c.CallNext(room, "seen"))
            calls = [] if isinstance(decided, Refusal) else [one for one in decided if isinstance(one, e.Called)]
            if taken and calls and lobby.state.tickets[calls[0].ticket].stamp.by != "place":
                assert calls[0].ticket == min(taken, key=lambda ticket: ticket.rank).id
        elif what == "missed":
            lobby.ask(now, c.MarkMissed(room))
        elif what == "back" and state.missed:
            lobby.ask(now, c.Rejoin(next(iter(state.missed))))
        elif what == "close":
            lobby.ask(now, c.CloseStation(room))
        elif what == "room" and waiting:
            lobby.ask(now, c.AssignRoom(waiting[who % len(waiting)].id, room, "balance_load"))
        check(lobby.state)
        check_settled(lobby.state)
    check_order(lobby.state)


def test_a_station_that_is_open_for_a_queue_which_it_has_no_longer_is_counted_as_one_that_calls_it():
    lobby = Lobby(small_site())
    for room in ("s1", "s2"):
        lobby.do("07:50", c.OpenStation(room, "nurse"))
    tickets = [lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", "09:00"))) for i in range(6)]
    site = lobby.state.site
    others = [replace(one, queues=["q-ped"]) if one.id == "s1" else one for one in site.stations]
    changed = replace(site, stations=others)
    lobby.do("08:05", c.ActivateConfiguration(changed, digest(changed)))
    told = expected_wait(lobby.state, tickets[-1].id)
    assert [room.station for room in callers_for(lobby.state, tickets[0]).rooms] == ["s1", "s2"]
    assert len(called_with(lobby.state, ("q-im", None))) == 2
    assert called(lobby, "08:06", "s1") == "A001"
    lobby.do("08:07", c.Undo(lobby.state.position))
    lobby.do("08:07", c.CloseStation("s1"))
    assert [room.station for room in callers_for(lobby.state, tickets[0]).rooms] == ["s2"]
    assert expected_wait(lobby.state, tickets[-1].id)[0] > told[0], "one room fewer"
