"""Who is called next: lanes by rank, lists of place stamps by countdown, the locked head.

``Course`` walks forward from a state without changing it, one call at a time. ``CallNext`` takes its first step, and
whoever asks for the waiting order takes them all: the order shown is the order called, because it is the same code.
"""

from __future__ import annotations

from bisect import insort
from heapq import merge
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from queue_server.engine.lanes import callable_lanes, called_with, lock_of
from queue_server.engine.lines import Entry, Line, rank_in_several
from queue_server.engine.room_records import MERGE, Serving
from queue_server.engine.rooms import Rooms, look_ahead_of
from queue_server.engine.serving import accepts, after_turn, choose, serving_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from queue_server.engine.entries import Lane, StationState, Ticket, Ward
    from queue_server.engine.events import ListKey, Rank, Turn
    from queue_server.engine.state import State

T = TypeVar("T")


class Placed(NamedTuple):
    """A ticket of a list of place stamps that gets its rank; ``calls`` is what it owed, where it was in the list.

    ``owes``: where some of them are still to come, about how many are called before it.
    """

    ticket: str
    rank: Rank
    seq: int
    alone: bool
    calls: int | None = None
    owes: int = 0


class Step(NamedTuple):
    """One call: who, whom it took from a list first because nobody else was there, and what it brings about."""

    ticket: str
    first: Placed | None
    counts: list[ListKey]
    resets: ListKey | None
    due: list[Placed]
    turn: Turn = "none"


class _List:
    """A list of place stamps read forward."""

    __slots__ = ("count", "counted", "index", "key", "line", "members", "of", "outstanding", "peers")

    def __init__(
        self, state: State, key: ListKey, members: list[tuple[int, str]], line: Line, peers: list[Line]
    ) -> None:
        countdown = state.countdowns[key]
        self.key = key
        self.line = line
        self.peers = peers
        self.members = members
        self.index = 0
        self.count = countdown.count
        self.of = countdown.of
        self.outstanding = len(state.outstanding.get(key, ()))
        self.counted: int | None = None
        """How many wait whose calls count; known once a rule asks for it."""

    def head(self) -> str | None:
        return self.members[self.index][1] if self.index < len(self.members) else None

    def owes(self, state: State) -> int | None:
        """How many calls the head still owes; ``None`` without one or while one of the list is due already."""
        head = self.head()
        if head is None or self.outstanding:
            return None
        calls = self.calls(state)
        return None if calls is None else max(0, calls - self.count)

    def calls(self, state: State) -> int | None:
        """How many calls the head owes from one of the list to the next."""
        head = self.head()
        place = state.tickets[head].place if head is not None else None
        if place is None:
            return None
        return place.calls_when_more if place.calls_when_more and self._are_more(state) else place.calls

    def _are_more(self, state: State) -> bool:
        """Whether more wait in the list than of those whose calls it counts, in the lanes of its queue."""
        if self.counted is None:
            waiting = (
                state.tickets[ticket_id]
                for line in self.peers
                for _, ticket_id in line.base[line.index :]
                if ticket_id not in line.gone
            )
            self.counted = sum(
                ticket.stamp.fifo != self.key and matches(ticket, self.of, by_place=ticket.stamp.by == "place")
                for ticket in waiting
            )
        return len(self.members) - self.index > self.counted


class Course:
    """The calls of one station (or of several lanes together) as they would follow each other from ``state``.

    ``room``: the station, where it calls from a list of its own.
    """

    __slots__ = ("_was_called", "beside", "held", "lines", "lists", "room", "rooms", "seq", "serving", "state")

    def __init__(self, state: State, lanes: list[Lane], serving: Serving = MERGE, room: str | None = None) -> None:
        self.state = state
        self.serving = serving
        self.seq = state.seq
        self.room = room
        self._was_called = False
        self.rooms = Rooms(state, lanes, _ward_of(state, lanes)) if room is not None else None
        if self.rooms is not None:
            self.lines = {lane: self.rooms.lines[lane] for lane in lanes}
        else:
            takes = self._takes if serving.levels else None
            self.lines = {lane: Line(state.lanes.get(lane, []), lock_of(state, lane[0]), takes) for lane in lanes}
        self.lists: dict[ListKey, _List] = {}
        # A doctor's own list before the pool, queues as the station has them, rules as configured.
        for lane, line in self.lines.items():
            for key in state.lists.get(lane, ()):
                peers = [other for (queue, _), other in self.lines.items() if queue == lane[0]]
                members = state.fifos.get(key, [])
                if serving.levels:
                    members = [member for member in members if self._takes(member[1])]
                self.lists[key] = _List(state, key, members, line, peers)
        self.held = self._stamped_ahead()
        self.beside: dict[Lane, list[list[Lane]]] = {}
        """What the rooms that call a lane call together with it; known once it is asked for."""

    def _stamped_ahead(self) -> dict[str, tuple[_List, int]]:
        """Those who have their rank and still owe calls: of which list, and at which count they are called."""
        found: dict[str, tuple[_List, int]] = {}
        for key, fifo in self.lists.items():
            for _, ticket_id in self.state.outstanding.get(key, ()):
                ticket = self.state.tickets[ticket_id]
                if ticket.due_at_count and ticket.lane == (key[1], key[2]):
                    found[ticket_id] = (fifo, ticket.due_at_count)
        return found

    def _owing(self) -> dict[str, int]:
        """Those of them who are not called yet while anybody else can be, and how many calls they owe."""
        return {ticket: due_at - fifo.count for ticket, (fifo, due_at) in self.held.items() if fifo.count < due_at}

    def _takes(self, ticket_id: str) -> bool:
        """Whether the room takes the ticket, by its level of triage; nearly always it does."""
        return accepts(self.state, self.serving.levels, self.state.tickets[ticket_id])

    def step(self) -> Step | None:
        """The next call, or ``None`` when nobody can be called."""
        first: Placed | None = None
        owing = self._owing()
        if self._was_called and self.rooms is not None:
            self.rooms.go_on()
        found = self._head(owing)
        if found is None:
            # Whoever still owes calls waits for them while anybody of any queue can be called.
            first = self._alone(min(owing.values(), default=None))
            least = None if first is not None else min(owing, key=lambda ticket: owing[ticket], default=None)
            found = self._head({ticket: owed for ticket, owed in owing.items() if ticket != least})
            if found is None:
                return None
        line, entry, turn = found
        self.held.pop(entry[1], None)
        if self.rooms is not None:
            self.rooms.leave(entry[1], self.state.tickets[entry[1]].lane)
        else:
            line.leave(entry[1])
        counts, resets = self._count(entry[1])
        due = self.due()
        if self.rooms is not None and self.room is not None:
            # The free place is given when somebody asks who is next after this one.
            self.rooms.rooms[self.room].is_busy = True
            self._was_called = True
        return Step(entry[1], first, counts, resets, due, turn)

    def _head(self, held: Collection[str]) -> tuple[Line, Entry, Turn] | None:
        """Whose rank is called next: the line, its head, and what the call does to the station's turns.

        Nobody of those who are ``held``.
        """
        if self.rooms is not None and self.room is not None:
            found = self.rooms.next_of(self.room, self.lines, held)
            return None if found is None else (*found, "none")
        best: Line | None = None
        entry: Entry | None = None
        heads: dict[str, tuple[Entry, Line]] = {}
        is_merged = self.serving.mode == "merge"
        for (queue, _), line in self.lines.items():
            head = line.head(held)
            if head is None:
                continue
            if entry is None or head < entry:
                best, entry = line, head
            if not is_merged and (queue not in heads or head < heads[queue][0]):
                heads[queue] = (head, line)
        if best is None or entry is None:
            return None
        if is_merged:
            return (best, entry, "none")
        queue, turn = choose(self.serving, {queue: head[0] for queue, (head, _) in heads.items()})
        self.serving = self.serving._replace(turn=after_turn(self.serving.turn, queue, turn))
        entry, best = heads[queue]
        return (best, entry, turn)

    def take(self, ticket_id: str, *, called: bool) -> Step:
        """A ticket leaves out of turn: ``called`` (picked, or on paper), or ended.

        The count of its list begins anew only where it was its turn: those before it owe what they were promised.
        """
        ticket = self.state.tickets[ticket_id]
        fifo = self.lists.get(ticket.stamp.fifo) if ticket.stamp.fifo else None
        is_turn = ticket.rank is not None or (fifo is not None and fifo.head() == ticket_id and not fifo.outstanding)
        if ticket.rank is not None:
            self.lines[ticket.lane].leave(ticket_id)
            if fifo is not None and not called:
                fifo.outstanding -= 1
        elif ticket.place is not None and fifo is not None:
            fifo.members = [member for member in fifo.members if member[1] != ticket_id]
            fifo.outstanding += called and is_turn
        counts, resets = self._count(ticket_id, is_turn=is_turn) if called else ([], None)
        return Step(ticket_id, None, counts, resets, self.due())

    def _alone(self, least_owed: int | None) -> Placed | None:
        """Of the lists' heads the one that owes least, to be called because nobody else can be.

        ``None`` where one that has its rank already owes no more than ``least_owed``, which is as little.
        """
        least: tuple[int, _List] | None = None
        for fifo in self.lists.values():
            owed = fifo.owes(self.state)
            if owed is not None and (least is None or owed < least[0]):
                least = (owed, fifo)
        if least is None or (least_owed is not None and least_owed <= least[0]):
            return None
        return self._place(least[1], alone=True)

    def _place(self, fifo: _List, *, alone: bool) -> Placed:
        ticket = fifo.members[fifo.index][1]
        record = self.state.tickets[ticket]
        calls = fifo.calls(self.state)
        if record.place is not None and calls is not None:
            # As many as were called in fact, where fewer than usual were owed.
            calls = min(record.place.calls, max(calls, fifo.count))
        self.seq += 1
        rank = self._rank(record.lane, record.rejoined_at or record.issued_at)
        fifo.index += 1
        fifo.outstanding += 1
        insort(fifo.line.extra, (rank, ticket))
        owes = 0 if alone or calls is None else max(0, calls - fifo.count)
        if owes and calls is not None:
            self.held[ticket] = (fifo, calls)
            owes = max(owes, self.before_rank(rank, fifo.key, fifo.of))
        return Placed(ticket, rank, self.seq, alone, calls, owes)

    def _rank(self, lane: Lane, joined_at: int) -> Rank:
        """The rank directly behind the locked heads of the rooms that call ``lane``, with the present order number."""
        orders = (
            ((entry[0], self.state.tickets[entry[1]].lane == lane) for entry in self._merged(lanes))
            for lanes in self._called_with(lane)
        )
        return rank_in_several(orders, lock_of(self.state, lane[0]), self.seq, joined_at)

    def _called_with(self, lane: Lane) -> list[list[Lane]]:
        if lane not in self.beside:
            self.beside[lane] = called_with(self.state, lane)
        return self.beside[lane]

    def _merged(self, lanes: list[Lane]) -> Iterable[Entry]:
        return merge(*(self._entries(lane) for lane in lanes))

    def _entries(self, lane: Lane) -> Iterable[Entry]:
        line = self.lines.get(lane)
        return line.entries() if line is not None else self.state.lanes.get(lane, ())

    def put(self, ticket_id: str, lane: Lane, joined_at: int) -> Placed:
        """Give a ticket that is in no list yet the rank directly behind the locked head of ``lane``."""
        self.seq += 1
        rank = self._rank(lane, joined_at)
        insort(self.lines[lane].extra, (rank, ticket_id))
        return Placed(ticket_id, rank, self.seq, alone=False)

    def before(self, key: ListKey, of: str, joined_at: int, enough: int | None = None) -> int:
        """About how many whose calls count are called before one of the list who would get its place now.

        The rooms that call the lane call those before that place in turn, each its own order, until one has no more.
        Nobody is counted beyond ``enough``.
        """
        self.seq += 1
        rank = self._rank((key[1], key[2]), joined_at)
        self.seq -= 1
        return self.before_rank(rank, key, of, enough)

    def before_rank(self, rank: Rank, key: ListKey, of: str, enough: int | None = None) -> int:
        """The same of one of the list who stands at ``rank``."""
        lane = (key[1], key[2])
        # Each is read once, as far as it is needed: a lane may be long.
        rooms = [takewhile(lambda entry: entry[0] < rank, self._merged(lanes)) for lanes in self._called_with(lane)]
        called: set[str] = set()
        count = 0
        while True:
            for room in rooms:
                ticket = next((ticket for _, ticket in room if ticket not in called), None)
                if ticket is None or count == enough:
                    return count
                called.add(ticket)
                count += self._counts(ticket, key, of)

    def _counts(self, ticket_id: str, key: ListKey, of: str) -> bool:
        ticket = self.state.tickets[ticket_id]
        return ticket.stamp.fifo != key and matches(ticket, of, by_place=ticket.stamp.by == "place")

    def _count(self, ticket_id: str, *, is_turn: bool = True) -> tuple[list[ListKey], ListKey | None]:
        ticket = self.state.tickets[ticket_id]
        resets = ticket.stamp.fifo if is_turn and ticket.status == "waiting" else None
        by_place = ticket.stamp.by == "place"
        counts: list[ListKey] = []
        for key, fifo in self.lists.items():
            if key == resets:
                fifo.count = 0
                fifo.outstanding -= 1
            elif matches(ticket, fifo.of, by_place=by_place):
                fifo.count += 1
                counts.append(key)
                if fifo.counted is not None and ticket.queue == key[1] and ticket.rank is not None:
                    fifo.counted -= 1
        return (counts, resets)

    def due(self) -> list[Placed]:
        """The heads whose count has run out, in configured order, each with its rank.

        Also those who owe no more calls than those before them in the locked head will make: their place is theirs now,
        so that the locked head costs them no call more than they were promised.
        """
        return [self._place(fifo, alone=False) for fifo in self.lists.values() if self._is_due(fifo)]

    def _is_due(self, fifo: _List) -> bool:
        owed, head = fifo.owes(self.state), fifo.head()
        if not owed or head is None:
            return owed == 0
        record = self.state.tickets[head]
        return owed <= self.before(fifo.key, fifo.of, record.rejoined_at or record.issued_at, owed)


def course_at(state: State, station: StationState) -> Course:
    """The calls of an open station as they would follow each other, without the queues that stand still."""
    lanes = callable_lanes(state, station.queues, station.doctor)
    return Course(state, lanes, serving_at(state, station), room_of(state, station))


def room_of(state: State, station: StationState) -> str | None:
    """The station, where it calls from a list of its own (two-stage calling)."""
    if state.index is None or not state.index.has_room_lists:
        return None
    return station.id if look_ahead_of(state, station) else None


def _ward_of(state: State, lanes: list[Lane]) -> Ward | None:
    return state.index.wards.get(lanes[0][0]) if state.index is not None and lanes else None


def in_order(
    state: State, lanes: list[Lane], limit: int | None = None, serving: Serving = MERGE, room: str | None = None
) -> list[Ticket]:
    """The tickets of ``lanes`` in the order in which one station with all of them would call them.

    ``room``: the station, where it calls from a list of its own.
    """
    return [state.tickets[ticket] for ticket in islice(calls_of(state, lanes, serving, room), limit)]


def calls_of(state: State, lanes: list[Lane], serving: Serving = MERGE, room: str | None = None) -> Iterator[str]:
    """The same, one ticket's id after another and no further than is asked for."""
    course = Course(state, lanes, serving, room)
    while (step := course.step()) is not None:
        yield step.ticket


def matches(ticket: Ticket, of: str, *, by_place: bool) -> bool:
    """Whether a call of ``ticket`` counts for a rule's filter.

    A ``return`` is a ticket that waits by a place stamp, came back with results or was missed before; a ``first_visit``
    is any other.
    """
    if of == "any":
        return True
    if of in {"appointment", "walk_in"}:
        is_booked = ticket.origin == "appointment" or (ticket.origin == "order" and ticket.slot_start is not None)
        return is_booked == (of == "appointment")
    came_back = by_place or ticket.misses > 0 or ticket.returned > 0
    return came_back if of == "return" else not came_back
