"""Guide slips 检查检验指引单 over HTTP: issue, show, plan again."""

from __future__ import annotations

from typing import Literal

from queue_server import contract as c
from queue_server.api.lobby import Lobby
from queue_server.api.patients import check_list, desk_of
from queue_server.api.problems import ProblemError
from queue_server.engine.commands import IssueItinerary, PlanItinerary
from queue_server.engine.entries import Ticket
from queue_server.engine.guiding import names_of
from queue_server.engine.site import Order
from queue_server.engine.slip_parts import Slip, SlipStop
from queue_server.views import words


async def issue(lobby: Lobby, asked: c.ItineraryAsked, actor: str, channel: Literal["kiosk", "desk"]) -> c.SlipDone:
    """A slip for orders of today's list; somebody else's are as good as none.

    Raises:
        ProblemError: ``unknown_order`` or ``list_unavailable``.
    """

    async def find() -> IssueItinerary:
        check_list(lobby)
        return IssueItinerary(asked.person, _orders(lobby, asked), asked.visit or _visit(lobby, asked.person), channel)

    done = await lobby.submit_found(IssueItinerary, find, asked, actor)
    return c.SlipDone(done, show(lobby, asked.person))


async def plan_again(lobby: Lobby, asked: c.PlanAsked, actor: str) -> c.SlipDone:
    """What is left of a slip, in the order that is best now."""
    done = await lobby.submit(PlanItinerary(asked.person), asked, actor)
    return c.SlipDone(done, show(lobby, asked.person))


def _orders(lobby: Lobby, asked: c.ItineraryAsked) -> list[Order]:
    """The orders that are asked for, or all that can be done now; and what is done already, for what needs it."""
    mine = lobby.mirror.orders_of(asked.person)
    known = {order.id for order in mine}
    if any(key not in known for key in asked.orders):
        raise ProblemError("unknown_order", words={"desk": desk_of(lobby)})
    wanted = [order for order in mine if (order.id in asked.orders if asked.orders else _can_be_done(lobby, order))]
    return [*wanted, *(order for order in mine if order.status == "done" and order not in wanted)]


def _can_be_done(lobby: Lobby, order: Order) -> bool:
    index = lobby.service.committed.index
    queue = index.queues.get(order.queue) if index is not None else None
    if queue is None or queue.kind == "clinic":
        return False
    return order.status == "paid" or (order.status == "open" and not queue.needs_paid)


def _visit(lobby: Lobby, person: str) -> str | None:
    """The visit from which the patient was sent for exams."""
    sent = [ticket.id for ticket in lobby.views.live_tickets(person) if ticket.away == "exams"]
    return sent[0] if sent else None


def show(lobby: Lobby, person: str) -> c.GuideSlip:
    """A person's slip as it now stands.

    Raises:
        ProblemError: ``no_slip``.
    """
    state = lobby.service.committed
    slip = state.slips.get(person)
    if slip is None or state.index is None:
        raise ProblemError("no_slip")
    over = dict(slip.done)
    order = [*(key for key in over), *(leg.stop for leg in slip.legs)]
    moment, legs = lobby.views.moment, slip.legs
    return c.GuideSlip(
        slip=slip.id,
        person=person,
        masked_name=lobby.names.masked(person),
        hospital=words(state.index.site.name),
        desk=words(state.index.site.desk),
        stops=[_stop(lobby, slip, slip.stop(key), number) for number, key in enumerate(order, 1)],
        issued_at=moment(slip.issued_at),
        ends_at=moment(legs[-1].ends_at) if legs else None,
        position=state.position,
        server_time=lobby.views.server_time,
    )


def _stop(lobby: Lobby, slip: Slip, stop: SlipStop, number: int) -> c.GuideStop:
    state, moment = lobby.service.committed, lobby.views.moment
    ticket = state.tickets[stop.ticket]
    leg = next((leg for leg in slip.legs if leg.stop == stop.stop), None)
    name, area = names_of(state, stop)
    ordered = lobby.mirror.order(stop.stop)
    if ordered is not None and ordered.name.zh:
        name = ordered.name
    return c.GuideStop(
        order=number,
        stop=stop.stop,
        kind=stop.kind,
        status=_status(slip, stop, ticket),
        name=words(name),
        area=words(area),
        number=ticket.number,
        ticket=ticket.id,
        preparation=_preparation(stop, ordered),
        why=words(leg.why) if leg is not None else None,
        begins_at=moment(leg.begins_at) if leg is not None else None,
        ready_at=moment(stop.ready_at) if stop.ready_at and leg is not None else None,
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
