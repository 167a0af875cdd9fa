"""A room's list in two-stage calling: filled after every command, and by hand from the nurse desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine.absences import waiting
from queue_server.engine.follow import follow
from queue_server.engine.lanes import lanes_of
from queue_server.engine.reasons import REASONS
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.rooms import Rooms, look_ahead_of
from queue_server.engine.serving import accepts, serving_at
from queue_server.engine.state import copy

if TYPE_CHECKING:
    from queue_server.engine.commands import AssignRoom
    from queue_server.engine.context import Context
    from queue_server.engine.entries import Ticket
    from queue_server.engine.rooms import Move
    from queue_server.engine.state import State


def follow_up(state: State, decided: list[e.Event], ctx: Context) -> list[e.Event]:
    """Who goes to a room's door, or back to the hall, by the events of a command.

    ``state`` has not folded those of ``decided`` yet, and stays as it is.
    """
    is_configured = any(isinstance(event, e.ConfigurationActivated) for event in decided)
    if not (is_configured or state.doors or (state.index is not None and state.index.has_room_lists)):
        return []
    work = copy(state)
    for event in decided:
        follow(work, ctx, event)
    return [_event_of(work.tickets[move.ticket], move) for move in Rooms(work).settle()]


def _event_of(ticket: Ticket, move: Move) -> e.Event:
    if move.why in {"free", "emergency"}:
        return e.RoomAssigned(
            ticket=ticket.id,
            number=ticket.number,
            queue=ticket.queue,
            doctor=ticket.doctor,
            station=move.station,
            why="free" if move.why == "free" else "emergency",
        )
    return e.RoomLeft(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        station=move.station,
        why=move.why,  # type: ignore[arg-type]  # what is neither of the two above
    )


def assign_room(state: State, command: AssignRoom, _ctx: Context) -> list[e.Event] | Refusal:
    """The desk puts a waiting ticket into a room's list, or takes it out; its rank stays."""
    ticket = waiting(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if command.reason not in REASONS["transfer"]:
        return refusal("unknown_reason", ticket=ticket.id)
    if command.station is None:
        return _to_the_hall(state, ticket, command.reason)
    refused = _cannot_take(state, ticket, command.station)
    if refused is not None:
        return refused
    return [
        e.RoomAssigned(
            ticket=ticket.id,
            number=ticket.number,
            queue=ticket.queue,
            doctor=ticket.doctor,
            station=command.station,
            why="hand",
            reason=command.reason,
        )
    ]


def _to_the_hall(state: State, ticket: Ticket, reason: str) -> list[e.Event] | Refusal:
    if ticket.door is None:
        return refusal("not_at_a_door", ticket=ticket.id)
    queue = state.index.queues.get(ticket.queue) if state.index else None
    if queue is not None and queue.room_assignment == "automatic":
        return refusal("rooms_fill_themselves", ticket=ticket.id)
    return [
        e.RoomLeft(
            ticket=ticket.id,
            number=ticket.number,
            queue=ticket.queue,
            doctor=ticket.doctor,
            station=ticket.door,
            why="hand",
            reason=reason,
        )
    ]


def _cannot_take(  # noqa: PLR0911 - one return a reason
    state: State, ticket: Ticket, station_id: str
) -> Refusal | None:
    if state.index is None or station_id not in state.index.stations:
        return refusal("unknown_station")
    station = state.stations.get(station_id)
    if station is None or not station.is_open:
        return refusal("station_closed")
    limit = look_ahead_of(state, station)
    if not limit:
        return refusal("no_room_list", ticket=ticket.id)
    if ticket.lane not in lanes_of(station.queues, station.doctor):
        return refusal("wrong_station", ticket=ticket.id)
    if not accepts(state, serving_at(state, station).levels, ticket):
        return refusal("other_level", ticket=ticket.id)
    if ticket.queue in state.paused:
        return refusal("queue_paused", ticket=ticket.id)
    if ticket.door == station_id:
        return refusal("same_place", ticket=ticket.id)
    if ticket.rank is None:
        return refusal("waits_by_count", ticket=ticket.id)
    by_hand = [key for _, key in state.doors.get(station_id, ()) if state.tickets[key].door_by_hand]
    return refusal("room_full", ticket=ticket.id, most=str(limit)) if len(by_hand) >= limit else None
