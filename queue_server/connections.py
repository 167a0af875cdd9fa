"""Connections: idle ones are closed after some seconds, one address may hold so many and no more, answers go out whole.

uvicorn has a limit on pauses between requests and none on a request that never ends; without one, a handful of idle
sockets from any machine of the network would use up the server's file descriptors.

It also sends an answer's head and its body one after the other, as two packets; here they leave as one.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_S = 10
"""How long a client may take to send a request, from its first byte, or from connecting, to its last."""


class Connections:
    """How many connections each address has open."""

    def __init__(self, most: int, is_exempt: Callable[[str], bool]) -> None:
        """Let ``most`` in from one address, and any number from one that ``is_exempt``: a proxy stands for many."""
        self._most = most
        self._is_exempt = is_exempt
        self._of: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more connection of ``address``; whether it may stay."""
        self._of[address] += 1
        return self._of[address] <= self._most or self._is_exempt(address)

    def leave(self, address: str) -> None:
        """One connection of ``address`` has ended."""
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]


class Whole:
    """A transport that holds the head of an answer back until its body comes, or until the loop's next turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Write to ``transport``; what is not here is the transport's own."""
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is there
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, together with the head that was held back."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head + data)
        elif data.startswith(b"HTTP/1.1 "):
            self._head = data
            self._loop.call_soon(self._let_go)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close once everything is sent."""
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        if self._head and not self._transport.is_closing():
            head, self._head = self._head, b""
            self._transport.write(head)


def protocol_of(connections: Connections) -> type[asyncio.Protocol]:
    """The HTTP protocol of uvicorn with these limits, for ``uvicorn.Config(http=...)``."""

    class Limited(HttpToolsProtocol):
        """One connection."""

        _too_slow: asyncio.TimerHandle | None = None
        _address = ""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.transport = cast("asyncio.Transport", Whole(transport, self.loop))
            self._address = self.client[0] if self.client else ""
            if not connections.enter(self._address):
                transport.abort()
                return
            self._expect_request()

        def connection_lost(self, exc: Exception | None) -> None:
            connections.leave(self._address)
            self._request_is_here()
            super().connection_lost(exc)

        def on_message_begin(self) -> None:
            self._expect_request()
            super().on_message_begin()

        def on_message_complete(self) -> None:
            self._request_is_here()
            super().on_message_complete()

        def _expect_request(self) -> None:
            self._request_is_here()
            self._too_slow = self.loop.call_later(REQUEST_S, self._give_up)

        def _request_is_here(self) -> None:
            if self._too_slow is not None:
                self._too_slow.cancel()
                self._too_slow = None

        def _give_up(self) -> None:
            self._too_slow = None
            self.transport.close()

    return Limited


def use_all_descriptors() -> None:
    """Raise the soft limit on open files to the hard one: every screen and telephone that listens holds one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
