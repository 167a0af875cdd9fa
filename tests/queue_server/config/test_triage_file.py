"""The triage table's file: what is shipped loads, and every slip is told with file, key and value."""

from __future__ import annotations

import contextlib
import copy
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.config import triage_file
from queue_server.config.triage_file import load
from queue_server.engine.triage_table import MEASURES
from queue_server.toml_reader import Complaints, ConfigurationError
from tests.examples import share

CONFIG = Path(__file__).parents[3] / "config"
SHIPPED = (CONFIG / "triage.toml").read_text(encoding="utf-8")

HEART_40 = '{ grade = "II", at_least = 40, at_most = 50 }'
SYSTOLIC_RANGE = """mmHg" }
plausible = { low = 0, high = 300 }"""
LETTERS = 'grades = { A = "stable", C = "nurse", V = "III", P = "II", U = "I" }'
AVPU = "consciousness = { A = 0, V = 1, P = 2, U = 3 }"
RISKS = """    { risk = "low", at_most = 4 },
    { risk = "medium", at_least = 5, at_most = 6 },
"""
SIGNS_I = """[signs.I]
source = "consensus_2018"
reviewed_by = ""
"""
CONDITIONS = '"tachypnoea", "unrelieved_by_oxygen"'
SOURCES = '"consensus_2018", "subbe_2001", "rcp_news2", "nhc_centres", "own"'
NEWS2_PARAMETERS = (
    '"respiratory_rate", "spo2_scale_1", "spo2_scale_2_air", "spo2_scale_2_oxygen", "systolic", "heart_rate", '
    '"temperature_tenths"'
)

BAD = [
    # shapes, names, languages
    ('version = "1"', "version = 1", ["version = 1: must be text"]),
    ('version = "1"', 'version = " "', ['version = " ": is empty']),
    ('version = "1"', 'verson = "1"', ['verson: unknown key; did you mean "version"?', "version: is missing"]),
    ("child_below_years = 14", "child_below_years = 140", ["child_below_years = 140: must be 130 or less"]),
    ('stable_level = "IVa"', 'stable_level = "III"', ['stable_level = "III": must be one of "IVa", "IVb"']),
    (
        'zh = "心率", en = "heart rate"',
        'zh = "心率"',
        ["measures.heart_rate.name.en: is missing"],
    ),
    ('zh = "心率", en = "heart rate"', 'zh = "", en = "heart rate"', ['measures.heart_rate.name.zh = "": is empty']),
    ('zh = "休克表现", en = "shock"', 'zh = "休克表现"', ["signs.I.signs.shock.en: is missing"]),
    ('zh = "休克表现", en = "shock"', 'zh = "休克表现", en = " "', ['signs.I.signs.shock.en = " ": is empty']),
    ('zh = "卒中", en = "stroke"', 'en = "stroke"', ["channels.names.stroke.zh: is missing"]),
    ('citation = "Subbe', 'citation = ""\n# "', ['sources.subbe_2001.citation = "": is empty']),
    # levels
    (
        "[levels.IVb]",
        "[levels.V]",
        [
            'levels.V: unknown key; known keys are "I", "II", "III", "IVa", "IVb"',
            "levels.IVb: is missing",
        ],
    ),
    (
        '{ grade = "I", below = 40 }',
        '{ grade = "IV", below = 40 }',
        ['measures.heart_rate.bands.1.grade = "IV": must be one of "I", "II", "III", "nurse", "stable"'],
    ),
    (
        "[signs.IVb]",
        "[signs.IVc]",
        [
            'signs.IVc: unknown key; did you mean "IVb"?',
            "signs.IVb.source: is missing",
            "signs.IVb.reviewed_by: is missing",
        ],
    ),
    ("response_min = 10", "response_min = 40", ["levels.III.response_min = 30: is sooner than that of II"]),
    ("response_min = 10", "response_min = -1", ["levels.II.response_min = -1: must be 0 or more"]),
    ("response_min = 10", "response_min = 9.5", ["levels.II.response_min = 9.5: must be a whole number"]),
    ("tier = 1", "tier = 3", ["levels.II.tier = 3: must be 2 or less"]),
    ("tier = 0", "tier = 2\nreassess_min = 1", ["levels.II.tier = 1: goes before I"]),
    ("key_min = 60", "key_min = 10", ["levels.IVa.key_min = 10: goes before III"]),
    ("reassess_min = 60", "reassess_min = 20", ["levels.IVa.reassess_min = 20: is sooner than that of III"]),
    (
        "reassess_min = 60\n",
        "",
        ["levels.IVa.reassess_min: is missing; a patient of tier 2 waits and is assessed again"],
    ),
    (
        'colour = "red"',
        'colour = "pink"',
        ['levels.I.colour = "pink": must be one of "red", "orange", "yellow", "green"'],
    ),
    # bands
    (
        HEART_40,
        '{ grade = "II", at_least = 41, at_most = 50 }',
        ["measures.heart_rate.bands.2: leaves a gap: nothing is said of 40"],
    ),
    (
        HEART_40,
        '{ grade = "II", at_least = 40, at_most = 47 }',
        ["measures.heart_rate.bands.3: leaves a gap: nothing is said of 48 to 49"],
    ),
    (
        HEART_40,
        '{ grade = "II", at_least = 40, at_most = 52 }',
        ["measures.heart_rate.bands.3: overlaps the band before it: 50 to 52 would be in both"],
    ),
    (
        '{ grade = "I", above = 180 }',
        '{ grade = "I", above = 180, at_most = 299 }',
        ["measures.heart_rate.bands.7: leaves a gap: nothing is said of 300"],
    ),
    (
        '{ grade = "I", below = 40 }',
        '{ grade = "I", at_least = 1, below = 40 }',
        ["measures.heart_rate.bands.1: leaves a gap: nothing is said of 0"],
    ),
    (
        HEART_40,
        '{ grade = "II" }',
        ["measures.heart_rate.bands.2: has no limit; give at_least or above, at_most or below"],
    ),
    (
        HEART_40,
        '{ grade = "II", at_least = 40, above = 39, at_most = 50 }',
        ["measures.heart_rate.bands.2: at_least and above exclude each other"],
    ),
    (
        HEART_40,
        '{ grade = "II", at_least = 40, at_most = 50, below = 51 }',
        ["measures.heart_rate.bands.2: at_most and below exclude each other"],
    ),
    (
        HEART_40,
        '{ grade = "II", at_least = 50, at_most = 40 }',
        ["measures.heart_rate.bands.2: holds no value; its lower limit is above its upper one"],
    ),
    (
        HEART_40,
        '{ grade = "II", at_least = 40, at_most = 500 }',
        ["measures.heart_rate.bands.2.at_most = 500: is not within what can be, 0 to 300"],
    ),
    (
        HEART_40,
        '{ grade = "II", at_least = 40.5, at_most = 50 }',
        ["measures.heart_rate.bands.2.at_least = 40.5: must be a whole number"],
    ),
    (
        HEART_40,
        '{ grade = "nurse", at_least = 40, at_most = 50 }',
        ['measures.heart_rate.bands.2.grade = "nurse": is milder than its neighbour towards the stable band'],
    ),
    (
        '{ grade = "III", at_least = 100, at_most = 150 }',
        '{ grade = "I", at_least = 100, at_most = 150 }',
        ['measures.heart_rate.bands.6.grade = "II": is milder than its neighbour towards the stable band'],
    ),
    (
        '{ grade = "stable", at_least = 55, at_most = 100 }',
        '{ grade = "nurse", at_least = 55, at_most = 100 }',
        ['measures.heart_rate.bands: needs one band "stable", and has 0'],
    ),
    (
        'name = { zh = "疼痛评分"',
        'needs = ["walking"]\nname = { zh = "疼痛评分"',
        [
            'measures.pain.needs = "walking": there is no such condition; there are ' + CONDITIONS,
        ],
    ),
    (
        "plausible = { low = 0, high = 10 }",
        "plausible = { low = 10, high = 0 }",
        ["measures.pain.plausible.high = 0: must be more than low, which is 10"],
    ),
    (
        "plausible = { low = -240, high = 260 }",
        "plausible = { low = -100, high = 260 }",
        ["measures.systolic_drop.plausible: must hold every difference of plausible pressures, -240 to 260"],
    ),
    (
        "[measures.pain]",
        "[measures.pains]",
        [
            'measures.pains: unknown key; did you mean "pain"?',
            "measures.pain: is missing",
        ],
    ),
    # consciousness, signs, channels, conditions
    (LETTERS, LETTERS.replace(', U = "I"', ""), ["consciousness.grades.U: is missing"]),
    (
        LETTERS,
        LETTERS.replace("C =", "X ="),
        [
            'consciousness.grades.X: unknown key; known keys are "A", "C", "V", "P", "U"',
            "consciousness.grades.C: is missing",
        ],
    ),
    (
        LETTERS,
        LETTERS.replace('U = "I"', 'U = "III"'),
        ['consciousness.grades.U = "III": is milder than that of P'],
    ),
    ("poisoning = { zh", "shock = { zh", ["signs.II.signs.shock: stands for I already"]),
    (
        "coma = { zh",
        "Coma = { zh",
        ['signs.I.signs = "Coma": an id is at most 40 of a-z, 0-9 and _, and starts with a letter'],
    ),
    (
        'chest_pain = { zh = "胸痛"',
        '"chest pain" = { zh = "胸痛"',
        ['channels.names = "chest pain": an id is at most 40 of a-z, 0-9 and _, and starts with a letter'],
    ),
    (
        "tachypnoea = {",
        "tachypnea = {",
        [
            'conditions.tachypnea: unknown key; did you mean "tachypnoea"?',
            "conditions.tachypnoea: is missing",
        ],
    ),
    # sources and signatures
    (
        'source = "nhc_centres"',
        'source = "nobody"',
        [
            'channels.source = "nobody": there is no such source; there are ' + SOURCES,
        ],
    ),
    (SIGNS_I, '[signs.I]\nreviewed_by = ""\n', ["signs.I.source: is missing"]),
    (SIGNS_I, '[signs.I]\nsource = "consensus_2018"\n', ["signs.I.reviewed_by: is missing"]),
    (
        SIGNS_I,
        SIGNS_I.replace('""', '"Dr Lin"'),
        ["signs.I.reviewed_on: is missing; a signature needs its day, YYYY-MM-DD"],
    ),
    (
        SIGNS_I,
        SIGNS_I + 'reviewed_on = "2025-03-01"\n',
        ['signs.I.reviewed_on = "2025-03-01": nobody has signed; reviewed_by is empty'],
    ),
    (
        SIGNS_I,
        SIGNS_I.replace('""', '"Dr Lin"') + 'reviewed_on = "1 March"\n',
        ['signs.I.reviewed_on = "1 March": must be a day, YYYY-MM-DD'],
    ),
    # scores
    (
        "{ points = 1, at_least = 41,",
        "{ points = 4, at_least = 41,",
        ["mews.parameters.heart_rate.2.points = 4: must be 3 or less"],
    ),
    (
        "{ points = 1, at_least = 41,",
        "{ points = 1, at_least = 40,",
        ["mews.parameters.heart_rate.2: overlaps the band before it: 40 would be in both"],
    ),
    (
        "{ points = 1, at_least = 41,",
        "{ points = 1, at_least = 42,",
        ["mews.parameters.heart_rate.2: leaves a gap: nothing is said of 41"],
    ),
    (
        "spo2_scale_1 = [",
        "spo2_scale_3 = [",
        [
            "news2.parameters.spo2_scale_3: unknown key; known keys are " + NEWS2_PARAMETERS,
            "news2.parameters.spo2_scale_1: is missing",
        ],
    ),
    (
        AVPU,
        AVPU.replace("A = 0, ", "A = 0, C = 1, "),
        ['mews.consciousness.C: unknown key; known keys are "A", "V", "P", "U"'],
    ),
    (
        RISKS,
        RISKS.replace("at_most = 4", "at_most = 5"),
        ["news2.risks.2: overlaps the band before it: 5 would be in both"],
    ),
    (
        RISKS,
        RISKS.replace('"low"', '"medium"'),
        ['news2.risks: must be "low", "medium", "high", each once and in this order'],
    ),
    (
        "low_medium = {",
        "lowish = {",
        [
            'news2.risk_names.lowish: unknown key; known keys are "low", "low_medium", "medium", "high"',
            "news2.risk_names.low_medium: is missing",
        ],
    ),
    (
        '{ grade = "III", at_least = 2, at_most = 3 }',
        '{ grade = "III", at_least = 3, at_most = 3 }',
        ["mews_levels.bands.2: leaves a gap: nothing is said of 2"],
    ),
    (
        "[mews_levels]",
        "[mews_level]",
        ['mews_level: unknown key; did you mean "mews_levels"?', "mews_levels: is missing"],
    ),
]


def complaints_of(folder: Path, text: str) -> list[str]:
    file = folder / "triage.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        load(file)
    return error.value.complaints


def test_the_shipped_table_loads_from_its_folder_and_by_name():
    table = load(CONFIG)
    assert table == load(CONFIG / "triage.toml")
    assert list(table.measures) == list(MEASURES)


@pytest.mark.parametrize(("before", "after", "expected"), BAD)
def test_a_mistake_is_told_with_file_key_and_value(tmp_path, before, after, expected):
    assert before in SHIPPED
    complaints = complaints_of(tmp_path, SHIPPED.replace(before, after, 1))
    assert complaints == [f"triage.toml: {sentence}" for sentence in expected]


def test_a_single_slip_is_told_once_and_nothing_else(tmp_path):
    text = SHIPPED.replace("at_least = 50, at_most = 55", "at_least = 51, at_most = 55", 1)
    load_from = tmp_path / "triage.toml"
    load_from.write_text(text, encoding="utf-8")
    load(load_from)  # neighbours may meet without sharing
    assert complaints_of(tmp_path, text.replace("at_least = 51", "at_least = 52", 1)) == [
        "triage.toml: measures.heart_rate.bands.3: leaves a gap: nothing is said of 51"
    ]


def test_every_mistake_is_told_at_once(tmp_path):
    text = SHIPPED
    for before, after in [
        ('zh = "心率", en = "heart rate"', 'zh = "心率"'),
        ("response_min = 10", "response_min = 40"),
        ("poisoning = { zh", "shock = { zh"),
        (RISKS, RISKS.replace("at_most = 4", "at_most = 3")),
    ]:
        text = text.replace(before, after, 1)
    assert complaints_of(tmp_path, text) == [
        "triage.toml: measures.heart_rate.name.en: is missing",
        "triage.toml: levels.III.response_min = 30: is sooner than that of II",
        "triage.toml: signs.II.signs.shock: stands for I already",
        "triage.toml: news2.risks.2: leaves a gap: nothing is said of 4",
    ]


@pytest.mark.parametrize(
    "part", ["sources", "levels", "measures", "consciousness", "conditions", "signs", "channels", "mews", "news2"]
)
def test_a_missing_part_is_missed(part):
    table = tomllib.loads(SHIPPED)
    del table[part]
    complaints = Complaints("triage.toml")
    triage_file._read(table, complaints)
    assert complaints.sentences == [f"triage.toml: {part}: is missing"]


def test_measures_without_bands_are_a_mistake():
    table = tomllib.loads(SHIPPED)
    del table["measures"]["pain"]["bands"]
    complaints = Complaints("triage.toml")
    triage_file._read(table, complaints)
    assert complaints.sentences == ["triage.toml: measures.pain.bands: is empty; say what its values mean"]


def test_a_file_that_is_not_there_not_readable_or_not_toml(tmp_path):
    with pytest.raises(ConfigurationError, match=r"there is no such file; name the folder that holds triage\.toml"):
        load(tmp_path)
    assert "is not TOML" in complaints_of(tmp_path, "version = ")[0]
    (tmp_path / "triage.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path)


@given(st.data())
@share(0.6)
def test_whatever_stands_in_the_file_is_complained_of_and_never_fails(data):
    table = copy.deepcopy(tomllib.loads(SHIPPED))
    here = table
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(here[key], dict | list) and here[key] and data.draw(st.integers(0, 3)):
            here = here[key]
            continue
        here[key] = data.draw(st.sampled_from([None, True, -1, 7, 2.5, "", "x", [], [1], {}, {"a": 1}, 10**30]))
        break
    complaints = Complaints("triage.toml")
    with contextlib.suppress(ConfigurationError):
        triage_file._read(table, complaints)
    for sentence in complaints.sentences:
        assert sentence.startswith("triage.toml: ")
