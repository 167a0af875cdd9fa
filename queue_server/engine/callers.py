"""Which open rooms call a list, and in what order: found once for as long as the rooms stay as they are.

The answer is kept in the state, beside the stations that it is read from, and given up whenever one of them is opened,
closed, given other lists or another turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine.lanes import lanes_of, open_for
from queue_server.engine.order import room_of
from queue_server.engine.room_records import MERGE, Caller, Callers, Order, Serving
from queue_server.engine.serving import accepts, serving_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.engine.entries import Lane, Ticket
    from queue_server.engine.state import State


def callers_of(state: State, queue_id: str, doctor: str | None) -> Callers:
    """The open rooms that call the list of a queue and a doctor, or the pool."""
    lane = (queue_id, doctor)
    found = state.callers.get(lane)
    if found is None:
        found = state.callers[lane] = _together(lane, _rooms(state, lane))
    return found


def callers_for(state: State, ticket: Ticket) -> Callers:
    """The open rooms that may call the ticket."""
    found = callers_of(state, ticket.queue, ticket.doctor)
    if not found.have_levels:
        return found
    return _together(ticket.lane, [room for room in found.rooms if accepts(state, room.levels, ticket)])


def _rooms(state: State, lane: Lane) -> list[Caller]:
    queue_id, doctor = lane
    rooms = []
    for station in open_for(state, queue_id):
        if doctor is None or doctor == station.doctor:
            serving = serving_at(state, station)
            order = (tuple(lanes_of(station.queues, station.doctor)), serving)
            rooms.append(Caller(station.id, station.doctor, serving.levels, order, room_of(state, station)))
    return rooms


def _together(lane: Lane, rooms: Iterable[Caller]) -> Callers:
    rooms = tuple(rooms)
    orders: dict[tuple[tuple[Lane, ...], Serving], dict[str | None, None]] = {}
    for room in rooms:
        orders.setdefault(room.order, {})[room.room] = None
    if not orders:
        # Nobody calls it yet: it is called as if it were alone.
        orders[tuple(lanes_of([lane[0]], lane[1])), MERGE] = {None: None}
    each = tuple(Order(*order, tuple(listed)) for order, listed in orders.items())
    return Callers(rooms, each, any(room.levels for room in rooms))
