"""A session that is cancelled, a queue that stands still, and what a hall is told about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine.branch import branch
from queue_server.engine.capacity import room_for
from queue_server.engine.entries import REFERRAL
from queue_server.engine.follow import follow, turns
from queue_server.engine.leftovers import waiting_of
from queue_server.engine.reasons import REASONS
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.sessions import session_id_of
from queue_server.engine.stamps import MINUTE
from queue_server.engine.transfers import Target, transferred

if TYPE_CHECKING:
    from queue_server.engine.commands import (
        Broadcast,
        EndBroadcast,
        NoteUnkept,
        PauseQueue,
        ReleaseSession,
        ResumeQueue,
    )
    from queue_server.engine.context import Context
    from queue_server.engine.entries import Ticket
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal

MOST_TEXT = 60
"""So many characters of a board's text, in either language; it has to be read in passing."""
MOST_TEXT_MIN = 480
"""Minutes that a text stays at most."""
MOST_TEXTS = 3
"""Texts of one hall at a time."""


def release(  # noqa: PLR0911 - one return a reason
    state: State, command: ReleaseSession, ctx: Context
) -> Decision:
    """A cancelled session's tickets end, or go on in another session."""
    if state.index is None or state.day is None or state.day.ended:
        return refusal("day_not_open")
    session = state.sessions.get(command.session)
    if session is None:
        return refusal("unknown_session", desk=state.index.site.desk)
    if session.status != "cancelled":
        return refusal("session_open")
    target = _session_target(state, command.to, ctx.now) if command.to is not None else None
    if isinstance(target, Refusal):
        return target
    if command.extra is not None and command.extra not in REASONS["extra"]:
        return refusal("unknown_reason")
    tickets = _belonging(state, session.id, with_exams=target is not None)
    if not tickets:
        return []
    free = room_for(state, state.sessions[command.to], _referrals(tickets), ctx.now) if command.to is not None else None
    if free is not None and command.extra is None:
        return refusal("session_short", free=str(free), count=str(len(tickets)))
    work = branch(state)
    events: list[e.Event] = [
        e.SessionReleased(
            session=session.id,
            queue=session.queue,
            doctor=session.doctor,
            to=command.to,
            tickets=len(tickets),
            extra=command.extra if free is not None else None,
        )
    ]
    follow(work, ctx, events[0])
    for ticket in tickets:
        event = _let_go(work, ticket, target)
        follow(work, ctx, event)
        events.append(event)
    lanes = dict.fromkeys(ticket.lane for ticket in tickets)
    return [*events, *turns(work, ctx, lanes)]


def _referrals(tickets: list[Ticket]) -> list[bool]:
    return [REFERRAL in ticket.credits for ticket in tickets]


def note_unkept(state: State, command: NoteUnkept, ctx: Context) -> Decision:
    """Nobody came to those bookings of an ended session that have no number, whatever became of it.

    Whoever had a number of the session by a registration came.
    """
    if state.index is None or state.day is None or state.day.ended:
        return refusal("day_not_open")
    session = state.sessions.get(command.session)
    if session is None:
        return refusal("unknown_session", desk=state.index.site.desk)
    if session.status == "cancelled":
        return refusal("session_cancelled", desk=state.index.site.desk)
    if ctx.now < session.ends_at:
        return refusal("session_running")
    came = {ticket.origin_ref for ticket in state.tickets.values()} | state.unkept
    here = {ticket.person for ticket in state.tickets.values() if ticket.session == session.id}
    return [
        e.BookingMissed(
            appointment=booked.id,
            person=booked.person,
            session=session.id,
            clinic=session.clinic,
            queue=session.queue,
            doctor=session.doctor,
            slot_start=booked.slot_start,
        )
        for booked in {booked.id: booked for booked in command.appointments}.values()
        if booked.session == session.id
        and booked.status == "booked"
        and booked.id not in came
        and booked.person not in here
    ]


def _session_target(state: State, session_id: str, now: int) -> Target | Refusal:
    session = state.sessions.get(session_id)
    queue = state.index.queues.get(session.queue) if state.index and session else None
    if state.index is None or session is None or queue is None:
        return refusal("no_session")
    if session.status == "cancelled":
        return refusal("session_cancelled", desk=state.index.site.desk)
    if now >= session.ends_at:
        return refusal("session_over", desk=state.index.site.desk)
    return Target(queue, session.clinic, session.doctor, session.id, assigned=False)


def _belonging(state: State, session: str, *, with_exams: bool) -> list[Ticket]:
    """The session's tickets that nobody has called, those waiting first and in order."""
    gone = [
        ticket
        for ticket in state.tickets.values()
        if session_id_of(ticket) == session
        and (ticket.status == "missed" or ticket.away == "hold" or (with_exams and ticket.away == "exams"))
    ]
    return waiting_of(state, session) + sorted(gone, key=lambda ticket: (ticket.touched, ticket.id))


def _let_go(work: State, ticket: Ticket, target: Target | None) -> e.Transferred | e.Cancelled:
    if target is not None:
        moved = transferred(work, ticket, target, "session", "session_cancelled")
        # Who has a number there already needs no second one.
        if not isinstance(moved, Refusal):
            return moved
    return e.Cancelled(
        ticket=ticket.id, number=ticket.number, queue=ticket.queue, station=None, reason="session_cancelled"
    )


def pause(state: State, command: PauseQueue, _ctx: Context) -> Decision:
    """Nobody is called from the queues."""
    known = state.index.queues if state.index else {}
    if not command.queues or any(queue not in known for queue in command.queues):
        return refusal("unknown_queue")
    if command.reason not in REASONS["pause"]:
        return refusal("unknown_reason")
    return [
        e.QueuePaused(queue=queue, reason=command.reason)
        for queue in dict.fromkeys(command.queues)
        if queue not in state.paused or state.paused[queue].reason != command.reason
    ]


def resume(state: State, command: ResumeQueue, _ctx: Context) -> Decision:
    """The queues are called again."""
    paused = [queue for queue in dict.fromkeys(command.queues) if queue in state.paused]
    return [e.QueueResumed(queue=queue) for queue in paused] or refusal("not_paused")


def broadcast(state: State, command: Broadcast, ctx: Context) -> Decision:
    """A text on a hall's boards."""
    halls = state.index.site.halls if state.index else []
    if all(hall.id != command.hall for hall in halls):
        return refusal("unknown_hall")
    for text in (command.text.zh, command.text.en):
        if not text.strip() or len(text) > MOST_TEXT or not text.isprintable():
            return refusal("bad_text", most=str(MOST_TEXT))
    if not 1 <= command.minutes <= MOST_TEXT_MIN:
        return refusal("bad_minutes", most=str(MOST_TEXT_MIN))
    if sum(one.hall == command.hall for one in state.broadcasts.values()) >= MOST_TEXTS:
        return refusal("too_many_texts", most=str(MOST_TEXTS))
    return [e.BroadcastStarted(hall=command.hall, text=command.text, until=ctx.now + command.minutes * MINUTE)]


def end_broadcast(state: State, command: EndBroadcast, _ctx: Context) -> Decision:
    """Take a text down before its time."""
    shown = state.broadcasts.get(command.started)
    if shown is None or shown.hall != command.hall:
        return refusal("unknown_text")
    return [e.BroadcastEnded(hall=shown.hall, started=shown.started, due_at=None)]
