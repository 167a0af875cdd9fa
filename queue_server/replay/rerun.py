"""A past day decided anew by the engine: the same patients, the same rooms, perhaps other rules.

A discrete-event loop like the simulation's (docs/simulation.md): what is due at a moment happens in a fixed order, then
the rooms that are free call, those free longest first, each at its own pace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.due import next_due
from queue_server.engine.entries import Lane
from queue_server.engine.lanes import lanes_of
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import ClinicSession, Site
from queue_server.replay import agenda
from queue_server.replay.agenda import Agenda
from queue_server.replay.arrivals import check_in
from queue_server.replay.changes import Plan
from queue_server.replay.place import Place, visit_at
from queue_server.replay.visits import Opening, Past, PastCall, Pick, Room, Visit
from queue_server.simulation.lobby import Lobby
from queue_server.simulation.policy import digest


class Outcome(NamedTuple):
    """What came of a rerun.

    Attributes:
        log: what the engine wrote.
        tickets: the visit's index by ticket.
        refusals: the codes with which check-ins were refused, by visit.
        calls: in order.
    """

    log: list[e.Recorded]
    tickets: dict[str, int]
    refusals: dict[int, str]
    calls: list[PastCall]


class _Rerun:
    """The events to come, the rooms, and the engine."""

    def __init__(self, past: Past, plan: Plan) -> None:
        self.past = past
        self.plan = plan
        self.visits: Sequence[Visit] = past.visits
        self.lobby = Lobby()
        self.rooms: tuple[Room, ...] = plan.rooms(past)
        self.places = [Place(n, room) for n, room in enumerate(self.rooms)]
        self.of_queue: dict[str, list[Place]] = {}
        self.followers = past.followers()
        self.pending: dict[Lane, int] = {}
        self.is_pending = [visit.was_called for visit in self.visits]
        self.tickets: dict[str, int] = {}
        self.current: dict[str, int] = {}
        self.picks: dict[str, list[Pick]] = {}
        for pick in reversed(past.picks):
            self.picks.setdefault(pick.station, []).append(pick)
        self.ticket_of: dict[int, str] = {}
        self.misses = [0] * len(self.visits)
        self.sessions: dict[str, ClinicSession] = {}
        self.refusals: dict[int, str] = {}
        self.calls: list[PastCall] = []
        self.touched: dict[str, None] = {}
        self.agenda = Agenda()
        self.ended = False

    def run(self) -> Outcome:
        past = self.past
        self._configure(past.opened_at, past.site)
        self._learn(past.sessions)
        self.lobby.do(past.opened_at, c.OpenDay(past.day, past.offset_min, list(past.sessions)))
        self._prepare()
        while (now := self.agenda.next_at) is not None:
            self._tick(now)
            if self.ended:
                break
            for kind, n, which in self.agenda.due(now):
                _HAPPEN[kind](self, now, n, which)
            self._dispatch(now)
        while not self.ended and (due := next_due(self.lobby.state)) is not None:
            self._tick(due)
        return Outcome(self.lobby.log, self.tickets, self.refusals, self.calls)

    def _configure(self, now: int, site: Site) -> None:
        changed = self.plan.site(site)
        self.lobby.do(now, c.ActivateConfiguration(changed, digest(changed)))

    def _learn(self, sessions: Sequence[ClinicSession]) -> None:
        self.sessions.update((session.id, session) for session in sessions)

    def _prepare(self) -> None:
        for n, news in enumerate(self.past.news):
            self.agenda.add(news.at, agenda.NEWS, n)
        for n, visit in enumerate(self.visits):
            if visit.was_called:
                lane = (visit.queue, visit.doctor)
                self.pending[lane] = self.pending.get(lane, 0) + 1
            if visit.after is None:
                self.agenda.add(visit.checked_in, agenda.ARRIVES, n)
            for which, paper in enumerate(visit.paper):
                self.agenda.add(paper.at, agenda.PAPER, n, which)
        for place, room in zip(self.places, self.rooms, strict=True):
            for which, opening in enumerate(room.openings):
                self.agenda.add(opening.opens, agenda.OPENS, place.index, which)
                self.agenda.add(opening.closes, agenda.CLOSES, place.index, which)
            # Whoever is back from a break looks who waits.
            for _, until in room.breaks:
                self.agenda.add(until, agenda.PRESSES, place.index)
            for queue in dict.fromkeys(chain.from_iterable(opening.queues for opening in room.openings)):
                self.of_queue.setdefault(queue, []).append(place)

    def _tick(self, now: int) -> None:
        while not self.ended and (due := next_due(self.lobby.state)) is not None and due <= now:
            self._observe(self.lobby.do(due, c.Tick()))
            self.ended = self.lobby.state.day is not None and self.lobby.state.day.ended

    # --- what happens -------------------------------------------------------------------------------------------------

    def news(self, now: int, n: int, _which: int) -> None:
        news = self.past.news[n]
        if news.site is not None:
            self._configure(now, news.site)
        if news.command is not None:
            self._observe(self._try(now, news.command))
            self.touched.update(dict.fromkeys(self.of_queue))
        if news.sessions:
            self._learn(news.sessions)
            self._observe(self.lobby.do(now, c.UpdateSessions(list(news.sessions))))
            for session in news.sessions:
                self.touched[session.queue] = None

    def arrives(self, now: int, n: int, _which: int) -> None:
        visit = self.visits[n]
        decided = self.lobby.ask(now, self._arrival(now, n))
        if isinstance(decided, Refusal):
            self.refusals[n] = decided.code
            self._done_with(n)
            return
        issued = next((event for event in decided if isinstance(event, e.TicketIssued)), None)
        if issued is not None:
            self.tickets[issued.ticket] = n
        self._waits(now, n, self.ticket_of[visit.after or 0] if issued is None else issued.ticket)

    def _waits(self, now: int, n: int, ticket: str) -> None:
        """The visit has its ticket; what is done while it waits comes as long after this as it did."""
        visit = self.visits[n]
        self.current[ticket] = n
        self.ticket_of[n] = ticket
        self.touched[visit.queue] = None
        if visit.leaves is not None:
            self.agenda.add(now + visit.leaves, agenda.LEAVES, n)
        for which, act in enumerate(visit.acts):
            self.agenda.add(now + act.after, agenda.ACTS, n, which)

    def _arrival(self, now: int, n: int) -> c.Command:
        """How the patient comes: by a check-in, or with results on the ticket of the visit before."""
        visit = self.visits[n]
        before = None if visit.after is None else self.ticket_of.get(visit.after)
        # A rule for returns is for those too who registered once more on the day.
        if before is not None and (visit.joins == "results" or self.plan.return_ratio is not None):
            return c.ReturnWithResults(before)
        return check_in(self.past, self.sessions, n, now)

    def _try(self, now: int, command: c.Command) -> list[e.Event]:
        """What staff did by hand, where it can be done here too."""
        decided = self.lobby.ask(now, command)
        return [] if isinstance(decided, Refusal) else decided

    def acts(self, now: int, n: int, which: int) -> None:
        act = self.visits[n].acts[which]
        ticket = self.ticket_of[n]
        if self.current[ticket] != n:
            return
        command: c.Command = replace(act.command, ticket=ticket)
        if isinstance(command, c.MoveForward) and act.before is not None:
            command = replace(command, before=self.ticket_of.get(act.before))
        if isinstance(command, c.Triage):
            command = self.plan.triage(command, now)
        queue = self.lobby.state.tickets[ticket].queue
        self._observe(self._try(now, command))
        self.touched.update(dict.fromkeys((queue, self.lobby.state.tickets[ticket].queue)))

    def back(self, now: int, n: int, _which: int) -> None:
        ticket = self.ticket_of[n]
        if self.lobby.state.tickets[ticket].status == "missed":
            self._observe(self.lobby.do(now, c.Rejoin(ticket)))
            self.touched[self.visits[n].queue] = None

    def leaves(self, now: int, n: int, _which: int) -> None:
        ticket = self.ticket_of[n]
        if self.lobby.state.tickets[ticket].status in {"waiting", "missed"}:
            self._observe(self.lobby.do(now, c.Cancel(ticket, self.visits[n].reason)))

    def paper(self, now: int, n: int, which: int) -> None:
        ticket = self.ticket_of.get(n)
        if ticket is None or self.lobby.state.tickets[ticket].status not in {"waiting", "missed"}:
            return
        paper = self.visits[n].paper[which]
        asked = c.RecordPaperCall(paper.station, ticket, paper.called_at, paper.outcome)
        decided = self.lobby.ask(now, asked)
        if not isinstance(decided, Refusal):
            self._observe(decided)
            self._done_with(n)

    def opens(self, _now: int, n: int, which: int) -> None:
        self.places[n].opening = self.rooms[n].openings[which]
        self._touch(self.places[n])

    def closes(self, _now: int, n: int, which: int) -> None:
        place = self.places[n]
        if place.opening is self.rooms[n].openings[which] and not place.opening.stays:
            place.opening = None
        self._touch(place)

    def presses(self, _now: int, n: int, _which: int) -> None:
        self._touch(self.places[n])

    def came(self, now: int, n: int, _which: int) -> None:
        place = self.places[n]
        self.lobby.do(now, c.StartService(place.station))
        self.agenda.add(now + self.visits[visit_at(place)].service, agenda.SERVED, n)

    def served(self, now: int, n: int, _which: int) -> None:
        place = self.places[n]
        place.served, place.free_since = True, now
        self._touch(place)

    def missed(self, now: int, n: int, _which: int) -> None:
        place = self.places[n]
        visit = visit_at(place)
        absence = self.visits[visit].absences[self.misses[visit]]
        self.misses[visit] += 1
        self._without_patient(now, place)
        self._observe(self.lobby.do(now, c.MarkMissed(place.station)))
        if absence.back is not None:
            self.agenda.add(now + absence.back, agenda.BACK, visit)

    def turned_away(self, now: int, n: int, _which: int) -> None:
        place = self.places[n]
        visit = visit_at(place)
        self._without_patient(now, place)
        self._observe(self.lobby.do(now, c.Cancel(self.ticket_of[visit], self.visits[visit].reason)))

    def _without_patient(self, now: int, place: Place) -> None:
        place.visit, place.free_since = None, now
        self._touch(place)

    def _touch(self, place: Place) -> None:
        for opening in (place.opening, place.working):
            if opening is not None:
                self.touched.update(dict.fromkeys(opening.queues))

    def _observe(self, events: list[e.Event]) -> None:
        for event in events:
            if isinstance(event, e.Cancelled | e.Lapsed | e.NoShow):
                self._done_with(self.current[event.ticket])
            if isinstance(event, e.Cancelled | e.Lapsed | e.NoShow | e.SteppedBack | e.Transferred):
                self.touched[event.queue] = None

    def _done_with(self, n: int) -> None:
        """No room has to stay for this visit any more."""
        if self.is_pending[n]:
            self.is_pending[n] = False
            visit = self.visits[n]
            self.pending[visit.queue, visit.doctor] -= 1
            self.touched[visit.queue] = None
            # A return that does not come, because the visit before it was never finished, is not stayed for either.
            follower = self.followers.get(n)
            if follower is not None and self.ticket_of.get(n) is not None and not self._is_seen(n):
                self._done_with(follower)

    def _is_seen(self, n: int) -> bool:
        return self.lobby.state.tickets[self.ticket_of[n]].status in {"called", "serving", "finished"}

    # --- rooms --------------------------------------------------------------------------------------------------------

    def _dispatch(self, now: int) -> None:
        """Let the free rooms that something happened for call, close or open."""
        while self.touched:
            places = {place.index: place for queue in self.touched for place in self.of_queue.get(queue, ())}
            self.touched.clear()
            for place in sorted(places.values(), key=lambda place: (place.free_since, place.index)):
                if not self.ended and (place.visit is None or place.served):
                    self._free(now, place)

    def _free(self, now: int, place: Place) -> None:
        if place.served:
            self._let_go(now, place)
        opening = place.opening
        if opening is not None and now >= opening.closes and not self._is_needed(opening):
            place.opening = None
        if place.working is not place.opening:
            self._change_opening(now, place)
        if place.working is None:
            return
        if place.break_at(now) is not None:
            place.since = None
            return
        if not place.somebody_waits(self.lobby.state):
            self._let_pass(now, place)
            return
        if place.since is None:
            place.since = now
        calls_at = place.since + place.next_pace()
        if now >= calls_at:
            self._call(now, place)
        else:
            self.agenda.add(calls_at, agenda.PRESSES, place.index)

    def _let_pass(self, now: int, place: Place) -> None:
        """The room could have called and did not, until others did or it closed: so much of its pace is used up."""
        if place.since is not None and now > place.since:
            place.paced += 1
        place.since = None

    def _is_needed(self, opening: Opening) -> bool:
        return any(self.pending.get(lane, 0) > 0 for lane in lanes_of(opening.queues, opening.doctor))

    def _let_go(self, now: int, place: Place) -> None:
        n = visit_at(place)
        follower = self.followers.get(n)
        ticket, visit = self.ticket_of[n], self.visits[n]
        is_sent_on = visit.sent_on is not None and bool(self._try(now, replace(visit.sent_on, ticket=ticket)))
        if not is_sent_on:
            self.lobby.do(now, (c.SendForExams if visit.ends == "exams" else c.Finish)(place.station))
        place.served, place.visit = False, None
        if follower is not None and self.visits[follower].joins == "sent_on":
            if is_sent_on:
                self._waits(now, follower, ticket)
                self.touched[self.lobby.state.tickets[ticket].queue] = None
            else:
                self._done_with(follower)
        elif follower is not None:
            self.agenda.add(now + self.visits[follower].away, agenda.ARRIVES, follower)

    def _change_opening(self, now: int, place: Place) -> None:
        if place.working is not None:
            self.lobby.do(now, c.CloseStation(place.station))
        self._let_pass(now, place)
        if place.opening is not None:
            opening = place.opening
            asked = c.OpenStation(place.station, opening.staff, opening.doctor, list(opening.queues))
            self.lobby.do(now, asked)
            station = self.lobby.state.stations[place.station]
            place.lanes = lanes_of(station.queues, station.doctor)
            place.free_since = now
        place.working = place.opening

    def _picked(self, now: int, place: Place) -> list[e.Event]:
        """The call out of turn that the room has made by now, if it can be made here."""
        picks = self.picks.get(place.station, [])
        while picks and picks[-1].at <= now:
            pick = picks.pop()
            ticket = self.ticket_of.get(pick.visit)
            if ticket is not None and self.current[ticket] == pick.visit:
                decided = self._try(now, c.Pick(place.station, ticket, pick.reason))
                if decided:
                    return decided
        return []

    def _call(self, now: int, place: Place) -> None:
        place.paced += 1
        place.since = None
        decided = self._picked(now, place) or self.lobby.do(now, c.CallNext(place.station))
        self._observe(decided)
        called = next(event for event in decided if isinstance(event, e.Called))
        n = place.visit = self.current[called.ticket]
        self.calls.append(PastCall(now, place.station, n))
        visit = self.visits[n]
        self.touched[visit.queue] = None
        if self.misses[n] < len(visit.absences):
            absence = visit.absences[self.misses[n]]
            self.agenda.add(now + absence.waited, agenda.MISSED, place.index)
            if absence.back is None:
                self._done_with(n)
            return
        self._done_with(n)
        if visit.turned_away is not None:
            self.agenda.add(now + visit.turned_away, agenda.TURNED_AWAY, place.index)
        else:
            self.agenda.add(now + visit.walk, agenda.CAME, place.index)


_HAPPEN: list[Callable[[_Rerun, int, int, int], None]] = [
    _Rerun.news,
    _Rerun.served,
    _Rerun.missed,
    _Rerun.came,
    _Rerun.turned_away,
    _Rerun.arrives,
    _Rerun.back,
    _Rerun.leaves,
    _Rerun.paper,
    _Rerun.acts,
    _Rerun.closes,
    _Rerun.opens,
    _Rerun.presses,
]


def rerun(past: Past, plan: Plan | None = None) -> Outcome:
    """Let the engine decide ``past`` again, under ``plan`` (``None``: the rules as they were).

    Raises:
        RuntimeError: the engine refused what a room cannot be refused.
    """
    return _Rerun(past, plan or Plan()).run()
