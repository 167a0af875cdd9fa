"""How long the engine takes to decide and fold one command while many wait, beside a bare heap of that size."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from random import Random
from statistics import median
from time import perf_counter_ns
from typing import Any

import msgspec

from queue_server.engine import commands, events
from queue_server.engine.lobby import Context, decide, evolve
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import Station
from queue_server.engine.state import State, copy
from tests.sites import DAY, UTC_OFFSET_MIN, appointment, at, digest, registration, session, small_site

ROUNDS = 7
CALLS = 400
"""Commands a round; a round gives their mean."""
TARGETS_US = {100: 100.0, 1_000: 100.0, 10_000: 100.0, 100_000: 300.0}


class Bench:
    """A lobby of one clinic with a doctor's list, a pool and place stamps, filled through the engine itself."""

    def __init__(self, waiting: int) -> None:
        self.state = State()
        self.ids = count(1)
        self.now = at("07:00")
        site = small_site(lock=2)
        stations = [Station("s1", site.stations[0].name, "h2", "r1", ["q-im", "q-ent"], next_means="seen")]
        site = msgspec.structs.replace(site, stations=[*stations, *site.stations[1:]])
        self.do(commands.ActivateConfiguration(site, digest(site)))
        sessions = [
            session("im-lin-am", "im", "d-lin", "morning", "07:00", "23:00", limit=0),
            session("im-am", "im", None, "morning", "07:00", "23:00", limit=0),
            session("ent-am", "ent", None, "morning", "07:00", "23:00", limit=0),
        ]
        self.do(commands.OpenDay(DAY, UTC_OFFSET_MIN, sessions))
        self.do(commands.OpenStation("s1", "nurse", "d-lin"))
        random = Random(7)
        for number in range(waiting):
            self.do(self.arrival(number, random))
        self.do(commands.CallNext("s1"))

    def arrival(self, number: int, random: Random) -> commands.Command:
        """The ``number``-th patient: half booked, half walking in; one in ten waits by a count of calls."""
        person = f"p{number}"
        kind = random.randrange(10)
        if kind == 0:
            return commands.CheckInWalkIn("q-ent", registration(f"r{number}", person, "ent-am"))
        if kind < 5:
            return commands.CheckInWalkIn("q-im", registration(f"r{number}", person, "im-am"))
        slot = f"{random.randrange(8, 22):02d}:{random.choice((0, 30)):02d}"
        booked = appointment(f"a{number}", person, random.choice(("im-lin-am", "im-am")), slot)
        return commands.CheckIn(booked, "backfill")

    def decide(self, command: commands.Command) -> list[events.Event]:
        """Decide one command, and nothing more."""
        context = Context(self.now, "bench", lambda: f"t{next(self.ids)}", lambda: "link")
        decided = decide(self.state, command, context)
        if isinstance(decided, Refusal):
            raise TypeError(f"the bench asked for what is refused: {decided.code}")
        return decided

    def fold(self, decided: list[events.Event]) -> None:
        """Fold what was decided."""
        command_id = f"c{self.state.position}"
        for event in decided:
            evolve(self.state, events.Recorded(self.state.position + 1, self.now, "bench", command_id, event))

    def do(self, command: commands.Command) -> None:
        """Decide and fold one command."""
        self.fold(self.decide(command))

    def rounds(self, command: Callable[[], commands.Command], calls: int) -> tuple[list[float], list[float]]:
        """The mean microseconds of deciding and of folding, once for each round."""
        deciding, folding = [], []
        for _ in range(ROUNDS):
            spent = [0, 0]
            for _ in range(calls):
                asked = command()
                begin = perf_counter_ns()
                decided = self.decide(asked)
                middle = perf_counter_ns()
                self.fold(decided)
                spent[0] += middle - begin
                spent[1] += perf_counter_ns() - middle
            deciding.append(spent[0] / calls / 1000)
            folding.append(spent[1] / calls / 1000)
        return (deciding, folding)


def rounds_us(act: Callable[[], Any], rounds: int = ROUNDS, calls: int = CALLS) -> list[float]:
    """The mean time of ``act`` in microseconds, once for each round."""
    means = []
    for _ in range(rounds):
        begin = perf_counter_ns()
        for _ in range(calls):
            act()
        means.append((perf_counter_ns() - begin) / calls / 1000)
    return means


def heap_floor(waiting: int) -> float:
    """A bare ``heapq`` pop and push of ranks, the least any queue of this size costs."""
    random = Random(7)
    heap = [((2, random.randrange(10**12), seq), f"t{seq}") for seq in range(waiting)]
    heapq.heapify(heap)
    fresh = count(waiting)

    def act() -> None:
        heapq.heappop(heap)
        heapq.heappush(heap, ((2, random.randrange(10**12), next(fresh)), "t"))

    return median(rounds_us(act))


def line(case: str, figure: str, rounds: list[float], floor: float, target: float | None) -> dict[str, Any]:
    """One line of the report; times in microseconds."""
    middle = median(rounds)
    return {
        "bench": "engine",
        "case": case,
        "figure": figure,
        "unit": "µs",
        "median": round(middle, 2),
        "floor": round(floor, 2),
        "ratio": round(middle / floor, 1),
        "target": target,
        "holds": None if target is None else middle <= target,
        "rounds": len(rounds),
    }


def cases(waiting: int) -> Iterator[dict[str, Any]]:
    """Calling and checking in with ``waiting`` people there."""
    bench = Bench(waiting)
    floor = heap_floor(waiting)
    target = TARGETS_US[waiting]
    arriving = count(waiting + 1)
    random = Random(11)
    for name, command, calls in (
        ("check_in", lambda: bench.arrival(next(arriving), random), 100),
        ("call_next", lambda: commands.CallNext("s1"), min(CALLS, waiting // (2 * ROUNDS))),
    ):
        case = f"{name} waiting={waiting}"
        deciding, folding = bench.rounds(command, calls)
        yield line(case, "decision", deciding, floor, target)
        yield line(case, "fold of its events", folding, floor, None)
    yield line(
        f"copy waiting={waiting}", "copy of the state", rounds_us(lambda: copy(bench.state), calls=1), floor, None
    )


def run() -> Iterable[dict[str, Any]]:
    """Every case, smallest first."""
    for waiting in TARGETS_US:
        yield from cases(waiting)


if __name__ == "__main__":
    for result in run():
        print(msgspec.json.encode(result).decode())
