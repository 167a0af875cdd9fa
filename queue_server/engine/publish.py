"""What a decision tells a ticket's holder is kept in its event: the bound of the stamp, and the expected wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.bound import with_bound
from queue_server.engine.estimate import Stands, expectation

if TYPE_CHECKING:
    from queue_server.engine.context import Context
    from queue_server.engine.state import State


def published(state: State, decided: list[e.Event], ctx: Context) -> list[e.Event]:
    """The events with what is told on their account, as of ``state``, which they are decided from."""
    return [_with_words(state, event, ctx) for event in decided]


def _with_words(state: State, event: e.Event, ctx: Context) -> e.Event:
    if isinstance(event, e.TicketIssued):
        expected = None
        if event.channel != "backfill" and event.queue not in state.paused and event.slip is None:
            session = state.sessions.get(event.session or "")
            who = Stands(event.queue, event.doctor, event.stamp.rule, event.rank, event.place, session)
            expected = expectation(state, who, ctx.now)
        return replace(event, stamp=with_bound(state, event.queue, event.rank, event.stamp), expected=expected)
    if isinstance(event, e.Stamped | e.Rejoined | e.ReturnedWithResults | e.SteppedBack | e.Credited | e.StopOpened):
        return replace(event, stamp=with_bound(state, event.queue, event.rank, event.stamp))
    return event
