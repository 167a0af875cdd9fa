"""How long after a SIGKILL the server answers its first command, with 100,000 events in the log.

Through the real ``houzhen-server``, over HTTP, from the kill to the answer of a kiosk that takes a number. The floor is
an interpreter that makes the same imports and ends: what is above it is opening, checking and folding the log, the
day's list, and carrying out one command.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from sqlite_utils import Database
from virtual_lobby.processes import WITH_ITS_PARENT

from queue_server.clock import SECOND, SettableClock
from queue_server.commits import SNAPSHOT_EVERY
from queue_server.config import Configuration, load
from queue_server.engine import commands
from queue_server.engine.events import Recorded
from queue_server.engine.lobby import Context, decide, evolve
from queue_server.engine.refusals import Refusal
from queue_server.engine.state import State
from queue_server.log import accounts, snapshots
from queue_server.log.data import DataDirectory
from queue_server.log.event_log import Decided, Outcome
from queue_server.log.maintenance import write
from queue_server.log.projections import Rows
from queue_server.log.sqlite import SqliteLog
from tests.sites import UTC_OFFSET_MIN, at, digest

CONFIG = Path(__file__).parents[2] / "config"
QUEUE, STATION, HALL = "enquiry", "enquiry1", "main"
EVENTS = 100_000
PATIENTS_A_DAY = 5_000
DAYS = 5
WAITING = 30
ROUNDS = 5
TARGET_S = 2.0
_BATCH = 500


def run() -> Iterable[dict[str, object]]:
    """The rows of this bench."""
    configuration = load(CONFIG)
    with tempfile.TemporaryDirectory(prefix="houzhen-bench-") as folder:
        data = Path(folder) / "data"
        build(data, configuration)
        token = enrol(data)
        floors: list[float] = []
        times: dict[bool, list[float]] = {True: [], False: []}
        server, address = start(data, "09:00")
        take_number(address, token)
        # A killed server leaves the snapshot that it found, so the rounds that delete it come last.
        for keep_snapshot in (True, False):
            for _ in range(ROUNDS):
                floors.append(imports_only())
                begun = kill(server)
                if not keep_snapshot:
                    write(data, lambda database: database.conn.execute("DELETE FROM snapshots").rowcount)
                    begun = time.perf_counter()
                server, address = start(data, "continue")
                take_number(address, token)
                times[keep_snapshot].append(time.perf_counter() - begun)
        kill(server)
    floor = statistics.median(floors)
    yield row(
        f"100,000 events, snapshot {SNAPSHOT_EVERY:,} events old", statistics.median(times[True]), floor, TARGET_S
    )
    yield row("100,000 events, no snapshot: every event folded", statistics.median(times[False]), floor, None)


def row(case: str, median: float, floor: float, target: float | None) -> dict[str, object]:
    """One line of output."""
    return {
        "bench": "restart",
        "case": case,
        "figure": "kill to first answered command",
        "unit": "s",
        "median": round(median, 3),
        "floor": round(floor, 3),
        "ratio": round(median / floor, 2),
        "target": target,
        "holds": None if target is None else median <= target,
        "rounds": ROUNDS,
    }


def imports_only() -> float:
    """Seconds to start the interpreter with the server's imports and end it."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import queue_server.cli"], check=True)
    return time.perf_counter() - begun


def kill(server: subprocess.Popen[bytes]) -> float:
    """Kill a server and wait until it is gone; the moment of the kill."""
    begun = time.perf_counter()
    server.kill()
    server.wait()
    return begun


def start(data: Path, clock: str) -> tuple[subprocess.Popen[bytes], str]:
    """A server on ``data`` and the address at which it is ready."""
    ready, told = os.pipe()
    server = subprocess.Popen(
        [
            *WITH_ITS_PARENT,
            *(sys.executable, "-c", "from queue_server.cli import main; raise SystemExit(main())", "serve"),
            *("--config", CONFIG, "--data", data, "--port", "0", "--clock", clock, "--ready-fd", str(told)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[told],
    )
    os.close(told)
    with os.fdopen(ready) as pipe:
        address = pipe.readline().strip()
    if not urlsplit(address).port:
        raise RuntimeError(f"the server did not become ready: {address!r}")
    return server, address


def take_number(address: str, token: str) -> None:
    """Take a number as a kiosk does.

    Raises:
        httpx.HTTPStatusError: the server refused.
    """
    answer = httpx.post(
        f"{address}/api/kiosk/join",
        json={"command_id": str(uuid4()), "queue": QUEUE},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    answer.raise_for_status()


def enrol(data: Path) -> str:
    """A kiosk's credential, written beside the server."""

    def make(database: Database) -> str:
        code, _ = accounts.make_enrolment_code(database, "kiosk", HALL, now=0)
        return accounts.enrol(database, code, "bench", now=0).token

    return write(data, make)


def build(data: Path, configuration: Configuration) -> None:
    """A log of ``EVENTS`` events from days of 5,000 patients at one window, with the oldest snapshot there can be."""
    directory = DataDirectory.take(data)
    log = SqliteLog(directory.database, configuration.site.id, key=directory.identity_key)
    state = State()
    batch: list[Decided] = []
    snapshot = None
    for decided in lobby_days(state, configuration):
        batch.append(decided)
        if snapshot is None and state.position >= EVENTS - SNAPSHOT_EVERY:
            snapshot = snapshots.take(state)
        if len(batch) == _BATCH:
            log.append(batch)
            batch = []
    log.append(batch)
    if snapshot is not None:
        log.save_snapshot(snapshot)
    log.close()
    directory.release()


def lobby_days(state: State, configuration: Configuration) -> Iterator[Decided]:
    """Commands of day after day up to yesterday, decided and folded into ``state``; the clock is confirmed today."""
    tickets, names = count(1), count(1)
    site = configuration.site

    def carry_out(command: commands.Command, now: int) -> Decided:
        name = f"bench-{next(names)}"
        ctx = Context(now, "bench", lambda: f"t{next(tickets):08d}", lambda: f"link-{name}")
        events = decide(state, command, ctx)
        if isinstance(events, Refusal):
            raise TypeError(events.message.en)
        decided, rows = [], Rows()
        for event in events:
            recorded = Recorded(state.position + 1, now, "bench", name, event)
            evolve(state, recorded)
            rows.add(state, recorded)
            decided.append(recorded)
        return Decided("bench", name, now, state.position - len(decided), decided, Outcome("", 0, None), rows=rows)

    this_morning = SettableClock.today_at("08:30", site.time_zone, rate=0).now()
    today = datetime.fromtimestamp(this_morning / SECOND, ZoneInfo(site.time_zone)).date()
    first = (today - timedelta(days=DAYS)).isoformat()
    yield carry_out(commands.ActivateConfiguration(site, digest(site)), at("05:00", first))
    for days_ago in range(DAYS, 0, -1):
        day = (today - timedelta(days=days_ago)).isoformat()
        now = at("05:00", day)
        yield carry_out(commands.OpenDay(day, UTC_OFFSET_MIN, []), now)
        yield carry_out(commands.OpenStation(STATION, "nurse"), now)
        for patient in range(PATIENTS_A_DAY):
            if state.position >= EVENTS:
                break
            now += 10 * SECOND
            yield carry_out(commands.CheckInWalkIn(queue=QUEUE), now)
            if patient >= WAITING:
                yield carry_out(commands.CallNext(STATION), now)
                yield carry_out(commands.StartService(STATION), now)
    yield carry_out(commands.ConfirmClock(), this_morning)
