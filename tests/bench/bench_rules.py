"""How many commands the engine decides a second with every rule on, beside a bare heap of as many.

Credits, lateness, lists of place stamps, a locked head, a station that serves two queues by turns, rooms with lists of
their own (two-stage calling) and an emergency queue whose rooms accept levels of triage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from random import Random
from statistics import median
from time import process_time_ns
from typing import Any

import msgspec

from queue_server.engine import commands, events
from queue_server.engine.events import Called
from queue_server.engine.lobby import Context, decide, evolve
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import Site, Text, TimeStamp
from queue_server.engine.state import State
from tests.bench.bench_engine import heap_floor
from tests.sites import DAY, MINUTE, UTC_OFFSET_MIN, appointment, at, digest, emergency_site, registration, session

ROUNDS = 5
SIZES = (100, 1_000, 10_000, 100_000)
TARGET = 300.0
"""Decided and folded a second: hospitals ask for three hundred tickets at once within a second."""
LEVELS = ("I", "II", "III", "IVa", "IVb")
LISTED = 100
"""So many wait by a count of calls at most, whatever the number of the others: one of them for every two calls."""
MINUTES = {"I": 0, "II": 0, "III": 30, "IVa": 60, "IVb": 240}

replace = msgspec.structs.replace


def everything() -> Site:
    """The small hospital with every rule on."""
    site = emergency_site(lock=2)
    queues = []
    for queue in site.queues:
        late = TimeStamp(anchor="slot_end", sentence=Text("迟到，{key}", "late, {key}"))
        if queue.id == "q-ped":
            queues.append(replace(queue, numbers="issued", prefix="P", room_look_ahead=3))
        elif queue.id == "q-im":
            queues.append(replace(queue, stamps=replace(queue.stamps, late=late)))
        else:
            queues.append(queue)
    room = next(one for one in site.stations if one.id == "s3")
    stations = [
        *(
            replace(one, serves="ratio", ratio={"q-im": 2, "q-ent": 1})
            if one.id == "s1"
            else replace(one, queues=["q-ped"], next_means="seen")
            if one.id == "s3"
            else replace(one, levels=["I", "II", "III"])
            if one.id == "e1"
            else one
            for one in site.stations
        ),
        *(replace(room, id=f"s{n}", queues=["q-ped"]) for n in (4, 5)),
        replace(next(one for one in site.stations if one.id == "e1"), id="e2", levels=["III", "IVa", "IVb"]),
    ]
    return replace(site, queues=queues, stations=[replace(one, next_means="seen") for one in stations])


class Everything:
    """A lobby in which so many wait, filled through the engine itself: shares by the patients' kinds."""

    def __init__(self, waiting: int) -> None:
        self.state = State()
        self.random = Random(7)
        self.ids = count(1)
        self.people = count(1)
        self.now = at("08:20")
        site = everything()
        self.do(commands.ActivateConfiguration(site, digest(site)))
        sessions = [
            session("im-lin-am", "im", "d-lin", "morning", "07:00", "23:00", limit=0),
            session("im-am", "im", None, "morning", "07:00", "23:00", limit=0),
            session("ped-am", "ped", None, "morning", "07:00", "23:00", limit=0),
            session("ent-am", "ent", None, "morning", "07:00", "23:00", limit=0),
        ]
        self.do(commands.OpenDay(DAY, UTC_OFFSET_MIN, sessions))
        self.do(commands.OpenStation("s1", "nurse", "d-lin"))
        for station in ("s3", "s4", "s5", "e1", "e2"):
            self.do(commands.OpenStation(station, station))
        for _ in range(waiting):
            self.arrive()

    def decide(self, command: commands.Command) -> list[events.Event]:
        """Decide one command, and nothing more."""
        decided = decide(self.state, command, Context(self.now, "bench", lambda: f"t{next(self.ids)}", lambda: "link"))
        if isinstance(decided, Refusal):
            raise TypeError(f"the bench asked for what is refused: {decided.code}")
        return decided

    def do(self, command: commands.Command) -> list[events.Event]:
        """Decide and fold one command."""
        decided = self.decide(command)
        command_id = f"c{self.state.position}"
        for event in decided:
            evolve(self.state, events.Recorded(self.state.position + 1, self.now, "bench", command_id, event))
        return decided

    def arrive(self) -> None:
        """One more patient; an emergency is triaged at once, two of three."""
        events_ = self.do(self.arrival())
        issued = next(event for event in events_ if isinstance(event, events.TicketIssued))
        if issued.queue == "q-er" and self.random.random() < 2 / 3:
            self.do(self.triage(issued.ticket))

    def emergency(self) -> None:
        """One more emergency, of a level that every emergency room takes."""
        decided = self.do(commands.CheckInWalkIn("q-er"))
        issued = next(event for event in decided if isinstance(event, events.TicketIssued))
        self.do(replace(self.triage(issued.ticket), level="III", tier=2))

    def arrival(self, queue: str | None = None) -> commands.Command:
        """Booked in time, early, late; walking in; into a list; an emergency. One in five has a credit.

        For ``queue``, where it matters: a booked one.
        """
        number = next(self.people)
        person = f"p{number}"
        credit = ["elder"] if self.random.random() < 0.2 else []
        kind = self.random.randrange(20) if queue is None else 19
        if kind == 0:
            return commands.CheckInWalkIn("q-er")
        if kind < 3 and len(self.state.fifos.get(("walk_in", "q-ent", None), ())) < LISTED:
            return commands.CheckInWalkIn("q-ent", registration(f"r{number}", person, "ent-am", credits=credit))
        if kind < 8:
            return commands.CheckInWalkIn("q-im", registration(f"r{number}", person, "im-am", credits=credit))
        slot = f"{self.random.randrange(7, 22):02d}:{self.random.choice((0, 30)):02d}"
        where = queue or self.random.choice(("im-lin-am", "im-am", "ped-am", "ent-am"))
        return commands.CheckIn(appointment(f"a{number}", person, where, slot, credits=credit), "backfill")

    def triage(self, ticket: str) -> commands.Triage:
        """A level for a ticket of the emergency queue."""
        level = self.random.choice(LEVELS)
        tier = {"I": 0, "II": 1}.get(level, 2)
        key = self.now + MINUTES[level] * MINUTE
        return msgspec.convert(
            {
                "type": "Triage", "ticket": ticket, "level": level, "suggested": level, "tier": tier, "key": key,
                "respond_by": key, "reassess_at": None, "channel": None, "overridden": False, "version": "1",
            },
            commands.Triage,
        )  # fmt: skip

    def miss_and_return(self) -> Iterator[commands.Command]:
        """A call in vain, and the patient back: into a list of place stamps."""
        while True:
            called = next(event for event in self.do(commands.CallNext("s1")) if isinstance(event, Called))
            self.do(commands.MarkMissed("s1"))
            if self.state.tickets[called.ticket].status == "missed":
                yield commands.Rejoin(called.ticket)


def rates(
    bench: Everything, command: Callable[[], commands.Command], calls: int, again: Callable[[], object]
) -> tuple[list[float], list[float]]:
    """Decisions a second, and commands decided and folded a second, once for each round.

    ``again`` puts back, unmeasured, whom a command took: as many wait all the time.
    """
    deciding, whole = [], []
    for _ in range(ROUNDS):
        spent = [0, 0]
        for _ in range(calls):
            asked = command()
            begin = process_time_ns()
            decided = bench.decide(asked)
            spent[0] += process_time_ns() - begin
            command_id = f"c{bench.state.position}"
            for event in decided:
                recorded = events.Recorded(bench.state.position + 1, bench.now, "bench", command_id, event)
                evolve(bench.state, recorded)
            spent[1] += process_time_ns() - begin
            again()
        deciding.append(calls * 1e9 / spent[0])
        whole.append(calls * 1e9 / spent[1])
    return (deciding, whole)


def line(case: str, figure: str, rounds: list[float], floor: float, target: float | None) -> dict[str, Any]:
    """One line of the report; a second."""
    middle = median(rounds)
    return {
        "bench": "rules",
        "case": case,
        "figure": figure,
        "unit": "1/s",
        "median": round(middle),
        "floor": round(floor),
        "ratio": round(middle / floor, 4),
        "target": target,
        "holds": None if target is None else middle >= target,
        "rounds": len(rounds),
    }


def cases(waiting: int) -> Iterator[dict[str, Any]]:
    """Each kind of command while so many wait."""
    bench = Everything(waiting)
    floor = 1e6 / heap_floor(waiting)
    calls = 100
    back = bench.miss_and_return()
    kinds: dict[str, tuple[Callable[[], commands.Command], Callable[[], object]]] = {
        "check-in": (bench.arrival, lambda: None),
        "next, two queues by turns": (lambda: commands.CallNext("s1"), lambda: bench.do(bench.arrival("im-am"))),
        "next, a room with a list": (lambda: commands.CallNext("s3"), lambda: bench.do(bench.arrival("ped-am"))),
        "next, an emergency room": (lambda: commands.CallNext("e2"), bench.emergency),
        "back after a miss": (lambda: next(back), lambda: bench.do(bench.arrival("im-am"))),
    }
    for kind, (command, again) in kinds.items():
        deciding, whole = rates(bench, command, calls, again)
        yield line(f"{kind}, waiting={waiting}", "decisions a second", deciding, floor, None)
        yield line(f"{kind}, waiting={waiting}", "decided and folded a second", whole, floor, TARGET)


def run() -> Iterable[dict[str, Any]]:
    """Every size, smallest first."""
    for waiting in SIZES:
        yield from cases(waiting)
