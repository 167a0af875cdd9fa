"""Simulated queues in their steady state beside the formulas, within the sampling errors that they print."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from queue_server.simulation import scenarios, theory
from queue_server.simulation.compare import mean_of
from queue_server.simulation.distributions import Lognormal, moments
from queue_server.simulation.patients import patients_of
from queue_server.simulation.policy import Policy
from queue_server.simulation.reference import accumulating_priority, first_come_first_served, simulate, strict_priority
from queue_server.simulation.runner import run
from tests.queue_server.simulation.plans import SECOND, agrees, mean_wait, steady, waits_of

RATES = {"one": 0.2, "two": 0.3, "three": 0.4}
CLASSES = [theory.exponential_class(rate, 1.0) for rate in RATES.values()]
DISCIPLINES = {
    "fcfs": (first_come_first_served, [theory.fcfs_wait(CLASSES)] * 3),
    "strict": (strict_priority({"one": 0, "two": 1, "three": 2}), theory.strict_priority_waits(CLASSES)),
    "apq": (
        accumulating_priority({"one": 4, "two": 2, "three": 1}),
        theory.accumulating_priority_waits(CLASSES, [4, 2, 1]),
    ),
}
CASES = [(1, 0.8, 11, "00:30"), (2, 1.6, 12, "00:20"), (3, 2.4, 13, "00:15"), (5, 4.5, 14, "00:10")]


def check_erlang(servers, rate, seeds, until, warm_up, within):
    described = steady(servers, {"walk_in": rate}, until)
    runs = [simulate(described, patients_of(described, seed), first_come_first_served)[warm_up:] for seed in seeds]
    expected = theory.erlang_c(servers, rate, 1.0)
    assert agrees("W", mean_of([mean_wait(served) for served in runs]), expected.mean_wait, within=within)
    waiting = mean_of([sum(wait > 0 for wait in waits_of(served)) / len(served) for served in runs])
    assert agrees("P(wait)", waiting, expected.wait_probability, within=within)


@pytest.mark.parametrize(("servers", "rate", "case", "until"), CASES[1:2])
def test_erlang_c(servers, rate, case, until):
    check_erlang(servers, rate, range(case * 100, case * 100 + 8), until, warm_up=400, within=0.15)


@pytest.mark.slow
@pytest.mark.parametrize(("servers", "rate", "case", "_until"), CASES)
def test_erlang_c_at_length(servers, rate, case, _until):
    check_erlang(servers, rate, range(case * 1000, case * 1000 + 24), "03:00", warm_up=2_000, within=0.03)


def check_classes(seeds, until, warm_up, *, within, paired_within):
    """Each class's mean wait, Σ ρᵢWᵢ, and each class's wait by that of everybody in the same run served in order.

    The last is sharp where the others are not: a run with many customers has long waits under every discipline.
    """
    described = steady(1, RATES, until)
    waits: dict[str, dict[str, list[float]]] = {name: {group: [] for group in RATES} for name in DISCIPLINES}
    for seed in seeds:
        patients = patients_of(described, seed)
        for name, (discipline, _) in DISCIPLINES.items():
            served = simulate(described, patients, discipline)[warm_up:]
            for group in RATES:
                waits[name][group].append(mean_wait(served, group))
    first_come = [weighted / 0.9 for weighted in weighted_by_run(waits["fcfs"])]
    for name, (_, expected) in DISCIPLINES.items():
        for (group, found), wait in zip(waits[name].items(), expected, strict=True):
            assert agrees(f"{name} {group}", mean_of(found), wait, within=within)
            shares = mean_of([one / other for one, other in zip(found, first_come, strict=True)])
            assert agrees(f"{name} {group} by fcfs", shares, wait / 9, within=paired_within)
        assert agrees(f"{name} conserved", mean_of(weighted_by_run(waits[name])), 8.1, within=within)


def weighted_by_run(waits):
    return [theory.weighted_wait(CLASSES, run_waits) for run_waits in zip(*waits.values(), strict=True)]


def test_three_classes():
    check_classes(range(500, 508), "00:40", 500, within=0.3, paired_within=0.15)


@pytest.mark.slow
def test_three_classes_at_length():
    check_classes(range(5_000, 5_030), "10:00", 2_500, within=0.05, paired_within=0.03)


def test_skewed_services_wait_as_pollaczek_and_khinchine_say():
    described = steady(1, {"walk_in": 0.7}, "00:30")
    (plan,) = described.clinics
    service = Lognormal(1 / 60, 1.2)
    described = replace(described, clinics=[replace(plan, service=service)])
    mean, second = (value * 60**power for power, value in enumerate(moments(service), 1))
    runs = [simulate(described, patients_of(described, seed), first_come_first_served) for seed in range(700, 712)]
    expected = theory.fcfs_wait([theory.TrafficClass(0.7, mean, second)])
    assert agrees("W", mean_of([mean_wait(served[300:]) for served in runs]), expected, within=0.15)


def engine_waits(described, policy, seed, warm_up):
    """Waits by group in mean services, of one day through the engine without its first calls."""
    called = [r for r in run(described, policy, patients_of(described, seed)).records if r.called is not None]
    called.sort(key=lambda record: record.called)
    waits: dict[str, list[float]] = {}
    for record in called[warm_up:]:
        waits.setdefault(record.group, []).append((record.called - record.checked_in) / SECOND)
    return {group: sum(found) / len(found) for group, found in waits.items()}


def test_erlang_c_through_the_engine():
    described = steady(5, {"walk_in": 4.0}, "00:05")
    policy = scenarios.policies()["fcfs"]
    means = [engine_waits(described, policy, seed, 150)["walk_in"] for seed in range(40, 46)]
    assert agrees("W, engine", mean_of(means), theory.erlang_c(5, 4.0, 1.0).mean_wait, within=0.15)


def strict_policy() -> Policy:
    fcfs = scenarios.policies()["fcfs"]
    rule = fcfs.stamps.walk_in
    groups = {group: replace(rule, allowance_min=n * 2_880) for n, group in enumerate(RATES)}
    return Policy("strict", replace(fcfs.stamps, missed=[]), groups)


@pytest.mark.slow
def test_strict_priority_through_the_engine():
    described = steady(1, RATES, "02:30")
    days = [engine_waits(described, strict_policy(), seed, 800) for seed in range(8_000, 8_012)]
    for group, wait in zip(RATES, theory.strict_priority_waits(CLASSES), strict=True):
        assert agrees(f"strict {group}, engine", mean_of([day[group] for day in days]), wait, within=0.15)
