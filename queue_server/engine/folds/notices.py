"""How the events about sessions, queues and halls change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from queue_server.engine.entries import Broadcast, Pause
from queue_server.engine.events import notices as n
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.events import Recorded


def _released(_state: State, _recorded: Recorded, _event: n.SessionReleased) -> None:
    """The events of its tickets follow."""


def _booking_missed(state: State, _recorded: Recorded, event: n.BookingMissed) -> None:
    state.unkept.add(event.appointment)


def _paused(state: State, recorded: Recorded, event: n.QueuePaused) -> None:
    state.paused[event.queue] = Pause(recorded.at, event.reason)


def _resumed(state: State, _recorded: Recorded, event: n.QueueResumed) -> None:
    del state.paused[event.queue]


def _broadcast(state: State, recorded: Recorded, event: n.BroadcastStarted) -> None:
    state.broadcasts[recorded.position] = Broadcast(recorded.position, event.hall, event.text, event.until)


def _broadcast_ended(state: State, _recorded: Recorded, event: n.BroadcastEnded) -> None:
    del state.broadcasts[event.started]


FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {
    n.SessionReleased: _released,
    n.BookingMissed: _booking_missed,
    n.QueuePaused: _paused,
    n.QueueResumed: _resumed,
    n.BroadcastStarted: _broadcast,
    n.BroadcastEnded: _broadcast_ended,
}
