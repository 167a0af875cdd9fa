"""What a patient may be here for today, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.faults import FaultError
from kiosk.journeys.check_in_screens import Option
from kiosk.journeys.guide_slip import is_on
from kiosk.slip_face import listed, why_not
from queue_server.contract import GuideSlip, IdentifyReply, OrderView, PatientView, TicketView

ALREADY = "already_checked_in"
"""The refusal that tells of a number instead of taking one away."""

ENDED = frozenset({"finished", "cancelled", "no_show", "lapsed"})
"""Statuses behind which a ticket leads nowhere any more."""


def is_anything(patient: PatientView) -> bool:
    """Whether there is anything of the patient's today, also what cannot be had now."""
    return bool(
        patient.appointments or patient.registrations or patient.tickets or patient.orders or patient.slip is not None
    )


def options_of(patient: PatientView, slip: GuideSlip | None) -> list[Option]:
    """What there is to choose; what cannot be had comes last, and a ticket that has ended not at all.

    A slip stands first where it has its numbers, or where the doctor has sent the patient for exams; the numbers on it
    do not stand beside it.
    """
    live = [one for one in patient.tickets if one.status not in ENDED and not is_on(slip, one.ticket)]
    slips: list[Option] = [] if slip is None else [slip]
    is_sent = any(one.status == "away" and one.back_at is None for one in patient.tickets)
    comes_first = slip is not None and (is_sent or all(stop.number for stop in slip.stops))
    return [
        *(slips if comes_first else ()),
        *live,
        *(one for one in patient.appointments if one.problem is None),
        *(one for one in patient.registrations if one.problem is None),
        *(() if comes_first else slips),
        *(one for one in patient.appointments if one.problem is not None),
        *(one for one in patient.registrations if one.problem is not None),
    ]


def scanned_ticket(reply: IdentifyReply, code: str) -> tuple[PatientView, TicketView] | None:
    """The ticket that carries ``code``, with its holder, if it still counts.

    Raises:
        FaultError: it has ended, and there is nothing else that its holder may do today.
    """
    for patient in reply.patients:
        for ticket in patient.tickets:
            if ticket.qr != code:
                continue
            if ticket.status not in ENDED:
                return (patient, ticket)
            can_be_had = [one for one in options_of(patient, None) if getattr(one, "problem", None) is None]
            has_orders = patient.slip is not None or any(one.problem is None for one in patient.orders)
            if not can_be_had and not has_orders:
                raise FaultError("ticket_over")
    return None


def orders_fault(orders: Sequence[OrderView]) -> FaultError:
    """Why nothing can be had now of one who has orders today, or that there is nothing at all."""
    left = [order for order in orders if order.problem is not None]
    if not left:
        return FaultError("nothing_today")
    return FaultError("orders_wait", what=listed([why_not(order) for order in left]))
