"""A simulated day as a data directory: a log that replay, rebuild and backup read like any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from queue_server.engine.events import Recorded
from queue_server.engine.evolve import evolve
from queue_server.engine.state import State
from queue_server.log import snapshots
from queue_server.log.data import DataDirectory
from queue_server.log.errors import LogUnusableError
from queue_server.log.event_log import Decided
from queue_server.log.projections import Rows
from queue_server.log.sqlite import SqliteLog

_IN_ONE_BATCH = 1_000


def write_log(data: Path, site: str, log: Sequence[Recorded]) -> None:
    """Write ``log`` into the new data directory ``data``.

    Raises:
        LogUnusableError: ``data`` holds something already, or cannot be written.
    """
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise LogUnusableError(f"{data} is not empty. Nothing was written. Give the name of a new directory.")
    directory = DataDirectory.take(data)
    try:
        written = SqliteLog(directory.database, site, key=directory.identity_key)
        try:
            state = State()
            portion: list[Decided] = []
            for decided in _decided(log, state):
                portion.append(decided)
                if len(portion) >= _IN_ONE_BATCH:
                    written.append(portion)
                    portion = []
            if portion:
                written.append(portion)
            snapshot = snapshots.take(state)
            if snapshot is not None:
                written.save_snapshot(snapshot)
        finally:
            written.close()
    finally:
        directory.release()


def _decided(log: Sequence[Recorded], state: State) -> Iterator[Decided]:
    """The log command by command, folded into ``state`` on the way, as the tables for queries want it."""
    for command, events in groupby(log, key=lambda recorded: (recorded.actor, recorded.command_id)):
        recorded = list(events)
        rows = Rows()
        for one in recorded:
            evolve(state, one)
            rows.add(state, one)
        first = recorded[0]
        yield Decided(command[0], command[1], first.at, first.position - 1, recorded, None, rows=rows)
