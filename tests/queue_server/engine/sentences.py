"""What a log's tickets were told, held to what then came."""

from __future__ import annotations

import re

from queue_server.engine import events as e
from queue_server.engine.lanes import lanes_of

_TURNS = re.compile(r"at most one for every (?:(\d+) calls|call)\b")


class Held:
    """A ticket that waits with a sentence, and who has been called since it was given."""

    def __init__(self, lane: tuple[str, str | None], stamp: e.Stamp) -> None:
        self.lane = lane
        self.bound = stamp.bound
        said = _TURNS.search(stamp.promise.en)
        self.every = int(said[1] or 1) if said else None
        self.calls = 0
        self.turns: dict[e.ListKey, int] = {}

    def sees(self, stamp: e.Stamp, checked_in: int, *, excused: bool, here: bool) -> None:
        """Somebody else is called, ``here`` at a station that might have called this one."""
        self.calls += 1
        if not here:
            return
        assert excused or checked_in <= self.bound, "called against the sentence"
        if stamp.by == "place":
            assert self.every is not None, "a turn by count that the sentence does not except"
            self.turns[stamp.fifo] = self.turns.get(stamp.fifo, 0) + 1
            assert self.turns[stamp.fifo] <= 1 + self.calls // self.every, "more turns by count than the sentence says"


def hold_to_the_sentences(log: list[e.Recorded]) -> int:
    """Read a day's log as a patient would; how many sentences it was held to."""
    issued: dict[str, int] = {}
    stamps: dict[str, e.Stamp] = {}
    missed: set[str] = set()
    lanes: dict[str, list[tuple[str, str | None]]] = {}
    held: dict[str, Held] = {}
    sentences = 0
    for recorded in log:
        event = recorded.event
        if isinstance(event, e.StationOpened):
            lanes[event.station] = lanes_of(event.queues, event.doctor)
        elif isinstance(event, e.TicketIssued | e.Stamped | e.Rejoined):
            issued.setdefault(event.ticket, recorded.at)
            stamps[event.ticket] = event.stamp
            held.pop(event.ticket, None)
            if event.stamp.bound is not None:
                held[event.ticket] = Held((event.queue, event.doctor), event.stamp)
                sentences += 1
        elif isinstance(event, e.Missed):
            missed.add(event.ticket)
        elif isinstance(event, e.Cancelled | e.Lapsed | e.NoShow):
            held.pop(event.ticket, None)
        elif isinstance(event, e.Called):
            held.pop(event.ticket, None)
            stamp = stamps[event.ticket]
            excused = stamp.by != "time" or event.ticket in missed
            for other in held.values():
                other.sees(stamp, issued[event.ticket], excused=excused, here=other.lane in lanes[event.station])
    return sentences
