"""Between which moments each stop of a guide slip begins, and all of it is over: ranges, never one moment.

The order is the slip's; only the moments are reckoned, from the waits as they are now, so that a slip that is shown
again tells what a ticket would. Two edges go along the order, one on which all goes quickly and one on which all goes
slowly. On each a moment is an expected one and a square of how far it may be off: what comes after each other adds its
expectations and its squares, as independent quantities do, and a stop begins at the latest of what it has to wait for.
Everything is in whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

from queue_server.engine.estimate import LONG_PER_MILLE, SHORT_PER_MILLE, expectation, expected_wait
from queue_server.engine.guiding import standing_of
from queue_server.engine.slip_stops import stands, stop_of
from queue_server.engine.stamps import MINUTE

if TYPE_CHECKING:
    from queue_server.engine.entries import Ticket
    from queue_server.engine.itinerary import Stop
    from queue_server.engine.slip_parts import Slip, SlipStop
    from queue_server.engine.state import State

_SECONDS = 60
_SECOND = 1_000_000
_PER_MILLE = 1_000


class Span(NamedTuple):
    """Between two moments, UTC microseconds of whole minutes, rounded outward; they are never the same."""

    earliest: int
    latest: int


class Forecast(NamedTuple):
    """What can be said of the stops that are left.

    Attributes:
        begins: by stop, where it is to come and anybody knows.
        ends: when all is over; ``None`` where nobody knows, or nothing is left.
    """

    begins: dict[str, Span]
    ends: Span | None


class Wait(NamedTuple):
    """A wait in seconds from now: eight of ten such waits are from ``low`` to ``high``; ``mid`` is expected."""

    low: int
    mid: int
    high: int


class Visit(NamedTuple):
    """A stop with what its forecast needs, moments in seconds from now.

    Attributes:
        stop: the planner's view of it.
        wait: how long its turn takes to come; ``None``: the patient is there already.
        head: how long whoever has come to the head of its queue waits for the next call.
        ready: not before this: preparation, a slot, results of what is over.
    """

    stop: Stop
    wait: Wait | None
    head: Wait
    ready: int


class Edge(NamedTuple):
    """A moment that is expected at ``mid``, and the square of how far it may be off on this side."""

    mid: int
    square: int

    def plus(self, mid: int, off: int) -> Edge:
        """What lasts ``mid``, and may be off by ``off``, later."""
        return Edge(self.mid + mid, self.square + off * off)


def quick(edge: Edge) -> int:
    """The moment of an edge on which all goes quickly."""
    return edge.mid - isqrt(edge.square)


def slow(edge: Edge) -> int:
    """The moment of an edge on which all goes slowly."""
    return edge.mid + isqrt(edge.square)


def forecast(state: State, slip: Slip, now: int) -> Forecast:
    """The ranges of what is left of ``slip`` from ``now``, UTC microseconds.

    Nothing is said of what comes after a queue that stands still, nor while the patient was missed or has stepped away:
    nobody knows how long that takes.
    """
    now = max(now, state.now)
    visits: list[Visit] = []
    standing = standing_of(state, slip)
    left = {stop.stop: stop for stop in standing.left}
    for leg in slip.legs:
        visit = _visit(state, left[leg.stop], now, standing.done, standing.known) if leg.stop in left else None
        if visit is None:
            break
        visits.append(visit)
    begins, ends = spans(visits)
    shown = {
        visit.stop.id: _shown(now, span) for visit, span in zip(visits, begins, strict=True) if visit.wait is not None
    }
    is_whole = bool(visits) and len(visits) == len(slip.legs)
    return Forecast(shown, _shown(now, ends) if is_whole else None)


def _visit(state: State, stop: SlipStop, now: int, done: dict[str, int], known: set[str]) -> Visit | None:
    """The stop, or ``None`` where nobody knows when its turn comes."""
    ticket = state.tickets[stop.ticket]
    if ticket.queue in state.paused or ticket.status == "missed" or ticket.away == "hold":
        return None
    planned = stop_of(state, stop, now, known)
    first = expectation(state, stands(state, stop, ticket, now), now, before=0)
    head = Wait(first.low_s - first.until_s, first.base_s, first.high_s - first.until_s)
    results = [done[need] for need in stop.needs if need in done]
    ready = max([planned.ready_at, *results])
    return Visit(planned, _wait(state, planned, ticket, now), head, max(0, -(-(ready - now) // _SECOND)))


def _wait(state: State, stop: Stop, ticket: Ticket, now: int) -> Wait | None:
    """In whole minutes, as a ticket tells them."""
    told = expected_wait(state, ticket.id, now=now) if ticket.status == "waiting" else stop.range_min
    if told is None or ticket.status in {"called", "serving"}:
        return None
    low, high = (minutes * _SECONDS for minutes in told)
    return Wait(low, min(max(low, stop.wait_min * _SECONDS), high), high)


def spans(visits: Iterable[Visit]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """The ranges in which each of the ``visits`` begins, and the one in which the last is over, in seconds."""
    soon = late = Edge(0, 0)
    results: dict[str, tuple[Edge, Edge]] = {}
    begins: list[tuple[int, int]] = []
    for visit in visits:
        needed = [results[need] for need in visit.stop.needs if need in results]
        soon = max([soon, Edge(visit.ready, 0), *(edge for edge, _ in needed)], key=quick)
        late = max([late, Edge(visit.ready, 0), *(edge for _, edge in needed)], key=slow)
        if visit.wait is not None:
            low, mid, high = visit.wait
            soon = max(soon, Edge(mid, (mid - low) ** 2), key=quick)
            # Whoever comes when the turn is past goes to the head, and waits for a room there.
            head = late.plus(visit.head.mid, visit.head.high - visit.head.mid) if slow(late) else late
            late = max(head, Edge(mid, (high - mid) ** 2), key=slow)
        begins.append((quick(soon), slow(late)))
        takes, result = visit.stop.takes_min * _SECONDS, visit.stop.result_min * _SECONDS
        soon = soon.plus(takes, takes - takes * SHORT_PER_MILLE // _PER_MILLE)
        late = late.plus(takes, takes * LONG_PER_MILLE // _PER_MILLE - takes)
        results[visit.stop.id] = (soon.plus(result, 0), late.plus(result, 0))
    return begins, (quick(soon), slow(late))


def _shown(now: int, span: tuple[int, int]) -> Span:
    earliest = (now + max(0, span[0]) * _SECOND) // MINUTE * MINUTE
    latest = -(-(now + span[1] * _SECOND) // MINUTE) * MINUTE
    return Span(earliest, max(latest, earliest + MINUTE))
