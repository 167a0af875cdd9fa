"""What the lobby asks of the hospital's own systems, and nothing else of them.

An adapter translates one hospital system into this port; ``queue_server.app`` alone names adapters. What comes out of
an adapter speaks of patients by the **hospital's own patient id**: in ``Appointment.person``, ``Registration.person``
and ``Order.person`` too. The mirror replaces it by our random reference before anything else sees it.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, Protocol, TypeAlias

import msgspec

from queue_server.engine.site import Appointment, ClinicSession, Order, Registration


class HospitalError(Exception):
    """The hospital's system did not give what was asked. Nothing was changed there or here.

    The sentence goes to the log: it names records and fields, never a person.
    """


class HospitalAway(HospitalError):  # noqa: N818 - named by what it says
    """No answer: connection refused, timed out or lost. Asking again later may help."""


class BadAnswer(HospitalError):  # noqa: N818 - named by what it says
    """An answer that cannot be right; the sentence names the record and the field. Asking again will not help."""


class NotFound(HospitalError):  # noqa: N818 - named by what it says
    """The hospital has no such record."""


TokenKind: TypeAlias = Literal["insurance_code", "health_card"]
"""What only its issuer can tell whose it is: 电子医保凭证 and 电子健康卡. Many are of a minute."""


class Identity(msgspec.Struct, frozen=True):
    """Something a person shows at a kiosk that leads to a patient file.

    ``holder`` is the name on it: for a child's file reached with a parent's card, the parent's.
    """

    kind: Literal["id_card", "hospital_card", "code"]
    value: str
    holder: str
    relation: Literal["self", "guardian"] = "self"

    def __repr__(self) -> str:
        """Without the identity: this object may meet a log."""
        return f"Identity(kind={self.kind!r}, value=<redacted>, holder=<redacted>, relation={self.relation!r})"


class PatientFile(msgspec.Struct, frozen=True):
    """One patient file (档案) of the hospital. One person may have several, by mistake or by history.

    ``id`` is the hospital's patient id, ``file_number`` the one printed on the hospital's papers (病案号),
    ``birth_date`` is ``YYYY-MM-DD``.
    """

    id: str
    file_number: str
    name: str
    sex: Literal["male", "female", "unknown"]
    birth_date: str
    identities: list[Identity]

    def __repr__(self) -> str:
        """Without the person: this object may meet a log."""
        return "PatientFile(<redacted>)"


class DayList(msgspec.Struct, frozen=True):
    """All the hospital has for one service day, ``YYYY-MM-DD``."""

    day: str
    sessions: list[ClinicSession]
    appointments: list[Appointment]
    registrations: list[Registration]
    people: list[PatientFile]
    """A file for every ``person`` of the appointments, registrations and orders; further files are welcome."""
    orders: list[Order] = []
    """What is to be done, handed out or paid that day. An id is of one record, of whatever kind it is."""


class HospitalPort(Protocol):
    """One hospital system. Every method may raise ``HospitalAway`` or ``BadAnswer``; none retries by itself."""

    async def today(self, day: str) -> DayList:
        """Everything of the service day ``day`` (``YYYY-MM-DD``)."""
        ...

    async def appointment(self, appointment: str) -> Appointment:
        """One appointment as it stands now.

        Raises:
            NotFound: the hospital has no such appointment.
        """
        ...

    async def registration(self, registration: str) -> Registration:
        """One registration as it stands now, for example paid a minute ago.

        Raises:
            NotFound: the hospital has no such registration.
        """
        ...

    async def order(self, order: str) -> Order:
        """One order as it stands now, for example paid a minute ago.

        Raises:
            NotFound: the hospital has no such order.
        """
        ...

    async def patients(self, kind: Literal["id_card", "hospital_card", "code"], value: str) -> list[PatientFile]:
        """The files an identity leads to, guardians' included; empty where there is none."""
        ...

    async def holders(self, kind: TokenKind, token: str) -> list[PatientFile]:
        """The files of whoever shows ``token``, children's included, asked of its issuer now.

        Empty where it is nobody's. A token is opaque and personal: it is in no log, and kept nowhere once this has
        returned.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. Closing twice is allowed."""
        ...


def check(day_list: DayList) -> DayList:
    """``day_list`` itself, when it agrees with itself.

    Raises:
        BadAnswer: a repeated id, a reference to a session or patient that is not in the list, another day's record,
            or times that run backwards. The sentence names the record.
    """
    _no_repeats("session", [session.id for session in day_list.sessions])
    _no_repeats("appointment", [appointment.id for appointment in day_list.appointments])
    _no_repeats("registration", [registration.id for registration in day_list.registrations])
    _no_repeats("order", [order.id for order in day_list.orders])
    _no_repeats("patient file", [file.id for file in day_list.people])
    sessions = {session.id for session in day_list.sessions}
    people = {file.id for file in day_list.people}
    for session in day_list.sessions:
        _check_session(session, day_list.day)
    for appointment in day_list.appointments:
        _check_record("appointment", appointment, day_list.day, sessions, people)
        if appointment.slot_end <= appointment.slot_start:
            raise BadAnswer(f"appointment {appointment.id!r} ends before it starts")
    for registration in day_list.registrations:
        _check_record("registration", registration, day_list.day, sessions, people)
        check_fees(registration)
    booked = {one.id for one in day_list.appointments} | {one.id for one in day_list.registrations}
    for order in day_list.orders:
        _check_order(order, day_list.day, people, booked)
    return day_list


def check_fees(registration: Registration) -> None:
    """Nothing where the fees of a registration can be reckoned with.

    Raises:
        BadAnswer: one is negative, or paid on a day that is none.
    """
    if min([registration.fen, *(paid.fen for paid in registration.paid)]) < 0:
        raise BadAnswer(f"registration {registration.id!r} has a negative fee")
    for paid in registration.paid:
        try:
            date.fromisoformat(paid.day)
        except ValueError:
            raise BadAnswer(f"registration {registration.id!r} names a fee paid on {paid.day!r}, no day") from None


def _check_order(order: Order, day: str, people: set[str], others: set[str]) -> None:
    if order.id in others:
        raise BadAnswer(f"order {order.id!r} has the id of an appointment or a registration")
    if order.day != day:
        raise BadAnswer(f"order {order.id!r} is of {order.day}, not of {day}")
    if order.person not in people:
        raise BadAnswer(f"order {order.id!r} names a patient whose file is not in the list")
    if order.id in order.needs:
        raise BadAnswer(f"order {order.id!r} needs itself")
    if (order.slot_start is None) != (order.slot_end is None):
        raise BadAnswer(f"order {order.id!r} has half a slot")
    if order.slot_start is not None and order.slot_end is not None and order.slot_end <= order.slot_start:
        raise BadAnswer(f"order {order.id!r} ends before it starts")


def _check_session(session: ClinicSession, day: str) -> None:
    if session.day != day:
        raise BadAnswer(f"session {session.id!r} is of {session.day}, not of {day}")
    if session.ends_at <= session.starts_at:
        raise BadAnswer(f"session {session.id!r} ends before it starts")
    for slot in session.slots:
        if not session.starts_at <= slot.starts_at < slot.ends_at <= session.ends_at:
            raise BadAnswer(f"session {session.id!r} has a slot outside its own hours")


def _check_record(
    what: str, record: Appointment | Registration, day: str, sessions: set[str], people: set[str]
) -> None:
    if record.day != day:
        raise BadAnswer(f"{what} {record.id!r} is of {record.day}, not of {day}")
    if record.session not in sessions:
        raise BadAnswer(f"{what} {record.id!r} names session {record.session!r}, which is not in the list")
    if record.person not in people:
        raise BadAnswer(f"{what} {record.id!r} names a patient whose file is not in the list")


def _no_repeats(what: str, ids: list[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise BadAnswer(f"{what} {one!r} is in the list twice")
        seen.add(one)
