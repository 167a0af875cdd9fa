"""Tables for queries, derived from the log in the transaction that appends to it, and rebuildable from it.

A ticket's row is what the state says of it after the event; an undo therefore needs no reasoning of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from queue_server.engine.entries import Ticket
from queue_server.engine.events import (
    BookingMissed,
    Called,
    IdentityMerged,
    PaperCallRecorded,
    Recalled,
    Recorded,
    TicketIssued,
    Undone,
)
from queue_server.engine.state import State
from queue_server.log.binding import sqlite3
from queue_server.log.database import as_json

UPSERT_TICKETS = """
    INSERT INTO tickets (
        ticket, number, queue, clinic, session, doctor, person, origin, channel, status, rule, slot_start, issued_at,
        called_at, started_at, ended_at, station, calls, misses, printed, backfilled, position, extra, by_proxy,
        returned
    )
    SELECT
        value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
        value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15,
        value ->> 16, value ->> 17, value ->> 18, value ->> 19, value ->> 20, value ->> 21, value ->> 22,
        value ->> 23, value ->> 24
    FROM json_each({rows}) WHERE TRUE
    ON CONFLICT (ticket) DO UPDATE SET
        number = excluded.number, queue = excluded.queue, clinic = excluded.clinic, session = excluded.session,
        doctor = excluded.doctor, returned = excluded.returned, status = excluded.status, rule = excluded.rule,
        called_at = excluded.called_at, started_at = excluded.started_at, ended_at = excluded.ended_at,
        station = excluded.station, calls = excluded.calls, misses = excluded.misses, printed = excluded.printed,
        backfilled = excluded.backfilled, position = excluded.position
"""
"""A ticket's last word, from a JSON array of rows; what is left out hardly ever changes once the ticket is issued.

``person`` does where an unknown patient becomes known: a statement of its own, since a column that is named here has
its index written at every event of every ticket.
"""

INSERT_CALLS = """
    INSERT INTO calls (position, ticket, queue, station, called_at, kind, withdrawn)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, 0 FROM json_each({rows})
"""
_SET_PERSON = "UPDATE tickets SET person = ? WHERE ticket = ? AND person IS NOT ?"
_KEEP_FEE = """
    INSERT INTO fees (registration, ticket, clinic, issued_at, fen, saved_fen, rule) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (registration) DO UPDATE SET
        ticket = excluded.ticket, clinic = excluded.clinic, issued_at = excluded.issued_at, fen = excluded.fen,
        saved_fen = excluded.saved_fen, rule = excluded.rule
"""
_KEEP_UNKEPT = """
    INSERT INTO unkept (appointment, person, session, clinic, doctor, slot_start) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (appointment) DO NOTHING
"""
_FORGET_UNKEPT = "DELETE FROM unkept WHERE appointment = ?"
_WITHDRAW = "UPDATE calls SET withdrawn = 1 WHERE position BETWEEN ? AND ?"


@dataclass(slots=True)
class Rows:
    """What one command does to the projections: the last word on each ticket, calls made and withdrawn, and persons."""

    tickets: dict[str, tuple[object, ...]] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    withdrawn: list[tuple[int, int]] = field(default_factory=list)
    persons: dict[str, str | None] = field(default_factory=dict)
    """By ticket: whose it may have become or ceased to be."""
    fees: list[tuple[object, ...]] = field(default_factory=list)
    unkept: list[tuple[object, ...]] = field(default_factory=list)
    kept_after_all: list[str] = field(default_factory=list)
    """Bookings that were noted as missed, and to which somebody came all the same: entered from paper, for example."""

    def add(self, state: State, recorded: Recorded) -> None:
        """Add what ``recorded`` does, given the ``state`` right after it: a later event may drop a ticket."""
        event = recorded.event
        match event:
            case Undone():
                self.withdrawn.append((event.first, event.last))
                for each in event.tickets:
                    self._keep(state, each)
                    self._keep_person(state, each)
                return
            case BookingMissed():
                self.unkept.append(
                    (event.appointment, event.person, event.session, event.clinic, event.doctor, event.slot_start)
                )
            case TicketIssued():
                self._issued(state, event, recorded.at)
            case IdentityMerged():
                self._keep_person(state, event.ticket)
            case Called():
                self._call(recorded.position, event, recorded.at, "call" if event.picked is None else "pick")
            case Recalled():
                self._call(recorded.position, event, recorded.at, "recall")
            case PaperCallRecorded():
                self._call(recorded.position, event, event.called_at, "paper")
            case _:
                pass
        ticket: str | None = getattr(event, "ticket", None)
        if ticket is not None:
            self._keep(state, ticket)

    def _issued(self, state: State, event: TicketIssued, at: int) -> None:
        fee = event.fee
        if fee is not None and event.origin_ref is not None:
            self.fees.append((event.origin_ref, event.ticket, event.clinic, at, fee.fen, fee.saved_fen, fee.rule))
        if event.origin_ref in state.unkept:
            self.kept_after_all.append(event.origin_ref)

    def _keep(self, state: State, ticket: str) -> None:
        # An event's ticket is in the state right after it. Were it not, its row would keep the last word before.
        if (held := state.tickets.get(ticket)) is not None:
            self.tickets[ticket] = _row(held)

    def _keep_person(self, state: State, ticket: str) -> None:
        if (held := state.tickets.get(ticket)) is not None:
            self.persons[ticket] = held.person

    def _call(self, position: int, event: Called | Recalled | PaperCallRecorded, at: int, kind: str) -> None:
        self.calls.append((position, event.ticket, event.queue, event.station, at, kind))


def _row(ticket: Ticket) -> tuple[object, ...]:
    return (
        ticket.id,
        ticket.number,
        ticket.queue,
        ticket.clinic,
        ticket.session,
        ticket.doctor,
        ticket.person,
        ticket.origin,
        ticket.channel,
        ticket.status,
        ticket.stamp.rule,
        ticket.slot_start,
        ticket.issued_at,
        ticket.called_at,
        ticket.started_at,
        ticket.finished_at or ticket.ended_at,
        ticket.station,
        ticket.calls,
        ticket.misses,
        ticket.print,
        int(ticket.backfilled),
        ticket.touched,
        ticket.extra,
        int(ticket.by_proxy),
        ticket.returned,
    )


def joined(batch: Iterable[Rows]) -> Rows:
    """What a batch of commands does together: the last word on each ticket, and all calls."""
    rows = Rows()
    for each in batch:
        rows.tickets.update(each.tickets)
        rows.calls += each.calls
        rows.withdrawn += each.withdrawn
        rows.persons.update(each.persons)
        rows.fees += each.fees
        rows.unkept += each.unkept
        rows.kept_after_all += each.kept_after_all
    return rows


def amend(conn: sqlite3.Connection, rows: Rows) -> None:
    """What few batches have, once all tickets and calls are in: calls taken back, persons known, fees, bookings."""
    if rows.fees:
        conn.executemany(_KEEP_FEE, rows.fees)
    if rows.unkept:
        conn.executemany(_KEEP_UNKEPT, rows.unkept)
    if rows.kept_after_all:
        conn.executemany(_FORGET_UNKEPT, [(appointment,) for appointment in rows.kept_after_all])
    if rows.withdrawn:
        conn.executemany(_WITHDRAW, rows.withdrawn)
    if rows.persons:
        conn.executemany(_SET_PERSON, [(person, ticket, person) for ticket, person in rows.persons.items()])


def write(conn: sqlite3.Connection, batch: Iterable[Rows]) -> None:
    """Write ``batch``, in order, within the caller's transaction, to rebuild the tables."""
    rows = joined(batch)
    conn.execute(UPSERT_TICKETS.format(rows="?"), (as_json(list(rows.tickets.values())),))
    conn.execute(INSERT_CALLS.format(rows="?"), (as_json(rows.calls),))
    amend(conn, rows)


def clear(conn: sqlite3.Connection) -> None:
    """Empty the projections, to be written again from the log."""
    conn.execute("DELETE FROM calls")
    conn.execute("DELETE FROM fees")
    conn.execute("DELETE FROM unkept")
    conn.execute("DELETE FROM tickets")
