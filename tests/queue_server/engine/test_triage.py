"""Which level is suggested, and by what."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine.site import Text
from queue_server.engine.triage import Assessment, assess
from queue_server.engine.triage_findings import Findings, Refused
from queue_server.engine.triage_table import NOT_REVIEWED, TriageTable, decimal, printed, review_note
from tests.queue_server.engine.triage_cases import (
    ADULT_SIGNS,
    CHILD_SIGNS,
    LEVEL_OF,
    PLAUSIBLE,
    PRINTED,
    SIGNS,
    STABLE,
    TABLE,
    assessed,
    findings,
    grade,
)

BREATHLESS = {"tachypnoea": True, "unrelieved_by_oxygen": True}
MEASURED = [name for name in PRINTED if name != "systolic_drop"]


def signed(table: TriageTable) -> TriageTable:
    """The table as after a clinician's signature under every part that can give a level."""

    def sign(part):
        return msgspec.structs.replace(part, reviewed_by="Dr Lin", reviewed_on="2025-03-01")

    return msgspec.structs.replace(
        table,
        levels={name: sign(part) for name, part in table.levels.items()},
        measures={name: sign(part) for name, part in table.measures.items()},
        signs={name: sign(part) for name, part in table.signs.items()},
        consciousness=sign(table.consciousness),
    )


def expect(found: Assessment, means: str, indicator: str, value: object) -> None:
    """The one finding that is not stable has the effect that its grade has."""
    if means == "stable":
        assert (found.outcome, found.level) == ("level", "IVa")
    elif means == "nurse":
        assert (found.outcome, found.level) == ("unclassed", None)
        assert [(one.id, one.value, one.level) for one in found.unclassed] == [(indicator, value, None)]
    else:
        assert (found.outcome, found.level) == ("level", means)
        assert [(one.id, one.value, one.level) for one in found.deciding] == [(indicator, value, means)]


@pytest.mark.parametrize("measure", MEASURED)
def test_every_plausible_value_of_every_measure_means_what_is_printed(measure):
    low, high = PLAUSIBLE[measure]
    for value in range(low, high + 1):
        expect(assessed(**{measure: value, **BREATHLESS}), grade(measure, value), measure, value)


@pytest.mark.parametrize(
    ("measure", "value", "level"),
    [
        ("heart_rate", 39, "I"),
        ("heart_rate", 40, "II"),
        ("heart_rate", 50, "II"),  # 40-50 and 50-55 share it
        ("heart_rate", 51, "III"),
        ("heart_rate", 55, "III"),  # the last urgent one
        ("heart_rate", 56, "IVa"),
        ("heart_rate", 99, "IVa"),
        ("heart_rate", 100, "III"),
        ("heart_rate", 149, "III"),
        ("heart_rate", 150, "II"),  # 100-150 and 150-180 share it
        ("heart_rate", 180, "II"),  # critical is printed as above 180
        ("heart_rate", 181, "I"),
        ("systolic", 69, "I"),
        ("systolic", 70, "II"),
        ("systolic", 80, "II"),  # 70-80 and 80-90 share it
        ("systolic", 81, "III"),
        ("systolic", 90, "III"),
        ("systolic", 91, "IVa"),
        ("systolic", 179, "IVa"),
        ("systolic", 180, "III"),
        ("systolic", 200, "III"),  # emergent is printed as above 200
        ("systolic", 201, "II"),
        ("spo2", 79, "I"),
        ("spo2", 80, "II"),
        ("spo2", 90, "II"),  # 80-90 and 90-94 share it
        ("spo2", 91, "III"),
        ("spo2", 94, "III"),
        ("spo2", 95, "IVa"),
        ("temperature_tenths", 411, "I"),
        ("glucose_hundredths", 332, "I"),
        ("glucose_hundredths", 333, "IVa"),
        ("potassium_hundredths", 701, "I"),
        ("gcs", 8, "I"),
        ("gcs", 15, "IVa"),
        ("pain", 3, "IVa"),
        ("pain", 4, "III"),
        ("pain", 6, "III"),
        ("pain", 7, "II"),
    ],
)
def test_both_sides_of_every_threshold_by_name(measure, value, level):
    assert assessed(**{measure: value, **BREATHLESS}).level == level


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("temperature_tenths", 410),
        ("potassium_hundredths", 700),
        ("glucose_hundredths", 1110),
        ("respiratory_rate", 30),
    ],
)
def test_where_the_table_is_silent_and_the_value_is_not_normal_nothing_is_suggested(measure, value):
    expect(assessed(**{measure: value}), "nurse", measure, value)


@pytest.mark.parametrize("usual", [60, 100, 149, 150, 151, 200, 260])
@pytest.mark.parametrize("systolic", [91, 120, 121, 170])
def test_a_fall_of_thirty_below_the_usual_pressure_is_critical_however_deep(usual, systolic):
    found = assessed(systolic=systolic, usual_systolic=usual)
    expect(found, grade("systolic_drop", usual - systolic), "systolic_drop", usual - systolic)


def test_without_the_usual_pressure_nothing_is_missing():
    assert assessed().missing == ()


@pytest.mark.parametrize(("letter", "means"), [("A", "stable"), ("C", "nurse"), ("V", "III"), ("P", "II"), ("U", "I")])
def test_consciousness(letter, means):
    expect(assessed(consciousness=letter), means, "consciousness", letter)


@pytest.mark.parametrize("sign", ADULT_SIGNS)
def test_every_sign_stands_for_its_level(sign):
    found = assessed(signs=(sign,))
    assert (found.outcome, found.level) == ("level", LEVEL_OF[sign])
    assert (sign, None, LEVEL_OF[sign]) in [(one.id, one.value, one.level) for one in found.deciding]


def test_the_signs_are_those_of_the_table():
    assert {level: list(group.signs) for level, group in TABLE.signs.items()} == {
        level: signs.split() for level, signs in SIGNS.items()
    }


def test_every_finding_of_the_highest_level_is_named_and_no_other():
    found = assessed(
        heart_rate=190, systolic=60, temperature_tenths=411, pain=9, signs=("head_injury", "shock", "coma")
    )
    assert found.level == "I"
    assert [one.id for one in found.deciding] == [
        "heart_rate",
        "systolic",
        "temperature_tenths",
        "shock",
        "coma",
    ]
    assert [one.band for one in found.deciding] == [">180", "<70", ">41.0", "", ""]
    assert found.text == Text(
        "建议 I 级（急危）：心率 190 次/分（>180）；收缩压 60 mmHg（<70）；腋温 41.1 ℃（>41.0）；休克表现；"
        "昏迷（GCS 低于 9 分）。（未经临床审核）",
        "Level I (critical) suggested: heart rate 190 /min (>180); systolic pressure 60 mmHg (<70); "
        "axillary temperature 41.1 °C (>41.0); shock; coma (GCS below 9). (Not clinically reviewed.)",
    )


def test_level_four_rests_on_everything_stable_and_its_signs():
    found = assessed(signs=("prescription_only",))
    assert found.level == "IVb"
    assert {one.level for one in found.deciding} == {"IVb"}
    assert [one.id for one in found.deciding] == [
        *(name for name in STABLE if name not in {"age_years", "consciousness"}),
        "consciousness",
        "prescription_only",
    ]


def test_of_both_parts_of_level_four_the_sooner_one_counts():
    found = assessed(signs=("prescription_only", "minor_pain"))
    assert found.level == "IVa"
    assert "prescription_only" not in [one.id for one in found.deciding]


# --- a saturation counts in a patient who breathes fast and is not helped by oxygen


@pytest.mark.parametrize("denied", ["tachypnoea", "unrelieved_by_oxygen"])
def test_a_low_saturation_whose_condition_is_denied_has_no_level_and_is_never_level_four(denied):
    found = assessed(spo2=85, **BREATHLESS | {denied: False})
    expect(found, "nurse", "spo2", 85)
    assert found.text.en == (
        "No level can be suggested. No level in the table: SpO₂ 85 % (80–90). (Not clinically reviewed.)"
    )


def test_a_condition_that_nobody_answered_counts_as_met_and_is_missing():
    found = assessed(spo2=85, tachypnoea=True)
    assert (found.level, found.missing) == ("II", ("unrelieved_by_oxygen",))
    assert found.deciding[0].assumed == ("unrelieved_by_oxygen",)
    assert "吸氧不能改善未填，按符合计" in found.text.zh
    assert "no better with oxygen not answered and taken as met" in found.text.en
    assert "Still missing: no better with oxygen." in found.text.en


def test_the_conditions_are_not_asked_of_a_good_saturation():
    assert assessed(spo2=95).missing == ()


# --- incomplete


@pytest.mark.parametrize("name", list(STABLE))
def test_without_any_one_vital_sign_nobody_is_level_four(name):
    found = assessed(**{name: None})
    assert (found.outcome, found.level, found.missing) == ("incomplete", None, (name,))
    assert "尚缺" in found.text.zh


def test_a_tick_for_level_four_does_not_replace_vital_signs():
    found = assess(TABLE, Findings(age_years=30, signs=("prescription_only", "minor_injury")))
    assert isinstance(found, Assessment)
    assert (found.outcome, found.level) == ("incomplete", None)
    assert found.missing == tuple(name for name in STABLE if name != "age_years")


@pytest.mark.parametrize(
    ("present", "level"), [({"heart_rate": 190}, "I"), ({"signs": ("stroke",)}, "II"), ({"pain": 5}, "III")]
)
def test_what_is_present_and_urgent_decides_without_waiting_and_the_rest_is_listed(present, level):
    found = assess(TABLE, Findings(**present))
    assert isinstance(found, Assessment)
    assert (found.outcome, found.level) == ("level", level)
    assert found.missing == tuple(name for name in STABLE if name not in present)
    assert "Still missing: age; " in found.text.en


def test_nothing_found_is_incomplete():
    found = assess(TABLE, Findings())
    assert isinstance(found, Assessment)
    assert (found.outcome, found.missing) == ("incomplete", tuple(STABLE))


# --- children and ages


@pytest.mark.parametrize(("age", "child"), [(0, True), (13, True), (14, False), (130, False)])
def test_a_child_gets_no_adult_level(age, child):
    found = assessed(age_years=age, heart_rate=190, signs=("shock",))
    assert found.child is child
    assert found.level == (None if child else "I")
    if child:
        assert (found.outcome, found.deciding) == ("child", ())
        assert [(one.id, one.level) for one in found.unclassed] == [("shock", None)]
        assert found.text.zh.startswith(f"儿童（{age} 岁）：不适用成人标准，请护士立即评估。所见：休克表现。")


@pytest.mark.parametrize("sign", sorted(CHILD_SIGNS))
@pytest.mark.parametrize("age", [None, 40])
def test_a_sign_of_a_child_is_a_child_whatever_age_was_entered(sign, age):
    assert assessed(age_years=age, signs=(sign,)).outcome == "child"


@pytest.mark.parametrize(("age", "level"), [(64, None), (65, None), (66, "III"), (None, "III")])
def test_abdominal_pain_counts_above_sixty_five(age, level):
    found = assessed(age_years=age, signs=("elderly_abdominal_pain",))
    assert found.level == level
    if level is None:
        assert (found.outcome, found.unclassed[0].id) == ("unclassed", "elderly_abdominal_pain")


# --- what cannot be true


@pytest.mark.parametrize("measure", list(PLAUSIBLE))
def test_values_outside_the_plausible_range_are_refused_by_name(measure):
    low, high = PLAUSIBLE[measure]
    for value in (low - 1, high + 1):
        refused = assess(TABLE, findings(**{measure: value}))
        assert isinstance(refused, Refused)
        assert [(one.code, one.field, one.value, one.low, one.high) for one in refused.problems] == [
            ("implausible_value", measure, value, low, high)
        ]
    for value in (low, high):
        assert isinstance(assess(TABLE, findings(**{measure: value})), Assessment)


def test_everything_that_is_wrong_is_told_at_once():
    refused = assess(TABLE, findings(heart_rate=1200, temperature_tenths=3700, signs=("shock", "headache", "headache")))
    assert isinstance(refused, Refused)
    assert [one.message.en for one in refused.problems] == [
        "heart rate 1200 is outside 0 to 300 /min. Check and enter it again.",
        "axillary temperature 370.0 is outside 25.0 to 45.0 °C. Check and enter it again.",
        'The table has no sign "headache".',
    ]
    assert refused.problems[0].message.zh == "心率“1200”超出可信范围 0–300 次/分，请核对后重新输入。"


def test_an_implausible_value_is_refused_of_a_child_too():
    assert isinstance(assess(TABLE, findings(age_years=5, heart_rate=1200)), Refused)


@pytest.mark.parametrize("value", [36.6, "72", True])
def test_findings_from_outside_are_whole_numbers(value):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"heart_rate": value}, Findings)


# --- who has signed


def test_as_shipped_nobody_has_signed():
    assert not assessed().reviewed
    assert "未经临床审核" in assessed().text.zh
    parts = [TABLE.channels, TABLE.mews, TABLE.mews_levels, TABLE.news2, TABLE.consciousness]
    for part in [*parts, *TABLE.levels.values(), *TABLE.measures.values(), *TABLE.signs.values()]:
        assert review_note(part) == NOT_REVIEWED == Text("未经临床审核", "not clinically reviewed")


def test_a_table_is_reviewed_when_every_part_is_signed():
    table = signed(TABLE)
    found = assess(table, findings())
    assert isinstance(found, Assessment)
    assert found.reviewed
    assert "审核" not in found.text.zh
    assert review_note(table.signs["I"]).en == "reviewed by Dr Lin on 2025-03-01"
    one_open = msgspec.structs.replace(table, signs={**table.signs, "III": TABLE.signs["III"]})
    assert not one_open.reviewed


@pytest.mark.parametrize(
    ("value", "decimals", "words"), [(366, 1, "36.6"), (7, 2, "0.07"), (-5, 1, "-0.5"), (72, 0, "72"), (700, 2, "7.00")]
)
def test_decimals_are_printed_without_floats(value, decimals, words):
    assert decimal(value, decimals) == words


def test_bands_are_printed_as_in_tables():
    glucose = TABLE.measures["glucose_hundredths"]
    assert [printed(band, glucose.decimals) for band in glucose.bands] == ["<3.33", "3.33–<11.10", "≥11.10"]
    heart = TABLE.measures["heart_rate"]
    assert [printed(band) for band in heart.bands] == ["<40", "40–50", "50–55", "55–100", "100–150", "150–180", ">180"]
    assert printed(TABLE.mews.parameters["heart_rate"][0]) == "≤40"
