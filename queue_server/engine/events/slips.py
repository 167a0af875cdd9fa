"""Events of a guide slip: its stops, the order they are in, and where the patient is called now.

The order of a slip changes by ``SlipPlanned`` and by nothing else.
"""

from __future__ import annotations

from typing import Literal

from queue_server.engine.events.parts import EventHead, Place, Rank, Stamp
from queue_server.engine.itinerary import Leg
from queue_server.engine.slip_parts import SlipStop


class SlipIssued(EventHead, frozen=True, kw_only=True):
    """A slip was given, or got further stops. ``stops`` are all that it has."""

    slip: str
    person: str
    stops: list[SlipStop]


class SlipPlanned(EventHead, frozen=True, kw_only=True):
    """The stops that are left have this order from now on, each with the sentence that says why it stands there.

    Attributes:
        legs: those that are left, first to last.
        done: the stops that are over, each with the moment its result is there (0: it will have none).
        opens_at: when the first one is ready, while only time stands before it.
        why: the slip was issued or got stops, a stop is over, something became ready, or somebody asked.
        due_at: where a time brought it about.
    """

    slip: str
    person: str
    legs: list[Leg]
    done: list[tuple[str, int]]
    opens_at: int | None
    why: Literal["issued", "over", "ready", "asked"]
    due_at: int | None = None


class StopHeld(EventHead, frozen=True, kw_only=True):
    """A waiting ticket is not called until its stop's turn; its place is kept."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    slip: str


class StopOpened(EventHead, frozen=True, kw_only=True):
    """The stop's turn has come: its ticket waits in the place that was kept. ``returns``: back at the doctor's."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    slip: str
    rank: Rank | None
    place: Place | None
    stamp: Stamp
    seq: int
    returns: bool = False
    due_at: int | None = None


class SlipEnded(EventHead, frozen=True, kw_only=True):
    """Nothing is left on the slip."""

    slip: str
    person: str
