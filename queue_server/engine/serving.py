"""How a station makes one order of several queues: by rank, by turns, or one queue before the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine.room_records import MERGE, Serving
from queue_server.engine.site import Text
from queue_server.engine.stamps import ROUTINE_TIER

if TYPE_CHECKING:
    from queue_server.engine.entries import SiteIndex, StationState, Ticket
    from queue_server.engine.events import Rank, Turn
    from queue_server.engine.site import Level, Station
    from queue_server.engine.state import State


def serving_at(state: State, station: StationState) -> Serving:
    """How an open station serves its queues; one queue alone needs no merging."""
    configured = state.index.stations.get(station.id) if state.index else None
    if configured is None:
        return MERGE
    levels = tuple(configured.levels)
    if len(station.queues) < 2 or configured.serves == "merge":  # noqa: PLR2004 - several
        return MERGE._replace(levels=levels) if levels else MERGE
    quotas = tuple((queue, configured.ratio.get(queue, 1)) for queue in station.queues)
    return Serving(configured.serves, quotas, station.turn, levels)


def accepts(state: State, levels: tuple[Level, ...], ticket: Ticket) -> bool:
    """Whether a room that takes these levels takes the ticket; a number of another kind of queue has no level.

    Who was not triaged yet counts as III: nobody knows that the patient can wait, nor that it is urgent.
    """
    if not levels:
        return True
    queue = state.index.queues.get(ticket.queue) if state.index else None
    if queue is None or not queue.triage:
        return True
    return (ticket.triage.level if ticket.triage is not None else "III") in levels


def choose(serving: Serving, heads: dict[str, Rank]) -> tuple[str, Turn]:
    """Which queue is called next, and what the call does to the turns.

    A turn goes on while its queue has somebody; then it is that of the next queue in order which has. So a queue that
    stood empty has neither debt nor credit. Emergencies (tiers 0 and 1) go first in every mode and take nobody's turn.

    Args:
        serving: the station's way.
        heads: the smallest rank of each queue that has somebody to call; not empty.
    """
    first = min(heads, key=lambda queue: heads[queue])
    if serving.mode == "merge" or heads[first][0] < ROUTINE_TIER:
        return (first, "none")
    queues = [queue for queue, _ in serving.quotas]
    if serving.mode == "strict":
        return (next(queue for queue in queues if queue in heads), "none")
    if serving.turn is not None and serving.turn[0] in queues:
        now, called = serving.turn
        if now in heads and called < dict(serving.quotas)[now]:
            return (now, "goes_on")
        after = queues.index(now) + 1
        queues = [*queues[after:], *queues[:after]]
    return (next(queue for queue in queues if queue in heads), "begins")


def after_turn(before: tuple[str, int] | None, queue: str, turn: Turn) -> tuple[str, int] | None:
    """Whose turn it is after a call of ``queue``, and how many were called in it."""
    if turn == "none":
        return before
    return (queue, 1 if before is None or turn == "begins" else before[1] + 1)


def explained(index: SiteIndex, station: Station) -> Text | None:
    """How the station orders its queues, in words; ``None`` where the ranks decide."""
    if station.serves == "merge":
        return None
    names = [(index.queues[queue].name, station.ratio.get(queue, 1)) for queue in station.queues]
    if station.serves == "strict":
        zh = "，再叫".join(name.zh for name, _ in names)
        en = " before ".join(name.en for name, _ in names)
        return Text(f"{station.name.zh}先叫{zh}", f"{station.name.en} calls {en}")
    zh = "、".join(f"{name.zh} {count} 位" for name, count in names)
    en = ", ".join(f"{count} of {name.en}" for name, count in names)
    return Text(f"{station.name.zh}按{zh}轮流叫号", f"{station.name.en} calls by turns: {en}")


def deciding(state: State, first: str, second: str, called_at: str | None) -> Station | None:
    """The station whose way of serving, rather than the ranks, decides between two different queues.

    Args:
        state: the lobby.
        first: a queue.
        second: another one.
        called_at: the station at which one of the two was called already, if any.
    """
    if first == second:
        return None
    open_ones = [station.id for station in state.stations.values() if station.is_open]
    for station_id in open_ones if called_at is None else [called_at]:
        station = state.index.stations.get(station_id) if state.index else None
        if station is not None and station.serves != "merge" and {first, second} <= set(station.queues):
            return station
    return None


def called_in_one_order(stations: list[Station], queue: str) -> set[str] | None:
    """The queues whose ranks compete with those of ``queue``.

    ``None`` where no moment bounds who is called before: by turns, or behind another queue, somebody of that queue who
    comes later may go first however late that is.
    """
    together = {queue}
    for station in stations:
        if queue not in station.queues:
            continue
        if station.serves == "merge":
            together.update(station.queues)
        elif len(station.queues) > 1 and (station.serves == "ratio" or station.queues[0] != queue):
            return None
    return together
