"""How the events that move a ticket change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from queue_server.engine.entries import Held
from queue_server.engine.events import moves as m
from queue_server.engine.folds.records import change, leave_station, set_station, take_place
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.entries import Ticket
    from queue_server.engine.events import Expected, Recorded


def _still_expected(before: Ticket) -> Expected | None:
    """What was said of the wait at check-in: of no use any more where the ticket goes before its first call."""
    return before.expected if before.first_called_at is not None else None


def _sent(state: State, recorded: Recorded, event: m.SentForExams) -> None:
    change(state, recorded, event.ticket, "SentForExams", away="exams", finished_at=recorded.at)
    set_station(state, recorded, event.station, current=None)


def _returned(state: State, recorded: Recorded, event: m.ReturnedWithResults) -> None:
    take_place(
        state,
        recorded,
        event,
        rejoined_at=recorded.at,
        returned=state.tickets[event.ticket].returned + 1,
        started_at=None,
        finished_at=None,
        ended_at=None,
    )
    station = state.stations.get(event.station or "")
    if station is not None:
        # Not touched: whoever is at the station now has nothing to do with one who was seen there before.
        done = tuple(key for key in station.done if key != event.ticket)
        state.put_station(replace(station, done=done))


def _transferred(state: State, recorded: Recorded, event: m.Transferred) -> None:
    if event.serial is not None:
        state.counters[event.queue] = event.serial
    state.seq = event.seq
    before = state.tickets[event.ticket]
    where: dict[str, Any] = {"rank": event.rank, "place": None}
    if before.status == "missed" or before.away == "exams":
        where = {}
    elif before.away == "hold":
        where = {"held": Held(event.rank, None)}
    if event.station is not None:
        # Another service begins elsewhere.
        where |= {"started_at": None}
    change(
        state,
        recorded,
        event.ticket,
        "Transferred",
        **where,
        number=event.number,
        queue=event.queue,
        clinic=event.clinic,
        doctor=event.doctor,
        session=event.session,
        continues_in=before.continues_in if event.session == before.session else None,
        assigned=event.assigned,
        credits=tuple(event.credits),
        stamp=event.stamp,
        placed=recorded.position,
        expected=_still_expected(before),
    )
    leave_station(state, recorded, event.station, event.ticket)


def _stepped_away(state: State, recorded: Recorded, event: m.SteppedAway) -> None:
    before = state.tickets[event.ticket]
    held = Held(before.rank, before.place)
    change(
        state,
        recorded,
        event.ticket,
        "SteppedAway",
        rank=None,
        place=None,
        away="hold",
        held=held,
        back_at=event.until,
        expected=_still_expected(before),
    )


def _stepped_back(state: State, recorded: Recorded, event: m.SteppedBack) -> None:
    take_place(state, recorded, event)


def _placed(state: State, recorded: Recorded, event: m.Postponed | m.Credited | m.MovedForward) -> None:
    state.seq = event.seq
    more: dict[str, Any] = {"credits": tuple(event.credits)} if isinstance(event, m.Credited) else {}
    if isinstance(event, m.Postponed):
        more["expected"] = _still_expected(state.tickets[event.ticket])
    change(
        state,
        recorded,
        event.ticket,
        type(event).__name__,
        **more,
        rank=event.rank,
        place=None,
        stamp=event.stamp,
        placed=recorded.position,
    )


FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {
    m.SentForExams: _sent,
    m.ReturnedWithResults: _returned,
    m.Transferred: _transferred,
    m.SteppedAway: _stepped_away,
    m.SteppedBack: _stepped_back,
    m.Postponed: _placed,
    m.Credited: _placed,
    m.MovedForward: _placed,
}
