"""Server-sent events: every change rendered and encoded once, then handed to all who listen.

A topic is what one kind of page shows: a hall's board, a station's console, a kiosk's hall, one ticket. A feed begins
with a snapshot at position P, unless the client's cursor is still held in the topic's recent frames or in the log; then
it begins with what it missed. Event ids are log positions. Each listener has a bounded queue; one that does not keep up
is closed and comes back with its cursor. The wire format is the WHATWG HTML standard's section 9.2.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

import msgspec
import structlog
from litestar import Response
from litestar.openapi import ResponseSpec
from litestar.types import ASGIApp, Receive, Scope, Send

from queue_server.contract import Change
from queue_server.engine.events import Recorded
from queue_server.service import Subscription

log = structlog.get_logger("houzhen.feed")

HEARTBEAT_S = 10
MOST_FRAMES = 64
"""Frames one listener may have waiting; a screen more than that behind is better off starting anew."""
MOST_OF_ONE = 16
"""Feeds of one device, log-in or ticket: a browser has six at most, and a ticket is shown on a family's telephones."""
HELD = 512
"""Changes a topic holds for clients that come back."""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


def frame(event: str, position: int, data: Any) -> bytes:  # noqa: ANN401  (any Struct of the contract)
    """One server-sent event; ``data`` is a Struct of the contract and becomes one line of JSON."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, event.encode(), msgspec.json.encode(data))


class Topic(Protocol):
    """What one kind of page shows, and which events concern it. All of it reads the committed state."""

    def concerns(self, recorded: Recorded) -> bool:
        """Whether ``recorded`` changes anything that the page shows."""

    def change(self, recorded: Recorded) -> Change | None:
        """``recorded`` as this audience may see it; ``None`` where only the view changes."""

    def view(self) -> Any:  # noqa: ANN401  (a Struct of the contract)
        """The whole page as it now stands."""


@runtime_checkable
class Timely(Protocol):
    """A topic of which time alone, without an event, changes something."""

    def by_time(self) -> Any:  # noqa: ANN401  (whatever can be compared)
        """What time changes; the page is sent anew when it differs from before."""


class Listener:
    """One open feed: frames that wait to be sent, in order."""

    __slots__ = ("_frames", "_waiter", "closed", "owner", "since")

    def __init__(self, owner: str, since: int) -> None:
        """A listener of ``owner`` (the device or log-in that opened it) that begins with a view of ``since``."""
        self.owner = owner
        self.since = since
        self.closed = False
        self._frames: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def push(self, data: bytes) -> None:
        """Queue a frame; a listener that is too far behind is closed instead."""
        if len(self._frames) >= MOST_FRAMES:
            self._frames.clear()
            self.close()
            return
        self._frames.append(data)
        self._wake()

    def close(self) -> None:
        """End the feed after what is queued."""
        self.closed = True
        self._wake()

    async def take(self) -> bytes | None:
        """Everything queued, as one chunk; ``None`` when the feed has ended."""
        while not self._frames:
            if self.closed:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        chunk = self._frames.popleft() if len(self._frames) == 1 else b"".join(self._frames)
        self._frames.clear()
        return chunk

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Channel:
    """A topic with its listeners and the recent frames it holds for those who come back."""

    def __init__(self, topic: Topic, position: int) -> None:
        """A channel that has seen everything up to ``position``."""
        self.topic = topic
        self.listeners: set[Listener] = set()
        self.since = position
        """The held frames are complete after this position."""
        self.by_time: Any = topic.by_time() if isinstance(topic, Timely) else None
        """What time alone had changed when it was last looked at."""
        self._held: deque[tuple[int, bytes]] = deque()

    def forget(self, position: int) -> None:
        """Hold nothing: frames before ``position`` may be missing."""
        self._held.clear()
        self.since = position

    def hold(self, position: int, data: bytes) -> None:
        """Keep a change for clients that come back."""
        self._held.append((position, data))
        if len(self._held) > HELD:
            self.since = self._held.popleft()[0]

    def held_after(self, cursor: int) -> list[bytes] | None:
        """The changes after ``cursor``; ``None`` when they are not all held."""
        if cursor < self.since:
            return None
        return [data for position, data in self._held if position > cursor]


class Hub:
    """All channels of the server, fed by one subscription to the committed batches."""

    def __init__(
        self,
        subscribe: Callable[[], Subscription],
        position: Callable[[], int],
        heartbeat: Callable[[int], Any],
        read_after: Callable[[int], Sequence[Recorded] | None],
        *,
        heartbeat_s: float = HEARTBEAT_S,
        most_of_one: int = MOST_OF_ONE,
    ) -> None:
        """Wire the hub.

        Args:
            subscribe: begins a subscription to committed batches.
            position: the committed log position.
            heartbeat: the data of a heartbeat that carries a position.
            read_after: the log's events after a position, or ``None`` where there are too many to be worth it.
            heartbeat_s: seconds between two heartbeats.
            most_of_one: how many feeds one owner may have open; a further one ends the oldest.
        """
        self._heartbeat_s = heartbeat_s
        self._most_of_one = most_of_one
        self._of_owner: dict[str, deque[Listener]] = {}
        self._subscribe = subscribe
        self._position = position
        self._heartbeat = heartbeat
        self._read_after = read_after
        self._channels: dict[str, Channel] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self._published = position()
        """Everything up to here has been handed to the listeners; heartbeats carry it."""

    async def start(self) -> None:
        """Begin to follow the committed batches."""
        batches = self._subscribe()
        self._published = self._position()
        self._tasks = [asyncio.create_task(self._follow(batches)), asyncio.create_task(self._beat())]

    async def stop(self) -> None:
        """Close every feed and stop following."""
        self.close_all()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    def close_all(self) -> None:
        """End every open feed, and each that begins from now on, after what is queued."""
        self._closing = True
        self.close_of(None)

    def close_of(self, owner: str | None) -> None:
        """End the feeds of ``owner`` (a revoked device, a log-in that ended); ``None``: all."""
        for channel in self._channels.values():
            for listener in list(channel.listeners):
                if owner is None or listener.owner == owner:
                    listener.close()

    def open(self, key: str, topic: Callable[[], Topic], owner: str, cursor: int | None) -> FeedResponse:
        """Begin a feed.

        Args:
            key: names the topic; all feeds of one key share its frames.
            topic: makes the topic for the first of them.
            owner: who listens.
            cursor: the last position the client has, if it has any.

        Returns:
            The response to answer with.
        """
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(topic(), self._position())
        listener = Listener(owner, self._position())
        channel.listeners.add(listener)
        open_feeds = self._of_owner.setdefault(owner, deque())
        open_feeds.append(listener)
        if len(open_feeds) > self._most_of_one:
            # The oldest is likely a connection that broke without a word; whoever still reads it comes back.
            open_feeds.popleft().close()
        for data in self._beginning(channel, cursor):
            listener.push(data)
        if self._closing:
            listener.close()
        return FeedResponse(listener, lambda: self._left(key, listener))

    def owners(self) -> set[str]:
        """Who listens now."""
        return {listener.owner for channel in self._channels.values() for listener in channel.listeners}

    @property
    def listeners(self) -> int:
        """How many feeds are open."""
        return sum(len(channel.listeners) for channel in self._channels.values())

    def _left(self, key: str, listener: Listener) -> None:
        # The channel stays, with what it holds, for the screen that comes back; ticket pages are many and brief.
        open_feeds = self._of_owner[listener.owner]
        with suppress(ValueError):  # ended as one too many
            open_feeds.remove(listener)
        if not open_feeds:
            del self._of_owner[listener.owner]
        channel = self._channels[key]
        channel.listeners.discard(listener)
        if not channel.listeners and key.startswith("ticket:"):
            del self._channels[key]

    def _beginning(self, channel: Channel, cursor: int | None) -> list[bytes]:
        position = self._position()
        missed = self._missed(channel, cursor, position)
        if missed is None:
            return [frame("snapshot", position, channel.topic.view())]
        return [b"".join([*missed, frame("view", position, channel.topic.view())])]

    def _missed(self, channel: Channel, cursor: int | None, position: int) -> list[bytes] | None:
        if cursor is None or cursor > position:
            return None  # a cursor from the future belongs to another log: a restored backup, a new demo
        # What is committed and waits to be published is in the log and in no channel yet.
        held = channel.held_after(cursor) if self._published == position else None
        if held is not None:
            return held
        recorded = self._read_after(cursor)
        if recorded is None:
            return None
        changes = [channel.topic.change(one) for one in recorded if channel.topic.concerns(one)]
        return [frame("change", change.position, change) for change in changes if change is not None]

    async def _follow(self, batches: Subscription) -> None:
        while True:
            async for batch in batches:
                self._publish(batch)
            if self._closing:
                return
            # Fell behind the commits: nobody may believe to have seen everything.
            log.warning("feeds_restarted")
            batches = self._subscribe()
            self._published = self._position()
            self.close_of(None)
            for channel in self._channels.values():
                channel.forget(self._published)

    def _look_at_the_time(self, channel: Channel) -> None:
        if not channel.listeners or not isinstance(channel.topic, Timely):
            return
        seen, channel.by_time = channel.by_time, channel.topic.by_time()
        if channel.by_time != seen:
            data = frame("view", self._published, channel.topic.view())
            for listener in channel.listeners:
                listener.push(data)

    def _publish(self, batch: Sequence[Recorded]) -> None:
        self._published = batch[-1].position
        for channel in self._channels.values():
            concerned = [recorded for recorded in batch if channel.topic.concerns(recorded)]
            if concerned:
                self._publish_to(channel, concerned)

    def _publish_to(self, channel: Channel, concerned: Sequence[Recorded]) -> None:
        frames = []
        for recorded in concerned:
            change = channel.topic.change(recorded)
            if change is not None:
                data = frame("change", recorded.position, change)
                channel.hold(recorded.position, data)
                frames.append(data)
        if not channel.listeners:
            return
        frames.append(frame("view", self._published, channel.topic.view()))
        chunk = b"".join(frames)
        for listener in channel.listeners:
            # A batch is shown whole or not at all, so one that began with a view of it needs none of its frames.
            if listener.since < self._published:
                listener.push(chunk)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            data = frame("heartbeat", self._published, self._heartbeat(self._published))
            for channel in self._channels.values():
                self._look_at_the_time(channel)
                for listener in channel.listeners:
                    listener.push(data)


FEED_RESPONSES = {
    200: ResponseSpec(
        None,
        generate_examples=False,
        media_type="text/event-stream",
        description="Server-sent events: `snapshot` or the missed `change` events and a `view`; then `change`, `view` "
        "and `heartbeat`. Ids are log positions.",
    )
}
"""What a feed's route says of itself in the OpenAPI document."""


class FeedResponse(Response[bytes]):
    """A feed as an ASGI response: one wait and one send per chunk, nothing else on the way."""

    def __init__(self, listener: Listener, left: Callable[[], None]) -> None:
        """Send what ``listener`` is given until it ends or the client leaves; then call ``left``."""
        super().__init__(b"", media_type="text/event-stream")
        self._listener = listener
        self._left = left

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]  # noqa: ANN401 (an application, not Litestar's own response class)
        """The ASGI application that serves the feed."""
        return self._serve

    async def _serve(self, _: Scope, receive: Receive, send: Send) -> None:
        watch = asyncio.create_task(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            while (chunk := await self._listener.take()) is not None:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watch.cancel()
            self._left()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._listener.close()
