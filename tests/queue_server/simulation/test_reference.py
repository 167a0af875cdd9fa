"""The engine beside the small simulator that knows nothing of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from queue_server.simulation import scenarios
from queue_server.simulation.patients import patients_of
from queue_server.simulation.policy import Policy
from queue_server.simulation.records import calls_of
from queue_server.simulation.reference import first_come_first_served, simulate, strict_priority
from queue_server.simulation.runner import run
from tests.queue_server.simulation.plans import day, steady

POLICIES = scenarios.policies()
LEVELS = {"appointment": 0, "return": 1, "walk_in": 2}


def by_engine(described, policy, patients):
    return sorted(calls_of(run(described, policy, patients).log))


def by_reference(described, discipline, patients):
    return sorted(
        (call.at, call.station, call.patient, call.visit) for call in simulate(described, patients, discipline)
    )


@pytest.mark.parametrize("seed", range(8))
def test_first_come_first_served_is_the_same_call_by_call(seed):
    patients = patients_of(day(), seed)
    engine = by_engine(day(), POLICIES["fcfs"], patients)
    assert len(engine) > 40
    assert engine == by_reference(day(), first_come_first_served, patients)


def test_the_half_day_clinic_first_come_first_served_is_the_same_call_by_call():
    described = scenarios.half_day_clinic()
    patients = patients_of(described, 1)
    engine = by_engine(described, POLICIES["fcfs"], patients)
    assert engine == by_reference(described, first_come_first_served, patients)


@pytest.mark.parametrize("seed", range(4))
def test_strict_priority_is_the_same_call_by_call(seed):
    # Who comes back after a miss keeps the former moment in the engine and has a new one in the other.
    described = day(misses=None)
    patients = patients_of(described, seed)
    engine = by_engine(described, POLICIES["strict"], patients)
    assert engine == by_reference(described, strict_priority(LEVELS), patients)


@pytest.mark.parametrize("seed", range(4))
def test_due_times_are_the_same_call_by_call(seed):
    # Time stamps alone, without a lock and with everybody there in good time: the smallest key is called.
    described = day(misses=None, credits={})
    stamps = replace(POLICIES["stamped"].stamps, lock=0, late_after_min=600)
    policy = Policy("due times", stamps, {"return": replace(stamps.walk_in, allowance_min=-5)})
    patients = patients_of(described, seed)
    opens = described.at("08:00")
    minute = 60_000_000

    def due(waiting, _now):
        patient = patients[waiting.patient]
        if waiting.group == "appointment":
            return (max(patient.slot[0], waiting.since - 15 * minute), waiting.order)
        allowance = 30 if waiting.group == "walk_in" else -5
        return (max(waiting.since, opens) + allowance * minute, waiting.order)

    engine = by_engine(described, policy, patients)
    assert engine == by_reference(described, due, patients)


def test_a_steady_queue_is_the_same_call_by_call():
    described = steady(3, {"walk_in": 2.4}, until="00:10")
    patients = patients_of(described, 1)
    engine = by_engine(described, POLICIES["fcfs"], patients)
    assert len(engine) > 1_200
    assert engine == by_reference(described, first_come_first_served, patients)
