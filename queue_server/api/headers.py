"""Headers of every answer: nothing is kept by a cache, nothing is guessed, and TLS is not forgotten."""

from __future__ import annotations

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_WITH_TLS = {"Strict-Transport-Security": "max-age=31536000"}
"""RFC 6797. Of this host alone: the hospital's other names are its own business."""


class AnswerHeaders(ASGIMiddleware):
    """Adds what an answer does not say by itself; sound and static files have their own word on caching."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, *, is_secure: bool) -> None:
        """Speak of TLS where the server ``is_secure``."""
        self._headers = {**_ALWAYS, **_WITH_TLS} if is_secure else _ALWAYS

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve, and add."""

        def send_with_headers(message: Message):  # type: ignore[no-untyped-def]  # noqa: ANN202 (what ``send`` returns, not awaited here: a feed sends every frame through this)
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders(message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            return send(message)

        await next_app(scope, receive, send_with_headers)
