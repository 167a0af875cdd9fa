"""Which cards the visitor of the demo is given to lay on the reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queue_server.hospital.sample import SampleCard

TIME = re.compile(r"\d\d:\d\d")
CARDS_SHOWN = 30
OF_A_KIND = 3
TURNED_AWAY = ("今天没有", "未付费", "已退号", "已取消", "停诊")


def worth_trying(cards: list[SampleCard]) -> list[SampleCard]:
    """Some of every kind, the soonest first: booked, with a child, registered, unpaid, cancelled, with nothing."""
    kinds: dict[str, list[SampleCard]] = {}
    for card in sorted(cards, key=lambda card: (TIME.findall(card.note) or ["24:00"])[0]):
        kind = "；".join(one.split(" ")[0] for one in card.note.split("；"))
        kinds.setdefault(kind, []).append(card)
    several = [group[:OF_A_KIND] for group in kinds.values()]
    return [card for group in sorted(several, key=_first_time) for card in group][:CARDS_SHOWN]


def _first_time(group: list[SampleCard]) -> tuple[bool, str]:
    """By the first one's time; those who can get nothing here come last."""
    note = group[0].note
    return any(word in note for word in TURNED_AWAY), (TIME.findall(note) or ["12:00"])[0]


def named(note: str, clinics: dict[str, str]) -> str:
    """The note with the clinics' names in place of their ids."""
    return " ".join(clinics.get(word, word) for word in note.replace("；", " ；").split(" "))
