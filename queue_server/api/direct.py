"""The short way for commands: the framework's routing and its kinds of answer are for everything else.

A command is one JSON body in and one out, at a path without parameters. Its handler is called here as it is declared,
after the same guards. Only a request that is in order is served so: one that is unusual in any way is left to the
framework before anything was done, so that there is one place that says what was wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import Guard, Receive, Scope, Send

from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError, answer_to
from queue_server.contract import Asked

_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Command:
    """A command's handler, and what has to be done before it runs."""

    path: str
    handler: HTTPRouteHandler
    guards: list[Guard]
    read: Callable[[bytes], Asked]
    run: Callable[..., Awaitable[msgspec.Struct]]


class Direct:
    """An ASGI application: commands by the short way, everything else by the framework.

    Attributes:
        commands: those that are served by the short way, by path.
    """

    def __init__(self, app: Litestar, lobby: Lobby, *, largest_body: int) -> None:
        """Stand before ``app``.

        Args:
            app: its routes say which handlers are commands.
            lobby: what the handlers work with.
            largest_body: bytes; a larger one is ``app``'s to refuse.
        """
        self._app = app
        self._lobby = lobby
        self._largest = largest_body
        self.commands = {command.path: command for command in _commands(app)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        command = self.commands.get(scope["path"]) if scope.get("method") == "POST" else None
        if command is None:
            await self._app(scope, receive, send)
            return
        received = [await receive()]
        scope["litestar_app"] = self._app
        scope["state"] = {}
        request: Request[Any, Any, Any] = Request(scope)
        data = await self._admit(command, request, received, receive)
        if data is None:
            await self._app(scope, _again(received, receive), send)
            return
        scope["path_template"] = command.path
        try:
            done = await command.run(request=request, lobby=self._lobby, data=data)
        except Exception as error:  # noqa: BLE001 - as the framework would: an answer for each
            answer = answer_to(request, error).to_asgi_response(app=None, request=request)
            await answer(scope, receive, send)
            return
        body = _encode(done)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [_JSON, length]})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _admit(
        self,
        command: Command,
        request: Request[Any, Any, Any],
        received: list[Any],
        receive: Receive,
    ) -> Asked | None:
        """The request's body, if the caller may ask and all is in order; ``received`` grows by what was read."""
        try:
            for guard in command.guards:
                await guard(request, command.handler)  # type: ignore[misc]  # ours are all coroutines
            body: bytes = received[0].get("body", b"")
            while received[-1].get("more_body") and len(body) <= self._largest:
                received.append(await receive())
                body += received[-1].get("body", b"")
            # One that hung up half way has not asked.
            is_whole = len(body) <= self._largest and received[-1]["type"] == "http.request"
            return command.read(body) if is_whole else None
        except (ProblemError, msgspec.MsgspecError, UnicodeDecodeError):
            return None


def _commands(app: Litestar) -> Iterator[Command]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            body = handler.parsed_fn_signature.parameters.get("data")
            if body is not None and isinstance(body.annotation, type) and issubclass(body.annotation, Asked):
                read = msgspec.json.Decoder(body.annotation).decode
                yield Command(route.path, handler, list(handler.resolve_guards()), read, handler.fn)


def _again(received: list[Any], receive: Receive) -> Receive:
    """``receive``, beginning with the messages that were received already."""
    messages = iter(received)

    async def next_message() -> Any:  # noqa: ANN401 - an ASGI message
        message = next(messages, None)
        return await receive() if message is None else message

    return next_message
