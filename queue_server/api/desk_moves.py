"""What the nurse desk does with tickets that wait, cancelled sessions, and queues that stand still."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import UNSET

from queue_server import contract as c
from queue_server.api import asked
from queue_server.api.guards import staff_of
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.engine import commands, queries
from queue_server.engine.reasons import REASONS
from queue_server.engine.site import Text
from queue_server.views import words

Call = Request[Any, Any, Any]


async def _changed(lobby: Lobby, request: Call, command: commands.Command, data: c.Asked) -> c.TicketDone:
    return lobby.ticket_done(await lobby.submit(command, data, staff_of(request).actor))


@get("/reasons", sync_to_thread=False)
def reasons() -> dict[str, list[c.Choice]]:
    """The reasons to choose from, by what they are given for."""
    return {use: [c.Choice(code, words(text)) for code, text in codes.items()] for use, codes in REASONS.items()}


@get("/sessions", sync_to_thread=False)
def sessions(lobby: NamedDependency[Lobby]) -> list[asked.SessionRow]:
    """Today's clinic sessions with their limits, and how many have numbers."""
    state = lobby.service.committed
    return [
        asked.SessionRow(
            session=session.id,
            queue=session.queue,
            clinic=session.clinic,
            doctor=session.doctor,
            period=session.period,
            status=session.status,
            limit=session.limit,
            issued=state.per_session.get(session.id, 0),
            extra=counted.extra,
            waiting=counted.waiting,
        )
        for session, counted in queries.sessions_today(state)
    ]


@post("/transfer", status_code=200)
async def transfer(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.TransferAsked]) -> c.TicketDone:
    """Send a patient on to another queue or doctor; the moment is kept."""
    return await _changed(lobby, request, commands.Transfer(data.ticket, data.queue, data.reason, data.doctor), data)


@post("/refer", status_code=200)
async def refer(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.TransferAsked]) -> c.TicketDone:
    """Refer a patient: a transfer with the credit for it."""
    command = commands.Transfer(data.ticket, data.queue, data.reason, data.doctor, is_referral=True)
    return await _changed(lobby, request, command, data)


@post("/assign", status_code=200)
async def assign(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.AssignAsked]) -> c.TicketDone:
    """Give a ticket to a doctor, or back to the pool; or to a room's list, or back into the hall."""
    if data.station is not UNSET and data.doctor is not None:
        raise ProblemError("invalid_request", detail="doctor, station: one of the two")
    command = (
        commands.AssignDoctor(data.ticket, data.doctor, data.reason)
        if data.station is UNSET
        else commands.AssignRoom(data.ticket, data.station, data.reason)
    )
    return await _changed(lobby, request, command, data)


@post("/credit", status_code=200)
async def credit(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.CreditAsked]) -> c.TicketDone:
    """Grant a credit."""
    return await _changed(lobby, request, commands.GrantCredit(data.ticket, data.credit, data.reason), data)


@post("/move-forward", status_code=200)
async def move_forward(
    request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.ForwardAsked]
) -> c.TicketDone:
    """Move a ticket forward."""
    return await _changed(lobby, request, commands.MoveForward(data.ticket, data.reason, data.before), data)


@post("/release-session", status_code=200)
async def release(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.ReleaseAsked]) -> c.Done:
    """Let a cancelled session's tickets go, or move them into another session."""
    return await lobby.submit(commands.ReleaseSession(data.session, data.to, data.extra), data, staff_of(request).actor)


@post("/pause", status_code=200)
async def pause(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.PauseAsked]) -> c.Done:
    """Call nobody from some queues."""
    command = commands.PauseQueue(_queues(lobby, data.queues, data.clinic), data.reason)
    return await lobby.submit(command, data, staff_of(request).actor)


@post("/resume", status_code=200)
async def resume(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.ResumeAsked]) -> c.Done:
    """Call again."""
    command = commands.ResumeQueue(_queues(lobby, data.queues, data.clinic))
    return await lobby.submit(command, data, staff_of(request).actor)


def _queues(lobby: Lobby, queues: tuple[str, ...], clinic: str | None) -> list[str]:
    of_clinic = [queue.id for queue in lobby.configuration.site.queues if clinic is not None and queue.clinic == clinic]
    return [*queues, *of_clinic]


@post("/broadcast", status_code=200)
async def broadcast(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.BroadcastAsked]) -> c.Done:
    """Show a text on a hall's boards."""
    command = commands.Broadcast(data.hall, Text(data.zh, data.en or data.zh), data.minutes)
    return await lobby.submit(command, data, staff_of(request).actor)


@post("/end-broadcast", status_code=200)
async def end_broadcast(
    request: Call, lobby: NamedDependency[Lobby], data: JSONBody[asked.EndBroadcastAsked]
) -> c.Done:
    """Take a text down."""
    return await lobby.submit(commands.EndBroadcast(data.hall, data.broadcast), data, staff_of(request).actor)


handlers = [
    *(reasons, sessions, transfer, refer, assign, credit, move_forward),
    *(release, pause, resume, broadcast, end_broadcast),
]
