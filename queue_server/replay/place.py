"""A room while a past day runs again."""

from __future__ import annotations

from queue_server.engine.entries import Lane
from queue_server.engine.state import State
from queue_server.replay.visits import Opening, Room


class Place:
    """A room while the day runs.

    ``opening`` is what it should be doing, ``working`` what it was opened for; ``visit`` whom it has; ``since`` from
    when on it could have called.
    """

    __slots__ = (
        "breaks", "free_since", "index", "lanes", "opening", "pace", "paced", "served", "since", "station", "usual",
        "visit", "working",
    )  # fmt: skip

    def __init__(self, index: int, room: Room) -> None:
        self.index = index
        self.station = room.station
        self.breaks = room.breaks
        self.pace = room.pace
        self.usual = room.usual
        self.paced = 0
        self.lanes: list[Lane] = []
        self.opening: Opening | None = None
        self.working: Opening | None = None
        self.visit: int | None = None
        self.served = False
        self.free_since = 0
        self.since: int | None = None

    def next_pace(self) -> int:
        """How long it lets pass before the next call, microseconds."""
        return self.pace[self.paced] if self.paced < len(self.pace) else self.usual

    def somebody_waits(self, state: State) -> bool:
        """Whether anybody waits whom it may call: asking costs less than a call that is refused."""
        # A hospital has many idle rooms for each arrival.
        return any(
            state.lanes.get(lane) or any(state.fifos.get(key) for key in state.lists.get(lane, ()))
            for lane in self.lanes
            if lane[0] not in state.paused
        )

    def break_at(self, now: int) -> int | None:
        """The end of the break that ``now`` is in."""
        return next((until for begins, until in self.breaks if begins <= now < until), None)


def visit_at(place: Place) -> int:
    """The visit that the room has.

    Raises:
        RuntimeError: it has none.
    """
    if place.visit is None:
        raise RuntimeError(f"{place.station} has no patient")
    return place.visit
