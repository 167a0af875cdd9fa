"""Many days of one clinic through the real engine, and how what was said of waits at check-in turned out.

Beside the engine's interval stand two others for the same tickets: the formula that it uses while it has no record,
and a rolling mean of the latest waits with their spread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from statistics import fmean, pstdev
from typing import NamedTuple

import msgspec

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.estimate import Stands, expectation
from queue_server.engine.record import shown_min
from queue_server.engine.refusals import Refusal
from queue_server.simulation import scenarios
from queue_server.simulation.day import Day
from queue_server.simulation.lobby import Lobby
from queue_server.simulation.policy import Policy
from queue_server.simulation.runner import run_seed

FIRST = date(2026, 3, 2)
SECOND = 1_000_000
_ROLLING = 50
_NORMAL_80 = 1.2816


class Told(NamedTuple):
    """What was said of one wait, seconds, and how long it was.

    ``shown`` is ``own`` in whole minutes outward, as patients read it.
    """

    day: int
    place: int
    kind: str
    wait: float
    own: tuple[float, float]
    shown: tuple[float, float]
    formula: tuple[float, float]
    rolling: tuple[float, float]


class _Watched(Lobby):
    """A lobby in which every ticket's wait is written down beside what was said of it."""

    def __init__(self) -> None:
        super().__init__()
        self.day = 0
        self.told: list[Told] = []
        self._open: dict[str, tuple[int, e.Expected, e.Expected, tuple[float, float]]] = {}
        self._latest: deque[float] = deque(maxlen=_ROLLING)

    def ask(self, now: int, command: c.Command) -> list[e.Event] | Refusal:
        decided = super().ask(now, command)
        if not isinstance(decided, Refusal):
            for event in decided:
                if isinstance(event, e.TicketIssued) and event.expected is not None:
                    self._open[event.ticket] = (now, event.expected, self._formula(event, now), self._rolling())
                elif isinstance(event, e.Called) and event.ticket in self._open:
                    self._called(event.ticket, now)
        return decided

    def _formula(self, event: e.TicketIssued, now: int) -> e.Expected:
        state, record = self.state, self.state.record
        state.record = {queue: msgspec.structs.replace(known, waits={}) for queue, known in record.items()}
        session = state.sessions.get(event.session or "")
        who = Stands(event.queue, event.doctor, event.stamp.rule, event.rank, event.place, session)
        found = expectation(state, who, now)
        state.record = record
        return found

    def _rolling(self) -> tuple[float, float]:
        if not self._latest:
            return (0.0, 0.0)
        mean, width = fmean(self._latest), _NORMAL_80 * pstdev(self._latest)
        return (max(0.0, mean - width), mean + width)

    def _called(self, ticket: str, now: int) -> None:
        at, own, formula, rolling = self._open.pop(ticket)
        wait = (now - at) / SECOND
        self._latest.append(wait)
        low, high = shown_min(own)
        self.told.append(
            Told(
                self.day,
                own.bin,
                own.kind,
                wait,
                (own.low_s, own.high_s),
                (60.0 * low, 60.0 * high),
                (formula.low_s, formula.high_s),
                rolling,
            )
        )


def half_a_year(days: int, policy: Policy, day_of: Callable[[int], Day] | None = None) -> list[Told]:
    """Play ``days`` days one after the other in one lobby; each drawn by its own seed.

    Args:
        days: how many.
        policy: the stamps.
        day_of: the described day by its index; the half-day clinic unless given.
    """
    lobby = _Watched()
    usual = scenarios.half_day_clinic()
    for n in range(days):
        lobby.day = n
        day = day_of(n) if day_of else usual
        dated = msgspec.structs.replace(day, day=(FIRST + timedelta(days=n)).isoformat())
        run_seed(dated, policy, n, lobby)
        lobby.log.clear()
    return lobby.told


class Score(NamedTuple):
    """The share of waits that fell into an interval, and its mean width in minutes."""

    waits: int
    share: float
    width: float


def score(told: list[Told], which: str) -> Score:
    """How the interval called ``which`` did."""
    if not told:
        return Score(0, 0.0, 0.0)
    intervals = [getattr(one, which) for one in told]
    inside = sum(low <= one.wait <= high for one, (low, high) in zip(told, intervals, strict=True))
    return Score(len(told), inside / len(told), fmean(high - low for low, high in intervals) / 60)


def by_place(told: list[Told]) -> Iterator[tuple[int, list[Told]]]:
    """The waits by class of places."""
    for place in sorted({one.place for one in told}):
        yield place, [one for one in told if one.place == place]


def slower(day: Day, factor: float) -> Day:
    """The same day with first visits that take ``factor`` times as long."""
    clinics = [
        msgspec.structs.replace(
            clinic, service=msgspec.structs.replace(clinic.service, mean_min=factor * clinic.service.mean_min)
        )
        for clinic in day.clinics
    ]
    return msgspec.structs.replace(day, clinics=clinics)
