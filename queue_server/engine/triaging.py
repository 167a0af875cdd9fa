"""An emergency queue at work: a nurse's level becomes a rank, and an unknown patient gets a person.

The order is that of the levels: tier 0 (level I) before tier 1 (level II) before everybody else, and in tier 2 the
earlier queueing moment first. Somebody who was not triaged yet stands in tier 2 at the moment of arrival, and so before
everybody whom a nurse, in the last half hour and more, found able to wait: whom nobody has seen may be in danger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine.joining import Joined, stamped
from queue_server.engine.lanes import lock_of
from queue_server.engine.lines import Line, rank_by_time
from queue_server.engine.order import Course
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.site import Text
from queue_server.engine.stamps import ROUTINE_TIER, hhmm, with_lock
from queue_server.engine.transitions import LIVE, TRANSITIONS

if TYPE_CHECKING:
    from queue_server.engine.commands import MergeIdentity, Triage
    from queue_server.engine.context import Context
    from queue_server.engine.entries import Ticket
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal

RULE = "triage"
"""The name of the rule in a stamp that a level gave."""


def triage(state: State, command: Triage, ctx: Context) -> Decision:
    """A nurse gives a waiting ticket its level; whom it kept waiting by a count of calls moves up."""
    ticket = _of_triage(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.status not in LIVE:
        return _no(state, "ticket_over", ticket.id)
    if ticket.status == "serving":
        return refusal("in_service", ticket=ticket.id)
    if ticket.status != "waiting":
        return refusal("not_waiting", ticket=ticket.id)
    joined = place_of(state, ticket, command.level, command.tier, command.key, ctx.now)
    if joined.rank is None:
        raise TypeError("a level gives a rank")
    event = e.Triaged(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        level=command.level,
        suggested=command.suggested,
        tier=command.tier,
        key=command.key,
        respond_by=command.respond_by,
        reassess_at=command.reassess_at,
        channel=command.channel,
        overridden=command.overridden,
        version=command.version,
        rank=joined.rank,
        stamp=joined.stamp,
        seq=joined.seq,
    )
    course = Course(state, [ticket.lane])
    course.seq = joined.seq
    moved_up = course.take(ticket.id, called=False).due
    return [event, *(stamped(state, placed) for placed in moved_up)]


def place_of(state: State, ticket: Ticket, level: str, tier: int, key: int, at: int) -> Joined:
    """The rank of a level in the ticket's lane, with its sentence. ``at`` is the moment of triage."""
    seq = state.seq + 1
    line = Line(state.lanes.get(ticket.lane, []), lock_of(state, ticket.queue))
    line.gone.add(ticket.id)
    rank, locked = rank_by_time(line, tier, key, seq)
    sentence = _sentence(level, tier, key, at, state.day.utc_offset_min if state.day else 0)
    if locked:
        sentence = with_lock(sentence, line.lock)
    return Joined(rank, None, e.Stamp(RULE, "triage", sentence, key), seq)


def place_again(state: State, ticket: Ticket) -> Joined | None:
    """The place of a triaged patient who missed a call and is back: the level's own; ``None`` without a level."""
    held = ticket.triage
    return None if held is None else place_of(state, ticket, held.level, held.tier, held.key, held.at)


def merge_identity(state: State, command: MergeIdentity, _ctx: Context) -> Decision:
    """The unknown patient of a ticket is known now, also where treatment began or ended meanwhile."""
    ticket = _of_triage(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.person is not None:
        return refusal("has_person", ticket=ticket.id)
    if ticket.status not in TRANSITIONS["IdentityMerged"]:
        return _no(state, "ticket_over", ticket.id)
    live = state.live_visits.get((command.person, ticket.clinic or ticket.queue, ticket.session))
    if live is not None:
        return refusal("person_here_already", ticket=live, number=state.tickets[live].number)
    return [e.IdentityMerged(ticket=ticket.id, number=ticket.number, queue=ticket.queue, person=command.person)]


def _of_triage(state: State, ticket_id: str) -> Ticket | Refusal:
    ticket = state.tickets.get(ticket_id)
    if ticket is None or state.index is None:
        return _no(state, "unknown_ticket", None)
    queue = state.index.queues.get(ticket.queue)
    if queue is None or not queue.triage:
        return refusal("queue_without_triage", ticket=ticket.id)
    return ticket


def _no(state: State, code: str, ticket: str | None) -> Refusal:
    if state.index is None:
        return refusal("day_not_open")
    return refusal(code, ticket=ticket, desk=state.index.site.desk)


def _sentence(level: str, tier: int, key: int, at: int, utc_offset_min: int) -> Text:
    clock = hhmm(at, utc_offset_min)
    if tier == 0:
        return Text(f"{clock} 分诊 {level} 级，最先就诊", f"Triaged {clock}, level {level}: seen before everybody else")
    if tier < ROUTINE_TIER:
        return Text(
            f"{clock} 分诊 {level} 级，仅次于 I 级就诊",
            f"Triaged {clock}, level {level}: seen before everybody but level I",
        )
    place = hhmm(key, utc_offset_min)
    return Text(f"{clock} 分诊 {level} 级，按 {place} 排", f"Triaged {clock}, level {level}: queued as {place}")
