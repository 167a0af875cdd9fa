"""Who is there, and what may be done today: appointments, registrations, orders and the guide slip."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from queue_server.contract.common import PrintState, Problem, Text
from queue_server.contract.tickets import TicketView, TimeRange


class AppointmentView(msgspec.Struct, frozen=True):
    """An appointment a patient may confirm. ``problem`` says why it cannot be checked in now, if so."""

    appointment: str
    clinic: Text
    doctor: Text | None
    area: Text
    period: Text
    slot_start: datetime
    slot_end: datetime
    problem: Problem | None = None


class RegistrationView(msgspec.Struct, frozen=True):
    """A same-day registration with which a patient may join a queue."""

    registration: str
    queue: str
    clinic: Text
    doctor: Text | None
    area: Text
    period: Text
    problem: Problem | None = None


class OrderView(msgspec.Struct, frozen=True):
    """An order 医嘱 of today that is still to be done. ``problem`` says why it gets no number now, if so."""

    order: str
    kind: Literal["prescription", "exam", "blood", "payment"]
    name: Text
    queue: str
    area: Text
    """Where it is done, as on the building's signs."""
    is_paid: bool
    preparation: Text | None
    slot_start: datetime | None
    slot_end: datetime | None
    problem: Problem | None = None


class GuideStop(msgspec.Struct, frozen=True):
    """One stop of a guide slip: where to go, for what, between when, and why then.

    ``status``: over and done; over without (cancelled, withdrawn); the patient is called there now; the first one, once
    it is ready; or later.
    """

    order: int
    """Its place on the slip, from 1; what is over comes first."""
    stop: str
    kind: Literal["order", "visit"]
    status: Literal["done", "dropped", "now", "next", "later"]
    name: Text
    area: Text
    """Where it is done, as on the building's signs."""
    number: str
    """What is called there."""
    ticket: str
    preparation: Text | None
    why: Text | None
    """Why it stands there; ``None`` of what is over."""
    begins: TimeRange | None
    """Between when its turn comes, as things stand now, for eight of ten; ``None`` where the patient is there, or where
    nobody knows: a queue before it stands still, or the patient was missed."""
    ready_at: datetime | None
    """Not called before: the preparation takes so long, or a result is there only then."""
    ahead: int | None = None
    """About how many are called there before, were the patient there now; ``None`` of what is over or being called."""
    room: Text | None = None
    """Where to go there, once called."""
    is_missed: bool = False
    """The patient was called there and did not come."""
    printed: PrintState = "done"
    """What became of the paper with the number."""


class GuideSlip(msgspec.Struct, frozen=True):
    """A guide slip 检查检验指引单: everything that is on the paper.

    One that is only looked at, before its numbers are taken, has no ``qr``; its stops without a ``number`` are new.
    """

    slip: str
    person: str
    masked_name: str | None
    hospital: Text
    desk: Text
    """Whom to ask."""
    stops: list[GuideStop]
    issued_at: datetime
    ends: TimeRange | None
    """Between when all of it is done, as things stand now, for eight of ten; ``None`` when nothing is left or nobody
    knows."""
    position: int
    server_time: datetime
    qr: str = ""
    """The ticket code of the stop whose turn it is, by which scanners find the slip."""
    left_out: list[OrderView] = []
    """Today's orders that get no number now, each with the reason."""


class PatientView(msgspec.Struct, frozen=True):
    """One patient file that an identity led to. One identity may lead to several; then the patient is asked."""

    person: str
    masked_name: str
    hint: str
    """What tells files of one identity apart without naming anybody: ``病案号尾号 0312``, birth year."""
    hint_en: str
    appointments: list[AppointmentView]
    registrations: list[RegistrationView]
    tickets: list[TicketView]
    """Today's live tickets, for showing again and reprinting; and the one whose code was scanned, even if ended."""
    orders: list[OrderView] = []
    """Today's orders that are still to be done."""
    slip: str | None = None
    """The guide slip on which something is left."""


class IdentifyReply(msgspec.Struct, frozen=True):
    """What is known of an identity today. Never says whether an unknown identity exists elsewhere."""

    patients: list[PatientView]
    list_as_of: datetime
    """When today's list was last taken over from the hospital's system."""
    list_is_old: bool
    """Older than configured: the screen says so, with the time."""
    is_sure: bool = True
    """Otherwise found by a part of a name, or by somebody else's: the desk asks, even where it is one file."""
    is_too_many: bool = False
    """More were found than anybody can choose from, and so none is sent."""
