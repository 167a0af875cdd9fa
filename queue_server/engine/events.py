"""What happened in the lobby: the log's events, their canonical encoding, and the reading of older versions.

Every event about a ticket names the ticket, its number and its queue, and the station where there is one, so that
boards, feeds and projections need no look-up. Of a person an event carries a random reference and nothing else.
Fields are never renamed or reused: a changed event gets the next ``v`` and an upcaster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, cast

import msgspec

from queue_server.engine.event_parts import EventHead, Expected, ListKey, Origin, Place, Rank, Stamp, Turn
from queue_server.engine.fees import Fee
from queue_server.engine.moves import (
    Credited,
    MovedForward,
    Postponed,
    ReturnedWithResults,
    SentForExams,
    SteppedAway,
    SteppedBack,
    Transferred,
)
from queue_server.engine.notices import (
    BookingMissed,
    BroadcastEnded,
    BroadcastStarted,
    QueuePaused,
    QueueResumed,
    SessionReleased,
)
from queue_server.engine.room_events import RoomAssigned, RoomLeft
from queue_server.engine.site import ClinicSession, Site, Text
from queue_server.engine.slip_events import SlipEnded, SlipIssued, SlipPlanned, StopHeld, StopOpened
from queue_server.engine.triage_events import IdentityMerged, ReassessmentDue, Triaged

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


class ConfigurationActivated(EventHead, frozen=True, kw_only=True):
    """The site is configured so from now on. Version 2: ``max_clock_step_min`` and ``max_closed_days``."""

    v: int = 2
    site: Site
    digest: str


class DayOpened(EventHead, frozen=True, kw_only=True):
    """A service day began: numbers start again; ``carried`` tickets keep number and place. Ends at ``ends_at``."""

    day: str
    utc_offset_min: int
    ends_at: int
    sessions: list[ClinicSession]
    carried: list[str]


class DayEnded(EventHead, frozen=True, kw_only=True):
    """The service day is over; no numbers are given until the next one opens."""

    day: str
    due_at: int


class SessionsUpdated(EventHead, frozen=True, kw_only=True):
    """Clinic sessions new or changed; ``cancelled`` names those that were cancelled just now (停诊)."""

    sessions: list[ClinicSession]
    cancelled: list[str]


class SessionEnded(EventHead, frozen=True, kw_only=True):
    """A clinic session reached its end."""

    session: str
    queue: str
    doctor: str | None
    leftovers: Literal["continue", "afternoon_head", "lapse"]
    due_at: int


class TicketIssued(EventHead, frozen=True, kw_only=True):
    """A ticket was given. It waits at ``rank``, or in the list that ``place`` names; ``expected`` is the wait shown.

    ``extra``: over the session's limit (加号), by the code of its reason; ``by_proxy``: somebody checked in for the
    patient; ``returns``: back with results after a finished visit of the same clinic and day. Version 2 added these.
    Version 3: orders, the channel ``hospital``: neither patient nor staff asked for it, and ``slip``: it is away, with
    ``rank`` kept, until its stop's turn on this slip. Version 4: ``fee``, of a registration that has one.
    """

    v: int = 4
    ticket: str
    number: str
    serial: int | None
    queue: str
    clinic: str | None
    session: str | None
    doctor: str | None
    person: str | None
    origin: Origin
    origin_ref: str | None
    slot_start: int | None
    slot_end: int | None
    credits: list[str]
    channel: Literal["kiosk", "desk", "backfill", "hospital"]
    link: str
    rank: Rank | None
    place: Place | None
    stamp: Stamp
    seq: int
    expected: Expected | None = None
    extra: str | None = None
    by_proxy: bool = False
    returns: bool = False
    slip: str | None = None
    fee: Fee | None = None


class Stamped(EventHead, frozen=True, kw_only=True):
    """A waiting ticket got a new rank.

    ``due``: its count of calls ran out; ``alone``: nobody else was there; ``leftover``: its session ended; ``moved``:
    its session got another doctor; ``handed_on``: somebody before it in its list left with a session. Version 2 added
    the last two.

    ``due_at_count``: it has its place before its count has run out, and is called once its list counted so many calls,
    while anybody else can be. Version 3 added it; 0: the count has run out.
    """

    v: int = 3
    ticket: str
    number: str
    queue: str
    doctor: str | None
    rank: Rank
    stamp: Stamp
    seq: int
    why: Literal["due", "alone", "leftover", "moved", "handed_on"]
    continues_in: str | None = None
    due_at_count: int = 0


class Called(EventHead, frozen=True, kw_only=True):
    """A ticket was called to a station.

    ``counts``: the lists it counts down; ``resets``: the list it came through; ``turn``: what it does at a
    station that serves its queues by turns.

    ``picked``: out of turn, by the code of its reason. Version 2 added it.
    """

    v: int = 2
    ticket: str
    number: str
    queue: str
    doctor: str | None
    station: str
    counts: list[ListKey]
    resets: ListKey | None
    turn: Turn = "none"
    picked: str | None = None


class Recalled(EventHead, frozen=True, kw_only=True):
    """The same patient was called again; ``repeat`` counts from 1."""

    ticket: str
    number: str
    queue: str
    station: str
    repeat: int


class Missed(EventHead, frozen=True, kw_only=True):
    """The called patient did not come."""

    ticket: str
    number: str
    queue: str
    station: str
    misses: int


class Rejoined(EventHead, frozen=True, kw_only=True):
    """The missed patient came back and waits again."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    rank: Rank | None
    place: Place | None
    stamp: Stamp
    seq: int


class ServiceStarted(EventHead, frozen=True, kw_only=True):
    """The called patient is in service."""

    ticket: str
    number: str
    queue: str
    station: str


class Finished(EventHead, frozen=True, kw_only=True):
    """The patient has been seen."""

    ticket: str
    number: str
    queue: str
    station: str


class Cancelled(EventHead, frozen=True, kw_only=True):
    """The ticket ended unseen; ``station`` where the patient was called.

    Version 2: ``abandoned``; 3: ``order_withdrawn``.
    """

    v: int = 3
    ticket: str
    number: str
    queue: str
    station: str | None
    reason: Literal["patient", "staff", "wrong_patient", "session_cancelled", "abandoned", "order_withdrawn"]


class Lapsed(EventHead, frozen=True, kw_only=True):
    """The ticket ended by a rule. ``due_at`` where a time brought it about."""

    ticket: str
    number: str
    queue: str
    station: str | None
    reason: Literal["missed_too_often", "session_end", "day_end"]
    sentence: Text
    due_at: int | None


class NoShow(EventHead, frozen=True, kw_only=True):
    """The day ended before the ticket's patient was seen."""

    ticket: str
    number: str
    queue: str
    station: str | None
    due_at: int


class StationOpened(EventHead, frozen=True, kw_only=True):
    """A station came into use; it calls the ``queues`` and the list of ``doctor``."""

    station: str
    staff: str
    doctor: str | None
    queues: list[str]


class StationClosed(EventHead, frozen=True, kw_only=True):
    """The station stopped calling."""

    station: str


class PrintReported(EventHead, frozen=True, kw_only=True):
    """What became of the ticket's paper."""

    ticket: str
    number: str
    queue: str
    outcome: Literal["done", "not_done", "unknown"]
    reprint: bool


class PaperCallRecorded(EventHead, frozen=True, kw_only=True):
    """A call made on paper at ``called_at``, entered afterwards; never announced."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    station: str
    called_at: int
    outcome: Literal["seen", "missed"]
    misses: int
    counts: list[ListKey]
    resets: ListKey | None


class Undone(EventHead, frozen=True, kw_only=True):
    """The command that wrote the positions ``first`` to ``last`` was taken back; its records are as before it.

    ``tickets`` and ``station`` are what it had changed; a board withdraws a call of these positions.
    """

    first: int
    last: int
    label: Text
    tickets: list[str]
    station: str | None


class ClockConfirmed(EventHead, frozen=True, kw_only=True):
    """An administrator confirmed the clock after a jump from ``before`` to ``now``."""

    before: int
    now: int


class ClockSeen(EventHead, frozen=True, kw_only=True):
    """A quiet server is on and its clock runs: a longer silence than configured means that it was off."""

    due_at: int


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


class Recorded(msgspec.Struct, frozen=True):
    """An event as it stands in the log.

    Attributes:
        position: its place in the log, gapless from 1.
        at: when it was decided, UTC microseconds.
        actor: the device or member of staff who asked.
        command_id: the command that brought it about; events of one command follow each other.
        event: what happened.
    """

    position: int
    at: int
    actor: str
    command_id: str
    event: Event


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in TYPES.items()}

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


def encode(event: Event) -> bytes:
    """The event as canonical JSON: sorted keys, integers only, its ``type`` and ``v`` inside."""
    return _ENCODER.encode(event)


def decode(type: str, v: int, payload: bytes) -> Event:  # noqa: A002 - the log's column
    """Read an event of any version ever written.

    Args:
        type: the event's name.
        v: the version of its shape.
        payload: what ``encode`` gave at the time.

    Raises:
        ValueError: an unknown type, a version from a later program, or a payload of another shape.
    """
    if type not in TYPES:
        raise ValueError(f"the log holds an event of unknown type {type!r}; a later version wrote it")
    current = VERSIONS[type]
    if v > current:
        raise ValueError(f"the log holds {type} version {v}; this program reads up to {current}")
    try:
        if v == current:
            return cast("Event", _DECODERS[type].decode(payload))
        fields: dict[str, Any] = msgspec.json.decode(payload)
        for version in range(v, current):
            fields = UPCASTERS[type, version](fields)
        return cast("Event", msgspec.convert(fields | {"v": current}, TYPES[type]))
    except msgspec.DecodeError as error:
        raise ValueError(f"{type} version {v} in the log cannot be read: {error}") from error
