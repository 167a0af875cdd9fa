"""Guide slips 检查检验指引单 over HTTP: look ahead, issue, show, plan again."""

from __future__ import annotations

from typing import Literal

from queue_server import contract as c
from queue_server.api.lobby import Lobby
from queue_server.api.patients import Channel, check_list, desk_of, open_orders
from queue_server.api.problems import ProblemError, refusal_problem
from queue_server.engine.commands import CheckInOrder, IssueItinerary, PlanItinerary
from queue_server.engine.entries import Ticket
from queue_server.engine.guiding import gate_of
from queue_server.engine.refusals import refusal
from queue_server.engine.site import Order
from queue_server.engine.slip_forecast import Span, forecast
from queue_server.engine.slip_parts import Slip, SlipStop
from queue_server.engine.slip_stops import ahead_of, names_of
from queue_server.engine.state import State
from queue_server.views import words

_HELD = "already_checked_in"
"""Why an order gets no number that has one: it keeps it on the slip."""


def look_ahead(lobby: Lobby, person: str, channel: Channel) -> c.GuideSlip:
    """The slip as it would be with all orders that can be done now. Nothing is given and nothing is kept.

    Raises:
        ProblemError: ``list_unavailable``.
        RefusedError: there is nothing to put on a slip, or it cannot be put in order.
    """
    check_list(lobby)
    asked = IssueItinerary(person, _wanted(lobby, person, [], channel), _visit(lobby, person), channel)
    return _shown(lobby, lobby.as_if(asked), person, channel)


async def issue(lobby: Lobby, asked: c.ItineraryAsked, actor: str, channel: Channel) -> c.SlipDone:
    """A slip for orders of today's list; somebody else's are as good as none. Whoever asks has its paper to report.

    Raises:
        ProblemError: ``unknown_order`` or ``list_unavailable``.
    """

    async def find() -> IssueItinerary:
        check_list(lobby)
        wanted = _wanted(lobby, asked.person, asked.orders, channel)
        return IssueItinerary(asked.person, wanted, asked.visit or _visit(lobby, asked.person), channel)

    done = await lobby.submit_found(IssueItinerary, find, asked, actor)
    slip = show(lobby, asked.person, channel)
    for stop in slip.stops:
        if stop.kind == "order":
            lobby.issued_by.setdefault(stop.ticket, actor)
    return c.SlipDone(done, slip)


async def plan_again(lobby: Lobby, asked: c.PlanAsked, actor: str, channel: Channel) -> c.SlipDone:
    """What is left of a slip, in the order that is best now."""
    done = await lobby.submit(PlanItinerary(asked.person), asked, actor)
    return c.SlipDone(done, show(lobby, asked.person, channel))


def _wanted(lobby: Lobby, person: str, asked: list[str], channel: Channel) -> list[Order]:
    """The orders that are asked for, or all that can be done now; and what is done already, for what needs it."""
    mine = lobby.mirror.orders_of(person)
    known = {order.id for order in mine}
    if any(key not in known for key in asked):
        raise ProblemError("unknown_order", words={"desk": desk_of(lobby)})
    wanted = [order for order in mine if order.id in asked] if asked else _that_can_be_done(lobby, mine, channel)
    return [*wanted, *(order for order in mine if order.status == "done" and order not in wanted)]


def _that_can_be_done(lobby: Lobby, mine: list[Order], channel: Channel) -> list[Order]:
    """Those that get a number now or have one, without those that need what is neither done nor among them."""
    found = []
    for order in mine:
        problem = lobby.would_refuse(CheckInOrder(order, channel)) if order.status in {"open", "paid"} else None
        if order.status in {"open", "paid"} and (problem is None or problem.code == _HELD):
            found.append(order)
    done = {order.id for order in mine if order.status == "done" or _is_finished(lobby, order)}
    while short := [order for order in found if not done.union(one.id for one in found).issuperset(order.needs)]:
        found = [order for order in found if order not in short]
    return found


def _is_finished(lobby: Lobby, order: Order) -> bool:
    state = lobby.service.committed
    ticket = state.tickets.get(state.by_origin.get(order.id, ""))
    return ticket is not None and ticket.status == "finished"


def _visit(lobby: Lobby, person: str) -> str | None:
    """The visit from which the patient was sent for exams."""
    sent = [ticket.id for ticket in lobby.views.live_tickets(person) if ticket.away == "exams"]
    return sent[0] if sent else None


def show(lobby: Lobby, person: str, channel: Channel) -> c.GuideSlip:
    """A person's slip as it now stands.

    Raises:
        ProblemError: ``no_slip``.
    """
    return _shown(lobby, lobby.service.committed, person, channel)


def _shown(lobby: Lobby, state: State, person: str, channel: Channel) -> c.GuideSlip:
    slip = state.slips.get(person)
    if slip is None or state.index is None:
        raise ProblemError("no_slip")
    over = dict(slip.done)
    order = [*(key for key in over), *(leg.stop for leg in slip.legs)]
    moment, legs = lobby.views.moment, slip.legs
    expected = forecast(state, slip, lobby.clock.now())
    is_given = state is lobby.service.committed
    first = state.tickets[slip.stop(legs[0].stop).ticket] if legs else None
    return c.GuideSlip(
        slip=slip.id,
        person=person,
        masked_name=lobby.names.masked(person),
        hospital=words(state.index.site.name),
        desk=words(state.index.site.desk),
        stops=[
            _stop(lobby, state, slip, slip.stop(key), number, expected.begins.get(key))
            for number, key in enumerate(order, 1)
        ],
        issued_at=moment(slip.issued_at),
        ends=_range(lobby, expected.ends),
        position=lobby.service.committed.position,
        server_time=lobby.views.server_time,
        qr=lobby.views.code(first) if first is not None and is_given else "",
        left_out=_left_out(lobby, slip, person, channel),
    )


def _left_out(lobby: Lobby, slip: Slip, person: str, channel: Channel) -> list[c.OrderView]:
    """Today's orders that are not on the slip and get no number now; what has to be done first counts as a reason."""
    mine = open_orders(lobby, person)
    on_it = {stop.stop for stop in slip.stops}
    can_be_done = _that_can_be_done(lobby, lobby.mirror.orders_of(person), channel)
    desk = lobby.configuration.site.desk
    needs = refusal_problem(refusal("needs_missing", desk=desk))
    return [
        lobby.views.order(order, lobby.would_refuse(CheckInOrder(order, channel)) or needs)
        for order in mine
        if order.id not in on_it and order not in can_be_done
    ]


def _range(lobby: Lobby, span: Span | None) -> c.TimeRange | None:
    return None if span is None else c.TimeRange(*map(lobby.views.moment, span))


def _stop(lobby: Lobby, state: State, slip: Slip, stop: SlipStop, number: int, begins: Span | None) -> c.GuideStop:
    ticket = state.tickets[stop.ticket]
    leg = next((leg for leg in slip.legs if leg.stop == stop.stop), None)
    name, area = names_of(state, stop)
    ordered = lobby.mirror.order(stop.stop)
    if ordered is not None and ordered.name.zh:
        name = ordered.name
    ready_at = gate_of(stop, dict(slip.done))
    is_given = stop.ticket in lobby.service.committed.tickets
    return c.GuideStop(
        order=number,
        stop=stop.stop,
        kind=stop.kind,
        status=_status(slip, stop, ticket),
        name=words(name),
        area=words(area),
        number=ticket.number if is_given else "",
        ticket=ticket.id if is_given else "",
        preparation=_preparation(stop, ordered),
        why=words(leg.why) if leg is not None else None,
        begins=_range(lobby, begins),
        ready_at=lobby.views.moment(ready_at) if ready_at and leg is not None else None,
        ahead=ahead_of(state, stop, max(lobby.clock.now(), state.now)) if leg is not None else None,
        room=lobby.views.room(ticket),
        is_missed=ticket.status == "missed",
        printed=ticket.print,
    )


def _status(slip: Slip, stop: SlipStop, ticket: Ticket) -> Literal["done", "dropped", "now", "next", "later"]:
    if stop.stop in dict(slip.done):
        return "dropped" if ticket.status in {"cancelled", "lapsed", "no_show"} else "done"
    if slip.legs[0].stop != stop.stop:
        return "later"
    is_waited_for = ticket.status in {"waiting", "called", "serving", "missed"} or ticket.away == "hold"
    return "now" if is_waited_for else "next"


_FAST = c.Text("空腹", "Nothing to eat before")
_DRINK = c.Text("憋尿", "With a full bladder")


def _preparation(stop: SlipStop, ordered: Order | None) -> c.Text | None:
    """In the hospital's words; where its list has none, what follows from the order's facts."""
    if ordered is not None and ordered.preparation.zh:
        return words(ordered.preparation)
    parts = [text for text, holds in ((_FAST, stop.fasting), (_DRINK, stop.full_bladder)) if holds]
    if not parts:
        return None
    return c.Text("，".join(part.zh for part in parts), "; ".join(part.en for part in parts))
