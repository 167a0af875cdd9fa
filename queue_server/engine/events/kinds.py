"""Every kind of event, the version in which each is written today, and how older versions are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from queue_server.engine.events.calls import (
    Called,
    Finished,
    Missed,
    PaperCallRecorded,
    Recalled,
    Rejoined,
    ServiceStarted,
    StationClosed,
    StationOpened,
)
from queue_server.engine.events.day import (
    ClockConfirmed,
    ClockSeen,
    ConfigurationActivated,
    DayEnded,
    DayOpened,
    SessionEnded,
    SessionsUpdated,
    Undone,
)
from queue_server.engine.events.moves import (
    Credited,
    MovedForward,
    Postponed,
    ReturnedWithResults,
    SentForExams,
    SteppedAway,
    SteppedBack,
    Transferred,
)
from queue_server.engine.events.notices import (
    BookingMissed,
    BroadcastEnded,
    BroadcastStarted,
    QueuePaused,
    QueueResumed,
    SessionReleased,
)
from queue_server.engine.events.rooms import RoomAssigned, RoomLeft
from queue_server.engine.events.slips import SlipEnded, SlipIssued, SlipPlanned, StopHeld, StopOpened
from queue_server.engine.events.tickets import Cancelled, Lapsed, NoShow, PrintReported, Stamped, TicketIssued
from queue_server.engine.events.triage import IdentityMerged, ReassessmentDue, Triaged

Event: TypeAlias = (
    ConfigurationActivated
    | DayOpened
    | DayEnded
    | SessionsUpdated
    | SessionEnded
    | TicketIssued
    | Stamped
    | Called
    | Recalled
    | Missed
    | Rejoined
    | Triaged
    | ReassessmentDue
    | IdentityMerged
    | ServiceStarted
    | Finished
    | Cancelled
    | Lapsed
    | NoShow
    | StationOpened
    | StationClosed
    | PrintReported
    | PaperCallRecorded
    | Undone
    | ClockConfirmed
    | ClockSeen
    | SentForExams
    | ReturnedWithResults
    | Transferred
    | SteppedAway
    | SteppedBack
    | Postponed
    | Credited
    | MovedForward
    | SessionReleased
    | BookingMissed
    | QueuePaused
    | QueueResumed
    | BroadcastStarted
    | BroadcastEnded
    | SlipIssued
    | SlipPlanned
    | SlipEnded
    | StopHeld
    | StopOpened
    | RoomAssigned
    | RoomLeft
)

TYPES: dict[str, type[msgspec.Struct]] = {
    kind.__name__: kind
    for kind in (
        ConfigurationActivated, DayOpened, DayEnded, SessionsUpdated, SessionEnded, TicketIssued, Stamped, Called,
        Recalled, Missed, Rejoined, ServiceStarted, Finished, Cancelled, Lapsed, NoShow, StationOpened,
        StationClosed, PrintReported, PaperCallRecorded, Undone, ClockConfirmed, ClockSeen,
        Triaged, ReassessmentDue, IdentityMerged,
        SentForExams, ReturnedWithResults, Transferred, SteppedAway, SteppedBack, Postponed, Credited, MovedForward,
        SessionReleased, BookingMissed, QueuePaused, QueueResumed, BroadcastStarted, BroadcastEnded,
        SlipIssued, SlipPlanned, SlipEnded, StopHeld, StopOpened, RoomAssigned, RoomLeft,
    )
}  # fmt: skip
"""Every event by the name under which the log keeps it."""

VERSIONS: dict[str, int] = dict.fromkeys(TYPES, 1) | {
    "ConfigurationActivated": 2,
    "Stamped": 3,
    "TicketIssued": 4,
    "Called": 2,
    "Cancelled": 3,
    "SessionReleased": 2,
}
"""The version that is written today."""

Upcaster: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def _unchanged(fields: dict[str, Any]) -> dict[str, Any]:
    """What was added has a default, or is one more word that an older log does not use."""
    return fields


UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("ConfigurationActivated", 1): _unchanged,
    ("Stamped", 1): _unchanged,
    ("Stamped", 2): _unchanged,
    ("TicketIssued", 1): _unchanged,
    ("TicketIssued", 2): _unchanged,
    ("TicketIssued", 3): _unchanged,
    ("SessionReleased", 1): _unchanged,
    ("Called", 1): _unchanged,
    ("Cancelled", 1): _unchanged,
    ("Cancelled", 2): _unchanged,
}
"""From ``(type, v)`` to a pure function that gives the same fields in the shape of ``v + 1``."""
