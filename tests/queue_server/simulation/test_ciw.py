"""The same customers through Ciw, an independent simulation library: every wait must be the same.

G. I. Palmer, V. A. Knight, P. R. Harper and A. L. Hawa, "Ciw: an open-source discrete event simulation library",
Journal of Simulation 13 (2019), 68-82.
"""

from __future__ import annotations

from itertools import pairwise
from math import inf

import pytest

from queue_server.simulation.patients import patients_of
from queue_server.simulation.reference import accumulating_priority, first_come_first_served, simulate, strict_priority
from tests.queue_server.simulation.plans import SECOND, steady

RATES = {"one": 0.2, "two": 0.3, "three": 0.4}
SLOPES = {"one": 4.0, "two": 2.0, "three": 1.0}


def most_accumulated(individuals, now):
    return max(individuals, key=lambda each: SLOPES[each.customer_class] * (now - each.arrival_date))


def ciw_waits(described, patients, servers, **options):
    """Starts of service by group, in seconds after the day opens, in the order of arrival within the group."""
    import ciw  # noqa: PLC0415 - it brings NetworkX and more, which every worker would load, and one needs

    opens = described.at("00:00")
    groups: dict[str, list] = {}
    for patient in patients:
        groups.setdefault(patient.visits[0].group, []).append(patient)
    arrivals, services = {}, {}
    for group, members in groups.items():
        moments = [0.0, *((member.arrives - opens) / SECOND for member in members)]
        arrivals[group] = [ciw.dists.Sequential([*(b - a for a, b in pairwise(moments)), inf])]
        # Within a class nobody overtakes, so the order in which Ciw draws is that of arrival.
        services[group] = [ciw.dists.Sequential([member.visits[0].service / SECOND for member in members])]
    network = ciw.create_network(
        arrival_distributions=arrivals, service_distributions=services, number_of_servers=[servers], **options
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(86_400)
    records = sorted(simulation.get_all_records(), key=lambda record: record.arrival_date)
    return {group: [r.waiting_time for r in records if r.customer_class == group] for group in groups}


def reference_waits(described, patients, discipline):
    served = sorted(simulate(described, patients, discipline), key=lambda call: call.since)
    groups = {call.group for call in served}
    return {group: [(call.at - call.since) / SECOND for call in served if call.group == group] for group in groups}


@pytest.mark.parametrize(("servers", "rate"), [(1, 0.8), (2, 1.6), (3, 2.4), (5, 4.5)])
def test_many_servers_first_come_first_served(servers, rate):
    described = steady(servers, {"walk_in": rate}, "00:10")
    patients = patients_of(described, 21)
    found = ciw_waits(described, patients, servers)["walk_in"]
    expected = reference_waits(described, patients, first_come_first_served)["walk_in"]
    assert len(found) > 400
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("discipline", "options"),
    [
        (strict_priority({"one": 0, "two": 1, "three": 2}), {"priority_classes": {"one": 0, "two": 1, "three": 2}}),
        (accumulating_priority(SLOPES), {"service_disciplines": [most_accumulated]}),
    ],
    ids=["strict", "accumulating"],
)
def test_three_classes(discipline, options):
    described = steady(1, RATES, "00:30")
    patients = patients_of(described, 22)
    found = ciw_waits(described, patients, 1, **options)
    expected = reference_waits(described, patients, discipline)
    assert sum(map(len, found.values())) > 1_400
    for group in RATES:
        assert found[group] == pytest.approx(expected[group], abs=1e-5)
