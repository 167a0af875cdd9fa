"""Where everybody stands: the order of the waiting and how many come before."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from queue_server.engine.callers import callers_for
from queue_server.engine.lanes import callable_lanes, lanes_of
from queue_server.engine.order import Course, calls_of, in_order, room_of
from queue_server.engine.serving import serving_at

if TYPE_CHECKING:
    from queue_server.engine.entries import Lane, Ticket
    from queue_server.engine.events import Place, Rank
    from queue_server.engine.room_records import Callers, Order, Serving
    from queue_server.engine.state import State


_THE_HALL = (None,)
FORESEEN = 16
"""In two stages a place up to about this one is foreseen call by call; further back it is told by moments."""


def waiting_in_order(state: State, station_id: str, limit: int | None = None) -> list[Ticket]:
    """Exactly the order in which ``CallNext`` would call at this station now, if nobody else came or called.

    Queues that stand still are in it as they would be called otherwise.
    """
    station = state.stations.get(station_id)
    if station is None or not station.is_open:
        return []
    lanes = lanes_of(station.queues, station.doctor)
    return in_order(state, lanes, limit, serving_at(state, station), room_of(state, station))


def queue_in_order(state: State, queue_id: str, doctor: str | None = None, limit: int | None = None) -> list[Ticket]:
    """A queue's waiting in order: with ``doctor``, that doctor's own and the pool; without, everybody's together."""
    return in_order(state, _lanes_of_queue(state, queue_id, doctor), limit)


def _lanes_of_queue(state: State, queue_id: str, doctor: str | None) -> list[Lane]:
    if doctor is not None:
        return lanes_of([queue_id], doctor)
    lanes: set[Lane] = {lane for lane in state.lanes if lane[0] == queue_id}
    lanes |= {(key[1], key[2]) for key in state.fifos if key[1] == queue_id}
    return sorted(lanes, key=lambda lane: (lane[1] is None, lane[1] or ""))


def next_up(state: State, hall_id: str, each: int) -> list[tuple[Ticket, str | None]]:
    """Who is next in a hall: the first ``each`` of every open station, and of every list that no open station calls.

    Beside the ticket stands the station where it is sure to be called: a doctor's own list belongs to one room, who is
    at a room's door is that room's, the pool goes to whoever calls first, and a list without an open station to nobody
    yet.
    """
    if state.index is None:
        return []
    found: dict[str, tuple[Ticket, str | None]] = {}
    called: set[Lane] = set()
    for station in state.stations.values():
        known = state.index.stations.get(station.id)
        if not station.is_open or known is None or known.hall != hall_id:
            continue
        called.update(lanes_of(station.queues, station.doctor))
        lanes = callable_lanes(state, station.queues, station.doctor)
        # Everybody at the room's door, whatever their number.
        most = max(each, len(state.doors.get(station.id, ())))
        for ticket in in_order(state, lanes, most, serving_at(state, station), room_of(state, station)):
            own = (ticket.doctor is not None and ticket.doctor == station.doctor) or ticket.door == station.id
            if ticket.door not in {None, station.id}:
                continue  # At another room's door, and shown there.
            found.setdefault(ticket.id, (ticket, station.id if own else None))
    for queue in state.index.queues.values():
        if queue.hall == hall_id and queue.id not in state.paused:
            for lane in _lanes_of_queue(state, queue.id, None):
                if lane not in called:
                    found.update((ticket.id, (ticket, None)) for ticket in in_order(state, [lane], each))
    return list(found.values())


def place_of(state: State, lane: Lane, rank: Rank | None, place: Place | None, callers: Callers) -> int:
    """About how many are called before somebody at ``rank``, or before one who comes last into the list ``place``.

    Unlike ``ahead`` it does not walk through all who wait: of those who wait by a count of calls it reckons as many as
    the calls before will let in. At the station with the fewest, of those that call the lane.
    """
    return min(_about(state, lane[0], order, rank, place) for order in callers.orders)


def _ranked(state: State, queue_id: str, lanes: tuple[Lane, ...], rank: Rank | None, serving: Serving) -> int:
    """Of those who wait by rank, about how many go before ``rank`` (``None``: before one behind all) of a queue."""
    before: dict[str, int] = {}
    everybody: dict[str, int] = {}
    for lane in lanes:
        entries = state.lanes.get(lane, [])
        everybody[lane[0]] = everybody.get(lane[0], 0) + len(entries)
        before[lane[0]] = before.get(lane[0], 0) + (len(entries) if rank is None else bisect_left(entries, (rank,)))
    if serving.mode == "merge":
        return sum(before.values())
    own = before.get(queue_id, 0)
    quotas = dict(serving.quotas)
    if serving.mode == "strict":
        earlier = list(quotas)[: list(quotas).index(queue_id)]
        return own + sum(everybody.get(queue, 0) for queue in earlier)
    of_others = (
        min(many, own * quotas[queue] // quotas[queue_id]) for queue, many in everybody.items() if queue != queue_id
    )
    return own + sum(of_others)


def _about(state: State, queue_id: str, order: Order, rank: Rank | None, place: Place | None) -> int:
    """What ``place_of`` says of one order; ``place`` counts for who has no rank."""
    lanes = order.lanes
    ranked = _ranked(state, queue_id, lanes, rank, order.serving)
    place = place if rank is None else None
    own = place.fifo if place is not None else None
    listed = 0
    for lane in lanes:
        for key in state.lists.get(lane, ()):
            members = state.fifos.get(key)
            if members and key != own:
                first = state.tickets[members[0][1]].place
                listed += min(len(members), ranked // max(1, first.calls) if first else 0)
    if place is None:
        return ranked + listed
    members = state.fifos.get(place.fifo, [])
    index = bisect_left(members, (place.seq,))
    countdown = state.countdowns.get(place.fifo)
    owed = place.calls * (index + 1) - (countdown.count if countdown is not None and not place.fresh else 0)
    # With nobody left to call, a list's head goes at once.
    return min(max(0, owed) + index, ranked + listed + index)


def ahead(state: State, ticket_id: str, callers: Callers | None = None) -> int | None:
    """How many people are called before this one as things stand; ``None`` when it does not wait.

    Of several stations that may call it, the one with the fewest before it counts; with none open, its queue alone.

    Args:
        state: the lobby.
        ticket_id: whose place.
        callers: what ``callers_for`` says of the ticket, where it was asked already.
    """
    ticket = state.tickets.get(ticket_id)
    if ticket is None or ticket.status != "waiting":
        return None
    fewest: int | None = None
    near: list[tuple[Order, str | None]] = []
    for order in (callers_for(state, ticket) if callers is None else callers).orders:
        if order.rooms != _THE_HALL:
            # A call of one among many rooms is dear to foresee. Further back the moments alone say how many come first.
            about = _about(state, ticket.queue, order, ticket.rank, ticket.place)
            if about > FORESEEN:
                fewest = about if fewest is None else min(about, fewest)
                near += ((order, room) for room in order.rooms if room is None)
                continue
        near += ((order, room) for room in order.rooms)
    if ticket.door is not None:
        # The room at whose door the patient waits first: no other has to be looked at further than that.
        near.sort(key=lambda way: way[1] != ticket.door)
    for order, room in near:
        fewest = _before(state, ticket, order, room, fewest)
    return fewest


def _owes_calls(state: State, lanes: tuple[Lane, ...]) -> bool:
    """Whether somebody in the lanes has a rank and waits for calls all the same, so that ranks alone tell no place."""
    return any((key[1], key[2]) in lanes for key in state.outstanding) and bool(Course(state, list(lanes)).held)


def _before(state: State, ticket: Ticket, order: Order, room: str | None, most: int | None) -> int:
    """How many are called before the ticket, ``most`` at the most: somewhere else it is no more."""
    lanes, serving = order.lanes, order.serving
    if (
        serving.mode == "merge"
        and not serving.levels
        and room is None
        and ticket.rank is not None
        and not any(members and (key[1], key[2]) in lanes for key, members in state.fifos.items())
        and not _owes_calls(state, lanes)
    ):
        probe = (ticket.rank,)
        found = sum(bisect_left(state.lanes.get(lane, []), probe) for lane in lanes)
        return found if most is None else min(found, most)
    # Somebody comes in by a count of calls, or the queues take turns: only walking forward tells where.
    count = 0
    for other in calls_of(state, list(lanes), serving, room):
        if other == ticket.id or count == most:
            break
        count += 1
    return count
