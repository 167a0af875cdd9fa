"""Whatever is found: a worse finding never improves the level, order does not matter, incomplete is never level IV."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from queue_server.engine.triage import Assessment, assess
from queue_server.engine.triage_findings import Findings
from tests.queue_server.engine.triage_cases import (
    ADULT_SIGNS,
    LEVEL_OF,
    LEVELS,
    PLAUSIBLE,
    PRINTED,
    STABLE,
    TABLE,
    WORST_FIRST,
    grade,
)

MEASURED = [name for name in PRINTED if name != "systolic_drop"]
URGENT = [sign for sign in ADULT_SIGNS if LEVEL_OF[sign] in {"I", "II", "III", "IVa"}]
values = {name: st.none() | st.integers(*PLAUSIBLE[name]) for name in MEASURED}
answers = st.sampled_from([None, False, True])
anyone = st.fixed_dictionaries(
    {
        **values,
        "age_years": st.none() | st.integers(14, 130),
        "usual_systolic": st.none() | st.integers(*PLAUSIBLE["usual_systolic"]),
        "consciousness": st.sampled_from([None, "A", "C", "V", "P", "U"]),
        "tachypnoea": answers,
        "unrelieved_by_oxygen": answers,
        "signs": st.lists(st.sampled_from(ADULT_SIGNS), max_size=4).map(tuple),
    }
).map(lambda found: Findings(**found))
stable = st.fixed_dictionaries(
    {}, optional={name: values[name] for name in MEASURED} | {"signs": st.tuples(st.sampled_from(ADULT_SIGNS))}
).map(lambda found: Findings(**(STABLE | found)))
# Half of the patients are stable in nearly everything, or level IV would hardly ever come up.
patients = anyone | stable


def of(findings: Findings) -> Assessment:
    result = assess(TABLE, findings)
    assert isinstance(result, Assessment)
    return result


def urgency(found: Assessment) -> int:
    """The place of the level, the most urgent first; no suggestion stands behind III: it is never taken for IV."""
    return LEVELS.index(found.level) if found.level else LEVELS.index("III")


@given(patients, st.sampled_from(URGENT))
def test_one_more_sign_never_improves_the_level(patient, sign):
    before = of(patient)
    after = of(msgspec.structs.replace(patient, signs=(*patient.signs, sign)))
    if before.level is not None or after.level is not None:
        assert urgency(after) <= urgency(before)
    level = LEVEL_OF[sign]
    age = patient.age_years
    if level in {"I", "II", "III"} and not (sign == "elderly_abdominal_pain" and age is not None and age <= 65):
        assert after.level is not None
        assert LEVELS.index(after.level) <= LEVELS.index(level)


@given(patients, st.sampled_from(MEASURED), st.data())
def test_a_worse_value_never_improves_the_level(patient, measure, data):
    low, high = PLAUSIBLE[measure]
    value = getattr(patient, measure)
    if value is None:
        return
    # A fall below the usual pressure is a finding of its own; here one value changes and nothing else.
    patient = msgspec.structs.replace(patient, usual_systolic=None)
    at_most = WORST_FIRST.index(grade(measure, value))
    worse = data.draw(st.integers(low, high).filter(lambda new: WORST_FIRST.index(grade(measure, new)) <= at_most))
    before, after = of(patient), of(msgspec.structs.replace(patient, **{measure: worse}))
    if before.level is not None:
        assert urgency(after) <= urgency(before)
    else:
        assert after.level not in {"IVa", "IVb"}


@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_signs_does_not_matter(patient, chance: random.Random):
    signs = [*patient.signs, *patient.signs[:1]]
    chance.shuffle(signs)
    assert of(msgspec.structs.replace(patient, signs=tuple(signs))) == of(patient)


@given(patients)
def test_incomplete_is_never_level_four_and_level_four_is_never_incomplete(patient):
    found = of(patient)
    lacking = [name for name in STABLE if getattr(patient, name) is None]
    assert set(lacking) <= set(found.missing)
    if lacking:
        assert found.level in {None, "I", "II", "III"}
    if found.level in {"IVa", "IVb"}:
        assert (found.missing, found.unclassed) == ((), ())
        for name in MEASURED:
            value = getattr(patient, name)
            assert value is None or grade(name, value) == "stable"


@given(patients)
def test_the_level_is_that_of_the_worst_finding_and_all_of_them_are_named(patient):
    found = of(patient)
    urgent: dict[str, str] = {}
    for name in MEASURED:
        value = getattr(patient, name)
        denied = name == "spo2" and False in {patient.tachypnoea, patient.unrelieved_by_oxygen}
        if value is not None and not denied:
            urgent[name] = grade(name, value)
    if patient.systolic is not None and patient.usual_systolic is not None:
        urgent["systolic_drop"] = grade("systolic_drop", patient.usual_systolic - patient.systolic)
    letters = {"A": "stable", "C": "nurse", "V": "III", "P": "II", "U": "I"}
    if patient.consciousness is not None:
        urgent["consciousness"] = letters[patient.consciousness]
    young = patient.age_years is not None and patient.age_years <= 65
    for sign in patient.signs:
        urgent[sign] = "nurse" if young and sign == "elderly_abdominal_pain" else LEVEL_OF[sign]
    level = next((level for level in ("I", "II", "III") if level in urgent.values()), None)
    if level is None:
        assert found.level in {None, "IVa", "IVb"}
    else:
        assert found.level == level
        assert {one.id for one in found.deciding} == {name for name, means in urgent.items() if means == level}


@given(patients, st.integers(0, 13))
def test_a_child_never_gets_an_adult_level(patient, age):
    found = of(msgspec.structs.replace(patient, age_years=age))
    assert (found.outcome, found.level, found.child) == ("child", None, True)


@given(patients)
def test_an_assessment_has_no_floats_and_goes_to_json_and_back(patient):
    found = of(patient)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Assessment) == found

    def walk(value: object) -> None:
        assert not isinstance(value, float)
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner)

    walk(msgspec.to_builtins(found))
