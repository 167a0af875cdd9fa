"""Staff log in and out. The cookie is for this site's own pages only; its token is kept nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody

from queue_server import contract as c
from queue_server.api.guards import LOG_IN_COOKIE, address_of, check_origin, require_staff, staff_of
from queue_server.api.lobby import Lobby
from queue_server.api.log_ins import LogIn
from queue_server.api.passwords import is_password
from queue_server.api.problems import ProblemError
from queue_server.log import accounts

Call = Request[Any, Any, Any]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


_MINUTE = 60_000_000


class LogInAsked(msgspec.Struct, frozen=True):
    """A name and a password."""

    name: ShortText
    password: Password

    def __repr__(self) -> str:
        """Without the password."""
        return f"LogInAsked(name={self.name!r}, password=<redacted>)"


class LoggedIn(msgspec.Struct, frozen=True):
    """Who is logged in. ``csrf`` goes into the header ``X-CSRF-Token`` of every POST and DELETE."""

    name: str
    role: c.Role
    csrf: str
    expires_at: datetime


@post("/log-in", status_code=200)
async def log_in(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[LogInAsked]) -> Response[LoggedIn]:
    """Log in. A wrong name and a wrong password are told alike, and take as long."""
    check_origin(request)
    address = address_of(request)
    lobby.limits.log_in.take(address)
    lobby.limits.passwords.take(data.name, address)
    found = accounts.staff_by_name(lobby.service.reader, data.name)
    is_right = await is_password(data.password, found[1] if found is not None and found[0].is_active else None)
    if found is None or not is_right:
        raise ProblemError("log_in_failed")
    lobby.limits.passwords.succeeded(data.name, address)
    staff, kept = found
    now = lobby.clock.now()
    valid_for = lobby.configuration.server.log_in_longest_min * _MINUTE
    try:
        fresh = await lobby.write(lambda database: accounts.begin_log_in(database, staff.staff, kept, now, valid_for))
    except accounts.AccountChangedError:
        # Disabled, or given another password, while this one was looked at.
        raise ProblemError("log_in_failed") from None
    token = fresh.token
    begun = lobby.log_ins.begin(token, staff, fresh.expires_at)
    cookie = Cookie(LOG_IN_COOKIE, value=token, path="/", httponly=True, samesite="strict", secure=lobby.is_secure)
    return Response(_view(lobby, begun), cookies=[cookie])


@post("/log-out", status_code=200, guards=[require_staff("nurse", "administrator")], sync_to_thread=False)
def log_out(request: Call, lobby: NamedDependency[Lobby]) -> Response[None]:
    """Log out; open feeds of this log-in end."""
    lobby.log_ins.end(staff_of(request))
    gone = Cookie(
        LOG_IN_COOKIE, value="", path="/", max_age=0, httponly=True, samesite="strict", secure=lobby.is_secure
    )
    return Response(None, cookies=[gone])


@get("/me", guards=[require_staff("nurse", "administrator")], sync_to_thread=False)
def me(request: Call, lobby: NamedDependency[Lobby]) -> LoggedIn:
    """Who is logged in at this browser."""
    return _view(lobby, staff_of(request))


def _view(lobby: Lobby, log_in: LogIn) -> LoggedIn:
    return LoggedIn(log_in.name, log_in.role, log_in.csrf, lobby.views.moment(log_in.expires_at))


router = Router("/api/auth", tags=["auth"], route_handlers=[log_in, log_out, me])
