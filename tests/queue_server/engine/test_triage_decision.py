"""The nurse decides; the level orders the waiting."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.engine.triage_decision import (
    Decision,
    confirm,
    override,
    rank_again,
    rank_of,
    reassess_due,
    respond_again,
    response_due,
)
from queue_server.engine.triage_findings import Refused
from queue_server.engine.triage_table import LEVELS
from queue_server.engine.triaged import TriageRecord
from tests.queue_server.engine.triage_cases import TABLE, assessed

MINUTE = 60_000_000
AT = 1_760_000_000_000_000
URGENT = assessed(pain=5)


def codes(result: object) -> list[str]:
    assert isinstance(result, Refused)
    for problem in result.problems:
        assert problem.message.zh
        assert problem.message.en
    return [problem.code for problem in result.problems]


def test_a_suggestion_is_confirmed_as_it_is():
    decision = confirm(TABLE, URGENT, at=AT, channel="trauma")
    assert decision == Decision("III", "III", None, "trauma", AT, TABLE.version)
    assert not decision.overridden


@pytest.mark.parametrize("level", ["I", "II", "IVa", "IVb"])
def test_a_suggestion_is_overridden_both_ways_with_a_reason(level):
    decision = override(TABLE, URGENT, level, "  面色苍白 ", at=AT)
    assert decision == Decision(level, "III", "面色苍白", None, AT, TABLE.version)
    assert decision.overridden


@pytest.mark.parametrize("reason", ["", "  ", "\t\n", "\u3000", "。", "...", "—"])
def test_an_override_without_a_reason_is_refused(reason):
    result = override(TABLE, URGENT, "II", reason, at=AT)
    assert codes(result) == ["reason_missing"]
    assert isinstance(result, Refused)
    assert result.problems[0].field == "reason"


@pytest.mark.parametrize(
    "assessment", [assessed(heart_rate=None), assessed(temperature_tenths=400), assessed(age_years=5)]
)
def test_without_a_suggestion_there_is_nothing_to_confirm_and_the_nurse_gives_a_level_with_a_reason(assessment):
    assert assessment.level is None
    assert codes(confirm(TABLE, assessment, at=AT)) == ["nothing_to_confirm"]
    assert codes(override(TABLE, assessment, "III", "", at=AT)) == ["reason_missing"]
    decision = override(TABLE, assessment, "III", "儿科标准三级", at=AT)
    assert isinstance(decision, Decision)
    assert (decision.level, decision.suggested, decision.overridden) == ("III", None, True)


def test_the_suggested_level_is_confirmed_not_overridden():
    assert codes(override(TABLE, URGENT, "III", "because", at=AT)) == ["same_level"]


@pytest.mark.parametrize("level", ["IV", "V", "", "iii", "1"])
def test_an_unknown_level_is_refused(level):
    assert codes(override(TABLE, URGENT, level, "because", at=AT)) == ["unknown_level"]


def test_an_unknown_channel_is_refused_and_all_that_is_wrong_is_told():
    assert codes(confirm(TABLE, URGENT, at=AT, channel="vip")) == ["unknown_channel"]
    assert codes(override(TABLE, URGENT, "V", " ", at=AT, channel="vip")) == [
        "unknown_channel",
        "unknown_level",
        "reason_missing",
    ]


def test_the_green_channels():
    names = {name: words.zh for name, words in TABLE.channels.names.items()}
    assert names == {
        "chest_pain": "胸痛",
        "stroke": "卒中",
        "trauma": "创伤",
        "obstetric": "危重孕产妇",
        "child": "危重儿童和新生儿",
        "poisoning": "中毒",
    }
    for channel in names:
        assert isinstance(confirm(TABLE, URGENT, at=AT, channel=channel), Decision)


@pytest.mark.parametrize(
    ("level", "response", "reassess", "tier", "key"),
    [
        ("I", 0, None, 0, 0),
        ("II", 10, None, 1, 0),
        ("III", 30, 30, 2, 30),
        ("IVa", 60, 60, 2, 60),
        ("IVb", 240, 240, 2, 240),
    ],
)
def test_what_a_level_means_for_the_waiting(level, response, reassess, tier, key):
    assert response_due(TABLE, level, AT) == AT + response * MINUTE
    assert reassess_due(TABLE, level, AT) == (None if reassess is None else AT + reassess * MINUTE)
    assert rank_of(TABLE, level, AT) == (tier, AT + key * MINUTE)


@given(st.lists(st.tuples(st.sampled_from(LEVELS), st.integers(0, 600)), min_size=2, max_size=8))
def test_levels_one_and_two_go_first_and_of_the_others_nobody_starves(arrivals):
    ranks = [(rank_of(TABLE, level, AT + minute * MINUTE), level, minute) for level, minute in arrivals]
    for rank, level, minute in ranks:
        for other, other_level, other_minute in ranks:
            if minute <= other_minute and LEVELS.index(level) <= LEVELS.index(other_level):
                assert rank <= other  # as urgent and no later: never behind
            if level not in {"I", "II"} and other_level not in {"I", "II"} and other_minute >= minute + 240:
                assert rank < other or rank[1] == other[1]  # four hours of waiting beat every routine level


def test_a_decision_goes_to_json_and_back():
    decision = override(TABLE, URGENT, "I", "shock", at=AT)
    assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision


def held(level: str, at: int) -> TriageRecord:
    """A level that was given at ``at``, for the first time."""
    tier, key = rank_of(TABLE, level, at)
    due = response_due(TABLE, level, at)
    return TriageRecord(level, level, overridden=False, channel=None, version="1", tier=tier, key=key, at=at,
                        first_at=at, respond_by=due, reassess_at=reassess_due(TABLE, level, at))  # fmt: skip


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS), st.integers(0, 600))
def test_whoever_is_assessed_again_loses_nothing_by_it(before, after, waited_min):
    now = AT + waited_min * MINUTE
    first = held(before, AT)
    tier, key = rank_again(TABLE, after, now, first)
    assert tier == rank_of(TABLE, after, now)[0]
    if LEVELS.index(after) <= LEVELS.index(before):
        assert (tier, key) <= (first.tier, first.key), "a patient who got no better was put back"
        assert respond_again(TABLE, after, now, first) <= first.respond_by
    elif tier == 2:
        assert key == AT + TABLE.levels[after].key_min * MINUTE


@given(st.sampled_from(LEVELS))
def test_the_first_level_counts_from_its_own_moment(level):
    assert rank_again(TABLE, level, AT, None) == rank_of(TABLE, level, AT)
    assert respond_again(TABLE, level, AT, None) == response_due(TABLE, level, AT)
