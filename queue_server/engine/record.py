"""What past days say of a queue: how waits went beside what was expected, how long services took. Integers only."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from queue_server.engine.events import Expected

_SECONDS = 60


class Waits(msgspec.Struct, frozen=True, gc=False):
    """How the waits of one kind and class of places went, as thousandths of what was their base.

    Attributes:
        ratios: 1000 x wait / base of the latest, oldest first, at most ``MOST``.
        marks: their 10, 50 and 90 % quantiles; ``None`` while there are fewer than ``LEAST``. Where one in ten or more
            waited not at all, nobody waits less than the first: then the last is the 80 % quantile, for eight of ten.
    """

    ratios: tuple[int, ...] = ()
    marks: tuple[int, int, int] | None = None


class Judged(msgspec.Struct, frozen=True, gc=False):
    """How many of a day's finished waits were within the minutes shown at check-in."""

    day: str
    inside: int
    waits: int


class QueueRecord(msgspec.Struct, frozen=True):
    """A queue's record of all days before today.

    Attributes:
        waits: by ``cell_of``.
        services: number and total microseconds of services by doctor (else station), halved each day; ``""`` is all.
        overtakes: how many were called before somebody who had checked in before them, halved each day.
        waited_s: the seconds waited while that happened, halved each day.
        days: how the latest days' intervals did, oldest first, at most ``DAYS``.
    """

    waits: dict[str, Waits] = {}
    services: dict[str, tuple[int, int]] = {}
    overtakes: int = 0
    waited_s: int = 0
    days: tuple[Judged, ...] = ()


MOST = 400
"""A class keeps so many of its latest waits."""
LEAST = 60
"""A class with fewer says nothing yet."""
DAYS = 7
"""The track record that is shown reaches back so many days."""
_PLACES = (0, 1, 4, 8, 15)
"""Where the classes of places begin: so many people before."""


def bin_of(before: int) -> int:
    """The class of places of somebody with ``before`` people before."""
    return bisect_right(_PLACES, before) - 1


def cell_of(kind: str, place: int) -> str:
    """Under which name a record keeps the waits of a kind in a class of places."""
    return f"{kind}/{place}"


def quantile(ordered: list[int], share: float) -> int:
    """The ``share`` quantile of ordered numbers, between neighbours in proportion, rounded.

    With n numbers the k-th is the k / (n + 1) quantile, so that the next one falls below it with that probability
    (Hyndman and Fan 1996, definition 6).
    """
    place = share * (len(ordered) + 1) - 1
    lower = min(max(int(place), 0), len(ordered) - 1)
    upper = min(lower + 1, len(ordered) - 1)
    part = min(max(place - lower, 0.0), 1.0)
    return round(ordered[lower] + part * (ordered[upper] - ordered[lower]))


def with_ratios(waits: Waits, ratios: list[int]) -> Waits:
    """The record with further waits, oldest first."""
    kept = (*waits.ratios, *ratios)[-MOST:]
    if len(kept) < LEAST:
        return Waits(kept)
    ordered = sorted(kept)
    low = quantile(ordered, 0.1)
    return Waits(kept, (low, quantile(ordered, 0.5), quantile(ordered, 0.9 if low else 0.8)))


def shown_min(expected: Expected) -> tuple[int, int]:
    """The interval in whole minutes, rounded outward; its ends are never the same."""
    low = max(0, expected.low_s) // _SECONDS
    return (low, max(low + 1, -(-expected.high_s // _SECONDS)))
