"""What a triage form asks for, and the scores beside the level, out of the table: no page holds a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from queue_server.engine.site import Text
from queue_server.engine.triage_findings import Findings, Refused
from queue_server.engine.triage_scores import mews, news2
from queue_server.engine.triage_table import LEVELS, NOT_REVIEWED, TriageTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.engine.site import Queue


class Field(msgspec.Struct, frozen=True):
    """A number to enter: its unit, its plausible range, and how many of its digits stand behind the point."""

    id: str
    name: Text
    unit: Text
    low: int
    high: int
    decimals: int
    is_required: bool


class Named(msgspec.Struct, frozen=True):
    """Something to tick or to choose."""

    id: str
    name: Text


class SignGroup(msgspec.Struct, frozen=True):
    """The signs that stand for one level."""

    level: str
    name: Text
    signs: list[Named]


class TriageForm(msgspec.Struct, frozen=True):
    """All that the form shows. ``note`` is 未经临床审核 until a clinician has signed the whole table."""

    version: str
    note: Text | None
    queues: list[Named]
    fields: list[Field]
    consciousness_name: Text
    consciousness: list[Named]
    conditions: list[Named]
    signs: list[SignGroup]
    levels: list[Named]
    channels: list[Named]
    credits: list[Text]


class Score(msgspec.Struct, frozen=True):
    """A score with its credit. ``total`` is ``None`` while anything is ``missing``, or where ``why_not`` says why."""

    name: Text
    credit: Text
    total: int | None
    risk: Text | None
    missing: list[Text]
    why_not: Text | None = None


class Scores(msgspec.Struct, frozen=True):
    """The early warning scores."""

    mews: Score
    news2: Score


def form_of(table: TriageTable, queues: Iterable[Queue]) -> TriageForm:
    """The form of ``table`` for the emergency queues."""
    entered = set(Findings.__struct_fields__)
    used = {table.consciousness.source, table.mews.source, table.news2.source}
    used |= {level.source for level in table.levels.values()}
    return TriageForm(
        version=table.version,
        note=None if table.reviewed else NOT_REVIEWED,
        queues=[Named(queue.id, queue.name) for queue in queues],
        fields=[
            Field(
                name,
                measure.name,
                measure.unit,
                measure.plausible.low,
                measure.plausible.high,
                measure.decimals,
                measure.required,
            )
            for name, measure in table.measures.items()
            if name in entered
        ],
        consciousness_name=table.consciousness.name,
        consciousness=[Named(letter, words) for letter, words in table.consciousness.words.items()],
        conditions=[Named(name, words) for name, words in table.conditions.items()],
        signs=[
            SignGroup(
                level,
                table.levels[level].name,
                [Named(name, Text(sign.zh, sign.en)) for name, sign in table.signs[level].signs.items()],
            )
            for level in LEVELS
        ],
        levels=[Named(level, table.levels[level].name) for level in LEVELS],
        channels=[Named(name, words) for name, words in table.channels.names.items()],
        credits=[source.credit for name, source in table.sources.items() if name in used],
    )


def scores_of(table: TriageTable, findings: Findings) -> Scores:
    """Both scores, each with the credit that has to be shown with it."""
    one, other = mews(table, findings), news2(table, findings)
    mews_credit, news2_credit = table.sources[table.mews.source].credit, table.sources[table.news2.source].credit
    if isinstance(one, Refused):
        first = Score(table.mews.name, mews_credit, None, None, [], one.problems[0].message)
    else:
        first = Score(table.mews.name, mews_credit, one.total, None, _names(table, one.missing))
    if isinstance(other, Refused):
        second = Score(table.news2.name, news2_credit, None, None, [], other.problems[0].message)
    else:
        risk = None if other.risk is None else table.news2.risk_names[other.risk]
        second = Score(table.news2.name, news2_credit, other.total, risk, _names(table, other.missing))
    return Scores(first, second)


def _names(table: TriageTable, missing: Iterable[str]) -> list[Text]:
    return [_name(table, name) for name in missing]


def _name(table: TriageTable, name: str) -> Text:
    if name == "consciousness":
        return table.consciousness.name
    measure = table.measures.get("spo2" if name.startswith("spo2") else name)
    return measure.name if measure is not None else _ON_OXYGEN if name == "on_oxygen" else Text(name, name)


_ON_OXYGEN = Text("是否吸氧", "whether on oxygen")
