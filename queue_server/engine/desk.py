"""What the nurse desk and the kiosk ask about one ticket: rejoin, cancel, print, paper entries, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine import triaging, undo
from queue_server.engine.absences import return_with_results
from queue_server.engine.calling import ended_by_misses
from queue_server.engine.commands import ReturnWithResults
from queue_server.engine.joining import arrival_of, due_at_once, join, kept, stamped
from queue_server.engine.lanes import lanes_of
from queue_server.engine.order import Course
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.sessions import doctor_of, session_of
from queue_server.engine.site import Abandon
from queue_server.engine.stamps import in_force, missed_rule
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from queue_server.engine.commands import Cancel, RecordPaperCall, Rejoin, ReportPrint, Undo
    from queue_server.engine.context import Context
    from queue_server.engine.entries import Ticket
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal

_MINUTE = 60_000_000


def _ticket(state: State, ticket_id: str) -> Ticket | Refusal:
    ticket = state.tickets.get(ticket_id)
    if ticket is None:
        return _no(state, "unknown_ticket")
    return ticket


def _no(state: State, code: str, ticket: str | None = None) -> Refusal:
    if state.index is None:
        return refusal("day_not_open")
    return refusal(code, ticket=ticket, desk=state.index.site.desk)


def _out_of_service(state: State, ticket_id: str) -> Ticket | Refusal:
    """A live ticket that nobody is serving."""
    ticket = _ticket(state, ticket_id)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.status == "serving":
        return refusal("in_service", ticket=ticket.id)
    if ticket.status not in LIVE:
        return _no(state, "ticket_over", ticket.id)
    return ticket


def rejoin(state: State, command: Rejoin, ctx: Context) -> Decision:
    """The missed patient came back and takes the stamp of the rule for this miss."""
    ticket = _out_of_service(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.status in {"waiting", "called"}:
        return refusal("not_missed", ticket=ticket.id)
    if ticket.status == "away":
        # One button brings anybody back.
        return return_with_results(state, ReturnWithResults(ticket.id), ctx)
    # The session may have got another doctor while the patient was away.
    ticket = replace(ticket, doctor=doctor_of(state, ticket))
    queue = state.index.queues.get(ticket.queue) if state.index else None
    if queue is None:
        return refusal("unknown_queue")
    arrival = arrival_of(state, ticket, ctx.now)
    queue = in_force(queue, session_of(state, ticket))
    rule = missed_rule(queue, ticket.misses) if ticket.misses else None
    # A rule that ends tickets was not in force at the miss, or the ticket would have ended then.
    by_level = triaging.place_again(state, ticket)
    if by_level is not None:
        joined = by_level
    elif rule is None or isinstance(rule[1], Abandon):
        joined = kept(state, ticket, arrival)
    else:
        joined = join(state, queue, ticket.doctor, rule[0], rule[1], arrival)
    event = e.Rejoined(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        rank=joined.rank,
        place=joined.place,
        stamp=joined.stamp,
        seq=joined.seq,
    )
    return [event, *due_at_once(state, joined, ticket.id, ticket.number, ctx.now)]


def cancel(state: State, command: Cancel, _ctx: Context) -> Decision:
    """The ticket ends unseen; whoever it kept waiting by a count moves up."""
    ticket = _out_of_service(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    event = e.Cancelled(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        station=ticket.station if ticket.status == "called" else None,
        reason=command.reason,
    )
    return [event, *_moved_up(state, ticket)]


def _moved_up(state: State, ticket: Ticket) -> list[e.Event]:
    if ticket.status != "waiting":
        return []
    step = Course(state, [ticket.lane]).take(ticket.id, called=False)
    return [stamped(state, placed) for placed in step.due]


def report_print(state: State, command: ReportPrint, _ctx: Context) -> Decision:
    """What became of the ticket's paper."""
    ticket = _ticket(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    return [
        e.PrintReported(
            ticket=ticket.id,
            number=ticket.number,
            queue=ticket.queue,
            outcome=command.outcome,
            reprint=command.reprint,
        )
    ]


def _on_paper(state: State, command: RecordPaperCall) -> Ticket | Refusal:
    """The ticket that the station can have called on paper."""
    configured = state.index.stations.get(command.station) if state.index else None
    if configured is None:
        return refusal("unknown_station")
    ticket = _ticket(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.status not in LIVE:
        return _no(state, "ticket_over", ticket.id)
    if ticket.status not in {"waiting", "missed"}:
        return refusal("in_service", ticket=ticket.id)
    if ticket.queue not in configured.queues:
        return refusal("wrong_station", ticket=ticket.id)
    return ticket


def record_paper_call(state: State, command: RecordPaperCall, ctx: Context) -> Decision:
    """A call made on paper while the server was away."""
    ticket = _on_paper(state, command)
    if isinstance(ticket, Refusal):
        return ticket
    # A check-in that was itself entered from paper has the moment of its entry, which may be after the call. Paper has
    # no seconds: a call in the minute of the check-in is after it.
    earliest = ticket.issued_at - ticket.issued_at % _MINUTE if not ticket.backfilled else 0
    if not earliest <= command.called_at <= ctx.now:
        return refusal("bad_time", ticket=ticket.id)
    # It counts down the lists that this station's calls count down, and in any case those of the ticket's own lane.
    station = state.stations.get(command.station)
    lanes = lanes_of(station.queues, station.doctor) if station else []
    if ticket.lane not in lanes:
        lanes.append(ticket.lane)
    step = Course(state, lanes).take(ticket.id, called=True)
    misses = ticket.misses + (command.outcome == "missed")
    event = e.PaperCallRecorded(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        station=command.station,
        called_at=command.called_at,
        outcome=command.outcome,
        misses=misses,
        counts=step.counts,
        resets=step.resets,
    )
    ended = ended_by_misses(state, ticket, misses) if command.outcome == "missed" else None
    return [event, *([ended] if ended else []), *(stamped(state, placed) for placed in step.due)]


def take_back(state: State, command: Undo, _ctx: Context) -> Decision:
    """Take back the command that wrote an event. What a day's end has settled stays."""
    if state.day is None or state.day.ended:
        return refusal("day_not_open")
    entry = undo.find(state, command.position)
    if entry is None:
        return refusal("nothing_to_undo", position=command.position)
    later = undo.blocker(state, entry)
    if later is not None:
        return refusal("cannot_undo", position=later)
    return [
        e.Undone(
            first=entry.first,
            last=entry.last,
            label=undo.label_of(entry),
            tickets=sorted(entry.tickets),
            station=entry.station,
        )
    ]
