"""Check-in with an order of the hospital: a prescription, an exam, a blood draw, something to pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine.checkin import desk_of, here_before, issue_ticket, number_for, opened_day, with_full_stop
from queue_server.engine.joining import join
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.site import Abandon
from queue_server.engine.stamps import MINUTE, Arrival, check_in_rule, hhmm, of_group, render

if TYPE_CHECKING:
    from queue_server.engine import events as e
    from queue_server.engine.commands import CheckInOrder
    from queue_server.engine.context import Context
    from queue_server.engine.site import Order, PlaceStamp, Queue, TimeStamp
    from queue_server.engine.state import State


def queue_of(state: State, order: Order) -> Queue | Refusal:  # noqa: PLR0911 - one return a reason
    """The queue in which the order may be checked in now, or why it may not."""
    opened = opened_day(state)
    if isinstance(opened, Refusal):
        return opened
    index, day = opened
    queue = index.queues.get(order.queue)
    if queue is None or queue.kind == "clinic":
        return refusal("unknown_queue")
    if order.day != day.day:
        return refusal("order_not_today")
    if order.status == "withdrawn":
        return refusal("order_withdrawn", desk=index.site.desk)
    before = here_before(state, order.id, (order.person, queue.id, order.id))
    if before is not None:
        return before
    if order.status == "done":
        return refusal("order_done", desk=index.site.desk)
    if order.status == "open" and queue.needs_paid:
        return refusal("order_unpaid")
    return queue


def check_in_order(state: State, command: CheckInOrder, ctx: Context) -> list[e.Event] | Refusal:
    """The patient of an order is here, or its payment alone makes the ticket."""
    order = command.order
    queue = queue_of(state, order)
    if isinstance(queue, Refusal):
        return queue
    number = number_for(state, queue, None, None)
    if isinstance(number, Refusal):
        return number
    found = rule_of(state, queue, order, command.channel, ctx.now)
    if isinstance(found, Refusal):
        return found
    arrival = arrival_of_order(order, ctx.now)
    return issue_ticket(
        state,
        ctx,
        number=number,
        joined=join(state, queue, None, *of_group(queue, order.credits, *found), arrival),
        queue=queue,
        session=None,
        arrival=arrival,
        origin="order",
        origin_ref=order.id,
        person=order.person,
        channel=command.channel,
        by_proxy=command.by_proxy,
    )


def rule_of(
    state: State, queue: Queue, order: Order, channel: str, now: int
) -> tuple[str, TimeStamp | PlaceStamp] | Refusal:
    """By which rule the order takes its place, and the rule's name; or why it is too early or too late for its slot."""
    if order.slot_start is None or state.day is None or state.index is None:
        return ("walk_in", queue.stamps.walk_in)
    offset = state.day.utc_offset_min
    clinic = state.index.clinics.get(queue.clinic or "")
    opens = order.slot_start - clinic.check_in_opens_min * MINUTE if clinic else now
    if channel != "backfill" and now < opens:
        return refusal("too_early", time=hhmm(opens, offset))
    name, rule = check_in_rule(queue, now, order.slot_start, by_staff=channel in {"desk", "backfill"})
    if isinstance(rule, Abandon):
        sentence = render(rule, queue, arrival_of_order(order, now), utc_offset_min=offset)
        return refusal("too_late", sentence=with_full_stop(sentence), desk=desk_of(state))
    return (name, rule)


def arrival_of_order(order: Order, now: int) -> Arrival:
    """What the rules may look at when the order is checked in."""
    return Arrival(now, now, order.slot_start, order.slot_end, None, tuple(order.credits))
