"""Two-stage calling 二级候诊: who waits at which room's door, and whom a room calls.

A ticket keeps its rank wherever it waits. The hall is everybody of a lane who is in no room's list; a list takes from
it, smallest rank first, whenever it has a free place. What is said here holds of a state and of a ``Course`` read
forward alike: the places given are the places shown, because it is the same code.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from queue_server.engine.bound import margins
from queue_server.engine.lanes import lanes_of, lock_of
from queue_server.engine.lines import Entry, Line
from queue_server.engine.room_records import RoomList
from queue_server.engine.serving import accepts, serving_at
from queue_server.engine.stamps import MINUTE, ROUTINE_TIER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from queue_server.engine.entries import Lane, StationState, Ticket, Ward
    from queue_server.engine.state import State


Why: TypeAlias = Literal["free", "emergency", "closed", "paused", "level", "displaced", "full"]


class Move(NamedTuple):
    """A ticket goes to the door of ``station``, or leaves it for the hall."""

    ticket: str
    station: str
    why: Why


class Room:
    """A room's list as it stands on the way."""

    __slots__ = ("id", "is_busy", "lanes", "levels", "listed", "look_ahead", "order")

    def __init__(self, state: State, of: RoomList) -> None:
        self.id = of.station
        self.is_busy = state.stations[of.station].current is not None
        self.lanes = [lane for lane in of.lanes if lane[0] not in state.paused] if state.paused else of.lanes
        self.levels = of.levels
        self.look_ahead = of.look_ahead
        self.order = of.order
        self.listed = list(state.doors.get(of.station, ()))

    @property
    def load(self) -> tuple[int, int]:
        """Who has the fewest before the next one gets the next one; of several the first as configured."""
        return (len(self.listed) + self.is_busy, self.order)


def look_ahead_of(state: State, station: StationState) -> int:
    """How many tickets the station's list takes; 0 where it has none and calls from the hall.

    Of several queues the smallest limit counts. One that takes turns, or calls one queue before another, has no list,
    nor has one that was opened for a queue which the configuration has taken from it since.
    """
    if state.index is None or not station.is_open or not state.index.listed.issuperset(station.queues):
        return 0
    configured = state.index.stations.get(station.id)
    if configured is None:
        return 0
    if configured.serves != "merge" and len(station.queues) > 1:
        return 0
    if any(queue not in configured.queues for queue in station.queues):
        return 0
    queues = [state.index.queues.get(queue) for queue in station.queues]
    return min((queue.room_look_ahead if queue is not None else 0 for queue in queues), default=0)


def room_lists(state: State, ward: Ward) -> list[RoomList]:
    """The lists of the ward's open rooms that have one: kept in the state until one of its stations changes."""
    found = state.room_lists.get(ward.queues)
    if found is None:
        found = state.room_lists[ward.queues] = list(_lists_of(state, ward.stations))
    return found


def _all_lists(state: State) -> Iterable[RoomList]:
    stations = state.site.stations if state.site is not None else ()
    return _lists_of(state, [(order, station.id) for order, station in enumerate(stations)])


def _lists_of(state: State, stations: Iterable[tuple[int, str]]) -> Iterator[RoomList]:
    for order, station_id in stations:
        station = state.stations.get(station_id)
        limit = look_ahead_of(state, station) if station is not None else 0
        if station is not None and limit:
            lanes = lanes_of(station.queues, station.doctor)
            yield RoomList(order, station_id, lanes, serving_at(state, station).levels, limit)


class Rooms:
    """The lists of the open rooms that have one, and the hall before them; read forward without changing the state."""

    __slots__ = ("_is_settled", "lines", "rooms", "state", "where")

    def __init__(self, state: State, lanes: Iterable[Lane] = (), ward: Ward | None = None) -> None:
        """Take them from ``state``.

        Args:
            state: the lobby.
            lanes: what is read besides the rooms' own.
            ward: the rooms that matter; ``None``: all.
        """
        self.state = state
        self._is_settled = False
        doors = state.doors
        if ward is not None:
            doors = {key: doors[key] for _, key in ward.stations if key in doors}
        self.where: dict[str, str] = {ticket: station for station, listed in doors.items() for _, ticket in listed}
        lists = _all_lists(state) if ward is None else room_lists(state, ward)
        self.rooms: dict[str, Room] = {of.station: Room(state, of) for of in lists}
        every = dict.fromkeys([*lanes, *(lane for room in self.rooms.values() for lane in room.lanes)])
        self.lines = {lane: Line(state.lanes.get(lane, []), lock_of(state, lane[0])) for lane in every}

    # --- whom a room calls --------------------------------------------------------------------------------------------

    def next_of(self, room: str, lanes: Iterable[Lane], held: Collection[str]) -> tuple[Line, Entry] | None:
        """Whom the room calls next of ``lanes``: of its list, else of the hall, else of the other rooms' lists.

        Whoever would be passed against what was promised goes before that one, wherever the ticket stands. Nobody of
        those who are ``held``.
        """
        here = self.rooms[room]
        own = set(lanes)
        entry = next((entry for entry in here.listed if entry[1] not in held), None)
        entry = entry or self._first(here, own, {*self.where, *held}) or self._first(here, own, held)
        if entry is None:
            return None
        passed = min(filter(None, (self._passed(here, lane, entry, held) for lane in own)), default=entry)
        return (self.lines[self._ticket(passed).lane], passed)

    def _passed(self, room: Room, lane: Lane, entry: Entry, held: Collection[str]) -> Entry | None:
        """The first of a lane, before ``entry`` by rank, who may not see that one go first."""
        checked_in = self._ticket(entry).issued_at
        for other in self.lines[lane].entries():
            if other >= entry:
                return None
            if other[1] in held or not self._takes(room, other):
                continue
            # An emergency, and a turn by count that has come, are the next room's that is free.
            if other[0][0] < ROUTINE_TIER or self._ticket(other).stamp.by == "place":
                return other
            until = self._until(other)
            if until is not None and until < checked_in:
                return other
        return None

    def _until(self, entry: Entry) -> int | None:
        """Nobody who checks in after this moment goes before ``entry``: as published, or as the rules have it now."""
        ticket = self._ticket(entry)
        if ticket.stamp.bound is not None:
            return ticket.stamp.bound
        index = self.state.index
        queue = index.queues.get(ticket.queue) if index else None
        if index is None or queue is None:
            return None
        if queue.triage:
            return 0  # The levels alone order an emergency queue.
        minutes = margins(index, queue.id).minutes
        return None if minutes is None else entry[0][1] + minutes * MINUTE

    def leave(self, ticket_id: str, lane: Lane) -> None:
        """A ticket is called from wherever it stands."""
        self._out(ticket_id)
        self.lines[lane].leave(ticket_id)

    # --- who goes to a door -------------------------------------------------------------------------------------------

    def settle(self, *, back: bool = True) -> list[Move]:
        """Give the free places, and take back what no room can call; nothing is left to move afterwards.

        ``back``: whether anybody can stand where no room can call; nobody does after a call of a settled lobby.
        """
        moves = [*self._returns()] if back else []
        self._is_settled = True
        return [*moves, *self._give()]

    def go_on(self) -> None:
        """Settle again after a call; only the first time can anybody stand where no room can call."""
        if self._is_settled:
            self._give()
        else:
            self.settle()

    def _give(self) -> list[Move]:
        moves = [*self._fill()]
        while True:
            displaced = list(self._displace())
            if not displaced:
                return moves
            moves += [*displaced, *self._fill()]

    def _returns(self) -> Iterator[Move]:
        for ticket_id, station in sorted(self.where.items(), key=lambda found: (found[1], found[0])):
            room = self.rooms.get(station)
            ticket = self.state.tickets[ticket_id]
            why: Why | None = None
            if room is None or ticket.lane not in room.lanes:
                why = "paused" if room is not None and ticket.queue in self.state.paused else "closed"
            elif not accepts(self.state, room.levels, ticket):
                why = "level"
            if why is not None:
                self._out(ticket_id)
                yield Move(ticket_id, station, why)
        for room in self.rooms.values():
            while len(room.listed) > room.look_ahead:
                last = max(room.listed, key=lambda entry: (not self._ticket(entry).door_by_hand, entry))
                self._out(last[1])
                yield Move(last[1], room.id, "full")

    def _fill(self) -> Iterator[Move]:
        while True:
            free = [room for room in self.rooms.values() if len(room.listed) < room.look_ahead]
            found = [(self._first(room, self._automatic(room), self.where), room) for room in free]
            heads = [head for head, _ in found if head is not None]
            if not heads:
                return
            entry = min(heads)
            room = min((room for head, room in found if head == entry), key=lambda room: room.load)
            self._in(room, entry)
            yield Move(entry[1], room.id, "free")

    def _displace(self) -> Iterator[Move]:
        """The first emergency in the hall takes the place of whoever is called last of those who are none."""
        if not any(head[0][0] < ROUTINE_TIER for line in self.lines.values() if (head := line.head()) is not None):
            return
        found = [(self._first(room, self._automatic(room), self.where), room) for room in self.rooms.values()]
        heads = {head for head, _ in found if head is not None and head[0][0] < ROUTINE_TIER}
        for entry in sorted(heads):
            rooms = [room for head, room in found if head == entry and room.listed]
            room = max(rooms, key=lambda room: room.listed[-1], default=None)
            if room is not None and room.listed[-1][0][0] >= ROUTINE_TIER:
                last = room.listed[-1]
                self._out(last[1])
                yield Move(last[1], room.id, "displaced")
                self._in(room, entry)
                yield Move(entry[1], room.id, "emergency")
                return

    def _automatic(self, room: Room) -> list[Lane]:
        queues = self.state.index.queues if self.state.index else {}
        return [lane for lane in room.lanes if queues[lane[0]].room_assignment == "automatic"]

    # --- parts --------------------------------------------------------------------------------------------------------

    def _first(self, room: Room, lanes: Iterable[Lane], apart: Collection[str]) -> Entry | None:
        """The smallest rank in ``lanes`` whom the room takes and who is not ``apart``."""
        heads = (self._head(room, lane, apart) for lane in lanes)
        return min((head for head in heads if head is not None), default=None)

    def _head(self, room: Room, lane: Lane, apart: Collection[str]) -> Entry | None:
        for entry in self.lines[lane].entries():
            if entry[1] not in apart and self._takes(room, entry):
                return entry
        return None

    def _takes(self, room: Room, entry: Entry) -> bool:
        return not room.levels or accepts(self.state, room.levels, self._ticket(entry))

    def _ticket(self, entry: Entry) -> Ticket:
        return self.state.tickets[entry[1]]

    def _in(self, room: Room, entry: Entry) -> None:
        insort(room.listed, entry)
        self.where[entry[1]] = room.id

    def _out(self, ticket_id: str) -> None:
        room = self.rooms.get(self.where.pop(ticket_id, ""))
        if room is not None:
            room.listed = [entry for entry in room.listed if entry[1] != ticket_id]
