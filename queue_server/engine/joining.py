"""A ticket takes its place: at check-in and when a missed patient comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.lanes import lock_of
from queue_server.engine.lines import Line, rank_by_time
from queue_server.engine.order import Course, Placed
from queue_server.engine.sessions import doctor_of, session_of
from queue_server.engine.site import Abandon, PlaceStamp, Queue, Text
from queue_server.engine.stamps import (
    ALONE,
    KEPT,
    ROUTINE_TIER,
    Arrival,
    Rule,
    due_sentence,
    in_force,
    ordinal,
    render,
    return_rule,
    time_key,
    with_credit,
    with_lock,
)

if TYPE_CHECKING:
    from queue_server.engine.entries import Ticket
    from queue_server.engine.state import State


class Joined(NamedTuple):
    """Where a rule puts a ticket: by rank or in a list."""

    rank: e.Rank | None
    place: e.Place | None
    stamp: e.Stamp
    seq: int


def join(state: State, queue: Queue, doctor: str | None, name: str, rule: Rule, arrival: Arrival) -> Joined:
    """Apply ``rule`` (called ``name``) to an arrival in the lane of ``queue`` and ``doctor``."""
    queue = in_force(queue, arrival.session)
    offset = state.day.utc_offset_min if state.day else 0
    seq = state.seq + 1
    if isinstance(rule, PlaceStamp):
        return _join_list(state, (name, queue.id, doctor), queue, rule, arrival)
    if isinstance(rule, Abandon):
        raise TypeError("a rule that ends the ticket gives no place")
    key = time_key(rule, queue, arrival)
    line = Line(state.lanes.get((queue.id, doctor), []), lock_of(state, queue.id))
    rank, locked = rank_by_time(line, ROUTINE_TIER, key, seq)
    sentence = render(rule, queue, arrival, utc_offset_min=offset, key=key)
    sentence = with_credit(sentence, queue, rule, arrival.credits)
    if locked:
        sentence = with_lock(sentence, line.lock)
    return Joined(rank, None, e.Stamp(name, "time", sentence, key), seq)


def _join_list(state: State, fifo: e.ListKey, queue: Queue, rule: PlaceStamp, arrival: Arrival) -> Joined:
    offset = state.day.utc_offset_min if state.day else 0
    seq = state.seq + 1
    countdown = state.countdowns.get(fifo)
    waiting = state.fifos.get(fifo, [])
    # A ratio (two booked, one walk-in) counts since the list's previous call, however long ago. A missed patient's
    # penalty never counts calls from before the patient came back.
    empty = not waiting and fifo not in state.outstanding
    fresh = countdown is None or (empty and (not countdown.was_called or fifo[0].startswith("missed_")))
    place = e.Place(fifo, rule.calls, rule.of, seq, fresh, rule.calls_when_more)
    counted = 0 if fresh or countdown is None else countdown.count
    # Where more than ``calls`` stand in the locked head, they are called before each of the list in any case.
    course = Course(state, [(queue.id, fifo[2])])
    before = course.before(fifo, rule.of, arrival.now)
    each = max(rule.calls, before)
    owed = max(rule.calls - counted, before) + each * len(waiting)
    if (due := _stamped_of(state, fifo)) is not None and due.rank is not None:
        # The count begins anew with the call of the one who has the rank; until then some are called before that one.
        until = max(due.due_at_count - counted, course.before_rank(due.rank, fifo, rule.of))
        owed = until + each * (len(waiting) + 1)
    sentence = render(rule, queue, arrival, utc_offset_min=offset, calls=owed)
    return Joined(None, place, e.Stamp(fifo[0], "place", sentence, None, fifo), seq)


def _stamped_of(state: State, fifo: e.ListKey) -> Ticket | None:
    """The one of a list who has the rank and was not called yet; of several the last."""
    lane = (fifo[1], fifo[2])
    tickets = (state.tickets[ticket] for _, ticket in reversed(state.outstanding.get(fifo, ())))
    return next((ticket for ticket in tickets if ticket.lane == lane), None)


def due_at_once(state: State, joined: Joined, ticket: str, number: str, now: int) -> list[e.Event]:
    """The stamp of a ticket that joined an empty list which owes no call: it goes behind the locked head now."""
    place = joined.place
    if place is None or state.fifos.get(place.fifo) or place.fifo in state.outstanding:
        return []
    counted = 0 if place.fresh else state.countdowns[place.fifo].count
    owes = max(0, place.calls - counted)
    _, queue, doctor = place.fifo
    course = Course(state, [(queue, doctor)])
    course.seq = joined.seq
    before = course.before(place.fifo, place.of, now)
    if owes > before:
        return []
    placed = course.put(ticket, (queue, doctor), now)._replace(owes=max(owes, before) if owes else 0)
    return [stamped_event(state, placed, number=number, queue=queue, doctor=doctor, calls=place.calls, fifo=place.fifo)]


def stamped_event(
    state: State,
    placed: Placed,
    *,
    number: str,
    queue: str,
    doctor: str | None,
    calls: int,
    fifo: e.ListKey,
) -> e.Stamped:
    """The event that gives a ticket of a list its rank."""
    sentence: Text = ALONE if placed.alone else due_sentence(calls, lock_of(state, queue), placed.owes)
    return e.Stamped(
        ticket=placed.ticket,
        number=number,
        queue=queue,
        doctor=doctor,
        rank=placed.rank,
        stamp=e.Stamp(fifo[0], "place", sentence, None, fifo),
        seq=placed.seq,
        why="alone" if placed.alone else "due",
        due_at_count=calls if placed.owes else 0,
    )


def stamped(state: State, placed: Placed) -> e.Stamped:
    """The same for a ticket that is in its list already."""
    ticket = state.tickets[placed.ticket]
    place = ticket.place
    if place is None:
        raise ValueError(f"ticket {ticket.id} is in no list")
    return stamped_event(
        state,
        placed,
        number=ticket.number,
        queue=ticket.queue,
        doctor=ticket.doctor,
        calls=place.calls if placed.calls is None else placed.calls,
        fifo=place.fifo,
    )


def arrival_of(state: State, ticket: Ticket, now: int) -> Arrival:
    """What the rules may look at when ``ticket`` is stamped again."""
    session = session_of(state, ticket)
    return Arrival(
        now=now,
        check_in=ticket.issued_at,
        slot_start=ticket.slot_start,
        slot_end=ticket.slot_end,
        session=session,
        credits=ticket.credits,
        misses=ticket.misses,
        triaged_at=ticket.triage.first_at if ticket.triage is not None else None,
        number=ordinal(ticket.number),
    )


def returned(state: State, ticket: Ticket, now: int) -> Joined:
    """The place of a return with results: the rule's, counted as a check-in at the moment of the return.

    Raises:
        KeyError: the ticket's queue is not configured.
    """
    if state.index is None:
        raise KeyError(ticket.queue)
    session = session_of(state, ticket)
    queue = in_force(state.index.queues[ticket.queue], session)
    # Who waited and was seen begins to wait anew: the booked time was for the first visit.
    arrival = replace(arrival_of(state, ticket, now), check_in=now, slot_start=None, slot_end=None)
    name, rule = return_rule(queue)
    return join(state, queue, doctor_of(state, ticket), name, rule, arrival)


def kept(state: State, ticket: Ticket, arrival: Arrival) -> Joined:
    """A return by a queue without a rule for the missed: the moment the ticket had, or now."""
    seq = state.seq + 1
    key = ticket.stamp.key if ticket.stamp.key is not None else arrival.now
    line = Line(state.lanes.get(ticket.lane, []), lock_of(state, ticket.queue))
    rank, locked = rank_by_time(line, ROUTINE_TIER, key, seq)
    sentence = with_lock(KEPT, line.lock) if locked else KEPT
    return Joined(rank, None, e.Stamp("kept", "time", sentence, key), seq)
