"""The expected wait keeps what it says: eight of ten, in every class of places, over many days of the real engine."""

from __future__ import annotations

import pytest

from queue_server.simulation import scenarios
from tests.queue_server.simulation.calibration import Told, by_place, half_a_year, score, slower

WAYS = ("own", "shown", "formula", "rolling")


def told_after(warm_up: int, days: int, policy: str, what: str) -> list[Told]:
    told = [one for one in half_a_year(days, scenarios.policies()[policy]) if one.day >= warm_up]
    for place, some in [("all", told), *by_place(told)]:
        figures = {way: score(some, way) for way in WAYS}
        words = ", ".join(f"{way} {100 * figure.share:.1f} % {figure.width:.1f} min" for way, figure in figures.items())
        print(f"{what} {policy}, place {place}, n = {len(some)}: {words}")  # noqa: T201 - pytest -s shows every figure
    return told


@pytest.mark.parametrize("policy", ["stamped", pytest.param("fcfs", marks=pytest.mark.slow)])
def test_eight_of_ten_waits_are_within_what_was_said(policy):
    told = told_after(15, 35, policy, "every day")
    assert len(told) > 2_300
    assert 0.76 <= score(told, "own").share <= 0.84
    # Whole minutes outward hold a little more, and never less.
    assert score(told, "own").share <= score(told, "shown").share
    assert all(shown[0] <= own[0] and own[1] <= shown[1] and shown[0] < shown[1] for _, _, _, _, own, shown, *_ in told)
    assert score(told, "own").width < score(told, "rolling").width


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("policy", ["stamped", "fcfs"])
def test_over_thirty_thousand_tickets_every_class_of_places_holds(policy):
    told = told_after(50, 300, policy, "slow")
    assert len(told) >= 30_000
    for place, some in by_place(told):
        assert 0.76 <= score(some, "own").share <= 0.84, place
    # What the record adds: the formula alone misses the eight of ten, a rolling mean is wider or misses them.
    assert abs(score(told, "own").share - 0.8) < abs(score(told, "formula").share - 0.8)
    assert score(told, "own").width < score(told, "rolling").width


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_regime_never_seen_is_reported_and_not_held():
    usual = scenarios.half_day_clinic()
    slow = slower(usual, 1.5)
    told = half_a_year(90, scenarios.policies()["stamped"], lambda n: usual if n < 60 else slow)
    for first, last in ((40, 60), (60, 65), (65, 75), (75, 90)):
        some = [one for one in told if first <= one.day < last]
        words = ", ".join(f"{way} {100 * score(some, way).share:.1f} %" for way in WAYS)
        print(f"services half as long again from day 60; days {first} to {last}, n = {len(some)}: {words}")  # noqa: T201
    assert {one.day for one in told} == set(range(90))
