"""One fee for three days, one fee a day and clinic, and what they spare."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.engine.fees import Paid, Visit, fee_of, savings, yuan
from queue_server.engine.site import FeeRules

MONDAY = date(2026, 11, 23)
RULES = FeeRules()


def day(after):
    return (MONDAY + timedelta(days=after)).isoformat()


def visit(after=0, clinic="internal", fen=2_000, illness="J20"):
    return Visit(day(after), clinic, fen, illness)


def paid(after=0, clinic="internal", fen=2_000, illness="J20", **more):
    return Paid(f"R{after}", day(after), clinic, fen, illness, **more)


@pytest.mark.parametrize(
    ("after", "rule", "fen"), [(0, "same_day", 0), (1, "covered", 0), (2, "covered", 0), (3, "full", 2_000)]
)
def test_one_fee_covers_the_same_illness_for_three_days(after, rule, fen):
    fee = fee_of(RULES, visit(after), [paid()])
    assert (fee.rule, fee.fen, fee.saved_fen) == (rule, fen, 2_000 - fen)
    assert fee.paid_by == (None if rule == "full" else "R0")


@pytest.mark.parametrize(
    ("asked", "before", "rule"),
    [
        (visit(1, illness="I10"), paid(), "full"),
        (visit(1, illness=None), paid(illness=None), "full"),
        (visit(0, illness="I10"), paid(), "same_day"),
        (visit(1, clinic="eye"), paid(), "full"),
        (visit(0, clinic="eye"), paid(), "full"),
        (visit(1), paid(is_refunded=True), "full"),
        (visit(1), paid(fen=0), "full"),
        (visit(0), paid(1), "full"),
    ],
    ids=[
        "other illness",
        "unknown illness",
        "same day",
        "other clinic",
        "other clinic today",
        "refunded",
        "free",
        "later",
    ],
)
def test_what_a_fee_covers(asked, before, rule):
    assert fee_of(RULES, asked, [before]).rule == rule


def test_the_days_count_from_the_fee_and_not_from_the_last_visit():
    covered = paid(2, fen=0)
    assert fee_of(RULES, visit(3), [paid(0), covered]).rule == "full"


def test_rules_by_clinic_and_by_what_has_to_be_the_same():
    assert fee_of(FeeRules(days_of_clinic={"internal": 5}), visit(4), [paid()]).rule == "covered"
    assert fee_of(FeeRules(same="clinic"), visit(2, illness=None), [paid(illness=None)]).rule == "covered"
    assert fee_of(FeeRules(days=0, once_a_day=False), visit(0), [paid()]).rule == "full"
    assert fee_of(FeeRules(days=1, once_a_day=False), visit(0), [paid()]).rule == "covered"


def test_a_dearer_visit_costs_nothing_or_the_difference():
    dear = visit(1, fen=5_000)
    assert fee_of(RULES, dear, [paid()]).fen == 0
    fee = fee_of(FeeRules(dearer="difference"), dear, [paid(), paid(0, fen=3_000)])
    assert (fee.fen, fee.saved_fen) == (2_000, 3_000)
    assert "20.00" in fee.sentence.zh
    assert "20.00" in fee.sentence.en


def test_sentences_name_the_day_and_nobody():
    assert fee_of(RULES, visit(1), [paid()]).sentence.zh == "2026-11-23 已交挂号费，3 天内同一病情不再收取"
    same_clinic = FeeRules(same="clinic")
    said = fee_of(same_clinic, visit(1, illness=None), [paid()]).sentence.zh
    assert said == "2026-11-23 已交挂号费，3 天内同一科室不再收取", "of the illness nobody knows anything"
    assert fee_of(RULES, visit(0), [paid()]).sentence.en == "One fee a day and clinic"
    assert fee_of(RULES, visit(0, fen=0), []).sentence.en == "This clinic has no registration fee"


def test_savings_are_counted_by_rule():
    fees = [fee_of(RULES, visit(after), [paid()]) for after in range(4)]
    spared = savings(fees)
    assert (spared.visits, spared.fen, spared.same_day_visits, spared.covered_visits) == (3, 6_000, 1, 2)
    assert savings([]).fen == 0


def test_a_negative_fee_is_a_mistake():
    with pytest.raises(ValueError, match="negative"):
        fee_of(RULES, visit(fen=-1), [])
    assert yuan(7_634_005) == "76340.05"


_FEES = st.builds(
    Paid,
    reference=st.text("abc", min_size=1, max_size=3),
    day=st.integers(-5, 5).map(day),
    clinic=st.sampled_from(["internal", "eye"]),
    fen=st.integers(0, 9_000),
    illness=st.sampled_from([None, "J20", "I10"]),
    is_refunded=st.booleans(),
)


@given(st.lists(_FEES, max_size=8), st.integers(0, 9_000), st.sampled_from(["free", "difference"]), st.randoms())
def test_nobody_pays_more_than_the_fee_and_nothing_is_lost(fees, fen, dearer, random):
    rules = FeeRules(dearer=dearer)
    asked = visit(fen=fen)
    fee = fee_of(rules, asked, fees)
    assert 0 <= fee.fen <= fen
    assert fee.fen + fee.saved_fen == fen
    assert (fee.paid_by is None) == (fee.rule == "full")
    shuffled = list(fees)
    random.shuffle(shuffled)
    assert fee_of(rules, asked, shuffled).fen == fee.fen
    # A further fee never makes a visit dearer.
    assert fee_of(rules, asked, [*fees, paid()]).fen <= fee.fen
