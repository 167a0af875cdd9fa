"""Looking after the data directory: check, back up, restore, rebuild, and write beside a running server."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from queue_server.engine.events import decode
from queue_server.engine.evolve import evolve
from queue_server.engine.state import State
from queue_server.log import projections, snapshots
from queue_server.log.binding import sqlite3
from queue_server.log.chain import GENESIS, link, rows
from queue_server.log.data import (
    CERTIFICATES,
    DATABASE,
    IDENTITY_KEY,
    DataDirectory,
    identity_key,
    refuse_empty,
    sync_directory,
)
from queue_server.log.database import open_database, transaction
from queue_server.log.errors import LogUnusableError, NotWrittenError, sentence_for
from queue_server.log.migrations import check_schema, migrate
from queue_server.log.sqlite import SqliteLog

T = TypeVar("T")

_REBUILD_IN_ONE_WRITE = 2_000
# Rows are handed to SQLite in portions; the transaction is still one.

_ACKNOWLEDGED = """
    SELECT site, max(position) FROM (
        SELECT site, position FROM outcomes UNION ALL SELECT site, position FROM snapshots
    ) GROUP BY site
"""
_ADVICE = (
    "The server does not start on it, so nothing more is lost. Move the data directory aside and restore the latest "
    "backup with 'houzhen-server restore'."
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a database holds."""

    events: int
    tickets: int
    calls: int


def check_pages(database: Database) -> None:
    """Let SQLite look at every page of the file.

    Raises:
        LogUnusableError: a page is damaged.
    """
    try:
        found = database.conn.execute("PRAGMA quick_check(3)").fetchall()
    except sqlite3.Error as error:
        raise LogUnusableError(f"The database file is damaged: {error}. {_ADVICE}") from error
    if found != [("ok",)]:
        raise LogUnusableError(f"The database file is damaged: {_line(found)}. {_ADVICE}")


def check_file(path: Path) -> None:
    """``check_pages`` on a connection of its own.

    Raises:
        LogUnusableError: a page is damaged.
    """
    database = open_database(path, read_only=True)
    try:
        check_pages(database)
    finally:
        database.close()


def _line(found: list[tuple[str]]) -> str:
    return "; ".join(row[0].replace("\n", ", ") for row in found)


def check_chain(database: Database) -> int:
    """Compute every event's chain value again: none was altered, dropped, moved or added. How many there are.

    Raises:
        LogUnusableError: the log is not the one that was written.
    """
    count = 0
    ends: dict[str, int] = {}
    site, position, value = "", 0, GENESIS
    try:
        for row, stored in rows(database):
            if row.site != site:
                site, position, value = row.site, 0, GENESIS
            position += 1
            value = link(value, row)
            if row.position != position or value != stored:
                raise LogUnusableError(f"The log of {site} was altered at position {position}. {_ADVICE}")
            decode(row.type, row.v, row.body)
            ends[site] = position
            count += 1
        # What was cut off at the end breaks no link. But every answer that left was written down with its position.
        for name, acknowledged in database.conn.execute(_ACKNOWLEDGED).fetchall():
            if acknowledged > ends.get(name, 0):
                raise LogUnusableError(snapshots.cut_off(ends.get(name, 0), acknowledged))
    except (sqlite3.Error, ValueError) as error:
        raise LogUnusableError(f"The log cannot be read after position {position}: {error}. {_ADVICE}") from error
    return count


def backup(data: Path, to: Path) -> Counts:
    """Copy the data directory to the new directory ``to`` while a server may be running, and check the copy.

    Args:
        data: the data directory.
        to: where to; it must not exist yet. It holds personal data and keys: keep it as safe as ``data``.

    Raises:
        LogUnusableError: there is no database, ``to`` exists, the disk refuses, or the copy does not check. ``to`` is
            not there then.
    """
    _require_database(data)
    partial = _new_directory(to)
    try:
        source = open_database(data / DATABASE, read_only=True)
        try:
            check_schema(source)
            target = sqlite3.connect(partial / DATABASE)
            try:
                source.conn.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
            finally:
                target.close()
        finally:
            source.close()
        _copy_secrets(data, partial)
        counts = _check_copy(partial)
        _put_in_place(partial, to)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise LogUnusableError(f"The backup to {to} failed and was removed: {error}.") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return counts


def restore(backup: Path, data: Path) -> Counts:
    """Make the new data directory ``data`` from a backup, after checking the backup.

    Args:
        backup: a directory made by ``backup``.
        data: where to; a directory that holds anything is never overwritten.

    Raises:
        LogUnusableError: ``backup`` is none or is damaged, ``data`` is in use, or the disk refuses.
    """
    _require_database(backup)
    if data.exists():
        if any(data.iterdir()):
            raise LogUnusableError(
                f"{data} is not empty. Nothing was changed. Move it aside first, then restore again."
            )
        data.rmdir()
    partial = _new_directory(data)
    try:
        shutil.copyfile(backup / DATABASE, partial / DATABASE)
        (partial / DATABASE).chmod(0o600)
        _copy_secrets(backup, partial)
        _bring_up_to_date(partial / DATABASE)
        counts = _check_copy(partial)
        _put_in_place(partial, data)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise LogUnusableError(f"The restore to {data} failed and was removed: {error}.") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return counts


def rebuild(data: Path) -> Counts:
    """Check the log from its first event, and write the projections and the snapshot afresh from it.

    Raises:
        LogUnusableError: a server is running on ``data``, or the log does not check. Nothing was changed.
    """
    _require_database(data)
    directory = DataDirectory.take(data)
    try:
        database = open_database(directory.database)
        try:
            migrate(database)
            check_pages(database)
            check_chain(database)
            sites = [row[0] for row in database.conn.execute("SELECT DISTINCT site FROM events")]
            with transaction(database):
                projections.clear(database.conn)
                states = {site: _project(directory.database, database, site) for site in sites}
            counts = _count(database)
        finally:
            database.close()
        for site, state in states.items():
            _keep_snapshot(directory.database, site, state)
    except sqlite3.Error as error:
        raise LogUnusableError(f"The rebuild failed, nothing was changed. {sentence_for(error).en} {error}") from error
    finally:
        directory.release()
    return counts


def write(data: Path, run: Callable[[Database], T]) -> T:
    """Run ``run`` as one transaction on the database in ``data``, also while a server is running on it.

    For accounts and codes only: the log belongs to the server. Makes the data directory when there is none.

    Raises:
        LogUnusableError: the database cannot be used or written.
    """
    try:
        directory: DataDirectory | None = DataDirectory.take(data)
    except LogUnusableError:
        # A server holds it, which is all right here, if it is one: without a database there is nothing to write to.
        _require_database(data)
        directory = None
    try:
        database = open_database(data / DATABASE)
        try:
            (check_schema if directory is None else migrate)(database)
            with transaction(database):
                return run(database)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise LogUnusableError(f"Nothing was written. {sentence_for(error).en} {error}") from error
    finally:
        if directory is not None:
            directory.release()


def _project(path: Path, database: Database, site: str) -> State:
    reader = SqliteLog(path, site, read_only=True)
    try:
        state = State()
        portion: list[projections.Rows] = []
        for recorded in reader.read(0):
            with snapshots.follows(state):
                evolve(state, recorded)
            row = projections.Rows()
            row.add(state, recorded)
            portion.append(row)
            if len(portion) >= _REBUILD_IN_ONE_WRITE:
                projections.write(database.conn, portion)
                portion = []
        projections.write(database.conn, portion)
    finally:
        reader.close()
    return state


def _keep_snapshot(path: Path, site: str, state: State) -> None:
    snapshot = snapshots.take(state)
    if snapshot is None:
        return
    log = SqliteLog(path, site)
    try:
        log.save_snapshot(snapshot)
    except NotWrittenError as error:
        raise LogUnusableError(f"The projections were rebuilt, but the snapshot was not kept: {error}") from error
    finally:
        log.close()


def _require_database(directory: Path) -> None:
    if not (directory / DATABASE).is_file():
        raise LogUnusableError(f"{directory} holds no {DATABASE}. Nothing was done. Give the right directory.")
    refuse_empty(directory)


def _new_directory(wanted: Path) -> Path:
    if wanted.exists():
        raise LogUnusableError(f"{wanted} exists already. Nothing was changed. Give the name of a new directory.")
    try:
        # A name that nobody else has: whatever else lies there, a killed run's rest too, is not for us to remove.
        partial = Path(tempfile.mkdtemp(prefix=f"{wanted.name}.partial-", dir=wanted.parent))
        (partial / IDENTITY_KEY).parent.mkdir(mode=0o700)
    except OSError as error:
        raise LogUnusableError(f"{wanted} cannot be written: {error.strerror}. Nothing was changed.") from error
    return partial


def _copy_secrets(source: Path, target: Path) -> None:
    key = identity_key(source, may_make=False)
    with open(target / IDENTITY_KEY, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(key)
    if (source / CERTIFICATES).is_dir():
        # Modes come along: the keys of the certificates are for the owner only.
        shutil.copytree(source / CERTIFICATES, target / CERTIFICATES)


def _check_copy(directory: Path) -> Counts:
    database = open_database(directory / DATABASE, read_only=True)
    try:
        check_schema(database)
        check_pages(database)
        check_chain(database)
        return _count(database)
    finally:
        database.close()


def _bring_up_to_date(path: Path) -> None:
    """A backup that an earlier version made is of that version's schema."""
    database = open_database(path)
    try:
        migrate(database)
        database.conn.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise LogUnusableError(f"The backup cannot be brought up to date. {sentence_for(error).en} {error}") from error
    finally:
        database.close()


def _put_in_place(partial: Path, wanted: Path) -> None:
    for path in (*partial.rglob("*"), partial):
        if path.is_dir():
            sync_directory(path)
        else:
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
    partial.rename(wanted)
    sync_directory(wanted.parent)


def _count(database: Database) -> Counts:
    tickets, calls, events = (database.table(name).count for name in ("tickets", "calls", "events"))
    return Counts(events, tickets, calls)
