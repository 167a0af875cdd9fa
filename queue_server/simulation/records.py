"""What became of every visit, read from the log alone."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from queue_server.engine import events as e
from queue_server.simulation.patients import Patient

Outcome: TypeAlias = Literal["finished", "cancelled", "lapsed", "no_show", "refused"]

VisitKey: TypeAlias = tuple[str, int]
"""A patient's id and which of the visits, from 0."""


class Call(NamedTuple):
    """A call: when (UTC microseconds), where, who, and which of the patient's visits."""

    at: int
    station: str
    patient: str
    visit: int


class VisitRecord(msgspec.Struct, gc=False):
    """One visit as it went. Moments are UTC microseconds, durations microseconds; ``None`` is what never happened.

    Attributes:
        group: the class under which it is counted.
        slot_start: the booked moment of a booked patient's first visit.
        checked_in: when the ticket was issued.
        key: the queueing moment that its first stamp gave; a place in a list has none.
        first_called: its first call; ``called`` is the one that was followed.
        outcome: how it ended; ``refused`` is a check-in that the engine refused, for ``refusal``. A booked patient who
            never came is a ``no_show`` without a check-in.
        station: where it was called first, and ``doctor`` whose station that was.
        misses: how often it was called in vain.
        waited: all the time in the waiting room, without the time away after a miss; up to the last call, or to the
            end of a visit that was never called.
        overtakes: how many who checked in later were called before its first call, at stations that might have called
            this patient instead.
        waits_since: while it waits; ``None`` by the day's end.
    """

    patient: str
    visit: int
    clinic: str
    group: str
    slot_start: int | None = None
    ticket: str | None = None
    own_doctor: str | None = None
    checked_in: int | None = None
    key: int | None = None
    first_called: int | None = None
    called: int | None = None
    started: int | None = None
    finished: int | None = None
    outcome: Outcome | None = None
    refusal: str | None = None
    station: str | None = None
    doctor: str | None = None
    misses: int = 0
    waited: int = 0
    overtakes: int = 0
    waits_since: int | None = None


def reference_of(patient: str, visit: int) -> str:
    """The booking's or registration's id under which the engine knows a visit."""
    return f"{patient}/{visit}"


def calls_of(log: Iterable[e.Recorded]) -> list[Call]:
    """Every call in the order of the log."""
    visits: dict[str, VisitKey] = {}
    calls: list[Call] = []
    for recorded in log:
        event = recorded.event
        if isinstance(event, e.TicketIssued):
            visits[event.ticket] = _visit_of(event)
        elif isinstance(event, e.Called):
            calls.append(Call(recorded.at, event.station, *visits[event.ticket]))
    return calls


def records_of(
    patients: Sequence[Patient], log: Iterable[e.Recorded], refusals: Mapping[VisitKey, str]
) -> list[VisitRecord]:
    """A record of every visit that was due to begin: tickets, refused check-ins, booked patients who stayed away.

    Args:
        patients: the day's.
        log: the whole day's.
        refusals: the codes with which check-ins were refused.
    """
    by_id = {patient.id: patient for patient in patients}
    records: dict[VisitKey, VisitRecord] = {}
    for patient in patients:
        if patient.arrives is None:
            records[patient.id, 0] = _record(patient, 0, "no_show")
    for key, code in refusals.items():
        records[key] = _record(by_id[key[0]], key[1], "refused")
        records[key].refusal = code
    _Reader(by_id, records).read(log)
    _count_overtakes(records.values())
    order = {patient.id: n for n, patient in enumerate(patients)}
    return sorted(records.values(), key=lambda record: (order[record.patient], record.visit))


def _visit_of(event: e.TicketIssued) -> VisitKey:
    patient, visit = (event.origin_ref or "").rsplit("/", 1)
    return (patient, int(visit))


def _record(patient: Patient, visit: int, outcome: Outcome | None = None) -> VisitRecord:
    slot_start = patient.slot[0] if patient.slot and visit == 0 else None
    return VisitRecord(patient.id, visit, patient.clinic, patient.visits[visit].group, slot_start, outcome=outcome)


class _Reader:
    """Folds the log into records."""

    def __init__(self, patients: Mapping[str, Patient], records: dict[VisitKey, VisitRecord]) -> None:
        self.patients = patients
        self.records = records
        self.tickets: dict[str, VisitRecord] = {}
        self.doctors: dict[str, str | None] = {}

    def read(self, log: Iterable[e.Recorded]) -> None:
        """Take in the log, event by event."""
        for recorded in log:
            event: Any = recorded.event
            kind = type(event)
            if kind is e.TicketIssued:
                self._issued(event, recorded.at)
            elif kind is e.StationOpened:
                self.doctors[event.station] = event.doctor
            elif kind in _OF_TICKETS:
                _OF_TICKETS[kind](self, self.tickets[event.ticket], event, recorded.at)

    def _issued(self, event: e.TicketIssued, at: int) -> None:
        key = _visit_of(event)
        record = _record(self.patients[key[0]], key[1])
        record.ticket, record.own_doctor = event.ticket, event.doctor
        record.checked_in = record.waits_since = at
        record.key = event.stamp.key
        self.records[key] = self.tickets[event.ticket] = record

    def called(self, record: VisitRecord, event: e.Called, at: int) -> None:
        _stop_waiting(record, at)
        record.called = at
        if record.first_called is None:
            record.first_called = at
            record.station, record.doctor = event.station, self.doctors.get(event.station)

    def missed(self, record: VisitRecord, _event: e.Missed, _at: int) -> None:
        record.misses += 1

    def rejoined(self, record: VisitRecord, _event: e.Rejoined, at: int) -> None:
        record.waits_since = at

    def started(self, record: VisitRecord, _event: e.ServiceStarted, at: int) -> None:
        record.started = at

    def finished(self, record: VisitRecord, _event: e.Finished, at: int) -> None:
        record.finished = at
        record.outcome = "finished"

    def ended(self, record: VisitRecord, event: e.Cancelled | e.Lapsed | e.NoShow, at: int) -> None:
        _stop_waiting(record, at)
        record.outcome = _ENDS[type(event)]


_OF_TICKETS: dict[type, Callable[[_Reader, VisitRecord, Any, int], None]] = {
    e.Called: _Reader.called,
    e.Missed: _Reader.missed,
    e.Rejoined: _Reader.rejoined,
    e.ServiceStarted: _Reader.started,
    e.Finished: _Reader.finished,
    e.Cancelled: _Reader.ended,
    e.Lapsed: _Reader.ended,
    e.NoShow: _Reader.ended,
}
_ENDS: dict[type, Outcome] = {e.Cancelled: "cancelled", e.Lapsed: "lapsed", e.NoShow: "no_show"}


def _stop_waiting(record: VisitRecord, at: int) -> None:
    if record.waits_since is not None:
        record.waited += at - record.waits_since
        record.waits_since = None


def _count_overtakes(records: Iterable[VisitRecord]) -> None:
    """Go through first calls in their order; whoever was called before and had checked in later has overtaken."""
    called = [record for record in records if record.first_called is not None]
    # Calls of one moment at several stations are told apart by their tickets: no overtaking among equals in time.
    called.sort(key=lambda record: (record.first_called or 0, record.checked_in or 0))
    earlier: dict[tuple[str, str | None], list[int]] = {}
    for record in called:
        checked_in = record.checked_in or 0
        # A pool patient competes for every call of the clinic, one with a doctor for that doctor's calls.
        seen = earlier.get((record.clinic, record.own_doctor), [])
        record.overtakes = len(seen) - bisect_right(seen, checked_in)
        insort(earlier.setdefault((record.clinic, None), []), checked_in)
        if record.doctor is not None:
            insort(earlier.setdefault((record.clinic, record.doctor), []), checked_in)
