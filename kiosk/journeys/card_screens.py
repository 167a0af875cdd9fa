"""The screens of saying who one is, in no language: lay a card down, use another one, scan a code."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

from kiosk.faults import FAULTS
from kiosk.journeys.wait_screens import wait_screen
from kiosk.screen import Action, Drawing, Kind, Part, Screen, Shine
from kiosk.slip_face import listed
from kiosk.ways import WAYS, Way, Ways
from kiosk.words import Words, say

_CARDS: Final[dict[frozenset[Way], tuple[Words, Words]]] = {
    frozenset({"social"}): (say("card.title_social"), say("card.or_social")),
    frozenset({"hospital"}): (say("card.title_hospital"), say("card.or_hospital")),
    frozenset({"social", "hospital"}): (say("card.title_social_hospital"), say("card.or_social_hospital")),
}
"""How other cards are asked for where they come first, and beside an identity card."""

_NAMES: Final[dict[Way, Words]] = {
    "identity": say("card.way_identity"),
    "social": say("card.way_social"),
    "hospital": say("card.way_hospital"),
    "scan": say("card.way_scan"),
}


def card_screen(ways: Ways) -> Screen:
    """Lay the card down, here; or use another card, or scan a code.

    What does not work is not asked for, and named in the notice.
    """
    title, lead, drawing = _first(ways.works)
    return Screen(
        Kind.PROMPT,
        title,
        lead=lead,
        detail=_besides(ways.works),
        notice=_gone(ways),
        drawing=drawing,
        secondary=Action("no_card", say("card.no_card" if "identity" in ways.works else "card.none")),
        back=True,
        scans=True,
        staff_code=FAULTS["reader_offline"].code if "identity" in ways.gone else "",
        lit=((Part.SCANNER, Shine.SLOW),) if "scan" in ways.works else (),
    )


def _other_cards(works: AbstractSet[Way]) -> frozenset[Way]:
    return frozenset(works) - {"identity", "scan"}


def _first(works: AbstractSet[Way]) -> tuple[Words, Words, Drawing]:
    """What is asked for in the first place: title, lead and drawing."""
    if "identity" in works:
        return say("card.title"), say("card.lead"), Drawing.LAY_CARD
    cards = _other_cards(works)
    if cards:
        return _CARDS[cards][0], say("card.lead_other"), Drawing.USE_CARD
    return say("card.title_scan"), say("card.lead_scan"), Drawing.SCAN_SLIP


def _besides(works: AbstractSet[Way]) -> Words | None:
    """What can be used as well."""
    cards = _other_cards(works)
    scan = say("card.or_scan") if "scan" in works and ("identity" in works or cards) else None
    if not cards or "identity" not in works:
        return scan
    others = _CARDS[cards][1]
    return others if scan is None else say("card.ways", cards=others, scan=scan)


def _gone(ways: Ways) -> Words | None:
    """What does not work at present."""
    names = [_NAMES[way] for way in WAYS if way in ways.gone]
    return say("card.gone", what=listed(names)) if names else None


def reading_screen() -> Screen:
    """The card is being read."""
    return wait_screen(say("card.reading"), drawing=Drawing.HOLD_CARD)


def take_card_screen() -> Screen:
    """A card lies on the reader still."""
    return Screen(
        Kind.PROMPT, say("take_card.title"), lead=say("take_card.lead"), drawing=Drawing.TAKE_CARD, home=False
    )


def take_other_card_screen() -> Screen:
    """A card is in its reader still, and it is no identity card."""
    return Screen(
        Kind.PROMPT,
        say("take_other_card.title"),
        lead=say("take_other_card.lead"),
        drawing=Drawing.PULL_CARD,
        home=False,
    )
