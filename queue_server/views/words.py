"""The words of the site and of the engine as the contract's, and those for periods and kinds of tickets."""

from __future__ import annotations

from queue_server import contract as c
from queue_server.engine.entries import Ticket
from queue_server.engine.site import Text as Words

PERIODS = {
    "morning": c.Text("上午", "Morning"),
    "afternoon": c.Text("下午", "Afternoon"),
    "night": c.Text("夜间", "Night"),
}
KINDS = {
    "appointment": c.Text("预约", "Appointment"),
    "walk_in": c.Text("现场", "Walk-in"),
    "late": c.Text("迟到", "Late"),
    "special": c.Text("优待", "Special group"),
    "missed": c.Text("过号", "Missed"),
    "leftover": c.Text("顺延", "Carried over"),
    "triage": c.Text("分诊", "Triaged"),
    "return": c.Text("回诊", "Return"),
    "transferred": c.Text("转来", "Transferred"),
    "referred": c.Text("转诊", "Referred"),
    "moved_forward": c.Text("前移", "Moved forward"),
    "postponed": c.Text("延后", "Postponed"),
}


def words(text: Words) -> c.Text:
    """The engine's words as the contract's."""
    return c.Text(text.zh, text.en)


def maybe_words(text: Words | None) -> c.Text | None:
    """The same of words that may be missing."""
    return None if text is None else words(text)


def kind_of(ticket: Ticket) -> c.Text:
    """预约, 现场, 过号 ...: by the rule of the present stamp."""
    rule = "missed" if ticket.stamp.rule.startswith("missed") else ticket.stamp.rule
    return KINDS.get(rule, KINDS["walk_in"])
