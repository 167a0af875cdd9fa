"""Events that move a ticket: away and back, to another queue or doctor, forward and behind.

Those after which a ticket waits say where, as ``Rejoined`` does. Reasons are codes of ``reasons.REASONS``.
"""

from __future__ import annotations

from typing import Literal

from queue_server.engine.events.parts import EventHead, Place, Rank, Stamp


class SentForExams(EventHead, frozen=True, kw_only=True):
    """The patient in service was sent for exams; the station is free and the ticket is away until the results."""

    ticket: str
    number: str
    queue: str
    station: str


class ReturnedWithResults(EventHead, frozen=True, kw_only=True):
    """The patient is back with results (回诊) and waits again.

    ``after``: sent for exams, or finished today; then ``station`` is where, if that is known.
    """

    ticket: str
    number: str
    queue: str
    doctor: str | None
    after: Literal["exams", "finished"]
    station: str | None
    rank: Rank | None
    place: Place | None
    stamp: Stamp
    seq: int


class Transferred(EventHead, frozen=True, kw_only=True):
    """A ticket went to another queue, session or doctor and kept its moment.

    Attributes:
        kind: sent on by staff; referred, with the credit for it; given to a doctor or back to the pool; or moved with
            its cancelled session.
        number: the number it has now; ``serial`` where the new queue's counter gave it.
        station: where it was called or in service; that station is free now.
        rank: where it waits now. Of one that is away for a while, where it will; ``None`` of one missed or at exams.
        assigned: the doctor is this ticket's own and not its session's.
        credits: all that it has now.
    """

    kind: Literal["transfer", "referral", "doctor", "session"]
    ticket: str
    number: str
    serial: int | None
    from_number: str
    from_queue: str
    from_doctor: str | None
    from_session: str | None
    queue: str
    clinic: str | None
    doctor: str | None
    session: str | None
    assigned: bool
    station: str | None
    reason: str
    credits: list[str]
    rank: Rank | None
    stamp: Stamp
    seq: int


class SteppedAway(EventHead, frozen=True, kw_only=True):
    """A waiting patient steps away and keeps the place; back by itself at ``until``, UTC microseconds."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    until: int


class SteppedBack(EventHead, frozen=True, kw_only=True):
    """The patient who stepped away waits again, in the place that was kept. ``due_at`` where the time was up."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    rank: Rank | None
    place: Place | None
    stamp: Stamp
    seq: int
    due_at: int | None


class Postponed(EventHead, frozen=True, kw_only=True):
    """A waiting patient took a later place on purpose: ``behind`` so many, or ``slots`` later."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    behind: int | None
    slots: int | None
    rank: Rank
    stamp: Stamp
    seq: int


class Credited(EventHead, frozen=True, kw_only=True):
    """The desk granted a credit; the ticket's moment is ``minutes`` earlier than it was. ``credits``: all it has."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    credit: str
    credits: list[str]
    minutes: int
    reason: str
    rank: Rank
    stamp: Stamp
    seq: int


class MovedForward(EventHead, frozen=True, kw_only=True):
    """A nurse moved a waiting ticket forward. ``overtaken``: those of its list that it passed, first to last."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    reason: str
    overtaken: list[str]
    rank: Rank
    stamp: Stamp
    seq: int
