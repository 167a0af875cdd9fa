"""A past day decided again: the same under its own rules, and under others only what the rules decide."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.site import Text, TimeStamp
from queue_server.replay.changes import EVERY, ChangeError, MoreRoom, Plan
from queue_server.replay.fidelity import fidelity_of
from queue_server.replay.figures import ALL, differences, figures_of, waits_of
from queue_server.replay.past import past_of
from queue_server.replay.rerun import rerun
from queue_server.simulation import scenarios
from queue_server.simulation.distributions import MINUTE, Exponential
from queue_server.simulation.policy import site_of
from queue_server.simulation.runner import run_seed
from tests.examples import share
from tests.queue_server.replay.days import (
    DAYS,
    POLICIES,
    calls_of,
    ends_of,
    morning_and_afternoon,
    services_of,
    simulated,
)
from tests.queue_server.simulation.plans import clinic, day
from tests.sites import at

PLANS = [
    Plan(allowance_min=0).named(),
    Plan(walk_in_ratio=2).named(),
    Plan(lock=3).named(),
    Plan(more=(MoreRoom("im", "08:30"),)).named(),
    Plan(stamps={EVERY: POLICIES["strict"].stamps}, name=Text("别的", "strict")),
]


@given(described=DAYS, seed=st.integers(0, 10**6), policy=st.sampled_from(sorted(POLICIES)))
@example(morning_and_afternoon(0.8, "lapse", "11:00", True, Exponential(40)), 28315, "strict")  # noqa: FBT003 - as drawn
@share(0.3)
def test_under_its_own_rules_a_simulated_day_is_the_same_day(described, seed, policy):
    log, past = simulated(described, policy, seed)
    again = rerun(past)
    assert calls_of(again.log, again.tickets) == calls_of(log, past.tickets)
    assert ends_of(again.log, again.tickets) == ends_of(log, past.tickets)
    assert again.refusals == {}
    assert fidelity_of(past, again).is_whole


@given(described=DAYS, seed=st.integers(0, 10**6), look_ahead=st.integers(1, 3))
@share(0.2)
def test_a_day_in_two_stages_is_the_same_day_again(described, seed, look_ahead):
    policy = replace(POLICIES["stamped"], room_look_ahead=look_ahead)
    log = run_seed(described, policy, seed).log
    past = past_of(site_of(described, policy), log)
    again = rerun(past)
    assert any(isinstance(one.event, e.RoomAssigned) for one in log)
    assert calls_of(again.log, again.tickets) == calls_of(log, past.tickets)
    assert ends_of(again.log, again.tickets) == ends_of(log, past.tickets)
    assert fidelity_of(past, again).is_whole


@given(
    seed=st.integers(0, 10**6),
    pace=st.lists(st.sampled_from([1, 40_000_000, 3 * MINUTE, 9 * MINUTE, 14 * MINUTE]), min_size=1, max_size=60),
)
@example(33, [1, 14 * MINUTE, 1, 1, 40_000_000, *([14 * MINUTE] * 5), 1, 1, 1, 14 * MINUTE])
@example(33, [1, 14 * MINUTE, 1, 1, 40_000_000, *([14 * MINUTE] * 5), 1, 1, 14 * MINUTE, 1])
@share(0.2)
def test_rooms_that_take_their_time_and_make_breaks_are_followed(seed, pace):
    """A rerun with slow rooms is a day as a hospital has it; it is read and run again, and is the same.

    No room calls in the very microsecond in which somebody begins to wait: where another one was free for longer, a log
    cannot tell why that one did not.
    """
    _, easy = simulated(day(), seed=seed)
    slow = replace(easy, rooms=tuple(replace(room, pace=tuple(pace), usual=1) for room in easy.rooms))
    was = rerun(slow)
    past = past_of(easy.site, was.log)
    again = rerun(past)
    assert calls_of(again.log, again.tickets) == calls_of(was.log, past.tickets)
    assert fidelity_of(past, again).is_whole


@given(described=DAYS, seed=st.integers(0, 10**6), plan=st.sampled_from(PLANS))
@share(0.2)
def test_a_patients_service_takes_as_long_whatever_the_rules(described, seed, plan):
    log, past = simulated(described, seed=seed)
    other = rerun(past, plan)
    was, now = services_of(log, past.tickets), services_of(other.log, other.tickets)
    assert {visit: now[visit] for visit in now if visit in was} == {visit: was[visit] for visit in now if visit in was}
    # Whoever was not seen on the day takes what is usual, the same under every plan.
    assert all(now[visit] == past.visits[visit].service for visit in now)
    came = {visit for visit, one in enumerate(past.visits) if one.after is None}
    assert came <= set(other.tickets.values()) | set(other.refusals)


@given(seed=st.integers(0, 10**6), opens=st.sampled_from(["07:30", "08:10", "09:30", "10:59"]))
@share(0.3)
def test_first_come_first_served_one_more_doctor_never_lengthens_the_wait(seed, opens):
    described = day(misses=None, returns=None, patience=None)
    _, past = simulated(described, "fcfs", seed)
    base, more = rerun(past), rerun(past, Plan(more=(MoreRoom("im", opens),)))
    before = waits_of(past, base.log, base.tickets)
    after = waits_of(past, more.log, more.tickets)
    assert sum(wait.waited for wait in after) <= sum(wait.waited for wait in before)
    found = differences(before, after)[ALL]
    assert (found.longer, found.mean <= 0) == (0, True)


def test_one_more_doctor_helps_where_the_rooms_are_full():
    _, past = simulated(scenarios.half_day_clinic(), "fcfs", 3)
    base, more = rerun(past), rerun(past, Plan(more=(MoreRoom("clinic", "09:00"),)))
    was = figures_of(waits_of(past, base.log, base.tickets), 30)[ALL]
    now = figures_of(waits_of(past, more.log, more.tickets), 30)[ALL]
    assert was.mean > 5
    assert now.mean < was.mean / 2
    assert now.called == was.called


def test_the_further_doctor_has_a_room_of_its_own_that_closes_with_the_others():
    _, past = simulated(scenarios.half_day_clinic(), "fcfs", 3)
    more = rerun(past, Plan(more=(MoreRoom("clinic", "09:30"),)))
    own = [call.at for call in more.calls if call.station == "+1"]
    assert len(own) > 10
    assert own[0] >= at("09:30")
    short = rerun(past, Plan(more=(MoreRoom("clinic", "09:30", "10:00"),)))
    assert all(at("09:30") <= call.at < at("10:00") for call in short.calls if call.station == "+1")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            MoreRoom("none", "09:30"),
            "nobody waited for any doctor of the queue 'none' .* queues with such patients: clinic",
        ),
        (MoreRoom("clinic", "23:30"), "would close no later than it opens at 23:30"),
        (MoreRoom("clinic", "10:00", "09:00"), "09:00 is not after 10:00"),
        (MoreRoom("clinic", "ten"), "'ten' is no time of day"),
    ],
)
def test_a_room_that_cannot_be_is_refused_in_words(more, words):
    _, past = simulated(scenarios.half_day_clinic(), "fcfs", 3)
    with pytest.raises(ChangeError, match=words):
        rerun(past, Plan(more=(more,)))


def test_a_queue_of_named_doctors_only_has_no_work_for_one_more():
    sessions = [replace(clinic().sessions[0], doctor="d-lin")]
    stations = [replace(clinic().stations[0], shifts=[replace(clinic().stations[0].shifts[0], doctor="d-lin")])]
    _, past = simulated(day(sessions=sessions, stations=stations, walk_ins=[]), "fcfs")
    with pytest.raises(ChangeError, match="one more would call nobody; queues with such patients: none"):
        rerun(past, Plan(more=(MoreRoom("im", "09:30"),)))


def test_a_walk_ins_allowance_moves_walk_ins_and_nobody_gets_lost():
    _, past = simulated(scenarios.half_day_clinic(), "stamped", 5)
    figures = {}
    for minutes in (0, 60):
        outcome = rerun(past, Plan(allowance_min=minutes))
        figures[minutes] = figures_of(waits_of(past, outcome.log, outcome.tickets), 30)
    assert figures[60]["walk_in"].mean > figures[0]["walk_in"].mean + 5
    assert figures[60]["appointment"].mean < figures[0]["appointment"].mean
    assert figures[60][ALL].called == figures[0][ALL].called


def test_stamps_of_one_queue_leave_the_others_alone():
    _, past = simulated(scenarios.half_day_clinic(), "fcfs", 5)
    only = TimeStamp("check_in", Text("", ""), allowance_min=600)
    stamps = replace(POLICIES["fcfs"].stamps, walk_in=only)
    assert Plan(stamps={"other": stamps}).site(past.site) == past.site
    assert Plan(stamps={"clinic": stamps}).site(past.site).queues[0].stamps.walk_in == only
