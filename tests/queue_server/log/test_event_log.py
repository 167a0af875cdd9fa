"""What every event log does, whatever keeps it. A further store joins by another entry in ``STORES``."""

from __future__ import annotations

import pytest

from queue_server.engine.events import ClockSeen, Recorded
from queue_server.log.binding import sqlite3
from queue_server.log.errors import CommitUnknownError, LogUnusableError, NotWrittenError
from queue_server.log.event_log import Decided, Outcome, Snapshot, Write
from queue_server.log.sqlite import SqliteLog

STORES = {"sqlite": lambda folder, **options: SqliteLog(folder / "log.sqlite3", "site", key=b"k" * 32, **options)}


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    opened = []

    def open_log(**options):
        log = STORES[request.param](tmp_path, **options)
        opened.append(log)
        return log

    yield open_log
    for log in opened:
        log.close()


def decided(first, last=None, *, command_id=None, outcome=True):
    """A command that was decided on everything before ``first`` and wrote ``first`` to ``last``."""
    last = first if last is None else last
    name = command_id or f"c{first}"
    events = [Recorded(at, 1000 + at, "kiosk", name, ClockSeen(due_at=at)) for at in range(first, last + 1)]
    kept = Outcome(f"digest of {name}", last, "t1") if outcome else None
    return Decided("kiosk", name, 1000, first - 1, events, kept)


def test_an_empty_log_is_at_position_0(store):
    log = store()
    assert log.position() == 0
    assert list(log.read(0)) == []


def test_events_come_back_as_they_went_in(store):
    log = store()
    first, second = decided(1, 2), decided(3)
    log.append([first, second])
    assert list(log.read(0)) == [*first.events, *second.events]
    assert log.position() == 3


def test_any_text_comes_back_as_it_went_in(store):
    log = store()
    odd = "\"';--\\u0041 \x00\n\u2028候诊😀 null"
    asked = Decided(
        odd, odd, 1000, 0, [Recorded(1, 2**53 + 1, odd, odd, ClockSeen(due_at=2**62))], Outcome(odd, 1, odd)
    )
    log.append([asked])
    assert list(log.read(0)) == asked.events
    assert log.outcome(odd, odd) == Outcome(odd, 1, odd)


def test_reading_begins_after_a_position_and_stops_at_a_limit(store):
    log = store()
    log.append([decided(1, 5)])
    assert [recorded.position for recorded in log.read(2)] == [3, 4, 5]
    assert [recorded.position for recorded in log.read(1, limit=2)] == [2, 3]


def test_another_reader_sees_what_is_committed(store):
    writer = store()
    writer.append([decided(1)])
    reader = store(read_only=True)
    writer.append([decided(2)])
    assert [recorded.position for recorded in reader.read(0)] == [1, 2]


@pytest.mark.parametrize("first", [1, 5])
def test_a_position_that_is_taken_or_leaves_a_gap_is_refused_whole(store, first):
    log = store()
    log.append([decided(1, 2)])
    with pytest.raises(NotWrittenError):
        log.append([decided(3), decided(first, command_id="stale")])
    assert log.position() == 2
    assert log.outcome("kiosk", "c3") is None


def test_a_stale_decider_is_fenced_off(store):
    ours, theirs = store(), store()
    ours.append([decided(1)])
    theirs.append([decided(2, command_id="theirs")])
    with pytest.raises(NotWrittenError):
        ours.append([decided(2, command_id="ours")])
    assert [recorded.command_id for recorded in ours.read(0)] == ["c1", "theirs"]


def test_an_outcome_is_found_by_actor_and_command(store):
    log = store()
    log.append([decided(1)])
    assert log.outcome("kiosk", "c1") == Outcome("digest of c1", 1, "t1")
    assert log.outcome("board", "c1") is None
    assert log.outcome("kiosk", "c2") is None


def test_a_command_is_never_recorded_twice(store):
    log = store()
    log.append([decided(1, command_id="same")])
    with pytest.raises(NotWrittenError):
        log.append([decided(2, command_id="same")])
    assert log.position() == 1


def test_the_servers_own_commands_leave_no_outcome(store):
    log = store()
    log.append([decided(1, outcome=False)])
    assert log.outcome("kiosk", "c1") is None


def test_a_command_without_events_is_recorded_too(store):
    log = store()
    log.append([decided(1)])
    log.append([Decided("kiosk", "nothing", 1000, 1, [], Outcome("d", 1, None))])
    assert log.outcome("kiosk", "nothing") == Outcome("d", 1, None)
    assert log.position() == 1


def test_a_write_beside_the_log_that_raises_undoes_itself_alone(store):
    log = store()
    good = Write(lambda db: db.execute("INSERT INTO settings VALUES ('good', '1')").rowcount)

    def spoil(database):
        database.execute("INSERT INTO settings VALUES ('bad', '1')")
        raise LookupError("no")

    bad = Write(spoil)
    log.append([decided(1), bad, good])
    assert log.position() == 1
    assert good.result == 1
    assert isinstance(bad.error, LookupError)
    assert [row["name"] for row in log.database.query("SELECT name FROM settings")] == ["good"]


def test_was_committed_tells_of_the_last_append(store):
    log = store()
    log.append([decided(1)])
    assert log.was_committed()
    with pytest.raises(NotWrittenError):
        log.append([decided(7)])
    assert not log.was_committed()


def test_a_probe_leaves_nothing(store):
    log = store()
    log.probe()
    assert log.position() == 0
    assert log.database.table("probes").count == 0


def test_the_latest_snapshot_replaces_the_one_before(store):
    log = store()
    assert log.load_snapshot() is None
    log.save_snapshot(Snapshot(1, "engine", b"one"))
    log.save_snapshot(Snapshot(2, "engine", b"two"))
    assert log.load_snapshot() == Snapshot(2, "engine", b"two")


def test_a_damaged_snapshot_is_none(store):
    log = store()
    log.save_snapshot(Snapshot(1, "engine", b"one"))
    log.database.execute("UPDATE snapshots SET state = x'00'")
    assert log.load_snapshot() is None


@pytest.mark.parametrize("statement", ["UPDATE events SET at = 0", "DELETE FROM events"])
def test_the_log_is_append_only(store, statement):
    log = store()
    log.append([decided(1)])
    with pytest.raises(Exception, match="append-only"):
        log.database.execute(statement)
    assert [recorded.at for recorded in log.read(0)] == [1001]


class Broken:
    """A connection whose COMMIT reports an error after (or instead of) committing, and that cannot roll back."""

    def __init__(self, connection, *, commits):
        self._connection = connection
        self._commits = commits
        self.in_transaction = True

    def execute(self, statement, *parameters):
        if statement == "COMMIT":
            self._connection.execute("COMMIT" if self._commits else "ROLLBACK")
            raise sqlite3.OperationalError("disk I/O error")
        if statement == "ROLLBACK":
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(statement, *parameters)


@pytest.mark.parametrize("commits", [True, False])
def test_the_result_of_a_commit_is_unknown_until_the_disk_is_back(tmp_path, monkeypatch, commits):
    log = SqliteLog(tmp_path / "log.sqlite3", "site", key=b"k" * 32)
    monkeypatch.setattr(log, "_conn", Broken(log._conn, commits=commits))
    opens = log._open
    monkeypatch.setattr(log, "_open", lambda: (_ for _ in ()).throw(LogUnusableError("the disk is away")))
    with pytest.raises(CommitUnknownError):
        log.append([decided(1)])
    for attempt in (log.was_committed, log.probe):
        with pytest.raises(NotWrittenError):
            attempt()
    monkeypatch.setattr(log, "_open", opens)
    assert log.was_committed() is commits
    log.probe()
    log.append([decided(2 if commits else 1)])
    assert log.position() == (2 if commits else 1)
    log.close()
