"""A stop of a guide slip as it stands in its queue now: what it is called, who is before it, how long it would wait."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil
from typing import TYPE_CHECKING

from queue_server.engine.callers import callers_of
from queue_server.engine.estimate import Stands, expectation, mean_service
from queue_server.engine.itinerary import Stop
from queue_server.engine.joining import returned
from queue_server.engine.places import area_of
from queue_server.engine.record import shown_min
from queue_server.engine.sessions import doctor_of, session_of
from queue_server.engine.site import Text
from queue_server.engine.standing import ahead, place_of

if TYPE_CHECKING:
    from queue_server.engine.entries import Ticket
    from queue_server.engine.slip_parts import SlipStop
    from queue_server.engine.state import State

_SECONDS = 60


def stop_of(state: State, stop: SlipStop, now: int, known: Collection[str]) -> Stop:
    """The stop as the planner sees it; ``known``: the stops of the slip that are left or over."""
    ticket = state.tickets[stop.ticket]
    name, place = names_of(state, stop)
    wait = expectation(state, stands(state, stop, ticket, now), now)
    return Stop(
        stop.stop,
        name,
        place,
        takes_min=max(1, ceil(mean_service(state, ticket.queue))),
        wait_min=ceil((wait.base_s + wait.until_s) / _SECONDS),
        # Nobody knows how long a queue stands still.
        range_min=None if ticket.queue in state.paused else shown_min(wait),
        needs=tuple(need for need in stop.needs if need in known),
        result_min=stop.result_min,
        is_fasting=stop.fasting,
        breaks_fast=stop.breaks_fast,
        ready_at=max(stop.ready_at, stop.slot_start or 0),
    )


def names_of(state: State, stop: SlipStop) -> tuple[Text, Text]:
    """What is done at a stop, without naming anybody's illness, and where that is."""
    ticket = state.tickets[stop.ticket]
    queue = state.index.queues.get(ticket.queue) if state.index else None
    if state.index is None or queue is None:
        return (Text(ticket.queue, ticket.queue), Text("", ""))
    name = queue.name
    if stop.kind == "visit":
        name = Text(f"{name.zh}回诊", f"{name.en}, with the results")
    return (name, area_of(state.index, queue))


def ahead_of(state: State, stop: SlipStop, now: int) -> int | None:
    """About how many are called before the patient at a stop that is left, were it the stop's turn now."""
    ticket = state.tickets[stop.ticket]
    if ticket.status == "waiting":
        return ahead(state, ticket.id)
    if ticket.status != "away":
        return None
    who = stands(state, stop, ticket, now)
    lane = (who.queue, who.doctor)
    return place_of(state, lane, who.rank, who.place, callers_of(state, who.queue, who.doctor))


def stands(state: State, stop: SlipStop, ticket: Ticket, now: int) -> Stands:
    """Where the ticket would wait if it were called from now on."""
    rank, place, rule = ticket.rank, ticket.place, ticket.stamp.rule
    if ticket.held is not None:
        rank, place = ticket.held.rank, ticket.held.place
    if stop.kind == "visit" and rank is None and place is None:
        joined = returned(state, ticket, now)
        rank, place, rule = joined.rank, joined.place, joined.stamp.rule
    return Stands(ticket.queue, doctor_of(state, ticket), rule, rank, place, session_of(state, ticket))
