"""How the events of a ticket by itself change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.entries import Held, Ticket
from queue_server.engine.folds.records import change, join_list, leave_station
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.events import Recorded


def _issued(state: State, recorded: Recorded, event: e.TicketIssued) -> None:
    if event.serial is not None:
        state.counters[event.queue] = event.serial
    state.seq = event.seq
    state.put_ticket(
        Ticket(
            id=event.ticket,
            number=event.number,
            queue=event.queue,
            clinic=event.clinic,
            session=event.session,
            doctor=event.doctor,
            person=event.person,
            origin=event.origin,
            origin_ref=event.origin_ref,
            slot_start=event.slot_start,
            slot_end=event.slot_end,
            credits=tuple(event.credits),
            channel=event.channel,
            link=event.link,
            issued_at=recorded.at,
            status="waiting" if event.slip is None else "away",
            rank=event.rank if event.slip is None else None,
            place=event.place,
            stamp=event.stamp,
            touched=recorded.position,
            placed=recorded.position,
            backfilled=event.channel == "backfill",
            expected=event.expected,
            returned=int(event.returns),
            extra=event.extra,
            by_proxy=event.by_proxy,
            slip=event.slip,
            fee=event.fee,
            away=None if event.slip is None else "slip",
            held=None if event.slip is None else Held(event.rank, None),
        )
    )
    join_list(state, recorded, event.place)


def _printed(state: State, _recorded: Recorded, event: e.PrintReported) -> None:
    before = state.tickets[event.ticket]
    # A further copy that fails does not unmake the first one.
    outcome = before.print if event.reprint and before.print == "done" else event.outcome
    copies = before.copies + (event.reprint and event.outcome == "done")
    state.put_ticket(replace(before, print=outcome, copies=copies))


def _stamped(state: State, recorded: Recorded, event: e.Stamped) -> None:
    before = state.tickets[event.ticket]
    if before.place is not None:
        key = before.place.fifo
        state.countdowns[key] = replace(state.countdowns[key], touched=recorded.position)
    state.seq = event.seq
    change(
        state,
        recorded,
        event.ticket,
        "Stamped",
        queue=event.queue,
        doctor=event.doctor,
        rank=event.rank,
        place=None,
        stamp=event.stamp,
        placed=recorded.position,
        continues_in=event.continues_in or before.continues_in,
        due_at_count=event.due_at_count,
    )


def _ended(state: State, recorded: Recorded, event: e.Cancelled | e.Lapsed | e.NoShow) -> None:
    change(state, recorded, event.ticket, type(event).__name__, rank=None, place=None, ended_at=recorded.at)
    leave_station(state, recorded, event.station, event.ticket)


FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {
    e.TicketIssued: _issued,
    e.Stamped: _stamped,
    e.Cancelled: _ended,
    e.Lapsed: _ended,
    e.NoShow: _ended,
    e.PrintReported: _printed,
}
