"""Simulated days for tests of the replay, and what came of each patient in a log."""

from __future__ import annotations

from hypothesis import strategies as st

from queue_server.engine import events as e
from queue_server.replay.past import past_of
from queue_server.simulation import scenarios
from queue_server.simulation.distributions import Exponential
from queue_server.simulation.policy import site_of
from queue_server.simulation.runner import run_seed
from tests.queue_server.simulation.plans import morning_and_afternoon

POLICIES = scenarios.policies()


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
