"""What staff ask beyond what a kiosk may. Reasons are codes, listed at ``GET /api/desk/reasons``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from queue_server.contract import Asked, CheckInAsked, JoinAsked, Short

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
"""A text that is read in passing."""


class DeskCheckInAsked(CheckInAsked, frozen=True, kw_only=True):
    """Check in an appointment. ``from_paper``: done on paper while the server was away, and entered now (补录)."""

    from_paper: bool = False


class DeskJoinAsked(JoinAsked, frozen=True, kw_only=True):
    """Join a queue; ``extra`` is the reason for a number over the session's limit (加号), ``from_paper`` as above."""

    extra: Short | None = None
    from_paper: bool = False


class TransferAsked(Asked, frozen=True, kw_only=True):
    """Send a patient on, or refer. ``doctor``: whose list; ``None`` is the pool."""

    ticket: str
    queue: str
    reason: Short
    doctor: str | None = None


class AtStationAsked(Asked, frozen=True, kw_only=True):
    """One ticket, asked for at a station."""

    station: str
    ticket: str


class StationTransferAsked(TransferAsked, frozen=True, kw_only=True):
    """Send on the patient whom the station has."""

    station: str


class AssignAsked(Asked, frozen=True, kw_only=True):
    """Give one ticket to a doctor of its queue; ``None``: back to the pool.

    Where ``station`` is said, the doctor stays as it is: into that room's list in two-stage calling, or (``None``) back
    into the hall.
    """

    ticket: str
    reason: Short
    doctor: str | None = None
    station: str | msgspec.UnsetType | None = msgspec.UNSET


class CreditAsked(Asked, frozen=True, kw_only=True):
    """Grant a credit of the queue's list."""

    ticket: str
    credit: Short
    reason: Short


class ForwardAsked(Asked, frozen=True, kw_only=True):
    """Move a ticket in front of ``before``, or as far as may be."""

    ticket: str
    reason: Short
    before: str | None = None


class PickAsked(Asked, frozen=True, kw_only=True):
    """Call this ticket out of turn; the rest as in ``CallNextAsked``."""

    station: str
    ticket: str
    reason: Short
    last_was: Literal["seen", "missed"] | None = None
    current: str | msgspec.UnsetType | None = msgspec.UNSET


class ReleaseAsked(Asked, frozen=True, kw_only=True):
    """What becomes of a cancelled session's tickets: they end, or go on in session ``to``.

    ``extra`` is the reason for which they go there over its limit (加号).
    """

    session: str
    to: str | None = None
    extra: Short | None = None


class PauseAsked(Asked, frozen=True, kw_only=True):
    """Call nobody from these queues, or from all queues of ``clinic``."""

    reason: Short
    queues: tuple[str, ...] = ()
    clinic: str | None = None


class ResumeAsked(Asked, frozen=True, kw_only=True):
    """Call again from these queues, or from all queues of ``clinic``."""

    queues: tuple[str, ...] = ()
    clinic: str | None = None


class BroadcastAsked(Asked, frozen=True, kw_only=True):
    """Show a text on the hall's boards for so many minutes; never about a person. Without ``en`` it stays as it is."""

    hall: str
    zh: Line
    minutes: int
    en: Line | None = None


class EndBroadcastAsked(Asked, frozen=True, kw_only=True):
    """Take a text down."""

    hall: str
    broadcast: int


class SessionRow(msgspec.Struct, frozen=True):
    """A clinic session of today at the desk. ``issued`` counts everybody with a number, ``extra`` those over the limit.

    ``limit`` 0 is no limit.
    """

    session: str
    queue: str
    clinic: str
    doctor: str | None
    period: Literal["morning", "afternoon", "night"]
    status: Literal["open", "cancelled"]
    limit: int
    issued: int
    extra: int
    waiting: int
    """Those who wait, were missed or are away: whom a cancelled session has to let go."""
