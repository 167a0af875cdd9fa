"""Which level of urgency the table suggests, and by which findings: decision support for the triage nurse.

The rules are those of the Chinese expert consensus of 2018 (急诊预检分诊专家共识, 中华急诊医学杂志 27(6):599-604):
four levels, of which IV is split, and any single indicator of the highest level decides. Nothing is decided here that
a nurse does not confirm (``triage_decision``). docs/triage.md says what follows from the table and what is ours.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from queue_server.engine.site import Level, Text
from queue_server.engine.triage_findings import Findings, Refused, problems_of
from queue_server.engine.triage_scores import mews, mews_grade
from queue_server.engine.triage_table import (
    CONDITIONS,
    LEVELS,
    NOT_REVIEWED,
    Grade,
    Measure,
    TriageTable,
    decimal,
    grade_of,
    printed,
)


class Indicator(msgspec.Struct, frozen=True):
    """A finding that decided, or one to which the table gives no level.

    Attributes:
        id: a measure, ``consciousness``, a sign, or ``mews``.
        value: the number in the measure's own unit, the letter of ACVPU, or ``None`` for a sign.
        band: the band as printed, such as ``150–180``; empty for letters and signs.
        level: the level it stands for; ``None`` where the table gives none.
        assumed: conditions that were not answered and count as met.
        text: one phrase for people.
    """

    id: str
    value: int | str | None
    band: str
    level: Level | None
    assumed: tuple[str, ...]
    text: Text


class Assessment(msgspec.Struct, frozen=True):
    """What the table says about the findings.

    Attributes:
        outcome: ``level``: there is a suggestion. ``incomplete``: nothing present stands for I to III, and something
            that is required is missing. ``unclassed``: nothing is missing, but a finding is not normal and the table
            gives it no level. ``child``: no adult level. In the last three the nurse decides without a suggestion.
        level: the suggestion, with ``level`` only.
        deciding: every finding of that level, in the table's order.
        missing: what an adult's level IV requires and was not given, and conditions that were not answered.
        unclassed: findings that are not normal and have no level; a child's ticked signs.
        child: the paediatric flag.
        reviewed: whether a clinician signed the table.
        version: the table's version.
        text: all of it in a few sentences.
    """

    outcome: Literal["level", "incomplete", "unclassed", "child"]
    level: Level | None
    deciding: tuple[Indicator, ...]
    missing: tuple[str, ...]
    unclassed: tuple[Indicator, ...]
    child: bool
    reviewed: bool
    version: str
    text: Text


class _Found(msgspec.Struct, frozen=True):
    """An indicator with what it means: a grade, or a level a sign stands for."""

    grade: Grade | Level
    indicator: Indicator


def assess(table: TriageTable, findings: Findings) -> Assessment | Refused:
    """The level that the table suggests for an adult, with every finding that decided it.

    Values that cannot be true, and signs that the table does not have, are refused. Level IV is suggested only when
    everything required is there and stable; whatever is there and stands for I to III decides without waiting.
    """
    if problems := problems_of(table, findings):
        return Refused(problems)
    if is_child(table, findings):
        ticked = tuple(_without_level(one.indicator) for one in _signs(table, findings))
        return _assessment(table, findings, "child", unclassed=ticked)
    missing = _missing(table, findings)
    found = [*_measured(table, findings), *_minds(table, findings), *_signs(table, findings), *_scores(table, findings)]
    unclassed = tuple(one.indicator for one in found if one.grade == "nurse")
    levels: list[Level] = [one.indicator.level for one in found if one.indicator.level is not None]
    level = min(levels, key=LEVELS.index, default=table.stable_level)
    if LEVELS.index(level) >= LEVELS.index("IVa"):
        if missing:
            return _assessment(table, findings, "incomplete", missing=missing, unclassed=unclassed)
        if unclassed:
            return _assessment(table, findings, "unclassed", unclassed=unclassed)
        # Level IV rests on everything being stable as much as on any sign.
        deciding = [
            msgspec.structs.replace(one.indicator, level=level) for one in found if one.grade in {"stable", level}
        ]
    else:
        deciding = [one.indicator for one in found if one.indicator.level == level]
    return _assessment(table, findings, "level", level, tuple(deciding), missing, unclassed)


def is_child(table: TriageTable, findings: Findings) -> bool:
    """Whether the age or a ticked sign is a child's."""
    if findings.age_years is not None and findings.age_years < table.child_below_years:
        return True
    childs = {name for signs in table.signs.values() for name, sign in signs.signs.items() if sign.child}
    return not childs.isdisjoint(findings.signs)


def _missing(table: TriageTable, findings: Findings) -> tuple[str, ...]:
    missing = [name for name, measure in table.measures.items() if measure.required and findings.number(name) is None]
    if table.consciousness.required and findings.consciousness is None:
        missing.append("consciousness")
    asked = {
        condition
        for name, measure in table.measures.items()
        if (value := findings.number(name)) is not None and _conditional(measure, value)
        for condition in measure.needs
    }
    return (*missing, *(name for name in CONDITIONS if name in asked and findings.condition(name) is None))


def _conditional(measure: Measure, value: int) -> bool:
    return bool(measure.bands) and grade_of(measure.bands, value).grade in {"I", "II", "III"}


def _measured(table: TriageTable, findings: Findings) -> list[_Found]:
    found = []
    for name, measure in table.measures.items():
        value = findings.number(name)
        if value is None or not measure.bands:
            continue
        band = grade_of(measure.bands, value)
        grade: Grade = band.grade
        assumed: tuple[str, ...] = ()
        if measure.needs and _conditional(measure, value):
            # What nobody has answered counts as met, the worse way; what is denied leaves the value without a level.
            assumed = tuple(condition for condition in measure.needs if findings.condition(condition) is None)
            if any(findings.condition(condition) is False for condition in measure.needs):
                grade, assumed = "nurse", ()
        shown = printed(band, measure.decimals)
        number = decimal(value, measure.decimals)
        zh = f"{measure.name.zh} {number} {measure.unit.zh}".rstrip() + f"（{shown}）"
        en = f"{measure.name.en} {number} {measure.unit.en}".rstrip() + f" ({shown})"
        if assumed:
            words = [table.conditions[condition] for condition in assumed]
            zh += f"，{'、'.join(one.zh for one in words)}未填，按符合计"
            en += f", {' and '.join(one.en for one in words)} not answered and taken as met"
        found.append(_Found(grade, Indicator(name, value, shown, _level(grade), assumed, Text(zh, en))))
    return found


def _minds(table: TriageTable, findings: Findings) -> list[_Found]:
    mind, letter = table.consciousness, findings.consciousness
    if letter is None:
        return []
    grade, words = mind.grades[letter], mind.words[letter]
    text = Text(f"{mind.name.zh}：{words.zh}", f"{mind.name.en}: {words.en}")
    return [_Found(grade, Indicator("consciousness", letter, "", _level(grade), (), text))]


def _signs(table: TriageTable, findings: Findings) -> list[_Found]:
    found = []
    for level in LEVELS:
        for name, sign in table.signs[level].signs.items():
            if name not in findings.signs:
                continue
            age = findings.age_years
            too_young = sign.above_years is not None and age is not None and age <= sign.above_years
            own: Level | None = None if too_young else level
            indicator = Indicator(name, None, "", own, (), Text(sign.zh, sign.en))
            found.append(_Found(own or "nurse", indicator))
    return found


def _scores(table: TriageTable, findings: Findings) -> list[_Found]:
    if not table.mews_levels.reviewed:
        return []
    score = mews(table, findings)
    if isinstance(score, Refused) or score.total is None:
        return []
    grade = mews_grade(table, score.total)
    if grade is None:
        return []
    band = printed(grade_of(table.mews_levels.bands, score.total))
    name = table.mews.name
    text = Text(f"{name.zh} {score.total}（{band}）", f"{name.en} {score.total} ({band})")
    return [_Found(grade, Indicator("mews", score.total, band, _level(grade), (), text))]


def _level(grade: Grade) -> Level | None:
    return grade if grade != "nurse" and grade != "stable" else None  # noqa: PLR1714 - mypy narrows only this form


def _without_level(indicator: Indicator) -> Indicator:
    return msgspec.structs.replace(indicator, level=None)


def _assessment(
    table: TriageTable,
    findings: Findings,
    outcome: Literal["level", "incomplete", "unclassed", "child"],
    level: Level | None = None,
    deciding: tuple[Indicator, ...] = (),
    missing: tuple[str, ...] = (),
    unclassed: tuple[Indicator, ...] = (),
) -> Assessment:
    sentences = [_head(table, findings, outcome, level, deciding)]
    if missing:
        names = _listed([_name(table, name) for name in missing])
        sentences.append(Text(f"尚缺：{names.zh}。", f"Still missing: {names.en}."))
    if unclassed:
        names = _listed([one.text for one in unclassed])
        found = Text("所见", "Found") if outcome == "child" else Text("标准未定级，请护士判断", "No level in the table")
        sentences.append(Text(f"{found.zh}：{names.zh}。", f"{found.en}: {names.en}."))
    if not table.reviewed:
        sentences.append(Text(f"（{NOT_REVIEWED.zh}）", f"({NOT_REVIEWED.en.capitalize()}.)"))
    text = Text("".join(one.zh for one in sentences), " ".join(one.en for one in sentences))
    return Assessment(
        outcome=outcome,
        level=level,
        deciding=deciding,
        missing=missing,
        unclassed=unclassed,
        child=outcome == "child",
        reviewed=table.reviewed,
        version=table.version,
        text=text,
    )


def _head(
    table: TriageTable, findings: Findings, outcome: str, level: Level | None, deciding: tuple[Indicator, ...]
) -> Text:
    if level is not None:
        name = table.levels[level].name
        by = _listed([one.text for one in deciding])
        return Text(f"建议 {level} 级（{name.zh}）：{by.zh}。", f"Level {level} ({name.en}) suggested: {by.en}.")
    if outcome == "child":
        age = findings.age_years
        years = Text(f"（{age} 岁）", f" ({age} years)") if age is not None else Text("", "")
        return Text(
            f"儿童{years.zh}：不适用成人标准，请护士立即评估。",
            f"A child{years.en}: the adult table does not apply. A nurse assesses at once.",
        )
    if outcome == "incomplete":
        return Text("资料不全，不能建议级别。", "Incomplete: no level can be suggested.")
    return Text("不能建议级别。", "No level can be suggested.")


def _name(table: TriageTable, name: str) -> Text:
    if name == "consciousness":
        return table.consciousness.name
    return table.conditions[name] if name in table.conditions else table.measures[name].name


def _listed(texts: list[Text]) -> Text:
    return Text("；".join(text.zh for text in texts), "; ".join(text.en for text in texts))
