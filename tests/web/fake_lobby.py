"""A small stand-in for the server's API, spoken by the pages under test over real HTTP and real server-sent events.

It answers with the contract's own Structs, so that a page that misreads one fails here. The rules are as thin as the
pages need: what they do with the answers is under test, not the lobby.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from datetime import datetime, timedelta, timezone
from functools import cache
from mimetypes import guess_type
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, get, route
from litestar.response import Stream
from litestar.types import ASGIApp

from queue_server import contract as c
from queue_server.config import Board, HallSettings
from queue_server.web.pages import STATIC, no_rules, pages_router, static_digest

ZONE = timezone(timedelta(hours=8))


def both(zh: str, en: str | None = None) -> c.Text:
    return c.Text(zh, zh if en is None else en)


def problem(status: int, code: str, zh: str, en: str) -> Response[Any]:
    body = c.Problem(f"urn:houzhen:problem:{code}", code, status, code, c.Text(zh, en))
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/problem+json")


@cache
def files() -> dict[str, tuple[bytes, str | None]]:
    """What every page loads, and of what kind it is, by address."""
    at = f"/static/{static_digest()}"
    return {
        f"{at}/{path.relative_to(STATIC).as_posix()}": (path.read_bytes(), guess_type(path)[0])
        for path in STATIC.rglob("*")
        if path.is_file()
    }


KEPT = (b"cache-control", b"public, max-age=31536000, immutable")


def served_from_memory(app: ASGIApp) -> ASGIApp:
    """``app``, with the static files from memory, and kept by the browser as the real ones are."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] not in files():
            await app(scope, receive, send)
            return
        body, kind = files()[scope["path"]]
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), KEPT]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return serve


class Connections(set[Any]):
    """The open connections; ``none`` is set when the last has gone."""

    def __init__(self) -> None:
        super().__init__()
        self.none = asyncio.Event()

    def discard(self, connection: Any) -> None:
        super().discard(connection)
        if not self:
            self.none.set()


class Server(uvicorn.Server):
    """uvicorn, which ends at once when it is told to: its own way looks ten times a second whether it was."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leaving = asyncio.Event()
        self.server_state.connections = self.connections = Connections()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for one in [*self.servers, *(sockets or [])]:
            one.close()
        for connection in list(self.connections):
            connection.shutdown()
        if self.connections:
            self.connections.none.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.connections.none.wait(), self.config.timeout_graceful_shutdown)
        for task in self.server_state.tasks:
            task.cancel()


class FakeLobby:
    """What the API answers, held in plain attributes that a test sets, and what it was asked.

    ``answers`` maps ``"POST /api/..."`` to a function of the body; what it returns is sent. ``views`` maps a GET
    address to the view that it and its feed show.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.position = 100
        self.now = datetime(2026, 3, 2, 9, 30, 15, tzinfo=ZONE)  # mid-minute: a page that runs late shows the same
        self.views: dict[str, Any] = {
            "/api/desk/waits": c.WaitsView([], c.TrackRecord(0, 0, None), self.now),
            "/api/admin/waits": [],
            "/api/admin/displays": [],
        }
        self.rules = no_rules()
        self.answers: dict[str, Callable[[Any], Any]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.done: dict[str, Any] = {}
        self.heard = threading.Condition()
        self.warnings: list[c.Text] = []
        self.feeds: dict[str, set[asyncio.Queue[bytes | None]]] = {}
        self.feeds_opened: list[str] = []
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- driving it -------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve; a second start is that of a server that came back."""
        config = uvicorn.Config(routes(), log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self._server = Server(config)
        ready = threading.Event()

        def run() -> None:
            SERVED.set(self)

            async def serve() -> None:
                self._loop = asyncio.get_running_loop()
                ready.set()
                await self._server.serve(sockets=[listener])

            asyncio.run(serve())

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        ready.wait(10)

    def stop(self) -> None:
        """Go away: every feed ends, no request is answered. A second stop does nothing."""
        if not self._thread.is_alive():
            return
        self.tell(lambda: [queue.put_nowait(None) for queues in self.feeds.values() for queue in queues])
        self.tell(self._server.leaving.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def tell(self, act: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(act)

    def push(self, path: str, view: Any, *changes: c.Change) -> None:
        """Make ``view`` the present at ``path``, and send ``changes`` and then it to whoever follows."""
        self.views[path] = view
        frames = [("change", change.position, change) for change in changes] + [("view", view.position, view)]
        data = b"".join(self.frame(*each) for each in frames)
        self.tell(lambda: [queue.put_nowait(data) for queue in self.feeds.get(path, ())])

    def next_position(self) -> int:
        self.position += 1
        return self.position

    def posts(self, path: str) -> list[Any]:
        with self.heard:
            return [body for asked, body in self.asked if asked == f"POST {path}"]

    def wait_for_posts(self, path: str, count: int) -> list[Any]:
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.posts(path)) >= count, 10), self.asked
        return self.posts(path)

    def wait_for_feeds(self, count: int) -> None:
        """Until so many feeds have been opened in all."""
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.feeds_opened) >= count, 10)
            assert len(self.feeds_opened) == count

    def wait_for_no_feed(self, path: str) -> None:
        with self.heard:
            assert self.heard.wait_for(lambda: not self.feeds[path], 10)

    # --- what the application asks --------------------------------------------------------------------------------

    def health(self) -> c.Health:
        return c.Health(issuing=True, position=self.position, server_time=self.now, warnings=self.warnings)

    def read(self, request: Request[Any, Any, Any]) -> Any:
        path = request.url.path
        self._note(f"GET {path}", None)
        if path.endswith("/feed"):
            after = int(request.query_params["after"])
            frames = self._feed(path.removesuffix("/feed"), after)
            return Stream(frames, headers={"content-type": "text/event-stream"})
        if f"GET {path}" in self.answers:
            return self.answers[f"GET {path}"](None)
        if path in self.views:
            return Response(msgspec.json.encode(self.views[path]), media_type="application/json")
        return problem(404, "not_found", "没有这个地址。", "There is nothing at this address.")

    async def write(self, request: Request[Any, Any, Any]) -> Any:
        raw = await request.body()
        body = json.loads(raw) if raw else None
        key = f"{request.method} {request.url.path}"
        answer = self.answers.get(key)
        # Held throughout: whoever sees what the answer did can also read that it was asked for.
        with self.heard:
            given = self._once(answer, body)
            self._note(key, body)
        return given

    def _once(self, answer: Callable[[Any], Any] | None, body: Any) -> Any:
        """What ``answer`` says; a command that was done before gets the same answer again, as the server gives it."""
        if answer is None:
            return problem(404, "not_found", "没有这个地址。", "Nothing is here.")
        command = body.get("command_id") if isinstance(body, dict) else None
        if command is not None and command in self.done:
            return self.done[command]
        given = answer(body)
        if command is not None and not isinstance(given, Response):
            self.done[command] = given
        return given

    def _note(self, key: str, body: Any) -> None:
        with self.heard:
            self.asked.append((key, body))
            self.heard.notify_all()

    @staticmethod
    def frame(event: str, position: int, data: Any) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, event.encode(), msgspec.json.encode(data))

    async def _feed(self, path: str, after: int) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.feeds.setdefault(path, set()).add(queue)
        with self.heard:
            self.feeds_opened.append(path)
            self.heard.notify_all()
        try:
            view = self.views.get(path)
            if view is not None and view.position > after:
                yield self.frame("view", view.position, view)
            yield self.frame("heartbeat", self.position, {"position": self.position, "server_time": self.now})
            while (data := await queue.get()) is not None:
                yield data
        finally:
            with self.heard:
                self.feeds[path].discard(queue)
                self.heard.notify_all()


SERVED: ContextVar[FakeLobby] = ContextVar("SERVED")
"""The lobby whose server this is: each serves in a thread of its own."""
HALLS = {"lobby": HallSettings(board=Board(1_218, 685, 8.0))}


@cache
def routes() -> ASGIApp:
    """The application, for one lobby after the other: to make it takes as long as to open a page."""

    @get("/health")
    async def health() -> c.Health:
        return SERVED.get().health()

    @get(["/api/{path:path}"])
    async def read(request: Request[Any, Any, Any]) -> Any:
        return SERVED.get().read(request)

    @route(["/api/{path:path}"], http_method=["POST", "DELETE"])
    async def write(request: Request[Any, Any, Any]) -> Any:
        return await SERVED.get().write(request)

    pages = pages_router(HALLS, lambda: SERVED.get().rules)
    return served_from_memory(Litestar([health, read, write, pages], openapi_config=None))
