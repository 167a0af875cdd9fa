"""When a slip's stops begin and when all is over: ranges that hold, that are the ticket's, and nothing unknown."""

from __future__ import annotations

import random
from itertools import pairwise
from math import exp, log1p, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine.canonical import canonical
from queue_server.engine.estimate import LONG_PER_MILLE, SHORT_PER_MILLE, cold_start, expected_wait
from queue_server.engine.itinerary import Stop
from queue_server.engine.record import QueueRecord
from queue_server.engine.site import Text
from queue_server.engine.slip_forecast import Forecast, Span, Visit, Wait, forecast, spans
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.slip_day import BLOOD, CT, SONO, issue, opened, order_of, serve, slip_of, ticket_of
from tests.sites import MINUTE, at, order

NOWHERE = Text("", "")


def told(lobby: Lobby) -> Forecast:
    return forecast(lobby.state, slip_of(lobby), lobby.now)


def test_the_stop_whose_turn_it_is_begins_when_its_ticket_says():
    lobby = opened()
    for n in range(3):
        lobby.do("08:00", c.CheckInOrder(order(f"x{n}", f"x{n}", "lab")))
    issue(lobby, "08:00", BLOOD)
    low, high = expected_wait(lobby.state, ticket_of(lobby, "blood").id, now=lobby.now)
    assert told(lobby).begins == {"blood": Span(at("08:00") + low * MINUTE, at("08:00") + high * MINUTE)}
    assert high > low > 0


def test_every_stop_and_the_end_have_two_different_moments_in_the_order_of_the_slip():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, SONO, CT)
    found = told(lobby)
    assert found.begins.keys() == set(order_of(lobby))
    in_order = [found.begins[key] for key in order_of(lobby)]
    for span in [*in_order, found.ends]:
        assert span.earliest < span.latest
        assert span.earliest % MINUTE == span.latest % MINUTE == 0
    for one, next_one in pairwise([*in_order, found.ends]):
        assert one.earliest <= next_one.earliest
        assert one.latest <= next_one.latest


def test_a_preparation_is_not_over_earlier_and_a_room_is_not_free_at_once():
    lobby = opened()
    issue(lobby, "08:00", SONO)
    begins = told(lobby).begins["sono"]
    assert begins.earliest == at("08:40")
    assert at("08:41") < begins.latest < at("08:50")


def test_results_of_what_is_over_are_waited_for():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, order("ct", "p1", "ct", needs=["blood"]))
    serve(lobby, "lab1", "08:05", "08:10")
    assert slip_of(lobby).opens_at == at("08:40")
    assert told(lobby).begins["ct"].earliest == at("08:40")


def test_the_ranges_are_of_the_waits_as_they_are_now_and_the_order_stays():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    first, before = told(lobby), canonical(lobby.state)
    lobby.now = at("08:20")
    assert told(lobby).begins["blood"].earliest >= at("08:20") > first.begins["blood"].earliest
    assert canonical(lobby.state) == before


def test_where_the_patient_is_in_service_no_beginning_is_told_but_the_rest_is():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    lobby.call("08:05", "lab1")
    assert told(lobby).begins.keys() == {"ct"}
    lobby.do("08:05", c.StartService("lab1"))
    found = told(lobby)
    assert found.begins.keys() == {"ct"}
    assert found.ends.latest > found.begins["ct"].latest


@pytest.mark.parametrize("how", ["missed", "away"])
def test_while_the_patient_is_not_there_nobody_knows(how):
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT)
    if how == "missed":
        lobby.call("08:05", "lab1")
        lobby.do("08:06", c.MarkMissed("lab1"))
    else:
        lobby.do("08:06", c.StepAway(ticket_of(lobby, "blood").id, 10))
    assert told(lobby) == Forecast({}, None)
    blood = ticket_of(lobby, "blood").id
    lobby.do("08:08", c.Rejoin(blood) if how == "missed" else c.StepBack(blood))
    assert told(lobby).begins.keys() == {"blood", "ct"}


def test_of_what_comes_after_a_queue_that_stands_still_nothing_is_told():
    lobby = opened()
    issue(lobby, "08:00", BLOOD, CT, order("drugs", "p1", "rx", breaks_fast=True))
    first, second, _ = order_of(lobby)
    queue = ticket_of(lobby, second).queue
    lobby.do("08:01", c.PauseQueue([queue], "equipment"))
    assert told(lobby).begins.keys() == {first}
    assert told(lobby).ends is None
    lobby.do("08:02", c.PlanItinerary("p1"))
    assert not any("–" in leg.why.zh for leg in slip_of(lobby).legs if leg.stop == second)
    lobby.do("08:03", c.ResumeQueue([queue]))
    assert told(lobby).begins.keys() == set(order_of(lobby))


def test_a_slip_that_has_ended_tells_nothing():
    lobby = opened()
    issue(lobby, "08:00", BLOOD)
    serve(lobby, "lab1", "08:05", "08:08")
    assert told(lobby) == Forecast({}, None)


# The widths: services are lognormal with the spread that the engine takes them to have, all independent.

SIGMA = sqrt(log1p(0.64))


class Drawn:
    """A slip at random, and how its day may go."""

    def __init__(self, dice: random.Random, count: int) -> None:
        self.dice = dice
        self.count = count
        self.before = [dice.randint(0, 12) for _ in range(count)]
        self.mean = [dice.randint(3, 12) for _ in range(count)]
        self.each = [mean / dice.randint(1, 3) for mean in self.mean]
        self.ready = [dice.choice([0, 0, 0, 30]) for _ in range(count)]
        self.result = [dice.choice([0, 15, 30]) for _ in range(count)]
        self.needs = [dice.random() < 0.3 and n > 0 for n in range(count)]

    def visits(self) -> list[Visit]:
        return [self._visit(n) for n in range(self.count)]

    def _visit(self, n: int) -> Visit:
        needs = (str(n - 1),) if self.needs[n] else ()
        stop = Stop(str(n), NOWHERE, NOWHERE, self.mean[n], needs=needs, result_min=self.result[n])
        low, high = (round(60 * end) for end in cold_start(self.before[n], self.each[n], QueueRecord()))
        head = round(60 * cold_start(0, self.each[n], QueueRecord())[1])
        mid = round(60 * (self.before[n] + 0.5) * self.each[n])
        return Visit(stop, Wait(low, mid, high), Wait(0, round(30 * self.each[n]), head), 60 * self.ready[n])

    def service(self, mean: float) -> float:
        return mean * exp(SIGMA * self.dice.gauss(0, 1) - SIGMA**2 / 2)

    def end(self) -> float:
        """When all is over on one such day, in minutes."""
        free, ends = 0.0, 0.0
        for n in range(self.count):
            each = self.each[n]
            wait = sum(self.service(each) for _ in range(self.before[n])) + self.dice.random() * self.service(each)
            comes = max(free, self.ready[n], ends + self.result[n - 1] if self.needs[n] else 0)
            begins = max(wait, comes + self.dice.random() * self.service(each) if comes else 0)
            free = ends = begins + self.service(self.mean[n])
        return free


def share_within(count: int, slips: int, days: int) -> float:
    dice = random.Random(7)
    inside = 0
    for _ in range(slips):
        drawn = Drawn(dice, count)
        _, (low, high) = spans(drawn.visits())
        inside += sum(low / 60 <= drawn.end() <= high / 60 for _ in range(days))
    return inside / (slips * days)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_the_end_of_a_slip_is_within_its_range_in_eight_of_ten_days(count):
    assert 0.79 <= share_within(count, 40, 40) <= 0.90


@pytest.mark.slow
@pytest.mark.parametrize("count", range(1, 13))
def test_the_end_of_a_slip_is_within_its_range_however_many_stops_it_has(count):
    assert 0.80 <= share_within(count, 300, 60) <= 0.88


waits = st.tuples(st.integers(0, 90), st.integers(0, 30), st.integers(0, 60)).map(
    lambda three: Wait(60 * three[0], 60 * (three[0] + three[1]), 60 * (1 + sum(three)))
)


def at_once(visits: list[Visit], pick: int, share: float) -> int:
    """Written again, plainly: when all is over if every wait is its ``pick`` and every service its ``share``."""
    free = 0.0
    for visit in visits:
        comes = max(free, visit.ready)
        head = visit.head[pick] if pick == HIGH and comes else 0
        free = max(comes + head, visit.wait[pick]) + 60 * visit.stop.takes_min * share
    return round(free)


LOW, MID, HIGH = range(3)
row = st.tuples(waits, st.integers(1, 30), st.integers(0, 3_000), st.integers(0, 900))


@settings(max_examples=60)
@given(st.lists(row, min_size=1, max_size=6))
def test_a_range_holds_what_is_expected_and_is_no_wider_than_if_all_went_badly_at_once(rows):
    visits = [
        Visit(Stop(str(n), NOWHERE, NOWHERE, takes), wait, Wait(0, head // 2, head), ready)
        for n, (wait, takes, ready, head) in enumerate(rows)
    ]
    begins, (low, high) = spans(visits)
    assert all(one <= other for one, other in begins)
    assert [one for one, _ in begins] == sorted(one for one, _ in begins)
    rounding = 2 * len(visits)
    assert at_once(visits, LOW, SHORT_PER_MILLE / 1000) - rounding <= low <= at_once(visits, MID, 1) <= high
    assert high <= at_once(visits, HIGH, LONG_PER_MILLE / 1000) + rounding
    assert low < high
