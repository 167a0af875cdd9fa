"""The folded state, kept beside the log so that a start folds the tail only.

A snapshot is a convenience: it is used only when this very engine made it and its bytes are whole, and the log alone
always gives the same state.
"""

from __future__ import annotations

import functools
import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec
import structlog

from queue_server import engine
from queue_server.engine.entries import (
    Broadcast,
    Countdown,
    Day,
    Lane,
    Pause,
    SiteIndex,
    StationState,
    Ticket,
    UndoEntry,
)
from queue_server.engine.events import ListKey, Rank
from queue_server.engine.evolve import evolve
from queue_server.engine.record import QueueRecord
from queue_server.engine.site import ClinicSession, Site, Text
from queue_server.engine.slip_parts import Slip
from queue_server.engine.state import FOLDED, State
from queue_server.engine.transitions import ImpossibleError
from queue_server.log.errors import LogUnusableError
from queue_server.log.event_log import EventLog, Snapshot

_log = structlog.get_logger(__name__)


class _Frozen(msgspec.Struct, array_like=True):
    """Every attribute of the state, by name; the configuration in place of its index."""

    configuration: tuple[Site, str] | None
    position: int
    now: int
    day: Day | None
    sessions: dict[str, ClinicSession]
    ended: set[str]
    tickets: dict[str, Ticket]
    stations: dict[str, StationState]
    countdowns: dict[ListKey, Countdown]
    counters: dict[str, int]
    carried: set[tuple[str, str]]
    seq: int
    history: dict[str, tuple[tuple[int, Text], ...]]
    undo: dict[int, UndoEntry]
    record: dict[str, QueueRecord]
    lanes: dict[Lane, list[tuple[Rank, str]]]
    fifos: dict[ListKey, list[tuple[int, str]]]
    doors: dict[str, list[tuple[Rank, str]]]
    outstanding: dict[ListKey, tuple[tuple[Rank, str], ...]]
    by_person: dict[str, tuple[str, ...]]
    live_visits: dict[tuple[str, str, str | None], str]
    by_origin: dict[str, str]
    taken: dict[tuple[str, str | None, str], str]
    per_session: dict[str, int]
    referred: dict[str, int]
    missed: dict[str, None]
    service: dict[tuple[str, str | None], tuple[int, int]]
    judged: dict[str, tuple[int, int]]
    lists: dict[Lane, tuple[ListKey, ...]]
    plan: tuple[tuple[int, str], ...]
    watched: list[tuple[int, str]]
    absent: dict[str, None]
    backs: list[tuple[int, str]]
    seen: dict[tuple[str, str], int]
    paused: dict[str, Pause]
    broadcasts: dict[int, Broadcast]
    slips: dict[str, Slip]
    opens: list[tuple[int, str]]
    unkept: set[str]


_PLAIN = tuple(name for name in _Frozen.__struct_fields__ if name != "configuration")

IS_COMPLETE = {*_PLAIN, "index"} == set(FOLDED)
"""Whether a snapshot holds all of the state but what is found anew; one that does not is neither made nor used."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Frozen)


@functools.cache
def engine_digest() -> str:
    """A digest of the engine's source: a snapshot made by any other source is not used."""
    return source_digest(resources.files(engine))


def source_digest(folder: Traversable) -> str:
    """A digest of the Python files in ``folder`` and in the folders below it, with their names."""
    digest = hashlib.sha256()
    for name, file in sorted(_sources(folder), key=lambda named: named[0]):
        digest.update(name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()


def _sources(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield above + entry.name, entry


def take(state: State) -> Snapshot | None:
    """Encode ``state`` as it stands."""
    if not IS_COMPLETE:
        return None
    index = state.index
    frozen = _Frozen(
        (index.site, index.digest) if index else None,
        *(getattr(state, name) for name in _PLAIN),
    )
    return Snapshot(state.position, engine_digest(), _ENCODER.encode(frozen))


def restore(snapshot: Snapshot) -> State | None:
    """The state in ``snapshot``; ``None`` when another engine made it or it cannot be read."""
    if not IS_COMPLETE or snapshot.engine != engine_digest():
        return None
    try:
        frozen = _DECODER.decode(snapshot.state)
    except msgspec.DecodeError as error:
        _log.warning("snapshot unreadable, folding the whole log", reason=str(error))
        return None
    state = State()
    for name in _PLAIN:
        setattr(state, name, getattr(frozen, name))
    if frozen.configuration is not None:
        state.set_index(SiteIndex(*frozen.configuration))
    return state


@contextmanager
def _no_collections() -> Iterator[None]:
    """Without garbage collection: millions of live objects come into being, and each search through them finds none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def fold(log: EventLog, *, whole: bool = False) -> State:
    """The state that ``log`` gives, from the snapshot if there is a good one.

    Args:
        log: the site's log.
        whole: do not use the snapshot.

    Raises:
        LogUnusableError: an event cannot be read or does not follow from those before it, or the log's end is missing.
    """
    end, acknowledged = log.position(), log.acknowledged()
    if end < acknowledged:
        raise LogUnusableError(cut_off(end, acknowledged))
    with _no_collections():
        snapshot = None if whole else log.load_snapshot()
        state = (restore(snapshot) if snapshot is not None else None) or State()
        with follows(state):
            for recorded in log.read(state.position):
                evolve(state, recorded)
    return state


@contextmanager
def follows(state: State) -> Iterator[None]:
    """Say what to do when an event cannot be read, or names what the events before it do not know.

    Raises:
        LogUnusableError: in place of whatever the block raised.
    """
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, ImpossibleError) as error:
        raise LogUnusableError(
            f"The log cannot be folded after position {state.position}: {_words(error)}. Nothing was changed. Restore "
            "a backup with 'houzhen-server restore', or install the version that wrote this log."
        ) from error


def _words(error: Exception) -> str:
    if isinstance(error, ValueError | ImpossibleError):
        return str(error)
    return f"the next event does not follow from those before it ({error!r})"


def cut_off(end: int, acknowledged: int) -> str:
    """The sentence for a log that is shorter than what was answered from it."""
    return (
        f"The log ends at position {end}, but position {acknowledged} was acknowledged: its end was cut off. Nothing "
        "was changed. Numbers that patients hold are missing from it. Restore the latest backup with 'houzhen-server "
        "restore', and find out who has access to the file."
    )
