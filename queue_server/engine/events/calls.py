"""Events of a station and of whom it calls: called, missed and back, in service, seen."""

from __future__ import annotations

from typing import Literal

from queue_server.engine.events.parts import EventHead, ListKey, Place, Rank, Stamp, Turn


class StationOpened(EventHead, frozen=True, kw_only=True):
    """A station came into use; it calls the ``queues`` and the list of ``doctor``."""

    station: str
    staff: str
    doctor: str | None
    queues: list[str]


class StationClosed(EventHead, frozen=True, kw_only=True):
    """The station stopped calling."""

    station: str


class Called(EventHead, frozen=True, kw_only=True):
    """A ticket was called to a station.

    ``counts``: the lists it counts down; ``resets``: the list it came through; ``turn``: what it does at a
    station that serves its queues by turns.

    ``picked``: out of turn, by the code of its reason. Version 2 added it.
    """

    v: int = 2
    ticket: str
    number: str
    queue: str
    doctor: str | None
    station: str
    counts: list[ListKey]
    resets: ListKey | None
    turn: Turn = "none"
    picked: str | None = None


class Recalled(EventHead, frozen=True, kw_only=True):
    """The same patient was called again; ``repeat`` counts from 1."""

    ticket: str
    number: str
    queue: str
    station: str
    repeat: int


class Missed(EventHead, frozen=True, kw_only=True):
    """The called patient did not come."""

    ticket: str
    number: str
    queue: str
    station: str
    misses: int


class Rejoined(EventHead, frozen=True, kw_only=True):
    """The missed patient came back and waits again."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    rank: Rank | None
    place: Place | None
    stamp: Stamp
    seq: int


class ServiceStarted(EventHead, frozen=True, kw_only=True):
    """The called patient is in service."""

    ticket: str
    number: str
    queue: str
    station: str


class Finished(EventHead, frozen=True, kw_only=True):
    """The patient has been seen."""

    ticket: str
    number: str
    queue: str
    station: str


class PaperCallRecorded(EventHead, frozen=True, kw_only=True):
    """A call made on paper at ``called_at``, entered afterwards; never announced."""

    ticket: str
    number: str
    queue: str
    doctor: str | None
    station: str
    called_at: int
    outcome: Literal["seen", "missed"]
    misses: int
    counts: list[ListKey]
    resets: ListKey | None
