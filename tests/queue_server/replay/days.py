"""Simulated days for tests of the replay, and what came of each patient in a log."""

from __future__ import annotations

from hypothesis import strategies as st

from queue_server.engine import events as e
from queue_server.replay.past import past_of
from queue_server.simulation import scenarios
from queue_server.simulation.day import Misses, Returns, SessionPlan, Shift, StationPlan
from queue_server.simulation.distributions import Exponential
from queue_server.simulation.policy import site_of
from queue_server.simulation.runner import run_seed
from tests.queue_server.simulation.plans import day

POLICIES = scenarios.policies()


def morning_and_afternoon(share, leftovers, ends, overtime, patience):
    """A morning until ``ends`` and an afternoon, two rooms with breaks, misses and returns; a share is not there."""
    return day(
        misses=Misses(share, back=Exponential(8), gives_up=0.2, most=3),
        returns=Returns(0.4, away=Exponential(30), service=Exponential(3)),
        leftovers=leftovers,
        patience=patience,
        sessions=[
            SessionPlan("08:00", ends, booked_until="10:00", slot_min=20, per_slot=2),
            SessionPlan("13:30", "17:00", "afternoon", booked_until="14:00", per_slot=1),
        ],
        stations=[
            StationPlan("r1", [Shift("08:00", "10:00"), Shift("10:20", "12:00", "d-lin", overtime)]),
            StationPlan("r2", [Shift("09:30", "10:30", "d-he", overtime), Shift("13:30", "16:00", None, overtime)]),
        ],
    )


DAYS = st.builds(
    morning_and_afternoon,
    share=st.sampled_from([0.0, 0.3, 0.8]),
    leftovers=st.sampled_from(["continue", "lapse", "afternoon_head"]),
    ends=st.sampled_from(["11:00", "15:00"]),
    overtime=st.booleans(),
    patience=st.sampled_from([None, Exponential(40)]),
)


def simulated(described, policy="stamped", seed=1):
    """A simulated day's log and what it was made of."""
    run = run_seed(described, POLICIES[policy], seed)
    return run.log, past_of(site_of(described, POLICIES[policy]), run.log)


def calls_of(log, tickets):
    """Every call: when, where, whose."""
    return [(one.at, one.event.station, tickets[one.event.ticket]) for one in log if isinstance(one.event, e.Called)]


def ends_of(log, tickets):
    """How each visit ended, by visit."""
    ends = (e.Finished, e.Cancelled, e.Lapsed, e.NoShow)
    return {tickets[one.event.ticket]: (one.at, type(one.event).__name__) for one in log if isinstance(one.event, ends)}


def services_of(log, tickets):
    """How long each visit's service took, by visit."""
    began, took = {}, {}
    for one in log:
        if isinstance(one.event, e.ServiceStarted):
            began[one.event.ticket] = one.at
        elif isinstance(one.event, e.Finished):
            took[tickets[one.event.ticket]] = one.at - began[one.event.ticket]
    return took
