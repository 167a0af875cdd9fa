"""The bound: after which moment nobody who checks in is called before a ticket, and what is excepted.

It is key + C + L: C the greatest credit, and L the greatest time by which a check-in may lie behind the moment that it
is queued as, of all queues that are called together with the ticket's. It is given with the stamp and kept in the log,
so that a ticket is held to what its holder was told; a further stamp brings a sentence of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from queue_server.engine.serving import called_in_one_order, explained
from queue_server.engine.site import Abandon, PlaceStamp, Text, TimeStamp
from queue_server.engine.stamps import MINUTE, ROUTINE_TIER, all_rules, greatest_credit_min, hhmm

if TYPE_CHECKING:
    from queue_server.engine.entries import SiteIndex
    from queue_server.engine.events import Rank, Stamp
    from queue_server.engine.site import Stamps
    from queue_server.engine.state import State


def with_bound(state: State, queue_id: str, rank: Rank | None, stamp: Stamp) -> Stamp:
    """``stamp`` with the bound that holds of a ticket at ``rank``, and its sentence."""
    bound = bound_of(state, queue_id, rank, stamp)
    if bound is None or state.index is None or state.day is None or bound >= state.day.ends_at:
        is_routine = rank is not None and rank[0] >= ROUTINE_TIER and stamp.by == "time"
        without = _without(state.index, queue_id) if state.index and is_routine else None
        unchanged = (stamp.bound, stamp.promise) == (None, without)
        return stamp if unchanged else replace(stamp, bound=None, promise=without)
    return replace(
        stamp, bound=bound, promise=_sentence(bound, state.day.utc_offset_min, margins(state.index, queue_id))
    )


def bound_of(state: State, queue_id: str, rank: Rank | None, stamp: Stamp) -> int | None:
    """The moment key + C + L in UTC microseconds; ``None`` where there is no such moment.

    There is none for a ticket that waits by a count of calls or was moved, for an emergency, whose tier is unbounded by
    design for all others, where the configuration admits any L, and where a station serves the queue by turns with
    others or after another one.
    """
    if rank is None or rank[0] < ROUTINE_TIER or stamp.by != "time" or state.index is None:
        return None
    if (queue := state.index.queues.get(queue_id)) is not None and queue.triage:
        return None  # The next patient through the door may be the most urgent one.
    margin = margins(state.index, queue_id).minutes
    # A ticket behind the locked head stands at the locked one's moment, not at its own.
    return None if margin is None else rank[1] + margin * MINUTE


class Margins(NamedTuple):
    """What the configuration says of everybody who competes with a queue's patients.

    Attributes:
        minutes: C + L, the greatest credit and the greatest time by which a key lies before the check-in; ``None``:
            unbounded.
        calls: of any list that waits by a count of calls, one is let in for at least so many calls; ``None``: no lists.
    """

    minutes: int | None
    calls: int | None


def margins(index: SiteIndex, queue_id: str) -> Margins:
    """What the configuration says of all queues that are called together with this one; reckoned once."""
    known = index.bounds.get(queue_id)
    if known is None:
        known = index.bounds[queue_id] = _reckon(index, queue_id)
    return Margins(*known)


def _reckon(index: SiteIndex, queue_id: str) -> tuple[int | None, int | None]:
    one_order = called_in_one_order(index.site.stations, queue_id)
    queues = [index.queues[queue] for queue in called_together(index, queue_id)]
    # Which set holds for a session may change in the course of a day.
    rules_of = {queue.id: [queue.stamps, *queue.stamp_sets.values()] for queue in queues}
    rules = [rule for queue in queues for stamps in rules_of[queue.id] for rule in all_rules(stamps)]
    places = [rule for rule in rules if isinstance(rule, PlaceStamp)]
    calls = [count for rule in places for count in (rule.calls, rule.calls_when_more) if count > 0]
    if one_order is None:
        return (None, min(calls, default=None))
    found = [_margin_min(stamps) for queue in queues if queue.id in one_order for stamps in rules_of[queue.id]]
    bounded = [margin for margin in found if margin is not None]
    return (max(bounded) if bounded and len(bounded) == len(found) else None, min(calls, default=None))


def called_together(index: SiteIndex, queue_id: str) -> list[str]:
    """The queue and those that share a station with it."""
    found = {queue_id}.union(*(station.queues for station in index.site.stations if queue_id in station.queues))
    return sorted(found & set(index.queues))


def _margin_min(stamps: Stamps) -> int | None:
    """C + L of a queue's rules in minutes; ``None`` when unbounded."""
    # By whose rule a booked patient checks in, and how late at most: beyond that the next rule holds. A threshold that
    # gives no ticket does not count, because staff may check the patient in by the rule before it.
    thresholds = [(late.after_min, late.rule) for late in stamps.late_rules if not isinstance(late.rule, Abandon)]
    booked = [(0, stamps.appointment), (stamps.late_after_min, stamps.late), *thresholds]
    until = [*(after for after, _ in booked[1:]), None]
    greatest = 0
    for rule, latest in [*((rule, at) for (_, rule), at in zip(booked, until, strict=True)), (stamps.walk_in, None)]:
        if not isinstance(rule, TimeStamp):
            continue
        behind = 0
        if rule.anchor == "number":
            # A small number has its moment whenever its patient comes.
            return None
        if rule.anchor == "slot_start":
            if latest is None:
                return None
            behind = latest
        elif rule.anchor == "slot_start_within":
            behind = rule.grace_min
        greatest = max(greatest, behind - rule.allowance_min)
    return greatest_credit_min(stamps) + greatest


def _without(index: SiteIndex, queue_id: str) -> Text | None:
    """What a ticket's holder is told where a station's way of serving several queues admits no bound."""
    for station in index.site.stations:
        if called_in_one_order([station], queue_id) is None and (way := explained(index, station)) is not None:
            return Text(
                f"{way.zh}，因此没有保证的时刻：以后签到的患者也可能在您之前叫到",
                f"{way.en}; so there is no such moment: patients who check in later may be called before you",
            )
    return None


def _sentence(bound: int, utc_offset_min: int, margins: Margins) -> Text:
    # Up to the next whole minute: the sentence must not promise more than holds.
    clock = hhmm(-(-bound // MINUTE) * MINUTE, utc_offset_min)
    rest = excepted(margins)
    return Text(
        f"{clock} 以后签到的患者不会在您之前叫到；只有{rest.zh}除外，都会写明",
        f"Nobody who checks in after {clock} is called before you, except {rest.en}, each of them shown",
    )


def excepted(margins: Margins) -> Text:
    """Who is called before others against the bound, in words."""
    zh, en = "", ""
    if margins.calls is not None:
        calls = "call" if margins.calls == 1 else f"{margins.calls} calls"
        zh = f"按次数轮到的（每个名单每叫 {margins.calls} 位至多 1 位）、"
        en = f"turns by count (of each list at most one for every {calls}), "
    return Text(
        f"{zh}过号或检查后返回的、转来的、急诊和护士调整的",
        f"{en}patients back after a miss or with results, transfers, emergencies and moves by a nurse",
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
