"""Opening the database: what is refused, with a sentence that says what to do."""

from __future__ import annotations

import os

import pytest
from sqlite_utils import Database

from queue_server.log.binding import sqlite3
from queue_server.log.data import DATABASE, IDENTITY_KEY, DataDirectory
from queue_server.log.database import check_library, open_database
from queue_server.log.errors import LogUnusableError
from queue_server.log.maintenance import check_pages
from queue_server.log.migrations import migrate, schema


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 52, 0), (4, 0, 0), (3, 50, 7), (3, 44, 6), (3, 44, 9)])
def test_a_fixed_library_is_accepted(version):
    check_library(version)


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 45, 9), (3, 50, 6), (3, 51, 2)])
def test_a_library_that_can_corrupt_a_wal_is_refused(version):
    with pytest.raises(LogUnusableError, match=r"can corrupt.*pysqlite3"):
        check_library(version)


def test_this_installation_has_a_fixed_library():
    check_library(sqlite3.sqlite_version_info)


def test_a_connection_is_durable_and_erases(tmp_path):
    database = open_database(tmp_path / "log.sqlite3")
    pragma = {
        name: database.conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
    }
    database.close()
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_a_reading_connection_cannot_write(tmp_path):
    writer = open_database(tmp_path / "log.sqlite3")
    migrate(writer)
    reader = open_database(tmp_path / "log.sqlite3", read_only=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM settings")
    reader.close()
    writer.close()


def test_every_table_is_strict_and_has_a_key(tmp_path):
    database = open_database(tmp_path / "log.sqlite3")
    migrate(database)
    tables = [table for table in database.tables if table.name != schema.migrations_table]
    loose = [table.name for table in tables if not table.strict]
    keyless = [table.name for table in tables if table.use_rowid]
    database.close()
    assert (loose, keyless) == ([], [])


def test_another_programs_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "log.sqlite3"
    other = Database(path)
    other.table("theirs").insert({"id": 1}, pk="id")
    other.close()
    database = open_database(path)
    with pytest.raises(LogUnusableError, match="another program"):
        migrate(database)
    assert database.table_names() == ["theirs"]
    database.close()


def test_a_newer_schema_is_refused_with_the_way_out(tmp_path):
    database = open_database(tmp_path / "log.sqlite3")
    migrate(database)
    database.table(schema.migrations_table).insert(
        {"migration_set": schema.name, "name": "payments", "applied_at": "2030-01-01"}
    )
    with pytest.raises(LogUnusableError, match=r"newer version.*payments.*houzhen-server restore"):
        migrate(database)
    database.close()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "log.sqlite3"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(LogUnusableError, match=r"not a Houzhen database.*[Rr]estore"):
        open_database(path)


def test_a_damaged_page_is_found(tmp_path):
    path = tmp_path / "log.sqlite3"
    database = open_database(path)
    migrate(database)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'settings'").fetchone()[0]
    size = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(64))
    damaged = open_database(path)
    with pytest.raises(LogUnusableError, match=r"damaged.*houzhen-server restore"):
        check_pages(damaged)
    damaged.close()


def test_a_data_directory_is_held_by_one_process(tmp_path):
    held = DataDirectory.take(tmp_path / "data")
    with pytest.raises(LogUnusableError, match=r"Another process.*Stop the other one"):
        DataDirectory.take(tmp_path / "data")
    held.release()
    DataDirectory.take(tmp_path / "data").release()


def test_the_key_is_made_once_and_for_the_owner_only(tmp_path):
    first = DataDirectory.take(tmp_path / "data")
    first.release()
    again = DataDirectory.take(tmp_path / "data")
    again.release()
    assert first.identity_key == again.identity_key
    assert len(first.identity_key) == 32
    assert (tmp_path / "data" / IDENTITY_KEY).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_database_without_its_key_is_refused(tmp_path):
    DataDirectory.take(tmp_path / "data").release()
    (tmp_path / "data" / DATABASE).write_bytes(b"SQLite format 3\0")
    (tmp_path / "data" / IDENTITY_KEY).unlink()
    with pytest.raises(LogUnusableError, match=r"missing.*backup"):
        DataDirectory.take(tmp_path / "data")


def test_a_cut_off_key_is_refused(tmp_path):
    DataDirectory.take(tmp_path / "data").release()
    (tmp_path / "data" / IDENTITY_KEY).write_bytes(b"short")
    with pytest.raises(LogUnusableError, match="5 bytes"):
        DataDirectory.take(tmp_path / "data")


def test_a_data_directory_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LogUnusableError, match="cannot be used"):
        DataDirectory.take(tmp_path / "file" / "data")
