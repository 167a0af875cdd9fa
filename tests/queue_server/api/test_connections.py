"""Connections that ask for nothing, and too many from one place."""

from __future__ import annotations

import asyncio
import resource
from urllib.parse import urlsplit

import pytest

from queue_server import connections
from queue_server.connections import Connections, use_all_descriptors
from tests.queue_server.api.rig import command, feed, listening

REQUEST = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(connections, "REQUEST_S", 0.05)


class Connection:
    """A bare connection to the server."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def is_answered(self):
        try:
            self.writer.write(REQUEST)
            return b" 200 " in await self.reader.readline()
        except ConnectionError:
            return False

    async def everything(self):
        """What the server sent until it closed the connection."""
        async with asyncio.timeout(15):
            return await self.reader.read()


@pytest.fixture
async def connect():
    opened = []

    async def connect(site):
        opened.append(Connection(*await asyncio.open_connection("127.0.0.1", urlsplit(site._base).port)))
        return opened[-1]

    yield connect
    for one in opened:
        one.writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /health HTTP/1.1\r\nHost: x\r\n",
        b"POST /api/auth/log-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    ],
)
@pytest.mark.usefixtures("impatient")
async def test_a_connection_that_sends_no_whole_request_is_closed(live, connect, sent):
    connection = await connect(live)
    connection.writer.write(sent)
    assert b" 200 " not in await connection.everything()


@pytest.mark.usefixtures("impatient")
async def test_a_second_request_that_never_ends_is_closed_too(live, connect):
    connection = await connect(live)
    connection.writer.write(REQUEST + REQUEST[:-2])
    assert (await connection.everything()).count(b"HTTP/1.1 200") == 1


@pytest.mark.usefixtures("impatient")
async def test_a_feed_stays_open(live, connect):
    kiosk = await live.device("kiosk")
    async with feed(kiosk, "/api/kiosk/feed") as events:
        await events.next("snapshot")
        assert await (await connect(live)).everything() == b"", "longer than a request may take"
        await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
        assert await events.next("view")


async def test_an_address_has_so_many_connections_and_gets_others_back(tmp_path, connect):
    async with listening(tmp_path / "data", connections_per_address=2) as site:
        first, second = [await connect(site) for _ in range(2)]
        assert [await one.is_answered() for one in (first, second)] == [True, True]
        assert not await (await connect(site)).is_answered()
        first.writer.close()
        async with asyncio.timeout(15):
            while not await (await connect(site)).is_answered():
                pass  # until the server has heard that the first is gone


def test_a_proxy_stands_for_many():
    held = Connections(1, lambda address: address == "10.0.0.1")
    assert [held.enter("10.0.0.1") for _ in range(3)] == [True] * 3
    assert [held.enter("10.0.0.2") for _ in range(2)] == [True, False]
    held.leave("10.0.0.2")
    held.leave("10.0.0.2")
    assert held.enter("10.0.0.2")


def test_the_server_uses_all_descriptors_it_may():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard) - 1, hard))
        use_all_descriptors()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
