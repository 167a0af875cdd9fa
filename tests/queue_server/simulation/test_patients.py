from __future__ import annotations

from math import sqrt

from msgspec.structs import replace

from queue_server.simulation.day import Rate, Shift, StationPlan, WalkIns
from queue_server.simulation.distributions import MINUTE, Deterministic
from queue_server.simulation.patients import NEVER, patients_of
from tests.queue_server.simulation.plans import clinic, day
from tests.sites import at


def test_the_seed_decides_everything():
    assert patients_of(day(), 7) == patients_of(day(), 7)
    assert patients_of(day(), 7) != patients_of(day(), 8)


def test_another_room_or_another_crowd_changes_nobody_else():
    before = {patient.id: patient for patient in patients_of(day(), 7)}
    crowd = [*clinic().walk_ins, WalkIns([Rate("08:00", "12:00", 30)], group="crowd")]
    room = [*clinic().stations, StationPlan("r3", [Shift("08:00", "12:00")])]
    after = {patient.id: patient for patient in patients_of(day(walk_ins=crowd, stations=room), 7)}
    assert len(after) > len(before)
    assert {name: after[name] for name in before} == before


def test_another_length_of_service_leaves_arrivals_and_absences_alone():
    before = patients_of(day(returns=None), 7)
    after = patients_of(day(returns=None, service=Deterministic(1)), 7)
    assert [p.arrives for p in before] == [p.arrives for p in after]
    assert [bool(p.visits[0].absences) for p in before] == [bool(p.visits[0].absences) for p in after]


def test_booked_patients_come_round_their_slot_and_never_before_check_in_opens():
    plan = day(check_in_opens_min=20)
    booked = [patient for seed in range(5) for patient in patients_of(plan, seed) if patient.slot]
    assert len(booked) == 5 * 9 * 3
    came = [patient for patient in booked if patient.arrives is not None]
    assert all(-20 * MINUTE <= patient.arrives - patient.slot[0] <= 120 * MINUTE for patient in came)
    assert any(patient.arrives == patient.slot[0] - 20 * MINUTE for patient in came)


def test_shares_are_those_described():
    everybody = [patient for seed in range(200) for patient in patients_of(day(), seed)]
    booked = [patient for patient in everybody if patient.slot]
    first = [patient.visits[0] for patient in everybody]
    missing = [visit for visit in first if visit.absences]
    for found, of, share in (
        (sum(patient.arrives is None for patient in booked), len(booked), 0.1),
        (sum(len(patient.visits) == 2 for patient in everybody), len(everybody), 0.25),
        (len(missing), len(first), 0.15),
        (sum(visit.absences[0] == NEVER for visit in missing), len(missing), 0.2),
        (sum(patient.credits == ("elder",) for patient in everybody), len(everybody), 0.2),
    ):
        assert abs(found / of - share) <= 4 * sqrt(share * (1 - share) / of)


def test_walk_ins_come_at_the_rates_described():
    days = 200
    came = [patient.arrives for seed in range(days) for patient in patients_of(day(), seed) if not patient.slot]
    early = sum(moment < at("09:00") for moment in came)
    for found, expected in ((early, days * 12), (len(came) - early, days * 10)):
        assert abs(found - expected) <= 4 * sqrt(expected)
    assert at("07:30") <= min(came)
    assert max(came) < at("11:30")


def test_copies_have_patients_of_their_own():
    twice = replace(day(), clinics=[clinic(copies=2)])
    one, two = ([p for p in patients_of(twice, 1) if p.clinic == name] for name in ("im-1", "im-2"))
    assert [p.visits[0].service for p in one[:5]] != [p.visits[0].service for p in two[:5]]
