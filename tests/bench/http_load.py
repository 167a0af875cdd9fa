"""A load generator that is not the bottleneck: HTTP/1.1 over raw sockets, and servers in processes of their own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any, cast

from virtual_lobby.processes import WITH_ITS_PARENT


@contextmanager
def server(module: str, *arguments: object) -> Iterator[dict[str, Any]]:
    """A server process and what it printed once it was ready."""
    process = subprocess.Popen(
        [*WITH_ITS_PARENT, sys.executable, "-m", module, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise RuntimeError(f"{module} ended with status {process.wait()} before it was ready")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(30)


def address_of(told: dict[str, Any]) -> tuple[str, int]:
    """Host and port."""
    host, _, port = told["address"].removeprefix("http://").rpartition(":")
    return host, int(port)


def post(path: str, body: dict[str, Any], headers: dict[str, str]) -> bytes:
    """A request as it goes over the wire."""
    content = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: bench",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class Connection(asyncio.Protocol):
    """One keep-alive connection that asks one thing at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to ask."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Collect one answer."""
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        if len(rest) >= length and self._answer is not None:
            self._buffer = b""
            self._answer.set_result((int(head[9:12]), rest))

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody answers any more."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server closed the connection"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; status and body of its answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def connect(address: tuple[str, int]) -> Connection:
    """Open a connection."""
    _, protocol = await asyncio.get_running_loop().create_connection(Connection, *address)
    return protocol


async def load(address: tuple[str, int], lanes: list[list[bytes]]) -> tuple[float, list[float]]:
    """Send each lane's requests over a connection of its own: answers a second, and each one's milliseconds.

    Raises:
        RuntimeError: an answer was not 200.
    """
    connections = [await connect(address) for _ in lanes]
    latencies: list[float] = []

    async def run(connection: Connection, requests: list[bytes]) -> None:
        for request in requests:
            begun = perf_counter_ns()
            status, body = await connection.ask(request)
            latencies.append((perf_counter_ns() - begun) / 1e6)
            if status != 200:
                raise RuntimeError(f"answered {status}: {body[:200]!r}")

    begun = perf_counter_ns()
    await asyncio.gather(*(run(*pair) for pair in zip(connections, lanes, strict=True)))
    seconds = (perf_counter_ns() - begun) / 1e9
    for connection in connections:
        connection.close()
    return len(latencies) / seconds, latencies


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
