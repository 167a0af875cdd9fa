"""The screens of beginning, in no language: nobody is here yet, or nobody can be served here.

They name only what works at this kiosk now, and where to go with what does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from kiosk.faults import AWAY_CODES, FAULTS, SendTo, place_of
from kiosk.ports import Away
from kiosk.screen import Action, Choice, Drawing, Kind, Mark, Screen
from kiosk.ways import Way, Ways
from kiosk.words import Words, say
from queue_server.contract import Choice as ServerChoice
from queue_server.contract import HallInfo

_CARDS: Final[dict[frozenset[Way], Words]] = {
    frozenset({"social"}): say("bring.social"),
    frozenset({"hospital"}): say("bring.hospital"),
    frozenset({"social", "hospital"}): say("bring.social_hospital"),
}


def start_screen(ways: Ways, hall: HallInfo | None) -> Screen:
    """Nobody is here: the whole screen begins; so does a scan. Two slips are compared where there is a scanner.

    Where nobody can be known at all, there are still the numbers for anybody; without them, nothing begins here.
    """
    has_queues = hall is not None and bool(hall.open_queues)
    if not ways.works and not has_queues:
        return _closed_screen(hall)
    what = _brought(ways.works)
    return Screen(
        Kind.START,
        say("start.title" if what is not None else "start.title_no_card"),
        lead=say("start.lead_no_card") if what is None else say("start.lead", what=what),
        detail=say("start.detail", where=place_of(SendTo.DESK, hall)),
        notice=_not_read(ways, hall),
        drawing=_drawn(ways.works),
        primary=Action("start", say("start.touch")),
        secondary=Action("why", say("start.why")) if "scan" in ways.works else None,
        staff_code=_code(ways),
        home=False,
        scans=True,
        quiet=True,
    )


def away_screen(hall: HallInfo | None, because: Away = Away.UNREACHED, since: datetime | None = None) -> Screen:
    """Nobody can check in here now; where to go instead, and since when nothing was heard, where that is known."""
    is_known = because is Away.UNREACHED and since is not None
    detail = say("away.since", time=f"{since:%H:%M}") if is_known else say("away.detail")
    return _nothing_here(hall, AWAY_CODES[because], detail)


def service_screen(queues: Sequence[ServerChoice], ways: Ways, hall: HallInfo | None) -> Screen:
    """Check in, or one of the queues that number anybody."""
    what = _brought(ways.works)
    choices = (
        Choice(
            say("service.check_in"),
            say("service.check_in_detail", what=what or say("bring.identity")),
            None if what is not None else say("service.check_in_gone", where=place_of(SendTo.DESK, hall)),
        ),
        *(Choice(queue.name, queue.note or say("service.no_card")) for queue in queues),
    )
    return Screen(Kind.CHOOSE, say("service.title"), choices=choices, back=True, scans=True)


def _closed_screen(hall: HallInfo | None) -> Screen:
    """No reader works and there is nothing else to be had here."""
    return _nothing_here(hall, FAULTS["reader_offline"].code, say("away.detail"))


def _nothing_here(hall: HallInfo | None, code: str, detail: Words) -> Screen:
    return Screen(
        Kind.OUTCOME,
        say("away.title"),
        lead=say("away.lead", where=place_of(SendTo.DESK, hall)),
        detail=detail,
        mark=Mark.ATTENTION,
        staff_code=code,
        home=False,
        quiet=True,
    )


def _brought(works: AbstractSet[Way]) -> Words | None:
    """What is to be brought; ``None``: nothing that is brought can be read."""
    if "identity" in works:
        return say("bring.identity")
    cards = _CARDS.get(frozenset(works) - {"scan"})
    if "scan" not in works:
        return cards
    return say("bring.code") if cards is None else say("bring.either", cards=cards, scan=say("bring.code"))


def _drawn(works: AbstractSet[Way]) -> Drawing:
    """What stands on the screen for it."""
    if "identity" in works:
        return Drawing.HOLD_CARD
    if works - {"scan"}:
        return Drawing.USE_CARD
    return Drawing.SCAN_SLIP if works else Drawing.TAKE_PAPER


def _not_read(ways: Ways, hall: HallInfo | None) -> Words | None:
    """Where to go with an identity card, which everybody has, where it cannot be read here."""
    if "identity" in ways.works:
        return None
    return say("start.not_read" if ways.works else "start.not_checked_in", where=place_of(SendTo.DESK, hall))


def _code(ways: Ways) -> str:
    return FAULTS["reader_offline"].code if "identity" in ways.gone else ""
