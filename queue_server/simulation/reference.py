"""A small simulator of its own for the same patients and stations: it knows a discipline and nothing of the engine.

It stands beside the engine for comparison: first come first served must agree with it call by call, and its disciplines
are held to the formulas in ``theory``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple, TypeAlias

from queue_server.simulation.day import ClinicPlan, Day, Shift, StationPlan, expanded, session_at, waited_for
from queue_server.simulation.distributions import MINUTE
from queue_server.simulation.patients import NEVER, Patient, Visit

# What happens at one moment happens in this order; then free stations call, those free longest first.
_END, _MISS, _START, _ARRIVE, _BACK, _LEAVE, _STOP, _OPEN = range(8)


class Waiting(NamedTuple):
    """Somebody who waits: the group, since when (UTC microseconds), and the order of joining among all."""

    group: str
    since: int
    order: int
    patient: int
    visit: int


class Served(NamedTuple):
    """A call that was followed or missed: who was called where and when, who had waited since when."""

    at: int
    station: str
    patient: str
    visit: int
    group: str
    since: int


Discipline: TypeAlias = Callable[[Waiting, int], Any]
"""Of those who wait, whoever has the smallest value at the moment of the call is called."""


def first_come_first_served(waiting: Waiting, _now: int) -> tuple[int, int]:
    """In the order of joining."""
    return (waiting.since, waiting.order)


def strict_priority(levels: Mapping[str, int]) -> Discipline:
    """By the group's level, the smallest first; within a level in the order of joining."""

    def key(waiting: Waiting, _now: int) -> tuple[int, int, int]:
        return (levels[waiting.group], waiting.since, waiting.order)

    return key


def accumulating_priority(slopes: Mapping[str, float]) -> Discipline:
    """By what each has gathered at the group's slope since joining, the most first."""

    def key(waiting: Waiting, now: int) -> tuple[float, int]:
        return (-slopes[waiting.group] * (now - waiting.since), waiting.order)

    return key


class _Server:
    """A station: its shift now, the one it works, and whom it has."""

    def __init__(self, name: str, index: int, plan: StationPlan) -> None:
        self.name = name
        self.index = index
        self.plan = plan
        self.shift: Shift | None = None
        self.working: Shift | None = None
        self.busy: Waiting | None = None
        self.free_since = 0


class _Clinic:
    """One clinic's day: its events, stations and waiting room."""

    def __init__(self, day: Day, plan: ClinicPlan, patients: Sequence[Patient], discipline: Discipline) -> None:
        self.day = day
        self.plan = plan
        self.patients = patients
        self.key = discipline
        self.servers = [_Server(f"{plan.id}-{station.id}", n, station) for n, station in enumerate(plan.stations)]
        self.waiting: list[Waiting] = []
        self.misses: dict[tuple[int, int], int] = {}
        self.joined = 0
        self.served: list[Served] = []
        # Of each session, whose visit is not over: a shift with overtime goes on for them.
        self.session = [patient.session for patient in patients]
        self.expected = [0] * len(plan.sessions)
        self.events: list[tuple[int, int, int, int]] = []
        for n, patient in enumerate(patients):
            if patient.arrives is not None:
                self.events.append((patient.arrives, _ARRIVE, n, 0))
                self.expected[patient.session] += 1
        for server in self.servers:
            for n, shift in enumerate(server.plan.shifts):
                self.events += [
                    (day.at(shift.starts), _OPEN, server.index, n),
                    (day.at(shift.ends), _STOP, server.index, n),
                ]
        heapify(self.events)

    def run(self) -> list[Served]:
        while self.events:
            now = self.events[0][0]
            while self.events and self.events[0][0] == now:
                _, kind, n, which = heappop(self.events)
                self._happen(now, kind, n, which)
            self._call(now)
        return self.served

    def _happen(self, now: int, kind: int, n: int, which: int) -> None:
        if kind in {_ARRIVE, _BACK}:
            self._join(now, n, which)
        elif kind == _LEAVE:
            left = [one for one in self.waiting if (one.patient, one.visit) != (n, which)]
            if len(left) < len(self.waiting):
                self.expected[self.session[n]] -= 1
            self.waiting = left
        elif kind == _OPEN:
            self.servers[n].shift = self.servers[n].plan.shifts[which]
        elif kind == _STOP:
            if not self.servers[n].plan.shifts[which].overtime:
                self.servers[n].shift = None
        else:
            self._at_server(now, kind, self.servers[n])

    def _join(self, now: int, n: int, which: int) -> None:
        visit = self.patients[n].visits[which]
        self.joined += 1
        self.waiting.append(Waiting(visit.group, now, self.joined, n, which))
        if visit.patience is not None:
            heappush(self.events, (now + visit.patience, _LEAVE, n, which))

    def _visit(self, one: Waiting) -> Visit:
        return self.patients[one.patient].visits[one.visit]

    def _at_server(self, now: int, kind: int, server: _Server) -> None:
        one = server.busy
        if one is None:
            raise RuntimeError(f"nobody is at {server.name}")
        visit = self._visit(one)
        if kind == _START:
            heappush(self.events, (now + visit.service, _END, server.index, 0))
            return
        server.busy = None
        server.free_since = now
        if kind == _MISS:
            missed = self.misses[one.patient, one.visit] = self.misses.get((one.patient, one.visit), 0) + 1
            back = visit.absences[missed - 1]
            if back == NEVER:
                self.expected[self.session[one.patient]] -= 1
            else:
                heappush(self.events, (now + back, _BACK, one.patient, one.visit))
        elif visit.away is not None:
            heappush(self.events, (now + visit.away, _ARRIVE, one.patient, one.visit + 1))
            self.expected[self.session[one.patient]] -= 1
            doctor = self.patients[one.patient].doctor
            self.session[one.patient] = session_at(self.day, self.plan, doctor, now + visit.away)
            self.expected[self.session[one.patient]] += 1
        else:
            self.expected[self.session[one.patient]] -= 1

    def _call(self, now: int) -> None:
        for server in sorted(self.servers, key=lambda each: (each.free_since, each.index)):
            if server.busy is not None:
                continue
            shift = server.shift
            if shift is not None and now >= self.day.at(shift.ends):
                awaited = waited_for(self.day, self.plan, shift) if shift.overtime else []
                if not any(self.expected[index] for index in awaited):
                    server.shift = None
            if server.working is not server.shift:
                server.working = server.shift
                server.free_since = now
            if server.working is not None:
                self._next(now, server, server.working.doctor)

    def _next(self, now: int, server: _Server, doctor: str | None) -> None:
        may = [one for one in self.waiting if self.patients[one.patient].doctor in {None, doctor}]
        if not may:
            return
        one = min(may, key=lambda each: self.key(each, now))
        self.waiting.remove(one)
        server.busy = one
        patient, visit = self.patients[one.patient], self._visit(one)
        self.served.append(Served(now, server.name, patient.id, one.visit, one.group, one.since))
        if self.misses.get((one.patient, one.visit), 0) < len(visit.absences):
            heappush(self.events, (now + round(self.plan.missed_after_min * MINUTE), _MISS, server.index, 0))
        else:
            heappush(self.events, (now + visit.walk, _START, server.index, 0))


def simulate(day: Day, patients: Sequence[Patient], discipline: Discipline) -> list[Served]:
    """Every call of the day under ``discipline``, in order.

    It has no day's end and no check-in that is refused: stations without overtime leave people waiting for ever, and
    a return after the session's end is taken.
    """
    of_clinic: dict[str, list[Patient]] = {}
    for patient in patients:
        of_clinic.setdefault(patient.clinic, []).append(patient)
    served: list[Served] = []
    for plan in expanded(day):
        served += _Clinic(day, plan, of_clinic.get(plan.id, []), discipline).run()
    return sorted(served, key=lambda call: call.at)
