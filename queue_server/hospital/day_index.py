"""A mirrored list, found by everything it is asked by."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from queue_server.engine.site import Appointment, Order, Registration
from queue_server.hospital.day_store import Mirrored
from queue_server.hospital.port import PatientFile

Record = TypeVar("Record", Appointment, Registration, Order)


class DayIndex:
    """One list, by id and by person."""

    def __init__(self, mirrored: Mirrored) -> None:
        self.day = mirrored.day
        self.as_of = mirrored.as_of
        self.guardians = mirrored.guardians
        self.children_of: dict[str, list[str]] = {}
        for child, them in mirrored.guardians.items():
            for guardian in them:
                self.children_of.setdefault(guardian, []).append(child)
        self.sessions = {session.id: session for session in mirrored.sessions}
        self.appointments = {one.id: one for one in mirrored.appointments}
        self.registrations = {one.id: one for one in mirrored.registrations}
        self.orders = {one.id: one for one in mirrored.orders}
        self.appointments_of: dict[str, list[Appointment]] = {}
        self.registrations_of: dict[str, list[Registration]] = {}
        for appointment in sorted(mirrored.appointments, key=lambda one: (one.slot_start, one.id)):
            self.appointments_of.setdefault(appointment.person, []).append(appointment)
        for registration in mirrored.registrations:
            self.registrations_of.setdefault(registration.person, []).append(registration)
        self.orders_of: dict[str, list[Order]] = {}
        for order in mirrored.orders:
            self.orders_of.setdefault(order.person, []).append(order)

    def put(self, record: Appointment | Registration | Order) -> None:
        """Replace a record by its fresher self until the next round brings all; one that is gone stays gone."""
        if isinstance(record, Appointment):
            if record.id in self.appointments:
                self.appointments[record.id] = record
                _replace(self.appointments_of[record.person], record)
        elif isinstance(record, Order):
            if record.id in self.orders:
                self.orders[record.id] = record
                _replace(self.orders_of[record.person], record)
        elif record.id in self.registrations:
            self.registrations[record.id] = record
            _replace(self.registrations_of[record.person], record)

    def without(self, person: str) -> Mirrored:
        """The list without ``person``."""
        guardians = {child: [one for one in them if one != person] for child, them in self.guardians.items()}
        return Mirrored(
            self.day,
            self.as_of,
            list(self.sessions.values()),
            [one for one in self.appointments.values() if one.person != person],
            [one for one in self.registrations.values() if one.person != person],
            {child: them for child, them in guardians.items() if child != person and them},
            [one for one in self.orders.values() if one.person != person],
        )


NOTHING = DayIndex(Mirrored("", 0, [], [], []))
"""The list of a day of which nothing is known."""


def _replace(rows: list[Record], record: Record) -> None:
    rows[:] = [record if one.id == record.id else one for one in rows]


def with_references(records: list[Record], references: dict[str, str]) -> list[Record]:
    """The records, of our references instead of the hospital's patient ids."""
    return [msgspec.structs.replace(one, person=references[one.person]) for one in records]


def guardians(files: list[PatientFile], references: dict[str, str]) -> dict[str, list[str]]:
    """For every file reached with somebody else's card: the references of whoever owns that card."""
    owners: dict[tuple[str, str], list[str]] = {}
    for file in files:
        for identity in file.identities:
            if identity.relation == "self":
                owners.setdefault((identity.kind, identity.value), []).append(references[file.id])
    found: dict[str, list[str]] = {}
    for file in files:
        for identity in file.identities:
            if identity.relation == "guardian":
                found.setdefault(references[file.id], []).extend(owners.get((identity.kind, identity.value), []))
    return {child: them for child, them in found.items() if them}
