"""A guide slip is issued, gets further stops, and is planned again when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine import guiding, order_check_in
from queue_server.engine.absences import return_with_results
from queue_server.engine.branch import branch
from queue_server.engine.checkin import desk_of, issue_ticket, number_for, opened_day
from queue_server.engine.commands import CheckInOrder, IssueItinerary, ReturnWithResults
from queue_server.engine.follow import follow
from queue_server.engine.itinerary import MOST_STOPS, PlanError, Stop, plan
from queue_server.engine.joining import join
from queue_server.engine.order_check_in import arrival_of_order, queue_of
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.site import PlaceStamp, Text, TimeStamp
from queue_server.engine.slip_parts import SlipStop
from queue_server.engine.stamps import MINUTE
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from queue_server.engine.commands import PlanItinerary
    from queue_server.engine.context import Context
    from queue_server.engine.site import Order
    from queue_server.engine.slip_parts import Slip
    from queue_server.engine.state import State

Decision = list[e.Event] | Refusal

_BY_SLIP = TimeStamp(
    anchor="check_in",
    sentence=Text("{check_in} 开指引单，从这时起排队", "On the guide slip since {check_in}: queued from that moment"),
)
"""In place of a rule that counts calls: a slip's place is a moment, so that it can be kept."""


def running(state: State, person: str) -> Slip | None:
    """The person's slip on which something is left."""
    slip = state.slips.get(person)
    return slip if slip is not None and slip.ended_at is None else None


def check_in_order(state: State, command: CheckInOrder, ctx: Context) -> Decision:
    """The patient of an order is here; whoever has a slip gets a further stop on it."""
    order = command.order
    if running(state, order.person) is None or command.channel == "backfill":
        return order_check_in.check_in_order(state, command, ctx)
    queue = queue_of(state, order)
    if isinstance(queue, Refusal):
        return queue
    return _with_stops(state, order.person, [order], None, command.channel, ctx)


def plan_again(state: State, command: PlanItinerary, ctx: Context) -> Decision:
    """What is left, in the order that is best now."""
    opened = opened_day(state)
    if isinstance(opened, Refusal):
        return opened
    if running(state, command.person) is None:
        return refusal("no_slip")
    return guiding.go_on(branch(state), ctx, command.person, "asked")


def issue(state: State, command: IssueItinerary, ctx: Context) -> Decision:
    """A slip for the orders of one person."""
    opened = opened_day(state)
    if isinstance(opened, Refusal):
        return opened
    for order in command.orders:
        if order.person != command.person:
            return refusal("no_stops")
        if _is_done(state, order):
            continue
        queue = queue_of(state, order)
        is_held = isinstance(queue, Refusal) and queue.code == "already_checked_in"
        if isinstance(queue, Refusal) and not (is_held and _is_of(state, queue.ticket, command.person)):
            return queue
    if command.visit is not None:
        refused = _cannot_return(state, command.visit, command.person, ctx)
        if refused is not None:
            return refused
    return _with_stops(state, command.person, command.orders, command.visit, command.channel, ctx)


def _is_of(state: State, ticket_id: str | None, person: str) -> bool:
    return ticket_id is not None and state.tickets[ticket_id].person == person


def _cannot_return(state: State, visit: str, person: str, ctx: Context) -> Refusal | None:
    ticket = state.tickets.get(visit)
    if ticket is None or ticket.person != person:
        return refusal("unknown_ticket", desk=desk_of(state))
    if ticket.away == "slip":
        return None
    returned = return_with_results(state, ReturnWithResults(visit), ctx)
    return returned if isinstance(returned, Refusal) else None


def _with_stops(
    state: State, person: str, orders: list[Order], visit: str | None, channel: str, ctx: Context
) -> Decision:
    """The slip with a stop for each of the orders that is not on it yet, and the return behind them."""
    before = running(state, person)
    over = {order.id: _result_at(state, order) for order in orders if _is_done(state, order)}
    new = [order for order in orders if order.id not in over and not _is_on(state, before, order.id)]
    stops = [stop for stop in (before.stops if before else ()) if stop.stop not in {order.id for order in new}]
    known = {stop.stop for stop in stops}
    visit = None if visit in known else visit
    if not new and visit is None and before is None:
        return refusal("no_stops")
    if any(need not in known | over.keys() | {one.id for one in new} for order in new for need in order.needs):
        return refusal("needs_missing", desk=desk_of(state))
    work = branch(state)
    slip = before.id if before is not None else ctx.new_id()
    events: list[e.Event] = []
    for order in new:
        given = _ticket_for(work, order, slip, channel, ctx)
        if isinstance(given, Refusal):
            return given
        for event in given:
            follow(work, ctx, event)
        events += given
        stops.append(_stop_of(order, work.by_origin[order.id], over, ctx.now))
    stops = _with_return(stops, visit, state)
    refused = _cannot_be_planned(state, [stop for stop in stops if _is_left(work, stop)])
    if refused is not None:
        return refused
    issued = e.SlipIssued(slip=slip, person=person, stops=stops)
    follow(work, ctx, issued)
    return [*events, issued, *guiding.go_on(work, ctx, person, "issued")]


def _is_done(state: State, order: Order) -> bool:
    """Done as the hospital has it, or here already: the hospital may not have heard of it yet."""
    ticket = state.tickets.get(state.by_origin.get(order.id, ""))
    return order.status == "done" or (ticket is not None and ticket.status == "finished")


def _result_at(state: State, order: Order) -> int:
    """When the result of an order that is done is there; 0 where the hospital has it already."""
    ticket = state.tickets.get(state.by_origin.get(order.id, ""))
    if order.status == "done" or ticket is None or ticket.finished_at is None:
        return 0
    return ticket.finished_at + order.result_min * MINUTE


def _is_on(state: State, slip: Slip | None, key: str) -> bool:
    """Whether the order is on the slip, with a ticket that has not ended."""
    return slip is not None and any(
        stop.stop == key and state.tickets[stop.ticket].status in LIVE for stop in slip.stops
    )


def _is_left(state: State, stop: SlipStop) -> bool:
    return stop.kind == "visit" or state.tickets[stop.ticket].status in LIVE


def _with_return(stops: list[SlipStop], visit: str | None, state: State) -> list[SlipStop]:
    """The stops with the return to the doctor, which waits for all results, also of what came onto the slip later."""
    results = tuple(stop.stop for stop in stops if stop.for_doctor)
    found = [replace(stop, needs=results) if stop.kind == "visit" else stop for stop in stops]
    if visit is not None:
        found.append(SlipStop(visit, visit, "visit", results, returns=state.tickets[visit].returned))
    return found


def _cannot_be_planned(state: State, stops: list[SlipStop]) -> Refusal | None:
    if len(stops) > MOST_STOPS:
        return refusal("too_many_stops", most=str(MOST_STOPS), desk=desk_of(state))
    name, own = Text("", ""), {stop.stop for stop in stops}
    bare = [
        Stop(
            stop.stop,
            name,
            name,
            1,
            needs=tuple(need for need in stop.needs if need in own),
            is_fasting=stop.fasting,
            breaks_fast=stop.breaks_fast,
        )
        for stop in stops
    ]
    try:
        plan(bare, 0, utc_offset_min=0)
    except PlanError:
        return refusal("needs_in_a_ring", desk=desk_of(state))
    return None


def _ticket_for(state: State, order: Order, slip: str, channel: str, ctx: Context) -> Decision:
    """The order's ticket, away until its stop's turn; the one it has already keeps its place and waits on."""
    held = state.tickets.get(state.by_origin.get(order.id, ""))
    if held is not None and held.status in LIVE:
        return []
    queue = queue_of(state, order)
    if isinstance(queue, Refusal):
        return queue
    number = number_for(state, queue, None, None)
    if isinstance(number, Refusal):
        return number
    arrival = arrival_of_order(order, ctx.now)
    found = order_check_in.rule_of(state, queue, order, channel, ctx.now)
    if isinstance(found, Refusal):
        return found
    name, rule = found
    if isinstance(rule, PlaceStamp):
        name, rule = "slip", _BY_SLIP
    return issue_ticket(
        state,
        ctx,
        number=number,
        joined=join(state, queue, None, name, rule, arrival),
        queue=queue,
        session=None,
        arrival=arrival,
        origin="order",
        origin_ref=order.id,
        person=order.person,
        channel=channel,
        by_proxy=False,
        slip=slip,
    )


def _stop_of(order: Order, ticket: str, over: dict[str, int], now: int) -> SlipStop:
    prepared = now + order.ready_min * MINUTE if order.ready_min else 0
    return SlipStop(
        order.id,
        ticket,
        "order",
        needs=tuple(need for need in order.needs if need not in over),
        fasting=order.fasting,
        breaks_fast=order.breaks_fast,
        full_bladder=order.full_bladder,
        ready_at=max([0, *(over[need] for need in order.needs if need in over), prepared]),
        slot_start=order.slot_start,
        result_min=order.result_min,
        for_doctor=order.kind in {"exam", "blood"},
    )
