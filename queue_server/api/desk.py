"""What the nurse desk does for patients who are not at a kiosk."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from queue_server import contract as c
from queue_server.api import arrivals, desk_moves, desk_paper, patients, reports, service_points, statistics
from queue_server.api.asked import DeskCheckInAsked, DeskJoinAsked
from queue_server.api.guards import require_staff, staff_of
from queue_server.api.lobby import Lobby
from queue_server.engine import commands

Call = Request[Any, Any, Any]


class Find(msgspec.Struct, frozen=True):
    """Whom the desk looks for: by the number on the paper, a name, a scanned code, or an identity number."""

    kind: Literal["number", "name", "code", "id_card", "hospital_card"]
    value: str

    def __repr__(self) -> str:
        """Without what was looked for: this object may meet a log."""
        return f"Find(kind={self.kind!r}, value=<redacted>)"


class DeskChoices(msgspec.Struct, frozen=True):
    """What a nurse can give a number for without a card, with the hall as the note."""

    open_queues: list[c.Choice]


class UndoAtDesk(c.Asked, frozen=True, kw_only=True):
    """Take back what the desk did at ``position``."""

    position: int


@get("/choices", sync_to_thread=False)
def choices(lobby: NamedDependency[Lobby]) -> DeskChoices:
    """The open queues of every hall."""
    halls = [lobby.views.hall(hall.id) for hall in lobby.configuration.site.halls]
    return DeskChoices(
        [msgspec.structs.replace(queue, note=hall.hall_name) for hall in halls for queue in hall.open_queues]
    )


@get("/devices", sync_to_thread=False)
def list_kiosks(lobby: NamedDependency[Lobby]) -> list[reports.KioskState]:
    """How the kiosks and their own devices are."""
    return reports.kiosks(lobby)


@get("/waits", sync_to_thread=False)
def waits(lobby: NamedDependency[Lobby]) -> c.WaitsView:
    """The waits that have passed their limit, and how often what was said of waits held."""
    return lobby.views.waits()


@post("/find", status_code=200, sync_to_thread=False)
def find(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[Find]) -> c.IdentifyReply:
    """Who is there, and what they may do today."""
    lobby.limits.identify.take(staff_of(request).actor)
    match data.kind:
        case "number":
            return patients.reply(lobby, patients.by_number(lobby, data.value))
        case "name":
            return patients.by_name(lobby, data.value)
        case _:
            return patients.identify(lobby, c.Identify(data.kind, data.value), "desk")


@post("/check-in", status_code=200)
async def check_in(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[DeskCheckInAsked]) -> c.TicketDone:
    """Check in an appointment, also one that was checked in on paper."""
    return await patients.check_in(lobby, data, staff_of(request).actor, "backfill" if data.from_paper else "desk")


@post("/join", status_code=200)
async def join(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[DeskJoinAsked]) -> c.TicketDone:
    """Join a queue, with a reason also over the session's limit; also who did so on paper."""
    channel: patients.Through = "backfill" if data.from_paper else "desk"
    return await patients.join(lobby, data, staff_of(request).actor, channel, extra=data.extra)


@post("/cancel", status_code=200)
async def cancel(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.TicketAsked]) -> c.TicketDone:
    """End a ticket unseen."""
    command = commands.Cancel(data.ticket, data.reason)
    return lobby.ticket_done(await lobby.submit(command, data, staff_of(request).actor))


@post("/undo", status_code=200)
async def undo(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[UndoAtDesk]) -> c.Done:
    """Take back what happened at a position."""
    return await lobby.submit(commands.Undo(data.position), data, staff_of(request).actor)


router = Router(
    "/api/desk",
    guards=[require_staff("nurse", "administrator")],
    tags=["desk"],
    route_handlers=[
        *(
            choices,
            list_kiosks,
            find,
            waits,
            check_in,
            join,
            cancel,
            undo,
            arrivals.clinics,
            arrivals.arrivals,
            statistics.no_shows_of,
        ),
        *service_points.handlers,
        *desk_moves.handlers,
        *desk_paper.handlers,
    ],
)
