"""Why was she called before me, and who may still come before me? Answers without names, from the stamps as given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine.order import lanes_of
from queue_server.engine.serving import deciding, explained
from queue_server.engine.site import Text
from queue_server.engine.stamps import hhmm

if TYPE_CHECKING:
    from queue_server.engine.state import State, Ticket


def why_before(state: State, earlier_id: str, later_id: str) -> Text:
    """Why the ticket ``earlier_id`` is or was called before ``later_id``.

    Eligibility comes first: tickets that no open station calls together never compete. Then whether the one had been
    called before the other took its place, by the log's positions. Then both stamps are told as they were given.

    Raises:
        KeyError: a ticket that is not of today.
    """
    earlier, later = state.tickets[earlier_id], state.tickets[later_id]
    if not _are_called_together(state, earlier, later):
        if earlier.queue != later.queue:
            return Text("两个号不在同一个队列，分别排队", "The two numbers wait in different queues")
        if None not in {earlier.doctor, later.doctor} and earlier.doctor != later.doctor:
            return Text("两个号的医生不同，分别排队", "The two numbers are for different doctors")
    first, second = earlier.stamp.sentence, later.stamp.sentence
    zh, en = _difference(state, earlier, later)
    return Text(
        f"{zh}。{earlier.number}：{first.zh}；{later.number}：{second.zh}",
        f"{en}. {earlier.number}: {first.en}; {later.number}: {second.en}",
    )


def _are_called_together(state: State, *tickets: Ticket) -> bool:
    return any(
        station.is_open and {ticket.lane for ticket in tickets} <= set(lanes_of(station.queues, station.doctor))
        for station in state.stations.values()
    )


def _difference(state: State, earlier: Ticket, later: Ticket) -> tuple[str, str]:
    if earlier.call is not None and earlier.status != "waiting" and earlier.call < later.placed:
        clock = hhmm(earlier.called_at or 0, state.day.utc_offset_min) if state.day else ""
        return (
            f"{earlier.number} 在 {clock} 叫到时，{later.number} 还没有排到现在的位置",
            f"{earlier.number} was called at {clock}, before {later.number} took its present place",
        )
    return _by_stamps(state, earlier, later)


def _by_stamps(state: State, earlier: Ticket, later: Ticket) -> tuple[str, str]:
    called_at = earlier.station if earlier.status != "waiting" else None
    deciding_station = deciding(state, earlier.queue, later.queue, called_at)
    way = explained(state.index, deciding_station) if state.index and deciding_station else None
    if way is not None:
        return (way.zh, way.en)
    if earlier.stamp.by == "moved":
        return ("上午未就诊的排在下午前面", "Who was not seen in the morning goes first in the afternoon")
    if "place" in {earlier.stamp.by, later.stamp.by}:
        return ("按叫号次数轮到", "The turn came by a count of calls")
    if earlier.stamp.key == later.stamp.key:
        return ("排队时刻相同，先排的在前", "The queueing moments are equal; the first to get it goes first")
    if earlier.stamp.key is None or later.stamp.key is None or earlier.stamp.key < later.stamp.key:
        return ("按排队时刻先后", "By the queueing moment")
    return _against_the_keys(state, earlier, later)


def _against_the_keys(state: State, earlier: Ticket, later: Ticket) -> tuple[str, str]:
    if later.rank is not None and later.stamp.key is not None and later.rank[1] > later.stamp.key:
        # It stands at the moment of the one behind whom it was put, not at its own.
        return ("前面的位置当时已锁定", "The first places were fixed by then")
    if earlier.status != "waiting" and not _can_be_called_at(state, earlier.station, later):
        return ("叫号的诊室不叫另一个号", "It was called where the other number is not called")
    return ("按叫号当时的次序", "By the order as it was at the call")


def _can_be_called_at(state: State, station_id: str | None, ticket: Ticket) -> bool:
    station = state.stations.get(station_id or "")
    return station is None or not station.is_open or ticket.lane in lanes_of(station.queues, station.doctor)
