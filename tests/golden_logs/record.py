"""Records a golden log: ``python -m tests.golden_logs.record NAME``. A log once recorded is never recorded again.

Every version of the program commits one; all later versions must fold them all to the same records.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from queue_server.engine import events as e
from queue_server.engine.entries import Lane, Ticket
from queue_server.engine.lanes import lanes_of
from queue_server.engine.lobby import evolve
from queue_server.engine.state import State
from tests.golden_logs import stories
from tests.queue_server.engine.driver import Lobby
from tests.sites import DAY

FOLDER = Path(__file__).parent


class Line(msgspec.Struct):
    """A row of the log, as JSON."""

    position: int
    at: int
    actor: str
    command_id: str
    type: str
    v: int
    payload: msgspec.Raw


def essence(state: State, *, told: bool = False) -> bytes:
    """What later versions must agree on: who stands where, with which number, and in which order.

    Sentences and fields that are added later are left out on purpose, and so is whom a count of calls will bring next:
    that is what the rules of the day would do, not what the log says. ``told``: also what the ticket's holder was told
    of the wait and of who may go first, and the room's door.
    """
    tickets: list[list[object]] = [
        [
            ticket.id, ticket.number, ticket.queue, ticket.doctor, ticket.session, ticket.status, ticket.rank,
            ticket.station, ticket.calls, ticket.misses, ticket.print, ticket.issued_at, ticket.finished_at,
            *(_told(ticket) if told else ()),
        ]
        for _, ticket in sorted(state.tickets.items())
    ]  # fmt: skip
    stations = [
        [station.id, station.is_open, station.current, _waiting(state, lanes_of(station.queues, station.doctor))]
        for _, station in sorted(state.stations.items())
    ]
    day = state.day
    return msgspec.json.encode(
        [state.position, state.now, day.day if day else None, sorted(state.counters.items()), tickets, stations]
    )


def _waiting(state: State, lanes: list[Lane]) -> list[list[str]]:
    """Those who wait by rank, in order, and those who wait in each list of place stamps."""
    by_rank = sorted(entry for lane in lanes for entry in state.lanes.get(lane, ()))
    lists = [key for lane in lanes for key in state.lists.get(lane, ())]
    return [[ticket for _, ticket in by_rank], *([ticket for _, ticket in state.fifos.get(key, ())] for key in lists)]


def _told(ticket: Ticket) -> list[object]:
    stamp, expected = ticket.stamp, ticket.expected
    wait = None if expected is None else msgspec.structs.astuple(expected)
    promise = None if stamp.promise is None else [stamp.promise.zh, stamp.promise.en]
    return [ticket.door, ticket.door_since, ticket.door_by_hand, ticket.listed_at, stamp.bound, promise, wait]


TOLD = {"places", "rooms"}
"""The logs whose digests hold what tickets were told as well."""


def digest(log: list[e.Recorded], *, told: bool = False) -> str:
    """The SHA-256 over the essence after every single event, in hex."""
    state, running = State(), hashlib.sha256()
    for recorded in log:
        evolve(state, recorded)
        running.update(essence(state, told=told))
    return running.hexdigest()


def read(name: str) -> list[e.Recorded]:
    """The log ``name`` as it was recorded."""
    lines = (FOLDER / f"{name}.jsonl").read_bytes().splitlines()
    rows = [msgspec.json.decode(line, type=Line) for line in lines]
    return [
        e.Recorded(row.position, row.at, row.actor, row.command_id, e.decode(row.type, row.v, bytes(row.payload)))
        for row in rows
    ]


STORIES: dict[str, Callable[[], Lobby]] = {
    "bookings": stories.bookings,
    "emergency": stories.emergency,
    "places": stories.places,
    "rooms": stories.rooms,
    "serving": stories.serving,
    "slips": stories.slips,
}
"""What a log of that name is recorded from; any other is two days of everything."""


def record(name: str) -> None:
    """Write ``NAME.jsonl`` and ``NAME.sha256``.

    Raises:
        FileExistsError: the log is there already.
    """
    if (FOLDER / f"{name}.jsonl").exists():
        raise FileExistsError(f"{name}.jsonl")
    lobby = STORIES.get(name.partition("-")[0], stories.story)()
    with (FOLDER / f"{name}.jsonl").open("xb") as log:
        for row in lobby.log:
            kind = type(row.event).__name__
            payload = msgspec.Raw(e.encode(row.event))
            line = Line(row.position, row.at, row.actor, row.command_id, kind, row.event.v, payload)
            log.write(msgspec.json.encode(line) + b"\n")
    (FOLDER / f"{name}.sha256").write_text(digest(lobby.log, told=name in TOLD) + "\n")


if __name__ == "__main__":
    record(sys.argv[1])
    print(f"{sys.argv[1]}: {DAY} and the day after")  # noqa: T201 - a command prints
