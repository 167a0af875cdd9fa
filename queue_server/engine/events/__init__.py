"""What happened in the lobby: the log's events, a module for each thing they are about.

Every event about a ticket names the ticket, its number and its queue, and the station where there is one, so that
boards, feeds and projections need no look-up. Of a person an event carries a random reference and nothing else.
Fields are never renamed or reused: a changed event gets the next ``v`` and an upcaster.
"""

from __future__ import annotations

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
from queue_server.engine.events.encoding import Recorded, decode, encode
from queue_server.engine.events.kinds import TYPES, UPCASTERS, VERSIONS, Event, Upcaster
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
from queue_server.engine.events.parts import Expected, ListKey, Origin, Place, Rank, Stamp, Turn
from queue_server.engine.events.rooms import RoomAssigned, RoomLeft
from queue_server.engine.events.slips import SlipEnded, SlipIssued, SlipPlanned, StopHeld, StopOpened
from queue_server.engine.events.tickets import Cancelled, Lapsed, NoShow, PrintReported, Stamped, TicketIssued
from queue_server.engine.events.triage import IdentityMerged, ReassessmentDue, Triaged

__all__ = [
    "TYPES",
    "UPCASTERS",
    "VERSIONS",
    "BookingMissed",
    "BroadcastEnded",
    "BroadcastStarted",
    "Called",
    "Cancelled",
    "ClockConfirmed",
    "ClockSeen",
    "ConfigurationActivated",
    "Credited",
    "DayEnded",
    "DayOpened",
    "Event",
    "Expected",
    "Finished",
    "IdentityMerged",
    "Lapsed",
    "ListKey",
    "Missed",
    "MovedForward",
    "NoShow",
    "Origin",
    "PaperCallRecorded",
    "Place",
    "Postponed",
    "PrintReported",
    "QueuePaused",
    "QueueResumed",
    "Rank",
    "ReassessmentDue",
    "Recalled",
    "Recorded",
    "Rejoined",
    "ReturnedWithResults",
    "RoomAssigned",
    "RoomLeft",
    "SentForExams",
    "ServiceStarted",
    "SessionEnded",
    "SessionReleased",
    "SessionsUpdated",
    "SlipEnded",
    "SlipIssued",
    "SlipPlanned",
    "Stamp",
    "Stamped",
    "StationClosed",
    "StationOpened",
    "SteppedAway",
    "SteppedBack",
    "StopHeld",
    "StopOpened",
    "TicketIssued",
    "Transferred",
    "Triaged",
    "Turn",
    "Undone",
    "Upcaster",
    "decode",
    "encode",
]
