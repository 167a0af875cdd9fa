"""How many bytes of memory a waiting ticket takes in the state, beside its bare fields as a tuple and as a dict."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterable
from functools import partial
from statistics import median
from typing import Any

import msgspec

from queue_server.engine import events
from queue_server.engine.lobby import evolve
from queue_server.engine.state import State
from tests.bench.bench_rules import Everything

ROUNDS = 3
SIZES = (1_000, 10_000)
TARGET_BYTES = 8_192


def logged(waiting: int) -> list[tuple[str, int, bytes, str]]:
    """The log of a lobby in which so many wait, encoded: nothing of it is shared with a state folded from it."""
    log: list[tuple[str, int, bytes, str]] = []

    class Keeping(Everything):
        def do(self, command: Any) -> list[events.Event]:
            command_id = f"c{self.state.position}"
            decided = super().do(command)
            log.extend((type(event).__name__, event.v, events.encode(event), command_id) for event in decided)
            return decided

    bench = Keeping(waiting)
    log.append(("", bench.now, b"", ""))
    return log


def traced(make: Callable[[], object]) -> int:
    """The bytes that what ``make`` gives takes, and all that it refers to."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = make()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] if kept is not None else 0
    finally:
        tracemalloc.stop()


def folded(log: list[tuple[str, int, bytes, str]]) -> State:
    """The state of that log."""
    state, now = State(), log[-1][1]
    for kind, version, payload, command_id in log[:-1]:
        event = events.decode(kind, version, payload)
        evolve(state, events.Recorded(state.position + 1, now, "bench", command_id, event))
    return state


def line(case: str, figure: str, rounds: list[float], floor: float, target: float | None) -> dict[str, Any]:
    """One line of the report; bytes."""
    middle = median(rounds)
    return {
        "bench": "memory",
        "case": case,
        "figure": figure,
        "unit": "B",
        "median": round(middle),
        "floor": round(floor),
        "ratio": round(middle / floor, 2),
        "target": target,
        "holds": None if target is None else middle <= target,
        "rounds": len(rounds),
    }


def run() -> Iterable[dict[str, Any]]:
    """The state as a whole: tickets, order, look-ups, history and what can be undone."""
    for waiting in SIZES:
        log = logged(waiting)
        state = folded(log)
        tickets = [msgspec.to_builtins(ticket) for ticket in state.tickets.values()]
        as_dicts = msgspec.json.encode(tickets)
        as_tuples = msgspec.json.encode([list(ticket.values()) for ticket in tickets])
        del state, tickets
        rounds = [traced(partial(folded, log)) / waiting for _ in range(ROUNDS)]
        bare = traced(partial(msgspec.json.decode, as_tuples, type=list[tuple[Any, ...]])) / waiting
        dicts = traced(partial(msgspec.json.decode, as_dicts)) / waiting
        case = f"every rule on, waiting={waiting}"
        yield line(case, "per waiting ticket, beside a tuple of its fields", rounds, bare, TARGET_BYTES)
        yield line(case, "per waiting ticket, beside a dict of its fields", rounds, dicts, TARGET_BYTES)
