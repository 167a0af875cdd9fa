"""A ticket as its holder sees it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from queue_server.contract.common import PrintState, Stage, Text, TicketStatus


class WaitRange(msgspec.Struct, frozen=True):
    """The expected wait in minutes, always as a range: eight of ten such waits are within it.

    Raises:
        ValueError: the ends are not in order, or are one figure.
    """

    low_min: int
    high_min: int

    def __post_init__(self) -> None:
        """See the class."""
        if not 0 <= self.low_min < self.high_min:
            raise ValueError(f"{self.low_min} to {self.high_min} is no range of minutes")


class TimeRange(msgspec.Struct, frozen=True):
    """Between which two moments something is expected, never one moment.

    Raises:
        ValueError: the moments are not in order, or are one.
    """

    earliest: datetime
    latest: datetime

    def __post_init__(self) -> None:
        """See the class."""
        if not self.earliest < self.latest:
            raise ValueError(f"{self.earliest} to {self.latest} is no range of moments")


class HistoryLine(msgspec.Struct, frozen=True):
    """One thing that happened to a ticket, in a sentence without names."""

    at: datetime
    sentence: Text


class TrackRecord(msgspec.Struct, frozen=True):
    """How often the range shown at check-in held, of the last week's finished waits: ``inside`` of ``waits``."""

    inside: int
    waits: int
    percent: int | None
    """Rounded; ``None`` while there is nothing to judge."""


class TicketView(msgspec.Struct, frozen=True):
    """A ticket as its holder sees it: on paper, on the kiosk's screen and on the ticket page."""

    ticket: str
    number: str
    status: TicketStatus
    hospital: Text
    clinic: Text
    """The queue's name where the queue belongs to no clinic."""
    doctor: Text | None
    """``None``: any doctor of the clinic (普通号)."""
    period: Text | None
    """上午 / 下午 / 夜间, shown with the number, which is unique within queue, doctor and session."""
    area: Text
    """Where to wait, as on the building's signs."""
    room: Text | None
    """Where to go, once called."""
    masked_name: str | None
    slot_start: datetime | None
    slot_end: datetime | None
    ahead: int | None
    """People called before this one as things stand; ``None`` when not waiting."""
    wait: WaitRange | None
    reason: Text
    """Why this place: the sentence of the present stamp."""
    issued_at: datetime
    printed: PrintState
    qr: str
    """What the QR code carries: the ticket page's address where the hospital has a public one, else ``HZ:`` + link."""
    position: int
    """The log position this view is of."""
    server_time: datetime
    history: list[HistoryLine] = []
    wait_at_issue: WaitRange | None = None
    """The expected wait as it was shown when the ticket was given."""
    promise: Text | None = None
    """After which moment nobody who checks in is called before this ticket, and what is excepted: as it was published
    with the present stamp. ``None``: the rules admit no such moment, or the ticket does not wait by time."""
    back_at: datetime | None = None
    """Until when the place of a patient who stepped away is kept; ``away`` without it: sent for exams."""
    paused: Text | None = None
    """Why nobody is called from the queue for now, or that the ticket's session is cancelled and what to do: the
    expected wait is unknown then."""
    stage: Stage | None = None
    door: Text | None = None
    """At which room's door to wait, in the stage ``door``."""
    door_since: datetime | None = None
