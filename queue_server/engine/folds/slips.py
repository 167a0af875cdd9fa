"""How the events of a guide slip change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from queue_server.engine.entries import Held
from queue_server.engine.events import slips as s
from queue_server.engine.folds.records import change, take_place
from queue_server.engine.slip_parts import Slip
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.events import Recorded


def _issued(state: State, recorded: Recorded, event: s.SlipIssued) -> None:
    before = state.slips.get(event.person)
    stops = tuple(event.stops)
    if before is None or before.id != event.slip:
        before = Slip(event.slip, event.person, recorded.at, stops)
    # A stop that was over and has another ticket now is to be done again.
    tickets = {stop.stop: stop.ticket for stop in stops}
    same = {stop.stop for stop in before.stops if tickets.get(stop.stop) == stop.ticket}
    done = tuple(entry for entry in before.done if entry[0] in same)
    state.put_slip(replace(before, stops=stops, done=done, ended_at=None, touched=recorded.position))


def _planned(state: State, recorded: Recorded, event: s.SlipPlanned) -> None:
    new = replace(
        state.slips[event.person],
        legs=tuple(event.legs),
        done=tuple(event.done),
        opens_at=event.opens_at,
        touched=recorded.position,
    )
    state.put_slip(new)


def _ended(state: State, recorded: Recorded, event: s.SlipEnded) -> None:
    before = state.slips[event.person]
    state.put_slip(replace(before, opens_at=None, ended_at=recorded.at, touched=recorded.position))


def _held(state: State, recorded: Recorded, event: s.StopHeld) -> None:
    before = state.tickets[event.ticket]
    change(
        state,
        recorded,
        event.ticket,
        "StopHeld",
        rank=None,
        place=None,
        away="slip",
        held=Held(before.rank, before.place),
        slip=event.slip,
        expected=None,
    )


def _opened(state: State, recorded: Recorded, event: s.StopOpened) -> None:
    fields: dict[str, Any] = {}
    if event.returns:
        before = state.tickets[event.ticket]
        fields = {
            "rejoined_at": recorded.at,
            "returned": before.returned + 1,
            "slip": event.slip,
            "started_at": None,
            "finished_at": None,
            "ended_at": None,
        }
    take_place(state, recorded, event, **fields)


FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {
    s.SlipIssued: _issued,
    s.SlipPlanned: _planned,
    s.SlipEnded: _ended,
    s.StopHeld: _held,
    s.StopOpened: _opened,
}
