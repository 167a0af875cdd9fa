from __future__ import annotations

from math import sqrt
from random import Random

import msgspec
import pytest

from queue_server.simulation.distributions import (
    MINUTE,
    Deterministic,
    Duration,
    Empirical,
    EmpiricalOffset,
    Exponential,
    Gamma,
    Lognormal,
    NormalOffset,
    Unpunctuality,
    draw,
    draw_offset,
    moments,
)

DURATIONS = [
    Exponential(7),
    Lognormal(7, 0.6),
    Lognormal(7, 1.4),
    Gamma(7, 0.5),
    Gamma(7, 1.3),
    Deterministic(7),
    Empirical([3, 5, 13]),
    Empirical([3, 5, 13], [1, 0, 2]),
]


@pytest.mark.parametrize("duration", DURATIONS, ids=repr)
def test_draws_have_the_moments_described(duration):
    random = Random(5)
    draws = [draw(duration, random) for _ in range(40_000)]
    assert all(isinstance(value, int) and value >= 0 for value in draws)
    mean, second = moments(duration)
    for power, expected in ((1, mean), (2, second)):
        values = [(value / MINUTE) ** power for value in draws]
        found = sum(values) / len(values)
        error = sqrt(sum((value - found) ** 2 for value in values)) / len(values)
        assert abs(found - expected) <= 4 * error + 1e-6


def test_empirical_draws_are_the_values_themselves():
    random = Random(1)
    assert {draw(Empirical([3, 5, 13], [1, 0, 2]), random) for _ in range(200)} == {3 * MINUTE, 13 * MINUTE}
    assert {draw_offset(EmpiricalOffset([-3, 0.5]), random) for _ in range(200)} == {-3 * MINUTE, MINUTE // 2}


def test_the_same_stream_draws_the_same():
    assert [draw(Gamma(5, 0.7), Random("a")) for _ in range(3)] == [draw(Gamma(5, 0.7), Random("a"))] * 3


def test_punctual_is_on_the_dot():
    assert draw_offset(None, Random(1)) == 0


def test_unpunctuality_keeps_to_its_limits_and_its_mean():
    random = Random(2)
    wide = [draw_offset(NormalOffset(-10, 15), random) / MINUTE for _ in range(20_000)]
    assert sum(wide) / len(wide) == pytest.approx(-10, abs=4 * 15 / sqrt(20_000))
    narrow = [draw_offset(NormalOffset(-10, 15, -12, 3), random) / MINUTE for _ in range(5_000)]
    assert -12 <= min(narrow) < -11.5
    assert 2.5 < max(narrow) <= 3


def test_one_number_is_drawn_whatever_the_limits():
    one, other = Random(3), Random(3)
    draw_offset(NormalOffset(-10, 15, -12, 3), one)
    draw_offset(NormalOffset(0, 40), other)
    assert one.random() == other.random()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('d = { type = "exponential", mean_min = 0 }', "> 0"),
        ('d = { type = "exponential", mean = 3 }', "unknown field"),
        ('d = { type = "lognormal", mean_min = 3 }', "missing required field `cv`"),
        ('d = { type = "weibull", mean_min = 3 }', "weibull"),
        ('d = { type = "empirical", values_min = [] }', "length >= 1"),
        ('d = { type = "empirical", values_min = [1, 2], weights = [1] }', "one for each value"),
        ('d = { type = "empirical", values_min = [1, 2], weights = [0, 0] }', "not all zero"),
        ('d = { type = "empirical", values_min = [-1] }', ">= 0"),
        ('d = { type = "gamma", mean_min = 3, cv = 20 }', "<= 10"),
    ],
)
def test_a_bad_description_is_refused_with_the_reason(text, words):
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.toml.decode(text, type=dict[str, Duration])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('d = { type = "normal", mean_min = 0, sd_min = 5, earliest_min = 3, latest_min = 3 }', "before latest_min"),
        ('d = { type = "normal", mean_min = 0, sd_min = 1, earliest_min = 10, latest_min = 20 }', "nearly nothing"),
        ('d = { type = "empirical", values_min = [-3, 2], weights = [1] }', "one for each value"),
    ],
)
def test_a_bad_unpunctuality_is_refused_with_the_reason(text, words):
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.toml.decode(text, type=dict[str, Unpunctuality])
