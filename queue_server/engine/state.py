"""The lobby's state: immutable records in mutable tables, folded from the log in place.

Records (tickets, stations, countdowns) are frozen and replaced, so that a copy of the state shares them and an undo
restores them by reference. Everything else here (lanes, lists, look-ups) is derived from the tickets by ``put_ticket``
and never read back from a log.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any, Literal, TypeAlias

import msgspec

from queue_server.engine.events import Expected, ListKey, Origin, Place, Rank, Stamp
from queue_server.engine.record import QueueRecord, shown_min
from queue_server.engine.site import (
    Clinic,
    ClinicSession,
    Doctor,
    Queue,
    Room,
    Site,
    Station,
    Text,
)
from queue_server.engine.slip_parts import Slip
from queue_server.engine.stamps import MINUTE, rule_order
from queue_server.engine.transitions import LIVE, Status
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
        picked: the code of the reason for which it was last called out of turn.
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
    """The configuration by id. ``bounds`` holds what was reckoned from it, by queue."""

    __slots__ = ("bounds", "clinics", "digest", "doctors", "queues", "rooms", "site", "stations")

    def __init__(self, site: Site, digest: str) -> None:
        self.site = site
        self.digest = digest
        self.clinics: dict[str, Clinic] = {clinic.id: clinic for clinic in site.clinics}
        self.doctors: dict[str, Doctor] = {doctor.id: doctor for doctor in site.doctors}
        self.queues: dict[str, Queue] = {queue.id: queue for queue in site.queues}
        self.rooms: dict[str, Room] = {room.id: room for room in site.rooms}
        self.stations: dict[str, Station] = {station.id: station for station in site.stations}
        self.bounds: dict[str, tuple[int | None, int | None]] = {}


GIVEN_BACK: frozenset[Status] = frozenset({"cancelled", "lapsed"})
"""Tickets of these no longer hold a place in the session's limit, nor a number that the hospital gave: the patient may
check in again."""

HISTORY_LINES = 40
"""A ticket's history keeps this many of its latest lines."""
DONE_AT_STATION = 10
"""A station remembers so many of its latest finished."""

UNDO_ENTRIES = 512
"""So many latest commands can be taken back."""


class State:
    """Everything the lobby knows, folded from the log.

    Attributes:
        position: the last event's log position, 0 before any.
        now: the last event's moment.
        index: the configuration by id, ``None`` before any; ``site`` is its site.
        day: the service day, ``None`` before any.
        sessions: today's clinic sessions.
        ended: the sessions whose end was reached.
        tickets: every ticket since the day opened, and those carried over.
        stations: those ever opened.
        countdowns: the calls counted for each list of place stamps.
        counters: the last serial number of each queue that issues numbers.
        carried: queue and number of the tickets carried over from the day before.
        seq: the last order number given in a rank.
        history: each ticket's sentences.
        undo: what the latest commands changed, by first position, oldest first.
        record: what past days say of each queue's waits and services.
        paused: the queues from which nobody is called, with why.
        broadcasts: the texts on boards, by the position of their event.
        slips: the day's guide slips, by person.
        lanes, fifos, outstanding, by_person, live_visits, by_origin, taken, per_session, missed, absent, service,
            judged, seen, lists, plan, backs: derived; ``seen`` is how many finished visits a person has of a clinic;
            ``backs`` when those who stepped away are due back, and who.
        opens: derived; when the first stop of a slip is ready, and whose, the earliest first.
        watched: derived; when each triaged ticket that waits is to be assessed again, the earliest first.
    """

    __slots__ = (
        "absent", "backs", "broadcasts", "by_origin", "by_person", "carried", "countdowns", "counters", "day",
        "ended", "fifos", "history", "index", "judged", "lanes", "lists", "live_visits", "missed", "now",
        "opens", "outstanding", "paused", "per_session", "plan", "position", "record", "seen", "seq", "service",
        "sessions", "slips", "stations", "taken", "tickets", "undo", "watched",
    )  # fmt: skip

    def __init__(self) -> None:
        self.position = 0
        self.now = 0
        self.index: SiteIndex | None = None
        self.day: Day | None = None
        self.sessions: dict[str, ClinicSession] = {}
        self.ended: set[str] = set()
        self.tickets: dict[str, Ticket] = {}
        self.stations: dict[str, StationState] = {}
        self.countdowns: dict[ListKey, Countdown] = {}
        self.counters: dict[str, int] = {}
        self.carried: set[tuple[str, str]] = set()
        self.seq = 0
        self.history: dict[str, tuple[tuple[int, Text], ...]] = {}
        self.undo: dict[int, UndoEntry] = {}
        self.record: dict[str, QueueRecord] = {}
        self.paused: dict[str, Pause] = {}
        self.broadcasts: dict[int, Broadcast] = {}
        self.slips: dict[str, Slip] = {}
        self.clear_derived()

    def clear_derived(self) -> None:
        """Empty what ``put_ticket`` builds."""
        self.lanes: dict[Lane, list[tuple[Rank, str]]] = {}
        self.fifos: dict[ListKey, list[tuple[int, str]]] = {}
        self.outstanding: dict[ListKey, int] = {}
        self.by_person: dict[str, tuple[str, ...]] = {}
        self.live_visits: dict[tuple[str, str, str | None], str] = {}
        self.by_origin: dict[str, str] = {}
        self.taken: dict[tuple[str, str | None, str], str] = {}
        self.per_session: dict[str, int] = {}
        self.missed: dict[str, None] = {}
        self.absent: dict[str, None] = {}
        self.service: dict[tuple[str, str | None], tuple[int, int]] = {}
        self.judged: dict[str, tuple[int, int]] = {}
        self.seen: dict[tuple[str, str], int] = {}
        self.lists: dict[Lane, tuple[ListKey, ...]] = {}
        self.plan: tuple[tuple[int, str], ...] = ()
        self.watched: list[tuple[int, str]] = []
        self.backs: list[tuple[int, str]] = []
        self.opens: list[tuple[int, str]] = []

    @property
    def site(self) -> Site | None:
        """The configuration in force."""
        return self.index.site if self.index else None

    def set_countdown(self, key: ListKey, countdown: Countdown) -> None:
        """Keep the countdown of a list, known to its lane in the order of the rules."""
        if key not in self.countdowns:
            lane = (key[1], key[2])
            self.lists[lane] = tuple(sorted((*self.lists.get(lane, ()), key), key=lambda other: rule_order(other[0])))
        self.countdowns[key] = countdown

    def drop_countdown(self, key: ListKey) -> None:
        """Forget a list that was begun and taken back."""
        lane = (key[1], key[2])
        del self.countdowns[key]
        self.lists[lane] = tuple(other for other in self.lists[lane] if other != key)

    def plan_sessions(self) -> None:
        """Order the sessions by when they end."""
        self.plan = tuple(
            sorted((session.ends_at, key) for key, session in self.sessions.items() if key not in self.ended)
        )

    def put_slip(self, new: Slip) -> None:
        """Keep a person's slip in place of the one there was, and when its first stop is ready."""
        self.drop_slip(new.person)
        self.slips[new.person] = new
        if new.opens_at is not None:
            insort(self.opens, (new.opens_at, new.person))

    def drop_slip(self, person: str) -> None:
        """Forget a person's slip, if there is one."""
        old = self.slips.pop(person, None)
        if old is not None and old.opens_at is not None:
            del self.opens[bisect_left(self.opens, (old.opens_at, person))]

    def put_ticket(self, new: Ticket) -> None:
        """Keep ``new`` in place of the ticket with its id, and everything derived in step."""
        old = self.tickets.get(new.id)
        if old is not None:
            self._leave(old, new)
        self.tickets[new.id] = new
        self._enter(old, new)
        self._keep_number(old, new)
        self._watch(old, new)
        self._expect(old, new)

    def drop_ticket(self, ticket_id: str) -> None:
        """Forget a ticket of an earlier day."""
        old = self.tickets.pop(ticket_id)
        self._leave(old, None)
        self._keep_number(old, None)
        self._watch(old, None)
        self._expect(old, None)
        self.history.pop(ticket_id, None)

    def _leave(self, old: Ticket, new: Ticket | None) -> None:
        if old.rank is not None and (new is None or new.rank != old.rank or new.lane != old.lane):
            lane = self.lanes[old.lane]
            del lane[bisect_left(lane, (old.rank,))]
            if old.stamp.fifo is not None:
                self._count_outstanding(old.stamp.fifo, -1)
        if old.place is not None and (new is None or new.place != old.place):
            fifo = self.fifos[old.place.fifo]
            del fifo[bisect_left(fifo, (old.place.seq,))]
        if new is not None and new.status == old.status and not _is_elsewhere(old, new):
            if new.person != old.person:
                self._forget_person(old)
            return
        if old.status in LIVE and (new is None or new.status not in LIVE or _is_elsewhere(old, new)):
            self._forget_live(old)
        if (gone := self._gone(old)) is not None:
            del gone[old.id]
        if old.status == "finished":
            self._count_service(old, -1)
            self._count_seen(old, -1)
        if old.status not in GIVEN_BACK and (new is None or new.status in GIVEN_BACK or _is_elsewhere(old, new)):
            self._count_issued(old, -1)

    def _enter(self, old: Ticket | None, new: Ticket) -> None:
        if new.rank is not None and (old is None or new.rank != old.rank or new.lane != old.lane):
            insort(self.lanes.setdefault(new.lane, []), (new.rank, new.id))
            if new.stamp.fifo is not None:
                self._count_outstanding(new.stamp.fifo, 1)
        if new.place is not None and (old is None or new.place != old.place):
            insort(self.fifos.setdefault(new.place.fifo, []), (new.place.seq, new.id))
        if old is not None and old.status == new.status and not _is_elsewhere(old, new):
            if old.person != new.person:
                self._remember_person(new)
            return
        if new.status in LIVE and (old is None or old.status not in LIVE or _is_elsewhere(old, new)):
            self._remember_live(new)
        if (gone := self._gone(new)) is not None:
            gone[new.id] = None
        if new.status == "finished":
            self._count_service(new, 1)
            self._count_seen(new, 1)
        if new.status not in GIVEN_BACK and (old is None or old.status in GIVEN_BACK or _is_elsewhere(old, new)):
            self._count_issued(new, 1)

    def _gone(self, ticket: Ticket) -> dict[str, None] | None:
        """The look-up of those who are not there, if the ticket's patient is not."""
        return self.missed if ticket.status == "missed" else self.absent if ticket.status == "away" else None

    def _count_outstanding(self, fifo: ListKey, by: int) -> None:
        count = self.outstanding.get(fifo, 0) + by
        if count:
            self.outstanding[fifo] = count
        else:
            del self.outstanding[fifo]

    def _remember_person(self, ticket: Ticket) -> None:
        if ticket.status in LIVE:
            self._remember_live(ticket)
        elif ticket.status == "finished":
            self._count_seen(ticket, 1)

    def _forget_person(self, ticket: Ticket) -> None:
        if ticket.status in LIVE:
            self._forget_live(ticket)
        elif ticket.status == "finished":
            self._count_seen(ticket, -1)

    def _remember_live(self, ticket: Ticket) -> None:
        if ticket.person is not None:
            self.by_person[ticket.person] = (*self.by_person.get(ticket.person, ()), ticket.id)
            self.live_visits[visit_of(ticket)] = ticket.id

    def _forget_live(self, ticket: Ticket) -> None:
        if ticket.person is not None:
            rest = tuple(other for other in self.by_person[ticket.person] if other != ticket.id)
            if rest:
                self.by_person[ticket.person] = rest
            else:
                del self.by_person[ticket.person]
            del self.live_visits[visit_of(ticket)]

    def _count_service(self, ticket: Ticket, by: int) -> None:
        inside = kept_to(ticket)
        if inside is not None:
            good, judged = self.judged.get(ticket.queue, (0, 0))
            self.judged[ticket.queue] = (good + by * inside, judged + by)
        # Where nobody tells that a service begins, it is taken to begin with the call; paper has no such moments.
        begun = ticket.started_at or (None if ticket.backfilled else ticket.called_at)
        if begun is None or ticket.finished_at is None:
            return
        taken = ticket.finished_at - begun
        for server in {None, ticket.server}:
            count, total = self.service.get((ticket.queue, server), (0, 0))
            self.service[ticket.queue, server] = (count + by, total + by * taken)

    def _count_seen(self, ticket: Ticket, by: int) -> None:
        if ticket.person is None or ticket.clinic is None:
            return
        key = (ticket.person, ticket.clinic)
        count = self.seen.get(key, 0) + by
        if count:
            self.seen[key] = count
        else:
            del self.seen[key]

    def _count_issued(self, ticket: Ticket, by: int) -> None:
        if ticket.session is not None:
            self.per_session[ticket.session] = self.per_session.get(ticket.session, 0) + by
        if ticket.origin_ref is None:
            return
        if by > 0:
            self.by_origin[ticket.origin_ref] = ticket.id
        elif self.by_origin.get(ticket.origin_ref) == ticket.id:
            del self.by_origin[ticket.origin_ref]

    def _expect(self, old: Ticket | None, new: Ticket | None) -> None:
        before = old.back_at if old is not None else None
        now = new.back_at if new is not None else None
        if before == now:
            return
        if old is not None and before is not None:
            del self.backs[bisect_left(self.backs, (before, old.id))]
        if new is not None and now is not None:
            insort(self.backs, (now, new.id))

    def _watch(self, old: Ticket | None, new: Ticket | None) -> None:
        before = _reassess_at(old) if old is not None else None
        now = _reassess_at(new) if new is not None else None
        if before == now:
            return
        if old is not None and before is not None:
            del self.watched[bisect_left(self.watched, (before, old.id))]
        if new is not None and now is not None:
            insort(self.watched, (now, new.id))

    def _keep_number(self, old: Ticket | None, new: Ticket | None) -> None:
        before = old.numbered if old is not None and old.status not in GIVEN_BACK else None
        now = new.numbered if new is not None and new.status not in GIVEN_BACK else None
        if before == now:
            return
        if old is not None and before is not None and self.taken.get(before) == old.id:
            del self.taken[before]
        if new is not None and now is not None:
            # A log of an earlier version may have moved a ticket to where its number is somebody else's.
            self.taken.setdefault(now, new.id)


def _reassess_at(ticket: Ticket) -> int | None:
    """When a nurse has to look at the ticket's patient again; ``None`` where that is due already or never."""
    held = ticket.triage
    return held.reassess_at if held is not None and held.due_since is None and ticket.status == "waiting" else None


def kept_to(ticket: Ticket) -> bool | None:
    """Whether the wait was within the whole minutes shown when the ticket was given; ``None`` if there is no saying."""
    expected = ticket.expected
    if expected is None or ticket.first_called_at is None or ticket.backfilled:
        return None
    low, high = shown_min(expected)
    return low * MINUTE <= ticket.first_called_at - ticket.issued_at <= high * MINUTE


def _is_elsewhere(old: Ticket, new: Ticket) -> bool:
    """Whether the ticket went to another queue, clinic or session."""
    return (old.queue, old.clinic, old.session) != (new.queue, new.clinic, new.session)


def visit_of(ticket: Ticket) -> tuple[str, str, str | None]:
    """What a person may have one live ticket of: clinic (or open queue) and clinic session; or queue and order."""
    if ticket.origin == "order":
        return (ticket.person or "", ticket.queue, ticket.origin_ref)
    return (ticket.person or "", ticket.clinic or ticket.queue, ticket.session)


def copy(state: State) -> State:
    """A state that can be folded further without changing ``state``; frozen records are shared."""
    new = State()
    for name in ("position", "now", "index", "day", "seq", "plan"):
        setattr(new, name, getattr(state, name))
    for name in (
        "sessions", "ended", "tickets", "stations", "countdowns", "counters", "carried", "history", "undo",
        "record", "outstanding", "lists", "paused", "broadcasts", "backs", "seen", "watched", "absent",
        "slips", "opens",
        "by_person", "live_visits", "by_origin", "taken", "per_session", "missed", "service", "judged",
    ):  # fmt: skip
        setattr(new, name, getattr(state, name).copy())
    new.lanes = {lane: entries.copy() for lane, entries in state.lanes.items()}
    new.fifos = {key: members.copy() for key, members in state.fifos.items()}
    return new


def records(state: State) -> dict[str, Any]:
    """The records that an undo restores: tickets, stations, countdowns and number counters, in a fixed order."""
    builtins = msgspec.to_builtins
    return {
        "tickets": [builtins(state.tickets[key]) for key in sorted(state.tickets)],
        "stations": [builtins(state.stations[key]) for key in sorted(state.stations)],
        "countdowns": [[list(key), builtins(state.countdowns[key])] for key in sorted(state.countdowns, key=_sortable)],
        "counters": state.counters,
        "slips": [builtins(state.slips[key]) for key in sorted(state.slips)],
        "sessions": [builtins(state.sessions[key]) for key in sorted(state.sessions)],
        "ended": sorted(state.ended),
        "day": builtins(state.day),
        "configuration": state.index.digest if state.index else None,
    }


def canonical(state: State) -> bytes:
    """The state as canonical JSON, the same for the same log on every machine and run."""
    builtins = msgspec.to_builtins
    return _ENCODER.encode(
        {
            **records(state),
            "position": state.position,
            "now": state.now,
            "seq": state.seq,
            "carried": sorted(state.carried),
            "record": {key: builtins(state.record[key]) for key in sorted(state.record)},
            "paused": {key: builtins(pause) for key, pause in state.paused.items()},
            "broadcasts": [builtins(broadcast) for broadcast in state.broadcasts.values()],
            "history": {key: builtins(lines) for key, lines in state.history.items()},
            "undo": [
                {
                    **{
                        name: builtins(getattr(entry, name))
                        for name in (
                            "command_id",
                            "first",
                            "last",
                            "main",
                            "kind",
                            "number",
                            "weight",
                            "station",
                            "counted",
                        )
                    },
                    "slips": [[key, builtins(entry.slips[key])] for key in sorted(entry.slips)],
                    "tickets": [builtins(entry.tickets[key]) for key in sorted(entry.tickets)],
                    "stations": [builtins(entry.stations[key]) for key in sorted(entry.stations)],
                    "countdowns": [
                        [list(key), builtins(entry.countdowns[key])] for key in sorted(entry.countdowns, key=_sortable)
                    ],
                }
                for entry in state.undo.values()
            ],
        }
    )


def _sortable(key: ListKey) -> tuple[str, str, str]:
    return (key[0], key[1], key[2] or "")


_ENCODER = msgspec.json.Encoder(order="sorted")
