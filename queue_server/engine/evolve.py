"""Fold an event into the state. Reads nothing but the event and the records it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine import undo
from queue_server.engine.entries import HISTORY_LINES
from queue_server.engine.folds import FOLDS
from queue_server.engine.history import line_of, overtaken_line
from queue_server.engine.site import Text
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.events import Recorded


def evolve(state: State, recorded: Recorded) -> None:
    """Fold ``recorded`` into ``state``, in place.

    Raises:
        ImpossibleError: the log asks for a change that no command can bring about.
        ValueError: a position that does not follow the last one.
    """
    if recorded.position != state.position + 1:
        raise ValueError(f"position {recorded.position} does not follow {state.position}")
    event = recorded.event
    kind = type(event)
    undo.remember(state, recorded)
    FOLDS[kind](state, recorded, event)
    state.position = recorded.position
    state.now = recorded.at
    ticket_id: str | None = getattr(event, "ticket", None)
    if ticket_id is not None:
        _note(state, ticket_id, recorded)
    elif isinstance(event, e.Undone):
        for each in event.tickets:
            _note(state, each, recorded)
    if isinstance(event, e.MovedForward):
        for each in event.overtaken:
            _write(state, each, recorded.at, overtaken_line(event))


def _note(state: State, ticket_id: str, recorded: Recorded) -> None:
    line = line_of(state, recorded.event)
    if line is not None:
        _write(state, ticket_id, recorded.at, line)


def _write(state: State, ticket_id: str, at: int, line: Text) -> None:
    lines = state.history.get(ticket_id, ())
    state.history[ticket_id] = (*lines[-(HISTORY_LINES - 1) :], (at, line))
