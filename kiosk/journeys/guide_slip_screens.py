"""The screens of a guide slip, in no language: pure functions of what is to be said."""

from __future__ import annotations

from typing import Final

from drivers.device import PrintOutcome
from kiosk.device_errors import printer_fault
from kiosk.faults import FAULTS, FaultKind, place_of
from kiosk.journeys.wait_screens import moving_screen
from kiosk.ports import Printed
from kiosk.screen import Action, CardUsed, Drawing, Kind, Mark, Part, Screen, Shine
from kiosk.slip_face import SlipFace, slip_face_of, stops_left
from kiosk.words import Words, say
from queue_server.contract import GuideSlip, GuideStop, HallInfo

_TAKE: Final[dict[CardUsed | None, str]] = {
    None: "slip.take_paper",
    "identity": "slip.take_both",
    "other": "slip.take_both_card",
}


def plan_screen(face: SlipFace, new: int, notice: Words | None) -> Screen:
    """The stops in the order that takes least time now, and one tap for all their numbers."""
    return Screen(
        Kind.GUIDE,
        say("slip.plan_title", count=len(face.stops)) if len(face.stops) > 1 else say("slip.plan_title_one"),
        lead=say("slip.plan_lead") if len(face.stops) > 1 else None,
        notice=notice,
        slip=face,
        primary=Action("take", say("slip.take", count=new) if new > 1 else say("slip.take_one")),
        back=True,
    )


def printing_slip_screen() -> Screen:
    """The paper is moving."""
    return moving_screen(say("wait.printing_slip"), say("wait.paper"), Drawing.TAKE_PAPER)


def slip_screen(
    slip: GuideSlip,
    printed: Printed | None,
    hall: HallInfo | None,
    *,
    card: CardUsed | None,
    again: bool,
    failed: bool = False,
) -> Screen:
    """The slip, what became of its paper, and where to go now.

    ``again``: it was given before this visit. ``failed``: this kiosk made a mistake since, which is for staff.
    """
    fault: FaultKind | None = None if printed is None else printer_fault(printed)
    first = next(iter(stops_left(slip)), None)
    missed = first is not None and first.is_missed
    urgent = missed or (first is not None and first.room is not None)
    title, lead = _words(first, again=again)
    if fault is not None and not urgent:
        title, lead = (title if first is None else say("slip.title_first", where=first.area)), None
    elif printed is not None and not urgent:
        lead = say(_TAKE[card])
    finish = Action("finish", say("action.finish"))
    may_print = first is not None and (printed is None or printed.outcome is PrintOutcome.NOT_DONE)
    return Screen(
        Kind.GUIDE,
        title,
        lead=lead,
        notice=None if fault is None else _paper_notice(fault, hall),
        mark=Mark.ATTENTION if urgent else Mark.DONE,
        slip=slip_face_of(slip),
        primary=Action("rejoin", say("action.rejoin")) if missed else finish,
        secondary=finish if missed else (Action("print", say("slip.print")) if may_print else None),
        staff_code=FAULTS["kiosk_failed"].code if failed else ("" if fault is None else fault.code),
        number_stays=not missed,
        lit=((Part.RECEIPT_PRINTER, Shine.QUICK),) if printed is not None and fault is None else (),
    )


def _paper_notice(fault: FaultKind, hall: HallInfo | None) -> Words:
    """What became of the slip's paper, and where to get one."""
    return say(
        "ticket.notice",
        what=say(f"slip_paper.{fault.name}.title"),
        where=say(f"slip_paper.{fault.name}.next", where=place_of(fault.send_to, hall)),
    )


def _words(first: GuideStop | None, *, again: bool) -> tuple[Words, Words | None]:
    """The sentence above the slip, and where to go now."""
    if first is None:
        return say("slip.title_over"), None
    if first.is_missed:
        return say("ticket.title_missed"), say("ticket.lead_missed")
    if first.room is not None:
        return say("ticket.title_called"), say("ticket.lead_called", room=first.room)
    lead = say("slip.shown_again") if again else None
    if first.status == "next" and first.ready_at is not None:
        return say("slip.title_next", time=f"{first.ready_at:%H:%M}", where=first.area), lead
    return say("slip.title", where=first.area), lead
