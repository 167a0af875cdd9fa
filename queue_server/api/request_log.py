"""One line a request, by whitelist: method, route, status, milliseconds and who called. Nothing that was sent or asked.

The route is its template (``/api/ticket/{link}``), so that no link, query string or identity reaches a log.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from typing import cast

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send


class RequestLog:
    """An ASGI layer that logs each request once its answer has begun.

    A feed's line tells when it was opened, not how long it lasted.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Log the requests to ``app`` as configured by now: looking for the configuration at every line is slow."""
        self._app = app
        self._info = structlog.get_logger("houzhen.request").bind().info

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and log."""
        begun = time.perf_counter_ns()

        def send_and_log(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                caller = cast("object | None", scope.get("state", {}).get("caller"))
                self._info(
                    "request",
                    method=scope.get("method"),
                    route=scope.get("path_template", "unknown"),
                    status=message["status"],
                    ms=(time.perf_counter_ns() - begun) // 1_000_000,
                    caller=getattr(caller, "actor", None),
                )
            # Handed on, not awaited here: a feed sends every frame through this to every screen.
            return send(message)

        await self._app(scope, receive, send_and_log)
