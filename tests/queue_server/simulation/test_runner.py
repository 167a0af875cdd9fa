from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.lobby import evolve
from queue_server.engine.state import State
from queue_server.simulation import scenarios
from queue_server.simulation.day import Booked, Misses, Rate, Returns, SessionPlan, Shift, StationPlan, WalkIns
from queue_server.simulation.distributions import MINUTE, Deterministic, Exponential
from queue_server.simulation.patients import patients_of
from queue_server.simulation.records import calls_of
from queue_server.simulation.runner import run, run_seed
from tests.examples import share
from tests.queue_server.simulation.plans import clinic, day, morning_and_afternoon
from tests.sites import at

POLICIES = scenarios.policies()


def kept(log):
    return [(recorded.position, recorded.at, recorded.command_id, e.encode(recorded.event)) for recorded in log]


@pytest.mark.parametrize("name", POLICIES)
def test_the_same_seed_gives_the_same_log(name):
    one, other = run_seed(day(), POLICIES[name], 3), run_seed(day(), POLICIES[name], 3)
    assert kept(one.log) == kept(other.log)
    assert one.records == other.records
    assert kept(one.log) != kept(run_seed(day(), POLICIES[name], 4).log)


days = st.builds(
    morning_and_afternoon,
    share=st.sampled_from([0.0, 0.4, 1.0]),
    most=st.integers(1, 4),
    leftovers=st.sampled_from(["continue", "lapse", "afternoon_head"]),
    ends=st.sampled_from(["11:00", "15:00"]),
    overtime=st.booleans(),
    patience=st.sampled_from([None, Exponential(40)]),
)


@given(described=days, seed=st.integers(0, 10**6), name=st.sampled_from(sorted(POLICIES)))
@share(0.5)
def test_nobody_is_lost(described, seed, name):
    patients = patients_of(described, seed)
    ran = run(described, POLICIES[name], patients)
    by_visit = {(record.patient, record.visit): record for record in ran.records}
    assert len(by_visit) == len(ran.records)
    for patient in patients:
        first = by_visit[patient.id, 0]
        assert (first.checked_in is None) == (patient.arrives is None or first.outcome == "refused")
        # Who was sent for examinations came back, whatever the lobby then did.
        sent = first.outcome == "finished" and first.finished == first.started + patient.visits[0].service
        assert ((patient.id, 1) in by_visit) == (len(patient.visits) == 2 and sent)
    for record in ran.records:
        assert record.outcome in {"finished", "cancelled", "lapsed", "no_show", "refused"}
        assert (record.outcome == "refused") == (record.refusal is not None)
        assert record.waits_since is None
    issued = sum(isinstance(recorded.event, e.TicketIssued) for recorded in ran.log)
    assert issued == sum(record.checked_in is not None for record in ran.records)


def test_the_log_alone_gives_the_same_day():
    ran = run_seed(day(), POLICIES["stamped"], 5)
    state = State()
    for recorded in ran.log:
        evolve(state, recorded)
    assert state.day is not None
    assert state.day.ended
    ends = {ticket.id: ticket.status for ticket in state.tickets.values()}
    assert ends == {record.ticket: record.outcome for record in ran.records if record.ticket}
    assert not any(station.is_open for station in state.stations.values())


def test_a_patient_is_the_same_under_every_policy():
    patients = patients_of(day(), 6)
    service = {(patient.id, n): visit.service for patient in patients for n, visit in enumerate(patient.visits)}
    arrivals = {patient.id: patient.arrives for patient in patients}
    orders = set()
    for policy in POLICIES.values():
        ran = run(day(), policy, patients)
        finished = [record for record in ran.records if record.outcome == "finished"]
        assert len(finished) > 40
        for record in finished:
            assert record.finished - record.started == service[record.patient, record.visit]
            if record.visit == 0:
                assert record.checked_in == arrivals[record.patient]
        orders.add(tuple(call.patient for call in calls_of(ran.log)))
    assert len(orders) == len(POLICIES)


def test_a_return_checks_in_after_the_first_visit_and_its_examinations():
    ran = run_seed(day(), POLICIES["stamped"], 6)
    away = {patient.id: patient.visits[0].away for patient in patients_of(day(), 6)}
    first = {record.patient: record for record in ran.records if record.visit == 0}
    returns = [record for record in ran.records if record.visit == 1]
    assert returns
    for record in returns:
        assert record.group == "return"
        assert record.checked_in == first[record.patient].finished + away[record.patient]


def test_stations_keep_their_hours_and_their_doctors():
    stations = [
        replace(station, shifts=[replace(shift, overtime=False) for shift in station.shifts])
        for station in clinic().stations
    ]
    ran = run_seed(day(stations=stations), POLICIES["fcfs"], 2)
    calls = [(call.at, call.station) for call in calls_of(ran.log)]
    one = [moment for moment, station in calls if station == "im-r1"]
    two = [moment for moment, station in calls if station == "im-r2"]
    assert min(one) >= at("08:00")
    assert not any(at("10:00") <= moment < at("10:20") for moment in one)
    assert any(moment >= at("10:20") for moment in one)
    assert max(one) < at("12:00")
    assert min(two) >= at("09:30")
    opened = [recorded.event for recorded in ran.log if isinstance(recorded.event, e.StationOpened)]
    assert [(event.station, event.doctor) for event in opened] == [
        ("im-r1", None),
        ("im-r2", "d-he"),
        ("im-r1", "d-lin"),
    ]


def test_a_second_doctor_shortens_the_wait_from_then_on():
    alone = day(stations=[StationPlan("r1", [Shift("08:00", "12:00", overtime=True)])], patience=None)
    helped = day(
        stations=[
            StationPlan("r1", [Shift("08:00", "12:00", overtime=True)]),
            StationPlan("r2", [Shift("09:30", "12:00", overtime=True)]),
        ],
        patience=None,
    )
    waits = []
    for described in (alone, helped):
        records = run_seed(described, POLICIES["fcfs"], 2).records
        waits.append({(r.patient, r.visit): r.first_called for r in records if r.first_called})
    before = {key for key, called in waits[0].items() if called < at("09:30")}
    assert before
    assert all(waits[1][key] == waits[0][key] for key in before)
    assert max(waits[1].values()) < max(waits[0].values())


def test_patients_of_a_doctor_are_called_by_that_doctor_alone():
    plan = clinic(
        sessions=[
            SessionPlan("08:00", "15:00", booked_until="10:00", per_slot=2),
            SessionPlan("08:00", "15:00", booked_until="10:00", per_slot=3, doctor="d-he"),
        ],
        walk_ins=[WalkIns([Rate("08:00", "10:00", 3)], group="chosen", doctor="d-he")],
    )
    described = replace(day(), clinics=[plan])
    ran = run_seed(described, POLICIES["stamped"], 1)
    own = [record for record in ran.records if record.own_doctor == "d-he" and record.called]
    assert len(own) > 8
    assert {record.doctor for record in own} == {"d-he"}
    assert {record.station for record in own} == {"im-r2"}


def test_a_station_without_overtime_leaves_the_rest_to_the_days_end():
    short = [StationPlan("r1", [Shift("08:00", "09:00")])]
    ran = run_seed(day(stations=short, patience=None, misses=None), POLICIES["fcfs"], 1)
    left = [record for record in ran.records if record.outcome == "no_show" and record.checked_in]
    assert len(left) > 10
    assert all(record.called is None and record.waited > 0 for record in left)


def test_overtime_is_for_the_patients_of_the_sessions_that_have_begun():
    described = scenarios.hospital_day()
    ran = run_seed(replace(described, clinics=[replace(described.clinics[0], copies=1)]), POLICIES["fcfs"], 3)
    closed = [(r.event.station, r.at) for r in ran.log if isinstance(r.event, e.StationClosed)]
    morning = {station: moment for station, moment in closed if moment < at("13:30")}
    assert len(morning) == 5, "every room ends its morning before the afternoon"
    assert max(morning.values()) > at("12:00"), "a room went on after noon"
    assert [station for station, moment in closed if moment >= at("13:30")].count("clinic-room5") == 0
    assert all(record.outcome in {"finished", "no_show"} for record in ran.records)


def test_a_check_in_after_the_session_is_refused_with_the_engines_code():
    ran = run_seed(day(sessions=[SessionPlan("08:00", "09:00", slot_min=20, per_slot=3)]), POLICIES["fcfs"], 1)
    refused = [record for record in ran.records if record.outcome == "refused"]
    assert {record.refusal for record in refused} == {"session_over"}
    assert {record.group for record in refused} >= {"walk_in", "return"}
    assert all(record.ticket is None for record in refused)


def test_the_days_end_settles_whoever_is_still_there():
    plan = day(
        service=Deterministic(1_300),
        returns=Returns(1.0, away=Deterministic(1), service=Deterministic(1)),
        misses=Misses(1.0, back=Deterministic(1_100), most=1),
        patience=Deterministic(1_250),
    )
    ran = run_seed(plan, POLICIES["stamped"], 1)
    assert {"finished", "no_show"} <= {record.outcome for record in ran.records}
    end = day().at("05:00") + 24 * 60 * MINUTE
    assert max(recorded.at for recorded in ran.log) == end
    assert {record.finished for record in ran.records if record.outcome == "finished"} == {end}


def test_who_misses_once_too_often_lapses_and_does_not_come_back():
    plan = day(misses=Misses(1.0, back=Deterministic(5), most=4), patience=None)
    records = [record for record in run_seed(plan, POLICIES["stamped"], 1).records if record.checked_in]
    assert records
    assert {record.outcome for record in records} == {"lapsed"}
    assert {record.misses for record in records} == {3}


def test_a_missed_call_costs_the_station_its_wait_and_counts_as_no_wait_of_the_patients():
    plan = day(
        walk_ins=[],
        sessions=[SessionPlan("08:00", "15:00", booked_until="08:20", slot_min=20, per_slot=1)],
        stations=[StationPlan("r1", [Shift("08:00", "12:00", overtime=True)])],
        booked=Booked(),
        misses=Misses(1.0, back=Deterministic(7), most=1),
        missed_after_min=2,
        returns=None,
        patience=None,
        walk=Deterministic(1),
    )
    (record,) = run_seed(plan, POLICIES["fcfs"], 1).records
    assert record.first_called == at("08:00")
    assert record.called == at("08:09")
    assert record.started == at("08:10")
    assert (record.misses, record.waited) == (1, 0)


def test_patients_who_lose_patience_cancel():
    plan = day(
        patience=Deterministic(20), stations=[StationPlan("r1", [Shift("09:00", "12:00", overtime=True)])], misses=None
    )
    ran = run_seed(plan, POLICIES["fcfs"], 1)
    left = [record for record in ran.records if record.outcome == "cancelled"]
    assert left
    assert all(record.waited == 20 * MINUTE for record in left)
    assert all(record.waited <= 20 * MINUTE for record in ran.records)


def test_first_come_first_served_overtakes_nobody_and_others_do():
    patients = patients_of(day(), 6)
    most = {
        name: max(record.overtakes for record in run(day(), policy, patients).records)
        for name, policy in POLICIES.items()
    }
    assert most["fcfs"] == 0
    assert most["strict"] > most["stamped"] > 0
