"""The guide slip at work: the next stop opens when the one before is over, and the rest is planned anew.

A ticket of a slip keeps its place in its queue from the moment of the slip, and is called only while it is its stop's
turn: all others are away until then. So nobody is called at two places at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from queue_server.engine import events as e
from queue_server.engine.absences import stepped_back
from queue_server.engine.branch import branch
from queue_server.engine.follow import follow, turns
from queue_server.engine.itinerary import Leg, Plan, plan
from queue_server.engine.joining import returned
from queue_server.engine.sessions import doctor_of
from queue_server.engine.site import Text
from queue_server.engine.slip_stops import stop_of
from queue_server.engine.stamps import MINUTE
from queue_server.engine.transitions import LIVE

if TYPE_CHECKING:
    from typing import Literal

    from queue_server.engine.context import Context
    from queue_server.engine.entries import Ticket
    from queue_server.engine.slip_parts import Slip, SlipStop
    from queue_server.engine.state import State

_NOW = Text("现在到这一项", "This one now")


class Standing(NamedTuple):
    """What is left of a slip, what is over, and where the patient is."""

    left: list[SlipStop]
    done: dict[str, int]
    present: SlipStop | None
    """Where the patient is called, in service, or was missed and is waited for."""

    @property
    def known(self) -> set[str]:
        """The stops that are left or over."""
        return {*self.done, *(stop.stop for stop in self.left)}


def follow_up(state: State, decided: list[e.Event], ctx: Context) -> list[e.Event]:
    """What the events of a command bring about on the slips whose tickets they changed. ``state`` stays as it is."""
    if not state.slips or state.day is None or state.day.ended:
        return []
    touched = (state.tickets.get(getattr(event, "ticket", None) or "") for event in decided)
    people = {slip.person for ticket in touched if ticket is not None and (slip := _slip_with(state, ticket))}
    if not people:
        return []
    work = branch(state)
    for event in decided:
        follow(work, ctx, event)
    if work.day is None or work.day.ended:
        return []
    return [event for person in sorted(people) for event in go_on(work, ctx, person, "over")]


def _slip_with(state: State, ticket: Ticket) -> Slip | None:
    """The slip, not yet ended, of which the ticket is a stop."""
    slip = state.slips.get(ticket.person or "")
    if slip is None or slip.ended_at is not None or all(stop.ticket != ticket.id for stop in slip.stops):
        return None
    return slip


def ready(state: State, ctx: Context, person: str, due_at: int) -> list[e.Event]:
    """The first stop's preparation is over, or the results that it needs are there. ``state`` stays as it is."""
    return go_on(branch(state), ctx, person, "ready", due_at=due_at)


def go_on(
    work: State,
    ctx: Context,
    person: str,
    why: Literal["issued", "over", "ready", "asked"],
    *,
    due_at: int | None = None,
) -> list[e.Event]:
    """Plan what is left, and open the stop whose turn it is. Folds what it gives into the working copy."""
    slip = work.slips[person]
    standing = standing_of(work, slip)
    events: list[e.Event] = []

    def add(event: e.Event) -> None:
        follow(work, ctx, event)
        events.append(event)

    if why == "over" and _is_as_told(work, slip, standing, ctx.now):
        return []
    found = _planned(work, slip, standing, ctx.now)
    first = slip.stop(found.legs[0].stop) if found.legs else None
    gate = gate_of(first, standing.done) if first is not None else 0
    opens_at = gate if first is not None and standing.present is None and gate > ctx.now else None
    is_waiting = first is not None and work.tickets[first.ticket].status == "waiting"
    if is_waiting:
        opens_at = None
    lanes = []
    for stop in standing.left:
        ticket = work.tickets[stop.ticket]
        if ticket.status == "waiting" and stop is not first:
            add(_hold(ticket, slip.id))
            lanes.append(ticket.lane)
    done = sorted(standing.done.items())
    order = tuple(leg.stop for leg in slip.legs)
    is_news = (found.order, tuple(done), opens_at) != (order, slip.done, slip.opens_at)
    if is_news or why in {"issued", "asked"}:
        add(
            e.SlipPlanned(
                slip=slip.id,
                person=person,
                legs=list(found.legs),
                done=done,
                opens_at=opens_at,
                why=why,
                due_at=due_at,
            )
        )
    if first is None:
        add(e.SlipEnded(slip=slip.id, person=person))
    elif standing.present is None and opens_at is None and not is_waiting:
        opened = _opening(work, slip, first, ctx.now, due_at)
        add(opened)
        lanes.append((opened.queue, opened.doctor))
    # Folded by ``turns`` already.
    return [*events, *turns(work, ctx, dict.fromkeys(lanes))]


def standing_of(state: State, slip: Slip) -> Standing:
    """What is left of the slip, what is over by now, and where the patient is."""
    known = dict(slip.done)
    left: list[SlipStop] = []
    present: SlipStop | None = None
    for stop in slip.stops:
        ticket = state.tickets.get(stop.ticket)
        if stop.stop in known:
            continue
        if ticket is None or _is_over(stop, ticket):
            is_done = ticket is not None and ticket.status == "finished"
            ended_at = ticket.finished_at if ticket is not None else None
            known[stop.stop] = (ended_at or 0) + stop.result_min * MINUTE if is_done and ended_at else 0
            continue
        left.append(stop)
        if present is None and (ticket.status in {"called", "serving", "missed"} or ticket.away == "hold"):
            present = stop
    return Standing(left, known, present)


def _is_as_told(state: State, slip: Slip, standing: Standing, now: int) -> bool:
    """Whether nothing is over and the patient is just where the slip says: a call, a miss, a stamp."""
    if len(standing.done) > len(slip.done):
        return False
    here = [stop.stop for stop in standing.left if _is_here(state.tickets[stop.ticket])]
    if not here:
        return slip.opens_at is not None and slip.opens_at > now
    return here == [leg.stop for leg in slip.legs[:1]]


def _is_here(ticket: Ticket) -> bool:
    return ticket.status in {"waiting", "called", "serving", "missed"} or ticket.away == "hold"


def _is_over(stop: SlipStop, ticket: Ticket) -> bool:
    if stop.kind == "order" or ticket.status not in {"finished", "away"}:
        return ticket.status not in LIVE
    # Of a return: seen again since the slip was issued, or sent for exams once more.
    return ticket.returned > stop.returns and ticket.away not in {"slip", "hold"}


def gate_of(stop: SlipStop, done: dict[str, int]) -> int:
    """Before this moment there is no use in calling the patient."""
    return max([stop.ready_at, *(done[need] for need in stop.needs if need in done)])


def _planned(state: State, slip: Slip, standing: Standing, now: int) -> Plan:
    """The order of what is left; the stop where the patient is comes first whatever may be shorter."""
    offset = state.day.utc_offset_min if state.day else 0
    # What is new goes behind what the patient was told, unless another order is much better.
    told = dict.fromkeys([*(leg.stop for leg in slip.legs), *(stop.stop for stop in standing.left)])
    order = list(told) if slip.legs else []
    stops = {stop.stop: stop_of(state, stop, now, standing.known) for stop in standing.left}
    present = standing.present
    if present is None:
        return plan(list(stops.values()), now, utc_offset_min=offset, done=standing.done, present=order)
    here = stops.pop(present.stop)
    ends = now + here.takes_min * MINUTE
    done = {**standing.done, present.stop: ends + here.result_min * MINUTE}
    rest = list(stops.values())
    after = plan(rest, now, utc_offset_min=offset, done=done, present=order, busy_min=here.takes_min)
    return Plan((Leg(present.stop, now, ends, _NOW), *after.legs), max(ends, after.ends_at))


def _hold(ticket: Ticket, slip: str) -> e.StopHeld:
    return e.StopHeld(ticket=ticket.id, number=ticket.number, queue=ticket.queue, doctor=ticket.doctor, slip=slip)


def _opening(state: State, slip: Slip, stop: SlipStop, now: int, due_at: int | None) -> e.StopOpened:
    ticket = state.tickets[stop.ticket]
    if stop.kind == "visit" and ticket.away != "slip":
        joined = returned(state, ticket, now)
        where = (doctor_of(state, ticket), joined.rank, joined.place, joined.stamp, joined.seq)
    else:
        back = stepped_back(state, ticket, due_at)
        where = (back.doctor, back.rank, back.place, back.stamp, back.seq)
    doctor, rank, place, stamp, seq = where
    return e.StopOpened(
        ticket=ticket.id,
        number=ticket.number,
        queue=ticket.queue,
        doctor=doctor,
        slip=slip.id,
        rank=rank,
        place=place,
        stamp=stamp,
        seq=seq,
        returns=stop.kind == "visit" and ticket.away != "slip",
        due_at=due_at,
    )
