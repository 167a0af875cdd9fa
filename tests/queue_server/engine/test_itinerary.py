"""One slip for several stops: the order that ends first, what must come before what, and why."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.engine.itinerary import MOST_STOPS, PlanError, Stop, plan
from queue_server.engine.site import Text
from queue_server.engine.stamps import MINUTE
from tests.examples import share

NOW = 1_763_859_000_000_000
"""2025-11-23, 08:50 in UTC+8."""
ZONE = 480
NAMES = {
    "blood": Text("抽血", "blood draw"), "xray": Text("X 光", "X-ray"), "ultrasound": Text("B 超", "ultrasound"),
    "meal": Text("餐后血糖", "blood sugar after a meal"), "doctor": Text("复诊", "the doctor"),
    "cashier": Text("缴费", "the cashier"), "pharmacy": Text("取药", "the pharmacy"),
}  # fmt: skip


def stop(name, takes=5, wait=0, **more):
    return Stop(name, NAMES.get(name, Text(name, name)), Text("一楼", "ground floor"), takes, wait, **more)


def planned(*stops, **options):
    return plan(stops, NOW, utc_offset_min=ZONE, **options)


def whys(found):
    return {leg.stop: (leg.why.zh, leg.why.en) for leg in found.legs}


def test_the_shortest_wait_comes_first():
    found = planned(stop("ultrasound", 10, 40), stop("blood", 5, 3, range_min=(1, 6)), stop("xray", 5, 15))
    assert found.order == ("blood", "xray", "ultrasound")
    assert found.ends_at == NOW + 50 * MINUTE
    assert whys(found)["blood"] == ("现在等候最短，1–6 分钟", "The shortest wait now, 1–6 min")
    assert whys(found)["ultrasound"] == ("最后一项", "The last one")


def test_of_a_wait_that_nobody_knows_no_minutes_are_told():
    found = planned(stop("blood", 5, 3), stop("xray", 5, 15))
    assert whys(found)["blood"] == ("这样总时间最短", "This way all of it takes least time")


def test_places_are_kept_meanwhile_so_nothing_is_waited_for_twice():
    found = planned(stop("blood", 5, 10), stop("xray", 5, 12))
    assert [(leg.begins_at - NOW) // MINUTE for leg in found.legs] == [10, 15]


def test_fasting_stops_come_before_the_meal():
    found = planned(stop("meal", 5, 0, breaks_fast=True), stop("blood", 5, 30, is_fasting=True))
    assert found.order == ("blood", "meal")
    assert whys(found)["blood"] == ("空腹项目先做", "Fasting, so before anything that ends the fast")


def test_a_full_bladder_takes_its_time_and_others_are_done_meanwhile():
    found = planned(stop("ultrasound", 10, 0, ready_at=NOW + 60 * MINUTE), stop("blood", 5, 20), stop("xray", 5, 50))
    assert found.order == ("blood", "xray", "ultrasound")
    assert found.ends_at == NOW + 70 * MINUTE
    assert whys(found)["ultrasound"] == ("09:50 以后才能做", "Not possible before 09:50")


def test_the_doctor_comes_after_the_results():
    found = planned(
        stop("doctor", 8, 5, needs=("blood", "xray")),
        stop("xray", 5, 10, result_min=15),
        stop("blood", 5, 10, result_min=40),
    )
    assert found.order == ("blood", "xray", "doctor"), "the longer result first, though the waits are equal"
    assert found.legs[-1].begins_at == NOW + 55 * MINUTE
    assert whys(found)["doctor"] == ("要等抽血、X 光的结果", "After the results of blood draw, X-ray")


def test_paying_comes_before_the_pharmacy_without_a_result():
    found = planned(stop("pharmacy", 3, 0, needs=("cashier",)), stop("cashier", 2, 10))
    assert found.order == ("cashier", "pharmacy")
    assert whys(found)["pharmacy"] == ("在缴费之后", "After the cashier")


def test_when_a_stop_ends_the_rest_is_planned_anew():
    doctor = stop("doctor", 8, 0, needs=("blood",))
    later = planned(doctor, done={"blood": NOW + 12 * MINUTE})
    assert later.legs[0].begins_at == NOW + 12 * MINUTE
    with pytest.raises(PlanError, match="doctor needs blood, which is no stop of this slip"):
        planned(doctor)


def test_nobody_is_sent_to_and_fro_for_a_minute():
    stops = [stop("blood", 5, 10), stop("xray", 5, 6)]
    assert planned(*stops).order == ("xray", "blood")
    assert planned(*stops, present=("blood", "xray")).order == ("blood", "xray")
    stops[0] = replace(stops[0], wait_min=30)
    assert planned(*stops, present=("blood", "xray")).order == ("xray", "blood")
    assert planned(*stops, present=("blood",)).order == ("xray", "blood"), "another slip's order"
    fasting = [stop("meal", breaks_fast=True), stop("blood", is_fasting=True)]
    assert planned(*fasting, present=("meal", "blood")).order == ("blood", "meal"), "an order that is not allowed"


def test_what_cannot_be_planned_is_said():
    with pytest.raises(PlanError, match="in a ring"):
        planned(stop("a", needs=("b",)), stop("b", needs=("a",)))
    with pytest.raises(PlanError, match="at most 12 stops, not 13"):
        planned(*(stop(f"s{n}") for n in range(MOST_STOPS + 1)))
    with pytest.raises(PlanError, match="same id"):
        planned(stop("a"), stop("a"))
    assert planned().order == ()


def test_the_most_stops_are_planned():
    stops = [stop(f"s{n}", 3 + n % 4, 7 * n % 30, result_min=n % 3 * 10) for n in range(MOST_STOPS - 1)]
    found = planned(*stops, stop("doctor", needs=tuple(one.id for one in stops)))
    assert len(found.order) == MOST_STOPS
    assert found.order[-1] == "doctor"


@st.composite
def slips(draw):
    count = draw(st.integers(1, 5))
    stops = []
    for n in range(count):
        needs = draw(st.sets(st.integers(0, n - 1), max_size=2)) if n else set()
        stops.append(
            stop(
                f"s{n}",
                draw(st.integers(1, 30)),
                draw(st.integers(0, 60)),
                needs=tuple(f"s{m}" for m in sorted(needs)),
                result_min=draw(st.sampled_from([0, 0, 20, 60])),
                is_fasting=draw(st.booleans()),
                ready_at=NOW + draw(st.sampled_from([0, 0, 45])) * MINUTE,
            )
        )
    return draw(st.permutations(stops))


def end_of(order, stops):
    """Written again, plainly: when this order ends, ``None`` where it is not allowed."""
    ends, at = {}, NOW
    for name in order:
        one = stops[name]
        if any(need not in ends for need in one.needs):
            return None
        begins = max(at, NOW + one.wait_min * MINUTE, one.ready_at)
        begins = max([begins, *(ends[need] + stops[need].result_min * MINUTE for need in one.needs)])
        at = ends[name] = begins + one.takes_min * MINUTE
    return at


@share(1)
@given(slips())
def test_no_order_ends_earlier(stops):
    by_id = {one.id: one for one in stops}
    ends = [end for order in permutations(by_id) if (end := end_of(order, by_id)) is not None]
    found = planned(*stops)
    assert sorted(found.order) == sorted(by_id)
    assert found.ends_at == end_of(found.order, by_id) == min(ends)
    assert [leg.begins_at for leg in found.legs] == sorted(leg.begins_at for leg in found.legs)
    assert all(leg.why.zh and leg.why.en for leg in found.legs)


@settings(max_examples=60)
@given(slips(), st.integers(0, 60))
def test_whoever_is_busy_first_is_as_one_who_comes_then_with_so_much_of_the_waits_over(stops, busy_min):
    found = planned(*stops, busy_min=busy_min)
    shorter = [replace(one, wait_min=max(0, one.wait_min - busy_min)) for one in stops]
    there = plan(shorter, NOW + busy_min * MINUTE, utc_offset_min=ZONE)
    assert found.order == there.order
    assert [leg.begins_at for leg in found.legs] == [leg.begins_at for leg in there.legs]
