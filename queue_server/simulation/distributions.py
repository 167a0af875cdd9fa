"""Durations and delays: small descriptions that a TOML file can hold, and draws from them in whole microseconds."""

from __future__ import annotations

from itertools import accumulate
from math import inf, log1p, sqrt
from random import Random
from statistics import NormalDist
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

MINUTE = 60_000_000
"""A minute in microseconds."""

Minutes: TypeAlias = Annotated[float, Meta(ge=0, le=100_000)]
MeanMinutes: TypeAlias = Annotated[float, Meta(gt=0, le=100_000)]
Variation: TypeAlias = Annotated[float, Meta(gt=0, le=10)]
"""A coefficient of variation: standard deviation by mean."""


class Exponential(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="exponential"):
    """Exponential with mean ``mean_min`` minutes."""

    mean_min: MeanMinutes


class Lognormal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="lognormal"):
    """Lognormal by mean and coefficient of variation, the usual shape of a consultation's length.

    Source of the shape: T. Cayirli and E. Veral, "Outpatient scheduling in health care: a review of literature",
    Production and Operations Management 12 (2003), 519-549.
    """

    mean_min: MeanMinutes
    cv: Variation


class Gamma(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="gamma"):
    """Gamma by mean and coefficient of variation: shape 1/cv², scale mean x cv²."""

    mean_min: MeanMinutes
    cv: Variation


class Deterministic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="deterministic"):
    """Always the same."""

    value_min: Minutes


class Empirical(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="empirical"):
    """Observed values, each as likely as its weight says; without weights all alike. Nothing between is drawn."""

    values_min: Annotated[list[Minutes], Meta(min_length=1)]
    weights: list[Annotated[float, Meta(ge=0)]] = []

    def __post_init__(self) -> None:
        _check_weights(self.values_min, self.weights)


Duration: TypeAlias = Exponential | Lognormal | Gamma | Deterministic | Empirical


class NormalOffset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="normal"):
    """How long after the booked time a patient comes, minutes; early is negative.

    Normal with ``mean_min`` and ``sd_min``, cut off at ``earliest_min`` and ``latest_min``. Clinics report means before
    the booked time (Cayirli and Veral 2003, table of unpunctuality).
    """

    mean_min: Annotated[float, Meta(ge=-1_440, le=1_440)]
    sd_min: Annotated[float, Meta(gt=0, le=1_440)]
    earliest_min: float = -120
    latest_min: float = 120

    def __post_init__(self) -> None:
        if not self.earliest_min < self.latest_min:
            raise ValueError("earliest_min must be before latest_min")
        if abs(self.mean_min - min(max(self.mean_min, self.earliest_min), self.latest_min)) > 4 * self.sd_min:
            raise ValueError("nearly nothing of the distribution lies between earliest_min and latest_min")


class EmpiricalOffset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="empirical"):
    """Observed minutes after the booked time, early ones negative; weights as for durations."""

    values_min: Annotated[list[Annotated[float, Meta(ge=-1_440, le=1_440)]], Meta(min_length=1)]
    weights: list[Annotated[float, Meta(ge=0)]] = []

    def __post_init__(self) -> None:
        _check_weights(self.values_min, self.weights)


Unpunctuality: TypeAlias = NormalOffset | EmpiricalOffset


def _check_weights(values: list[float], weights: list[float]) -> None:
    if weights and (len(weights) != len(values) or sum(weights) <= 0):
        raise ValueError("weights: one for each value, and not all zero")


def draw(duration: Duration, random: Random) -> int:
    """One duration in whole microseconds, never negative."""
    match duration:
        case Exponential():
            minutes = random.expovariate(1 / duration.mean_min)
        case Lognormal():
            variance = log1p(duration.cv**2)
            minutes = duration.mean_min * random.lognormvariate(-variance / 2, sqrt(variance))
        case Gamma():
            minutes = random.gammavariate(duration.cv**-2, duration.mean_min * duration.cv**2)
        case Deterministic():
            minutes = duration.value_min
        case Empirical():
            minutes = _pick(duration.values_min, duration.weights, random)
    return round(minutes * MINUTE)


def draw_offset(unpunctuality: Unpunctuality | None, random: Random) -> int:
    """How long after the booked time somebody comes, whole microseconds; ``None`` is on the dot."""
    if unpunctuality is None:
        return 0
    if isinstance(unpunctuality, EmpiricalOffset):
        return round(_pick(unpunctuality.values_min, unpunctuality.weights, random) * MINUTE)
    normal = NormalDist(unpunctuality.mean_min, unpunctuality.sd_min)
    low, high = normal.cdf(unpunctuality.earliest_min), normal.cdf(unpunctuality.latest_min)
    # By inversion: one number is drawn however narrow the limits are, so that draws of the same patient stay in step.
    share = low + (high - low) * random.random()
    minutes = normal.inv_cdf(share) if 0 < share < 1 else (-inf if share <= 0 else inf)
    return round(min(max(minutes, unpunctuality.earliest_min), unpunctuality.latest_min) * MINUTE)


def _pick(values: list[float], weights: list[float], random: Random) -> float:
    if not weights:
        return values[int(random.random() * len(values))]
    return random.choices(values, cum_weights=list(accumulate(weights)))[0]


def moments(duration: Duration) -> tuple[float, float]:
    """E[S] in minutes and E[S²] in minutes squared."""
    match duration:
        case Exponential():
            return (duration.mean_min, 2 * duration.mean_min**2)
        case Lognormal() | Gamma():
            return (duration.mean_min, duration.mean_min**2 * (1 + duration.cv**2))
        case Deterministic():
            return (duration.value_min, duration.value_min**2)
        case Empirical():
            weights = duration.weights or [1.0] * len(duration.values_min)
            total = sum(weights)
            pairs = list(zip(duration.values_min, weights, strict=True))
            return (sum(v * w for v, w in pairs) / total, sum(v * v * w for v, w in pairs) / total)
