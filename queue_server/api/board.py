"""What a board shows: its own hall, masked, and the voice of its calls."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from queue_server import contract as c
from queue_server.api.feed import FEED_RESPONSES, FeedResponse
from queue_server.api.guards import device_of, renewed_cookie, require_device
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.api.topics import BoardTopic, cursor_of

Call = Request[Any, Any, Any]


@get("/{hall:str}", sync_to_thread=False)
def show(request: Call, lobby: NamedDependency[Lobby], hall: FromPath[str]) -> Response[c.BoardView]:
    """The whole board."""
    return Response(lobby.views.board(_own(request, lobby, hall)), cookies=renewed_cookie(request))


@get("/{hall:str}/feed", sync_to_thread=False, responses=FEED_RESPONSES)
def feed(
    request: Call, lobby: NamedDependency[Lobby], hall: FromPath[str], after: FromQuery[int | None] = None
) -> FeedResponse:
    """The board as it changes: each change, then the board after it."""
    topic = BoardTopic(lobby.views, _own(request, lobby, hall))
    return lobby.hub.open(f"board:{hall}", lambda: topic, device_of(request).actor, cursor_of(request, after))


@get("/voice/{name:str}")
async def voice(lobby: NamedDependency[Lobby], name: FromPath[str]) -> Response[bytes]:
    """A call's sound file, or the chime as ``chime.wav``. Waits a little for one that is being made."""
    digest = lobby.announcer.chime if name == "chime.wav" else name.removesuffix(".wav")
    path = await lobby.announcer.wav(digest)
    if path is None:
        raise ProblemError("voice_missing")
    content = await asyncio.to_thread(path.read_bytes)
    return Response(content, media_type="audio/wav", headers={"Cache-Control": "private, max-age=86400"})


def _own(request: Call, lobby: Lobby, hall: str) -> str:
    # A board reads its own hall only; whether another one exists is none of its business.
    if device_of(request).place != hall:
        raise ProblemError("forbidden", detail="a board reads its own hall only")
    return lobby.hall(hall)


router = Router("/api/board", guards=[require_device("board")], tags=["board"], route_handlers=[show, feed, voice])
