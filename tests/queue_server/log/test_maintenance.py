"""Backup, restore, rebuild, and writing beside a running server."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import shutil
from pathlib import Path

import pytest

from queue_server import engine
from queue_server.engine.canonical import canonical
from queue_server.engine.commands import CallNext, Cancel, Recall, StartService, Undo
from queue_server.engine.events import Called
from queue_server.engine.state import FOLDED
from queue_server.log import accounts, maintenance, snapshots
from queue_server.log.binding import sqlite3
from queue_server.log.data import DATABASE, IDENTITY_KEY
from queue_server.log.errors import LogUnusableError
from queue_server.log.migrations import schema
from tests.queue_server.services import TAKE_NUMBER, do, open_lobby, running


async def a_morning(service):
    """Numbers, calls, a recall, a cancellation and an undone call."""
    await open_lobby(service)
    tickets = [(await do(service, TAKE_NUMBER)).ticket for _ in range(8)]
    await do(service, CallNext("w1"), actor="nurse")
    await do(service, Recall("w1"), actor="nurse")
    await do(service, StartService("w1"), actor="nurse")
    await do(service, CallNext("w1"), actor="nurse")
    await do(service, Undo(service.committed.position), actor="nurse")
    await do(service, Cancel(tickets[-1], "patient"), actor="nurse")
    return tickets


def tables(data):
    database = sqlite3.connect(data / DATABASE)
    rows = {
        name: database.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in ("tickets", "calls", "events")
    }
    database.close()
    return rows


async def test_projections_say_what_the_state_says(tmp_path):
    async with running(tmp_path / "data") as service:
        tickets = await a_morning(service)
        rows = {row["ticket"]: row for row in service.reader.query("SELECT * FROM tickets")}
        assert set(rows) == set(tickets)
        for name, ticket in service.committed.tickets.items():
            row = rows[name]
            assert (row["status"], row["calls"], row["number"]) == (ticket.status, ticket.calls, ticket.number)
        calls = [(row["kind"], row["withdrawn"]) for row in service.reader.query("SELECT * FROM calls")]
        assert calls == [("call", 0), ("recall", 0), ("call", 1)]


async def test_a_rebuild_gives_the_same_tables(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await a_morning(service)
        state = canonical(service.committed)
    before = tables(data)
    damaged = sqlite3.connect(data / DATABASE)
    damaged.execute("PRAGMA foreign_keys = OFF")
    damaged.execute("DELETE FROM tickets WHERE number < 'Z004'")
    damaged.execute("UPDATE calls SET station = 'elsewhere'")
    damaged.execute("DELETE FROM snapshots")
    damaged.commit()
    damaged.close()
    counts = maintenance.rebuild(data)
    assert tables(data) == before
    assert (counts.tickets, counts.calls, counts.events) == (8, 3, len(before["events"]))
    async with running(data) as service:
        assert canonical(service.committed) == state


async def test_a_rebuild_is_refused_while_a_server_runs(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
        with pytest.raises(LogUnusableError, match="Another process"):
            maintenance.rebuild(tmp_path / "data")


async def test_a_backup_of_a_running_server_restores_to_the_same_lobby(tmp_path):
    data, copy, again = tmp_path / "data", tmp_path / "copy", tmp_path / "again"
    async with running(data) as service:
        await a_morning(service)
        state = canonical(service.committed)
        busy = asyncio.gather(*(do(service, TAKE_NUMBER) for _ in range(50)))
        taken = await asyncio.to_thread(maintenance.backup, data, copy)
        await busy
    restored = maintenance.restore(copy, again)
    assert restored == taken
    assert (again / IDENTITY_KEY).read_bytes() == (data / IDENTITY_KEY).read_bytes()
    assert (again / IDENTITY_KEY).stat().st_mode & 0o777 == 0o600
    async with running(again) as service:
        assert service.committed.position == taken.events
        if taken.events == len(tables(data)["events"]) - 50:
            assert canonical(service.committed) == state
        await do(service, TAKE_NUMBER)


async def test_a_backup_of_a_stopped_server_is_whole(tmp_path):
    async with running(tmp_path / "data") as service:
        await a_morning(service)
        position = service.committed.position
    assert maintenance.backup(tmp_path / "data", tmp_path / "copy").events == position
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [DATABASE, "keys"]


async def test_a_backup_takes_keys_and_certificates_along(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await open_lobby(service)
    (data / "tls").mkdir(mode=0o700)
    (data / "tls" / "server.key").write_bytes(b"secret")
    (data / "tls" / "server.key").chmod(0o600)
    maintenance.backup(data, tmp_path / "copy")
    maintenance.restore(tmp_path / "copy", tmp_path / "again")
    key = tmp_path / "again" / "tls" / "server.key"
    assert key.read_bytes() == b"secret"
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "again").stat().st_mode & 0o777 == 0o700


async def test_a_full_disk_leaves_no_half_backup(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(LogUnusableError, match="failed and was removed"):
            maintenance.backup(tmp_path / "data", tmp_path / "copy")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


async def test_nothing_is_ever_overwritten(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await a_morning(service)
    before = tables(data)
    maintenance.backup(data, tmp_path / "copy")
    with pytest.raises(LogUnusableError, match="exists already"):
        maintenance.backup(data, tmp_path / "copy")
    with pytest.raises(LogUnusableError, match="not empty"):
        maintenance.restore(tmp_path / "copy", data)
    assert tables(data) == before


def test_there_has_to_be_a_database(tmp_path):
    for attempt in (
        lambda: maintenance.backup(tmp_path / "nothing", tmp_path / "copy"),
        lambda: maintenance.restore(tmp_path / "nothing", tmp_path / "data"),
        lambda: maintenance.rebuild(tmp_path / "nothing"),
    ):
        with pytest.raises(LogUnusableError, match="holds no"):
            attempt()
    assert list(tmp_path.iterdir()) == []


async def test_an_altered_log_is_not_restored(tmp_path):
    async with running(tmp_path / "data") as service:
        await a_morning(service)
    maintenance.backup(tmp_path / "data", tmp_path / "copy")
    altered = sqlite3.connect(tmp_path / "copy" / DATABASE)
    altered.execute("DROP TRIGGER events_no_update")
    altered.execute("UPDATE events SET actor = 'somebody else' WHERE position = 5")
    altered.commit()
    altered.close()
    with pytest.raises(LogUnusableError, match="altered at position 5"):
        maintenance.restore(tmp_path / "copy", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "data"]


async def test_a_damaged_database_does_not_start_and_says_what_to_do(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await a_morning(service)
        root = service.reader.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()[0]
        size = service.reader.execute("PRAGMA page_size").fetchone()[0]
    with (data / DATABASE).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 256)
    with pytest.raises(LogUnusableError, match=r"damaged.*houzhen-server restore"):
        async with running(data):
            pass


async def test_a_database_that_lost_all_its_content_is_not_taken_for_a_new_one(tmp_path):
    """Numbers that patients hold would be given again."""
    data, copy = tmp_path / "data", tmp_path / "copy"
    async with running(data) as service:
        await open_lobby(service)
    maintenance.backup(data, copy)
    for folder in (data, copy):
        (folder / DATABASE).write_bytes(b"")
    with pytest.raises(LogUnusableError, match=r"is empty.*restore the latest backup"):
        async with running(data):
            pass
    with pytest.raises(LogUnusableError, match="is empty"):
        maintenance.rebuild(data)
    with pytest.raises(LogUnusableError, match="is empty"):
        maintenance.restore(copy, tmp_path / "again")
    assert (data / DATABASE).read_bytes() == b""
    assert not (tmp_path / "again").exists()


async def test_a_code_can_be_written_beside_a_running_server(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await open_lobby(service)
        code, _ = await asyncio.to_thread(
            maintenance.write, data, lambda database: accounts.make_enrolment_code(database, "kiosk", "h1", 1000)
        )
        enrolled = await service.write(lambda database: accounts.enrol(database, code, "自助机 1", 1001))
        assert accounts.device_by_token(service.reader, enrolled.token) is not None
        await do(service, TAKE_NUMBER)


async def test_a_code_can_be_written_before_the_first_start(tmp_path):
    data = tmp_path / "data"
    code, _ = maintenance.write(data, lambda database: accounts.make_enrolment_code(database, "kiosk", "h1", 1000))
    async with running(data) as service:
        await service.write(lambda database: accounts.enrol(database, code, "自助机 1", 1001))


async def test_a_snapshot_of_another_engine_is_not_used(tmp_path, monkeypatch):
    async with running(tmp_path / "data") as service:
        await a_morning(service)
        state = canonical(service.committed)
        kept = snapshots.take(service.committed)
    assert canonical(snapshots.restore(kept)) == state
    monkeypatch.setattr(snapshots, "engine_digest", lambda: "another engine")
    assert snapshots.restore(kept) is None
    async with running(tmp_path / "data") as service:
        assert canonical(service.committed) == state


def test_every_file_of_the_engine_counts_in_its_digest(tmp_path):
    home = Path(engine.__file__).parent
    files = sorted(file.relative_to(home) for file in home.rglob("*.py"))
    assert any(len(file.parts) > 1 for file in files), "some of them in packages of the engine's"
    copy = shutil.copytree(home, tmp_path / "engine")
    as_it_is = snapshots.source_digest(copy)
    assert snapshots.engine_digest() == as_it_is
    for file in files:
        kept = (copy / file).read_bytes()
        (copy / file).write_bytes(kept + b"\n")
        assert snapshots.source_digest(copy) != as_it_is, file
        (copy / file).write_bytes(kept)
    assert snapshots.source_digest(copy) == as_it_is


async def test_a_lobby_restored_from_a_snapshot_goes_on_like_the_folded_one(tmp_path):
    async with running(tmp_path / "data") as service:
        await a_morning(service)
        folded = snapshots.fold(service._log, whole=True)
        restored = snapshots.restore(snapshots.take(service.committed))
    assert snapshots.IS_COMPLETE
    for name in FOLDED:
        if name != "index":
            assert getattr(restored, name) == getattr(folded, name), name
            assert repr(getattr(restored, name)) == repr(getattr(folded, name)), name


def tamper(data, *statements):
    """Write to the log as somebody with access to the file could."""
    database = sqlite3.connect(data / DATABASE)
    for trigger in ("events_no_update", "events_no_delete"):
        database.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


@pytest.mark.parametrize("lost", ["an answer", "a snapshot"])
async def test_a_log_whose_end_was_cut_off_is_noticed(tmp_path, lost):
    data = tmp_path / "data"
    async with running(data) as service:
        await a_morning(service)
        end = service.committed.position
    kept = "outcomes" if lost == "a snapshot" else "snapshots"
    tamper(data, f"DELETE FROM events WHERE position > {end - 2}", f"DELETE FROM {kept}")
    for attempt in (lambda: maintenance.rebuild(data), lambda: maintenance.backup(data, tmp_path / "copy")):
        with pytest.raises(LogUnusableError, match=rf"ends at position {end - 2}.*{end} was acknowledged.*restore"):
            attempt()
    with pytest.raises(LogUnusableError, match="cut off"):
        async with running(data):
            pass


@pytest.mark.parametrize("column", ["decided_at = 0", "stream = 'payments'", "type = 'Recalled'", "v = 9"])
async def test_every_column_of_the_log_is_in_its_chain(tmp_path, column):
    data = tmp_path / "data"
    async with running(data) as service:
        await a_morning(service)
    tamper(data, f"UPDATE events SET {column} WHERE position = 5")
    with pytest.raises(LogUnusableError, match="altered at position 5"):
        maintenance.rebuild(data)


async def test_a_log_that_does_not_follow_from_itself_says_what_to_do(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await a_morning(service)
        position = next(one.position for one in service._log.read(0) if isinstance(one.event, Called))
    tamper(
        data,
        f"UPDATE events SET body = json_set(body, '$.ticket', 'nobody') WHERE position = {position}",
        "DELETE FROM snapshots",
    )
    with pytest.raises(LogUnusableError, match=rf"after position {position - 1}: .*'nobody'.*houzhen-server restore"):
        async with running(data):
            pass


def as_before_the_chain_of_every_column(data, *, altered):
    """Give the database the chain that earlier versions wrote."""
    tamper(data)
    database = sqlite3.connect(data / DATABASE)
    value = bytes(32)
    rows = database.execute("SELECT position, at, actor, command_id, CAST(body AS BLOB) FROM events ORDER BY position")
    for position, at, actor, command, body in rows.fetchall():
        value = hashlib.sha256(value + f"{position}\n{at}\n{actor}\n{command}\n".encode() + body).digest()
        database.execute("UPDATE events SET chain = ? WHERE position = ?", (value, position))
    if altered:
        database.execute("UPDATE events SET at = at + 1 WHERE position = 4")
    for verb in ("UPDATE", "DELETE"):
        database.execute(
            f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    database.execute(f"DELETE FROM {schema.migrations_table} WHERE name = 'chain_of_every_column'")
    database.commit()
    database.close()


async def test_an_earlier_versions_chain_is_checked_and_made_anew(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await a_morning(service)
        state = canonical(service.committed)
    before = tables(data)
    as_before_the_chain_of_every_column(data, altered=False)
    shutil.copytree(data, tmp_path / "copy", ignore=shutil.ignore_patterns("lock"))
    assert tables(data) != before
    async with running(data) as service:
        assert canonical(service.committed) == state
    assert tables(data) == before
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(data / DATABASE).execute("UPDATE events SET actor = 'x'")
    # A backup that the earlier version made is restored all the same.
    maintenance.restore(tmp_path / "copy", tmp_path / "again")
    assert tables(tmp_path / "again") == before


async def test_an_altered_log_of_an_earlier_version_gets_no_good_chain(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await a_morning(service)
    as_before_the_chain_of_every_column(data, altered=True)
    before = tables(data)
    with pytest.raises(LogUnusableError, match="altered at position 4"):
        async with running(data):
            pass
    assert tables(data) == before


async def test_what_lies_beside_the_target_is_left_alone(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await open_lobby(service)
    for name in ("copy.partial", "again.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "somebodys").write_text("own")
    maintenance.backup(data, tmp_path / "copy")
    maintenance.restore(tmp_path / "copy", tmp_path / "again")
    assert (tmp_path / "copy.partial" / "somebodys").read_text() == "own"
    names = ["again", "again.partial", "copy", "copy.partial", "data"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
