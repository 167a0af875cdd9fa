"""Check-ins and calls over HTTP with 1, 16 and 64 connections, each durable before it is answered.

The floor is the same framework with one handler that writes one row by the same kind of group commit, asked by the same
generator in the same round.
"""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from tests.bench.http_load import address_of, load, percentile, post, server

ROUNDS = 5
ASKED = {1: 256, 16: 1_024, 64: 1_536}
"""Requests of a round, by connections."""
RATIO = 0.5
PER_SECOND = 2_000


def run() -> Iterable[dict[str, Any]]:
    """All rows."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure())


async def _measure() -> list[dict[str, Any]]:
    rates: dict[tuple[str, int], list[float]] = {}
    latencies: dict[tuple[str, int], list[list[float]]] = {}
    needed = ROUNDS * sum(ASKED.values())
    with (
        tempfile.TemporaryDirectory() as folder,
        server("tests.bench.lobby_server", Path(folder) / "data", needed) as lobby,
        server("tests.bench.floor_server", "commands", Path(folder) / "floor.sqlite3") as floor,
    ):
        bookings = iter(lobby["bookings"])
        nurse = {"Cookie": f"houzhen_session={lobby['cookie']}", "X-CSRF-Token": lobby["csrf"]}
        stations = lobby["stations"]
        await load(address_of(lobby), [[post("/api/station/open", _command(station=one), nurse) for one in stations]])
        for _ in range(ROUNDS):
            for connections, asked in ASKED.items():
                check_ins = _lanes(_check_ins(bookings, asked, lobby["kiosk"]), connections)
                calls = [
                    [
                        post("/api/station/call-next", _command(station=station, last_was="seen"), nurse)
                        # A lane goes round its own share of the stations, so that every queue is called alike.
                        for station in islice(cycle(stations[lane::connections]), asked // connections)
                    ]
                    for lane in range(connections)
                ]
                for name, address, lanes in (
                    ("floor", address_of(floor), check_ins),
                    ("check-in", address_of(lobby), check_ins),
                    ("call-next", address_of(lobby), calls),
                ):
                    rate, took = await load(address, lanes)
                    rates.setdefault((name, connections), []).append(rate)
                    latencies.setdefault((name, connections), []).append(took)
    return [row for name in ("check-in", "call-next") for row in _rows(name, rates, latencies)]


def _rows(
    name: str, rates: dict[tuple[str, int], list[float]], latencies: dict[tuple[str, int], list[list[float]]]
) -> Iterator[dict[str, Any]]:
    for connections in ASKED:
        key, floor = (name, connections), ("floor", connections)
        case = f"{name}, {connections} connection{'s' if connections > 1 else ''}"
        rate, least = median(rates[key]), median(rates[floor])
        ratio = median(one / other for one, other in zip(rates[key], rates[floor], strict=True))
        is_judged = connections == 16
        yield {
            "bench": "commands", "case": case, "figure": "durable commands a second", "unit": "1/s",
            "median": round(rate), "floor": round(least), "ratio": round(ratio, 2),
            "target": f">= {RATIO} of the floor and >= {PER_SECOND}/s" if is_judged else None,
            "holds": (ratio >= RATIO and rate >= PER_SECOND) if is_judged else None, "rounds": ROUNDS,
        }  # fmt: skip
        for share in (0.5, 0.99):
            took, bare = (median(percentile(one, share) for one in latencies[which]) for which in (key, floor))
            yield {
                "bench": "commands", "case": case, "figure": f"answer p{share * 100:g}", "unit": "ms",
                "median": round(took, 2), "floor": round(bare, 2), "ratio": round(took / bare, 2),
                "target": None, "holds": None, "rounds": ROUNDS,
            }  # fmt: skip


def _check_ins(bookings: Iterator[list[str]], count: int, kiosk: str) -> list[bytes]:
    headers = {"Authorization": f"Bearer {kiosk}"}
    return [
        post("/api/kiosk/check-in", _command(person=person, appointment=appointment), headers)
        for person, appointment in (next(bookings) for _ in range(count))
    ]


def _lanes(requests: list[bytes], connections: int) -> list[list[bytes]]:
    return [requests[lane::connections] for lane in range(connections)]


def _command(**fields: str) -> dict[str, str]:
    return {"command_id": str(uuid.uuid4()), **fields}
