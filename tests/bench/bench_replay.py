"""How much of a processor a past day of 8,000 visits takes to run again, beside a bare fold of its events."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from queue_server.engine.evolve import evolve
from queue_server.engine.state import State
from queue_server.replay.changes import MoreRoom, Plan
from queue_server.replay.days import read_day
from queue_server.replay.figures import waits_of
from queue_server.replay.rerun import rerun
from queue_server.replay.write import write_log
from queue_server.simulation import scenarios
from queue_server.simulation.runner import run_seed

ROUNDS = 5
COMMANDS = 3
TARGET_S = 5.0
"""A run of a day of 8,000 visits."""
PLANS = {
    "rules as they were": Plan(),
    "one more doctor in a clinic": Plan(more=(MoreRoom("clinic-1", "09:30"),)),
    "booked to walk-in 3:1": Plan(walk_in_ratio=3),
}


def timed(act: Any) -> float:
    """Seconds of a processor for one call, whatever else runs; without the collector, as the commands run it."""
    gc.collect()
    gc.disable()
    try:
        begins = process_time()
        act()
        return process_time() - begins
    finally:
        gc.enable()


def fold(log: list[Any]) -> None:
    """Fold a day's events: the least that anything with this engine costs."""
    state = State()
    for recorded in log:
        evolve(state, recorded)


def line(case: str, figure: str, rounds: list[float], floor: float | None, target: float | None) -> dict[str, Any]:
    """One line of the report; seconds."""
    middle = median(rounds)
    return {
        "bench": "replay",
        "case": case,
        "figure": figure,
        "unit": "s",
        "median": round(middle, 3),
        "floor": None if floor is None else round(floor, 3),
        "ratio": None if floor is None else round(middle / floor, 1),
        "target": target,
        "holds": None if target is None else middle <= target,
        "rounds": len(rounds),
    }


def run() -> Iterable[dict[str, Any]]:
    """Read a day from its log, and run it under its own rules and two others."""
    described = scenarios.hospital_day()
    log = run_seed(described, scenarios.policies()["stamped"], 1).log
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_log(data, "simulated", log)
        logged = read_day(data, described.day)
        case = f"visits={len(logged.past.visits)}"
        floor = median(timed(lambda: fold(log)) for _ in range(ROUNDS))
        reading = [timed(lambda: read_day(data, described.day)) for _ in range(ROUNDS)]
        yield line(case, "day read from the log", reading, floor, None)
        yield from _reruns(logged.past, case, floor)
        rounds = [command_s(data, described.day) for _ in range(COMMANDS)]
        yield line(case, "houzhen-server replay, the whole command", rounds, floor, TARGET_S)


def command_s(data: Path, day: str) -> float:
    """Seconds of a processor for the command as somebody types it: start, read, run, report."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    asked = [sys.executable, "-m", "queue_server.cli", "replay", "--data", str(data), "--day", day]
    subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _reruns(past: Any, case: str, floor: float) -> Iterator[dict[str, Any]]:
    for name, plan in PLANS.items():
        rounds = [timed(lambda plan=plan: waited(past, plan)) for _ in range(ROUNDS)]
        yield line(case, f"run: {name}", rounds, floor, TARGET_S)


def waited(past: Any, plan: Plan) -> int:
    """One run, and everybody's wait in it."""
    outcome = rerun(past, plan)
    return len(waits_of(past, outcome.log, outcome.tickets))
