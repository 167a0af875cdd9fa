"""What several folds do: change a ticket's record or a station's, and let a ticket into a list of place stamps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from queue_server.engine.entries import Countdown, StationState, Ticket
from queue_server.engine.state import State
from queue_server.engine.transitions import after

if TYPE_CHECKING:
    from queue_server.engine.events import Place, Recorded, Rejoined
    from queue_server.engine.events.moves import ReturnedWithResults, SteppedBack
    from queue_server.engine.events.slips import StopOpened

    Back = Rejoined | ReturnedWithResults | SteppedBack | StopOpened


def change(state: State, recorded: Recorded, ticket_id: str, name: str, **fields: Any) -> Ticket:  # noqa: ANN401 - the record's own fields
    """Change a ticket by the event ``name``; whoever is away no longer leaves the kept place behind."""
    ticket = state.tickets[ticket_id]
    status = after(ticket.status, name)
    if ticket.status == "away" and status != "away":
        fields = {"away": None, "held": None, "back_at": None, **fields}
    if ticket.due_at_count and "stamp" in fields:
        fields = {"due_at_count": 0, **fields}
    new = replace(ticket, status=status, touched=recorded.position, **fields)
    if new.door is not None and name != "RoomAssigned" and _leaves_the_door(ticket, new):
        new = replace(new, door=None, door_since=None, door_by_hand=False)
    state.put_ticket(new)
    return new


def _leaves_the_door(before: Ticket, now: Ticket) -> bool:
    """Whether a ticket in a room's list waits there no more: it was called or ended, went elsewhere, or goes later."""
    if now.status != "waiting" or now.lane != before.lane or now.rank is None:
        return True
    return before.rank is None or now.rank > before.rank


def set_station(state: State, recorded: Recorded, station_id: str, **fields: Any) -> None:  # noqa: ANN401 - the same
    """Change a station."""
    station = state.stations.get(station_id) or StationState(station_id)
    state.put_station(replace(station, touched=recorded.position, **fields))


def leave_station(state: State, recorded: Recorded, station_id: str | None, ticket_id: str) -> None:
    """The station has the ticket no more, if it had it."""
    if station_id is not None:
        station = state.stations.get(station_id)
        if station is not None and station.current == ticket_id:
            set_station(state, recorded, station_id, current=None)


def join_list(state: State, recorded: Recorded, place: Place | None) -> None:
    """Keep the count of the list that a ticket joins."""
    if place is None:
        return
    before = state.countdowns.get(place.fifo) or Countdown(place.of)
    if place.fresh:
        before = replace(before, count=0, touched=recorded.position)
    state.set_countdown(place.fifo, replace(before, of=place.of, joined=recorded.position))


def take_place(state: State, recorded: Recorded, event: Back, **fields: Any) -> None:  # noqa: ANN401 - the record's own fields
    """Whoever was gone waits again, at the rank or in the list that the event gives."""
    state.seq = event.seq
    change(
        state,
        recorded,
        event.ticket,
        type(event).__name__,
        doctor=event.doctor,
        rank=event.rank,
        place=event.place,
        stamp=event.stamp,
        placed=recorded.position,
        **fields,
    )
    join_list(state, recorded, event.place)
