"""The immutable records that the state holds: tickets, stations, countdowns, the day, the configuration by id."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from queue_server.engine.events import Expected, ListKey, Origin, Place, Rank, Stamp
from queue_server.engine.fees import Fee
from queue_server.engine.record import shown_min
from queue_server.engine.site import Clinic, Doctor, Queue, Room, Site, Station, Text
from queue_server.engine.slip_parts import Slip
from queue_server.engine.stamps import MINUTE
from queue_server.engine.transitions import Status
from queue_server.engine.triaged import TriageRecord

Lane: TypeAlias = tuple[str, str | None]
"""A list that is called by rank: a queue and a doctor, or ``None`` for the pool."""


PrintState: TypeAlias = Literal["pending", "done", "not_done", "unknown"]


class Held(msgspec.Struct, frozen=True, gc=False):
    """The place that is kept for one who stepped away: a rank, or a standing in a list of place stamps."""

    rank: Rank | None
    place: Place | None


class Ticket(msgspec.Struct, frozen=True, gc=False):
    """A ticket as it stands. Moments are UTC microseconds.

    Attributes:
        rank: its place by rank; ``None`` while it waits by ``place`` or does not wait.
        place: its standing in a list of place stamps, while it waits there.
        continues_in: the later session into which its own session's end moved it.
        station: where it is or was last called.
        call: the log position of the last first call (not of recalls), which identifies it on boards.
        calls: how often it was called, recalls included; ``recalls`` since the last first call.
        backfilled: entered afterwards from paper.
        expected: the wait as it was shown when the ticket was given.
        first_called_at: its first call ever, which ends that wait.
        called_with: the rank at which it was last called.
        server: the doctor, or else the station, that served it.
        triage: the level that a nurse gave, in an emergency queue.
        away: why it is away: sent for exams; stepped away, with the place ``held`` until ``back_at``; or on a slip,
            with the place ``held`` until its stop's turn.
        returned: how often it came back with results.
        assigned: its doctor was given to it alone and is not its session's.
        extra: the code of the reason for which it was given over the session's limit.
        by_proxy: somebody else checked in for the patient.
        slip: the guide slip of which it is a stop.
        fee: what its registration costs, and why, where that is known.
        picked: the code of the reason for which it was last called out of turn.
        door: in two-stage calling the station in whose list it stands, while it waits at that room's door.
        door_since: since when.
        door_by_hand: the nurse desk put it there.
        listed_at: since when it stood in the list of the room that called it last; ``None``: called from the hall.
        due_at_count: called once its list of place stamps counted so many calls, while anybody else can be.
        touched: the log position of the last event that changed it.
        placed: the log position of the event that gave the present stamp.
    """

    id: str
    number: str
    queue: str
    clinic: str | None
    session: str | None
    doctor: str | None
    person: str | None
    origin: Origin
    origin_ref: str | None
    slot_start: int | None
    slot_end: int | None
    credits: tuple[str, ...]
    channel: str
    link: str
    issued_at: int
    status: Status
    rank: Rank | None
    place: Place | None
    stamp: Stamp
    touched: int
    placed: int = 0
    continues_in: str | None = None
    station: str | None = None
    call: int | None = None
    calls: int = 0
    recalls: int = 0
    misses: int = 0
    called_at: int | None = None
    missed_at: int | None = None
    rejoined_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    ended_at: int | None = None
    print: PrintState = "pending"
    copies: int = 0
    backfilled: bool = False
    expected: Expected | None = None
    first_called_at: int | None = None
    server: str | None = None
    called_with: Rank | None = None
    triage: TriageRecord | None = None
    away: Literal["exams", "hold", "slip"] | None = None
    held: Held | None = None
    back_at: int | None = None
    returned: int = 0
    assigned: bool = False
    extra: str | None = None
    by_proxy: bool = False
    picked: str | None = None
    slip: str | None = None
    fee: Fee | None = None
    door: str | None = None
    door_since: int | None = None
    door_by_hand: bool = False
    listed_at: int | None = None
    due_at_count: int = 0

    @property
    def lane(self) -> Lane:
        """The list in which it is called."""
        return (self.queue, self.doctor)

    @property
    def numbered(self) -> tuple[str, str | None, str]:
        """Within what its number is its own. A session has one doctor at a time, and may get another."""
        return (self.queue, self.session, self.number)


class Pause(msgspec.Struct, frozen=True, gc=False):
    """A queue from which nobody is called: since when, and the code of the reason."""

    since: int
    reason: str


class Broadcast(msgspec.Struct, frozen=True, gc=False):
    """A text on a hall's boards until ``until``; known by the log position ``started``."""

    started: int
    hall: str
    text: Text
    until: int


class StationState(msgspec.Struct, frozen=True, gc=False):
    """A station as it stands: who sits there, what it calls, and the one patient it has."""

    id: str
    is_open: bool = False
    staff: str | None = None
    doctor: str | None = None
    queues: tuple[str, ...] = ()
    current: str | None = None
    done: tuple[str, ...] = ()
    """The latest finished here, newest first, at most ten."""
    turn: tuple[str, int] | None = None
    """Of a station that serves its queues by turns: whose turn it is, and how many were called in it so far."""
    touched: int = 0


class Countdown(msgspec.Struct, frozen=True, gc=False):
    """The calls counted for one list of place stamps since its previous call.

    ``touched`` is the log position of the last event that set the count anew or gave one of the list its rank;
    ``joined`` that of the last one to come into the list.
    """

    of: str
    count: int = 0
    was_called: bool = False
    touched: int = 0
    joined: int = 0


class Day(msgspec.Struct, frozen=True, gc=False):
    """The service day: ``ended`` once its end was reached."""

    day: str
    utc_offset_min: int
    opened_at: int
    ends_at: int
    ended: bool = False


class UndoEntry(msgspec.Struct, frozen=True):
    """What one command changed, so that it can be taken back: the records as they were before it.

    ``main`` is the position of the event that names the command, of type ``kind``. ``counted`` is what it added to the
    counts of lists of place stamps (a count that began anew is a negative one): it is taken back by subtraction, so
    that the calls of others meanwhile stay counted.
    """

    command_id: str
    first: int
    last: int
    main: int
    kind: str
    number: str
    weight: int
    station: str | None
    tickets: dict[str, Ticket]
    stations: dict[str, StationState | None]
    countdowns: dict[ListKey, Countdown | None]
    counted: tuple[tuple[ListKey, int], ...]
    slips: dict[str, Slip | None] = {}


class SiteIndex:
    """The configuration by id.

    ``bounds`` holds what was reckoned from it, by queue.
    ``listed`` are the queues that are called in two stages; ``has_room_lists``: there are any, and then ``wards`` says
    of every queue which queues and stations it is connected with, stations with their place in the configuration.
    """

    __slots__ = (
        "bounds", "clinics", "digest", "doctors", "has_room_lists", "listed", "queues", "rooms", "site",
        "stations", "wards",
    )  # fmt: skip

    def __init__(self, site: Site, digest: str) -> None:
        self.site = site
        self.digest = digest
        self.clinics: dict[str, Clinic] = {clinic.id: clinic for clinic in site.clinics}
        self.doctors: dict[str, Doctor] = {doctor.id: doctor for doctor in site.doctors}
        self.queues: dict[str, Queue] = {queue.id: queue for queue in site.queues}
        self.rooms: dict[str, Room] = {room.id: room for room in site.rooms}
        self.stations: dict[str, Station] = {station.id: station for station in site.stations}
        self.bounds: dict[str, tuple[int | None, int | None]] = {}
        self.listed = frozenset(queue.id for queue in site.queues if queue.room_look_ahead)
        self.has_room_lists = bool(self.listed)
        self.wards: dict[str, Ward] = _wards(site) if self.has_room_lists else {}


class Ward(NamedTuple):
    """Queues that stations share, directly or by way of others, and those stations by their place and id.

    ``doors`` are the stations' ids alone.
    """

    queues: frozenset[str]
    stations: tuple[tuple[int, str], ...]
    doors: frozenset[str]


def _wards(site: Site) -> dict[str, Ward]:
    groups: list[set[str]] = [{queue.id} for queue in site.queues]
    for station in site.stations:
        shared = set(station.queues)
        apart = [group for group in groups if not group & shared]
        groups = [*apart, shared.union(*(group for group in groups if group & shared))]
    wards = [_ward(site, group) for group in groups]
    return {queue: ward for ward in wards for queue in ward.queues}


def _ward(site: Site, queues: set[str]) -> Ward:
    stations = tuple((place, each.id) for place, each in enumerate(site.stations) if queues & set(each.queues))
    return Ward(frozenset(queues), stations, frozenset(station for _, station in stations))


GIVEN_BACK: frozenset[Status] = frozenset({"cancelled", "lapsed"})
"""Tickets of these no longer hold a place in the session's limit, nor a number that the hospital gave: the patient may
check in again."""


REFERRAL = "referral"
"""The credit that a referral has or brings, where the queue has it."""


HISTORY_LINES = 40
"""A ticket's history keeps this many of its latest lines."""


DONE_AT_STATION = 10
"""A station remembers so many of its latest finished."""


UNDO_ENTRIES = 512
"""So many latest commands can be taken back."""


def kept_to(ticket: Ticket) -> bool | None:
    """Whether the wait was within the whole minutes shown when the ticket was given; ``None`` if there is no saying."""
    expected = ticket.expected
    if expected is None or ticket.first_called_at is None or ticket.backfilled:
        return None
    low, high = shown_min(expected)
    return low * MINUTE <= ticket.first_called_at - ticket.issued_at <= high * MINUTE


def visit_of(ticket: Ticket) -> tuple[str, str, str | None]:
    """What a person may have one live ticket of: clinic (or open queue) and clinic session; or queue and order."""
    if ticket.origin == "order":
        return (ticket.person or "", ticket.queue, ticket.origin_ref)
    return (ticket.person or "", ticket.clinic or ticket.queue, ticket.session)
