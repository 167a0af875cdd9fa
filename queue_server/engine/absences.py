"""Patients who are away for a while and come back: with results, or from stepping out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.entries import Held, visit_of
from queue_server.engine.follow import with_turns
from queue_server.engine.joining import due_at_once, returned
from queue_server.engine.lanes import lock_of
from queue_server.engine.lines import Line, rank_by_place
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.sessions import doctor_of, session_of
from queue_server.engine.stamps import MINUTE
from queue_server.engine.transitions import LIVE
from queue_server.engine.triaging import place_again

if TYPE_CHECKING:
    from queue_server.engine.commands import ReturnWithResults, StepAway, StepBack
    from queue_server.engine.context import Context
    from queue_server.engine.entries import Ticket
    from queue_server.engine.site import Text
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal

MOST_AWAY_MIN = 120
"""Nobody keeps a place longer than this without being there."""


def _desk(state: State) -> Text:
    if state.index is None:
        raise ValueError("there is no configuration")
    return state.index.site.desk


def return_with_results(state: State, command: ReturnWithResults, ctx: Context) -> Decision:
    """The patient is back with results and takes the stamp of the rule for it."""
    ticket = state.tickets.get(command.ticket)
    if state.index is None or state.day is None or state.day.ended:
        return refusal("day_not_open")
    if ticket is None:
        return refusal("unknown_ticket", desk=_desk(state))
    if ticket.away == "hold":
        return _back(state, ctx, ticket)
    if ticket.away != "exams":
        refused = _cannot_return(state, ticket, ctx.now)
        if refused is not None:
            return refused
    if ticket.queue not in state.index.queues:
        return refusal("unknown_queue")
    # A level of triage says where its patient waits, also after a return.
    joined = place_again(state, ticket) or returned(state, ticket, ctx.now)
    event = e.ReturnedWithResults(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=doctor_of(state, ticket),
        after="exams" if ticket.away == "exams" else "finished",
        station=None if ticket.away == "exams" else ticket.station,
        rank=joined.rank,
        place=joined.place,
        stamp=joined.stamp,
        seq=joined.seq,
    )
    return [event, *due_at_once(state, joined, ticket.id, ticket.number, ctx.now)]


def _cannot_return(state: State, ticket: Ticket, now: int) -> Refusal | None:
    """Why a ticket that is not at exams does not come back with results; a visit finished today may."""
    if ticket.status == "serving":
        return refusal("in_service", ticket=ticket.id)
    if ticket.status in LIVE:
        return refusal("not_away", ticket=ticket.id)
    opened_at = state.day.opened_at if state.day else 0
    if ticket.status != "finished" or ticket.clinic is None or (ticket.ended_at or 0) < opened_at:
        return refusal("no_return", ticket=ticket.id, desk=_desk(state))
    session = session_of(state, ticket)
    if session is None or now >= session.ends_at:
        return refusal("session_over", ticket=ticket.id, desk=_desk(state))
    if session.status == "cancelled":
        return refusal("session_cancelled", ticket=ticket.id, desk=_desk(state))
    live = state.live_visits.get(visit_of(ticket)) if ticket.person is not None else None
    return refusal("already_checked_in", ticket=live) if live is not None else None


def step_away(state: State, command: StepAway, ctx: Context) -> Decision:
    """A waiting patient steps away and keeps the place for so many minutes."""
    ticket = waiting(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if not 1 <= command.minutes <= MOST_AWAY_MIN:
        return refusal("bad_minutes", ticket=ticket.id, most=str(MOST_AWAY_MIN))
    event = e.SteppedAway(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        until=ctx.now + command.minutes * MINUTE,
    )
    return with_turns(state, ctx, [event], [ticket.lane])


def step_back(state: State, command: StepBack, ctx: Context) -> Decision:
    """The patient who stepped away is back before the time."""
    ticket = state.tickets.get(command.ticket)
    if state.index is None:
        return refusal("day_not_open")
    if ticket is None:
        return refusal("unknown_ticket", desk=_desk(state))
    if ticket.away != "hold":
        return refusal("not_away", ticket=ticket.id)
    return _back(state, ctx, ticket)


def _back(state: State, ctx: Context, ticket: Ticket) -> list[e.Event]:
    event = stepped_back(state, ticket, None)
    return with_turns(state, ctx, [event], [(event.queue, event.doctor)])


def stepped_back(state: State, ticket: Ticket, due_at: int | None) -> e.SteppedBack:
    """The return into the place that was kept, also into the locked head: it was this ticket's all the time.

    Where another doctor holds the session by now, a rank stays as it is, and who waited by a count of calls gets the
    place that the count would have given.
    """
    seq = state.seq + 1
    held = ticket.held or Held(None, None)
    doctor = doctor_of(state, ticket)
    rank, place, stamp = held.rank, held.place, ticket.stamp
    if doctor != ticket.doctor:
        stamp = replace(stamp, fifo=None)
        if rank is None:
            line = Line(state.lanes.get((ticket.queue, doctor), []), lock_of(state, ticket.queue))
            rank = rank_by_place(line.ranks(), line.lock, seq, ticket.rejoined_at or ticket.issued_at)
        place = None
    return e.SteppedBack(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=doctor,
        rank=rank,
        place=replace(place, fresh=False) if place is not None else None,
        stamp=stamp,
        seq=seq,
        due_at=due_at,
    )


def waiting(state: State, ticket_id: str) -> Ticket | Refusal:
    """The ticket, if it waits."""
    if state.index is None:
        return refusal("day_not_open")
    ticket = state.tickets.get(ticket_id)
    if ticket is None:
        return refusal("unknown_ticket", desk=_desk(state))
    if ticket.status == "serving":
        return refusal("in_service", ticket=ticket.id)
    if ticket.status not in LIVE:
        return refusal("ticket_over", ticket=ticket.id, desk=_desk(state))
    return ticket if ticket.status == "waiting" else refusal("not_waiting", ticket=ticket.id)
