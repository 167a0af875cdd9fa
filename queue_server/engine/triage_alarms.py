"""Who waits longer than the level of triage allows. Staff are told; nobody is moved by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.engine.entries import Ticket
    from queue_server.engine.state import State
    from queue_server.engine.triaged import TriageRecord


class TriageAlarm(NamedTuple):
    """A waiting ticket and what is late about it.

    Attributes:
        ticket: the ticket.
        triage: its level, as it stands.
        kind: ``reassess``: a nurse has to look again; ``respond``: a physician should have seen the patient.
        since: since when, UTC microseconds.
    """

    ticket: Ticket
    triage: TriageRecord
    kind: Literal["reassess", "respond"]
    since: int


def triage_alarms(state: State, now: int, queues: Iterable[str] | None = None) -> list[TriageAlarm]:
    """What is late at ``now`` in the emergency queues among ``queues``, or in all; the most urgent level first."""
    if state.index is None:
        return []
    wanted = set(state.index.queues if queues is None else queues)
    found: list[TriageAlarm] = []
    for (queue, _), entries in state.lanes.items():
        configured = state.index.queues.get(queue)
        if configured is None or not configured.triage or queue not in wanted:
            continue
        for _, ticket_id in entries:
            ticket = state.tickets[ticket_id]
            if (held := ticket.triage) is None:
                continue
            if held.respond_by <= now:
                found.append(TriageAlarm(ticket, held, "respond", held.respond_by))
            if held.due_since is not None:
                found.append(TriageAlarm(ticket, held, "reassess", held.due_since))
    return sorted(found, key=lambda alarm: (alarm.triage.tier, alarm.since, alarm.ticket.id, alarm.kind))
