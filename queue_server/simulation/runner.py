"""A day through the real engine: virtual time, described patients, every decision by ``decide``.

A discrete-event loop: what is due at a moment happens in a fixed order (services end, misses are noted, patients come,
patients leave, shifts end and begin), and then the free stations call, those that have been free longest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import msgspec

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.due import next_due
from queue_server.engine.entries import Lane
from queue_server.engine.lanes import lanes_of
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import Appointment, Registration
from queue_server.engine.state import State
from queue_server.simulation.day import ClinicPlan, Day, StationPlan, expanded, session_at, waited_for
from queue_server.simulation.distributions import MINUTE
from queue_server.simulation.lobby import Lobby
from queue_server.simulation.patients import NEVER, Patient, Visit, patients_of
from queue_server.simulation.policy import Policy, digest, queue_of, session_of, sessions_of, site_of, station_of
from queue_server.simulation.records import VisitKey, VisitRecord, records_of, reference_of

_SERVED, _MISSED, _CAME, _ARRIVES, _BACK, _LEAVES, _SHIFT_ENDS, _SHIFT_BEGINS = range(8)


class Run(msgspec.Struct, frozen=True):
    """A day as it went: a record of every visit, and the log that the engine wrote."""

    day: Day
    policy: str
    records: list[VisitRecord]
    log: list[e.Recorded]


class _Turn(NamedTuple):
    """A shift with its moments, UTC microseconds, and the sessions for whose patients it goes on past its end."""

    starts_at: int
    ends_at: int
    doctor: str | None
    waits_for: list[int]


class _Place:
    """A station while the day runs.

    ``shift`` is the one it should be working, ``working`` the one it was opened for; ``visit`` whom it has.
    """

    __slots__ = ("clinic", "free_since", "id", "index", "lanes", "served", "shift", "shifts", "visit", "working")

    def __init__(self, index: int, day: Day, clinic: ClinicPlan, plan: StationPlan) -> None:
        self.index = index
        self.clinic = clinic
        self.id = station_of(clinic.id, plan.id)
        self.lanes: list[Lane] = []
        self.shifts = [
            _Turn(
                day.at(shift.starts),
                day.at(shift.ends),
                shift.doctor,
                waited_for(day, clinic, shift) if shift.overtime else [],
            )
            for shift in plan.shifts
        ]
        self.shift: _Turn | None = None
        self.working: _Turn | None = None
        self.visit: tuple[int, int] | None = None
        self.served = False
        self.free_since = 0


class _Simulation:
    """The events to come, the stations, and the engine."""

    def __init__(self, day: Day, policy: Policy, patients: Sequence[Patient], lobby: Lobby) -> None:
        self.day = day
        self.policy = policy
        self.patients = patients
        self.lobby = lobby
        self.clinics = {clinic.id: clinic for clinic in expanded(day)}
        self.places: list[_Place] = []
        self.of_clinic: dict[str, list[_Place]] = {}
        self.expected = {clinic.id: [0] * len(clinic.sessions) for clinic in self.clinics.values()}
        self.sessions = [patient.session for patient in patients]
        self.visits: dict[str, tuple[int, int]] = {}
        self.tickets: dict[tuple[int, int], str] = {}
        self.refusals: dict[VisitKey, str] = {}
        self.touched: dict[str, None] = {}
        self.events: list[tuple[int, int, int, int]] = []
        self.ended = False

    def run(self) -> None:
        opens = self.day.at(self.day.opens)
        site = site_of(self.day, self.policy)
        self.lobby.do(opens, c.ActivateConfiguration(site, digest(site)))
        sessions = sessions_of(self.day, self.policy)
        self.lobby.do(opens, c.OpenDay(self.day.day, self.day.utc_offset_min, sessions))
        self._plan()
        while self.events:
            now = self.events[0][0]
            self._tick(now)
            while self.events and self.events[0][0] == now:
                _, kind, n, which = heappop(self.events)
                self._happen(now, kind, n, which)
            self._dispatch(now)
        while not self.ended:
            due = next_due(self.lobby.state)
            if due is None:
                break
            self._tick(due)

    def _plan(self) -> None:
        for clinic in self.clinics.values():
            for plan in clinic.stations:
                place = _Place(len(self.places), self.day, clinic, plan)
                self.places.append(place)
                self.of_clinic.setdefault(clinic.id, []).append(place)
                for n, shift in enumerate(place.shifts):
                    self.events.append((shift.starts_at, _SHIFT_BEGINS, place.index, n))
                    self.events.append((shift.ends_at, _SHIFT_ENDS, place.index, n))
        for n, patient in enumerate(self.patients):
            if patient.arrives is not None:
                self.events.append((patient.arrives, _ARRIVES, n, 0))
                self.expected[patient.clinic][patient.session] += 1
        heapify(self.events)

    def _tick(self, now: int) -> None:
        while not self.ended and (due := next_due(self.lobby.state)) is not None and due <= now:
            self._observe(self.lobby.do(due, c.Tick()))
            self.ended = self.lobby.state.day is not None and self.lobby.state.day.ended

    def _happen(self, now: int, kind: int, n: int, which: int) -> None:
        if kind == _ARRIVES:
            self._arrives(now, n, which)
        elif self.ended:
            # The engine has settled everybody by the day's end.
            return
        elif kind == _BACK:
            self._back(now, n, which)
        elif kind == _LEAVES:
            ticket = self.tickets[n, which]
            if self.lobby.state.tickets[ticket].status == "waiting":
                self._observe(self.lobby.do(now, c.Cancel(ticket, "patient")))
        else:
            self._at_station(now, kind, self.places[n], which)

    def _at_station(self, now: int, kind: int, place: _Place, which: int) -> None:
        self.touched[place.clinic.id] = None
        if kind == _SHIFT_BEGINS:
            place.shift = place.shifts[which]
        elif kind == _SHIFT_ENDS:
            if not place.shifts[which].waits_for:
                place.shift = None
        elif kind == _CAME:
            self.lobby.do(now, c.StartService(place.id))
            heappush(self.events, (now + self._visit(place).service, _SERVED, place.index, 0))
        elif kind == _SERVED:
            place.served = True
            place.free_since = now
        else:
            self._missed(now, place)

    def _visit(self, place: _Place) -> Visit:
        if place.visit is None:
            raise RuntimeError(f"{place.id} has no patient")
        patient, visit = place.visit
        return self.patients[patient].visits[visit]

    def _missed(self, now: int, place: _Place) -> None:
        visit = self._visit(place)
        who = place.visit or (0, 0)
        ticket = self.tickets[who]
        misses = self.lobby.state.tickets[ticket].misses
        place.visit = None
        place.free_since = now
        self._observe(self.lobby.do(now, c.MarkMissed(place.id)))
        if self.lobby.state.tickets[ticket].status != "missed":
            return
        back = visit.absences[misses]
        if back == NEVER:
            self._over(ticket)
        else:
            heappush(self.events, (now + back, _BACK, *who))

    def _back(self, now: int, patient: int, visit: int) -> None:
        ticket = self.tickets[patient, visit]
        if self.lobby.state.tickets[ticket].status == "missed":
            self._observe(self.lobby.do(now, c.Rejoin(ticket)))
            self.touched[self.patients[patient].clinic] = None
            self._may_leave(now, patient, visit)

    def _arrives(self, now: int, n: int, which: int) -> None:
        patient = self.patients[n]
        self.touched[patient.clinic] = None
        decided = self.lobby.ask(now, self._check_in(now, n, which))
        if isinstance(decided, Refusal):
            self.refusals[patient.id, which] = decided.code
            self._expect(n, -1)
            return
        issued = next(event for event in decided if isinstance(event, e.TicketIssued))
        self.visits[issued.ticket] = (n, which)
        self.tickets[n, which] = issued.ticket
        self._may_leave(now, n, which)

    def _may_leave(self, now: int, n: int, which: int) -> None:
        patience = self.patients[n].visits[which].patience
        if patience is not None:
            heappush(self.events, (now + patience, _LEAVES, n, which))

    def _check_in(self, now: int, n: int, which: int) -> c.CheckIn | c.CheckInWalkIn:
        patient = self.patients[n]
        name = reference_of(patient.id, which)
        credits_ = list(patient.credits)
        slot = patient.slot if which == 0 else None
        if which > 0 and self.policy.returns_as == "late_booking":
            # Whatever slot it had is long over; a minute beyond the limit is late under every configuration.
            long_ago = now - (self.policy.stamps.late_after_min + 1) * MINUTE
            slot = (long_ago, long_ago)
        if slot is not None:
            session = session_of(patient.clinic, self.sessions[n], patient.clinic)
            return c.CheckIn(Appointment(name, patient.id, session, self.day.day, *slot, credits=credits_))
        queue = queue_of(self.policy, patient.clinic, patient.visits[which].group)
        session = session_of(patient.clinic, self.sessions[n], queue)
        registration = Registration(name, patient.id, session, self.day.day, "paid", credits=credits_)
        return c.CheckInWalkIn(queue, registration)

    def _observe(self, events: list[e.Event]) -> None:
        """Note whose visit is over."""
        for event in events:
            if isinstance(event, e.Cancelled | e.Lapsed | e.NoShow):
                self._over(event.ticket)

    def _over(self, ticket: str) -> None:
        who = self.visits.pop(ticket, None)
        if who is not None:
            self._expect(who[0], -1)
            self.touched[self.patients[who[0]].clinic] = None

    def _expect(self, n: int, by: int) -> None:
        self.expected[self.patients[n].clinic][self.sessions[n]] += by

    def _dispatch(self, now: int) -> None:
        """Let the free stations of the clinics that something happened in call, close or open."""
        while self.touched:
            clinic = next(iter(self.touched))
            del self.touched[clinic]
            for place in sorted(self.of_clinic[clinic], key=lambda place: (place.free_since, place.index)):
                if not self.ended and (place.visit is None or place.served):
                    self._free(now, place)

    def _free(self, now: int, place: _Place) -> None:
        if place.served:
            self._let_go(now, place)
        if place.shift is not None and now >= place.shift.ends_at:
            expected = self.expected[place.clinic.id]
            # Overtime ends with the last patient.
            if not any(expected[index] for index in place.shift.waits_for):
                place.shift = None
        if place.working is not place.shift:
            self._change_shift(now, place)
        if place.working is None:
            return
        if _somebody_waits(self.lobby.state, place.lanes):
            self._call(now, place)

    def _let_go(self, now: int, place: _Place) -> None:
        self.lobby.do(now, c.Finish(place.id))
        place.served = False
        n, which = place.visit or (0, 0)
        place.visit = None
        away = self.patients[n].visits[which].away
        if away is not None:
            patient = self.patients[n]
            heappush(self.events, (now + away, _ARRIVES, n, which + 1))
            del self.visits[self.tickets[n, which]]
            # Who comes back in the afternoon is expected by the afternoon.
            self._expect(n, -1)
            self.sessions[n] = session_at(self.day, place.clinic, patient.doctor, now + away)
            self._expect(n, 1)
            self.touched[patient.clinic] = None
        else:
            self._over(self.tickets[n, which])

    def _change_shift(self, now: int, place: _Place) -> None:
        if place.working is not None:
            self.lobby.do(now, c.CloseStation(place.id))
        if place.shift is not None:
            self.lobby.do(now, c.OpenStation(place.id, place.shift.doctor or place.id, place.shift.doctor))
            station = self.lobby.state.stations[place.id]
            place.lanes = lanes_of(station.queues, station.doctor)
            place.free_since = now
        place.working = place.shift

    def _call(self, now: int, place: _Place) -> None:
        decided = self.lobby.do(now, c.CallNext(place.id))
        self._observe(decided)
        called = next(event for event in decided if isinstance(event, e.Called))
        n, which = place.visit = self.visits[called.ticket]
        visit = self.patients[n].visits[which]
        if self.lobby.state.tickets[called.ticket].misses < len(visit.absences):
            wait = round(place.clinic.missed_after_min * MINUTE)
            heappush(self.events, (now + wait, _MISSED, place.index, 0))
        else:
            heappush(self.events, (now + visit.walk, _CAME, place.index, 0))


def _somebody_waits(state: State, lanes: list[Lane]) -> bool:
    # Asking costs less than a call that is refused; a hospital has many idle stations for each arrival.
    return any(
        state.lanes.get(lane) or any(state.fifos.get(key) for key in state.lists.get(lane, ())) for lane in lanes
    )


def run(day: Day, policy: Policy, patients: Sequence[Patient], lobby: Lobby | None = None) -> Run:
    """Play ``patients`` through the engine under ``policy``, to the day's end.

    With a ``lobby`` that has seen earlier days the engine goes on from them: what it learnt of waits it keeps.

    Raises:
        RuntimeError: the engine refused what a station or a patient cannot be refused.
    """
    lobby = lobby or Lobby()
    begins = len(lobby.log)
    simulation = _Simulation(day, policy, patients, lobby)
    simulation.run()
    log = lobby.log[begins:]
    return Run(day, policy.name, records_of(patients, log, simulation.refusals), log)


def run_seed(day: Day, policy: Policy, seed: int, lobby: Lobby | None = None) -> Run:
    """Draw the day's patients by ``seed`` and play them, in a ``lobby`` that goes on from earlier days if given."""
    return run(day, policy, patients_of(day, seed), lobby)
