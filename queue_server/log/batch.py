"""A batch as one statement: events, outcomes and projections go in together.

Every statement gives the interpreter to another thread and waits until it comes back; with one statement a table, the
writer's thread and the event loop's took it from each other some forty times a batch, and under load that cost more
than the writing. So the rows travel as JSON arrays in one row of a view of this connection, and its trigger spreads
them over the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from queue_server.log.binding import sqlite3
from queue_server.log.database import as_json
from queue_server.log.projections import INSERT_CALLS, UPSERT_TICKETS

_VIEW = """
    CREATE TEMP VIEW appended AS
    SELECT NULL AS site, NULL AS batch, NULL AS events, NULL AS outcomes, NULL AS tickets, NULL AS calls
"""
_STATEMENTS = (
    """
    INSERT INTO events (site, position, decided_at, stream, at, actor, command_id, type, v, body, chain)
    SELECT
        NEW.site, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
        value ->> 7, value ->> 8, unhex(value ->> 9)
    FROM json_each(NEW.events)
    """,
    """
    INSERT INTO outcomes (site, actor, command_id, digest, position, ticket)
    SELECT NEW.site, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(NEW.outcomes)
    """,
    UPSERT_TICKETS.format(rows="NEW.tickets"),
    INSERT_CALLS.format(rows="NEW.calls"),
    """
    INSERT INTO batches (site, batch) VALUES (NEW.site, NEW.batch)
    ON CONFLICT (site) DO UPDATE SET batch = excluded.batch
    """,
)
_APPEND = "INSERT INTO appended (site, batch, events, outcomes, tickets, calls) VALUES (?, ?, ?, ?, ?, ?)"

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one transaction, each table's in the order of its columns below."""

    site: str
    batch: str
    events: Sequence[Row]
    outcomes: Sequence[Row]
    tickets: Sequence[Row]
    calls: Sequence[Row]


def prepare(conn: sqlite3.Connection) -> None:
    """Make ``append`` possible on this connection; nothing of it is kept in the file."""
    conn.execute(_VIEW)
    conn.execute(f"CREATE TEMP TRIGGER append INSTEAD OF INSERT ON appended BEGIN {'; '.join(_STATEMENTS)}; END")


def append(conn: sqlite3.Connection, batch: Batch) -> None:
    """Insert everything within the caller's transaction.

    Raises:
        sqlite3.Error: nothing of it was inserted.
    """
    rows = [as_json(each) for each in (batch.events, batch.outcomes, batch.tickets, batch.calls)]
    conn.execute(_APPEND, (batch.site, batch.batch, *rows))
