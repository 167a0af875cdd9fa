"""When rooms were open, when they paused, and how quickly they called: all that stays with the room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from statistics import median

from queue_server.engine import events as e
from queue_server.engine.entries import Lane
from queue_server.engine.site import Site
from queue_server.engine.stamps import MINUTE
from queue_server.replay.visits import Opening, Room

LONGEST_PAUSE = 10 * MINUTE
"""A room that calls nobody for longer, although somebody waits, is on a break, which is of the clock and not of the
pace. Shorter pauses are how the room works: notes are written, hands are washed."""


class _Station:
    """A station while the day is read. ``since``: from when on it could have called."""

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.opening: tuple[int, e.StationOpened] | None = None
        self.has_patient = False
        self.since: int | None = None
        self.openings: list[tuple[int, int, e.StationOpened, list[Lane]]] = []
        self.breaks: list[tuple[int, int]] = []
        self.pace: list[int] = []
        self.usual: list[int] = []


class Rooms:
    """Follows who waits in which lane, and what each station makes of it."""

    def __init__(self, site: Site) -> None:
        self.order = [station.id for station in site.stations]
        self.stations: dict[str, _Station] = {}
        self.of_lane: dict[Lane, dict[str, None]] = {}
        self.waiting: Counter[Lane] = Counter()
        self.touched: dict[str, None] = {}
        self.paused: set[str] = set()

    def pause(self, queue: str, *, is_paused: bool) -> None:
        """Nobody is called from ``queue``, or everybody again."""
        (self.paused.add if is_paused else self.paused.discard)(queue)
        for lane, stations in self.of_lane.items():
            if lane[0] == queue:
                self.touched.update(stations)

    def join(self, lane: Lane) -> None:
        """Somebody waits in ``lane``."""
        self.waiting[lane] += 1
        self.touched.update(self.of_lane.get(lane, {}))

    def leave(self, lane: Lane) -> None:
        """One fewer waits there."""
        self.waiting[lane] -= 1
        self.touched.update(self.of_lane.get(lane, {}))

    def opened(self, station: str, at: int, event: e.StationOpened, lanes: list[Lane]) -> None:
        """The station is in use for ``lanes``; an opening that goes on under other terms ends here."""
        self.closed(station, at)
        found = self.stations.setdefault(station, _Station())
        found.opening, found.lanes, found.has_patient = (at, event), lanes, False
        for lane in lanes:
            self.of_lane.setdefault(lane, {})[station] = None
        self.touched[station] = None

    def closed(self, station: str, at: int) -> None:
        """The station is in use no more."""
        found = self.stations.get(station)
        if found is None or found.opening is None:
            return
        opened_at, event = found.opening
        found.openings.append((opened_at, at, event, found.lanes))
        for lane in found.lanes:
            self.of_lane[lane].pop(station, None)
        self._let_pass(found, at)
        found.opening, found.lanes = None, []

    def close_all(self, at: int) -> None:
        """The day is over."""
        for station in list(self.stations):
            self.closed(station, at)

    def called(self, station: str, at: int) -> None:
        """The station called somebody."""
        found = self.stations.setdefault(station, _Station())
        found.has_patient = True
        waited = 0 if found.since is None else at - found.since
        if waited > LONGEST_PAUSE:
            found.breaks.append((at - waited, at))
            waited = 0
        found.pace.append(waited)
        found.usual.append(waited)
        found.since = None

    def freed(self, station: str) -> None:
        """The station has nobody any more."""
        if (found := self.stations.get(station)) is not None:
            found.has_patient = False
            self.touched[station] = None

    def settle(self, at: int) -> None:
        """Nothing further happens at this moment: who of those that something changed for could call now?"""
        for station in self.touched:
            found = self.stations[station]
            if found.opening is None or found.has_patient:
                continue
            if any(self.waiting[lane] > 0 and lane[0] not in self.paused for lane in found.lanes):
                if found.since is None:
                    found.since = at
            else:
                self._let_pass(found, at)
        self.touched.clear()

    def _let_pass(self, found: _Station, at: int) -> None:
        """Others called whoever waited, or the room closed: it would have taken longer than that."""
        since, found.since = found.since, None
        if since is None or since == at:
            return
        if at - since > LONGEST_PAUSE:
            found.breaks.append((since, at))
        else:
            found.pace.append(at - since + 1)

    def all(self, last_calls: Mapping[Lane, int], day_opened_at: int) -> tuple[Room, ...]:
        """Every room that was in use, in the configuration's order.

        Args:
            last_calls: when somebody was last called from a lane.
            day_opened_at: nobody calls before that.
        """
        known = {station: place for place, station in enumerate(self.order)}
        rooms = sorted(self.stations.items(), key=lambda item: (known.get(item[0], len(known)), item[0]))
        return tuple(
            Room(
                station=station,
                openings=tuple(
                    Opening(
                        max(opens, day_opened_at),
                        closes,
                        event.staff,
                        event.doctor,
                        tuple(event.queues),
                        stays=all(last_calls.get(lane, 0) <= closes for lane in lanes),
                    )
                    for opens, closes, event, lanes in found.openings
                    if closes > day_opened_at
                ),
                breaks=tuple(found.breaks),
                pace=tuple(found.pace),
                usual=int(median(found.usual)) if found.usual else 0,
            )
            for station, found in rooms
        )
