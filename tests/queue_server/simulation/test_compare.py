from __future__ import annotations

from math import isnan, sqrt

import pytest

from queue_server.simulation import scenarios
from queue_server.simulation.compare import Comparison, batch_means, compare, jackknife, mean_of, quantile
from queue_server.simulation.patients import patients_of

POLICIES = list(scenarios.policies().values())


def test_the_jackknife_of_a_mean_is_its_standard_error():
    days = {n: [value] for n, value in enumerate([3.0, 5.0, 8.0, 1.0])}
    found = jackknife(days, lambda values: sum(values) / len(values))
    assert found == pytest.approx(mean_of([3.0, 5.0, 8.0, 1.0]))
    assert found.error == pytest.approx(sqrt(26.75 / 3) / 2)


def test_days_and_not_patients_are_what_is_independent():
    # Everybody of a day waits the same: ten patients tell no more than one.
    one = {n: [float(n)] for n in range(6)}
    ten = {n: [float(n)] * 10 for n in range(6)}

    def mean(values):
        return sum(values) / len(values)

    assert jackknife(ten, mean) == pytest.approx(jackknife(one, mean))


def test_a_single_day_has_no_error():
    assert isnan(mean_of([3.0]).error)
    assert isnan(jackknife({0: [1.0, 2.0]}, max).error)


def test_quantiles_are_values_of_the_sample():
    assert [quantile([4, 1, 3, 2], share) for share in (0, 0.25, 0.5, 0.51, 0.95, 1)] == [1, 1, 2, 3, 4, 4]


def test_batch_means_drop_the_warm_up_and_the_rest():
    found = batch_means([100.0, 1, 3, 5, 7, 9], warm_up=1, batches=2)
    assert found == mean_of([2.0, 6.0])
    with pytest.raises(ValueError, match="too few"):
        batch_means([1.0, 2.0], warm_up=1)


def check_half_day(found: Comparison):
    ratio = found.worst_ratio("stamped", "strict")
    print(f"{found}\nworst wait of the day, stamped by strict: {ratio}")  # noqa: T201 - pytest -s shows the table
    fcfs, strict, stamped = (found.figures[name] for name in ("fcfs", "strict", "stamped"))
    # Everybody is seen under every policy, and none that is blind to the length of service changes the mean by much.
    assert len({tuple(sorted(ends.items())) for ends in found.outcomes.values()}) == 1
    for figures in (strict, stamped):
        assert figures["all"].mean.value == pytest.approx(fcfs["all"].mean.value, rel=0.1)
    # Stamped times keep the booked ahead of who walks in, and by more than chance.
    ahead = found.difference(("stamped", "walk_in"), ("stamped", "appointment"))
    earlier = found.difference(("fcfs", "appointment"), ("stamped", "appointment"))
    assert ahead.value > 3 * ahead.error
    assert earlier.value > 3 * earlier.error
    # And they do so without starving anybody: on the same days the worst wait is far from strict priority's.
    assert ratio.value + 2 * ratio.error <= 0.7
    assert stamped["all"].worst <= 0.7 * strict["all"].worst
    assert stamped["all"].most_overtakes < strict["all"].most_overtakes
    assert fcfs["all"].most_overtakes == 0


def test_the_half_day_clinic_under_three_policies():
    found = compare(scenarios.half_day_clinic(), POLICIES, range(16))
    check_half_day(found)
    lines = str(found).splitlines()
    assert lines[0] == "16 days; waits in minutes, target 30; ± one standard error"
    assert len(lines) == 2 + 3 * 4


@pytest.mark.slow
def test_the_half_day_clinic_over_four_hundred_days():
    found = compare(scenarios.half_day_clinic(), POLICIES, range(1_000, 1_400))
    check_half_day(found)
    # The errors that sixteen days print are of the size that four hundred days show.
    sixteen = compare(scenarios.half_day_clinic(), POLICIES, range(16))
    for name, classes in sixteen.figures.items():
        figure, true = classes["all"].mean, found.figures[name]["all"].mean
        assert abs(figure.value - true.value) <= 3.5 * sqrt(figure.error**2 + true.error**2)


def test_the_hospital_day_has_the_size_described():
    patients = [p for p in patients_of(scenarios.hospital_day(), 1) if p.arrives is not None]
    visits = sum(len(patient.visits) for patient in patients)
    assert 7_600 <= visits <= 8_600
    assert 0.4 <= sum(patient.slot is not None for patient in patients) / visits <= 0.6


@pytest.mark.slow
def test_the_hospital_day_sees_everybody_under_every_policy():
    found = compare(scenarios.hospital_day(), POLICIES, [1, 2])
    print(found)  # noqa: T201 - pytest -s shows the table
    for name, ends in found.outcomes.items():
        assert ends["finished"] / (sum(ends.values()) - ends["no_show"]) > 0.99, (name, ends)
