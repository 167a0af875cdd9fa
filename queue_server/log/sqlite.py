"""The event log in SQLite: one object for each thread, each with a connection of its own."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlite_utils import Database

from queue_server.engine.events import Recorded, decode, encode
from queue_server.log import batch, people, projections, triage_notes
from queue_server.log.binding import sqlite3
from queue_server.log.chain import GENESIS, Row, link
from queue_server.log.database import open_database, transaction
from queue_server.log.errors import CommitUnknownError, LogUnusableError, NotWrittenError, sentence_for
from queue_server.log.event_log import Decided, Outcome, Snapshot, Write
from queue_server.log.migrations import check_schema, migrate

_STREAM = "lobby"
_PROBE_BYTES = 256 * 1024
# A probe has to find room for about what a busy batch needs, or service would flap on an almost full disk.

_SELECT_EVENTS = """
    SELECT position, at, actor, command_id, type, v, CAST(body AS BLOB)
    FROM events WHERE site = ? AND position > ? ORDER BY position LIMIT ?
"""
_SELECT_COMMANDS = "SELECT command_id FROM outcomes WHERE site = ?"
_SELECT_OUTCOME = "SELECT digest, position, ticket FROM outcomes WHERE site = ? AND actor = ? AND command_id = ?"
_ACKNOWLEDGED = """
    SELECT max(
        coalesce((SELECT max(position) FROM outcomes WHERE site = :site), 0),
        coalesce((SELECT max(position) FROM snapshots WHERE site = :site), 0)
    )
"""
_LAST_EVENT = "SELECT position, chain FROM events WHERE site = ? ORDER BY position DESC LIMIT 1"

_End = tuple[int, bytes]
"""The last event's position and chain value."""


class SqliteLog:
    """A site's log in the database at ``path``, for the thread that made this object.

    Args:
        path: the database file.
        site: whose log.
        key: the secret under which identities are found again; needed where people are written.
        read_only: open for reading; the schema must be up to date.

    Raises:
        LogUnusableError: see ``open_database`` and ``migrate``.
    """

    def __init__(self, path: Path, site: str, *, key: bytes = b"", read_only: bool = False) -> None:
        self.path = path
        self.site = site
        self._key = key
        self._read_only = read_only
        self._batch = ""
        self._end: _End | None = None
        self.database = self._open()
        self._conn = self.database.conn
        self._is_open = True

    def _open(self) -> Database:
        database = open_database(self.path, read_only=self._read_only)
        try:
            if self._read_only:
                check_schema(database)
            else:
                migrate(database)
                batch.prepare(database.conn)
        except BaseException:
            database.close()
            raise
        return database

    def position(self) -> int:
        """The position of the last event; 0 when there is none."""
        return self._last()[0]

    def acknowledged(self) -> int:
        """The last position of which an answer or a snapshot was ever written: a whole log goes as far at least."""
        return int(self._conn.execute(_ACKNOWLEDGED, {"site": self.site}).fetchone()[0])

    def _last(self) -> _End:
        row = self._conn.execute(_LAST_EVENT, (self.site,)).fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)

    def append(self, work: Sequence[Decided | Write]) -> None:
        """Write everything as one transaction, wholly or not at all, durable on return.

        Raises:
            NotWrittenError: nothing was written; a position that is already taken says so too.
            CommitUnknownError: ``was_committed`` has to be asked, later if need be.
        """
        self._batch = secrets.token_hex(8)
        # Kept from one batch to the next; after one that failed it is read again.
        before = self._end
        self._end = None
        self._connect()
        try:
            self._conn.execute("BEGIN IMMEDIATE")
            end = self._write(work, before or self._last())
        except sqlite3.Error as error:
            self._roll_back()
            raise NotWrittenError(sentence_for(error), str(error)) from error
        except Exception as error:
            # A defect in one command must not end the writer; its batch is refused and the reason logged.
            self._roll_back()
            raise NotWrittenError(sentence_for(sqlite3.OperationalError()), repr(error)) from error
        try:
            self._conn.execute("COMMIT")
        except sqlite3.Error as error:
            # Whatever becomes of the connection now: the commit may have happened, and has to be looked up.
            with contextlib.suppress(NotWrittenError):
                self._roll_back()
            raise CommitUnknownError(sentence_for(error), str(error)) from error
        self._end = end

    def _write(self, work: Sequence[Decided | Write], end: _End) -> _End:
        decided = [item for item in work if isinstance(item, Decided)]
        for item in decided:
            if item.people:
                people.upsert_all(self._conn, item.people, self._key, item.at)
            if item.note is not None:
                triage_notes.keep(self._conn, item.events, item.note)
        rows = projections.joined(item.rows for item in decided)
        outcomes = [
            (item.actor, item.command_id, done.digest, done.position, done.ticket)
            for item in decided
            if (done := item.outcome) is not None
        ]
        events, end = self._event_rows(decided, end)
        batch.append(
            self._conn, batch.Batch(self.site, self._batch, events, outcomes, list(rows.tickets.values()), rows.calls)
        )
        projections.amend(self._conn, rows)
        for beside in work:
            if isinstance(beside, Write):
                self._run(beside)
        return end

    def _event_rows(self, decided: Sequence[Decided], end: _End) -> tuple[list[tuple[object, ...]], _End]:
        rows: list[tuple[object, ...]] = []
        position, chain = end
        for item in decided:
            for recorded in item.events:
                position += 1
                if recorded.position != position:
                    # Somebody else has written, or this process decided on a state it no longer holds.
                    raise sqlite3.IntegrityError(f"position {recorded.position} was decided where {position} is next")
                row = Row(
                    self.site,
                    position,
                    item.decided_at,
                    _STREAM,
                    recorded.at,
                    recorded.actor,
                    recorded.command_id,
                    type(recorded.event).__name__,
                    recorded.event.v,
                    encode(recorded.event),
                )
                chain = link(chain, row)
                rows.append((*row[1:-1], row.body.decode(), chain.hex()))
        return rows, (position, chain)

    def _run(self, item: Write) -> None:
        self._conn.execute("SAVEPOINT beside")
        try:
            item.result = item.run(self.database)
        except Exception as error:
            if not self._conn.in_transaction:
                raise  # A full disk rolls the whole transaction back, savepoint included.
            self._conn.execute("ROLLBACK TO beside")
            item.error = error
        self._conn.execute("RELEASE beside")

    def _roll_back(self) -> None:
        try:
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
        except sqlite3.Error:
            # A connection that cannot even roll back is of no use; the transaction ends with it.
            self._reopen()

    def _reopen(self) -> None:
        self._is_open = False
        with contextlib.suppress(sqlite3.Error):
            self.database.close()
        self._connect()

    def _connect(self) -> None:
        """Open the database again where that failed before.

        Raises:
            NotWrittenError: it still fails.
        """
        if self._is_open:
            return
        try:
            self.database = self._open()
        except LogUnusableError as error:
            raise NotWrittenError(sentence_for(sqlite3.OperationalError()), str(error)) from error
        self._conn = self.database.conn
        self._is_open = True

    def was_committed(self) -> bool:
        """Whether the last ``append`` is in the log.

        Raises:
            NotWrittenError: it cannot be told yet.
        """
        self._connect()
        try:
            row = self._conn.execute("SELECT batch FROM batches WHERE site = ?", (self.site,)).fetchone()
        except sqlite3.Error as error:
            raise NotWrittenError(sentence_for(error), str(error)) from error
        return row is not None and row[0] == self._batch

    def probe(self) -> None:
        """Commit something small, to learn whether the log can be written again.

        Raises:
            NotWrittenError: it still cannot.
        """
        self._connect()
        try:
            with transaction(self.database):
                self._conn.execute(
                    "INSERT OR REPLACE INTO probes (id, filler) VALUES (1, randomblob(?))", (_PROBE_BYTES,)
                )
            with transaction(self.database):
                self._conn.execute("DELETE FROM probes")
        except sqlite3.Error as error:
            raise NotWrittenError(sentence_for(error), str(error)) from error

    def truncate_journal(self) -> bool:
        """Move the write-ahead log into the database and empty its file. Erased bytes are gone when this is true.

        False: a reader held the log for longer than the busy timeout; ask again.

        Raises:
            NotWrittenError: the disk refused.
        """
        try:
            busy, _, _ = self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise NotWrittenError(sentence_for(error), str(error)) from error
        return not busy

    def read(self, after: int, limit: int | None = None) -> Iterator[Recorded]:
        """The events after position ``after``, in order, at most ``limit`` of them."""
        rows = self._conn.execute(_SELECT_EVENTS, (self.site, after, -1 if limit is None else limit))
        for position, at, actor, command_id, kind, version, body in rows:
            yield Recorded(position, at, actor, command_id, decode(kind, version, body))

    def outcome(self, actor: str, command_id: str) -> Outcome | None:
        """The recorded outcome of a command, if it was carried out."""
        row = self._conn.execute(_SELECT_OUTCOME, (self.site, actor, command_id)).fetchone()
        return Outcome(row[0], row[1], row[2]) if row else None

    def command_ids(self) -> Iterator[str]:
        """The ids of all commands that were carried out, in no order."""
        return (command_id for (command_id,) in self._conn.execute(_SELECT_COMMANDS, (self.site,)))

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep ``snapshot`` in place of the one before.

        Raises:
            NotWrittenError: it was not kept; the one before still is.
        """
        digest = hashlib.sha256(snapshot.state).digest()
        try:
            with transaction(self.database):
                self._conn.execute(
                    "INSERT OR REPLACE INTO snapshots (site, position, engine, digest, state) VALUES (?, ?, ?, ?, ?)",
                    (self.site, snapshot.position, snapshot.engine, digest, snapshot.state),
                )
        except sqlite3.Error as error:
            raise NotWrittenError(sentence_for(error), str(error)) from error

    def load_snapshot(self) -> Snapshot | None:
        """The snapshot kept, if it is undamaged."""
        row = self._conn.execute(
            "SELECT position, engine, digest, state FROM snapshots WHERE site = ?", (self.site,)
        ).fetchone()
        if row is None or hashlib.sha256(row[3]).digest() != row[2]:
            return None
        return Snapshot(row[0], row[1], row[3])

    def close(self) -> None:
        """Close the connection."""
        self.database.close()
