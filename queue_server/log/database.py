"""One SQLite connection, opened the one way this project opens it.

A ``Database`` belongs to the thread that opened it: a shared one would share its transactions. Writers begin with
``BEGIN IMMEDIATE``, because a deferred transaction that turns into a writer fails at once when another one is writing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlite_utils import Database

from queue_server.log.binding import sqlite3
from queue_server.log.errors import LogUnusableError, sentence_for

BUSY_TIMEOUT_MS = 5000
"""How long a statement waits for another process's transaction, such as an enrolment code written by the command."""

SYNCHRONOUS = "FULL"
"""Every commit reaches the disk before it is answered. With ``NORMAL`` or ``OFF`` a power cut takes acknowledged
commits away; the test that cuts the power shows it."""

_FIXED = (3, 51, 3)
_BACKPORTS = {(3, 50): 7, (3, 44): 6}
# https://sqlite.org/wal.html#walreset: 3.7.0 to 3.51.2 can lose pages of a WAL that two connections reset at once.


def check_library(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> None:
    """Refuse a SQLite library that can corrupt a database in WAL mode.

    Raises:
        LogUnusableError: the library is older than 3.51.3 and is neither 3.50.7 nor 3.44.6 or a later patch of these.
    """
    patch = _BACKPORTS.get(version[:2])
    if version >= _FIXED or (patch is not None and version[2] >= patch):
        return
    found = ".".join(map(str, version))
    raise LogUnusableError(
        f"The SQLite library is {found}; versions before 3.51.3 can corrupt a database in WAL mode. Nothing was "
        "opened. Install the pinned dependencies (pysqlite3 brings a fixed library) and start again."
    )


def open_database(path: Path, *, read_only: bool = False) -> Database:
    """Open the database at ``path`` for the calling thread.

    Args:
        path: the file; it is created when missing, unless ``read_only``.
        read_only: refuse every write on this connection.

    Raises:
        LogUnusableError: the library is too old, or the file cannot be opened or is no database.
    """
    check_library()
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
            uri=True,
            timeout=BUSY_TIMEOUT_MS / 1000,
            cached_statements=256,
        )
        database = Database(connection)
        for pragma in (
            "journal_mode = WAL" if not read_only else "query_only = ON",
            f"synchronous = {SYNCHRONOUS}",
            "foreign_keys = ON",
            "secure_delete = ON",
            "trusted_schema = OFF",
            "temp_store = MEMORY",
            "journal_size_limit = 67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        raise LogUnusableError(f"{path}: {sentence_for(error).en} {error}") from error
    return database


@contextmanager
def transaction(database: Database) -> Iterator[Database]:
    """Run the block as one immediate transaction: committed at its end, rolled back when it raises."""
    database.conn.execute("BEGIN IMMEDIATE")
    try:
        yield database
        database.conn.execute("COMMIT")
    except BaseException:
        database.rollback()
        raise


def as_json(rows: Sequence[tuple[object, ...]]) -> str:
    """Rows of text, integers and nulls as the one argument that a statement reads with ``json_each``."""
    return msgspec.json.encode(rows).decode()
