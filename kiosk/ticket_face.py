"""What a ticket says, the same on the screen and on paper."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.words import Phrase, Words, say
from queue_server.contract import TicketView, WaitRange


@dataclass(frozen=True)
class TicketFace:
    """A ticket's words in reading order: the number, where, how long, why, when.

    ``headline`` says what the number means now: waiting, called to a room, missed. ``wait`` is how long, or why nobody
    is called for now.
    """

    number: str
    headline: Words
    clinic: Words
    doctor: Words
    place_label: Words
    place: Words
    ahead: Words | None
    wait: Words | None
    slot: Words | None
    reason: Words
    masked_name: str
    issued: str
    qr: str
    scan: Words
    hospital: Words


def wait_phrase(wait: WaitRange) -> Phrase:
    """The expected wait, always with both its ends: "up to so many" would promise what one in ten waits longer."""
    return say("ticket.wait", low=wait.low_min, high=wait.high_min)


def ahead_phrase(count: int) -> Phrase:
    """How many come first; nobody is said as what it means."""
    return say("ticket.ahead", count=count) if count else say("ticket.next")


_HOUSE_CODE = "HZ:"
"""How a code begins where the hospital has no public address: a telephone can do nothing with it."""


def scan_phrase(code: str) -> Phrase:
    """What the code on the ticket is for: the patient's telephone, or the scanners of the house."""
    return say("ticket.scan_in_house") if code.startswith(_HOUSE_CODE) else say("ticket.scan")


_HEADLINES = {
    "waiting": "ticket.headline.waiting",
    "called": "ticket.headline.called",
    "serving": "ticket.headline.serving",
    "missed": "ticket.headline.missed",
    "away": "ticket.headline.away",
}


def face_of(view: TicketView) -> TicketFace:
    """Compose the face of ``view``. Moments are shown in the offset the server sent them with."""
    doctor: Words = view.doctor if view.doctor is not None else say("ticket.any_doctor")
    if view.period is not None:
        doctor = say("ticket.doctor_period", doctor=doctor, period=view.period)
    elif view.doctor is None:
        doctor = ""  # a queue that numbers anybody has neither doctor nor session
    called = view.room is not None and view.status in {"called", "serving"}
    slot: Phrase | None = None
    if view.slot_start is not None and view.slot_end is not None:
        slot = say("ticket.slot", start=f"{view.slot_start:%H:%M}", end=f"{view.slot_end:%H:%M}")
    return TicketFace(
        number=view.number,
        headline=say(_HEADLINES.get(view.status, "ticket.headline.over")),
        clinic=view.clinic,
        doctor=doctor,
        place_label=say("ticket.room_label" if called else "ticket.area_label"),
        place=view.room if called and view.room is not None else view.area,
        ahead=None if view.ahead is None else ahead_phrase(view.ahead),
        wait=view.paused if view.wait is None else wait_phrase(view.wait),
        slot=slot,
        reason=view.reason,
        masked_name=view.masked_name or "",
        issued=f"{view.issued_at:%m-%d %H:%M}",
        qr=view.qr,
        scan=scan_phrase(view.qr),
        hospital=view.hospital,
    )
