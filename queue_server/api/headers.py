"""Headers of every answer: nothing is kept by a cache, nothing is guessed, and TLS is not forgotten."""

from __future__ import annotations

from collections.abc import Awaitable

from litestar.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}
_WITH_TLS = {b"strict-transport-security": b"max-age=31536000"}
"""RFC 6797. Of this host alone: the hospital's other names are its own business."""


class AnswerHeaders:
    """An ASGI layer that adds what an answer does not say by itself: sound and static files have their own word."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        """Add to the answers of ``app``; speak of TLS where the server ``is_secure``."""
        self._app = app
        self._headers = [*(_ALWAYS | _WITH_TLS if is_secure else _ALWAYS).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and add."""

        def send_with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                said = {name.lower() for name, _ in headers}
                message["headers"] = headers + [header for header in self._headers if header[0] not in said]
            # Handed on, not awaited here: a feed sends every frame through this to every screen.
            return send(message)

        await self._app(scope, receive, send_with_headers)
