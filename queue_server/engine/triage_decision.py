"""What the nurse decides, and what the level means for the waiting.

A suggestion is confirmed or overridden; an override carries a reason. Moments are UTC microseconds.
"""

from __future__ import annotations

import msgspec

from queue_server.engine.site import Level, Text
from queue_server.engine.stamps import MINUTE, ROUTINE_TIER
from queue_server.engine.triage import Assessment
from queue_server.engine.triage_findings import Problem, Refused
from queue_server.engine.triage_table import LEVELS, TriageTable
from queue_server.engine.triaged import TriageRecord


class Decision(msgspec.Struct, frozen=True):
    """The level a nurse gave.

    Attributes:
        level: the level that counts from now on.
        suggested: what the table suggested; ``None`` where it suggested nothing.
        reason: why the nurse decided otherwise; ``None`` for a confirmed suggestion. It is free text and may speak of
            the patient: it belongs where it can be erased, not into an event.
        channel: the green channel, or ``None``.
        at: the end of triage, from which response and re-assessment are counted.
        version: the version of the table the nurse saw.
    """

    level: Level
    suggested: Level | None
    reason: str | None
    channel: str | None
    at: int
    version: str

    @property
    def overridden(self) -> bool:
        """Whether the level is the nurse's own."""
        return self.level != self.suggested


def confirm(table: TriageTable, assessment: Assessment, *, at: int, channel: str | None = None) -> Decision | Refused:
    """The suggested level, confirmed. Without a suggestion there is nothing to confirm: the nurse overrides."""
    problems = _channel_problems(table, channel)
    if assessment.level is None:
        message = Text(
            "没有建议级别可确认，请自行选择级别并写明理由。",
            "There is no suggestion to confirm. Choose a level and give the reason.",
        )
        problems.append(Problem("nothing_to_confirm", "level", None, message))
    if problems or assessment.level is None:
        return Refused(tuple(problems))
    return Decision(assessment.level, assessment.level, None, channel, at, assessment.version)


def override(
    table: TriageTable,
    assessment: Assessment,
    level: str,
    reason: str,
    *,
    at: int,
    channel: str | None = None,
) -> Decision | Refused:
    """A level of the nurse's own, in place of the suggestion or where there is none.

    Args:
        table: the table in force.
        assessment: what was suggested.
        level: the nurse's level; the suggested one is confirmed, not overridden.
        reason: why, in words: blanks and punctuation alone are none.
        at: the end of triage.
        channel: a green channel, if one is opened.
    """
    problems = _channel_problems(table, channel)
    chosen = next((one for one in LEVELS if one == level), None)
    if chosen is None:
        names = "、".join(LEVELS)
        message = Text(
            f"没有“{level}”这一级；级别有 {names}。", f'There is no level "{level}"; there are {", ".join(LEVELS)}.'
        )
        problems.append(Problem("unknown_level", "level", level, message))
    elif chosen == assessment.level:
        message = Text("与建议级别相同，请直接确认。", "This is the suggested level: confirm it.")
        problems.append(Problem("same_level", "level", level, message))
    words = reason.strip()
    if not any(character.isalnum() for character in words):
        message = Text("改变级别必须写明理由。", "A level of one's own needs a reason.")
        problems.append(Problem("reason_missing", "reason", reason, message))
    if problems or chosen is None:
        return Refused(tuple(problems))
    return Decision(chosen, assessment.level, words, channel, at, assessment.version)


def response_due(table: TriageTable, level: Level, at: int) -> int:
    """By when a physician has to see the patient triaged at ``at``."""
    return at + table.levels[level].response_min * MINUTE


def reassess_due(table: TriageTable, level: Level, at: int) -> int | None:
    """When a patient who still waits is assessed again after ``at``; ``None`` where nobody is left waiting."""
    minutes = table.levels[level].reassess_min
    return None if minutes is None else at + minutes * MINUTE


def rank_of(table: TriageTable, level: Level, at: int) -> tuple[int, int]:
    """The ``(tier, key)`` with which a rank begins: tier 0 for I, 1 for II, 2 for the others by moment of triage."""
    rule = table.levels[level]
    return (rule.tier, at + rule.key_min * MINUTE)


def rank_again(table: TriageTable, level: Level, at: int, before: TriageRecord | None) -> tuple[int, int]:
    """The ``(tier, key)`` of a level that is given at ``at``, to somebody who was triaged ``before``.

    Whoever is assessed again loses nothing by it: the same level keeps its moment, and in tier 2 another level counts
    from the first triage. A level of the tiers before begins when it is given.
    """
    tier, key = rank_of(table, level, at)
    if before is None:
        return (tier, key)
    if before.level == level and before.tier == tier:
        return (tier, before.key)
    return rank_of(table, level, before.first_at) if tier == ROUTINE_TIER else (tier, key)


def respond_again(table: TriageTable, level: Level, at: int, before: TriageRecord | None) -> int:
    """By when a physician has to see somebody triaged ``before``: no later than was promised, unless it is milder."""
    due = response_due(table, level, at)
    is_milder = before is not None and LEVELS.index(level) > LEVELS.index(before.level)
    return due if before is None or is_milder else min(due, before.respond_by)


def _channel_problems(table: TriageTable, channel: str | None) -> list[Problem]:
    names = table.channels.names
    if channel is None or channel in names:
        return []
    message = Text(
        f"没有绿色通道“{channel}”；有{'、'.join(name.zh for name in names.values())}。",
        f'There is no green channel "{channel}"; there are {", ".join(names)}.',
    )
    return [Problem("unknown_channel", "channel", channel, message)]
