"""A day under the rules as they were and under others, ready to be shown: by the command, on paper, on a page."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import msgspec

from queue_server.engine.site import Site, Text
from queue_server.engine.stamps import MINUTE
from queue_server.replay.changes import Plan
from queue_server.replay.days import LoggedDay
from queue_server.replay.fidelity import Fidelity, fidelity_of
from queue_server.replay.figures import ALL, Difference, Figures, Wait, differences, figures_of, waits_of
from queue_server.replay.rerun import Outcome, rerun
from queue_server.replay.visits import GROUPS, Past

POINTS = 50
"""In so many equal steps of share a curve of waits is told."""


class Result(msgspec.Struct, frozen=True):
    """What came of one rerun.

    Attributes:
        name: of its plan.
        figures: by class, and ``all``.
        differences: against the rules as they were; empty for those themselves.
        curves: by class, the wait in minutes that 0, 2, 4 ... 100 % of the called do not exceed.
        refused: check-ins that were refused, by code.
        seconds: how long the rerun took.
    """

    name: Text
    figures: dict[str, Figures]
    differences: dict[str, Difference]
    curves: dict[str, list[float]]
    refused: dict[str, int]
    seconds: float


class Pool(msgspec.Struct, frozen=True):
    """A queue in which somebody waited for any doctor, so that one more doctor would have work."""

    queue: str
    name: Text


class Report(msgspec.Struct, frozen=True):
    """A day and its reruns.

    Attributes:
        target_min: how long a wait may be at most to be in the target.
        visits, rooms: how many the day had.
        queues: to which one more doctor could be given.
        day_figures: as the day was, by its log.
        base: under the rules as they were.
        others: under each alternative.
    """

    day: str
    target_min: float
    visits: int
    rooms: int
    fidelity: Fidelity
    queues: list[Pool]
    day_figures: dict[str, Figures]
    base: Result
    others: list[Result]


class Reruns:
    """A day, run again once under the rules as they were and held against whatever is asked."""

    def __init__(self, logged: LoggedDay) -> None:
        self._past = past = logged.past
        begins = perf_counter()
        self._base = rerun(past)
        self._took = perf_counter() - begins
        self._before = waits_of(past, self._base.log, self._base.tickets)
        self._was = waits_of(past, logged.log, past.tickets)
        self._fidelity = fidelity_of(past, self._base)

    @property
    def site(self) -> Site:
        """The configuration of the day's beginning."""
        return self._past.site

    def report(self, plans: Sequence[Plan], target_min: float = 30) -> Report:
        """Run the day under each of ``plans``.

        Raises:
            ChangeError: the day has no place for a plan.
        """
        past = self._past
        check(past, plans)
        return Report(
            day=past.day,
            target_min=target_min,
            visits=len(past.visits),
            rooms=len(past.rooms),
            fidelity=self._fidelity,
            queues=_pools(past),
            day_figures=figures_of(self._was, target_min),
            base=_result(Plan(), self._base, self._before, None, target_min, self._took),
            others=[_other(past, plan, self._before, target_min) for plan in plans],
        )


def check(past: Past, plans: Sequence[Plan]) -> None:
    """Tell what cannot be done before anything takes its seconds.

    Raises:
        ChangeError: the day has no place for a plan.
    """
    for plan in plans:
        plan.site(past.site)
        plan.rooms(past)


def report_of(logged: LoggedDay, plans: Sequence[Plan], target_min: float = 30) -> Report:
    """Run the day again, first under the rules as they were, then under each of ``plans``.

    Raises:
        ChangeError: the day has no place for a plan.
    """
    check(logged.past, plans)
    return Reruns(logged).report(plans, target_min)


def _pools(past: Past) -> list[Pool]:
    lanes = past.lanes()
    return [Pool(queue.id, queue.name) for queue in past.site.queues if (queue.id, None) in lanes]


def _other(past: Past, plan: Plan, before: Sequence[Wait], target_min: float) -> Result:
    begins = perf_counter()
    outcome = rerun(past, plan)
    took = perf_counter() - begins
    return _result(plan, outcome, waits_of(past, outcome.log, outcome.tickets), before, target_min, took)


def _result(
    plan: Plan, outcome: Outcome, waits: Sequence[Wait], before: Sequence[Wait] | None, target_min: float, took: float
) -> Result:
    refused: dict[str, int] = {}
    for code in outcome.refusals.values():
        refused[code] = refused.get(code, 0) + 1
    return Result(
        name=plan.name,
        figures=figures_of(waits, target_min),
        differences={} if before is None else differences(before, waits),
        curves=_curves(waits),
        refused=refused,
        seconds=round(took, 2),
    )


def _curves(waits: Sequence[Wait]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for group in (*GROUPS, ALL):
        minutes = sorted(
            wait.waited / MINUTE for wait in waits if wait.called is not None and group in {wait.group, ALL}
        )
        if minutes:
            found[group] = [
                round(minutes[min(len(minutes) - 1, n * len(minutes) // POINTS)], 1) for n in range(POINTS + 1)
            ]
    return found
