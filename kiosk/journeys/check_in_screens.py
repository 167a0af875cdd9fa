"""The screens of checking in, in no language: pure functions of what is to be said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from drivers.device import PrintOutcome
from kiosk.device_errors import printer_fault
from kiosk.faults import FAULTS, FaultKind, place_of
from kiosk.journeys.wait_screens import moving_screen
from kiosk.ports import Printed
from kiosk.refusals import sentence_of
from kiosk.screen import Action, CardUsed, Choice, Drawing, Fact, Kind, Mark, Part, Screen, Shine
from kiosk.slip_face import listed, stops_left
from kiosk.ticket_face import face_of
from kiosk.words import Words, say
from queue_server.contract import (
    AppointmentView,
    GuideSlip,
    HallInfo,
    PatientView,
    RegistrationView,
    Text,
    TicketView,
)

Option: TypeAlias = AppointmentView | RegistrationView | TicketView | GuideSlip
"""What a patient may be here for; a ticket is one that is live already, a slip all of the orders."""


def printing_screen(number: str) -> Screen:
    """The paper is moving."""
    return moving_screen(say("wait.printing", number=number), say("wait.paper"), Drawing.TAKE_PAPER)


def patient_screen(patients: Sequence[PatientView], notice: Words | None) -> Screen:
    """One identity, several files."""
    choices = tuple(Choice(one.masked_name, Text(one.hint, one.hint_en)) for one in patients)
    return Screen(Kind.CHOOSE, say("patient.title"), choices=choices, notice=notice, back=True)


def visit_screen(options: Sequence[Option], notice: Words | None) -> Screen:
    """What for, where there are several; what cannot be had now says why."""
    choices = tuple(_choice(option) for option in options)
    title = say("visit.title_any" if any(isinstance(one, GuideSlip) for one in options) else "visit.title")
    return Screen(Kind.CHOOSE, title, choices=choices, notice=notice, back=True)


def confirm_screen(patient: PatientView, chosen: AppointmentView | RegistrationView, notice: Words | None) -> Screen:
    """The facts, and one tap."""
    return Screen(
        Kind.CONFIRM,
        say("confirm.title"),
        facts=_facts(patient, chosen),
        notice=notice,
        primary=Action("confirm", say("confirm.yes")),
        back=True,
    )


def _slot(start_end: AppointmentView) -> str:
    return f"{start_end.slot_start:%H:%M}–{start_end.slot_end:%H:%M}"


def _doctor(option: AppointmentView | RegistrationView | TicketView) -> Words:
    return option.doctor if option.doctor is not None else say("ticket.any_doctor")


def _choice(option: Option) -> Choice:
    if isinstance(option, GuideSlip):
        left = stops_left(option)
        names = listed([stop.name for stop in left[:_NAMES]])
        key = "visit.orders_detail" if len(left) <= _NAMES else "visit.orders_more"
        is_given = all(stop.number for stop in left)
        title = say("slip.name" if is_given else "visit.orders")
        return Choice(title, say(key, names=names, count=len(left)))
    doctor = _doctor(option)
    match option:
        case TicketView():
            return Choice(option.clinic, say("visit.ticket_detail", doctor=doctor, number=option.number))
        case AppointmentView():
            detail = say("visit.appointment_detail", doctor=doctor, period=option.period, slot=_slot(option))
        case RegistrationView():
            detail = say("visit.registration_detail", doctor=doctor, period=option.period)
    return Choice(option.clinic, detail, _problem(option))


_NAMES = 3
"""Stops that a choice names; more are counted."""


def _problem(option: AppointmentView | RegistrationView) -> Words | None:
    if option.problem is None:
        return None
    return sentence_of(option.problem) or say("fault.refused.title")


def _facts(patient: PatientView, chosen: AppointmentView | RegistrationView) -> tuple[Fact, ...]:
    when: Words = chosen.period
    if isinstance(chosen, AppointmentView):
        when = say("confirm.period_slot", period=chosen.period, slot=_slot(chosen))
    return (
        Fact(say("confirm.name"), patient.masked_name),
        Fact(say("confirm.clinic"), chosen.clinic),
        Fact(say("confirm.doctor"), _doctor(chosen)),
        Fact(say("confirm.time"), when),
        Fact(say("confirm.area"), chosen.area),
    )


_TAKE: Final[dict[CardUsed | None, str]] = {
    None: "ticket.done_take_paper",
    "identity": "ticket.done_take_both",
    "other": "ticket.done_take_both_card",
}


def ticket_screen(
    ticket: TicketView,
    printed: Printed | None,
    hall: HallInfo | None,
    *,
    card: CardUsed | None,
    again: bool,
    failed: bool = False,
    scanner: bool = False,
) -> Screen:
    """The ticket, what became of its paper and what to take along.

    ``again``: it was issued before this visit. ``failed``: this kiosk made a mistake since, which is for staff.
    ``scanner``: there is one, and so a ticket that waits and is shown again can be compared with another slip.
    """
    fault: FaultKind | None = None if printed is None else printer_fault(printed)
    title, next_words = _ticket_words(ticket, again=again)
    taken = say(_TAKE[card])
    if next_words is None:
        next_words = say("ticket.shown_again") if printed is None else taken
    lead: Words | None = next_words
    notice: Words | None = None
    if fault is not None:
        lead = None
        notice = paper_notice(fault, hall)
    finish = Action("finish", say("action.finish"))
    missed = ticket.status == "missed"
    urgent = missed or (ticket.status == "called" and ticket.room is not None)
    may_print = printed is None or printed.outcome is PrintOutcome.NOT_DONE
    return Screen(
        Kind.TICKET,
        title,
        lead=lead,
        notice=notice,
        mark=Mark.ATTENTION if urgent else Mark.DONE,
        ticket=face_of(ticket),
        primary=Action("rejoin", say("action.rejoin")) if missed else finish,
        secondary=finish if missed else (Action("print", say("action.print")) if may_print else None),
        tertiary=Action("why", say("why.other")) if again and scanner and ticket.status == "waiting" else None,
        staff_code=FAULTS["kiosk_failed"].code if failed else ("" if fault is None else fault.code),
        number_stays=not missed,
        lit=((Part.RECEIPT_PRINTER, Shine.QUICK),) if printed is not None and fault is None else (),
    )


def paper_notice(fault: FaultKind, hall: HallInfo | None) -> Words:
    """What became of the paper, and where to get one."""
    return say(
        "ticket.notice",
        what=say(f"fault.{fault.name}.title"),
        where=say(f"fault.{fault.name}.next", where=place_of(fault.send_to, hall)),
    )


def _ticket_words(ticket: TicketView, *, again: bool) -> tuple[Words, Words | None]:
    """The sentence above the ticket, and what to do next, where that is not to take the paper."""
    if ticket.status == "missed":
        return say("ticket.title_missed"), say("ticket.lead_missed")
    if ticket.status == "called" and ticket.room is not None:
        return say("ticket.title_called"), say("ticket.lead_called", room=ticket.room)
    return say("ticket.title_again" if again else "ticket.title"), None
