"""Looking ahead within one command: its events folded into a working copy, and whose turn came by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine.branch import branch
from queue_server.engine.evolve import evolve
from queue_server.engine.joining import stamped
from queue_server.engine.order import Course

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.engine.context import Context
    from queue_server.engine.entries import Lane
    from queue_server.engine.state import State


def follow(work: State, ctx: Context, event: e.Event) -> None:
    """Fold an event of the command at hand into a working copy."""
    evolve(work, e.Recorded(work.position + 1, ctx.now, ctx.actor, "", event))


def turns(work: State, ctx: Context, lanes: Iterable[Lane]) -> list[e.Event]:
    """The stamps of those in ``lanes`` whose count of calls is over by what was folded into the working copy."""
    stamps: list[e.Event] = []
    for lane in lanes:
        for placed in Course(work, [lane]).due():
            event = stamped(work, placed)
            follow(work, ctx, event)
            stamps.append(event)
    return stamps


def with_turns(state: State, ctx: Context, events: list[e.Event], lanes: list[Lane]) -> list[e.Event]:
    """``events``, and the stamps of those in ``lanes`` whose turn they bring. The state given stays as it is."""
    joins = any(getattr(event, "place", None) is not None for event in events)
    if not joins and not any(members and (key[1], key[2]) in lanes for key, members in state.fifos.items()):
        return events
    work = branch(state)
    for event in events:
        follow(work, ctx, event)
    return [*events, *turns(work, ctx, lanes)]
