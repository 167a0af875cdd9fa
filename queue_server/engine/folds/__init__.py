"""How each event changes the state, in the modules in which ``events`` has the events themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from queue_server.engine.folds import calls, day, moves, notices, rooms, slips, tickets, triage
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.events import Recorded

FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {
    **day.FOLDS,
    **tickets.FOLDS,
    **calls.FOLDS,
    **triage.FOLDS,
    **moves.FOLDS,
    **notices.FOLDS,
    **rooms.FOLDS,
    **slips.FOLDS,
}
