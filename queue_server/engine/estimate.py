"""The expected wait, always an interval, by the hospital's own record of how such expectations went.

The base is (people before + one half) x mean service / rooms. Past waits of the same kind and class of places, as
shares of what was their base, say how far to trust it: the interval is the base times their 10 and 90 % quantiles.
While there are too few, a formula stands in. Its waits lengthen by those who will go before: with D the work before
the ticket and r the share of the rooms' time that goes to whoever overtakes, the mean is E[D]/(1-r) and the variance
Var[D]/(1-r)² + E[D] λ E[S²]/(1-r)³, those of a busy period begun by D, as of a lognormal distribution.
"""

from __future__ import annotations

from datetime import date
from math import exp, log, log1p, sqrt
from typing import TYPE_CHECKING, NamedTuple

from queue_server.engine.callers import callers_of
from queue_server.engine.events import Expected
from queue_server.engine.record import DAYS, QueueRecord, bin_of, cell_of, shown_min
from queue_server.engine.sessions import session_of
from queue_server.engine.stamps import MINUTE
from queue_server.engine.standing import place_of

if TYPE_CHECKING:
    from queue_server.engine.entries import Ticket
    from queue_server.engine.events import Place, Rank
    from queue_server.engine.room_records import Callers
    from queue_server.engine.site import ClinicSession
    from queue_server.engine.state import State

_PRIOR = 10
"""A mean that stands in weighs as much as so many observed services."""
_SPREAD = 0.8
"""Standard deviation of a consultation as a share of its mean; clinic studies find 0.5 to 1."""
_NORMAL_80 = 1.2816
"""The 90 % quantile of the normal distribution: an interval for eight of ten."""
_SIGMA = sqrt(log1p(_SPREAD**2))
SHORT_PER_MILLE = round(1_000 * exp(-(_SIGMA**2) / 2 - _NORMAL_80 * _SIGMA))
"""The 10 % quantile of one service as a share of its mean, in thousandths, as of a lognormal distribution."""
LONG_PER_MILLE = round(1_000 * exp(-(_SIGMA**2) / 2 + _NORMAL_80 * _SIGMA))
"""The 90 % quantile."""
_MOST_OVERTAKEN = 0.8
"""However many overtake: a share of 1 would be a wait without end."""
_AS_PRINTED = MINUTE
"""So long a ticket that nobody touched is told what its paper says."""
_PER_MILLE = 1_000
_SECOND = 1_000_000
_SECONDS = 60


def mean_service(state: State, queue_id: str, server: str | None = None) -> float:
    """Minutes of one service in the queue, or by one doctor there.

    The queue's mean of today and the days before is shrunk to the configured one while there are few, and a doctor's to
    the queue's.
    """
    configured = state.index.queues[queue_id].mean_service_min if state.index else 0
    mean = _shrunk(state, queue_id, None, configured)
    return mean if server is None else _shrunk(state, queue_id, server, mean)


def _shrunk(state: State, queue_id: str, server: str | None, prior: float) -> float:
    count, total = state.service.get((queue_id, server), (0, 0))
    record = state.record.get(queue_id)
    past, taken = record.services.get(server or "", (0, 0)) if record else (0, 0)
    return ((total + taken) / MINUTE + prior * _PRIOR) / (count + past + _PRIOR)


class Stands(NamedTuple):
    """Where somebody waits: by rank, or by place in a list; ``rule`` gave the stamp, ``session`` is the clinic's."""

    queue: str
    doctor: str | None
    rule: str
    rank: Rank | None
    place: Place | None
    session: ClinicSession | None


def expectation(
    state: State, who: Stands, now: int, callers: Callers | None = None, before: int | None = None
) -> Expected:
    """The wait of somebody from ``now``.

    Before any room calls, those that will are not known, and such waits have a record of their own.

    Args:
        state: the lobby.
        who: where somebody waits.
        now: UTC microseconds.
        callers: the rooms that may call there, found unless given.
        before: how many are called first, reckoned from the place unless given; 0: whoever comes to the head later.
    """
    callers = callers_of(state, who.queue, who.doctor) if callers is None else callers
    if before is None:
        before = place_of(state, (who.queue, who.doctor), who.rank, who.place, callers)
    each = 1 / (_rate(state, who.queue, callers) or _rate_to_come(state, who.queue, who.doctor))
    kind = who.rule if callers.rooms else f"{who.rule}+closed"
    until_s = max(0, who.session.starts_at - now) // _SECOND if who.session else 0
    record = state.record.get(who.queue, QueueRecord())
    base = (before + 0.5) * each
    waits = record.waits.get(cell_of(kind, bin_of(before)))
    if waits is not None and waits.marks is not None:
        low, high = (base * mark / _PER_MILLE for mark in (waits.marks[0], waits.marks[2]))
    else:
        low, high = cold_start(before, each, record)
    low_s, base_s, high_s = (round(minutes * _SECONDS) for minutes in (low, base, high))
    return Expected(kind, bin_of(before), max(1, base_s), until_s, until_s + low_s, until_s + max(high_s, low_s + 1))


def _rate(state: State, queue_id: str, callers: Callers) -> float:
    """Services a minute: rooms that work at different speeds together add up."""
    mean = mean_service(state, queue_id)
    record = state.record.get(queue_id)
    past = record.services if record else {}
    rate = 0.0
    for room in callers.rooms:
        server = room.doctor or room.station
        # Who has served nobody yet is taken to be as fast as the queue.
        is_known = server in past or (queue_id, server) in state.service
        rate += 1 / (_shrunk(state, queue_id, server, mean) if is_known else mean)
    return rate


def _rate_to_come(state: State, queue_id: str, doctor: str | None) -> float:
    rooms = 1
    if doctor is None and state.index is not None:
        rooms = max(1, sum(queue_id in station.queues for station in state.index.site.stations))
    return rooms / mean_service(state, queue_id, doctor)


def cold_start(before: int, each: float, record: QueueRecord) -> tuple[float, float]:
    """The 10 and 90 % quantiles in minutes while the record is short.

    Args:
        before: people before.
        each: mean service / rooms, minutes.
        record: how often such waits were overtaken; without that, the spread is of a sum of so many services alone.
    """
    mean = (before + 0.5) * each
    variance = (before + 0.5) * (_SPREAD * each) ** 2
    if not record.waited_s:
        width = _NORMAL_80 * sqrt(variance)
        return (max(0.0, mean - width), mean + width)
    rate = record.overtakes * _SECONDS / record.waited_s
    left = 1 - min(_MOST_OVERTAKEN, rate * each)
    square = each**2 * (1 + _SPREAD**2)
    variance = variance / left**2 + mean * rate * square / left**3
    mean /= left
    sigma = sqrt(log1p(variance / mean**2))
    middle = log(mean) - sigma**2 / 2
    return (exp(middle - _NORMAL_80 * sigma), exp(middle + _NORMAL_80 * sigma))


def expected_wait(
    state: State, ticket_id: str, callers: Callers | None = None, now: int | None = None
) -> tuple[int, int] | None:
    """How many minutes the ticket may still wait, as a range; ``None`` when it does not wait or its queue is paused.

    For a minute after check-in it is the range that the log keeps, so that the screen and the paper agree; later it is
    the same reckoning from where the ticket stands.

    Args:
        state: the lobby.
        ticket_id: whose wait.
        callers: what ``callers_for`` says of the ticket, where it was asked already.
        now: UTC microseconds; the last event's moment unless said.
    """
    ticket = state.tickets.get(ticket_id)
    if ticket is None or ticket.status != "waiting" or state.index is None or ticket.queue not in state.index.queues:
        return None
    if ticket.queue in state.paused:
        # Nobody knows for how long; any figure would be a false one.
        return None
    now = max(now or 0, state.now)
    if ticket.expected is not None and ticket.touched == ticket.placed and now - ticket.issued_at < _AS_PRINTED:
        return shown_min(ticket.expected)
    return shown_min(_present(state, ticket, callers, now))


def _present(state: State, ticket: Ticket, callers: Callers | None, now: int) -> Expected:
    who = Stands(ticket.queue, ticket.doctor, ticket.stamp.rule, ticket.rank, ticket.place, session_of(state, ticket))
    return expectation(state, who, now, callers)


def calibration(state: State, queue_ids: list[str]) -> tuple[int, int]:
    """How many of the finished waits of today and the days on record were within the minutes shown, and of how many.

    The record has the latest seven days with services; those more than a week ago do not count.
    """
    inside = waits = 0
    for queue in queue_ids:
        good, judged = state.judged.get(queue, (0, 0))
        record = state.record.get(queue)
        days = [day for day in record.days if _is_recent(state, day.day)] if record else []
        inside += good + sum(day.inside for day in days)
        waits += judged + sum(day.waits for day in days)
    return (inside, waits)


def _is_recent(state: State, day: str) -> bool:
    if state.day is None:
        return False
    return 0 <= (date.fromisoformat(state.day.day) - date.fromisoformat(day)).days <= DAYS
