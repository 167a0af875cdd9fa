"""How the events of two-stage calling change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from queue_server.engine.events.rooms import RoomAssigned, RoomLeft
from queue_server.engine.folds.records import change
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.events import Recorded


def _assigned(state: State, recorded: Recorded, event: RoomAssigned) -> None:
    fields = {"door": event.station, "door_since": recorded.at, "door_by_hand": event.why == "hand"}
    change(state, recorded, event.ticket, "RoomAssigned", **fields)


def _left(state: State, recorded: Recorded, event: RoomLeft) -> None:
    change(state, recorded, event.ticket, "RoomLeft", door=None, door_since=None, door_by_hand=False)


FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {RoomAssigned: _assigned, RoomLeft: _left}
