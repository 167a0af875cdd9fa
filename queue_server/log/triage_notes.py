"""Erasable triage notes: what was measured and seen, and why a nurse chose another level than the suggested one.

The log has the level and who gave it; vital signs and free text stand here alone. A note belongs to a ticket and to the
log position of its ``Triaged``; whose it is the ticket's row says, so that a patient who was unknown needs no further
writing once known, and somebody who never was is erased by ticket.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlite_utils import Database

from queue_server.engine.events import Recorded, Triaged
from queue_server.log.binding import sqlite3
from queue_server.log.erasing import rewrite


class TriageNote(msgspec.Struct, frozen=True):
    """What is kept beside a level: the findings as JSON, and the reason where the level is the nurse's own."""

    findings: str
    reason: str | None

    def __repr__(self) -> str:
        """Without anything about the person: this object may meet a log."""
        return "TriageNote(<redacted>)"


class KeptNote(msgspec.Struct, frozen=True):
    """A note as read back, with what the log has of it. ``at`` in UTC microseconds."""

    position: int
    at: int
    actor: str
    level: str
    findings: str
    reason: str | None

    def __repr__(self) -> str:
        """Without anything about the person: this object may meet a log."""
        return f"KeptNote(position={self.position}, <redacted>)"


_INSERT = "INSERT INTO triage_notes (ticket, position, at, findings, reason) VALUES (?, ?, ?, ?, ?)"
_OF_TICKET = """
    SELECT note.position, note.at, event.actor, event.body ->> '$.level', note.findings, note.reason
    FROM triage_notes AS note JOIN events AS event ON event.position = note.position AND event.site = ?
    WHERE note.ticket = ? ORDER BY note.position
"""
_OF_PERSON = "DELETE FROM triage_notes WHERE ticket IN (SELECT ticket FROM tickets WHERE person = ?)"
_UNUSED = """
    DELETE FROM triage_notes WHERE at < ? OR ticket IN (
        SELECT ticket FROM tickets WHERE person IN (SELECT person FROM people WHERE updated_at < ?)
    )
"""


def keep(conn: sqlite3.Connection, events: Iterable[Recorded], note: TriageNote) -> None:
    """Write ``note`` to the ``Triaged`` among ``events``, within the caller's transaction."""
    rows = [
        (recorded.event.ticket, recorded.position, recorded.at, note.findings, note.reason)
        for recorded in events
        if isinstance(recorded.event, Triaged)
    ]
    conn.executemany(_INSERT, rows)


def notes_of(database: Database, site: str, ticket: str) -> list[KeptNote]:
    """The notes of a ticket, oldest first; those that were erased are gone."""
    return [KeptNote(*row) for row in database.conn.execute(_OF_TICKET, (site, ticket))]


def erase_of_person(conn: sqlite3.Connection, person: str) -> bool:
    """Delete the notes of every ticket of ``person`` within the caller's transaction; whether there were any."""
    return _erased(conn, conn.execute(_OF_PERSON, (person,)).rowcount)


def erase_of_ticket(database: Database, ticket: str) -> bool:
    """Delete the notes of one ticket within the caller's transaction; whether there were any.

    The bytes leave the disk with the truncating checkpoint that ``Service.erase_ticket`` adds.
    """
    conn = database.conn
    return _erased(conn, conn.execute("DELETE FROM triage_notes WHERE ticket = ?", (ticket,)).rowcount)


def erase_unused(conn: sqlite3.Connection, before: int) -> bool:
    """Delete the notes of an age, within the caller's transaction; whether there were any.

    Those written before ``before`` (UTC microseconds), and those of people who are not known any more from then on.
    """
    return _erased(conn, conn.execute(_UNUSED, (before, before)).rowcount)


def _erased(conn: sqlite3.Connection, rows: int) -> bool:
    if rows > 0:
        rewrite(conn, ("triage_notes",))
    return rows > 0
