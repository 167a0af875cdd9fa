"""Why was she called before me? Answers without names, from the stamps as given, at a position of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from queue_server.engine.lanes import lanes_of
from queue_server.engine.order import in_order
from queue_server.engine.reasons import words_of
from queue_server.engine.serving import accepts, deciding, explained, serving_at
from queue_server.engine.site import Text
from queue_server.engine.stamps import hhmm
from queue_server.engine.standing import waiting_in_order
from queue_server.engine.transitions import AT_A_STATION, LIVE

if TYPE_CHECKING:
    from queue_server.engine.entries import StationState, Ticket
    from queue_server.engine.events import Rank
    from queue_server.engine.state import State

_LAST: Rank = (1 << 62,)
"""After every rank there is."""


Because: TypeAlias = Literal[
    "other_queue", "other_doctor", "other_level", "closed", "ended", "not_here", "called_before", "not_called_there",
    "serving", "paused", "picked", "moved", "count", "tier", "key", "seq", "lock", "order", "room",
]  # fmt: skip
"""What decides between two tickets: what keeps one from being called, else the first difference in their ranks."""


class Explanation(msgspec.Struct, frozen=True):
    """Which of two tickets is or was called first, and why, without names.

    Attributes:
        first: that ticket's id; ``None`` where the two do not compete or neither can be called.
        because: what decides.
        sentence: the same in words, with the sentences of both stamps where they were compared.
        position: the log position of which it holds.
        rule: what decides, alone.
        stamps: the sentences of both, the first one first, where they were compared.
    """

    first: str | None
    because: Because
    sentence: Text
    position: int
    rule: Text
    stamps: tuple[Text, ...] = ()


def explain(state: State, one_id: str, other_id: str) -> Explanation:
    """Which of two tickets is or was called first, and why.

    Eligibility comes first: whether each can be called at all, and whether any open station may call both. Then the
    first difference in their ranks; then both stamps are told as they were given.

    Raises:
        KeyError: a ticket that is not of today.
    """
    # Whichever is asked for first, the answer is the same.
    one, other = sorted((state.tickets[one_id], state.tickets[other_id]), key=lambda ticket: ticket.id)
    earlier, later = (one, other) if _goes_first(state, one, other) else (other, one)
    kept = _ended(one, other) or _apart(state, earlier, later) or _away(one, other) or _paused(state, one, other)
    kept = kept or _at_two_doors(state, one, other)
    if kept is not None:
        return Explanation(*kept, state.position, kept[2])
    because, zh, en = _difference(state, earlier, later)
    sentence = _with_stamps(zh, en, earlier, later)
    stamps = (earlier.stamp.sentence, later.stamp.sentence)
    return Explanation(earlier.id, because, sentence, state.position, Text(zh, en), stamps)


_Kept: TypeAlias = "tuple[str | None, Because, Text]"
"""What keeps two tickets from being compared by their ranks: who can be called, what it is, and the words."""


def _ended(*pair: Ticket) -> _Kept | None:
    gone = [ticket for ticket in pair if ticket.call is None and ticket.status not in LIVE]
    if not gone:
        return None
    numbers_zh, numbers_en = "、".join(each.number for each in gone), " and ".join(each.number for each in gone)
    words = Text(f"{numbers_zh} 已结束，不再叫号", f"{numbers_en}: ended, and not called any more")
    left = [ticket.id for ticket in pair if ticket not in gone and ticket.status in LIVE]
    return (left[0] if left else None, "ended", words)


def _away(*pair: Ticket) -> _Kept | None:
    for ticket, rest in (pair, pair[::-1]):
        if ticket.status in LIVE - AT_A_STATION - {"waiting"} and rest.status == "waiting":
            words = Text(
                f"{ticket.number} 现在不在队列中，回来重新候诊后才能叫到",
                f"{ticket.number} is not in the queue now and can be called only once the patient is back",
            )
            return (rest.id, "not_here", words)
    return None


def _paused(state: State, *pair: Ticket) -> _Kept | None:
    still = [ticket for ticket in pair if ticket.status == "waiting" and ticket.queue in state.paused]
    if not still or any(ticket.call is not None for ticket in pair if ticket.status != "waiting"):
        return None
    numbers_zh, numbers_en = "、".join(each.number for each in still), " and ".join(each.number for each in still)
    words = Text(f"{numbers_zh} 的队列暂停叫号", f"{numbers_en}: the queue is paused")
    going = [ticket.id for ticket in pair if ticket not in still]
    return (going[0] if going else None, "paused", words)


def _at_two_doors(state: State, *pair: Ticket) -> _Kept | None:
    """Two rooms have the two in their lists: each is called by its own, and which comes first is nobody's order."""
    if any(ticket.status != "waiting" or ticket.door is None for ticket in pair) or pair[0].door == pair[1].door:
        return None
    said = [_at_the_door(state, ticket) for ticket in pair]
    zh, en = "；".join(each.zh for each in said), "; ".join(each.en for each in said)
    return (None, "room", Text(f"{zh}；各诊室按自己的名单叫号", f"{en}; each room calls its own list"))


def _at_the_door(state: State, ticket: Ticket) -> Text:
    station = state.index.stations.get(ticket.door or "") if state.index else None
    place = station.name if station else Text(ticket.door or "", ticket.door or "")
    clock = hhmm(ticket.door_since or 0, state.day.utc_offset_min if state.day else 0)
    return Text(
        f"{ticket.number} 于 {clock} 分到{place.zh}门口，该诊室按排队时刻先后叫门口的号",
        f"{ticket.number} was sent to the door of {place.en} at {clock}, which calls them by the queueing moment",
    )


def _goes_first(state: State, one: Ticket, other: Ticket) -> bool:
    """Whether ``one`` was called before ``other``, or is to be as things stand."""
    if "waiting" not in {one.status, other.status}:
        return (one.call or state.position + 1) <= (other.call or state.position + 1)
    if one.status != other.status:
        return other.status == "waiting"
    # The room at whose door one of them is calls it before the others do.
    doors = {one.door, other.door}
    for station in sorted(state.stations.values(), key=lambda station: station.id not in doors):
        if station.is_open and _calls(state, station, one, other):
            order = [ticket.id for ticket in waiting_in_order(state, station.id)]
            return order.index(one.id) < order.index(other.id)
    if one.lane == other.lane:
        order = [ticket.id for ticket in in_order(state, [one.lane])]
        return order.index(one.id) < order.index(other.id)
    return (one.rank or _LAST) <= (other.rank or _LAST)


def why_before(state: State, earlier_id: str, later_id: str) -> Text:
    """Why the ticket ``earlier_id`` is or was called before ``later_id``, by whoever saw it happen.

    Raises:
        KeyError: a ticket that is not of today.
    """
    earlier, later = state.tickets[earlier_id], state.tickets[later_id]
    apart = _apart(state, earlier, later)
    if apart is not None and apart[1] != "closed":
        return apart[2]
    _, zh, en = _difference(state, earlier, later)
    return _with_stamps(zh, en, earlier, later)


def _with_stamps(zh: str, en: str, earlier: Ticket, later: Ticket) -> Text:
    first, second = earlier.stamp.sentence, later.stamp.sentence
    return Text(
        f"{zh}。{earlier.number}：{first.zh}；{later.number}：{second.zh}",
        f"{en}. {earlier.number}: {first.en}; {later.number}: {second.en}",
    )


def _apart(state: State, earlier: Ticket, later: Ticket) -> _Kept | None:
    """Why the two never compete, if so: no open station calls both."""
    if _are_called_together(state, earlier, later):
        return None
    if earlier.queue != later.queue:
        return (None, "other_queue", Text("两个号不在同一个队列，分别排队", "The two numbers wait in different queues"))
    if None not in {earlier.doctor, later.doctor} and earlier.doctor != later.doctor:
        return (None, "other_doctor", Text("两个号的医生不同，分别排队", "The two numbers are for different doctors"))
    if _levels_apart(state, earlier, later):
        words = Text("两个号的分诊级别由不同的诊室接诊", "The two levels of triage are seen in different rooms")
        return (None, "other_level", words)
    if earlier.lane != later.lane and "waiting" in {earlier.status, later.status}:
        words = Text("现在没有诊室同时叫这两个号", "No room that is open calls both numbers now")
        return (None, "closed", words) if earlier.call is None else None
    return None


def _are_called_together(state: State, *tickets: Ticket) -> bool:
    return any(station.is_open and _calls(state, station, *tickets) for station in state.stations.values())


def _levels_apart(state: State, *pair: Ticket) -> bool:
    """Whether open stations call each of the two, and none both for the sake of their levels."""
    stations = [station for station in state.stations.values() if station.is_open]
    return {"waiting"} == {ticket.status for ticket in pair} and all(
        any(station for station in stations if _calls(state, station, ticket) and serving_at(state, station).levels)
        for ticket in pair
    )


def _calls(state: State, station: StationState, *tickets: Ticket) -> bool:
    """Whether the station calls all of the tickets, by their lists and, in an emergency queue, their levels."""
    levels = serving_at(state, station).levels
    return {ticket.lane for ticket in tickets} <= set(lanes_of(station.queues, station.doctor)) and all(
        accepts(state, levels, ticket) for ticket in tickets
    )


_BY_HAND = {
    "moved_forward": ("由护士前移", "A nurse moved it forward"),
    "transferred": ("转来的号保留原来的排队时刻", "A number that was sent on keeps its moment"),
    "referred": ("转诊的号保留原来的排队时刻", "A number that was referred keeps its moment"),
    "postponed": ("有一位本人要求延后", "One of them was postponed at the patient's own wish"),
    "leftover": ("上午未就诊的排在下午前面", "Who was not seen in the morning goes first in the afternoon"),
}


def _difference(state: State, earlier: Ticket, later: Ticket) -> tuple[Because, str, str]:
    if earlier.picked is not None and earlier.status != "waiting":
        words = words_of("pick", earlier.picked)
        return (
            "picked",
            f"{earlier.number} 被提前叫号（{words.zh}）",
            f"{earlier.number} was called out of turn ({words.en})",
        )
    if earlier.call is not None and earlier.status != "waiting" and earlier.call < later.placed:
        clock = hhmm(earlier.called_at or 0, state.day.utc_offset_min) if state.day else ""
        return (
            "called_before",
            f"{earlier.number} 在 {clock} 叫到时，{later.number} 还没有排到现在的位置",
            f"{earlier.number} was called at {clock}, before {later.number} took its present place",
        )
    return _by_room(state, earlier, later) or _by_serving(state, earlier, later) or _by_stamps(state, earlier, later)


def _by_room(state: State, earlier: Ticket, later: Ticket) -> tuple[Because, str, str] | None:
    """What a room's list decides: its own go before the hall's, and were called from it against the ranks."""
    if earlier.status == "waiting":
        if earlier.door is None:
            return None
        said = _at_the_door(state, earlier)
        if later.door is not None:
            # Both in one list: it is the ranks that decide between them.
            because, zh, en = _by_stamps(state, earlier, later)
            return (because, f"{said.zh}。{zh}", f"{said.en}. {en}")
        return ("room", f"{said.zh}；{later.number} 在大厅候诊", f"{said.en}; {later.number} waits in the hall")
    first, second = _stood(earlier), _stood(later)
    if earlier.listed_at is None or first is None or second is None or first < second:
        return None
    clock = hhmm(earlier.listed_at, state.day.utc_offset_min if state.day else 0)
    return (
        "room",
        f"{earlier.number} 于 {clock} 已分到叫号的诊室，按该诊室名单叫到",
        f"{earlier.number} was in the list of the room that called it since {clock}",
    )


def _by_serving(state: State, earlier: Ticket, later: Ticket) -> tuple[Because, str, str] | None:
    called_at = earlier.station if earlier.status != "waiting" else None
    station = deciding(state, earlier.queue, later.queue, called_at)
    way = explained(state.index, station) if state.index and station else None
    return None if way is None else ("serving", way.zh, way.en)


def _by_stamps(state: State, earlier: Ticket, later: Ticket) -> tuple[Because, str, str]:
    hand = later.stamp.rule if later.stamp.rule == "postponed" else earlier.stamp.rule
    if hand in _BY_HAND:
        return ("moved", *_BY_HAND[hand])
    first, second = _stood(earlier), _stood(later)
    if first is not None and second is not None and first[0] < second[0]:
        return ("tier", "病情级别更急", "The level of emergency is higher")
    if "place" in {earlier.stamp.by, later.stamp.by}:
        return ("count", "按叫号次数轮到", "The turn came by a count of calls")
    if earlier.stamp.key == later.stamp.key:
        return ("seq", "排队时刻相同，先排的在前", "The queueing moments are equal; the first to get it goes first")
    if earlier.stamp.key is None or later.stamp.key is None or earlier.stamp.key < later.stamp.key:
        return ("key", "按排队时刻先后", "By the queueing moment")
    return _against_the_keys(state, earlier, later, second)


def _stood(ticket: Ticket) -> Rank | None:
    """The rank that the ticket has, or had when it was called."""
    return ticket.rank if ticket.status == "waiting" else ticket.called_with


def _against_the_keys(state: State, earlier: Ticket, later: Ticket, stood: Rank | None) -> tuple[Because, str, str]:
    if stood is not None and later.stamp.key is not None and stood[1] > later.stamp.key:
        # It stands at the moment of the one behind whom it was put, not at its own.
        return ("lock", "前面的位置当时已锁定", "The first places were fixed by then")
    if earlier.status != "waiting" and not _can_be_called_at(state, earlier.station, later):
        return ("not_called_there", "叫号的诊室不叫另一个号", "It was called where the other number is not called")
    return ("order", "按叫号当时的次序", "By the order as it was at the call")


def _can_be_called_at(state: State, station_id: str | None, ticket: Ticket) -> bool:
    station = state.stations.get(station_id or "")
    return station is None or not station.is_open or _calls(state, station, ticket)
