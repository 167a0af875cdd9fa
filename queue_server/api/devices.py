"""How a device gets its credential: with a one-time code, or by showing a code that an administrator confirms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from queue_server import contract as c
from queue_server.api.guards import address_of, device_cookie
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.log import accounts

Call = Request[Any, Any, Any]
DeviceName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_MINUTE = 60_000_000


class ScreenCodeAsked(msgspec.Struct, frozen=True):
    """A screen without a keyboard asks for a code to show."""

    kind: c.DeviceKind
    name: DeviceName


class ScreenCode(msgspec.Struct, frozen=True):
    """``screen_code`` is shown; ``poll`` is this screen's secret with which it asks whether it was confirmed."""

    screen_code: str
    poll: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Without the secret."""
        return f"ScreenCode(screen_code={self.screen_code!r}, poll=<redacted>)"


@post("/enrol", status_code=200)
async def enrol(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[c.Enrol]) -> Response[c.Credential]:
    """Exchange a one-time code for a credential."""
    lobby.limits.enrol.take(address_of(request))
    now = lobby.clock.now()
    try:
        enrolled = await lobby.write(lambda database: accounts.enrol(database, data.code, data.name, now))
    except accounts.UnknownCodeError:
        raise ProblemError("bad_code") from None
    return _with_cookie(request, enrolled)


@post("/screen-code", status_code=200)
async def ask_screen_code(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[ScreenCodeAsked]) -> ScreenCode:
    """A code for the screen to show."""
    lobby.limits.enrol.take(address_of(request))
    now, valid_for = lobby.clock.now(), lobby.configuration.server.enrolment_code_min * _MINUTE
    made = await lobby.write(lambda db: accounts.make_screen_code(db, data.kind, data.name, now, valid_for))
    return ScreenCode(made.code, made.poll, lobby.views.moment(made.expires_at))


@get("/screen-code/{poll:str}", status_code=200)
async def poll_screen_code(
    request: Call, lobby: NamedDependency[Lobby], poll: FromPath[str]
) -> Response[c.Credential | None]:
    """The credential once an administrator confirmed the code; 204 until then, 410 when it ran out."""
    lobby.limits.poll.take(address_of(request))
    now = lobby.clock.now()
    try:
        enrolled = await lobby.write(lambda database: accounts.claim_screen(database, poll, now))
    except accounts.UnknownCodeError:
        raise ProblemError("screen_code_gone") from None
    if enrolled is None:
        return Response(None, status_code=204)
    return _with_cookie(request, enrolled)


def _with_cookie(request: Call, enrolled: accounts.Enrolled) -> Response[Any]:
    credential = c.Credential(enrolled.device, enrolled.kind, enrolled.token)
    return Response(credential, cookies=device_cookie(request, credential.kind, credential.token))


router = Router("/api/devices", tags=["devices"], route_handlers=[enrol, ask_screen_code, poll_screen_code])
