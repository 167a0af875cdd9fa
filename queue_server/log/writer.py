"""The writer thread: everything that waits becomes one transaction (group commit).

After a failure nothing further is written until a probe commits. What was decided on top of the failed batch is
dropped unread: it carries the epoch of the state that died with the batch.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from queue_server.log.errors import (
    NOT_TRUNCATED,
    UNKNOWN_OUTCOME,
    CommitUnknownError,
    LogError,
    LogUnusableError,
    NotWrittenError,
)
from queue_server.log.event_log import Decided, Snapshot, Write
from queue_server.log.sqlite import SqliteLog

PROBE_EVERY_S = 0.25
"""How often a log that failed is tried again."""

_MOST_IN_ONE_BATCH = 512
# Bounds how long the first of a batch waits for the last of it.

Work = Decided | Write


class Told(Protocol):
    """Who hears from the writer. Every method is called in the writer's thread."""

    def opened(self, error: LogUnusableError | None) -> None:
        """The log is open, or cannot be."""
        ...

    def committed(self, batch: list[Work]) -> None:
        """``batch`` is durable."""
        ...

    def suspended(self, batch: list[Work], error: LogError) -> None:
        """``batch`` was not written, or nobody knows yet (``CommitUnknownError``); nothing is, until ``resumed``."""
        ...

    def settled(self, batch: list[Work], *, committed: bool) -> None:
        """The result of an unknown COMMIT is known now."""
        ...

    def resumed(self) -> None:
        """The probe committed: the log can be written again."""
        ...

    def stopped(self) -> None:
        """The thread has ended, with everything before ``stop`` written or refused."""
        ...


class _Stop:
    """The last thing in the queue."""


class Writer:
    """A thread that owns the one writing log.

    Args:
        open_log: opens the log; called in the thread.
        told: hears what became of every batch.
    """

    def __init__(self, open_log: Callable[[], SqliteLog], told: Told) -> None:
        self._open_log = open_log
        self._told = told
        self._waiting: queue.SimpleQueue[list[tuple[Work, int]] | Snapshot | _Stop] = queue.SimpleQueue()
        self._epoch = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, work: list[tuple[Work, int]]) -> None:
        """Hand over work, each with the epoch of the state it was decided on: the failures heard of by then."""
        self._waiting.put(work)

    def keep(self, snapshot: Snapshot) -> None:
        """Have ``snapshot`` saved when its turn comes. Losing it costs time at the next start and nothing else."""
        self._waiting.put(snapshot)

    def stop(self) -> None:
        """Finish what waits, then end the thread."""
        self._waiting.put(_Stop())

    def join(self) -> None:
        """Wait for the thread's end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            log = self._open_log()
        except LogUnusableError as error:
            self._told.opened(error)
            return
        self._told.opened(None)
        try:
            while not self._stopping:
                self._turn(log)
            # Leaves one file behind. Where the disk refuses, the journal stays and is as good.
            with contextlib.suppress(NotWrittenError):
                log.truncate_journal()
        finally:
            log.close()
            self._told.stopped()

    def _turn(self, log: SqliteLog) -> None:
        batch, snapshot = self._take()
        if batch:
            try:
                log.append(batch)
            except NotWrittenError as error:
                self._epoch += 1
                self._told.suspended(batch, error)
                self._recover(log)
                return
            except Exception as error:  # noqa: BLE001 - COMMIT failed, or a defect after it: what became of it is looked up
                unknown = (
                    error if isinstance(error, CommitUnknownError) else CommitUnknownError(UNKNOWN_OUTCOME, repr(error))
                )
                self._epoch += 1
                self._told.suspended(batch, unknown)
                self._settle(log, batch)
                self._recover(log)
                return
            self._truncate(log, batch)
            self._told.committed(batch)
        if snapshot is not None:
            try:
                log.save_snapshot(snapshot)
            except NotWrittenError as error:
                self._epoch += 1
                self._told.suspended([], error)
                self._recover(log)

    def _truncate(self, log: SqliteLog, batch: list[Work]) -> None:
        erasing = [work for work in batch if isinstance(work, Write) and work.truncate and work.error is None]
        if not erasing:
            return
        try:
            if log.truncate_journal():
                return
            error = NotWrittenError(NOT_TRUNCATED)
        except NotWrittenError as refused:
            error = NotWrittenError(NOT_TRUNCATED, str(refused))
        for work in erasing:
            work.error = error

    def _take(self) -> tuple[list[Work], Snapshot | None]:
        batch: list[Work] = []
        item = self._waiting.get()
        while True:
            if isinstance(item, _Stop):
                self._stopping = True
                return batch, None
            if isinstance(item, Snapshot):
                return batch, item
            batch += [work for work, epoch in item if epoch == self._epoch]
            if len(batch) >= _MOST_IN_ONE_BATCH:
                return batch, None
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, None

    def _settle(self, log: SqliteLog, batch: list[Work]) -> None:
        while not self._stopping:
            try:
                committed = log.was_committed()
            except NotWrittenError:
                self._wait()
                continue
            self._told.settled(batch, committed=committed)
            return

    def _recover(self, log: SqliteLog) -> None:
        while not self._stopping:
            self._wait()
            try:
                log.probe()
            except NotWrittenError:
                continue
            self._told.resumed()
            return

    def _wait(self) -> None:
        # Waits between two probes, and empties the queue meanwhile: all in it was decided on the lost state.
        try:
            while not isinstance(self._waiting.get(timeout=PROBE_EVERY_S), _Stop):
                pass
        except queue.Empty:
            return
        self._stopping = True
