"""Events about sessions, queues and halls rather than about one ticket."""

from __future__ import annotations

from queue_server.engine.events.parts import EventHead
from queue_server.engine.site import Text


class SessionReleased(EventHead, frozen=True, kw_only=True):
    """What waited for a cancelled session was let go, or moved into session ``to``; the tickets' own events follow.

    Version 2: ``extra``, the code of the reason for which they were taken there over the limit (加号).
    """

    v: int = 2
    session: str
    queue: str
    doctor: str | None
    to: str | None
    tickets: int
    extra: str | None = None


class BookingMissed(EventHead, frozen=True, kw_only=True):
    """The session ended, and nobody came to the booking (爽约). ``slot_start`` in UTC microseconds."""

    appointment: str
    person: str
    session: str
    clinic: str
    queue: str
    doctor: str | None
    slot_start: int


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
