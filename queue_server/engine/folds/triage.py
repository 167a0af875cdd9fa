"""How the events of triage change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.folds.records import change
from queue_server.engine.state import State
from queue_server.engine.transitions import after
from queue_server.engine.triaged import TriageRecord

if TYPE_CHECKING:
    from queue_server.engine.events import Recorded


def _triaged(state: State, recorded: Recorded, event: e.Triaged) -> None:
    held = state.tickets[event.ticket].triage
    record = TriageRecord(
        level=event.level,
        suggested=event.suggested,
        overridden=event.overridden,
        channel=event.channel,
        version=event.version,
        tier=event.tier,
        key=event.key,
        at=recorded.at,
        first_at=recorded.at if held is None else held.first_at,
        respond_by=event.respond_by,
        reassess_at=event.reassess_at,
        times=1 if held is None else held.times + 1,
    )
    fields = {"rank": event.rank, "place": None, "stamp": event.stamp, "placed": recorded.position, "triage": record}
    state.seq = event.seq
    change(state, recorded, event.ticket, "Triaged", **fields)


def _reassessment_due(state: State, _recorded: Recorded, event: e.ReassessmentDue) -> None:
    ticket = state.tickets[event.ticket]
    status = after(ticket.status, "ReassessmentDue")
    due = replace(ticket.triage, due_since=event.due_at) if ticket.triage is not None else None
    # Not touched: that a moment has come is nobody's act, and what was done before it can still be taken back.
    state.put_ticket(replace(ticket, status=status, triage=due))


def _identity_merged(state: State, recorded: Recorded, event: e.IdentityMerged) -> None:
    change(state, recorded, event.ticket, "IdentityMerged", person=event.person)


FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {
    e.Triaged: _triaged,
    e.ReassessmentDue: _reassessment_due,
    e.IdentityMerged: _identity_merged,
}
