"""Which lanes a station calls, and how many of a lane's first places are locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine.serving import serving_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.engine.entries import Lane, StationState
    from queue_server.engine.state import State


def lock_of(state: State, queue_id: str) -> int:
    """How many first places of the queue's lanes are not displaced."""
    queue = state.index.queues.get(queue_id) if state.index else None
    return queue.stamps.lock if queue else 0


def lanes_of(queues: Iterable[str], doctor: str | None) -> list[Lane]:
    """The lanes a station calls: its doctor's own list and the pool of each of its queues."""
    lanes: list[Lane] = []
    for queue in queues:
        if doctor is not None:
            lanes.append((queue, doctor))
        lanes.append((queue, None))
    return lanes


def callable_lanes(state: State, queues: Iterable[str], doctor: str | None) -> list[Lane]:
    """The same without the queues that stand still."""
    return lanes_of([queue for queue in queues if queue not in state.paused], doctor)


def open_for(state: State, queue: str) -> list[StationState]:
    """The open stations that call a queue, in the order of the configuration.

    What a station was opened for counts, also where a later configuration has given it other queues: it calls what it
    was opened for until it closes. Which they are is kept in the state until a station changes.
    """
    found = state.calling.get(queue)
    if found is None:
        found = state.calling[queue] = tuple(
            station.id
            for station_id in (state.index.stations if state.index else ())
            if (station := state.stations.get(station_id)) is not None and station.is_open and queue in station.queues
        )
    return [state.stations[station_id] for station_id in found]


def called_with(state: State, lane: Lane) -> list[list[Lane]]:
    """What each open room that calls ``lane`` calls by rank together with it; the lane alone where none does."""
    found: dict[tuple[Lane, ...], None] = {}
    for station in open_for(state, lane[0]):
        lanes = lanes_of(station.queues, station.doctor)
        if lane in lanes:
            found[tuple(lanes) if serving_at(state, station).mode == "merge" else (lane,)] = None
    return [list(lanes) for lanes in found] or [[lane]]
