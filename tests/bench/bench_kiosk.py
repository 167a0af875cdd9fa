"""The kiosk's window: how soon it stands, how soon a tap is answered, how much memory it takes.

The floor is an empty QML window with the same size, painter and interpreter, started in the same round.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
ROUNDS = 5
START_S = 1.5
TAP_MS = 100.0
RSS_MIB = 200.0


def probe(what: str) -> tuple[float, dict[str, Any]]:
    """Start a window; return the seconds to its first frame and what it said."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.kiosk_probe", what], cwd=ROOT, check=True, capture_output=True, text=True
    )
    said = json.loads(done.stdout.splitlines()[-1])
    return said["first_frame"] - began, said


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def run() -> Iterator[dict[str, Any]]:
    """All rows."""
    rounds = [(probe("empty"), probe("kiosk")) for _ in range(ROUNDS)]
    starts = [kiosk[0] for _, kiosk in rounds]
    floors = [empty[0] for empty, _ in rounds]
    memory = [kiosk[1]["rss_kib"] / 1024 for _, kiosk in rounds]
    empty_memory = [empty[1]["rss_kib"] / 1024 for empty, _ in rounds]
    slowest = [percentile(kiosk[1]["taps_ms"], 0.95) for _, kiosk in rounds]
    yield _row("start", "process start to first frame", "s", starts, floors, START_S)
    yield _row("tap", "tap to the next screen settled, 95th percentile", "ms", slowest, None, TAP_MS)
    yield _row("memory", "resident memory after 80 screens", "MiB", memory, empty_memory, RSS_MIB)


def _row(
    case: str, figure: str, unit: str, values: list[float], floors: list[float] | None, most: float
) -> dict[str, Any]:
    middle = median(values)
    floor = None if floors is None else median(floors)
    ratio = None if floors is None else median(value / least for value, least in zip(values, floors, strict=True))
    return {
        "bench": "kiosk",
        "case": case,
        "figure": figure,
        "unit": unit,
        "median": round(middle, 3),
        "floor": None if floor is None else round(floor, 3),
        "ratio": None if ratio is None else round(ratio, 2),
        "target": f"<= {most:g} {unit}",
        "holds": middle <= most,
        "rounds": len(values),
    }
