"""What must hold between the parts of a triage table: bands, orders, references, words, signatures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

import msgspec

from queue_server.engine.site import Text
from queue_server.engine.triage_scores import MEWS_CONSCIOUSNESS, MEWS_PARAMETERS, NEWS2_PARAMETERS
from queue_server.engine.triage_table import (
    CONDITIONS,
    CONSCIOUSNESS,
    GRADES,
    LEVELS,
    GradeBand,
    LevelRule,
    Limits,
    Measure,
    Mews,
    MewsLevels,
    Mind,
    News2,
    PointsBand,
    Reviewed,
    Sign,
    Signs,
    Source,
)
from queue_server.toml_reader import Complaints, Reader, Table, listed

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NOT_GRADED = ("age_years", "usual_systolic")
"""Measures that stand for nothing by themselves: they may have no bands."""
_RISKS = ["low", "medium", "high"]
_ROUTINE_TIER = 2


def names(reader: Reader, path: str, found: Table, expected: list[str]) -> None:
    """The tables under ``path`` are exactly those expected."""
    reader.unknown(found, expected, path)
    for name in expected:
        if name not in found:
            reader.complaints.add(f"{path}.{name}", "is missing")


def version(complaints: Complaints, word: str) -> None:
    """The version goes with every assessment; without one nobody can say which table was in force."""
    if not word.strip():
        complaints.value("version", word, "is empty")


def words(complaints: Complaints, path: str, part: object) -> None:
    """Every text has words in both languages."""
    if isinstance(part, (Text, Sign)):
        for language, text in (("zh", part.zh), ("en", part.en)):
            if not text.strip():
                complaints.value(f"{path}.{language}", text, "is empty")
    elif isinstance(part, Source) and not part.citation.strip():
        complaints.value(f"{path}.citation", part.citation, "is empty")
    if isinstance(part, msgspec.Struct):
        part = msgspec.structs.asdict(part)
    if isinstance(part, dict):
        for name, inner in part.items():
            words(complaints, f"{path}.{name}", inner)


def reviewed(complaints: Complaints, path: str, part: object, sources: list[str] | None) -> None:
    """The source is one of ``sources`` (``None``: they could not be read), and a signature has a day."""
    if not isinstance(part, Reviewed):
        return
    if sources is not None and part.source not in sources:
        complaints.value(f"{path}.source", part.source, f"there is no such source; there are {listed(sources)}")
    if part.reviewed and not part.reviewed_on:
        complaints.add(f"{path}.reviewed_on", "is missing; a signature needs its day, YYYY-MM-DD")
    if part.reviewed_on and not part.reviewed:
        complaints.value(f"{path}.reviewed_on", part.reviewed_on, "nobody has signed; reviewed_by is empty")
    if part.reviewed_on and not _is_day(part.reviewed_on):
        complaints.value(f"{path}.reviewed_on", part.reviewed_on, "must be a day, YYYY-MM-DD")


def ids(complaints: Complaints, path: str, found: list[str]) -> None:
    """Ids stand in requests and events."""
    for name in found:
        if not _ID.fullmatch(name):
            complaints.value(path, name, "an id is at most 40 of a-z, 0-9 and _, and starts with a letter")


def levels(complaints: Complaints, rules: Mapping[str, LevelRule]) -> None:
    """A less urgent level never comes sooner, and nobody who waits is forgotten."""
    in_order = [(name, rules[name]) for name in LEVELS if name in rules]
    for name, rule in in_order:
        if rule.tier == _ROUTINE_TIER and rule.reassess_min is None:
            complaints.add(f"levels.{name}.reassess_min", "is missing; a patient of tier 2 waits and is assessed again")
    for (before, urgent), (name, rule) in pairwise(in_order):
        path = f"levels.{name}"
        if rule.response_min < urgent.response_min:
            complaints.value(f"{path}.response_min", rule.response_min, f"is sooner than that of {before}")
        if rule.tier < urgent.tier:
            complaints.value(f"{path}.tier", rule.tier, f"goes before {before}")
        if rule.tier == urgent.tier and rule.key_min < urgent.key_min:
            complaints.value(f"{path}.key_min", rule.key_min, f"goes before {before}")
        if rule.reassess_min is not None and rule.reassess_min < (urgent.reassess_min or 0):
            complaints.value(f"{path}.reassess_min", rule.reassess_min, f"is sooner than that of {before}")


def measures(complaints: Complaints, found: Mapping[str, Measure]) -> None:
    """Ranges are ranges, and bands say something of every plausible value, once."""
    for name, measure in found.items():
        path = f"measures.{name}"
        low, high = measure.plausible.low, measure.plausible.high
        if low >= high:
            complaints.value(f"{path}.plausible.high", high, f"must be more than low, which is {low}")
            continue
        if measure.bands:
            _bands(complaints, f"{path}.bands", measure.bands, (low, high), may_share=True)
            _grades(complaints, f"{path}.bands", measure.bands)
        elif name not in _NOT_GRADED:
            complaints.add(f"{path}.bands", "is empty; say what its values mean")
        for need in measure.needs:
            if need not in CONDITIONS:
                known = listed(list(CONDITIONS))
                complaints.value(f"{path}.needs", need, f"there is no such condition; there are {known}")
    if {"systolic", "usual_systolic", "systolic_drop"} <= set(found):
        now, usual, drop = (found[name].plausible for name in ("systolic", "usual_systolic", "systolic_drop"))
        least, most = usual.low - now.high, usual.high - now.low
        if drop.low > least or drop.high < most:
            sentence = f"must hold every difference of plausible pressures, {least} to {most}"
            complaints.add("measures.systolic_drop.plausible", sentence)


def signs(complaints: Complaints, found: Mapping[str, Signs]) -> None:
    """A sign stands for one level, and is no name of something measured."""
    owner: dict[str, str] = {}
    for level, group in found.items():
        path = f"signs.{level}.signs"
        ids(complaints, path, list(group.signs))
        for name in group.signs:
            if name in owner:
                complaints.add(f"{path}.{name}", f"stands for {owner[name]} already")
            owner.setdefault(name, level)


def mind(complaints: Complaints, part: Mind) -> None:
    """Every letter of ACVPU has words and a grade, and deeper is never better."""
    for key, given in (("words", list(part.words)), ("grades", list(part.grades))):
        _letters(complaints, f"consciousness.{key}", given, CONSCIOUSNESS)
    known = [letter for letter in CONSCIOUSNESS if letter != "C" and letter in part.grades]
    for before, letter in pairwise(known):
        if GRADES.index(part.grades[letter]) > GRADES.index(part.grades[before]):
            complaints.value(f"consciousness.grades.{letter}", part.grades[letter], f"is milder than that of {before}")


def mews(complaints: Complaints, score: Mews, found: Mapping[str, Measure]) -> None:
    """Every parameter has points for every plausible value, and every letter of AVPU too."""
    _parameters(complaints, "mews", score.parameters, MEWS_PARAMETERS, found)
    _letters(complaints, "mews.consciousness", list(score.consciousness), MEWS_CONSCIOUSNESS)


def mews_levels(complaints: Complaints, part: MewsLevels, score: Mews) -> None:
    """Every total has a grade."""
    _bands(complaints, "mews_levels.bands", part.bands, (0, _most(score)), may_share=False)
    _grades(complaints, "mews_levels.bands", part.bands)


def news2(complaints: Complaints, score: News2, found: Mapping[str, Measure]) -> None:
    """Every parameter has points, every total a risk, every risk a name."""
    _parameters(complaints, "news2", score.parameters, NEWS2_PARAMETERS, found)
    _letters(complaints, "news2.consciousness", list(score.consciousness), CONSCIOUSNESS)
    _bands(complaints, "news2.risks", score.risks, (0, _most(score)), may_share=False)
    if [band.risk for band in score.risks] != _RISKS:
        complaints.add("news2.risks", f"must be {listed(_RISKS)}, each once and in this order")
    _letters(complaints, "news2.risk_names", list(score.risk_names), ("low", "low_medium", "medium", "high"))


def _parameters(
    complaints: Complaints,
    path: str,
    parameters: Mapping[str, list[PointsBand]],
    expected: Sequence[str],
    found: Mapping[str, Measure],
) -> None:
    _letters(complaints, f"{path}.parameters", list(parameters), expected)
    for name, bands in parameters.items():
        measure = found.get("spo2" if name.startswith("spo2") else name)
        if name in expected and measure is not None and measure.plausible.low < measure.plausible.high:
            ends = (measure.plausible.low, measure.plausible.high)
            _bands(complaints, f"{path}.parameters.{name}", bands, ends, may_share=False)


def _letters(complaints: Complaints, path: str, given: list[str], expected: Sequence[str]) -> None:
    for name in given:
        if name not in expected:
            complaints.add(f"{path}.{name}", f"unknown key; known keys are {listed(list(expected))}")
    for name in expected:
        if name not in given:
            complaints.add(f"{path}.{name}", "is missing")


def _bands(
    complaints: Complaints, path: str, bands: Sequence[Limits], ends: tuple[int, int], *, may_share: bool
) -> None:
    low, high = ends
    if not bands:
        complaints.add(path, "is empty")
    # One after the other from ``low`` to ``high``: ``said`` is the last number that a band has spoken of.
    said = low - 1
    for index, band in enumerate(bands, 1):
        key = f"{path}.{index}"
        if not _limits(complaints, key, band, ends):
            return
        start, stop = band.ends(low, high)
        if start > said + 1:
            complaints.add(key, f"leaves a gap: nothing is said of {_span(said + 1, start - 1)}")
        elif start < said or (start == said and not may_share):
            complaints.add(key, f"overlaps the band before it: {_span(start, min(said, stop))} would be in both")
        said = max(said, stop)
    if bands and said < high:
        complaints.add(f"{path}.{len(bands)}", f"leaves a gap: nothing is said of {_span(said + 1, high)}")


def _limits(complaints: Complaints, key: str, band: Limits, ends: tuple[int, int]) -> bool:
    low, high = ends
    given = {
        name: value
        for name in ("at_least", "above", "at_most", "below")
        if isinstance(value := getattr(band, name), int)
    }
    before = len(complaints.sentences)
    if not given:
        complaints.add(key, "has no limit; give at_least or above, at_most or below")
    for one, other in (("at_least", "above"), ("at_most", "below")):
        if one in given and other in given:
            complaints.add(key, f"{one} and {other} exclude each other")
    for name, value in given.items():
        if not low <= value <= high:
            complaints.value(f"{key}.{name}", value, f"is not within what can be, {low} to {high}")
    start, stop = band.ends(low, high)
    if start > stop and len(complaints.sentences) == before:
        complaints.add(key, "holds no value; its lower limit is above its upper one")
    return len(complaints.sentences) == before


def _grades(complaints: Complaints, path: str, bands: Sequence[GradeBand]) -> None:
    severity = [GRADES.index(band.grade) for band in bands]
    stable = [index for index, band in enumerate(bands) if band.grade == "stable"]
    if len(stable) != 1:
        complaints.add(path, f'needs one band "stable", and has {len(stable)}')
        return
    for index in range(1, len(bands)):
        inner, outer = (index, index - 1) if index <= stable[0] else (index - 1, index)
        if severity[outer] > severity[inner]:
            sentence = "is milder than its neighbour towards the stable band"
            complaints.value(f"{path}.{outer + 1}.grade", bands[outer].grade, sentence)


def _most(score: Mews | News2) -> int:
    """The greatest total; of parameters that exclude each other, as the scales of SpO2 do, one counts."""
    most: dict[str, int] = {}
    for name, bands in score.parameters.items():
        own = "spo2" if name.startswith("spo2") else name
        most[own] = max([most.get(own, 0), *(band.points for band in bands)])
    oxygen = score.oxygen_points if isinstance(score, News2) else 0
    return sum(most.values()) + max(score.consciousness.values(), default=0) + oxygen


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _is_day(words: str) -> bool:
    try:
        date.fromisoformat(words)
    except ValueError:
        return False
    return _DAY.fullmatch(words) is not None
