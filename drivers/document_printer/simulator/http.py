"""As much of HTTP/1.1 as a printer's server needs: requests with a body, sized or in chunks, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

_PIECE = 1 << 16


class HttpError(ValueError):
    """What came is no HTTP request."""


@dataclass(frozen=True, slots=True)
class Head:
    """A request's first line and headers; names are in small letters."""

    method: str
    path: str
    headers: dict[str, str]


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Read a request's head; None where the client has gone.

    Raises:
        HttpError: this is no HTTP.
    """
    line = await reader.readline()
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):  # noqa: PLR2004 -- method, path, version
        raise HttpError("no request line")
    headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Head(parts[0], parts[1], headers)


async def read_body(reader: asyncio.StreamReader, head: Head) -> AsyncIterator[bytes]:
    """Read a request's body in pieces.

    Raises:
        EOFError: the client went in the middle of it.
        HttpError: its size makes no sense.
    """
    try:
        if head.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int((await reader.readline()).split(b";")[0], 16):
                yield await reader.readexactly(size)
                await reader.readexactly(2)
            await reader.readline()
            return
        left = int(head.headers.get("content-length", "0"))
    except ValueError as failure:
        raise HttpError("no size") from failure
    while left:
        piece = await reader.read(min(left, _PIECE))
        if not piece:
            raise EOFError
        left -= len(piece)
        yield piece


def response(status: int, body: bytes, kind: str = "application/ipp") -> bytes:
    """Write an answer."""
    return f"HTTP/1.1 {status} Simulated\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
