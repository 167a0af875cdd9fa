"""A screen that comes back in the moment between a commit and its publication."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from queue_server.api.feed import Hub
from queue_server.contract import Change, Health, Heartbeat
from queue_server.engine.events import ClockSeen, Recorded
from queue_server.service import Subscription


class Everything:
    """A topic that shows every event."""

    def concerns(self, _):
        return True

    def change(self, recorded):
        return Change(recorded.position, "ClockSeen")

    def view(self):
        return Health(issuing=True, position=0, server_time=datetime.now(UTC))


class Log:
    """Committed events and the one subscription to them."""

    def __init__(self, count):
        self.events = [self._event(position) for position in range(1, count + 1)]
        self.news = Subscription(count, lambda _: None)

    @staticmethod
    def _event(position):
        return Recorded(position, position, "system", str(position), ClockSeen(due_at=position))

    @property
    def position(self):
        return len(self.events)

    def commit(self, count=1):
        batch = [self._event(self.position + 1 + ahead) for ahead in range(count)]
        self.events += batch
        self.news.offer(batch)

    def after(self, position):
        return self.events[position:]


@pytest.fixture
async def log():
    return Log(5)


@pytest.fixture
async def hub(log):
    hub = Hub(lambda: log.news, lambda: log.position, lambda at: Heartbeat(at, datetime.now(UTC)), log.after)
    await hub.start()
    yield hub
    await hub.stop()


async def changes(response):
    """The positions of the changes that a feed brings until it is closed."""
    async with asyncio.timeout(15):
        chunks = [chunk async for chunk in _chunks(response._listener)]
    frames = b"".join(chunks).decode().split("\n\n")
    return [int(frame.split("\n")[0].removeprefix("id: ")) for frame in frames if "\nevent: change\n" in frame]


async def _chunks(listener):
    while (chunk := await listener.take()) is not None:
        yield chunk


async def published(hub, position):
    async with asyncio.timeout(15):
        while hub._published < position:  # noqa: ASYNC110 - the hub tells nobody when it has published
            await asyncio.sleep(0)


async def test_it_misses_nothing_and_sees_nothing_twice(hub, log):
    stays = hub.open("board", Everything, "stays", None)
    log.commit(2)
    # Committed, and the hub has not had its turn yet.
    back = hub.open("board", Everything, "back", 5)
    await published(hub, 7)
    log.commit()
    await published(hub, 8)
    later = hub.open("board", Everything, "later", 6)
    hub.close_all()
    assert await changes(stays) == [6, 7, 8]
    assert await changes(back) == [6, 7, 8]
    assert await changes(later) == [7, 8]
