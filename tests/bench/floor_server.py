"""The floors: what the same machine and framework do with the least that a lobby could do.

``python -m tests.bench.floor_server commands DATA``: Litestar with one handler that decodes a body, writes one row by
the same kind of group commit (one writer thread, ``synchronous=FULL``) and answers. ``... feed``: a bare asyncio server
that sends the bytes it was given to everybody who is connected.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
from pathlib import Path
from typing import Any, ClassVar, cast

import msgspec
import uvicorn
import uvloop
from litestar import Litestar, Request, post
from litestar.params import JSONBody

from queue_server.log.binding import sqlite3


class Row(msgspec.Struct):
    """What is written."""

    command_id: str
    person: str
    appointment: str


class Writer(threading.Thread):
    """Commits everything waiting as one transaction."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._loop = loop
        self.waiting: queue.SimpleQueue[tuple[Row, asyncio.Future[int]]] = queue.SimpleQueue()

    def run(self) -> None:
        """Until the process ends."""
        connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, command_id TEXT, person TEXT, appointment TEXT)")
        while True:
            batch = [self.waiting.get()]
            while not self.waiting.empty():
                batch.append(self.waiting.get())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO rows (command_id, person, appointment) VALUES (?, ?, ?)",
                [(row.command_id, row.person, row.appointment) for row, _ in batch],
            )
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(self._done, batch)

    @staticmethod
    def _done(batch: list[tuple[Row, asyncio.Future[int]]]) -> None:
        for _, done in batch:
            done.set_result(1)


async def serve_commands(data: Path) -> None:
    """One route, one row."""
    loop = asyncio.get_running_loop()
    writer = Writer(data, loop)
    writer.start()

    @post("/api/kiosk/check-in", status_code=200)
    async def insert(request: Request[Any, Any, Any], data: JSONBody[Row]) -> dict[str, int]:
        done: asyncio.Future[int] = loop.create_future()
        writer.waiting.put((data, done))
        return {"row": await done, "sent": len(request.headers)}

    app = Litestar([insert], logging_config=None, openapi_config=None)
    config = uvicorn.Config(app, port=0, http="httptools", lifespan="off", ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    print(json.dumps({"address": f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"}), flush=True)
    await serving


class Everybody(asyncio.Protocol):
    """A connection: a listener once it asks, or the one who says what is to be sent."""

    listeners: ClassVar[set[asyncio.Transport]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """``GET`` listens; anything else is sent to all who listen."""
        if data.startswith(b"GET"):
            self.listeners.add(self._transport)
            self._transport.write(b"HTTP/1.1 200 OK\r\n\r\nid: 0\nevent: snapshot\n\n")
        else:
            for listener in self.listeners:
                listener.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        """Gone."""
        self.listeners.discard(self._transport)


async def serve_feed() -> None:
    """Until the process ends."""
    server = await asyncio.get_running_loop().create_server(Everybody, "127.0.0.1", 0, backlog=2000)
    print(json.dumps({"address": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_feed() if sys.argv[1] == "feed" else serve_commands(Path(sys.argv[2])))
