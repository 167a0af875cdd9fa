"""A place stamp's sentence, held to a whole clinic's days: how many first visits really went before a return."""

from __future__ import annotations

import re

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.simulation import scenarios
from queue_server.simulation.runner import run_seed

DAY = scenarios.half_day_clinic()


def first_visits_beyond_the_promise(policy, seeds):
    """For each return, how many more first visits were called before it than its sentence said."""
    beyond = []
    for seed in seeds:
        calls = 0
        first_visits = set()
        promised: dict[str, int] = {}
        for recorded in run_seed(DAY, policy, seed).log:
            event = recorded.event
            if isinstance(event, e.TicketIssued):
                if event.place is None:
                    first_visits.add(event.ticket)
                else:
                    said = re.search(r"after (\d+) first visits", event.stamp.sentence.en)
                    promised[event.ticket] = calls + int(said.group(1))
            elif isinstance(event, e.Missed):
                first_visits.discard(event.ticket)
            elif isinstance(event, e.Called):
                if event.ticket in promised:
                    beyond.append(calls - promised.pop(event.ticket))
                calls += event.ticket in first_visits
    return sorted(beyond)


def test_few_returns_wait_for_more_first_visits_than_they_were_told():
    policy = scenarios.policies()["stamped"]
    policy = replace(policy, stamps=replace(policy.stamps, lock=0))
    beyond = first_visits_beyond_the_promise(policy, range(20))
    assert len(beyond) > 350
    # What is left: without a lock, whoever checks in with an earlier moment once the count has run out goes first.
    assert sum(more > 0 for more in beyond) / len(beyond) < 0.15
    assert beyond[int(0.95 * len(beyond))] <= 3
