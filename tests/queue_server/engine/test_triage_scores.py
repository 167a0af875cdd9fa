"""MEWS and NEWS2 at every value, against the published tables written down here once more."""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.engine.triage import Assessment, assess
from queue_server.engine.triage_findings import Findings, Refused
from queue_server.engine.triage_scores import MewsScore, News2Score, mews, mews_grade, news2
from queue_server.engine.triage_table import TriageTable
from tests.queue_server.engine.triage_cases import ANY, PLAUSIBLE, STABLE, TABLE

# (points, first, last), both ends included. Subbe et al. 2001.
MEWS: dict[str, list[tuple[int, int, int]]] = {
    "heart_rate": [(2, 0, 40), (1, 41, 50), (0, 51, 100), (1, 101, 110), (2, 111, 129), (3, 130, ANY)],
    "systolic": [(3, 0, 70), (2, 71, 80), (1, 81, 100), (0, 101, 199), (2, 200, ANY)],
    "respiratory_rate": [(2, 0, 8), (0, 9, 14), (1, 15, 20), (2, 21, 29), (3, 30, ANY)],
    "temperature_tenths": [(2, 0, 349), (0, 350, 384), (2, 385, ANY)],
}
# Royal College of Physicians 2017.
NEWS2: dict[str, list[tuple[int, int, int]]] = {
    "respiratory_rate": [(3, 0, 8), (1, 9, 11), (0, 12, 20), (2, 21, 24), (3, 25, ANY)],
    "systolic": [(3, 0, 90), (2, 91, 100), (1, 101, 110), (0, 111, 219), (3, 220, ANY)],
    "heart_rate": [(3, 0, 40), (1, 41, 50), (0, 51, 90), (1, 91, 110), (2, 111, 130), (3, 131, ANY)],
    "temperature_tenths": [(3, 0, 350), (1, 351, 360), (0, 361, 380), (1, 381, 390), (2, 391, ANY)],
}
SATURATION: dict[tuple[bool, bool], list[tuple[int, int, int]]] = {
    # (scale 2, on oxygen)
    (False, False): [(3, 0, 91), (2, 92, 93), (1, 94, 95), (0, 96, 100)],
    (False, True): [(3, 0, 91), (2, 92, 93), (1, 94, 95), (0, 96, 100)],
    (True, False): [(3, 0, 83), (2, 84, 85), (1, 86, 87), (0, 88, 92), (0, 93, 100)],
    (True, True): [(3, 0, 83), (2, 84, 85), (1, 86, 87), (0, 88, 92), (1, 93, 94), (2, 95, 96), (3, 97, 100)],
}
WELL: dict[str, Any] = STABLE | {"on_oxygen": False}


def points(rows: list[tuple[int, int, int]], value: int) -> int:
    (found,) = [row[0] for row in rows if row[1] <= value <= row[2]]
    return found


def mews_of(**changed: Any) -> MewsScore:
    score = mews(TABLE, Findings(**(WELL | changed)))
    assert isinstance(score, MewsScore)
    return score


def news2_of(**changed: Any) -> News2Score:
    score = news2(TABLE, Findings(**(WELL | changed)))
    assert isinstance(score, News2Score)
    return score


def swept(name: str) -> range:
    low, high = PLAUSIBLE[name]
    return range(low, high + 1)


@pytest.mark.parametrize("name", list(MEWS))
def test_mews_of_every_value(name):
    for value in swept(name):
        score = mews_of(**{name: value})
        assert score.points[name] == points(MEWS[name], value)
        assert score.total == points(MEWS[name], value)  # the others have none


@pytest.mark.parametrize(("letter", "expected"), [("A", 0), ("V", 1), ("P", 2), ("U", 3)])
def test_mews_of_consciousness(letter, expected):
    assert mews_of(consciousness=letter).total == expected


def test_new_confusion_is_no_letter_of_mews():
    score = mews_of(consciousness="C")
    assert (score.total, score.missing) == (None, ("consciousness",))


@pytest.mark.parametrize("name", list(NEWS2))
def test_news2_of_every_value(name):
    for value in swept(name):
        score = news2_of(**{name: value})
        assert score.points[name] == points(NEWS2[name], value)
        assert score.total == points(NEWS2[name], value)


@pytest.mark.parametrize(("scale_2", "oxygen"), list(product([False, True], repeat=2)))
def test_news2_of_every_saturation_on_both_scales_with_and_without_oxygen(scale_2, oxygen):
    for value in swept("spo2"):
        score = news2_of(spo2=value, scale_2_prescribed=scale_2, on_oxygen=oxygen)
        expected = points(SATURATION[scale_2, oxygen], value)
        assert (score.points["spo2"], score.points["on_oxygen"]) == (expected, 2 if oxygen else 0)
        assert score.total == expected + (2 if oxygen else 0)
        assert score.spo2_scale == (2 if scale_2 else 1)


@pytest.mark.parametrize(("letter", "expected"), [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)])
def test_news2_of_consciousness(letter, expected):
    assert news2_of(consciousness=letter).total == expected


@pytest.mark.parametrize(
    ("found", "total", "risk", "red"),
    [
        ({}, 0, "low", ()),
        ({"heart_rate": 91}, 1, "low", ()),
        ({"heart_rate": 120, "on_oxygen": True}, 4, "low", ()),
        ({"consciousness": "C"}, 3, "low_medium", ("consciousness",)),
        ({"systolic": 90, "heart_rate": 91}, 4, "low_medium", ("systolic",)),
        ({"heart_rate": 120, "on_oxygen": True, "spo2": 95}, 5, "medium", ()),
        ({"heart_rate": 131, "respiratory_rate": 22}, 5, "medium", ("heart_rate",)),
        ({"heart_rate": 131, "respiratory_rate": 25}, 6, "medium", ("respiratory_rate", "heart_rate")),
        ({"heart_rate": 120, "on_oxygen": True, "spo2": 92, "temperature_tenths": 381}, 7, "high", ()),
        (
            {"heart_rate": 131, "respiratory_rate": 25, "spo2": 91, "on_oxygen": True, "systolic": 90}
            | {"consciousness": "U", "temperature_tenths": 350},
            20,
            "high",
            ("respiratory_rate", "spo2", "systolic", "heart_rate", "consciousness", "temperature_tenths"),
        ),
    ],
)
def test_news2_risk(found, total, risk, red):
    score = news2_of(**found)
    assert (score.total, score.risk, score.single_red) == (total, risk, red)


@pytest.mark.parametrize("name", [*MEWS, "consciousness"])
def test_without_a_parameter_mews_has_no_total(name):
    score = mews_of(**{name: None})
    assert (score.total, score.missing) == (None, (name,))


@pytest.mark.parametrize("name", [*NEWS2, "consciousness", "spo2", "on_oxygen"])
@pytest.mark.parametrize("scale_2", [False, True])
def test_without_a_parameter_news2_has_neither_total_nor_risk(name, scale_2):
    score = news2_of(**{name: None}, scale_2_prescribed=scale_2)
    assert (score.total, score.risk, score.missing) == (None, None, (name,))


def test_a_red_score_shows_before_the_score_is_complete():
    assert news2_of(systolic=80, on_oxygen=None).single_red == ("systolic",)


@pytest.mark.parametrize("score", [mews, news2])
def test_scores_refuse_what_cannot_be_true(score):
    refused = score(TABLE, Findings(**(WELL | {"heart_rate": 1200})))
    assert isinstance(refused, Refused)
    assert [(one.code, one.field, one.value) for one in refused.problems] == [("implausible_value", "heart_rate", 1200)]


@pytest.mark.parametrize(("score", "youngest"), [(mews, 14), (news2, 16)])
def test_scores_are_not_for_children(score, youngest):
    refused = score(TABLE, Findings(**(WELL | {"age_years": youngest - 1})))
    assert isinstance(refused, Refused)
    assert [(one.code, one.value, one.low) for one in refused.problems] == [
        ("score_not_for_age", youngest - 1, youngest)
    ]
    assert not isinstance(score(TABLE, Findings(**(WELL | {"age_years": youngest}))), Refused)


def test_news2_is_not_for_pregnancy():
    refused = news2(TABLE, Findings(**(WELL | {"pregnant": True})))
    assert isinstance(refused, Refused)
    assert [one.code for one in refused.problems] == ["score_not_in_pregnancy"]
    assert isinstance(mews(TABLE, Findings(**(WELL | {"pregnant": True}))), MewsScore)


def test_news2_is_credited_to_its_owner():
    assert "Royal College of Physicians" in TABLE.sources[TABLE.news2.source].credit.en
    assert "Royal College of Physicians" in TABLE.sources[TABLE.news2.source].credit.zh


# --- from MEWS to a level: off until a clinician signs


def confirmed() -> TriageTable:
    mapping = msgspec.structs.replace(TABLE.mews_levels, reviewed_by="Dr Lin", reviewed_on="2025-03-01")
    return msgspec.structs.replace(TABLE, mews_levels=mapping)


UNWELL = Findings(**(WELL | {"heart_rate": 99, "respiratory_rate": 20, "systolic": 95}))  # MEWS 1 + 1, else stable


def test_as_shipped_mews_gives_no_level():
    assert [mews_grade(TABLE, total) for total in range(15)] == [None] * 15
    found = assess(TABLE, UNWELL)
    assert isinstance(found, Assessment)
    assert found.level == "IVa"


def test_once_signed_mews_decides_like_any_indicator():
    table = confirmed()
    grades = [mews_grade(table, total) for total in range(15)]
    assert grades == ["stable"] * 2 + ["III"] * 2 + ["II"] * 2 + ["I"] * 9
    found = assess(table, UNWELL)
    assert isinstance(found, Assessment)
    assert [(one.id, one.value, one.band, one.level) for one in found.deciding] == [("mews", 2, "2–3", "III")]
    calm = assess(table, Findings(**WELL))
    assert isinstance(calm, Assessment)
    assert calm.level == "IVa"


def test_once_signed_an_incomplete_mews_decides_nothing():
    found = assess(confirmed(), msgspec.structs.replace(UNWELL, respiratory_rate=None))
    assert isinstance(found, Assessment)
    assert (found.outcome, found.missing) == ("incomplete", ("respiratory_rate",))


readings = st.fixed_dictionaries(
    {
        **{name: st.integers(*PLAUSIBLE[name]) for name in [*NEWS2, "spo2"]},
        "consciousness": st.sampled_from("AVPU"),
        "on_oxygen": st.booleans(),
        "scale_2_prescribed": st.booleans(),
    }
)


@given(readings)
def test_a_total_is_the_sum_of_its_points_and_the_risk_follows(found):
    mind = "AVPU".index(found["consciousness"])
    expected = sum(points(rows, found[name]) for name, rows in MEWS.items()) + mind
    assert mews_of(**found).total == expected
    score = news2_of(**found)
    parts = [points(rows, found[name]) for name, rows in NEWS2.items()]
    parts += [
        points(SATURATION[found["scale_2_prescribed"], found["on_oxygen"]], found["spo2"]),
        3 if mind else 0,
        2 if found["on_oxygen"] else 0,
    ]
    total = sum(parts)
    assert (score.total, sum(score.points.values())) == (total, total)
    assert score.risk == ("high" if total >= 7 else "medium" if total >= 5 else "low_medium" if 3 in parts else "low")
