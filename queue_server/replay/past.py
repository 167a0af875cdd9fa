"""A day's events read backwards into what brought them about: patients, rooms, and what staff did by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.entries import Lane
from queue_server.engine.lanes import lanes_of
from queue_server.engine.site import Site
from queue_server.engine.stamps import MINUTE
from queue_server.replay.rooms import Rooms
from queue_server.replay.tickets import PastTicket, visits_of
from queue_server.replay.visits import Absence, Act, ByHand, News, PaperCall, Past, PastCall, Pick


class PastError(ValueError):
    """The events are no whole day."""


def effective(log: Sequence[e.Recorded]) -> tuple[list[e.Recorded], list[ByHand]]:
    """The events without those that were taken back, and what was taken back."""
    gone: set[int] = set()
    found: list[ByHand] = []
    for recorded in log:
        event = recorded.event
        if isinstance(event, e.Undone):
            gone.update((*range(event.first, event.last + 1), recorded.position))
            found.append(ByHand(recorded.at, "undone"))
    return ([recorded for recorded in log if recorded.position not in gone], found)


def past_of(site: Site, log: Sequence[e.Recorded]) -> Past:
    """What the day in ``log`` was made of.

    Args:
        site: the configuration in force when the day opened.
        log: the events from the one after the previous day's end to this day's end.

    Raises:
        PastError: no day opens in them, or it is still open.
    """
    kept, by_hand = effective(log)
    reader = _Reader(site, by_hand)
    for at, group in groupby(kept, key=lambda recorded: recorded.at):
        reader.moment(at, [recorded.event for recorded in group])
    return reader.past()


class _Reader:
    """Takes the day in, moment by moment."""

    def __init__(self, site: Site, by_hand: list[ByHand]) -> None:
        self.site = site
        self.by_hand = by_hand
        self.opened: tuple[int, e.DayOpened] | None = None
        self.is_over = False
        self.tickets: dict[str, PastTicket] = {}
        self.order: list[PastTicket] = []
        self.indices: dict[str, int] = {}
        self.people: dict[str, int] = {}
        self.seen: dict[tuple[int, str | None], int] = {}
        self.calls: list[PastCall] = []
        self.news: list[News] = []
        self.picks: list[Pick] = []
        self.rooms = Rooms(site)

    def moment(self, at: int, events: Iterable[e.Event]) -> None:
        """Take in what happened at one moment."""
        for event in events:
            fold = _FOLDS.get(type(event))
            if fold is not None:
                fold(self, at, event)
            elif type(event) not in _NO_MATTER:
                self.by_hand.append(ByHand(at, "other", getattr(event, "number", "")))
        self.rooms.settle(at)

    # --- the day ------------------------------------------------------------------------------------------------------

    def configured(self, at: int, event: e.ConfigurationActivated) -> None:
        if self.opened is None:
            self.site = event.site
        else:
            self.news.append(News(at, site=event.site))

    def day_opened(self, at: int, event: e.DayOpened) -> None:
        self.opened = (at, event)
        self.by_hand += [ByHand(at, "carried")] * len(event.carried)

    def day_ended(self, at: int, _event: e.DayEnded) -> None:
        self.is_over = self.opened is not None
        self.rooms.close_all(at)

    def sessions(self, at: int, event: e.SessionsUpdated) -> None:
        self.news.append(News(at, sessions=tuple(event.sessions)))

    # --- tickets ------------------------------------------------------------------------------------------------------

    def issued(self, at: int, event: e.TicketIssued) -> None:
        person = self.people.setdefault(event.person or f"ticket {event.ticket}", len(self.people))
        ticket = self.tickets[event.ticket] = PastTicket(event, at, person, len(self.order))
        before = self.seen.get((person, event.clinic))
        if before is not None and (finished := self.order[before].finished_at) is not None:
            ticket.follows, ticket.away = before, at - finished
        self.indices[event.ticket] = len(self.order)
        self.order.append(ticket)
        self.rooms.join((event.queue, event.doctor))
        if event.channel == "backfill":
            self.by_hand.append(ByHand(at, "backfill", event.number))

    def stamped(self, _at: int, event: e.Stamped) -> None:
        ticket = self.tickets.get(event.ticket)
        if ticket is not None and ticket.status == "waiting" and event.doctor != ticket.doctor:
            self.rooms.leave(self._lane(ticket))
            ticket.doctor = event.doctor
            self.rooms.join(self._lane(ticket))

    def called(self, at: int, event: e.Called) -> None:
        ticket = self.tickets.get(event.ticket)
        self.rooms.called(event.station, at)
        if ticket is None:
            return
        self.rooms.leave(self._lane(ticket))
        ticket.status, ticket.called_at, ticket.is_called = "called", at, True
        self.calls.append(PastCall(at, event.station, ticket.index))
        if event.picked is not None:
            self.picks.append(Pick(at, event.station, ticket.index, event.picked))
            self.by_hand.append(ByHand(at, "picked", event.number))

    def missed(self, at: int, event: e.Missed) -> None:
        ticket = self.tickets.get(event.ticket)
        self.rooms.freed(event.station)
        if ticket is not None and ticket.called_at is not None:
            ticket.absences.append(Absence(at - ticket.called_at, None))
            ticket.status, ticket.missed_at = "missed", at

    def rejoined(self, at: int, event: e.Rejoined) -> None:
        ticket = self.tickets.get(event.ticket)
        if ticket is None:
            return
        if ticket.absences and ticket.missed_at is not None:
            ticket.absences[-1] = Absence(ticket.absences[-1].waited, at - ticket.missed_at)
        ticket.status, ticket.doctor, ticket.is_called = "waiting", event.doctor, False
        self.rooms.join(self._lane(ticket))

    def started(self, at: int, event: e.ServiceStarted) -> None:
        if (ticket := self.tickets.get(event.ticket)) is not None:
            ticket.status, ticket.started_at = "serving", at

    def finished(self, at: int, event: e.Finished) -> None:
        ticket = self.tickets.get(event.ticket)
        self.rooms.freed(event.station)
        if ticket is not None:
            ticket.status, ticket.finished_at = "finished", at
            self.seen[ticket.person, ticket.event.clinic] = ticket.index

    def cancelled(self, at: int, event: e.Cancelled) -> None:
        ticket = self.tickets.get(event.ticket)
        if event.station is not None:
            self.rooms.freed(event.station)
        if ticket is None:
            return
        if ticket.status == "called" and ticket.called_at is not None:
            ticket.turned_away = at - ticket.called_at
        self._over(ticket)
        ticket.cancelled_at, ticket.reason = at, event.reason
        if event.reason != "patient":
            self.by_hand.append(ByHand(at, "desk_cancel", event.number))

    def ended(self, _at: int, event: e.Lapsed | e.NoShow) -> None:
        if event.station is not None:
            self.rooms.freed(event.station)
        if (ticket := self.tickets.get(event.ticket)) is not None:
            self._over(ticket)

    def on_paper(self, at: int, event: e.PaperCallRecorded) -> None:
        self.by_hand.append(ByHand(at, "paper", event.number))
        if (ticket := self.tickets.get(event.ticket)) is None:
            return
        ticket.paper.append(PaperCall(at, event.called_at, event.station, event.outcome))
        self._over(ticket)
        ticket.status = "finished" if event.outcome == "seen" else "missed"

    def _over(self, ticket: PastTicket) -> None:
        if ticket.status == "waiting":
            self.rooms.leave(self._lane(ticket))
        ticket.status = "over"

    def _lane(self, ticket: PastTicket) -> Lane:
        return (ticket.queue, ticket.doctor)

    # --- away and back, to and fro ------------------------------------------------------------------------------------

    def sent_for_exams(self, at: int, event: e.SentForExams) -> None:
        ticket = self.tickets.get(event.ticket)
        self.rooms.freed(event.station)
        if ticket is not None:
            ticket.status, ticket.finished_at, ticket.ends = "exams", at, "exams"

    def returned(self, at: int, event: e.ReturnedWithResults) -> None:
        before = self.tickets.get(event.ticket)
        if before is not None:
            leg = self._leg(before, event.ticket, at, "results")
            leg.doctor = event.doctor
            self.rooms.join(self._lane(leg))

    def _leg(self, before: PastTicket, name: str, at: int, joins: str) -> PastTicket:
        """The same ticket waits a second time: another visit that follows the one before."""
        leg = PastTicket(before.event, at, before.person, len(self.order))
        leg.queue, leg.doctor, leg.joins, leg.follows = before.queue, before.doctor, joins, before.index
        leg.away = at - (before.finished_at if before.finished_at is not None else at)
        self.tickets[name] = leg
        self.order.append(leg)
        return leg

    def stepped_away(self, at: int, event: e.SteppedAway) -> None:
        ticket = self.tickets.get(event.ticket)
        if ticket is None:
            return
        if ticket.status == "waiting":
            self.rooms.leave(self._lane(ticket))
        ticket.status = "away"
        self._act(at, ticket, c.StepAway("", -(-(event.until - at) // MINUTE)))

    def stepped_back(self, at: int, event: e.SteppedBack) -> None:
        ticket = self.tickets.get(event.ticket)
        if ticket is None:
            return
        ticket.status, ticket.doctor = "waiting", event.doctor
        self.rooms.join(self._lane(ticket))
        if event.due_at is None:
            self._act(at, ticket, c.StepBack(""))

    def transferred(self, at: int, event: e.Transferred) -> None:
        ticket = self.tickets.get(event.ticket)
        if event.station is not None:
            self.rooms.freed(event.station)
        if ticket is None:
            return
        command: c.Transfer | c.AssignDoctor = (
            c.AssignDoctor("", event.doctor, event.reason)
            if event.kind == "doctor"
            else c.Transfer("", event.queue, event.reason, event.doctor, event.kind == "referral")
        )
        self.by_hand.append(ByHand(at, "moved", event.number))
        if event.station is not None:
            ticket.finished_at, ticket.ends, ticket.sent_on = at, "sent_on", command
            ticket = self._leg(ticket, event.ticket, at, "sent_on")
        elif ticket.status == "waiting":
            self.rooms.leave(self._lane(ticket))
            if event.kind != "session":
                ticket.acts.append(Act(at - ticket.issued_at, command))
        ticket.queue, ticket.doctor = event.queue, event.doctor
        if ticket.status == "waiting":
            self.rooms.join(self._lane(ticket))

    def triaged(self, at: int, event: e.Triaged) -> None:
        if (ticket := self.tickets.get(event.ticket)) is not None:
            fields: dict[str, Any] = {name: getattr(event, name) for name in c.Triage.__struct_fields__}
            ticket.acts.append(Act(at - ticket.issued_at, c.Triage(**{**fields, "ticket": ""})))

    def credited(self, at: int, event: e.Credited) -> None:
        self._act(at, self.tickets.get(event.ticket), c.GrantCredit("", event.credit, event.reason))

    def postponed(self, at: int, event: e.Postponed) -> None:
        self._act(at, self.tickets.get(event.ticket), c.Postpone("", event.behind, event.slots))

    def moved_forward(self, at: int, event: e.MovedForward) -> None:
        before = self.tickets.get(event.overtaken[0]) if event.overtaken else None
        index = None if before is None else before.index
        self._act(at, self.tickets.get(event.ticket), c.MoveForward("", event.reason), index)

    def to_a_room(self, at: int, event: e.RoomAssigned | e.RoomLeft) -> None:
        # What a list does by itself it does again.
        if event.why == "hand":
            station = event.station if isinstance(event, e.RoomAssigned) else None
            self._act(at, self.tickets.get(event.ticket), c.AssignRoom("", station, event.reason or ""))

    def _act(
        self,
        at: int,
        ticket: PastTicket | None,
        command: c.AssignRoom | c.GrantCredit | c.MoveForward | c.Postpone | c.StepAway | c.StepBack,
        before: int | None = None,
    ) -> None:
        if ticket is not None:
            ticket.acts.append(Act(at - ticket.issued_at, command, before))
            self.by_hand.append(ByHand(at, "moved", ticket.event.number))

    def paused(self, at: int, event: e.QueuePaused) -> None:
        self.news.append(News(at, c.PauseQueue([event.queue], event.reason)))
        self.rooms.pause(event.queue, is_paused=True)

    def resumed(self, at: int, event: e.QueueResumed) -> None:
        self.news.append(News(at, c.ResumeQueue([event.queue])))
        self.rooms.pause(event.queue, is_paused=False)

    def released(self, at: int, event: e.SessionReleased) -> None:
        self.news.append(News(at, c.ReleaseSession(event.session, event.to, event.extra)))

    # --- rooms --------------------------------------------------------------------------------------------------------

    def station_opened(self, at: int, event: e.StationOpened) -> None:
        self.rooms.opened(event.station, at, event, lanes_of(event.queues, event.doctor))

    def station_closed(self, at: int, event: e.StationClosed) -> None:
        self.rooms.closed(event.station, at)

    # --- the whole ----------------------------------------------------------------------------------------------------

    def past(self) -> Past:
        if self.opened is None:
            raise PastError("no service day opens in these events")
        at, opened = self.opened
        if not self.is_over:
            raise PastError(f"the service day {opened.day} is still open")
        last_calls: dict[Lane, int] = {}
        for call in self.calls:
            ticket = self.order[call.visit]
            last_calls[ticket.queue, ticket.doctor] = call.at
        return Past(
            day=opened.day,
            offset_min=opened.utc_offset_min,
            opened_at=at,
            ends_at=opened.ends_at,
            site=self.site,
            sessions=tuple(opened.sessions),
            news=tuple(self.news),
            visits=tuple(visits_of(self.site, self.order)),
            rooms=self.rooms.all(last_calls, at),
            calls=tuple(self.calls),
            by_hand=tuple(sorted(self.by_hand, key=lambda one: one.at)),
            picks=tuple(self.picks),
            tickets=self.indices,
        )


_FOLDS: dict[type[msgspec.Struct], Callable[[_Reader, int, Any], None]] = {
    e.ConfigurationActivated: _Reader.configured,
    e.DayOpened: _Reader.day_opened,
    e.DayEnded: _Reader.day_ended,
    e.SessionsUpdated: _Reader.sessions,
    e.TicketIssued: _Reader.issued,
    e.Stamped: _Reader.stamped,
    e.Called: _Reader.called,
    e.Missed: _Reader.missed,
    e.Rejoined: _Reader.rejoined,
    e.ServiceStarted: _Reader.started,
    e.Finished: _Reader.finished,
    e.Cancelled: _Reader.cancelled,
    e.Lapsed: _Reader.ended,
    e.NoShow: _Reader.ended,
    e.PaperCallRecorded: _Reader.on_paper,
    e.StationOpened: _Reader.station_opened,
    e.StationClosed: _Reader.station_closed,
}
_FOLDS |= {
    e.SentForExams: _Reader.sent_for_exams,
    e.ReturnedWithResults: _Reader.returned,
    e.SteppedAway: _Reader.stepped_away,
    e.SteppedBack: _Reader.stepped_back,
    e.Transferred: _Reader.transferred,
    e.Triaged: _Reader.triaged,
    e.Credited: _Reader.credited,
    e.Postponed: _Reader.postponed,
    e.MovedForward: _Reader.moved_forward,
    e.RoomAssigned: _Reader.to_a_room,
    e.RoomLeft: _Reader.to_a_room,
    e.QueuePaused: _Reader.paused,
    e.QueueResumed: _Reader.resumed,
    e.SessionReleased: _Reader.released,
}
_NO_MATTER = frozenset(
    {
        e.SessionEnded,
        e.BroadcastEnded,
        e.BroadcastStarted,
        e.BookingMissed,
        e.IdentityMerged,
        e.ReassessmentDue,
        e.Recalled,
        e.PrintReported,
        e.ClockConfirmed,
        e.ClockSeen,
    }
)
"""What the engine does again by itself, and what no order depends on."""
