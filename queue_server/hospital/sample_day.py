"""A day of the sample hospital, computed from a seed and the date alone, so that it always looks the same."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from queue_server.engine.site import Appointment, ClinicSession, Paid, Registration, Slot
from queue_server.hospital.port import BadAnswer, DayList
from queue_server.hospital.sample_files import Patient, Period, Row, patient_file
from queue_server.hospital.sample_orders import sample_orders

_Visit = TypeVar("_Visit", Appointment, Registration)
_Fitting: TypeAlias = Mapping[tuple[bool, str], Sequence[ClinicSession]]
"""The sessions for a child or an adult of a sex."""

STORY_PATIENT = "P00001"
"""The patient whom a demonstration follows: booked at nine in internal medicine, any day."""

# Hours of each period, hospital's time; slots are whole hours.
_HOURS: dict[Period, range] = {"morning": range(8, 12), "afternoon": range(14, 17), "night": range(18, 21)}
_STORY_CLINIC = "internal"
_STORY_HOUR = 9
_ELDER_YEARS = 65
_CHILD_YEARS = 14
_CANCELLED_SHARE = 0.04
_REFERRAL_SHARE = 0.03
_FEN = 2_000
_ILLNESS = "J20"
_COVERED = (4, 6)
"""Of the day's registrations, which a fee of the day before covers: one that is paid for, and one that need not be."""


def sample_day(seed: int, day: str, zone: ZoneInfo, patients: dict[str, Patient], schedule: list[Row]) -> DayList:
    """The list of ``day`` (``YYYY-MM-DD``).

    Raises:
        BadAnswer: the schedule has no session at nine in internal medicine for the story, or nobody on duty.
    """
    made = _Making(seed, day, zone, patients, schedule).day_list()
    # The story's patient is there to see the doctor; who has orders too is asked at the kiosk for which of both it is.
    orders = [one for one in sample_orders(seed, day, made.appointments, patients) if one.person != STORY_PATIENT]
    return msgspec.structs.replace(made, orders=orders)


class _Making:
    """One day in the making."""

    def __init__(self, seed: int, day: str, zone: ZoneInfo, patients: dict[str, Patient], schedule: list[Row]) -> None:
        self.dice = random.Random(f"{seed} {day}")  # noqa: S311 - an invented hospital, not a secret
        self.day = day
        self.date = date.fromisoformat(day)
        self.zone = zone
        self.patients = patients
        self.schedule = schedule
        self.taken: dict[tuple[str, int], int] = {}
        self.clinics: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self.appointments: list[Appointment] = []
        self.registrations: list[Registration] = []
        self.numbers: dict[str, int] = {}

    def day_list(self) -> DayList:
        sessions = self._sessions()
        others = [patient for patient in self.patients.values() if patient.id != STORY_PATIENT]
        self.dice.shuffle(others)
        self._tell_story(sessions, others)
        # Three quarters are booked, a tenth registered today, the rest come without anything; some of the booked have a
        # second visit.
        booked, registered = len(others) * 3 // 4, len(others) // 10
        fitting = _fitting(sessions)
        for index, patient in enumerate(others[:booked]):
            for _ in range(2 if index % 9 == 0 else 1):
                self._visit(patient, fitting)
        fitting = _fitting([one for one in sessions if one.status == "open"])
        for patient in others[booked : booked + registered]:
            self._register(patient, fitting)
        people = [patient_file(patient, self.patients) for patient in self.patients.values()]
        return DayList(
            self.day, sessions, self._numbered(self.appointments), self._numbered(self.registrations), people
        )

    def _numbered(self, visits: list[_Visit]) -> list[_Visit]:
        """With the hospital's own numbers (号序), each session's from 1: the booked first, then the registered."""
        numbered = []
        for visit in visits:
            self.numbers[visit.session] = self.numbers.get(visit.session, 0) + 1
            numbered.append(msgspec.structs.replace(visit, number=str(self.numbers[visit.session])))
        return numbered

    def _tell_story(self, sessions: list[ClinicSession], others: list[Patient]) -> None:
        """The story's patient at nine, and a doctor so well booked that there is a queue to be seen."""
        nine = self._at(_STORY_HOUR)
        for session in sessions:
            slot = next((slot for slot in session.slots if slot.starts_at == nine), None)
            if session.clinic == _STORY_CLINIC and session.doctor is not None and slot is not None:
                break
        else:
            raise BadAnswer("schedule.csv: nobody sees patients in internal medicine at nine")
        self._book(self.patients[STORY_PATIENT], session, slot)
        with_cards = [one for one in others if one.id_number and one.age(self.date) >= _CHILD_YEARS]
        for busy in session.slots:
            while busy.starts_at >= nine and with_cards and self._room_in(session, busy):
                patient = with_cards.pop()
                others.remove(patient)
                self._book(patient, session, busy)

    def _sessions(self) -> list[ClinicSession]:
        compact = self.day.replace("-", "")
        sessions = []
        for row in self.schedule:
            if str(self.date.isoweekday()) not in row.weekdays:
                continue
            hours = _HOURS[row.period]
            slots = [Slot(self._at(hour), self._at(hour + 1)) for hour in hours]
            sessions.append(
                ClinicSession(
                    id=f"CS-{compact}-{row.queue}-{row.doctor or 'pool'}-{row.period}",
                    day=self.day,
                    clinic=row.clinic,
                    queue=row.queue,
                    doctor=row.doctor or None,
                    period=row.period,
                    starts_at=slots[0].starts_at,
                    ends_at=slots[-1].ends_at,
                    limit=row.limit,
                    slots=slots,
                    room=row.room or None,
                    stamps=row.stamps or None,
                )
            )
        # One doctor is away every day, in the afternoon, so that a cancelled session (停诊) is always to be seen.
        away = self.dice.choice([one for one in sessions if one.period == "afternoon" and one.doctor is not None])
        return [msgspec.structs.replace(one, status="cancelled") if one is away else one for one in sessions]

    def _visit(self, patient: Patient, sessions: _Fitting) -> None:
        session = self._choose(patient, sessions)
        if session is None:
            return
        free = [slot for slot in session.slots if self._room_in(session, slot)]
        if free:
            status: Literal["booked", "cancelled"] = "cancelled" if self.dice.random() < 0.04 else "booked"  # noqa: PLR2004 - a share
            self._book(patient, session, self.dice.choice(free), status)

    def _register(self, patient: Patient, sessions: _Fitting) -> None:
        session = self._choose(patient, sessions)
        if session is None:
            return
        number = f"RG-{self.day.replace('-', '')}-{len(self.registrations) + 1:04d}"
        statuses: list[Literal["paid", "unpaid", "withdrawn"]] = ["paid", "unpaid", "paid", "withdrawn", "paid"]
        status = statuses[len(self.registrations) % len(statuses)]
        credit = self._credits(patient)
        paid = self._paid_before(session.clinic) if len(self.registrations) in _COVERED else []
        self.registrations.append(
            Registration(
                number, patient.id, session.id, self.day, status, credits=credit, fen=_FEN, illness=_ILLNESS, paid=paid
            )
        )

    def _paid_before(self, clinic: str) -> list[Paid]:
        """The fee that the patient paid the day before in the same clinic, for the same illness."""
        before = self.date - timedelta(days=1)
        return [Paid(f"RG-{before:%Y%m%d}-9001", before.isoformat(), clinic, _FEN, _ILLNESS)]

    def _choose(self, patient: Patient, sessions: _Fitting) -> ClinicSession | None:
        child = patient.age(self.date) < _CHILD_YEARS
        been = self.clinics[patient.id]
        fitting = [one for one in sessions[child, patient.sex] if (one.clinic, one.period) not in been]
        if not fitting:
            return None
        session = self.dice.choice(fitting)
        self.clinics[patient.id].add((session.clinic, session.period))
        return session

    def _book(
        self,
        patient: Patient,
        session: ClinicSession,
        slot: Slot,
        status: Literal["booked", "cancelled"] = "booked",
    ) -> None:
        self.clinics[patient.id].add((session.clinic, session.period))
        key = (session.id, slot.starts_at)
        self.taken[key] = self.taken.get(key, 0) + 1
        number = f"AP-{self.day.replace('-', '')}-{len(self.appointments) + 1:04d}"
        referral = patient.id != STORY_PATIENT and self.dice.random() < _REFERRAL_SHARE
        credit = self._credits(patient) + (["referral"] if referral else [])
        self.appointments.append(
            Appointment(number, patient.id, session.id, self.day, slot.starts_at, slot.ends_at, status, credits=credit)
        )

    def _room_in(self, session: ClinicSession, slot: Slot) -> bool:
        # Half of a session's places are booked ahead; the other half is for those who come on the day.
        return self.taken.get((session.id, slot.starts_at), 0) < max(1, session.limit // 2 // len(session.slots))

    def _credits(self, patient: Patient) -> list[str]:
        elder = ["elder"] if patient.age(self.date) >= _ELDER_YEARS else []
        return elder + ([patient.credit] if patient.credit else [])

    def _at(self, hour: int) -> int:
        local = datetime(self.date.year, self.date.month, self.date.day, hour, tzinfo=self.zone)
        return round(local.timestamp()) * 1_000_000


def _fitting(sessions: list[ClinicSession]) -> _Fitting:
    return {
        (child, sex): [
            one
            for one in sessions
            if (one.clinic == "paediatrics") == child
            and (one.clinic != "women" or sex == "female")
            and one.clinic != "fever"
        ]
        for child in (False, True)
        for sex in ("male", "female")
    }
