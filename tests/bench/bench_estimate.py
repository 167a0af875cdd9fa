"""How well the expected wait keeps what it says, beside the formula without a record and a rolling mean of waits.

Shares of waits within the interval, and its mean width in minutes; the floor of a width is that of the rolling mean, of
a share the eight of ten that the interval claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from queue_server.simulation import scenarios
from tests.queue_server.simulation.calibration import Told, by_place, half_a_year, score, slower

DAYS, WARM_UP = 300, 50
"""More than thirty thousand tickets."""
CLAIMED = 0.8
NEAREST, FARTHEST = 0.76, 0.84
WAYS = {"own": "interval by the record", "formula": "formula alone", "rolling": "rolling mean"}


def run() -> Iterator[dict[str, Any]]:
    """Every policy, all tickets and each class of places; then services that take half as long again."""
    usual = scenarios.half_day_clinic()
    for name in ("stamped", "fcfs"):
        policy = scenarios.policies()[name]
        told = [one for one in half_a_year(DAYS, policy) if one.day >= WARM_UP]
        for way, words in WAYS.items():
            yield from _lines(f"{name}, {words}", told, way, is_held=way == "own")
        for place, some in by_place(told):
            yield from _lines(f"{name}, place class {place}", some, "own", is_held=True)
    slow = slower(usual, 1.5)
    told = half_a_year(60, scenarios.policies()["stamped"], lambda n: usual if n < 45 else slow)
    changed = [one for one in told if one.day >= 45]
    for way, words in WAYS.items():
        yield from _lines(f"services half as long again, {words}", changed, way, is_held=False)


def _lines(case: str, told: list[Told], way: str, *, is_held: bool) -> Iterator[dict[str, Any]]:
    found, rolling = score(told, way), score(told, "rolling")
    yield _line(case, "share within", "1", found.share, CLAIMED, found.waits) | {
        "target": [NEAREST, FARTHEST] if is_held else None,
        "holds": NEAREST <= found.share <= FARTHEST if is_held else None,
    }
    yield _line(case, "mean width", "min", found.width, rolling.width, found.waits)


def _line(case: str, figure: str, unit: str, value: float, floor: float, rounds: int) -> dict[str, Any]:
    return {
        "bench": "estimate",
        "case": case,
        "figure": figure,
        "unit": unit,
        "median": round(value, 3),
        "floor": round(floor, 3),
        "ratio": round(value / floor, 3) if floor else None,
        "target": None,
        "holds": None,
        "rounds": rounds,
    }
