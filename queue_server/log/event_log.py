"""What a log of events is, whatever keeps it: append-only, gapless, one writer, outcomes beside the events.

The position is assigned by the one who decides and is part of the key, so that a stale decider's append fails instead
of interleaving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlite_utils import Database

from queue_server.engine.events import Recorded
from queue_server.log.people import PersonRecord
from queue_server.log.projections import Rows
from queue_server.log.triage_notes import TriageNote


@dataclass(frozen=True, slots=True)
class Outcome:
    """The recorded outcome of a command: what a repeat of it is answered with."""

    digest: str
    position: int
    ticket: str | None


@dataclass(slots=True)
class Decided:
    """One command's result, as it is to be written.

    Attributes:
        at: when, UTC microseconds.
        decided_at: the log position the decision was made at.
        events: with positions ``decided_at + 1`` and on; may be empty.
        outcome: recorded under (actor, command_id); ``None`` for the server's own commands, which nobody repeats.
        people: personal data to be written in the same transaction.
        note: what goes with a level of triage into an erasable table, in the same transaction.
        rows: what the projections become, see ``projections``.
    """

    actor: str
    command_id: str
    at: int
    decided_at: int
    events: list[Recorded]
    outcome: Outcome | None
    people: Sequence[PersonRecord] = ()
    note: TriageNote | None = None
    rows: Rows = field(default_factory=Rows)


@dataclass(slots=True)
class Write:
    """A write beside the log, such as a log-in, that shares the next transaction.

    Attributes:
        run: called in the writer's thread within the transaction. When it raises, only its own changes are undone.
        truncate: empty the write-ahead log after the commit, so that erased bytes leave the disk.
        result: what ``run`` returned, once written.
        error: what ``run`` raised.
    """

    run: Callable[[Database], Any]
    truncate: bool = False
    result: Any = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An encoded state at a position, made by one exact version of the engine."""

    position: int
    engine: str
    state: bytes


class EventLog(Protocol):
    """A site's log, used by one thread."""

    site: str

    def position(self) -> int:
        """The position of the last event; 0 when there is none."""
        ...

    def acknowledged(self) -> int:
        """The last position of which an answer or a snapshot was ever written: a whole log goes as far at least."""
        ...

    def append(self, work: Sequence[Decided | Write]) -> None:
        """Write everything as one transaction, wholly or not at all, durable on return.

        Raises:
            NotWrittenError: nothing was written.
            CommitUnknownError: ``was_committed`` has to be asked, later if need be.
        """
        ...

    def was_committed(self) -> bool:
        """Whether the last ``append`` is in the log.

        Raises:
            NotWrittenError: it cannot be told yet.
        """
        ...

    def probe(self) -> None:
        """Commit something small, to learn whether the log can be written again.

        Raises:
            NotWrittenError: it still cannot.
        """
        ...

    def read(self, after: int, limit: int | None = None) -> Iterator[Recorded]:
        """The events after position ``after``, in order."""
        ...

    def outcome(self, actor: str, command_id: str) -> Outcome | None:
        """The recorded outcome of a command, if it was carried out."""
        ...

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep ``snapshot`` in place of the one before."""
        ...

    def load_snapshot(self) -> Snapshot | None:
        """The snapshot kept, if it is undamaged."""
        ...

    def close(self) -> None:
        """Give up the log's resources."""
        ...
