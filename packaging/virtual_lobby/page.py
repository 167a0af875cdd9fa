"""The demo page: a virtual lobby in the browser, for whoever started the demo and nobody else.

The address that is printed works once and leaves a cookie; the kiosk's picture needs a ticket of its own each time.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Litestar, MediaType, Response, get, post, websocket
from litestar.datastructures import Cookie, State
from litestar.exceptions import NotAuthorizedException, NotFoundException, WebSocketException
from litestar.response import File, Redirect, ServerSentEvent, ServerSentEventMessage
from litestar.static_files import create_static_files_router

from virtual_lobby.client import RefusedError
from virtual_lobby.display import NOVNC, relay
from virtual_lobby.processes import ProgramError
from virtual_lobby.shown import Shown
from virtual_lobby.simulators import SimulatorError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar.connection import ASGIConnection, WebSocket
    from litestar.handlers import BaseRouteHandler

    from virtual_lobby.lobby import Lobby

STATIC = Path(__file__).parent / "static"
COOKIE = "houzhen_demo"


class Action(msgspec.Struct, frozen=True):
    """What was pressed: ``show_card``, ``take_card``, ``scan``, ``fault``, ``power``, ``let_in`` with its argument."""

    action: str
    value: str = ""


class Door:
    """Who may come in: the printed address once, then its cookie."""

    def __init__(self) -> None:
        self.entry = secrets.token_urlsafe(16)
        self._entered: set[str] = set()
        self._views: set[str] = set()

    def enter(self, token: str) -> str | None:
        """The cookie for the printed token, the first time; ``None`` afterwards."""
        if not self.entry or not secrets.compare_digest(token, self.entry):
            return None
        self.entry = ""
        cookie = secrets.token_urlsafe(24)
        self._entered.add(cookie)
        return cookie

    def knows(self, cookie: str | None) -> bool:
        """Whether the cookie is one of ours."""
        return cookie in self._entered

    def view_token(self) -> str:
        """A token for one view of the kiosk."""
        token = secrets.token_urlsafe(16)
        self._views.add(token)
        return token

    def spend(self, token: str) -> bool:
        """Whether the view token is good; it is not afterwards."""
        good = token in self._views
        self._views.discard(token)
        return good


def inside(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let in only who has the cookie, and take posts only from the page itself."""
    door: Door = connection.app.state.door
    if not door.knows(connection.cookies.get(COOKIE)):
        raise NotAuthorizedException("Open the address that the demo printed.")
    origin = connection.headers.get("origin")
    if origin is not None and origin != str(connection.base_url).rstrip("/"):
        raise NotAuthorizedException("This page takes orders from itself only.")


@get("/enter/{token:str}", sync_to_thread=False)
def enter(token: str, state: State) -> Response[Any]:
    """The printed address: works once."""
    cookie = state.door.enter(token)
    if cookie is None:
        raise NotAuthorizedException("This address was used already. Restart the demo for a new one.")
    return Redirect("/", cookies=[Cookie(COOKIE, value=cookie, httponly=True, samesite="lax")])


@get("/", guards=[inside], sync_to_thread=False)
def index() -> File:
    """The page."""
    return File(STATIC / "lobby.html", media_type=MediaType.HTML, content_disposition_type="inline")


@get("/state", guards=[inside])
async def current(state: State) -> dict[str, Any]:
    """Everything the page shows."""
    return await Shown(state.lobby).everything()


@get("/events", guards=[inside], sync_to_thread=False)
def events(state: State) -> ServerSentEvent:
    """Everything the page shows, again after each change."""

    async def changes() -> AsyncIterator[ServerSentEventMessage]:
        shown = Shown(state.lobby)
        while True:
            yield ServerSentEventMessage(data=msgspec.json.encode(await shown.everything()).decode(), event="state")
            await state.lobby.changed()

    return ServerSentEvent(changes())


@post("/do", guards=[inside], status_code=200)
async def do(data: Action, state: State) -> Response[dict[str, Any]]:
    """Carry out what was pressed; a refusal is a sentence."""
    try:
        return Response(await state.lobby.act(data.action, data.value))
    except (RefusedError, SimulatorError, ProgramError, KeyError, OSError, ValueError) as error:
        return Response({"error": str(error)}, status_code=409)


@get("/view-token", guards=[inside], sync_to_thread=False)
def view_token(state: State) -> dict[str, str]:
    """A token for one view of the kiosk."""
    return {"token": state.door.view_token()}


@get("/paper/{name:str}", guards=[inside], sync_to_thread=False)
def paper(name: str, state: State) -> File:
    """One ticket as the printer really rendered it."""
    path = state.lobby.devices.papers / Path(name).name
    if path.suffix != ".png" or not path.is_file():
        raise NotFoundException(f"There is no paper called {name}.")
    return File(path, media_type="image/png", content_disposition_type="inline")


@websocket("/kiosk/{token:str}")
async def kiosk(socket: WebSocket[Any, Any, State], token: str, state: State) -> None:
    """The kiosk's display, for a token that works once."""
    if not state.door.spend(token) or state.lobby.display is None or state.lobby.display.rfb is None:
        raise WebSocketException(code=4401, detail="This view has ended. Load the page again.")
    await socket.accept(subprotocols="binary" if "binary" in socket.headers.get("sec-websocket-protocol", "") else None)
    await relay(socket, state.lobby.display.rfb)


def page(lobby: Lobby, door: Door) -> Litestar:
    """The demo page's application."""
    statics = [create_static_files_router("/static", directories=[STATIC])]
    if NOVNC.is_dir():
        statics.append(create_static_files_router("/novnc", directories=[NOVNC]))
    return Litestar(
        [enter, index, current, events, do, view_token, paper, kiosk, *statics],
        state=State({"lobby": lobby, "door": door}),
        openapi_config=None,
        logging_config=None,
    )
