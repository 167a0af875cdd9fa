"""Events about sessions, queues and halls rather than about one ticket."""

from __future__ import annotations

from queue_server.engine.event_parts import EventHead
from queue_server.engine.site import Text


class SessionReleased(EventHead, frozen=True, kw_only=True):
    """What waited for a cancelled session was let go, or moved into session ``to``; the tickets' own events follow."""

    session: str
    queue: str
    doctor: str | None
    to: str | None
    tickets: int


class QueuePaused(EventHead, frozen=True, kw_only=True):
    """Nobody is called from the queue until it is resumed or another day opens."""

    queue: str
    reason: str


class QueueResumed(EventHead, frozen=True, kw_only=True):
    """The queue is called again."""

    queue: str


class BroadcastStarted(EventHead, frozen=True, kw_only=True):
    """A text that staff wrote, about no person, stands on the hall's boards until ``until``, UTC microseconds."""

    hall: str
    text: Text
    until: int


class BroadcastEnded(EventHead, frozen=True, kw_only=True):
    """The text that began at log position ``started`` is gone. ``due_at`` where its time was up."""

    hall: str
    started: int
    due_at: int | None
