"""What is done alike at a kiosk by the patient and at the nurse desk for the patient."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from queue_server import contract as c
from queue_server.api import itineraries, patients
from queue_server.api.guards import asker_of
from queue_server.api.lobby import Lobby
from queue_server.engine import commands

Call = Request[Any, Any, Any]


async def _changed(lobby: Lobby, request: Call, command: commands.Command, data: c.Asked) -> c.TicketDone:
    return lobby.ticket_done(await lobby.submit(command, data, asker_of(request).actor))


@post("/why", status_code=200, sync_to_thread=False)
def why(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.WhyAsked]) -> c.WhyReply:
    """Two slips, one sentence: which number is or was called first, and why."""
    asker = asker_of(request)
    lobby.limits.identify.take(asker.actor)
    return patients.why(lobby, data, asker.channel)


@post("/check-in-order", status_code=200)
async def check_in_order(
    request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.CheckInOrderAsked]
) -> c.TicketDone:
    """Take a number with an order of today's list."""
    return await patients.check_in_order(lobby, data, *asker_of(request))


@post("/itinerary", status_code=200)
async def issue_itinerary(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.ItineraryAsked]) -> c.SlipDone:
    """A guide slip 检查检验指引单 for several orders."""
    return await itineraries.issue(lobby, data, *asker_of(request))


@post("/itinerary/plan", status_code=200)
async def plan_itinerary(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.PlanAsked]) -> c.SlipDone:
    """Put what is left of a slip in the order that is best now."""
    return await itineraries.plan_again(lobby, data, *asker_of(request))


@get("/itinerary/{person:str}", sync_to_thread=False)
def show_itinerary(request: Call, lobby: NamedDependency[Lobby], person: FromPath[str]) -> c.GuideSlip:
    """A patient's slip as it now stands."""
    return itineraries.show(lobby, person, asker_of(request).channel)


@post("/rejoin", status_code=200)
async def rejoin(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.TicketAsked]) -> c.TicketDone:
    """A missed patient is back."""
    return await _changed(lobby, request, commands.Rejoin(data.ticket), data)


@post("/return", status_code=200)
async def return_with_results(
    request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.TicketAsked]
) -> c.TicketDone:
    """A patient is back with results."""
    return await _changed(lobby, request, commands.ReturnWithResults(data.ticket), data)


@post("/step-away", status_code=200)
async def step_away(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.StepAwayAsked]) -> c.TicketDone:
    """A waiting patient steps away for some minutes."""
    return await _changed(lobby, request, commands.StepAway(data.ticket, data.minutes), data)


@post("/step-back", status_code=200)
async def step_back(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.TicketAsked]) -> c.TicketDone:
    """A patient who stepped away is back early."""
    return await _changed(lobby, request, commands.StepBack(data.ticket), data)


@post("/postpone", status_code=200)
async def postpone(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.PostponeAsked]) -> c.TicketDone:
    """A later place on purpose."""
    return await _changed(lobby, request, commands.Postpone(data.ticket, data.behind, data.slots), data)


handlers = [
    why,
    check_in_order,
    issue_itinerary,
    plan_itinerary,
    show_itinerary,
    rejoin,
    return_with_results,
    step_away,
    step_back,
    postpone,
]
