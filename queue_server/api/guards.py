"""Who is calling, and whether they may: devices by credential, staff by log-in cookie.

A guard authenticates before the body is read and leaves the caller in the connection's state; ``device_of`` and
``staff_of`` hand it to a handler. A staff cookie alone is never enough for a POST: the page's token and the request's
origin have to agree with it.
"""

from __future__ import annotations

import hmac
from typing import Any, Literal, NamedTuple, cast
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from queue_server.api.credentials import Device
from queue_server.api.lobby import Lobby
from queue_server.api.log_ins import LogIn
from queue_server.api.problems import ProblemError
from queue_server.contract import DeviceKind, Role

Connection = ASGIConnection[Any, Any, Any, Any]

LOG_IN_COOKIE = "houzhen_session"
DEVICE_COOKIE = "houzhen_device"
CSRF_HEADER = b"x-csrf-token"
COOKIE_LIFE_S = 400 * 24 * 3600
"""The longest that browsers keep a cookie (RFC 6265bis, 5.5); a page that goes on being used renews it."""
_COOKIE_PATHS: dict[str, str] = {"board": "/api/board", "station": "/api/station"}
_CALLER = "caller"
_SAFE = {"GET", "HEAD", "OPTIONS"}


class Asker(NamedTuple):
    """Who asks for a patient, and through what."""

    actor: str
    channel: Literal["kiosk", "desk"]


def lobby_of(connection: Connection) -> Lobby:
    """What the handlers work with."""
    return cast("Lobby", connection.app.state.lobby)


def address_of(connection: Connection) -> str:
    """The caller's network address, for limits and never for identity.

    ``X-Forwarded-For`` is believed only from the configured proxies, and only as far as they reach: the last address in
    it that is not one of them.
    """
    address = connection.client.host if connection.client else "unknown"
    proxies = lobby_of(connection).proxies
    if not proxies.include(address):
        return address
    for hop in reversed(connection.headers.get("x-forwarded-for", "").split(",")):
        address = hop.strip() or address
        if not proxies.include(address):
            break
    return address


def require_device(*kinds: DeviceKind) -> Guard:
    """A guard that lets enrolled devices of these kinds in."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        device = find_device(connection)
        if device is None:
            raise ProblemError("credential_needed")
        if device.kind not in kinds:
            raise ProblemError("forbidden")
        connection.scope["state"][_CALLER] = device

    return guard


def require_staff(*roles: Role) -> Guard:
    """A guard that lets logged-in staff of these roles in; a changing request needs the page's token too."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        log_in = find_log_in(connection)
        if log_in is None:
            raise ProblemError("log_in_needed")
        if log_in.role not in roles:
            raise ProblemError("forbidden")
        if connection.scope.get("method") not in _SAFE:
            _check_page(connection, log_in)
        connection.scope["state"][_CALLER] = log_in

    return guard


def device_of(connection: Connection) -> Device:
    """The device that a ``require_device`` guard let in."""
    return cast("Device", connection.scope["state"][_CALLER])


def staff_of(connection: Connection) -> LogIn:
    """The log-in that a ``require_staff`` guard let in."""
    return cast("LogIn", connection.scope["state"][_CALLER])


def asker_of(connection: Connection) -> Asker:
    """The kiosk or the member of staff at the desk that a guard let in."""
    caller: Device | LogIn = connection.scope["state"][_CALLER]
    return Asker(caller.actor, "kiosk" if isinstance(caller, Device) else "desk")


def find_device(connection: Connection) -> Device | None:
    """The device that sent this request, by bearer token or, for reading only, by cookie."""
    scheme, _, token = (header_of(connection, b"authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return lobby_of(connection).devices.find(token)
    cookie = _cookie(connection, DEVICE_COOKIE)
    if cookie and connection.scope.get("method") in _SAFE:
        return lobby_of(connection).devices.find(cookie)
    return None


def bound_station(connection: Connection) -> str | None:
    """The station that this computer is enrolled for, by its device cookie or credential; ``None``: it is free.

    It takes away and never gives: what may be done depends on the log-in.
    """
    token = _cookie(connection, DEVICE_COOKIE)
    device = lobby_of(connection).devices.find(token) if token else find_device(connection)
    return device.place if device is not None and device.kind == "station" else None


def device_cookie(connection: Connection, kind: DeviceKind, token: str) -> list[Cookie]:
    """The cookie of a device that is a browser; a kiosk has none.

    A board's page reads its feed with an ``EventSource``, which sends cookies and no headers; a call point's computer
    is known by it beside the log-in of whoever sits there.
    """
    if kind not in _COOKIE_PATHS:
        return []
    is_secure = lobby_of(connection).is_secure
    return [
        Cookie(
            DEVICE_COOKIE,
            value=token,
            path=_COOKIE_PATHS[kind],
            max_age=COOKIE_LIFE_S,
            httponly=True,
            samesite="strict",
            secure=is_secure,
        )
    ]


def renewed_cookie(connection: Connection) -> list[Cookie]:
    """The device cookie of this request again, with its whole life before it; none where none came or it is no good."""
    token = _cookie(connection, DEVICE_COOKIE)
    device = lobby_of(connection).devices.find(token) if token else None
    return [] if token is None or device is None else device_cookie(connection, device.kind, token)


def find_log_in(connection: Connection) -> LogIn | None:
    """The log-in of this request's cookie, if it is still good; looking counts as use."""
    token = _cookie(connection, LOG_IN_COOKIE)
    return lobby_of(connection).log_ins.find(token) if token else None


def check_origin(connection: Connection) -> None:
    """Refuse a request that another site's page sent.

    Raises:
        ProblemError: ``page_outdated``, which is all that a forger learns.
    """
    origin = header_of(connection, b"origin")
    if origin is not None and urlsplit(origin).netloc.lower() != (header_of(connection, b"host") or "").lower():
        raise ProblemError("page_outdated", detail="Origin and Host disagree")
    if header_of(connection, b"sec-fetch-site") not in {None, "same-origin", "none"}:
        raise ProblemError("page_outdated", detail="Sec-Fetch-Site is not same-origin")


def _check_page(connection: Connection, log_in: LogIn) -> None:
    check_origin(connection)
    sent = header_of(connection, CSRF_HEADER) or ""
    if not hmac.compare_digest(sent.encode(), log_in.csrf.encode()):
        raise ProblemError("page_outdated", detail="X-CSRF-Token is missing or of another log-in")


def header_of(connection: Connection, name: bytes) -> str | None:
    """A request's header as it came; the framework's own way makes a table of all of them for each request.

    Args:
        connection: the request.
        name: in lower case, as ASGI gives names.
    """
    for given, value in connection.scope["headers"]:
        if given == name:
            return value.decode("latin-1")
    return None


def _cookie(connection: Connection, name: str) -> str | None:
    # Name and value as RFC 6265 (4.2.1) has them; none of ours is ever quoted.
    for pair in (header_of(connection, b"cookie") or "").split(";"):
        given, _, value = pair.partition("=")
        if given.strip() == name:
            return value.strip()
    return None
