"""What must hold of every state that a log can give."""

from __future__ import annotations

from collections import Counter

from queue_server.engine.callers import callers_for, callers_of
from queue_server.engine.entries import GIVEN_BACK, visit_of
from queue_server.engine.lanes import lanes_of
from queue_server.engine.order import in_order
from queue_server.engine.rooms import Rooms, look_ahead_of, room_lists
from queue_server.engine.serving import accepts, serving_at
from queue_server.engine.standing import ahead, waiting_in_order
from queue_server.engine.state import State
from queue_server.engine.transitions import AT_A_STATION, LIVE


def check(state: State) -> None:
    tickets = state.tickets.values()
    check_places(state)
    check_stations(state)
    check_rooms(state)
    check_callers(state)
    taken: dict[tuple[str, str], str] = {}
    for ticket in tickets:
        if ticket.status in GIVEN_BACK and state.index.queues[ticket.queue].numbers == "hospital":
            continue
        key = (ticket.queue, ticket.doctor, ticket.session, ticket.number)
        assert key not in taken, f"number {key} twice"
        taken[key] = ticket.id
    live = [ticket for ticket in tickets if ticket.status in LIVE and ticket.person is not None]
    visits = {visit_of(ticket): ticket.id for ticket in live}
    assert len(visits) == len(live), "one person twice in one session"
    assert visits == state.live_visits
    by_person = Counter(ticket.person for ticket in live)
    assert {person: len(ids) for person, ids in state.by_person.items()} == dict(by_person)
    assert set(state.missed) == {ticket.id for ticket in tickets if ticket.status == "missed"}
    assert set(state.absent) == {ticket.id for ticket in tickets if ticket.status == "away"}
    assert state.backs == sorted((ticket.back_at, ticket.id) for ticket in tickets if ticket.back_at is not None)
    assert all((ticket.away is not None) == (ticket.status == "away") for ticket in tickets)
    issued = Counter(ticket.session for ticket in tickets if ticket.status not in GIVEN_BACK and ticket.session)
    assert {key: n for key, n in state.per_session.items() if n} == dict(issued)
    kept = [ticket for ticket in tickets if ticket.status not in GIVEN_BACK and "referral" in ticket.credits]
    assert state.referred == dict(Counter(ticket.session for ticket in kept if ticket.session))


def check_places(state: State) -> None:
    """Every waiting ticket is in exactly one lane or list, everybody else in none, and nothing else is there."""
    lanes: dict[tuple[str, str | None], list] = {}
    fifos: dict[tuple[str, str, str | None], list] = {}
    outstanding: dict = {}
    for ticket in state.tickets.values():
        assert (ticket.rank is not None) + (ticket.place is not None) == (ticket.status == "waiting"), ticket
        if ticket.rank is not None:
            lanes.setdefault(ticket.lane, []).append((ticket.rank, ticket.id))
            if ticket.stamp.fifo is not None:
                outstanding.setdefault(ticket.stamp.fifo, []).append((ticket.rank, ticket.id))
        if ticket.place is not None:
            fifos.setdefault(ticket.place.fifo, []).append((ticket.place.seq, ticket.id))
            assert ticket.place.fifo[1:] == ticket.lane
    assert {key: rows for key, rows in state.lanes.items() if rows} == {k: sorted(v) for k, v in lanes.items()}
    assert {key: rows for key, rows in state.fifos.items() if rows} == {k: sorted(v) for k, v in fifos.items()}
    assert state.outstanding == {key: tuple(sorted(found)) for key, found in outstanding.items()}
    ranks = [rank for rows in lanes.values() for rank, _ in rows]
    assert len(set(ranks)) == len(ranks), "two tickets share a rank"
    assert set(state.countdowns) == {key for keys in state.lists.values() for key in keys}
    assert all(count.count >= 0 for count in state.countdowns.values())
    for lane in {ticket.lane for ticket in state.tickets.values() if ticket.status == "waiting"}:
        standing = {
            ticket.id for ticket in state.tickets.values() if ticket.status == "waiting" and ticket.lane == lane
        }
        order = [ticket.id for ticket in in_order(state, [lane])]
        assert len(order) == len(standing), "somebody waits and is never called"
        assert set(order) == standing


def check_stations(state: State) -> None:
    """A station has at most one patient and a patient at most one station."""
    held = [(station.id, station.current) for station in state.stations.values() if station.current]
    assert len({current for _, current in held}) == len(held), "one ticket at two stations"
    at_stations = {ticket.id: ticket.station for ticket in state.tickets.values() if ticket.status in AT_A_STATION}
    assert at_stations == {current: station for station, current in held}
    for station_id, current in held:
        station, ticket = state.stations[station_id], state.tickets[current]
        assert station.is_open
        assert ticket.doctor in {None, station.doctor}


def check_callers(state: State) -> None:
    """What is kept of who calls a list is what would be found anew."""
    calling, callers, lists = state.calling, state.callers, state.room_lists
    state.forget_found()
    every = state.site.stations if state.site is not None else []
    opened = [state.stations[one.id] for one in every if one.id in state.stations]
    assert calling == {
        queue: tuple(one.id for one in opened if one.is_open and queue in one.queues) for queue in calling
    }
    assert callers == {lane: callers_of(state, *lane) for lane in callers}
    wards = {ward.queues: ward for ward in state.index.wards.values()} if state.index is not None else {}
    assert lists == {queues: room_lists(state, wards[queues]) for queues in lists}


def check_rooms(state: State) -> None:
    """The rooms' lists are those of the tickets, and whoever stands in one waits."""
    doors: dict[str, list] = {}
    for ticket in state.tickets.values():
        assert (ticket.door is None) == (ticket.door_since is None)
        if ticket.door is None:
            continue
        assert ticket.status == "waiting", "somebody at a door does not wait"
        doors.setdefault(ticket.door, []).append((ticket.rank, ticket.id))
    assert {station: sorted(listed) for station, listed in doors.items()} == state.doors


def check_settled(state: State) -> None:
    """After a command: whoever stands in a list may be called there, no list is too long, no free place is left."""
    for station_id, listed in state.doors.items():
        station = state.stations[station_id]
        lanes = lanes_of(station.queues, station.doctor)
        tickets = [state.tickets[ticket] for _, ticket in listed]
        assert all(ticket.lane in lanes for ticket in tickets), "at the door of a room that does not call it"
        assert not any(ticket.queue in state.paused for ticket in tickets)
        assert all(accepts(state, serving_at(state, station).levels, ticket) for ticket in tickets)
        assert len(listed) <= look_ahead_of(state, station), "a room's list is longer than its limit"
    if state.index.has_room_lists:
        assert Rooms(state).settle() == [], "a place was left free, or somebody stands where nobody is called"


def check_order(state: State) -> None:
    """Whoever may be called is in the order of some station, once; and ``ahead`` is that order's index."""
    for station in state.stations.values():
        if not station.is_open:
            continue
        order = [ticket.id for ticket in waiting_in_order(state, station.id)]
        assert len(set(order)) == len(order)
        lanes = set(lanes_of(station.queues, station.doctor))
        levels = serving_at(state, station).levels
        eligible = {
            t.id
            for t in state.tickets.values()
            if t.status == "waiting" and t.lane in lanes and accepts(state, levels, t)
        }
        assert set(order) == eligible
    for ticket in state.tickets.values():
        if ticket.status != "waiting":
            assert ahead(state, ticket.id) is None
            continue
        orders = [waiting_in_order(state, room.station) for room in callers_for(state, ticket).rooms]
        if orders:
            assert ahead(state, ticket.id) == min([t.id for t in order].index(ticket.id) for order in orders)
