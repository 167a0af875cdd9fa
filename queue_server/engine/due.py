"""What time alone brings about: the ends of sessions and of the service day, and the sign of life of a quiet server.

Nothing happens by itself: ``next_due`` says when the service should post a ``Tick``, and every command first emits what
is due, in the order of the due times. Each such event names its due time, so that ticket and due time identify it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine import guiding
from queue_server.engine import leftovers as leftovers_of
from queue_server.engine.absences import stepped_back
from queue_server.engine.branch import branch
from queue_server.engine.follow import follow
from queue_server.engine.lanes import lanes_of
from queue_server.engine.sessions import session_id_of
from queue_server.engine.site import ClinicSession, Text
from queue_server.engine.stamps import MINUTE
from queue_server.engine.state import State
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from queue_server.engine.context import Context
    from queue_server.engine.entries import Lane, Ticket

_DAY_OVER = Text("当天服务结束，此号作废", "The day's service is over; the number has ended")


def next_due(state: State) -> int | None:
    """When something is due next, UTC microseconds; ``None`` before any configuration."""
    if state.index is None:
        return None
    due = state.now + _quiet_limit(state)
    if state.backs:
        due = min(due, state.backs[0][0])
    due = min([due, *(shown.until for shown in state.broadcasts.values())])
    if state.day is not None and not state.day.ended:
        due = min(due, state.day.ends_at)
        if state.plan:
            due = min(due, state.plan[0][0])
        if state.watched:
            due = min(due, state.watched[0][0])
        if state.opens:
            due = min(due, state.opens[0][0])
    return due


def _quiet_limit(state: State) -> int:
    # Half the permitted jump: a server that is on never comes near the limit.
    minutes = state.index.site.max_clock_jump_min if state.index else 0
    return minutes * MINUTE // 2


def day_end(day: str, day_opens: str, utc_offset_min: int) -> int:
    """When the service day ``day`` ends: the next day's opening, UTC microseconds.

    Args:
        day: ``YYYY-MM-DD``.
        day_opens: ``HH:MM`` on the hospital's clock.
        utc_offset_min: the hospital's zone on that day.
    """
    hours, minutes = day_opens.split(":")
    days = date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal() + 1
    return (days * 1440 + int(hours) * 60 + int(minutes) - utc_offset_min) * MINUTE


def emit(state: State, ctx: Context) -> tuple[State, list[e.Event]]:
    """What is due at ``ctx.now``, and the state after it. The state given stays as it is."""
    due = next_due(state)
    if due is None or due > ctx.now:
        return (state, [])
    work = branch(state)
    emitted: list[e.Event] = []
    while True:
        item = _first(work, ctx)
        if item is None:
            break
        lanes = leftovers_of.left_lanes(work, item)
        for event in item:
            follow(work, ctx, event)
        emitted += [*item, *hand_on(work, ctx, lanes)]
    if not emitted:
        seen = e.ClockSeen(due_at=due)
        follow(work, ctx, seen)
        emitted.append(seen)
    return (work, emitted)


def hand_on(work: State, ctx: Context, lanes: list[Lane]) -> list[e.Event]:
    """Give their places to those whose turn came in ``lanes`` because others left; folds it into the working copy."""
    stamps: list[e.Event] = []
    for lane in lanes:
        for event in leftovers_of.handed_on(work, lane):
            follow(work, ctx, event)
            stamps.append(event)
    return stamps


def _first(state: State, ctx: Context) -> list[e.Event] | None:
    """The events of the earliest thing that is due, or ``None``.

    At the same moment whoever stepped away is back before the session ends, and alarms come after.
    """
    due: list[tuple[int, int, Callable[[], list[e.Event]]]] = []
    if state.backs:
        at, ticket = state.backs[0]
        due.append((at, 0, lambda: [stepped_back(state, state.tickets[ticket], at)]))
    if state.broadcasts:
        over = min(state.broadcasts.values(), key=lambda shown: (shown.until, shown.started))
        ended = e.BroadcastEnded(hall=over.hall, started=over.started, due_at=over.until)
        due.append((over.until, 1, lambda: [ended]))
    day = state.day
    if day is not None and not day.ended:
        if state.plan and state.plan[0][0] <= day.ends_at:
            session = state.sessions[state.plan[0][1]]
            due.append((session.ends_at, 2, lambda: _session_end(state, session)))
        if state.watched and state.watched[0][0] <= day.ends_at:
            alarm = state.watched[0]
            due.append((alarm[0], 3, lambda: [_reassessment(state, *alarm)]))
        if state.opens and state.opens[0][0] <= day.ends_at:
            opens_at, person = state.opens[0]
            due.append((opens_at, 0, lambda: guiding.ready(state, ctx, person, opens_at)))
        over_at = e.DayEnded(day=day.day, due_at=day.ends_at)
        due.append((day.ends_at, 4, lambda: [*close_day(state, over_at.due_at), over_at]))
    first = min(due, key=lambda item: item[:2], default=None)
    return first[2]() if first is not None and first[0] <= ctx.now else None


def _reassessment(state: State, due_at: int, ticket_id: str) -> e.ReassessmentDue:
    ticket = state.tickets[ticket_id]
    if ticket.triage is None:
        raise ValueError(f"ticket {ticket_id} was not triaged")
    return e.ReassessmentDue(
        ticket=ticket.id, number=ticket.number, queue=ticket.queue, level=ticket.triage.level, due_at=due_at
    )


def _session_end(state: State, session: ClinicSession) -> list[e.Event]:
    clinic = state.index.clinics.get(session.clinic) if state.index else None
    leftovers = clinic.leftovers if clinic else "continue"
    ended = e.SessionEnded(
        session=session.id,
        queue=session.queue,
        doctor=session.doctor,
        leftovers=leftovers,
        due_at=session.ends_at,
    )
    if leftovers == "lapse":
        return [ended, *leftovers_of.lapse(state, session)]
    if leftovers == "afternoon_head" and session.period == "morning":
        return [ended, *leftovers_of.to_afternoon(state, session)]
    return [ended]


def continues(state: State, ticket: Ticket, at: int) -> bool:
    """Whether the ticket outlives the day: its session (a night's) runs on past ``at``, or it is an emergency's."""
    queue = state.index.queues.get(ticket.queue) if state.index else None
    if queue is not None and queue.triage:
        return ticket.status in LIVE
    session = state.sessions.get(session_id_of(ticket) or "")
    return session is not None and session.ends_at > at


def close_day(state: State, at: int) -> list[e.Event]:
    """End every ticket that does not continue, and close the stations that have nobody left to call."""
    ended: list[e.Event] = []
    going_on: set[Lane] = set()
    serving: set[str] = set()
    for ticket in sorted(
        (ticket for ticket in state.tickets.values() if ticket.status in _OPEN), key=lambda ticket: ticket.touched
    ):
        if continues(state, ticket, at):
            going_on.add(ticket.lane)
            if ticket.station is not None:
                serving.add(ticket.station)
        elif (ticket.status == "serving" or ticket.away == "exams") and ticket.station is not None:
            ended.append(e.Finished(ticket=ticket.id, number=ticket.number, queue=ticket.queue, station=ticket.station))
        elif ticket.clinic is None:
            ended.append(leftovers_of.lapsed(ticket, "day_end", _DAY_OVER, at))
        else:
            station = ticket.station if ticket.status == "called" else None
            ended.append(
                e.NoShow(ticket=ticket.id, number=ticket.number, queue=ticket.queue, station=station, due_at=at)
            )
    for station_id in sorted(state.stations):
        place = state.stations[station_id]
        if place.is_open and station_id not in serving and going_on.isdisjoint(lanes_of(place.queues, place.doctor)):
            ended.append(e.StationClosed(station=station_id))
    return ended


_OPEN = frozenset({"waiting", "called", "serving", "missed", "away"})
