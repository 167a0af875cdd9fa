"""A simulated day as a description: clinics with sessions, stations and the habits of their patients.

Read from TOML (``read``) or built in Python. Clock times are ``HH:MM`` in the hospital's zone; those before the hour at
which the service day opens are of the night that follows. docs/simulation.md shows a whole file.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from queue_server.simulation.distributions import MINUTE, Deterministic, Duration, Unpunctuality
from queue_server.simulation.toml_file import converted, table_of

Clock: TypeAlias = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Id: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")]


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A station is in use from ``starts`` to ``ends``, with the own list of ``doctor`` beside the pool.

    ``overtime``: past ``ends`` it goes on until the patients of every session that began before then have been seen
    (those who are late or away for examinations included), or until the next shift begins.
    """

    starts: Clock
    ends: Clock
    doctor: Id | None = None
    overtime: bool = False


class StationPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A consulting room. What lies between two shifts is a break; a service that has begun is ended first.

    Whoever no shift has called by the end ends as the engine's day end says.
    """

    id: Id
    shifts: Annotated[list[Shift], Meta(min_length=1)]


class SessionPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clinic session: ``per_slot`` patients are booked at the beginning of each slot of ``slot_min`` minutes.

    Slots reach from ``starts`` to ``booked_until`` (the session's end unless said). Check-in is open until ``ends``.
    """

    starts: Clock
    ends: Clock
    period: Literal["morning", "afternoon", "night"] = "morning"
    slot_min: Annotated[int, Meta(ge=1, le=720)] = 30
    per_slot: Annotated[int, Meta(ge=0, le=1_000)] = 0
    booked_until: Clock | None = None
    doctor: Id | None = None


class Booked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How booked patients come: how punctually, and which share not at all."""

    unpunctuality: Unpunctuality | None = None
    no_show: Share = 0.0


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many arrivals an hour, on average, from ``starts`` to ``ends``."""

    starts: Clock
    ends: Clock
    per_hour: Annotated[float, Meta(ge=0, le=1_000_000)]


class WalkIns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Patients without a booking: a Poisson process whose rate is constant within each of ``rates``.

    ``group`` is the class under which they are counted and may have a rule of their own; ``service`` replaces the
    clinic's; ``doctor`` sends them to one doctor's own list.
    """

    rates: Annotated[list[Rate], Meta(min_length=1)]
    group: Id = "walk_in"
    service: Duration | None = None
    doctor: Id | None = None


class Returns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ``share`` of the patients is sent for examinations and comes back with results ``away`` later."""

    share: Share
    away: Duration
    service: Duration
    group: Id = "return"


class Misses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A patient is absent at a call with probability ``share``, at most ``most`` times in a row.

    ``back``: how long after the miss the patient comes back; ``gives_up``: the share that never does.
    """

    share: Share
    back: Duration
    gives_up: Share = 0.0
    most: Annotated[int, Meta(ge=1, le=10)] = 2


class ClinicPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clinic: everybody of it is called by all of its stations.

    Attributes:
        service: the length of a first visit.
        walk: from the call until the patient is in the room; the station waits.
        missed_after_min: how long a station waits for a patient who does not come.
        patience: how long somebody waits before leaving unseen; ``None``: as long as it takes.
        credits: the share of patients with each reason for a credit.
        leftovers, check_in_opens_min: as in the engine's ``Clinic``; who comes earlier waits for check-in to open.
        copies: so many clinics alike, with ids ``ID-1``, ``ID-2`` and so on, each with patients of its own.
    """

    id: Id
    sessions: Annotated[list[SessionPlan], Meta(min_length=1)]
    stations: Annotated[list[StationPlan], Meta(min_length=1)]
    service: Duration
    booked: Booked = Booked()
    walk_ins: list[WalkIns] = []
    returns: Returns | None = None
    misses: Misses | None = None
    patience: Duration | None = None
    walk: Duration = Deterministic(0.5)
    missed_after_min: Annotated[float, Meta(ge=0, le=60)] = 1.0
    credits: dict[Literal["elder", "disabled", "veteran", "referral", "age_80", "military", "firefighter"], Share] = {}
    leftovers: Literal["continue", "afternoon_head", "lapse"] = "continue"
    check_in_opens_min: Annotated[int, Meta(ge=0, le=1_440)] = 120
    copies: Annotated[int, Meta(ge=1, le=1_000)] = 1


class Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service day (``YYYY-MM-DD``) that opens at ``opens`` and ends 24 hours later."""

    clinics: Annotated[list[ClinicPlan], Meta(min_length=1)]
    day: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")] = "2026-03-02"
    utc_offset_min: Annotated[int, Meta(ge=-840, le=840)] = 480
    opens: Clock = "05:00"

    def __post_init__(self) -> None:
        date.fromisoformat(self.day)
        names = [clinic.id for clinic in expanded(self)]
        if len(names) != len(set(names)):
            raise ValueError(f"clinics: an id occurs twice in {', '.join(sorted(names))}")
        for clinic in self.clinics:
            _check(self, clinic)

    def at(self, clock: str) -> int:
        """UTC microseconds of ``HH:MM`` on this service day."""
        midnight = (date.fromisoformat(self.day) - date(1970, 1, 1)).days * 1_440 - self.utc_offset_min
        minutes = _minutes(clock)
        return (midnight + minutes + (1_440 if minutes < _minutes(self.opens) else 0)) * MINUTE


def read(file: Path) -> Day:
    """The description in a TOML file.

    Raises:
        DescriptionError: something in it is wrong; the sentence names the file, the key and the value.
    """
    return converted(file, table_of(file), Day)


def expanded(day: Day) -> list[ClinicPlan]:
    """The clinics with their copies written out."""
    clinics: list[ClinicPlan] = []
    for plan in day.clinics:
        if plan.copies == 1:
            clinics.append(plan)
        else:
            clinics += [replace(plan, id=f"{plan.id}-{n}", copies=1) for n in range(1, plan.copies + 1)]
    return clinics


def slots_of(day: Day, session: SessionPlan) -> list[tuple[int, int]]:
    """Beginning and end of the session's slots, UTC microseconds; the last one may be shorter."""
    starts, ends = day.at(session.starts), day.at(session.booked_until or session.ends)
    step = session.slot_min * MINUTE
    return [(start, min(start + step, ends)) for start in range(starts, ends, step)]


def waited_for(day: Day, clinic: ClinicPlan, shift: Shift) -> list[int]:
    """The indices of the sessions whose patients an overtime of ``shift`` waits for."""
    return [
        index
        for index, session in enumerate(clinic.sessions)
        if session.doctor in {None, shift.doctor} and day.at(session.starts) < day.at(shift.ends)
    ]


def session_at(day: Day, clinic: ClinicPlan, doctor: str | None, moment: int) -> int:
    """The index of the session in which somebody who comes at ``moment`` registers: the first that has not ended.

    After the last one it is the last one, and the engine will say that it is over.
    """
    own = [index for index, session in enumerate(clinic.sessions) if session.doctor == doctor]
    return next((index for index in own if moment < day.at(clinic.sessions[index].ends)), own[-1])


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _check(day: Day, clinic: ClinicPlan) -> None:
    """Refuse what cannot be meant.

    Raises:
        ValueError: with the place in words.
    """
    for n, session in enumerate(clinic.sessions, 1):
        where = f"{clinic.id}, session {n}"
        _check_span(day, where, session.starts, session.ends)
        if session.booked_until is not None:
            _check_span(day, f"{where}, booked_until", session.starts, session.booked_until)
            if day.at(session.booked_until) > day.at(session.ends):
                raise ValueError(f"{where}: booked_until is after the session's end")
    ends = [day.at(session.ends) for session in clinic.sessions]
    if ends != sorted(ends):
        raise ValueError(f"{clinic.id}: sessions are listed by their end, earliest first")
    _check_stations(day, clinic)
    doctors = {session.doctor for session in clinic.sessions}
    for stream in clinic.walk_ins:
        where = f"{clinic.id}, walk_ins {stream.group}"
        if stream.doctor not in doctors:
            raise ValueError(f"{where}: no session of {stream.doctor or 'the pool'}")
        for rate in stream.rates:
            _check_span(day, where, rate.starts, rate.ends)


def _check_stations(day: Day, clinic: ClinicPlan) -> None:
    ids = [station.id for station in clinic.stations]
    if len(ids) != len(set(ids)):
        raise ValueError(f"{clinic.id}: two stations have the same id")
    for station in clinic.stations:
        where = f"{clinic.id}, station {station.id}"
        before = 0
        for shift in station.shifts:
            _check_span(day, where, shift.starts, shift.ends)
            if day.at(shift.starts) < before:
                raise ValueError(f"{where}: shifts overlap at {shift.starts}")
            before = day.at(shift.ends)


def _check_span(day: Day, where: str, starts: str, ends: str) -> None:
    if not day.at(starts) < day.at(ends):
        raise ValueError(f"{where}: {ends} is not after {starts}")
