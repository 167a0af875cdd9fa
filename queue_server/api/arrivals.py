"""Who is booked today and is here, or is not yet: one clinic at a time, for the nurse desk."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from queue_server import contract as c
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.engine.entries import Ticket
from queue_server.engine.site import Appointment, ClinicSession
from queue_server.views import words

Here: TypeAlias = Literal["expected", "not_here", "here", "over", "cancelled"]
"""Not yet due; due and not here; with a number that waits or is called; with one that ended; given back or 停诊."""


class ArrivalRow(msgspec.Struct, frozen=True):
    """A booking of the clinic, and whether its patient is here."""

    person: str
    appointment: str
    masked_name: str | None
    doctor: c.Text | None
    period: str
    slot_start: datetime
    slot_end: datetime
    here: Here
    ticket: str | None
    number: str | None


class Arrivals(msgspec.Struct, frozen=True):
    """A clinic's bookings of today in the order of their slots, with how many are here and how many are due and not."""

    clinic: str
    name: c.Text
    here: int
    not_here: int
    rows: list[ArrivalRow]
    server_time: datetime


@get("/clinics", sync_to_thread=False)
def clinics(lobby: NamedDependency[Lobby]) -> list[c.Choice]:
    """The clinics, to look at one and then at another."""
    index = lobby.service.committed.index
    return [] if index is None else [c.Choice(one.id, words(one.name)) for one in index.clinics.values()]


@get("/clinics/{clinic:str}", sync_to_thread=False)
def arrivals(lobby: NamedDependency[Lobby], clinic: FromPath[str]) -> Arrivals:
    """Who is booked in a clinic today, and who of them has checked in."""
    state = lobby.service.committed
    known = state.index.clinics.get(clinic) if state.index else None
    if known is None:
        raise ProblemError("unknown_clinic")
    given = {ticket.origin_ref: ticket for ticket in state.tickets.values() if ticket.origin == "appointment"}
    now = lobby.clock.now()
    rows = [
        _row(lobby, booked, session, given.get(booked.id), now)
        for booked in sorted(lobby.mirror.appointments, key=lambda one: (one.slot_start, one.id))
        if (session := state.sessions.get(booked.session)) is not None and session.clinic == clinic
    ]
    return Arrivals(
        clinic,
        words(known.name),
        sum(row.here in {"here", "over"} for row in rows),
        sum(row.here == "not_here" for row in rows),
        rows,
        lobby.views.server_time,
    )


def _row(lobby: Lobby, booked: Appointment, session: ClinicSession, ticket: Ticket | None, now: int) -> ArrivalRow:
    return ArrivalRow(
        person=booked.person,
        appointment=booked.id,
        masked_name=lobby.names.masked(booked.person),
        doctor=lobby.views.doctor(session.doctor),
        period=session.period,
        slot_start=lobby.views.moment(booked.slot_start),
        slot_end=lobby.views.moment(booked.slot_end),
        here=_here(booked, session, ticket, now),
        ticket=ticket.id if ticket is not None else None,
        number=ticket.number if ticket is not None else None,
    )


def _here(booked: Appointment, session: ClinicSession, ticket: Ticket | None, now: int) -> Here:
    if ticket is not None:
        return "over" if ticket.status in {"finished", "cancelled", "lapsed", "no_show"} else "here"
    if booked.status == "cancelled" or session.status == "cancelled":
        return "cancelled"
    return "expected" if now < booked.slot_start else "not_here"
