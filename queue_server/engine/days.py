"""Configuration, the service day, its clinic sessions and the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine.branch import branch
from queue_server.engine.due import close_day, continues, day_end, hand_on
from queue_server.engine.follow import follow
from queue_server.engine.leftovers import left_lanes, to_new_doctor
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.stamps import MINUTE
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from queue_server.engine.commands import ActivateConfiguration, OpenDay, UpdateSessions
    from queue_server.engine.context import Context
    from queue_server.engine.site import ClinicSession
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal

_DAY_MIN = 24 * 60


def activate(state: State, command: ActivateConfiguration, _ctx: Context) -> Decision:
    """Take a configuration over, unless it drops what somebody waits for or works at."""
    if state.index is not None and state.index.digest == command.digest:
        return []
    queues = {queue.id for queue in command.site.queues}
    stations = {station.id for station in command.site.stations}
    doctors = {doctor.id for doctor in command.site.doctors}
    for (queue, doctor), entries in state.lanes.items():
        if entries and queue not in queues:
            return refusal("unknown_queue", ticket=entries[0][1])
        if entries and doctor is not None and doctor not in doctors:
            return refusal("unknown_doctor", ticket=entries[0][1])
    for ticket in state.tickets.values():
        if ticket.status in LIVE and ticket.queue not in queues:
            return refusal("unknown_queue", ticket=ticket.id)
    for station in state.stations.values():
        if station.is_open and station.id not in stations:
            return refusal("unknown_station", ticket=station.current)
    return [e.ConfigurationActivated(site=command.site, digest=command.digest)]


def open_day(state: State, command: OpenDay, ctx: Context) -> Decision:
    """Begin a service day; what is left of the one before ends or is carried over."""
    if state.index is None:
        return refusal("day_not_open")
    if state.day is not None and command.day <= state.day.day:
        return refusal("day_already_open")
    ends_at = day_end(command.day, state.index.site.day_opens, command.utc_offset_min)
    closing = close_day(state, ctx.now) if state.day is not None else []
    # Of a session that runs on, those who were seen as well: their bookings are used and count for its limit.
    carried = sorted(ticket.id for ticket in state.tickets.values() if continues(state, ticket, ctx.now))
    opened = e.DayOpened(
        day=command.day,
        utc_offset_min=command.utc_offset_min,
        ends_at=ends_at,
        sessions=[session for session in command.sessions if session.day == command.day],
        carried=carried,
    )
    return [*closing, opened]


def update_sessions(state: State, command: UpdateSessions, ctx: Context) -> Decision:
    """Today's clinic sessions as the hospital now has them; an unchanged list is no event."""
    if state.day is None or state.day.ended:
        return refusal("day_not_open")
    changed = [
        session
        for session in command.sessions
        if session.day == state.day.day and state.sessions.get(session.id) != session
    ]
    if not changed:
        return []
    cancelled = [
        session.id
        for session in changed
        if session.status == "cancelled"
        and (session.id not in state.sessions or state.sessions[session.id].status != "cancelled")
    ]
    updated = e.SessionsUpdated(sessions=changed, cancelled=cancelled)
    known = [state.sessions[session.id] for session in changed if session.id in state.sessions]
    work = branch(state)
    follow(work, ctx, updated)
    return [updated, *_follow_doctors(work, ctx, known)]


def _follow_doctors(work: State, ctx: Context, before: list[ClinicSession]) -> list[e.Event]:
    """Move the waiting after the doctor who holds their session now, and hand their turns in the old lists on."""
    events: list[e.Event] = []
    for was in before:
        session = work.sessions[was.id]
        if session.doctor == was.doctor:
            continue
        moved = to_new_doctor(work, session)
        lanes = left_lanes(work, moved)
        for event in moved:
            follow(work, ctx, event)
        events += [*moved, *hand_on(work, ctx, lanes)]
    return events


def check_clock(state: State, now: int, *, confirms: bool) -> Refusal | None:
    """Whether the clock may be believed.

    It never runs behind the last event, and never jumps further ahead than configured unless this command confirms it:
    by hours while a day is open. With no day open a gap is a closed weekend or a holiday, but not years: an event dated
    so would keep everything from happening until then.
    """
    if now < state.now:
        return refusal("clock_behind", position=state.position)
    if state.index is None or confirms:
        return None
    site = state.index.site
    is_open = state.day is not None and not state.day.ended
    limit = site.max_clock_jump_min if is_open else site.max_closed_days * _DAY_MIN
    return refusal("clock_jump", position=state.position) if now - state.now > limit * MINUTE else None
