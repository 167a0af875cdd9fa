"""Who has waited longer than the queue's limit. Staff are told; nobody is ever moved by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from queue_server.engine.sessions import session_of
from queue_server.engine.stamps import MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.engine.entries import Ticket
    from queue_server.engine.state import State


class Overdue(NamedTuple):
    """A ticket whose wait passed the limit of ``limit_min`` minutes at ``since``, UTC microseconds."""

    ticket: Ticket
    since: int
    limit_min: int


def overdue(state: State, now: int, queues: Iterable[str] | None = None) -> list[Overdue]:
    """The waiting tickets that have passed their queue's limit at ``now``, longest first; of ``queues``, or of all.

    A wait begins with the check-in, not before the clinic session, and anew with the return after a miss. Of an
    emergency queue it is the wait for the triage: afterwards the limits of the level hold (``triage_alarms``).
    """
    if state.index is None:
        return []
    limits = {queue.id: queue.wait_limit_min for queue in state.index.queues.values() if queue.wait_limit_min > 0}
    wanted = limits if queues is None else {queue: limits[queue] for queue in queues if queue in limits}
    found = [
        Overdue(ticket, since, wanted[ticket.queue])
        for ticket_id in _waiting_in(state, wanted)
        if state.tickets[ticket_id].triage is None
        and (since := waits_since(state, ticket := state.tickets[ticket_id]) + wanted[ticket.queue] * MINUTE) <= now
    ]
    return sorted(found, key=lambda entry: (entry.since, entry.ticket.id))


def waits_since(state: State, ticket: Ticket) -> int:
    """Since when the ticket waits, UTC microseconds."""
    session = session_of(state, ticket)
    return max(ticket.rejoined_at or ticket.issued_at, session.starts_at if session else 0)


def _waiting_in(state: State, queues: Iterable[str]) -> Iterable[str]:
    wanted = set(queues)
    for (queue, _), entries in state.lanes.items():
        if queue in wanted:
            yield from (ticket for _, ticket in entries)
    for key, members in state.fifos.items():
        if key[1] in wanted:
            yield from (ticket for _, ticket in members)
