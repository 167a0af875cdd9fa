"""Policies side by side on the same days: waits by class, overtakes, share within target, each with its error.

A day is one replication. What is told of all days together (a mean, a percentile, a share) has the standard error of
the delete-a-group jackknife over groups of days: days are independent, the patients of one day are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, isnan, nan, sqrt
from typing import NamedTuple

import msgspec

from queue_server.simulation.day import Day
from queue_server.simulation.distributions import MINUTE
from queue_server.simulation.patients import patients_of
from queue_server.simulation.policy import Policy
from queue_server.simulation.records import VisitRecord
from queue_server.simulation.runner import run

GROUPS = 20
"""So many groups of days at most; fewer days are groups of one."""

ALL = "all"


class Estimate(NamedTuple):
    """A figure and its standard error; ``nan`` where the sample is too small to tell."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ± {self.error:.2f}"


class ClassFigures(msgspec.Struct, frozen=True):
    """How one class waited under one policy, over all days. Minutes.

    Attributes:
        visits: how many were called.
        mean, median, p95: of the wait up to the call that was followed.
        daily_worst: the mean of each day's longest wait.
        worst: the longest of all.
        within_target: the share that waited no longer than the target.
        mean_overtakes: how many later arrivals were called first, on average.
        most_overtakes: the most that anybody suffered.
    """

    visits: int
    mean: Estimate
    median: Estimate
    p95: Estimate
    daily_worst: Estimate
    worst: float
    within_target: Estimate
    mean_overtakes: Estimate
    most_overtakes: int


class Comparison(msgspec.Struct, frozen=True):
    """What came of ``compare``, by policy and class (``all`` for everybody).

    Attributes:
        daily_mean, daily_worst: of each day's waits, in the order of the seeds, minutes; ``nan`` where nobody waited.
        outcomes: how many visits of each policy ended how.
    """

    seeds: list[int]
    target_min: float
    figures: dict[str, dict[str, ClassFigures]]
    daily_mean: dict[str, dict[str, list[float]]]
    daily_worst: dict[str, dict[str, list[float]]]
    outcomes: dict[str, dict[str, int]]

    def difference(self, one: tuple[str, str], other: tuple[str, str]) -> Estimate:
        """By how much the mean wait of ``one`` (policy, class) is above that of ``other``, as paired by days.

        The patients of a day are the same under every policy, so this error is smaller than those of the two means.
        """
        pairs = zip(self.daily_mean[one[0]][one[1]], self.daily_mean[other[0]][other[1]], strict=True)
        return mean_of([a - b for a, b in pairs if not isnan(a - b)])

    def worst_ratio(self, policy: str, other: str) -> Estimate:
        """The mean over the days of the worst wait under ``policy`` by that of the same day under ``other``."""
        pairs = zip(self.daily_worst[policy][ALL], self.daily_worst[other][ALL], strict=True)
        return mean_of([a / b for a, b in pairs if b > 0])

    def __str__(self) -> str:
        """A table for reading."""
        head = f"{len(self.seeds)} days; waits in minutes, target {self.target_min:g}; ± one standard error"
        columns = ["policy", "class", "visits", "mean", "median", "p95", "daily worst", "worst", "in target, %"]
        rows = [[*columns, "overtakes", "most"]]
        for policy, classes in self.figures.items():
            for name, of in classes.items():
                share = Estimate(100 * of.within_target.value, 100 * of.within_target.error)
                figures = [of.mean, of.median, of.p95, of.daily_worst, f"{of.worst:.1f}", share, of.mean_overtakes]
                rows.append([policy, name, str(of.visits), *map(str, figures), str(of.most_overtakes)])
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([head, *lines])


class _Sample(NamedTuple):
    """One called visit: its day's number, its class, wait in minutes and overtakes."""

    day: int
    group: str
    wait: float
    overtakes: int


def compare(day: Day, policies: Sequence[Policy], seeds: Iterable[int], target_min: float = 30) -> Comparison:
    """Play the days of ``seeds`` under each of ``policies`` through the engine.

    Args:
        day: the description.
        policies: of different names.
        seeds: one for each day; every policy meets the same patients.
        target_min: what counts as a short wait.
    """
    chosen = list(seeds)
    samples: dict[str, list[_Sample]] = {policy.name: [] for policy in policies}
    outcomes: dict[str, dict[str, int]] = {policy.name: {} for policy in policies}
    for n, seed in enumerate(chosen):
        patients = patients_of(day, seed)
        for policy in policies:
            records = run(day, policy, patients).records
            samples[policy.name] += [_sample(n, record) for record in records if record.called is not None]
            ends = outcomes[policy.name]
            for record in records:
                end = record.outcome or "open"
                ends[end] = ends.get(end, 0) + 1
    return Comparison(
        seeds=chosen,
        target_min=target_min,
        figures={
            name: {group: _figures(of, len(chosen), target_min) for group, of in _classes(found).items()}
            for name, found in samples.items()
        },
        daily_mean={name: _daily(found, len(chosen), _mean) for name, found in samples.items()},
        daily_worst={name: _daily(found, len(chosen), max) for name, found in samples.items()},
        outcomes=outcomes,
    )


def _sample(n: int, record: VisitRecord) -> _Sample:
    return _Sample(n, record.group, record.waited / MINUTE, record.overtakes)


def _classes(samples: list[_Sample]) -> dict[str, list[_Sample]]:
    classes: dict[str, list[_Sample]] = {group: [] for group in sorted({sample.group for sample in samples})}
    for sample in samples:
        classes[sample.group].append(sample)
    return classes | ({ALL: samples} if samples else {})


def _figures(samples: list[_Sample], days: int, target_min: float) -> ClassFigures:
    waits: dict[int, list[float]] = {n: [] for n in range(days)}
    overtakes: dict[int, list[float]] = {n: [] for n in range(days)}
    for sample in samples:
        waits[sample.day].append(sample.wait)
        overtakes[sample.day].append(sample.overtakes)

    def within(values: list[float]) -> float:
        return sum(value <= target_min for value in values) / len(values)

    return ClassFigures(
        visits=len(samples),
        mean=jackknife(waits, _mean),
        median=jackknife(waits, lambda values: quantile(values, 0.5)),
        p95=jackknife(waits, lambda values: quantile(values, 0.95)),
        daily_worst=mean_of([max(day) for day in waits.values() if day]),
        worst=max(sample.wait for sample in samples),
        within_target=jackknife(waits, within),
        mean_overtakes=jackknife(overtakes, _mean),
        most_overtakes=max(sample.overtakes for sample in samples),
    )


def _daily(samples: list[_Sample], days: int, statistic: Callable[[list[float]], float]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for group, of in _classes(samples).items():
        waits: list[list[float]] = [[] for _ in range(days)]
        for sample in of:
            waits[sample.day].append(sample.wait)
        found[group] = [statistic(each) if each else nan for each in waits]
    return found


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def mean_of(values: Sequence[float]) -> Estimate:
    """The mean of independent values and its standard error."""
    mean = sum(values) / len(values)
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread
        return Estimate(mean, nan)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return Estimate(mean, sqrt(variance / len(values)))


def jackknife(days: Mapping[int, list[float]], statistic: Callable[[list[float]], float]) -> Estimate:
    """A statistic of all days' values together, with the error of the delete-a-group jackknife.

    Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 11; with groups in place
    of single observations, since what one day holds is not independent.
    """
    everything = [value for values in days.values() for value in values]
    groups = min(GROUPS, len(days))
    left_out = [[value for day, values in days.items() if day % groups != n for value in values] for n in range(groups)]
    without = [statistic(values) for values in left_out if values]
    whole = statistic(everything)
    if len(without) < 2:  # noqa: PLR2004 - one group has no spread
        return Estimate(whole, nan)
    middle = sum(without) / len(without)
    spread = sum((value - middle) ** 2 for value in without)
    return Estimate(whole, sqrt(spread * (len(without) - 1) / len(without)))


def batch_means(values: Sequence[float], warm_up: int, batches: int = 20) -> Estimate:
    """The mean of one long run in its steady state, with the error of batch means.

    Source: A. M. Law, "Simulation Modeling and Analysis", 5th edition (2015), section 9.5. Batches have to be much
    longer than the run's memory.

    Args:
        values: in the order of time.
        warm_up: so many first values are dropped, because the run began empty.
        batches: into so many parts the rest is cut; what does not divide is dropped.

    Raises:
        ValueError: fewer values than batches.
    """
    kept = values[warm_up:]
    size = len(kept) // batches
    if not size:
        raise ValueError(f"{len(kept)} values are too few for {batches} batches")
    return mean_of([sum(kept[n * size : (n + 1) * size]) / size for n in range(batches)])
