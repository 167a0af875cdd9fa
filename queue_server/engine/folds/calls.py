"""How the events of a station and of whom it calls change the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from queue_server.engine import events as e
from queue_server.engine.entries import DONE_AT_STATION
from queue_server.engine.folds.records import change, set_station, take_place
from queue_server.engine.serving import after_turn
from queue_server.engine.state import State

if TYPE_CHECKING:
    from queue_server.engine.events import Recorded


def _station_opened(state: State, recorded: Recorded, event: e.StationOpened) -> None:
    set_station(
        state,
        recorded,
        event.station,
        is_open=True,
        staff=event.staff,
        doctor=event.doctor,
        queues=tuple(event.queues),
        turn=None,
    )


def _station_closed(state: State, recorded: Recorded, event: e.StationClosed) -> None:
    set_station(state, recorded, event.station, is_open=False, staff=None, doctor=None, queues=(), turn=None)


def _called(state: State, recorded: Recorded, event: e.Called) -> None:
    before = state.tickets[event.ticket]
    ticket = change(
        state,
        recorded,
        event.ticket,
        "Called",
        rank=None,
        place=None,
        station=event.station,
        call=recorded.position,
        calls=before.calls + 1,
        recalls=0,
        called_at=recorded.at,
        called_with=before.rank,
        listed_at=before.door_since if before.door == event.station else None,
        first_called_at=recorded.at if before.first_called_at is None else before.first_called_at,
        picked=event.picked,
    )
    _count_down(state, recorded, event)
    station = state.stations.get(event.station)
    turn = after_turn(station.turn if station else None, event.queue, event.turn)
    set_station(state, recorded, event.station, current=ticket.id, turn=turn)


def _recalled(state: State, recorded: Recorded, event: e.Recalled) -> None:
    before = state.tickets[event.ticket]
    change(state, recorded, event.ticket, "Recalled", calls=before.calls + 1, recalls=event.repeat)
    set_station(state, recorded, event.station)


def _missed(state: State, recorded: Recorded, event: e.Missed) -> None:
    change(state, recorded, event.ticket, "Missed", misses=event.misses, missed_at=recorded.at)
    set_station(state, recorded, event.station, current=None)


def _rejoined(state: State, recorded: Recorded, event: e.Rejoined) -> None:
    take_place(state, recorded, event, queue=event.queue, rejoined_at=recorded.at)


def _started(state: State, recorded: Recorded, event: e.ServiceStarted) -> None:
    change(state, recorded, event.ticket, "ServiceStarted", started_at=recorded.at)
    set_station(state, recorded, event.station)


def _finished(state: State, recorded: Recorded, event: e.Finished) -> None:
    before = state.tickets[event.ticket]
    if before.status == "away":
        # Sent for exams and not back by the day's end: seen when the patient left, and the station has others now.
        change(state, recorded, event.ticket, "Finished", ended_at=recorded.at)
        return
    station = state.stations.get(event.station)
    server = station.doctor if station is not None and station.doctor is not None else event.station
    change(
        state,
        recorded,
        event.ticket,
        "Finished",
        finished_at=recorded.at,
        ended_at=recorded.at,
        server=server,
    )
    # Who came back to the doctor was on the list already.
    before_it = [key for key in state.stations[event.station].done if key != event.ticket]
    done = (event.ticket, *before_it[: DONE_AT_STATION - 1])
    set_station(state, recorded, event.station, current=None, done=done)


def _paper_call(state: State, recorded: Recorded, event: e.PaperCallRecorded) -> None:
    before = state.tickets[event.ticket]
    fields: dict[str, Any] = {
        "rank": None,
        "place": None,
        "station": event.station,
        "call": recorded.position,
        "calls": before.calls + 1,
        "recalls": 0,
        "called_at": event.called_at,
        "picked": None,
        "backfilled": True,
    }
    if event.outcome == "seen":
        change(state, recorded, event.ticket, "PaperSeen", **fields, finished_at=event.called_at, ended_at=recorded.at)
        station = state.stations.get(event.station)
        if station is not None:
            # Not touched: whoever is at the station now has nothing to do with what was done on paper.
            done = (event.ticket, *station.done[: DONE_AT_STATION - 1])
            state.put_station(replace(station, done=done))
    else:
        fields |= {"misses": event.misses, "missed_at": event.called_at}
        change(state, recorded, event.ticket, "PaperMissed", **fields)
    _count_down(state, recorded, event)


def _count_down(state: State, recorded: Recorded, event: e.Called | e.PaperCallRecorded) -> None:
    for key in event.counts:
        before = state.countdowns[key]
        state.countdowns[key] = replace(before, count=before.count + 1)
    if event.resets is not None:
        before = state.countdowns[event.resets]
        state.countdowns[event.resets] = replace(before, count=0, was_called=True, touched=recorded.position)


FOLDS: dict[type, Callable[[State, Recorded, Any], None]] = {
    e.Called: _called,
    e.Recalled: _recalled,
    e.Missed: _missed,
    e.Rejoined: _rejoined,
    e.ServiceStarted: _started,
    e.Finished: _finished,
    e.StationOpened: _station_opened,
    e.StationClosed: _station_closed,
    e.PaperCallRecorded: _paper_call,
}
