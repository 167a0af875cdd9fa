"""What a station's console does: open, call, recall, settle, undo."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from queue_server import contract as c
from queue_server.api.feed import FEED_RESPONSES, FeedResponse
from queue_server.api.guards import require_staff, staff_of
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.api.topics import StationTopic, cursor_of
from queue_server.engine import commands

Call = Request[Any, Any, Any]


class StationChoices(msgspec.Struct, frozen=True):
    """What a nurse or doctor chooses from before the console opens."""

    stations: list[c.Choice]
    doctors: list[c.Choice]


@get("/choices", sync_to_thread=False)
def choices(lobby: NamedDependency[Lobby]) -> StationChoices:
    """Stations and doctors to choose from."""
    return StationChoices(lobby.views.station_choices(), lobby.views.doctor_choices())


@get("/{station:str}", sync_to_thread=False)
def show(lobby: NamedDependency[Lobby], station: FromPath[str]) -> c.StationView:
    """The whole console."""
    return lobby.views.station(_known(lobby, station))


@get("/{station:str}/feed", sync_to_thread=False, responses=FEED_RESPONSES)
def feed(
    request: Call, lobby: NamedDependency[Lobby], station: FromPath[str], after: FromQuery[int | None] = None
) -> FeedResponse:
    """The console as it changes."""
    topic = StationTopic(lobby.views, _known(lobby, station))
    return lobby.hub.open(f"station:{station}", lambda: topic, staff_of(request).owner, cursor_of(request, after))


@post("/open", status_code=200)
async def open_station(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.OpenStationAsked]) -> c.Done:
    """Take a station into use."""
    log_in = staff_of(request)
    command = commands.OpenStation(data.station, log_in.name, doctor=data.doctor, queues=data.queues)
    return await lobby.submit(command, data, log_in.actor)


@post("/close", status_code=200)
async def close(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The station stops calling."""
    return await lobby.submit(commands.CloseStation(data.station), data, staff_of(request).actor)


@post("/call-next", status_code=200)
async def call_next(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.CallNextAsked]) -> c.Done:
    """Call the next patient."""
    return await lobby.submit(commands.CallNext(data.station, data.last_was), data, staff_of(request).actor)


@post("/recall", status_code=200)
async def recall(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """Call the same patient again."""
    return await lobby.submit(commands.Recall(data.station), data, staff_of(request).actor)


@post("/missed", status_code=200)
async def missed(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The called patient did not come."""
    return await lobby.submit(commands.MarkMissed(data.station), data, staff_of(request).actor)


@post("/start", status_code=200)
async def start(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The called patient is here."""
    return await lobby.submit(commands.StartService(data.station), data, staff_of(request).actor)


@post("/finish", status_code=200)
async def finish(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The patient has been seen."""
    return await lobby.submit(commands.Finish(data.station), data, staff_of(request).actor)


@post("/undo", status_code=200)
async def undo(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.UndoAsked]) -> c.Done:
    """Take back what happened at a position."""
    _known(lobby, data.station)
    return await lobby.submit(commands.Undo(data.position), data, staff_of(request).actor)


@post("/paper-call", status_code=200)
async def paper_call(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.PaperCallAsked]) -> c.Done:
    """Enter a call that was made on paper (补录)."""
    called_at = round(data.called_at.timestamp() * 1_000_000)
    command = commands.RecordPaperCall(data.station, data.ticket, called_at, data.outcome)
    return await lobby.submit(command, data, staff_of(request).actor)


def _known(lobby: Lobby, station: str) -> str:
    index = lobby.service.committed.index
    if index is None or station not in index.stations:
        raise ProblemError("unknown_station")
    return station


router = Router(
    "/api/station",
    guards=[require_staff("nurse", "administrator")],
    tags=["station"],
    route_handlers=[
        choices, show, feed, open_station, close, call_next, recall, missed, start, finish, undo, paper_call,
    ],
)  # fmt: skip
