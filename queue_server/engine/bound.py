"""The bound: after which moment nobody who checks in is called before a ticket, and what is excepted.

It is key + C + L: C the greatest credit, and L the greatest time by which a check-in may lie behind the moment that it
is queued as, of all queues that are called together with the ticket's. It is given with the stamp and kept in the log,
so that a ticket is held to what its holder was told; a further stamp brings a sentence of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from queue_server.engine.site import PlaceStamp, Text, TimeStamp
from queue_server.engine.stamps import MINUTE, ROUTINE_TIER, hhmm

if TYPE_CHECKING:
    from queue_server.engine.events import Rank, Stamp
    from queue_server.engine.site import Queue
    from queue_server.engine.state import SiteIndex, State


def with_bound(state: State, queue_id: str, rank: Rank | None, stamp: Stamp) -> Stamp:
    """``stamp`` with the bound that holds of a ticket at ``rank``, and its sentence."""
    bound = bound_of(state, queue_id, rank, stamp)
    if bound is None or state.index is None or state.day is None:
        return stamp if stamp.bound is None else replace(stamp, bound=None, promise=None)
    return replace(stamp, bound=bound, promise=_sentence(bound, state.day.utc_offset_min, turns(state.index, queue_id)))


def bound_of(state: State, queue_id: str, rank: Rank | None, stamp: Stamp) -> int | None:
    """The moment key + C + L in UTC microseconds; ``None`` where there is no such moment.

    There is none for a ticket that waits by a count of calls or was moved, for an emergency, whose tier is unbounded by
    design for all others, and where the configuration admits any L.
    """
    if rank is None or rank[0] < ROUTINE_TIER or stamp.by != "time" or state.index is None:
        return None
    margin = _margins(state.index, queue_id)[0]
    # A ticket behind the locked head stands at the locked one's moment, not at its own.
    return None if margin is None else rank[1] + margin * MINUTE


def turns(index: SiteIndex, queue_id: str) -> int | None:
    """Of any list that waits by a count of calls, one is let in for at least so many calls; ``None`` without lists."""
    return _margins(index, queue_id)[1]


def _margins(index: SiteIndex, queue_id: str) -> tuple[int | None, int | None]:
    """C + L in minutes, and the fewest calls of a place stamp, of all queues that are called together with this one."""
    known = index.bounds.get(queue_id)
    if known is None:
        known = index.bounds[queue_id] = _reckon(index, queue_id)
    return known


def _reckon(index: SiteIndex, queue_id: str) -> tuple[int | None, int | None]:
    together = called_together(index, queue_id)
    margins = [_margin_min(index.queues[queue]) for queue in together]
    calls = [rule.calls for queue in together for rule in _rules(index.queues[queue]) if isinstance(rule, PlaceStamp)]
    bounded = [margin for margin in margins if margin is not None]
    return (max(bounded) if bounded and len(bounded) == len(margins) else None, min(calls, default=None))


def called_together(index: SiteIndex, queue_id: str) -> list[str]:
    """The queue and those that share a station with it."""
    found = {queue_id}.union(*(station.queues for station in index.site.stations if queue_id in station.queues))
    return sorted(found & set(index.queues))


def _rules(queue: Queue) -> list[object]:
    stamps = queue.stamps
    return [stamps.appointment, stamps.walk_in, stamps.late, *stamps.missed]


def _margin_min(queue: Queue) -> int | None:
    """C + L of a queue in minutes; ``None`` when unbounded."""
    stamps = queue.stamps
    greatest = 0
    for rule, has_slot in ((stamps.appointment, True), (stamps.walk_in, False), (stamps.late, True)):
        if not isinstance(rule, TimeStamp):
            continue
        behind = 0
        if rule.anchor == "slot_start":
            # A booked patient who is later than this takes the rule for the late.
            if not has_slot or rule is stamps.late:
                return None
            behind = stamps.late_after_min
        elif rule.anchor == "slot_start_within":
            behind = rule.grace_min
        greatest = max(greatest, behind - rule.allowance_min)
    credit = min(max(stamps.credits.values(), default=0), stamps.max_credit_min)
    return credit + greatest


def _sentence(bound: int, utc_offset_min: int, calls: int | None) -> Text:
    # Up to the next whole minute: the sentence must not promise more than holds.
    clock = hhmm(-(-bound // MINUTE) * MINUTE, utc_offset_min)
    zh, en = "", ""
    if calls is not None:
        zh = f"按次数轮到的（每个名单每叫 {calls} 位至多 1 位）、"
        en = f"turns by count (of each list at most one for every {calls} calls), "
    return Text(
        f"{clock} 以后签到的患者不会在您之前叫到；只有{zh}过号返回的、转来的、急诊和护士调整的除外，都会写明",
        f"Nobody who checks in after {clock} is called before you, except {en}patients back after a miss, transfers, "
        "emergencies and moves by a nurse, each of them shown",
    )


def overtaking_ends_at(state: State, ticket_id: str) -> int | None:
    """The bound that was published with the present stamp of a ticket that waits; ``None`` without one.

    Returns:
        UTC microseconds.
    """
    ticket = state.tickets.get(ticket_id)
    return ticket.stamp.bound if ticket is not None and ticket.rank is not None else None


def promise(state: State, ticket_id: str) -> Text | None:
    """The same as the sentence that the ticket's holder was told."""
    ticket = state.tickets.get(ticket_id)
    return ticket.stamp.promise if ticket is not None and ticket.rank is not None else None
