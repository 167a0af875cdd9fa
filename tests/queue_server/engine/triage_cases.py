"""The published tables once more, written down apart from config/triage.toml: a slip there must fail a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from queue_server.config.triage_file import load
from queue_server.engine.triage import Assessment, assess
from queue_server.engine.triage_findings import Findings

TABLE = load(Path(__file__).parents[3] / "config")
ANY = 100_000
"""Beyond everything that is plausible."""

# Grade, first and last whole number, both included. Where two rows share a number the worse one is right.
PRINTED: dict[str, list[tuple[str, int, int]]] = {
    "heart_rate": [
        ("I", -ANY, 39),
        ("II", 40, 50),
        ("III", 50, 55),
        ("stable", 55, 100),
        ("III", 100, 150),
        ("II", 150, 180),
        ("I", 181, ANY),
    ],
    "respiratory_rate": [("nurse", -ANY, 8), ("stable", 9, 20), ("nurse", 21, ANY)],
    "systolic": [
        ("I", -ANY, 69),
        ("II", 70, 80),
        ("III", 80, 90),
        ("stable", 90, 180),
        ("III", 180, 200),
        ("II", 201, ANY),
    ],
    "systolic_drop": [("stable", -ANY, 29), ("I", 30, ANY)],
    "spo2": [("I", -ANY, 79), ("II", 80, 90), ("III", 90, 94), ("stable", 94, ANY)],
    "temperature_tenths": [
        ("nurse", -ANY, 350),
        ("stable", 351, 390),
        ("nurse", 391, 410),
        ("I", 411, ANY),
    ],
    "gcs": [("I", -ANY, 8), ("nurse", 9, 14), ("stable", 15, 15)],
    "pain": [("stable", 0, 3), ("III", 4, 6), ("II", 7, 10)],
    "glucose_hundredths": [("I", -ANY, 332), ("stable", 333, 1109), ("nurse", 1110, ANY)],
    "potassium_hundredths": [("nurse", -ANY, 349), ("stable", 350, 530), ("nurse", 531, 700), ("I", 701, ANY)],
}
WORST_FIRST = ["I", "II", "III", "nurse", "stable"]

PLAUSIBLE = {
    "age_years": (0, 130),
    "heart_rate": (0, 300),
    "respiratory_rate": (0, 100),
    "systolic": (0, 300),
    "usual_systolic": (60, 260),
    "spo2": (20, 100),
    "temperature_tenths": (250, 450),
    "gcs": (3, 15),
    "pain": (0, 10),
    "glucose_hundredths": (30, 8000),
    "potassium_hundredths": (100, 1200),
}

SIGNS = {
    "I": "cardiac_or_respiratory_arrest airway_at_risk shock coma definite_myocardial_infarction status_epilepticus "
    "multiple_trauma acute_overdose harming_now child_convulsing_or_shocked",
    "II": "fever_with_neutropenia ecg_infarction severe_dyspnoea clammy_or_mottled suspected_sepsis stupor stroke "
    "cardiac_chest_pain suspected_dissection suspected_pulmonary_embolism suspected_ectopic_pregnancy "
    "suspected_perforation suspected_testicular_torsion active_major_bleeding major_fracture_or_amputation poisoning "
    "violent",
    "III": "stable_asthma drowsy intermittent_seizures elderly_abdominal_pain head_injury persistent_vomiting "
    "dehydration self_harm_risk stable_neonate",
    "IVa": "minor_injury minor_pain",
    "IVb": "prescription_only certificate_only",
}
CHILD_SIGNS = {"child_convulsing_or_shocked", "stable_neonate"}
LEVELS = list(SIGNS)
LEVEL_OF = {sign: level for level, signs in SIGNS.items() for sign in signs.split()}
ADULT_SIGNS = [sign for sign in LEVEL_OF if sign not in CHILD_SIGNS]

STABLE: dict[str, Any] = {
    "age_years": 70,
    "heart_rate": 72,
    "respiratory_rate": 14,
    "systolic": 120,
    "spo2": 98,
    "temperature_tenths": 366,
    "consciousness": "A",
}
"""An adult in whom all that is required is stable."""


def grade(measure: str, value: int) -> str:
    """What the printed table says of a value."""
    return min((row[0] for row in PRINTED[measure] if row[1] <= value <= row[2]), key=WORST_FIRST.index)


def findings(**changed: Any) -> Findings:
    return Findings(**(STABLE | changed))


def assessed(**changed: Any) -> Assessment:
    """The assessment of a stable adult with something else; it is not refused."""
    result = assess(TABLE, findings(**changed))
    assert isinstance(result, Assessment)
    return result
