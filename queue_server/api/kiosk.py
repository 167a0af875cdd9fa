"""What a kiosk may do: identify, check in, join, come back, report its paper."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from queue_server import contract as c
from queue_server.api import itineraries, patients, reports, service_points
from queue_server.api.feed import FEED_RESPONSES, FeedResponse
from queue_server.api.guards import device_of, require_device
from queue_server.api.lobby import Lobby
from queue_server.api.topics import KioskTopic, cursor_of
from queue_server.engine.commands import Cancel, ReportPrint

Call = Request[Any, Any, Any]


@get("/hall", sync_to_thread=False)
def hall(request: Call, lobby: NamedDependency[Lobby]) -> c.HallInfo:
    """The kiosk's place, before anybody touches it."""
    return lobby.views.hall(lobby.hall(device_of(request).place))


@post("/identify", status_code=200)
async def identify(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.Identify]) -> c.IdentifyReply:
    """Who is there, and what they may do today."""
    lobby.limits.identify.take(device_of(request).actor)
    return await patients.identify_shown(lobby, data, "kiosk", device_of(request).place)


@post("/check-in", status_code=200)
async def check_in(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.CheckInAsked]) -> c.TicketDone:
    """Check in an appointment of today's list."""
    return await patients.check_in(lobby, data, device_of(request).actor, "kiosk", device_of(request).place)


@get("/itinerary/{person:str}/ahead", sync_to_thread=False)
def look_ahead(request: Call, lobby: NamedDependency[Lobby], person: FromPath[str]) -> c.GuideSlip:
    """The slip as it would be with all that can be done now; nothing is given."""
    lobby.limits.identify.take(device_of(request).actor)
    return itineraries.look_ahead(lobby, person, "kiosk")


@post("/join", status_code=200)
async def join(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.JoinAsked]) -> c.TicketDone:
    """Join a queue with a registration, or an open queue with nothing."""
    return await patients.join(lobby, data, device_of(request).actor, "kiosk", hall=device_of(request).place)


@post("/abandon", status_code=200)
async def abandon(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.TicketAsked]) -> c.TicketDone:
    """The patient gives up waiting."""
    command = Cancel(data.ticket, "abandoned")
    return lobby.ticket_done(await lobby.submit(command, data, device_of(request).actor))


@post("/print", status_code=200)
async def report_print(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.PrintAsked]) -> c.Done:
    """What became of a ticket's paper."""
    command = ReportPrint(data.ticket, data.outcome, reprint=data.reprint)
    return await lobby.submit(command, data, device_of(request).actor)


@post("/devices", status_code=204, sync_to_thread=False)
def report_devices(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.DevicesAsked]) -> None:
    """How the kiosk's own devices are now; in place of what it told before."""
    reports.keep(lobby, device_of(request).id, data.devices)


@get("/pending-prints", sync_to_thread=False)
def pending_prints(request: Call, lobby: NamedDependency[Lobby]) -> list[c.TicketView]:
    """The tickets this kiosk was given and never reported paper for: asked after a restart."""
    actor = device_of(request).actor
    return [
        lobby.views.ticket(ticket)
        for ticket in lobby.service.committed.tickets.values()
        if ticket.print == "pending" and ticket.ended_at is None and lobby.issued_by.get(ticket.id) == actor
    ]


@get("/tickets/{ticket:str}", sync_to_thread=False)
def show_ticket(lobby: NamedDependency[Lobby], ticket: FromPath[str]) -> c.TicketView:
    """A ticket as it now stands."""
    return lobby.views.ticket(lobby.ticket(ticket))


@get("/feed", sync_to_thread=False, responses=FEED_RESPONSES)
def feed(request: Call, lobby: NamedDependency[Lobby], after: FromQuery[int | None] = None) -> FeedResponse:
    """Changes in the kiosk's hall, and heartbeats."""
    device = device_of(request)
    topic = KioskTopic(lobby.views, lobby.hall(device.place))
    return lobby.hub.open(f"kiosk:{device.place}", lambda: topic, device.actor, cursor_of(request, after))


router = Router(
    "/api/kiosk",
    guards=[require_device("kiosk")],
    tags=["kiosk"],
    route_handlers=[
        *(hall, identify, check_in, look_ahead, join, abandon),
        *(report_print, report_devices, pending_prints, show_ticket, feed),
        *service_points.handlers,
    ],
)
