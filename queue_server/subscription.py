"""What was committed, for one who listens: bounded, so that a slow listener costs nobody else anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Self

from queue_server.engine.events import Recorded

SUBSCRIBER_HOLDS = 256
"""The batches a slow subscriber may leave unread before it is cut off."""


class Subscription:
    """Committed batches from ``position`` on, as an asynchronous iterator of ``list[Recorded]``.

    It ends when it is closed, when the service stops, and when its reader falls ``SUBSCRIBER_HOLDS`` batches behind.

    Attributes:
        position: the log position at which it began; the first batch continues from there.
        overflowed: whether it ended because its reader was too slow.
    """

    def __init__(self, position: int, forget: Callable[[Subscription], None]) -> None:
        self.position = position
        self.overflowed = False
        self._batches: asyncio.Queue[list[Recorded] | None] = asyncio.Queue()
        self._forget = forget
        self._closed = False

    def offer(self, batch: list[Recorded]) -> None:
        """Hand a batch to the reader; a reader that is too far behind is cut off instead."""
        if self._batches.qsize() >= SUBSCRIBER_HOLDS:
            self.overflowed = True
            while not self._batches.empty():
                self._batches.get_nowait()
            self.close()
        else:
            self._batches.put_nowait(batch)

    def close(self) -> None:
        """End the iteration after what is already here."""
        if not self._closed:
            self._closed = True
            self._batches.put_nowait(None)
            self._forget(self)

    def __aiter__(self) -> AsyncIterator[list[Recorded]]:
        return self

    async def __anext__(self) -> list[Recorded]:
        batch = None if self._closed and self._batches.empty() else await self._batches.get()
        if batch is None:
            raise StopAsyncIteration
        return batch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
