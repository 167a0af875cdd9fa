"""From a nurse's call to the last of many boards: the POST leaves, and the call is on every screen.

The floor is a bare asyncio server that sends the same bytes to the same number of connections, in the same rounds.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import uuid
from collections.abc import Iterable
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any, cast

import uvloop

from tests.bench.http_load import address_of, connect, load, percentile, post, server
from tests.bench.lobby_server import QUEUES

ROUNDS = 5
CALLS = 40
"""A round; 200 in all for each number of screens."""
SCREENS = (20, 200, 500, 1_000)
JUDGED = 500
TARGET = 3.0
_CALLED = b'"kind":"Called"'
_FILES = 4_096


class Screen(asyncio.Protocol):
    """A board that listens."""

    def __init__(self, request: bytes, news: Audience) -> None:
        self._request = request
        self._news = news
        self._before = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the feed."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count what is announced, in whole events; the rest waits for the next piece."""
        whole, end, rest = (self._before + data).rpartition(b"\n\n")
        self._before = rest
        if end:
            self._news.heard(whole.count(_CALLED), whole.count(b"event: snapshot"), whole + end)


class Audience:
    """All screens together: who has begun, and when the last one heard of a call."""

    def __init__(self, screens: int) -> None:
        self._screens = screens
        self._begun = 0
        self._calls = 0
        self._expected = 0
        self.last = 0
        self.sample = b""
        self.ready = asyncio.Event()
        self.told = asyncio.Event()

    def expect(self) -> None:
        """One more call is about to be made."""
        self._expected += self._screens
        self.told.clear()

    def heard(self, calls: int, snapshots: int, data: bytes) -> None:
        """A screen received something."""
        self._begun += snapshots
        self._calls += calls
        if self._begun >= self._screens:
            self.ready.set()
        if calls and self._calls >= self._expected:
            self.last = perf_counter_ns()
            self.sample = data
            self.told.set()

    @property
    def lost(self) -> int:
        """Announcements that somebody did not get, or got twice."""
        return abs(self._expected - self._calls)


async def _round(
    address: tuple[str, int], screens: int, get: bytes, calls: list[bytes], *, answers: bool
) -> tuple[list[float], int, bytes]:
    audience = Audience(screens)
    loop = asyncio.get_running_loop()
    listening = [(await loop.create_connection(lambda: Screen(get, audience), *address))[0] for _ in range(screens)]
    caller = await connect(address)
    async with asyncio.timeout(60):
        await audience.ready.wait()
    took = []
    for call in calls:
        audience.expect()
        begun = perf_counter_ns()
        asking = asyncio.ensure_future(caller.ask(call))
        async with asyncio.timeout(20):
            await audience.told.wait()
            took.append((audience.last - begun) / 1e6)
            if answers:
                status, body = await asking
                if status != 200:
                    raise RuntimeError(f"answered {status}: {body[:200]!r}")
            else:
                asking.cancel()
    caller.close()
    for transport in listening:
        transport.close()
    return took, audience.lost, audience.sample


def run() -> Iterable[dict[str, Any]]:
    """All rows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, most), most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure())


async def _measure() -> list[dict[str, Any]]:
    took: dict[tuple[str, int], list[list[float]]] = {}
    lost = 0
    needed = ROUNDS * CALLS * len(SCREENS)
    with (
        tempfile.TemporaryDirectory() as folder,
        server("tests.bench.lobby_server", Path(folder) / "data", needed) as lobby,
        server("tests.bench.floor_server", "feed") as floor,
    ):
        nurse = {"Cookie": f"houzhen_session={lobby['cookie']}", "X-CSRF-Token": lobby["csrf"]}
        stations = lobby["stations"][:QUEUES]
        kiosk = {"Authorization": f"Bearer {lobby['kiosk']}"}
        get = (
            f"GET /api/board/main/feed HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {lobby['board']}\r\n\r\n"
        ).encode()
        await load(address_of(lobby), [[post("/api/station/open", _command(station=one), nurse) for one in stations]])
        await load(
            address_of(lobby),
            [
                [
                    post("/api/kiosk/check-in", _command(person=person, appointment=appointment), kiosk)
                    for person, appointment in lobby["bookings"][lane::16]
                ]
                for lane in range(16)
            ],
        )
        for _ in range(ROUNDS):
            for screens in SCREENS:
                calls = [
                    post("/api/station/call-next", _command(station=one, last_was="seen"), nurse)
                    for one in islice(cycle(stations), CALLS)
                ]
                times, missing, sample = await _round(address_of(lobby), screens, get, calls, answers=True)
                took.setdefault(("lobby", screens), []).append(times)
                lost += missing
                bare, missing, _ = await _round(address_of(floor), screens, get, [sample] * CALLS, answers=False)
                took.setdefault(("floor", screens), []).append(bare)
                lost += missing
    return _rows(took, lost)


def _rows(took: dict[tuple[str, int], list[list[float]]], lost: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for screens in SCREENS:
        for share in (0.5, 0.99):
            pairs = [
                (percentile(one, share), percentile(other, share))
                for one, other in zip(took["lobby", screens], took["floor", screens], strict=True)
            ]
            ratio = median(one / other for one, other in pairs)
            is_judged = screens == JUDGED and share == 0.5
            rows.append(
                {
                    "bench": "feed", "case": f"{screens} screens", "figure": f"call to last screen p{share * 100:g}",
                    "unit": "ms", "median": round(median(one for one, _ in pairs), 2),
                    "floor": round(median(other for _, other in pairs), 2), "ratio": round(ratio, 2),
                    "target": TARGET if is_judged else None, "holds": ratio <= TARGET if is_judged else None,
                    "rounds": ROUNDS,
                }
            )  # fmt: skip
    rows.append(
        {
            "bench": "feed", "case": "all", "figure": "announcements lost or doubled", "unit": "1", "median": lost,
            "floor": None, "ratio": None, "target": 0, "holds": lost == 0, "rounds": ROUNDS,
        }
    )  # fmt: skip
    return rows


def _command(**fields: str) -> dict[str, str]:
    return {"command_id": str(uuid.uuid4()), **fields}
