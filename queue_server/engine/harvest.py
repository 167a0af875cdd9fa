"""A day ends and what it taught is kept: the tickets that go become the queue's record."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import TYPE_CHECKING

from queue_server.engine.record import DAYS, Judged, QueueRecord, Waits, cell_of, with_ratios

if TYPE_CHECKING:
    from collections.abc import Collection

    from queue_server.engine.entries import Ticket
    from queue_server.engine.events import Expected
    from queue_server.engine.state import State

_SECOND = 1_000_000
_PER_MILLE = 1_000
_MOST_RATIO = 1_000_000
"""A wait a thousand times its base is a clock put right, or a ticket forgotten; it counts as long and no longer."""


def keep_record(state: State, carried: Collection[str]) -> None:
    """Add what the tickets of the day that ends say, those that are not ``carried`` over, to their queues' records."""
    if state.day is None or state.index is None:
        return
    gone: dict[str, list[tuple[int, str, Ticket]]] = {}
    for ticket in state.tickets.values():
        if ticket.id not in carried and ticket.first_called_at is not None and _is_of_the_queue(ticket):
            gone.setdefault(ticket.queue, []).append((ticket.first_called_at, ticket.id, ticket))
    record: dict[str, QueueRecord] = {}
    for queue in state.index.queues:
        before = state.record.get(queue, QueueRecord())
        called = [ticket for *_, ticket in sorted(gone.get(queue, []), key=lambda entry: entry[:2])]
        kept = _with_day(state, queue, before, called)
        if kept != QueueRecord():
            record[queue] = kept
    state.record = record


def _is_of_the_queue(ticket: Ticket) -> bool:
    """Whether its wait was the queue's: not one of paper, nor one that was spent at the other stops of a slip."""
    return not ticket.backfilled and ticket.slip is None


def _with_day(state: State, queue: str, before: QueueRecord, called: list[Ticket]) -> QueueRecord:
    ratios: dict[str, list[int]] = {}
    for ticket in called:
        if ticket.expected is not None and ticket.first_called_at is not None:
            cell = cell_of(ticket.expected.kind, ticket.expected.bin)
            ratio = ratio_of(ticket.expected, ticket.first_called_at - ticket.issued_at)
            ratios.setdefault(cell, []).append(ratio)
    waits = dict(before.waits)
    for cell in sorted(ratios):
        waits[cell] = with_ratios(waits.get(cell, Waits()), ratios[cell])
    overtakes, waited_s = _overtakes(called)
    inside, judged = state.judged.get(queue, (0, 0))
    day = state.day.day if state.day else ""
    days = (*before.days, Judged(day, inside, judged)) if judged else before.days
    return QueueRecord(
        waits,
        _services(state, queue, before),
        before.overtakes // 2 + overtakes,
        before.waited_s // 2 + waited_s,
        days[-DAYS:],
    )


def ratio_of(expected: Expected, wait: int) -> int:
    """1000 x wait / base, the wait (microseconds) counted from the session's beginning where that came later."""
    waited_s = max(0, wait - expected.until_s * _SECOND) // _SECOND
    return min(_MOST_RATIO, waited_s * _PER_MILLE // max(1, expected.base_s))


def _services(state: State, queue: str, before: QueueRecord) -> dict[str, tuple[int, int]]:
    today = {server or "": figures for (of, server), figures in state.service.items() if of == queue}
    services: dict[str, tuple[int, int]] = {}
    for server in sorted({*before.services, *today}):
        past, total = before.services.get(server, (0, 0))
        count, taken = today.get(server, (0, 0))
        # Half of a count rounded down takes its share of the time with it.
        kept = past // 2
        services[server] = (kept + count, (total * kept // past if past else 0) + taken)
    return {server: figures for server, figures in services.items() if figures[0] > 0}


def _overtakes(called: list[Ticket]) -> tuple[int, int]:
    """How many were called before somebody who had checked in before them, and for how many seconds all waited."""
    overtakes = waited = 0
    earlier: dict[str | None, list[int]] = {}
    for ticket in called:
        seen = earlier.setdefault(ticket.doctor, [])
        overtakes += len(seen) - bisect_right(seen, ticket.issued_at)
        insort(seen, ticket.issued_at)
        waited += (ticket.first_called_at or ticket.issued_at) - ticket.issued_at
    return (overtakes, waited // _SECOND)
