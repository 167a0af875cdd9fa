"""A room's list in two-stage calling: filled after every command, and by hand from the nurse desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine.absences import waiting
from queue_server.engine.branch import branch
from queue_server.engine.follow import follow
from queue_server.engine.lanes import lanes_of
from queue_server.engine.reasons import REASONS
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.rooms import Rooms, look_ahead_of, room_lists
from queue_server.engine.serving import accepts, serving_at
from queue_server.engine.stamps import ROUTINE_TIER

if TYPE_CHECKING:
    from queue_server.engine.commands import AssignRoom
    from queue_server.engine.context import Context
    from queue_server.engine.entries import SiteIndex, Ticket, Ward
    from queue_server.engine.rooms import Move
    from queue_server.engine.state import State


_EVERYWHERE = (
    e.ConfigurationActivated, e.DayOpened, e.DayEnded, e.SessionsUpdated, e.SessionEnded, e.SessionReleased, e.Undone,
)  # fmt: skip
"""What may concern any room."""
_NO_PLACE = (
    e.ServiceStarted, e.Finished, e.Recalled, e.Missed, e.SentForExams, e.PrintReported, e.ReassessmentDue,
    e.IdentityMerged, e.BroadcastStarted, e.BroadcastEnded, e.SlipIssued, e.SlipPlanned, e.SlipEnded,
)  # fmt: skip
"""What neither makes a place free nor brings anybody into the hall."""
_INTO_THE_HALL = (e.TicketIssued, e.Stamped, e.Rejoined, e.ReturnedWithResults, e.SteppedBack, e.StopOpened)
"""What brings somebody into the hall and makes no place free."""
_NOBODY_BACK = (*_NO_PLACE, *_INTO_THE_HALL, e.Called)
"""What leaves whoever stands at a door, and is not called, where the room may call them."""


def follow_up(state: State, emitted: list[e.Event], decided: list[e.Event], ctx: Context) -> list[e.Event]:
    """Who goes to a room's door, or back to the hall, by the events of a command.

    Args:
        state: has folded what was ``emitted``, and not what was ``decided``; it stays as it is.
        emitted: what was due.
        decided: the command's own.
        ctx: of the command.
    """
    happened = [*emitted, *decided]
    index = state.index
    is_anywhere = any(isinstance(event, _EVERYWHERE) for event in happened)
    if index is None or not (state.doors or index.has_room_lists or is_anywhere):
        return []
    if is_anywhere:
        wards: list[Ward | None] = [None]
    else:
        named = dict.fromkeys(index.wards[queue] for queue in _queues_of(state, happened) if queue in index.wards)
        wards = [ward for ward in named if _has_lists(state, index, ward) and _may_move(state, emitted, decided, ward)]
    if not wards:
        return []
    work = branch(state)
    for event in decided:
        follow(work, ctx, event)
    if work.index is None or not (work.doors or work.index.has_room_lists):
        return []
    back = bool(emitted) or not all(isinstance(event, _NOBODY_BACK) for event in decided)
    moves = (move for ward in wards for move in Rooms(work, ward=ward).settle(back=back))
    return [_event_of(work.tickets[move.ticket], move) for move in moves]


def _has_lists(state: State, index: SiteIndex, ward: Ward) -> bool:
    """Whether its rooms have lists, or had one before the configuration changed."""
    return not index.listed.isdisjoint(ward.queues) or not ward.doors.isdisjoint(state.doors)


def _queues_of(state: State, events: list[e.Event]) -> set[str]:
    """The queues that the events are about."""
    found: set[str] = set()
    for event in events:
        if isinstance(event, e.StationOpened | e.StationClosed):
            configured = state.index.stations.get(event.station) if state.index else None
            found.update(configured.queues if configured is not None else ())
        else:
            named: list[str | None] = [getattr(event, "queue", None), getattr(event, "from_queue", None)]
            found.update(queue for queue in named if queue is not None)
    return found


def _may_move(state: State, emitted: list[e.Event], decided: list[e.Event], ward: Ward) -> bool:
    """Whether anybody may go anywhere in the rooms of ``ward``: nobody does while all lists are full."""
    if emitted or any(not isinstance(event, (*_NO_PLACE, *_INTO_THE_HALL)) for event in decided):
        return True
    came = [event for event in decided if isinstance(event, _INTO_THE_HALL)]
    if any(event.rank is not None and event.rank[0] < ROUTINE_TIER for event in came):
        return True
    return bool(came) and any(len(state.doors.get(of.station, ())) < of.look_ahead for of in room_lists(state, ward))


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
