"""Tickets whose clinic session ends or changes its doctor: who is left, where they go, and who moves up behind them.

Whose ticket is meant is told by its session, never by the list that it waits in: a session may get another doctor
while its patients wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.joining import stamped
from queue_server.engine.lanes import lock_of
from queue_server.engine.lines import Line, behind_lock, rank_by_place
from queue_server.engine.order import Course, in_order
from queue_server.engine.sessions import afternoon_of, session_id_of
from queue_server.engine.site import ClinicSession, Queue, Text, TimeStamp
from queue_server.engine.stamps import (
    LEFTOVER,
    MINUTE,
    ROUTINE_TIER,
    all_rules,
    changed_doctor,
    greatest_credit_min,
    with_lock,
)
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.engine.entries import Lane, Ticket
    from queue_server.engine.events import Rank
    from queue_server.engine.state import State

_SESSION_OVER = Text("门诊结束时未就诊，此号作废", "Not seen by the end of the session; the number has ended")


def waiting_of(state: State, session: str) -> list[Ticket]:
    """The session's waiting tickets, in their order."""
    lanes = {
        ticket.lane
        for ticket in state.tickets.values()
        if ticket.status == "waiting" and session_id_of(ticket) == session
    }
    return [ticket for ticket in in_order(state, _sorted(lanes)) if session_id_of(ticket) == session]


def lapse(state: State, session: ClinicSession) -> list[e.Event]:
    """End the session's tickets that still wait or were missed, those waiting first."""
    gone = [
        ticket
        for ticket in state.tickets.values()
        if session_id_of(ticket) == session.id and (ticket.status == "missed" or ticket.away == "hold")
    ]
    left = waiting_of(state, session.id) + sorted(gone, key=lambda ticket: (ticket.missed_at or 0, ticket.id))
    return [lapsed(ticket, "session_end", _SESSION_OVER, session.ends_at) for ticket in left]


def lapsed(ticket: Ticket, reason: str, sentence: Text, due_at: int) -> e.Lapsed:
    """The end of a ticket by a time that came."""
    return e.Lapsed(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        station=ticket.station if ticket.status == "called" else None,
        reason=reason,  # type: ignore[arg-type]  # one of the two due reasons, by the callers
        sentence=sentence,
        due_at=due_at,
    )


def to_afternoon(state: State, session: ClinicSession) -> list[e.Event]:
    """Move what waits to the head of the same doctor's (or pool's) afternoon, in its order.

    Within one queue only: elsewhere the number might be somebody else's. What cannot move goes on where it waits.
    """
    afternoon = afternoon_of(state, session)
    queue = state.index.queues.get(afternoon.queue) if state.index and afternoon else None
    if afternoon is None or queue is None:
        return []
    leaving = [ticket for ticket in waiting_of(state, session.id) if ticket.queue == queue.id]
    ids = {ticket.id for ticket in leaving}
    lane = state.lanes.get((queue.id, afternoon.doctor), [])
    staying = [rank for rank, ticket_id in lane if ticket_id not in ids]
    # Whoever of the afternoon already stands within the locked head keeps the place.
    fixed = [rank for rank, ticket_id in lane[: queue.stamps.lock] if ticket_id not in ids]
    key = _head_key(queue, afternoon, staying)
    moved: list[e.Event] = []
    behind: Rank | None = None
    for seq, ticket in enumerate(leaving, state.seq + 1):
        standing = ticket.rank if ticket.lane == (queue.id, afternoon.doctor) else None
        passed = [rank for rank in fixed if standing is None or rank < standing]
        behind = max(passed if behind is None else [*passed, behind], default=None)
        sentence = with_lock(LEFTOVER, queue.stamps.lock) if behind is not None else LEFTOVER
        moved.append(
            e.Stamped(
                ticket=ticket.id,
                number=ticket.number,
                queue=queue.id,
                doctor=afternoon.doctor,
                rank=(ROUTINE_TIER, key, seq) if behind is None else (*behind, seq),
                stamp=e.Stamp("leftover", "moved", sentence, None),
                seq=seq,
                why="leftover",
                continues_in=afternoon.id,
            )
        )
    return moved


def _head_key(queue: Queue, afternoon: ClinicSession, staying: list[Rank]) -> int:
    """A moment before anything that the afternoon's own stamps can give, and before those who have theirs."""
    every = [queue.stamps, *queue.stamp_sets.values()]
    rules = [rule for stamps in every for rule in all_rules(stamps)]
    least = min((rule.allowance_min for rule in rules if isinstance(rule, TimeStamp)), default=0)
    credit = max(greatest_credit_min(stamps) for stamps in every)
    key = afternoon.starts_at + (min(0, least) - credit) * MINUTE
    return min([key, *(rank[1] for rank in staying if rank[0] == ROUTINE_TIER)]) - 1


def to_new_doctor(state: State, session: ClinicSession) -> list[e.Event]:
    """Move the session's waiting tickets into the list of the doctor who holds it now; their order stays.

    Whoever waits by a count of calls gets the place that the count would have given: the calls were the other list's.
    """
    leaving = {
        ticket.id for ticket in waiting_of(state, session.id) if ticket.doctor != session.doctor and not ticket.assigned
    }
    lanes = _sorted({state.tickets[ticket_id].lane for ticket_id in leaving})
    lines: dict[str, Line] = {}
    moved: list[e.Event] = []
    seq = state.seq
    before: Rank | None = None
    for ticket in in_order(state, lanes):
        rank = ticket.rank
        if ticket.id in leaving:
            seq += 1
            if ticket.queue not in lines:
                entries = state.lanes.get((ticket.queue, session.doctor), [])
                lines[ticket.queue] = Line(entries, lock_of(state, ticket.queue))
            line = lines[ticket.queue]
            if rank is None:
                joined_at = ticket.rejoined_at or ticket.issued_at
                rank = (*before, seq) if before else rank_by_place(line.ranks(), line.lock, seq, joined_at)
            rank, locked = behind_lock(line, rank)
            sentence = changed_doctor(ticket.stamp.sentence)
            moved.append(
                e.Stamped(
                    ticket=ticket.id,
                    number=ticket.number,
                    queue=ticket.queue,
                    doctor=session.doctor,
                    rank=rank,
                    stamp=replace(
                        ticket.stamp, sentence=with_lock(sentence, line.lock) if locked else sentence, fifo=None
                    ),
                    seq=seq,
                    why="moved",
                )
            )
        before = rank or before
    return moved


def left_lanes(state: State, events: list[e.Event]) -> list[Lane]:
    """The lists that the tickets of ``events`` leave or come back into, of a state before these events."""
    leaving = (event.ticket for event in events if isinstance(event, e.Lapsed | e.NoShow | e.Stamped))
    lanes = {state.tickets[ticket].lane for ticket in leaving if state.tickets[ticket].status in LIVE}
    return _sorted(lanes | {(event.queue, event.doctor) for event in events if isinstance(event, e.SteppedBack)})


def handed_on(state: State, lane: Lane) -> list[e.Event]:
    """The stamps of those in ``lane`` whose turn came because somebody before them in a list of place stamps left."""
    return [replace(stamped(state, placed), why="handed_on") for placed in Course(state, [lane]).due()]


def _sorted(lanes: Iterable[Lane]) -> list[Lane]:
    return sorted(lanes, key=lambda lane: (lane[0], lane[1] or ""))
