"""One ticket's place is changed by hand: sent on, given to a doctor, forward, behind, or with a credit."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from queue_server.engine import events as e
from queue_server.engine.absences import waiting
from queue_server.engine.follow import with_turns
from queue_server.engine.lanes import lock_of
from queue_server.engine.lines import Line, rank_by_time
from queue_server.engine.order import in_order
from queue_server.engine.reasons import REASONS, words_of
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.sessions import session_of
from queue_server.engine.site import Text
from queue_server.engine.stamps import CREDIT_NAMES, MINUTE, ROUTINE_TIER, credit_min, hhmm, in_force, with_lock
from queue_server.engine.transfers import moment_of, tier_of

if TYPE_CHECKING:
    from queue_server.engine.commands import GrantCredit, MoveForward, Postpone
    from queue_server.engine.context import Context
    from queue_server.engine.entries import Ticket
    from queue_server.engine.events import Rank, Stamp
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal


def others(state: State, ticket: Ticket) -> list[tuple[Rank, str]]:
    """Those by rank in the ticket's lane, without itself."""
    return [entry for entry in state.lanes.get(ticket.lane, []) if entry[1] != ticket.id]


def move_forward(state: State, command: MoveForward, ctx: Context) -> Decision:
    """In front of ``before``, or as far as may be: behind the locked head and behind emergencies."""
    ticket = waiting(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if command.reason not in REASONS["forward"]:
        return refusal("unknown_reason", ticket=ticket.id)
    entries = others(state, ticket)
    emergencies = sum(rank[0] < ROUTINE_TIER for rank, _ in entries)
    index = max(lock_of(state, ticket.queue), emergencies)
    if command.before is not None:
        ids = [entry[1] for entry in entries]
        if command.before not in ids:
            return refusal("not_waiting", ticket=command.before)
        index = max(index, ids.index(command.before))
    standing = len(entries) if ticket.rank is None else bisect_left(entries, (ticket.rank,))
    if index >= standing:
        return refusal("nothing_to_gain", ticket=ticket.id)
    seq = state.seq + 1
    words = words_of("forward", command.reason)
    sentence = Text(f"护士前移（{words.zh}）", f"Moved forward by a nurse ({words.en})")
    event = e.MovedForward(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        reason=command.reason,
        overtaken=[entry[1] for entry in entries[index:standing]],
        rank=rank_before([rank for rank, _ in entries], index, seq),
        stamp=e.Stamp("moved_forward", "moved", sentence),
        seq=seq,
    )
    return with_turns(state, ctx, [event], [ticket.lane])


def rank_before(ranks: list[Rank], index: int, seq: int) -> Rank:
    """The rank directly before ``ranks[index]`` and behind the one before that; never among emergencies.

    A rank that is longer than another and otherwise equal comes behind it, and the newest negative order number before
    everything else that came directly behind the same one.
    """
    if index and ranks[index - 1][0] >= ROUTINE_TIER:
        return (*ranks[index - 1], -seq)
    return (ROUTINE_TIER, ranks[index][1], -seq)


def postpone(state: State, command: Postpone, ctx: Context) -> Decision:
    """A later place on purpose."""
    ticket = waiting(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    seq = state.seq + 1
    found = (
        _in_later_slot(state, ticket, command.slots or 0, ctx.now, seq)
        if command.behind is None
        else _behind(state, ticket, command.behind, seq)
    )
    if isinstance(found, Refusal):
        return found
    rank, stamp = found
    event = e.Postponed(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        behind=command.behind,
        slots=None if command.behind is not None else command.slots,
        rank=rank,
        stamp=stamp,
        seq=seq,
    )
    return with_turns(state, ctx, [event], [ticket.lane])


def _behind(state: State, ticket: Ticket, behind: int, seq: int) -> tuple[Rank, Stamp] | Refusal:
    order = in_order(state, [ticket.lane])
    place = [other.id for other in order].index(ticket.id)
    # An emergency stays before everybody else, whatever the patient wishes: it is the level that has to change.
    tier = tier_of(ticket)
    later = [other.rank for other in order[place + 1 :] if other.rank is not None and other.rank[0] == tier]
    if behind < 1 or not later:
        return refusal("nobody_behind", ticket=ticket.id)
    passed = min(behind, len(later))
    sentence = Text(f"本人要求延后 {passed} 位", f"Postponed behind {passed} at the patient's wish")
    return ((*later[passed - 1], -seq), e.Stamp("postponed", "moved", sentence))


def _in_later_slot(state: State, ticket: Ticket, slots: int, now: int, seq: int) -> tuple[Rank, Stamp] | Refusal:
    session = session_of(state, ticket)
    starts = [slot.starts_at for slot in session.slots] if session else []
    if slots < 1 or not starts:
        return refusal("no_later_slot", ticket=ticket.id)
    here = max(now, ticket.slot_start or 0)
    index = sum(start <= here for start in starts) - 1 + slots
    if index >= len(starts):
        return refusal("no_later_slot", ticket=ticket.id)
    key = starts[max(index, 0)]
    line = Line(state.lanes.get(ticket.lane, []), lock_of(state, ticket.queue))
    line.gone.add(ticket.id)
    rank, locked = rank_by_time(line, ROUTINE_TIER, key, seq)
    if key <= moment_of(ticket) or (ticket.rank is not None and rank < ticket.rank):
        return refusal("no_later_slot", ticket=ticket.id)
    clock = hhmm(key, state.day.utc_offset_min if state.day else 0)
    sentence = Text(f"本人要求延后，按 {clock} 排", f"Postponed at the patient's wish, queued as {clock}")
    return (rank, e.Stamp("postponed", "moved", with_lock(sentence, line.lock) if locked else sentence, key))


def grant_credit(state: State, command: GrantCredit, ctx: Context) -> Decision:
    """Stamp anew with a credit that the desk grants: the greatest counts, never the sum."""
    ticket = waiting(state, command.ticket)
    if isinstance(ticket, Refusal):
        return ticket
    if command.reason not in REASONS["credit"]:
        return refusal("unknown_reason", ticket=ticket.id)
    configured = state.index.queues.get(ticket.queue) if state.index else None
    queue = in_force(configured, session_of(state, ticket)) if configured else None
    if queue is None or command.credit not in {**queue.stamps.credits, **queue.stamps.severity}:
        return refusal("unknown_credit", ticket=ticket.id)
    credits = [*ticket.credits, command.credit]  # noqa: A001 - the field's name
    minutes = credit_min(queue, credits)[0] - credit_min(queue, ticket.credits)[0]
    if minutes <= 0 or ticket.stamp.key is None or ticket.rank is None:
        # By a count of calls, or moved by hand: there is no moment that could be earlier.
        return refusal("nothing_to_gain", ticket=ticket.id)
    seq = state.seq + 1
    key = ticket.stamp.key - minutes * MINUTE
    line = Line(state.lanes.get(ticket.lane, []), lock_of(state, ticket.queue))
    line.gone.add(ticket.id)
    rank, locked = rank_by_time(line, tier_of(ticket), key, seq)
    name = CREDIT_NAMES.get(command.credit, Text(command.credit, command.credit))
    words = words_of("credit", command.reason)
    was = ticket.stamp.sentence
    sentence = Text(
        f"{was.zh}；分诊台给予{name.zh}优先（{words.zh}），提前 {minutes} 分钟",
        f"{was.en}; {name.en} granted at the desk ({words.en}): {minutes} minutes earlier",
    )
    stamp = e.Stamp(ticket.stamp.rule, ticket.stamp.by, with_lock(sentence, line.lock) if locked else sentence, key)
    event = e.Credited(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        credit=command.credit,
        credits=credits,
        minutes=minutes,
        reason=command.reason,
        # Whoever stands in the locked head keeps that place.
        rank=min(rank, ticket.rank),
        stamp=stamp,
        seq=seq,
    )
    return with_turns(state, ctx, [event], [ticket.lane])
