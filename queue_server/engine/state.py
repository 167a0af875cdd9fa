"""The lobby's state: immutable records in mutable tables, folded from the log in place.

Records (tickets, stations, countdowns) are frozen and replaced, so that a copy of the state shares them and an undo
restores them by reference. Everything else here (lanes, lists, look-ups) is derived from the tickets by ``put_ticket``
and never read back from a log.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from queue_server.engine.entries import (
    GIVEN_BACK,
    REFERRAL,
    Broadcast,
    Countdown,
    Day,
    Lane,
    Pause,
    SiteIndex,
    StationState,
    Ticket,
    UndoEntry,
    kept_to,
    visit_of,
)
from queue_server.engine.events import ListKey, Rank
from queue_server.engine.record import QueueRecord
from queue_server.engine.site import ClinicSession, Site, Text
from queue_server.engine.slip_parts import Slip
from queue_server.engine.stamps import rule_order
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from queue_server.engine.room_records import Callers, RoomList


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
        unkept: the bookings to which nobody came, of the sessions of the day that have ended.
        lanes, fifos, outstanding, by_person, live_visits, by_origin, taken, per_session, missed, absent, service,
            judged, seen, lists, plan, backs, referred: derived; ``seen`` is how many finished visits a person has of a
            clinic; ``backs`` when those who stepped away are due back, and who; ``referred`` how many referrals a
            session has; ``outstanding`` who of a list of place stamps has a rank and was not called yet, by rank.
        opens: derived; when the first stop of a slip is ready, and whose, the earliest first.
        calling, callers, room_lists: derived; the open stations that call each queue, who calls each list, and what the
            rooms' lists take, as far as anybody asked since a station last changed.
        doors: derived; the list of each room in two-stage calling, by station and by rank.
        watched: derived; when each triaged ticket that waits is to be assessed again, the earliest first.
    """

    __slots__ = (
        "absent", "backs", "broadcasts", "by_origin", "by_person", "callers", "calling", "carried", "countdowns",
        "counters", "day", "doors", "ended", "fifos", "history", "index", "judged", "lanes", "lists", "live_visits",
        "missed", "now", "opens", "outstanding", "paused", "per_session", "plan", "position", "record", "referred",
        "room_lists", "seen", "seq", "service", "sessions", "slips", "stations", "taken", "tickets", "undo", "unkept",
        "watched",
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
        self.unkept: set[str] = set()
        self.forget_found()
        self.clear_derived()

    def clear_derived(self) -> None:
        """Empty what ``put_ticket`` builds."""
        self.lanes: dict[Lane, list[tuple[Rank, str]]] = {}
        self.fifos: dict[ListKey, list[tuple[int, str]]] = {}
        self.doors: dict[str, list[tuple[Rank, str]]] = {}
        self.outstanding: dict[ListKey, tuple[tuple[Rank, str], ...]] = {}
        self.by_person: dict[str, tuple[str, ...]] = {}
        self.live_visits: dict[tuple[str, str, str | None], str] = {}
        self.by_origin: dict[str, str] = {}
        self.taken: dict[tuple[str, str | None, str], str] = {}
        self.per_session: dict[str, int] = {}
        self.referred: dict[str, int] = {}
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

    def forget_found(self) -> None:
        """Who calls what is found anew: in tables of its own, as a branch shares those there were."""
        self.calling: dict[str, tuple[str, ...]] = {}
        self.callers: dict[Lane, Callers] = {}
        self.room_lists: dict[frozenset[str], list[RoomList]] = {}

    def set_index(self, index: SiteIndex) -> None:
        """Put a configuration in force."""
        self.index = index
        self.forget_found()

    def put_station(self, new: StationState) -> None:
        """Keep a station as it now stands."""
        old = self.stations.get(new.id)
        self.stations[new.id] = new
        if old is None or _calls(old) != _calls(new):
            self.forget_found()

    def drop_station(self, station_id: str) -> None:
        """Forget a station that was opened and taken back."""
        del self.stations[station_id]
        self.forget_found()

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

    def lane_to_change(self, lane: Lane) -> list[tuple[Rank, str]]:
        """The entries of a lane, this state's own."""
        return self.lanes.setdefault(lane, [])

    def list_to_change(self, key: ListKey) -> list[tuple[int, str]]:
        """The members of a list of place stamps, this state's own."""
        return self.fifos.setdefault(key, [])

    def put_ticket(self, new: Ticket) -> None:
        """Keep ``new`` in place of the ticket with its id, and everything derived in step."""
        old = self.tickets.get(new.id)
        if old is not None:
            self._leave(old, new)
        self.tickets[new.id] = new
        self._enter(old, new)
        self._stand(old, new)
        self._keep_number(old, new)
        self._count_referred(old, new)
        self._watch(old, new)
        self._expect(old, new)

    def drop_ticket(self, ticket_id: str) -> None:
        """Forget a ticket of an earlier day."""
        old = self.tickets.pop(ticket_id)
        self._leave(old, None)
        self._stand(old, None)
        self._keep_number(old, None)
        self._count_referred(old, None)
        self._watch(old, None)
        self._expect(old, None)
        self.history.pop(ticket_id, None)

    def _leave(self, old: Ticket, new: Ticket | None) -> None:
        if old.rank is not None and (new is None or new.rank != old.rank or new.lane != old.lane):
            lane = self.lane_to_change(old.lane)
            del lane[bisect_left(lane, (old.rank,))]
            if old.stamp.fifo is not None:
                self._forget_outstanding(old.stamp.fifo, old.id)
        if old.place is not None and (new is None or new.place != old.place):
            fifo = self.list_to_change(old.place.fifo)
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
            insort(self.lane_to_change(new.lane), (new.rank, new.id))
            if new.stamp.fifo is not None:
                self._remember_outstanding(new.stamp.fifo, new.rank, new.id)
        if new.place is not None and (old is None or new.place != old.place):
            insort(self.list_to_change(new.place.fifo), (new.place.seq, new.id))
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

    def _stand(self, old: Ticket | None, new: Ticket | None) -> None:
        """Keep the rooms' lists."""
        before = (old.door, old.rank) if old is not None else (None, None)
        now = (new.door, new.rank) if new is not None else (None, None)
        if before == now:
            return
        if before[0] is not None and before[1] is not None:
            listed = self.doors[before[0]]
            del listed[bisect_left(listed, (before[1],))]
            if not listed:
                del self.doors[before[0]]
        if new is not None and now[0] is not None and now[1] is not None:
            insort(self.doors.setdefault(now[0], []), (now[1], new.id))

    def _gone(self, ticket: Ticket) -> dict[str, None] | None:
        """The look-up of those who are not there, if the ticket's patient is not."""
        return self.missed if ticket.status == "missed" else self.absent if ticket.status == "away" else None

    def _remember_outstanding(self, fifo: ListKey, rank: Rank, ticket_id: str) -> None:
        self.outstanding[fifo] = tuple(sorted((*self.outstanding.get(fifo, ()), (rank, ticket_id))))

    def _forget_outstanding(self, fifo: ListKey, ticket_id: str) -> None:
        rest = tuple(entry for entry in self.outstanding[fifo] if entry[1] != ticket_id)
        if rest:
            self.outstanding[fifo] = rest
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

    def _count_referred(self, old: Ticket | None, new: Ticket | None) -> None:
        before = old.session if old is not None and _takes_a_kept_place(old) else None
        now = new.session if new is not None and _takes_a_kept_place(new) else None
        if before == now:
            return
        if before is not None:
            left = self.referred[before] - 1
            if left:
                self.referred[before] = left
            else:
                del self.referred[before]
        if now is not None:
            self.referred[now] = self.referred.get(now, 0) + 1

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


def _takes_a_kept_place(ticket: Ticket) -> bool:
    """Whether the ticket takes one of its session's places that are kept for referrals."""
    return REFERRAL in ticket.credits and ticket.status not in GIVEN_BACK


def _is_elsewhere(old: Ticket, new: Ticket) -> bool:
    """Whether the ticket went to another queue, clinic or session."""
    return (old.queue, old.clinic, old.session) != (new.queue, new.clinic, new.session)


FOLDED = tuple(name for name in State.__slots__ if name not in {"calling", "callers", "room_lists"})
"""What a fold of the log gives; the rest is found anew when somebody asks."""


def _calls(station: StationState) -> tuple[object, ...]:
    """What decides whom it calls."""
    return (station.is_open, station.queues, station.doctor, station.turn)


def copy(state: State) -> State:
    """A state that can be folded further without changing ``state``; frozen records are shared."""
    new = State()
    copy_into(new, state, lambda _, table: table.copy())
    new.lanes = {lane: entries.copy() for lane, entries in state.lanes.items()}
    new.fifos = {key: members.copy() for key, members in state.fifos.items()}
    return new


def copy_into(new: State, state: State, copied: Callable[[str, Any], Any]) -> None:
    """Each table of ``state`` as ``copied`` gives it by its name; all but lanes and lists of place stamps."""
    for name in ("position", "now", "index", "day", "seq", "plan", "calling", "callers", "room_lists"):
        setattr(new, name, getattr(state, name))
    for name in (
        "sessions", "ended", "tickets", "stations", "countdowns", "counters", "carried", "history", "undo",
        "record", "outstanding", "lists", "paused", "broadcasts", "backs", "seen", "watched", "absent",
        "slips", "opens", "unkept",
        "by_person", "live_visits", "by_origin", "taken", "per_session", "referred", "missed", "service",
        "judged",
    ):  # fmt: skip
        setattr(new, name, copied(name, getattr(state, name)))
    new.doors = {station: entries.copy() for station, entries in state.doors.items()}
