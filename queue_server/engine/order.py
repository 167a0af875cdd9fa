"""Who is called next: lanes by rank, lists of place stamps by countdown, the locked head.

``Course`` walks forward from a state without changing it, one call at a time. ``CallNext`` takes its first step, and
whoever asks for the waiting order takes them all: the order shown is the order called, because it is the same code.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from queue_server.engine.lanes import callable_lanes, lock_of
from queue_server.engine.lines import Entry, Line, rank_by_place
from queue_server.engine.rooms import Rooms, look_ahead_of
from queue_server.engine.serving import MERGE, Serving, accepts, after_turn, choose, serving_at

if TYPE_CHECKING:
    from queue_server.engine.entries import Lane, StationState, Ticket
    from queue_server.engine.events import ListKey, Rank, Turn
    from queue_server.engine.state import State

T = TypeVar("T")


class Placed(NamedTuple):
    """A ticket of a list of place stamps that gets its rank; ``calls`` is what it owed, where it was in the list."""

    ticket: str
    rank: Rank
    seq: int
    alone: bool
    calls: int | None = None


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
        self.outstanding = state.outstanding.get(key, 0)
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

    __slots__ = ("lines", "lists", "room", "rooms", "seq", "serving", "state")

    def __init__(self, state: State, lanes: list[Lane], serving: Serving = MERGE, room: str | None = None) -> None:
        self.state = state
        self.serving = serving
        self.seq = state.seq
        self.room = room
        self.rooms = Rooms(state, lanes) if room is not None else None
        if self.rooms is not None:
            self.lines = {lane: self.rooms.lines[lane] for lane in lanes}
        else:
            self.lines = {
                lane: Line(self._accepted(state.lanes.get(lane, [])), lock_of(state, lane[0])) for lane in lanes
            }
        self.lists: dict[ListKey, _List] = {}
        # A doctor's own list before the pool, queues as the station has them, rules as configured.
        for lane, line in self.lines.items():
            for key in state.lists.get(lane, ()):
                peers = [other for (queue, _), other in self.lines.items() if queue == lane[0]]
                self.lists[key] = _List(state, key, self._accepted(state.fifos.get(key, [])), line, peers)

    def _accepted(self, entries: list[tuple[T, str]]) -> list[tuple[T, str]]:
        """Those whom the room takes, whatever their level; nearly always everybody."""
        levels = self.serving.levels
        if not levels:
            return entries
        return [entry for entry in entries if accepts(self.state, levels, self.state.tickets[entry[1]])]

    def step(self) -> Step | None:
        """The next call, or ``None`` when nobody can be called."""
        first: Placed | None = None
        found = self._head()
        if found is None:
            # Whoever still owes calls waits for them while anybody of any queue can be called.
            first = self._alone()
            found = self._head()
            if first is None or found is None:
                return None
        line, entry, turn = found
        if self.rooms is not None:
            self.rooms.leave(entry[1], self.state.tickets[entry[1]].lane)
        else:
            line.pop()
        counts, resets = self._count(entry[1])
        due = self.due()
        if self.rooms is not None and self.room is not None:
            self.rooms.rooms[self.room].is_busy = True
            self.rooms.settle()
        return Step(entry[1], first, counts, resets, due, turn)

    def _head(self) -> tuple[Line, Entry, Turn] | None:
        """Whose rank is called next: the line, its head, and what the call does to the station's turns."""
        if self.rooms is not None and self.room is not None:
            found = self.rooms.next_of(self.room, self.lines)
            return None if found is None else (*found, "none")
        best: Line | None = None
        entry: Entry | None = None
        heads: dict[str, tuple[Entry, Line]] = {}
        is_merged = self.serving.mode == "merge"
        for (queue, _), line in self.lines.items():
            head = line.head()
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
        """A ticket leaves out of turn: ``called`` (on paper), or ended."""
        ticket = self.state.tickets[ticket_id]
        fifo = self.lists.get(ticket.stamp.fifo) if ticket.stamp.fifo else None
        if ticket.rank is not None:
            self.lines[ticket.lane].gone.add(ticket_id)
            if fifo is not None and not called:
                fifo.outstanding -= 1
        elif ticket.place is not None and fifo is not None:
            fifo.members = [member for member in fifo.members if member[1] != ticket_id]
            fifo.outstanding += called
        counts, resets = self._count(ticket_id) if called else ([], None)
        return Step(ticket_id, None, counts, resets, self.due())

    def _alone(self) -> Placed | None:
        """Of the lists' heads the one that owes least, to be called because nobody else can be."""
        least: tuple[int, _List] | None = None
        for fifo in self.lists.values():
            owed = fifo.owes(self.state)
            if owed is not None and (least is None or owed < least[0]):
                least = (owed, fifo)
        return self._place(least[1], alone=True) if least else None

    def _place(self, fifo: _List, *, alone: bool) -> Placed:
        ticket = fifo.members[fifo.index][1]
        record = self.state.tickets[ticket]
        calls = fifo.calls(self.state)
        if record.place is not None and calls is not None:
            # As many as were called in fact, where fewer than usual were owed.
            calls = min(record.place.calls, max(calls, fifo.count))
        self.seq += 1
        joined_at = record.rejoined_at or record.issued_at
        rank = rank_by_place(fifo.line.ranks(), fifo.line.lock, self.seq, joined_at)
        fifo.index += 1
        fifo.outstanding += 1
        insort(fifo.line.extra, (rank, ticket))
        return Placed(ticket, rank, self.seq, alone, calls)

    def put(self, ticket_id: str, lane: Lane, joined_at: int) -> Placed:
        """Give a ticket that is in no list yet the rank directly behind the locked head of ``lane``."""
        line = self.lines[lane]
        self.seq += 1
        rank = rank_by_place(line.ranks(), line.lock, self.seq, joined_at)
        insort(line.extra, (rank, ticket_id))
        return Placed(ticket_id, rank, self.seq, alone=False)

    def _count(self, ticket_id: str) -> tuple[list[ListKey], ListKey | None]:
        ticket = self.state.tickets[ticket_id]
        resets = ticket.stamp.fifo if ticket.status == "waiting" else None
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
        """The heads whose count has run out, in configured order, each with its rank."""
        return [self._place(fifo, alone=False) for fifo in self.lists.values() if fifo.owes(self.state) == 0]


def course_at(state: State, station: StationState) -> Course:
    """The calls of an open station as they would follow each other, without the queues that stand still."""
    lanes = callable_lanes(state, station.queues, station.doctor)
    return Course(state, lanes, serving_at(state, station), room_of(state, station))


def room_of(state: State, station: StationState) -> str | None:
    """The station, where it calls from a list of its own (two-stage calling)."""
    if state.index is None or not state.index.has_room_lists:
        return None
    return station.id if look_ahead_of(state, station) else None


def in_order(
    state: State, lanes: list[Lane], limit: int | None = None, serving: Serving = MERGE, room: str | None = None
) -> list[Ticket]:
    """The tickets of ``lanes`` in the order in which one station with all of them would call them.

    ``room``: the station, where it calls from a list of its own.
    """
    course = Course(state, lanes, serving, room)
    found: list[Ticket] = []
    while limit is None or len(found) < limit:
        step = course.step()
        if step is None:
            break
        found.append(state.tickets[step.ticket])
    return found


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
