"""A hospital that does not exist, so that the whole lobby can be shown and tested.

Its patients and its weekly schedule are files; who is booked, paid or cancelled on a day is computed from the seed and
the day alone.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from queue_server.config import FILE_NAME
from queue_server.engine.site import Appointment, Order, Registration
from queue_server.hospital.port import BadAnswer, DayList, HospitalAway, NotFound, PatientFile, TokenKind
from queue_server.hospital.sample_day import STORY_PATIENT, sample_day
from queue_server.hospital.sample_files import (
    CardFace,
    card_face,
    health_card,
    insurance_code,
    patient_file,
    patients,
    schedule,
)
from queue_server.toml_reader import Complaints, ConfigurationError, Reader, Table

_DAYS_KEPT = 4


class SampleCard(msgspec.Struct, frozen=True):
    """A card that can be laid on a reader in a demonstration, and whom it leads to."""

    patient: str
    face: CardFace
    hospital_card: str
    note: str
    """Why it is worth trying: ``预约 09:00 internal``."""
    insurance_code: str
    """电子医保凭证"""
    health_card: str
    """电子健康卡"""


class Story(msgspec.Struct, frozen=True):
    """The patient whom a demonstration follows: the card, and the appointment at nine in internal medicine."""

    patient: str
    card: CardFace
    appointment: str
    session: str


class SampleOptions(msgspec.Struct, frozen=True):
    """``[hospital.options]`` of the adapter ``sample``. Paths are relative to the configuration's folder."""

    folder: str = "sample_hospital"
    seed: int = 1
    answer_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0
    away_file: str | None = None


def from_options(options: Table, folder: Path, zone: ZoneInfo) -> SampleHospital:
    """The sample hospital as configured.

    Args:
        options: ``[hospital.options]``.
        folder: where the configuration lies.
        zone: the hospital's time zone.

    Raises:
        ConfigurationError: an option is wrong, with the key and the value.
        BadAnswer: the hospital's files are wrong.
    """
    complaints = Complaints(FILE_NAME)
    read = Reader(complaints).struct(SampleOptions, options, "hospital.options")
    if read is None:
        raise ConfigurationError(complaints.sentences)
    away_file = folder / read.away_file if read.away_file else None
    return SampleHospital(
        folder / read.folder, zone, seed=read.seed, answer_s=read.answer_ms / 1_000, away_file=away_file
    )


class SampleHospital:
    """The invented hospital behind ``HospitalPort``.

    ``away`` makes every question fail as a dead network would; ``answer_s`` is how long each answer takes, in seconds.
    Both may be changed while it runs. While the file ``away_file`` exists, the hospital is away too: that is how
    another process (a demonstration, a test of the whole server) pulls the plug.
    """

    def __init__(
        self,
        folder: Path,
        zone: ZoneInfo,
        *,
        seed: int = 1,
        answer_s: float = 0.0,
        away_file: Path | None = None,
    ) -> None:
        """Read ``patients.csv`` and ``schedule.csv`` in ``folder``.

        Raises:
            BadAnswer: a file is missing or a row of it is wrong; the sentence names file and row.
        """
        self._patients = patients(folder)
        self._schedule = schedule(folder)
        self._zone = zone
        self._seed = seed
        self._away_file = away_file
        self._changed: dict[str, Registration] = {}
        self._changed_orders: dict[str, Order] = {}
        self._days: dict[str, DayList] = {}
        self.answer_s = answer_s
        self.away = False

    async def today(self, day: str) -> DayList:
        """Everything of ``day`` as it stands now. Raises ``HospitalAway``."""
        await self._answer()
        made = self._day(day)
        registrations = [self._changed.get(one.id, one) for one in made.registrations]
        orders = [self._changed_orders.get(one.id, one) for one in made.orders]
        return msgspec.structs.replace(made, registrations=registrations, orders=orders)

    async def appointment(self, appointment: str) -> Appointment:
        """One appointment. Raises ``HospitalAway`` or ``NotFound``."""
        await self._answer()
        for one in self._day_of(appointment).appointments:
            if one.id == appointment:
                return one
        raise NotFound(f"there is no appointment {appointment!r}")

    async def registration(self, registration: str) -> Registration:
        """One registration, as paid or withdrawn since. Raises ``HospitalAway`` or ``NotFound``."""
        await self._answer()
        return self._registration(registration)

    async def order(self, order: str) -> Order:
        """One order, as paid, done or withdrawn since. Raises ``HospitalAway`` or ``NotFound``."""
        await self._answer()
        return self._order(order)

    async def patients(self, kind: Literal["id_card", "hospital_card", "code"], value: str) -> list[PatientFile]:
        """The files ``value`` leads to. Raises ``HospitalAway``."""
        await self._answer()
        files = [patient_file(patient, self._patients) for patient in self._patients.values()]
        return [file for file in files if any((one.kind, one.value) == (kind, value) for one in file.identities)]

    async def holders(self, kind: TokenKind, token: str) -> list[PatientFile]:
        """The files of whoever's invented token that is, and of their children. Raises ``HospitalAway``."""
        await self._answer()
        write = insurance_code if kind == "insurance_code" else health_card
        theirs = {patient.id for patient in self._patients.values() if write(patient) == token}
        return [
            patient_file(patient, self._patients)
            for patient in self._patients.values()
            if patient.id in theirs or patient.guardian in theirs
        ]

    async def close(self) -> None:
        """Nothing is held open."""

    def pay(self, registration: str) -> None:
        """The registration's fee has been paid at a window. Raises ``NotFound``."""
        self._set(registration, "paid")

    def withdraw(self, registration: str) -> None:
        """The registration has been given back (退号). Raises ``NotFound``."""
        self._set(registration, "withdrawn")

    def set_order(self, order: str, status: Literal["open", "paid", "done", "withdrawn"]) -> None:
        """The order has been paid, done or withdrawn. Raises ``NotFound``."""
        self._changed_orders[order] = msgspec.structs.replace(self._order(order), status=status)

    def story_patient(self, day: str) -> Story:
        """The patient with an appointment at nine in internal medicine on ``day``, any day."""
        for appointment in self._day(day).appointments:
            if appointment.person == STORY_PATIENT:
                face = card_face(self._patients[STORY_PATIENT])
                return Story(STORY_PATIENT, face, appointment.id, appointment.session)
        raise BadAnswer("patients.csv: the story's patient is not booked")

    def cards(self, day: str) -> list[SampleCard]:
        """Every card that can be laid on the reader on ``day``, the story's first, with what it is good for."""
        notes = self._notes(self._day(day))
        cards = []
        for patient in self._patients.values():
            if patient.id_number:
                note = "；".join(notes.get(patient.id, ["今天没有预约或挂号"]))
                tokens = insurance_code(patient), health_card(patient)
                cards.append(SampleCard(patient.id, card_face(patient), patient.card, note, *tokens))
        return cards

    def _notes(self, made: DayList) -> dict[str, list[str]]:
        sessions = {session.id: session for session in made.sessions}
        notes: dict[str, list[str]] = {}
        for appointment in made.appointments:
            session = sessions[appointment.session]
            words = "预约已取消" if appointment.status == "cancelled" else "预约"
            words = "预约，医生停诊" if session.status == "cancelled" else words
            at = datetime.fromtimestamp(appointment.slot_start // 1_000_000, self._zone)
            notes.setdefault(appointment.person, []).append(f"{words} {at:%H:%M} {session.clinic}")
        for registration in made.registrations:
            words = {"paid": "挂号已付费", "unpaid": "挂号未付费", "withdrawn": "已退号"}[registration.status]
            notes.setdefault(registration.person, []).append(f"{words} {sessions[registration.session].clinic}")
        for order in made.orders:
            words = {"open": "未付费", "paid": "已付费", "done": "已完成", "withdrawn": "已撤销"}[order.status]
            notes.setdefault(order.person, []).append(f"{order.name.zh}{words}")
        for child in self._patients.values():
            if child.guardian and child.id in notes:
                notes.setdefault(child.guardian, []).append(f"孩子{notes[child.id][0]}")
        return notes

    async def _answer(self) -> None:
        if self.answer_s > 0:
            await asyncio.sleep(self.answer_s)
        if self.away or (self._away_file is not None and self._away_file.exists()):
            raise HospitalAway("the sample hospital is set to be away")

    def _set(self, registration: str, status: Literal["paid", "withdrawn"]) -> None:
        self._changed[registration] = msgspec.structs.replace(self._registration(registration), status=status)

    def _registration(self, registration: str) -> Registration:
        for one in self._day_of(registration).registrations:
            if one.id == registration:
                return self._changed.get(one.id, one)
        raise NotFound(f"there is no registration {registration!r}")

    def _order(self, order: str) -> Order:
        for one in self._day_of(order).orders:
            if one.id == order:
                return self._changed_orders.get(one.id, one)
        raise NotFound(f"there is no order {order!r}")

    def _day_of(self, record: str) -> DayList:
        """The day that an id such as ``AP-20260302-0007`` names."""
        try:
            day = datetime.strptime(record.split("-")[1], "%Y%m%d").replace(tzinfo=self._zone).date()
        except (IndexError, ValueError):
            raise NotFound(f"there is no record {record!r}") from None
        return self._day(day.isoformat())

    def _day(self, day: str) -> DayList:
        if day not in self._days:
            if len(self._days) >= _DAYS_KEPT:
                del self._days[min(self._days)]
            self._days[day] = sample_day(self._seed, day, self._zone, self._patients, self._schedule)
        return self._days[day]
