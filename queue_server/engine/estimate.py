"""The expected wait, always an interval."""

from __future__ import annotations

from math import ceil, floor, sqrt
from typing import TYPE_CHECKING

from queue_server.engine.sessions import session_of
from queue_server.engine.stamps import MINUTE
from queue_server.engine.standing import ahead, stations_for

if TYPE_CHECKING:
    from queue_server.engine.state import State, StationState

_PRIOR = 10
"""The configured mean weighs as much as so many observed services."""
_SPREAD = 0.8
"""Standard deviation of a consultation as a share of its mean; clinic studies find 0.5 to 1."""
_NORMAL_80 = 1.2816
"""The 90 % quantile of the normal distribution: an interval for eight of ten."""


def mean_service(state: State, queue_id: str) -> float:
    """Minutes of one service in the queue: today's mean, shrunk to the configured one while there are few."""
    configured = state.index.queues[queue_id].mean_service_min if state.index else 0
    count, total = state.service.get(queue_id, (0, 0))
    return (total / MINUTE + configured * _PRIOR) / (count + _PRIOR)


def expected_wait(
    state: State, ticket_id: str, before: int | None = None, stations: list[StationState] | None = None
) -> tuple[int, int] | None:
    """How many minutes the ticket may still wait, as a range; ``None`` when it does not wait.

    The middle is (people before + ½) x mean service / rooms, half a service being what the one in service has left;
    the width is that of a sum of so many services, for about eight of ten. Before the session begins its beginning
    is added. The record of past waits is what makes such a range honest; this one knows only today's services.

    Args:
        state: the lobby.
        ticket_id: whose wait.
        before: what ``ahead`` says of the ticket, where it was asked already.
        stations: what ``stations_for`` says of it, likewise.
    """
    ticket = state.tickets.get(ticket_id)
    before = ahead(state, ticket_id) if before is None else before
    if ticket is None or before is None or state.index is None or ticket.queue not in state.index.queues:
        return None
    rooms = max(1, len(stations_for(state, ticket) if stations is None else stations))
    mean = mean_service(state, ticket.queue)
    middle = (before + 0.5) * mean / rooms
    width = _NORMAL_80 * _SPREAD * mean * sqrt(before + 0.5) / rooms
    session = session_of(state, ticket)
    until = max(0.0, (session.starts_at - state.now) / MINUTE) if session else 0.0
    low = floor(until + max(0.0, middle - width))
    return (low, max(low + 1, ceil(until + middle + width)))
