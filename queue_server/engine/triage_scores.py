"""The early warning scores: MEWS and NEWS2.

MEWS: Subbe, Kruger, Rutherford & Gemmel, "Validation of a modified Early Warning Score in medical admissions", QJM
2001;94:521-526, doi 10.1093/qjmed/94.10.521. NEWS2: Royal College of Physicians, "National Early Warning Score (NEWS)
2", London 2017. The points are in the table, not here. A score is a number beside the level; it becomes a level only
where a clinician has signed the mapping.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from queue_server.engine.site import Text
from queue_server.engine.triage_findings import Findings, Problem, Refused, problems_of
from queue_server.engine.triage_table import Grade, Mews, News2, PointsBand, TriageTable, grade_of

MEWS_PARAMETERS = ("heart_rate", "systolic", "respiratory_rate", "temperature_tenths")
NEWS2_PARAMETERS = (
    "respiratory_rate",
    "spo2_scale_1",
    "spo2_scale_2_air",
    "spo2_scale_2_oxygen",
    "systolic",
    "heart_rate",
    "temperature_tenths",
)
MEWS_CONSCIOUSNESS = ("A", "V", "P", "U")
"""Subbe's score knows AVPU only; new confusion (C) is not a letter of it and leaves the score incomplete."""

RED_SCORE = 3
"""Points of a single parameter that raise NEWS2's risk by themselves (RCP 2017)."""

Risk: TypeAlias = Literal["low", "low_medium", "medium", "high"]


class MewsScore(msgspec.Struct, frozen=True):
    """A MEWS. ``total`` (0 to 14) is ``None`` while anything is ``missing``; ``points`` has what is known."""

    total: int | None
    points: dict[str, int]
    missing: tuple[str, ...]


class News2Score(msgspec.Struct, frozen=True):
    """A NEWS2. ``total`` (0 to 20) and ``risk`` are ``None`` while anything is ``missing``.

    Attributes:
        single_red: the parameters that alone have 3 points.
        spo2_scale: which of the two scales of oxygen saturation was used.
    """

    total: int | None
    points: dict[str, int]
    missing: tuple[str, ...]
    risk: Risk | None
    single_red: tuple[str, ...]
    spo2_scale: Literal[1, 2]


def mews(table: TriageTable, findings: Findings) -> MewsScore | Refused:
    """The Modified Early Warning Score of heart rate, systolic pressure, respiratory rate, temperature and AVPU."""
    score = table.mews
    if problems := (*problems_of(table, findings), *_unsuited(score, findings)):
        return Refused(problems)
    points: dict[str, int | None] = {
        name: _points(score.parameters[name], findings.number(name)) for name in MEWS_PARAMETERS
    }
    points["consciousness"] = score.consciousness.get(findings.consciousness or "")
    known, missing = _split(points)
    return MewsScore(None if missing else sum(known.values()), known, missing)


def mews_grade(table: TriageTable, total: int) -> Grade | None:
    """What the total means for the level; ``None`` until a clinician has signed the mapping."""
    return grade_of(table.mews_levels.bands, total).grade if table.mews_levels.reviewed else None


def news2(table: TriageTable, findings: Findings) -> News2Score | Refused:
    """The National Early Warning Score 2 with its clinical risk.

    SpO2 scale 2 is used only if it is prescribed; its upper bands then depend on whether oxygen is given.
    """
    score = table.news2
    pregnancy = [_pregnancy(score)] if findings.pregnant else []
    if problems := (*problems_of(table, findings), *_unsuited(score, findings), *pregnancy):
        return Refused(problems)
    oxygen = findings.on_oxygen
    scale: Literal[1, 2] = 2 if findings.scale_2_prescribed else 1
    points = {
        "respiratory_rate": _points(score.parameters["respiratory_rate"], findings.respiratory_rate),
        "spo2": _saturation(score, findings),
        "on_oxygen": None if oxygen is None else score.oxygen_points * oxygen,
        "systolic": _points(score.parameters["systolic"], findings.systolic),
        "heart_rate": _points(score.parameters["heart_rate"], findings.heart_rate),
        "consciousness": score.consciousness.get(findings.consciousness or ""),
        "temperature_tenths": _points(score.parameters["temperature_tenths"], findings.temperature_tenths),
    }
    known, missing = _split(points)
    red = tuple(name for name, value in known.items() if value == RED_SCORE)
    if findings.spo2 is not None:
        # On scale 2 the saturation has no points before it is known whether oxygen is given: oxygen is what is missing.
        missing = tuple(name for name in missing if name != "spo2")
    if missing:
        return News2Score(None, known, missing, None, red, scale)
    total = sum(known.values())
    return News2Score(total, known, (), _risk(score, total, single_red=bool(red)), red, scale)


def _saturation(score: News2, findings: Findings) -> int | None:
    if not findings.scale_2_prescribed:
        return _points(score.parameters["spo2_scale_1"], findings.spo2)
    if findings.on_oxygen is None:
        return None
    return _points(score.parameters[f"spo2_scale_2_{'oxygen' if findings.on_oxygen else 'air'}"], findings.spo2)


def _risk(score: News2, total: int, *, single_red: bool) -> Risk:
    risk = next(band.risk for band in score.risks if band.holds(total))
    return "low_medium" if risk == "low" and single_red else risk


def _points(bands: list[PointsBand], value: int | None) -> int | None:
    return None if value is None else next(band.points for band in bands if band.holds(value))


def _split(points: dict[str, int | None]) -> tuple[dict[str, int], tuple[str, ...]]:
    known = {name: value for name, value in points.items() if value is not None}
    return (known, tuple(name for name in points if name not in known))


def _unsuited(score: Mews | News2, findings: Findings) -> list[Problem]:
    age = findings.age_years
    if age is None or age >= score.from_age_years:
        return []
    message = Text(
        f"{score.name.zh}只用于 {score.from_age_years} 岁及以上患者。",
        f"{score.name.en} is for patients of {score.from_age_years} years and older.",
    )
    return [Problem("score_not_for_age", "age_years", age, message, low=score.from_age_years)]


def _pregnancy(score: News2) -> Problem:
    message = Text(f"{score.name.zh}不用于孕妇。", f"{score.name.en} is not for pregnant women.")
    return Problem("score_not_in_pregnancy", "pregnant", None, message)
