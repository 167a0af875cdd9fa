"""A disk that fails: nothing is answered that is not in the log, and service comes back by itself."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest

from queue_server.engine.canonical import canonical
from queue_server.engine.commands import CallNext, OpenStation
from queue_server.log.binding import sqlite3
from queue_server.log.data import DATABASE
from queue_server.log.errors import WRITER_ENDED, CommitUnknownError, LogUnusableError, NotWrittenError, sentence_for
from queue_server.log.sqlite import SqliteLog
from queue_server.service import SYSTEM, Unavailable
from tests.queue_server.disks import DISKS, MAY_MOUNT, FullFileSystem, PageLimit, mounted, remount
from tests.queue_server.services import TAKE_NUMBER, command_id, do, open_lobby, running


@pytest.fixture(autouse=True)
def _probe_often(monkeypatch):
    monkeypatch.setattr("queue_server.log.writer.PROBE_EVERY_S", 0.01)


async def recovered(service):
    async with asyncio.timeout(60):
        await service.available.wait()


async def take_numbers(service, count, first=1):
    """Ask ``count`` times at once: which commands were acknowledged, and which refused with 503."""
    names = [command_id(number) for number in range(first, first + count)]
    results = await asyncio.gather(
        *(do(service, TAKE_NUMBER, command_id=name) for name in names), return_exceptions=True
    )
    unexpected = [result for result in results if isinstance(result, Exception) and not isinstance(result, Unavailable)]
    assert not unexpected, unexpected
    done = {name for name, result in zip(names, results, strict=True) if not isinstance(result, Exception)}
    return done, set(names) - done


def logged(service):
    return Counter(recorded.command_id for recorded in service._log.read(0) if recorded.actor != SYSTEM)


# --- disks that fail and come back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DISKS)
async def test_a_full_disk_refuses_commands_and_loses_none(monkeypatch, kind):
    with ExitStack() as stack:
        # Where disks.py tried what a file system can do: a test's own directory may lie in memory.
        data = Path(stack.enter_context(TemporaryDirectory())) / "data"
        if kind is FullFileSystem:
            stack.enter_context(mounted(data))
        disk = kind(monkeypatch, data)
        stack.callback(disk.make_space)
        async with running(data) as service:
            await open_lobby(service)
            done, _ = await take_numbers(service, 20)
            await disk.fill(service)
            refused, first = set(), 1000
            while not refused:
                more, refused = await take_numbers(service, 64, first)
                done |= more
                first += 1000
            assert not service.available.is_set()
            health = service.health()
            assert not health.issuing
            assert health.problem.code == "log_unavailable"
            assert health.problem.message.zh == sentence_for_code(kind.code).zh
            position = service.committed.position
            assert (await take_numbers(service, 5, 900_000))[0] == set()
            assert service.committed.position == service._commits.ahead.position == position
            counted = logged(service)
            assert done <= set(counted)
            assert refused.isdisjoint(counted)
            assert set(counted.values()) == {1}

            disk.make_space()
            await recovered(service)
            assert service.health().issuing
            again = [await do(service, TAKE_NUMBER, command_id=name) for name in sorted(refused)]
            assert len({answer.ticket for answer in again}) == len(refused)
            assert set(logged(service).values()) == {1}
            assert canonical(service._commits.ahead) == canonical(service.committed)
            kept = canonical(service.committed)
        async with running(data) as service:
            assert canonical(service.committed) == kept


def sentence_for_code(code):
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    return sentence_for(error)


@pytest.mark.skipif(not MAY_MOUNT, reason="a file system of one's own takes the right to mount")
async def test_a_file_system_that_is_mounted_read_only_is_said_at_the_start(tmp_path):
    data = tmp_path / "data"
    with mounted(data):
        async with running(data) as service:
            await open_lobby(service)
            position = service.committed.position
        remount(data, "ro")
        with pytest.raises(LogUnusableError, match=r"cannot be used: Read-only file system"):
            async with running(data):
                pass
        remount(data, "rw")
        async with running(data) as service:
            assert service.committed.position == position


async def test_a_connection_that_cannot_write_refuses_and_recovers(service, monkeypatch):
    # A file system cannot be remounted read-only under files that are open for writing, so SQLite's own word for it
    # comes from its pragma here; the flag that does take the right from open files is among the disks above.
    readable_only = threading.Event()
    readable_only.set()
    probe = SqliteLog.probe

    def probe_with_the_disk_as_it_is(log):
        log.database.conn.execute(f"PRAGMA query_only = {int(readable_only.is_set())}")
        probe(log)

    monkeypatch.setattr(SqliteLog, "probe", probe_with_the_disk_as_it_is)
    append = SqliteLog.append

    def append_with_the_disk_as_it_is(log, work):
        log.database.conn.execute(f"PRAGMA query_only = {int(readable_only.is_set())}")
        append(log, work)

    monkeypatch.setattr(SqliteLog, "append", append_with_the_disk_as_it_is)
    with pytest.raises(Unavailable) as refused:
        await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert "cannot be written" in refused.value.message.en
    readable_only.clear()
    await recovered(service)
    await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert logged(service)[command_id(1)] == 1


async def test_another_program_that_holds_the_database_is_waited_out(tmp_path, service):
    await service.write(lambda database: database.conn.execute("PRAGMA busy_timeout = 1").fetchone())
    other = sqlite3.connect(tmp_path / "data" / DATABASE)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as refused:
        await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert "holds the database" in refused.value.message.en
    other.execute("ROLLBACK")
    other.close()
    await recovered(service)
    await do(service, TAKE_NUMBER, command_id=command_id(1))


# --- a batch that fails, and all that was decided after it -----------------------------------------------------------


class FailingWriter:
    """Holds a batch, lets the test decide more, then fails it; ``result`` says what COMMIT really did."""

    def __init__(self, monkeypatch, error, *, really_commits=False):
        self.reached, self.go = threading.Event(), threading.Event()
        self.batches = []
        append = SqliteLog.append

        def fail_once(log, work):
            self.batches.append(list(work))
            if len(self.batches) > 1:
                append(log, work)
                return
            self.reached.set()
            assert self.go.wait(30)
            if really_commits:
                append(log, work)
            else:
                log._batch = "never written"
            raise error

        monkeypatch.setattr(SqliteLog, "append", fail_once)

    async def is_reached(self):
        assert await asyncio.to_thread(self.reached.wait, 30)


def lost():
    return NotWrittenError(sentence_for(sqlite3.OperationalError()))


def unknown():
    return CommitUnknownError(sentence_for(sqlite3.OperationalError()))


async def asked(service, command, number, actor="d1"):
    task = asyncio.create_task(service.submit(command, actor=actor, command_id=command_id(number), digest="body"))
    await asyncio.sleep(0)
    return task


async def test_a_lost_batch_takes_everything_decided_after_it_along(service, monkeypatch):
    before = canonical(service.committed)
    failing = FailingWriter(monkeypatch, lost())
    first = await asked(service, TAKE_NUMBER, 1)
    await failing.is_reached()
    after = [await asked(service, TAKE_NUMBER, number) for number in range(2, 12)]
    opened = await asked(service, OpenStation("s1", "nurse-1"), 20, "nurse-1")
    refused = await asked(service, OpenStation("s1", "nurse-2"), 21, "nurse-2")
    beside = asyncio.create_task(service.write(lambda database: database.table_names()))
    await asyncio.sleep(0)
    failing.go.set()
    for task in (first, *after, opened, refused, beside):
        with pytest.raises(Unavailable) as why:
            await task
        assert why.value.code == "log_unavailable"
    await recovered(service)
    assert len(failing.batches) == 1
    assert canonical(service.committed) == canonical(service._commits.ahead) == before
    await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert logged(service)[command_id(1)] == 1


async def test_nothing_is_decided_until_the_probe_commits(service, monkeypatch):
    may_probe = threading.Event()
    probe = SqliteLog.probe

    def held_probe(log):
        if not may_probe.is_set():
            raise lost()
        probe(log)

    monkeypatch.setattr(SqliteLog, "probe", held_probe)
    failing = FailingWriter(monkeypatch, lost())
    failing.go.set()
    with pytest.raises(Unavailable):
        await do(service, TAKE_NUMBER)
    for number in range(5):
        with pytest.raises(Unavailable):
            await do(service, TAKE_NUMBER, command_id=command_id(number))
        with pytest.raises(Unavailable):
            await service.write(lambda database: database.table_names())
    assert len(failing.batches) == 1
    may_probe.set()
    await recovered(service)
    await do(service, TAKE_NUMBER)


@pytest.mark.parametrize("really_commits", [True, False])
async def test_an_unknown_commit_is_looked_up_before_answering(service, monkeypatch, really_commits):
    failing = FailingWriter(monkeypatch, unknown(), really_commits=really_commits)
    first = await asked(service, TAKE_NUMBER, 1)
    await failing.is_reached()
    after = await asked(service, TAKE_NUMBER, 2)
    failing.go.set()
    with pytest.raises(Unavailable):
        await after
    if really_commits:
        done = await first
        assert done.command_id == UUID(command_id(1))
        assert done.ticket in service.committed.tickets
    else:
        with pytest.raises(Unavailable):
            await first
    await recovered(service)
    assert canonical(service._commits.ahead) == canonical(service.committed)
    again = await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert logged(service)[command_id(1)] == 1
    assert service.committed.tickets[again.ticket]


async def test_a_commit_that_stays_unknown_is_said_to_be_unknown(service, monkeypatch):
    monkeypatch.setattr("queue_server.commits.ANSWER_WITHIN_S", 0)
    may_tell = threading.Event()
    was_committed = SqliteLog.was_committed

    def held(log):
        if not may_tell.is_set():
            raise lost()
        return was_committed(log)

    monkeypatch.setattr(SqliteLog, "was_committed", held)
    failing = FailingWriter(monkeypatch, unknown(), really_commits=True)
    failing.go.set()
    with pytest.raises(Unavailable) as why:
        await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert why.value.code == "outcome_unknown"
    may_tell.set()
    await recovered(service)
    again = await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert logged(service)[command_id(1)] == 1
    assert again.ticket in service.committed.tickets


async def test_subscribers_hear_nothing_of_a_lost_batch(service, monkeypatch):
    with service.subscribe() as news:
        failing = FailingWriter(monkeypatch, lost())
        failing.go.set()
        with pytest.raises(Unavailable):
            await do(service, TAKE_NUMBER, command_id=command_id(1))
        await recovered(service)
        await do(service, TAKE_NUMBER, command_id=command_id(2))
        batch = await anext(news)
    assert [recorded.command_id for recorded in batch] == [command_id(2)]
    assert batch[0].position == news.position + 1


async def test_a_defect_in_the_writer_refuses_its_batch_only(service, monkeypatch):
    def broken(*_):
        monkeypatch.undo()
        raise ZeroDivisionError

    monkeypatch.setattr("queue_server.log.batch.append", broken)
    with pytest.raises(Unavailable):
        await do(service, TAKE_NUMBER, command_id=command_id(1))
    await recovered(service)
    await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert (await do(service, CallNext("w1"), actor="nurse")).ticket is not None


async def test_a_defect_after_the_commit_is_looked_up(service, monkeypatch):
    append = SqliteLog.append

    def broken(log, work):
        append(log, work)
        monkeypatch.undo()
        raise ZeroDivisionError

    monkeypatch.setattr(SqliteLog, "append", broken)
    done = await do(service, TAKE_NUMBER, command_id=command_id(1))
    await recovered(service)
    assert logged(service)[command_id(1)] == 1
    assert done.ticket in service.committed.tickets


async def test_a_writer_that_ends_by_a_defect_leaves_nobody_waiting(service, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("queue_server.log.writer.Writer._truncate", broken)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    with pytest.raises(Unavailable) as why:
        await do(service, TAKE_NUMBER, command_id=command_id(1))
    assert why.value.code == "outcome_unknown"
    with pytest.raises(Unavailable) as why:
        await do(service, TAKE_NUMBER, command_id=command_id(2))
    assert (why.value.code, why.value.message) == ("log_unavailable", WRITER_ENDED)
    assert not service.health().issuing


async def test_stopping_while_the_disk_is_full_ends(tmp_path, monkeypatch):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
        disk = PageLimit(monkeypatch, tmp_path / "data")
        await disk.fill(service)
        refused = set()
        while not refused:
            _, refused = await take_numbers(service, 64, service.committed.position * 1000)
        position = service.committed.position
    async with running(tmp_path / "data") as service:
        assert service.committed.position == position
