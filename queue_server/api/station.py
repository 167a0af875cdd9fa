"""What a station's console does: open, call, recall, settle, undo."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from queue_server import contract as c
from queue_server.api import asked
from queue_server.api.feed import FEED_RESPONSES, FeedResponse
from queue_server.api.guards import bound_station, renewed_cookie, require_staff, staff_of
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.api.topics import StationTopic, cursor_of
from queue_server.engine import commands, queries
from queue_server.engine import undo as undoing

Call = Request[Any, Any, Any]


class StationChoices(msgspec.Struct, frozen=True):
    """What a nurse or doctor chooses from before the console opens.

    ``bound`` is the station this computer is enrolled for: it goes there without a choice.
    """

    stations: list[c.Choice]
    doctors: list[c.Choice]
    doctor_due: dict[str, str] = {}
    """By station: the doctor whose session is in its room now, or next today."""
    bound: str | None = None


@get("/choices", sync_to_thread=False)
def choices(request: Call, lobby: NamedDependency[Lobby]) -> Response[StationChoices]:
    """Stations and doctors to choose from."""
    stations = lobby.views.station_choices()
    state, now = lobby.service.committed, lobby.clock.now()
    due = {one.id: doctor for one in stations if (doctor := queries.doctor_due(state, one.id, now)) is not None}
    found = StationChoices(stations, lobby.views.doctor_choices(), due, bound_station(request))
    return Response(found, cookies=renewed_cookie(request))


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
    command = commands.OpenStation(data.station, staff_of(request).name, doctor=data.doctor, queues=data.queues)
    return await lobby.submit(command, data, _actor(request, data.station))


@post("/close", status_code=200)
async def close(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The station stops calling."""
    return await lobby.submit(commands.CloseStation(data.station), data, _actor(request, data.station))


@post("/call-next", status_code=200)
async def call_next(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.CallNextAsked]) -> c.Done:
    """Call the next patient."""
    command = commands.CallNext(data.station, data.last_was, data.current)
    return await lobby.submit(command, data, _actor(request, data.station))


@post("/recall", status_code=200)
async def recall(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """Call the same patient again."""
    return await lobby.submit(commands.Recall(data.station, data.current), data, _actor(request, data.station))


@post("/missed", status_code=200)
async def missed(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The called patient did not come."""
    return await lobby.submit(commands.MarkMissed(data.station, data.current), data, _actor(request, data.station))


@post("/start", status_code=200)
async def start(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The called patient is here."""
    return await lobby.submit(commands.StartService(data.station, data.current), data, _actor(request, data.station))


@post("/finish", status_code=200)
async def finish(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The patient has been seen."""
    return await lobby.submit(commands.Finish(data.station, data.current), data, _actor(request, data.station))


@post("/pick", status_code=200)
async def pick(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.PickAsked]) -> c.Done:
    """Call this patient out of turn."""
    command = commands.Pick(data.station, data.ticket, data.reason, data.last_was, data.current)
    return await lobby.submit(command, data, _actor(request, data.station))


@post("/send-for-exams", status_code=200)
async def send_for_exams(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StationAsked]) -> c.Done:
    """The patient goes for exams and comes back with the results."""
    return await lobby.submit(commands.SendForExams(data.station, data.current), data, _actor(request, data.station))


@post("/return", status_code=200)
async def return_with_results(
    request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.AtStationAsked]
) -> c.Done:
    """A patient is back with results."""
    return await lobby.submit(commands.ReturnWithResults(data.ticket), data, _actor(request, data.station))


@post("/transfer", status_code=200)
async def transfer(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.StationTransferAsked]) -> c.Done:
    """Send the patient on to another queue or doctor."""
    return await _send_on(request, lobby, data, is_referral=False)


@post("/refer", status_code=200)
async def refer(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.StationTransferAsked]) -> c.Done:
    """Refer the patient: a transfer with the credit for it."""
    return await _send_on(request, lobby, data, is_referral=True)


async def _send_on(request: Call, lobby: Lobby, data: asked.StationTransferAsked, *, is_referral: bool) -> c.Done:
    command = commands.Transfer(
        data.ticket, data.queue, data.reason, data.doctor, is_referral=is_referral, station=data.station
    )
    return await lobby.submit(command, data, _actor(request, data.station))


@post("/undo", status_code=200)
async def undo(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.UndoAsked]) -> c.Done:
    """Take back what happened at a position."""
    _known(lobby, data.station)

    async def find() -> commands.Undo:
        entry = undoing.find(lobby.service.committed, data.position)
        if entry is not None and entry.station != data.station:
            raise ProblemError("other_station", detail="position: what happened there is not this station's")
        return commands.Undo(data.position)

    return await lobby.submit_found(commands.Undo, find, data, _actor(request, data.station))


@post("/paper-call", status_code=200)
async def paper_call(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.PaperCallAsked]) -> c.Done:
    """Enter a call that was made on paper (补录)."""
    called_at = round(data.called_at.timestamp() * 1_000_000)
    command = commands.RecordPaperCall(data.station, data.ticket, called_at, data.outcome)
    return await lobby.submit(command, data, _actor(request, data.station))


def _actor(request: Call, station: str) -> str:
    """Who acts at ``station``. A computer that is enrolled for another station may not."""
    if bound_station(request) not in {None, station}:
        raise ProblemError("other_station", detail="this computer is enrolled for another station")
    return staff_of(request).actor


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
        choices, show, feed, open_station, close, call_next, recall, missed, start, finish, pick, send_for_exams,
        return_with_results, transfer, refer, undo, paper_call,
    ],
)  # fmt: skip
