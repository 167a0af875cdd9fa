from __future__ import annotations

import pytest

from queue_server.simulation import theory
from queue_server.simulation.theory import exponential_class

THREE = [exponential_class(rate, 1.0) for rate in (0.2, 0.3, 0.4)]


@pytest.mark.parametrize(
    ("servers", "rate", "wait_probability", "mean_wait"),
    [
        (1, 0.8, 0.8, 4.0),
        (2, 1.6, 0.71111, 1.77778),
        (3, 2.4, 0.64719, 1.07865),
        (5, 4.5, 0.76249, 1.52499),
    ],
)
def test_erlang_c_as_tabulated(servers, rate, wait_probability, mean_wait):
    found = theory.erlang_c(servers, rate, 1.0)
    assert found.wait_probability == pytest.approx(wait_probability, abs=5e-6)
    assert found.mean_wait == pytest.approx(mean_wait, abs=5e-6)


def test_erlang_c_scales_with_the_unit_of_time():
    assert theory.erlang_c(3, 0.4, 6.0).wait_probability == pytest.approx(theory.erlang_c(3, 2.4, 1.0).wait_probability)
    assert theory.erlang_c(3, 0.4, 6.0).mean_wait == pytest.approx(6 * theory.erlang_c(3, 2.4, 1.0).mean_wait)


def test_erlang_c_of_hundreds_of_servers_neither_overflows_nor_cancels():
    found = theory.erlang_c(1000, 990.0, 1.0)
    assert 0 < found.wait_probability < 1
    assert found.mean_wait == pytest.approx(found.wait_probability / 10)


def test_three_classes_as_published():
    assert theory.fcfs_wait(THREE) == pytest.approx(9.0)
    assert theory.strict_priority_waits(THREE) == pytest.approx([1.125, 2.25, 18.0])
    waits = theory.accumulating_priority_waits(THREE, [4, 2, 1])
    assert waits == pytest.approx([4.0714, 7.1429, 12.8571], abs=5e-5)


def test_the_weighted_wait_is_conserved():
    waits = [
        [theory.fcfs_wait(THREE)] * 3,
        theory.strict_priority_waits(THREE),
        theory.accumulating_priority_waits(THREE, [4, 2, 1]),
        theory.accumulating_priority_waits(THREE, [1, 3, 2]),
    ]
    assert theory.conserved_wait(THREE) == pytest.approx(8.1)
    for each in waits:
        assert theory.weighted_wait(THREE, each) == pytest.approx(8.1)


def test_accumulating_priority_lies_between_first_come_first_served_and_strict():
    assert theory.accumulating_priority_waits(THREE, [1, 1, 1]) == pytest.approx([9.0] * 3)
    assert theory.accumulating_priority_waits(THREE, [1e12, 1e6, 1]) == pytest.approx([1.125, 2.25, 18.0], rel=1e-4)


def test_regular_service_halves_the_wait():
    assert theory.fcfs_wait([theory.TrafficClass(0.8, 1.0, 1.0)]) == pytest.approx(2.0)


def test_an_overloaded_queue_has_no_mean_wait():
    with pytest.raises(ValueError, match="below 1"):
        theory.erlang_c(2, 2.0, 1.0)
    with pytest.raises(ValueError, match="below 1"):
        theory.strict_priority_waits([exponential_class(1.1, 1.0)])


def test_every_class_needs_a_slope():
    with pytest.raises(ValueError, match="slope"):
        theory.accumulating_priority_waits(THREE, [1, 2])
    with pytest.raises(ValueError, match="slope"):
        theory.accumulating_priority_waits(THREE, [1, 2, 0])
