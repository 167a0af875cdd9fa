"""Tasks in the background: how they nap until there is news, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def nap(until: Awaitable[None], news: Awaitable[T]) -> T | None:
    """Wait for ``until`` or for ``news``, whichever comes first, and give up the other.

    Returns:
        The news; ``None`` where there was none.
    """
    rest, told = asyncio.ensure_future(until), asyncio.ensure_future(news)
    try:
        done, _ = await asyncio.wait([rest, told], return_when=asyncio.FIRST_COMPLETED)
        return told.result() if told in done else None
    finally:
        rest.cancel()
        told.cancel()
        await asyncio.wait([rest, told])


async def end(task: asyncio.Task[None] | None) -> None:
    """Cancel ``task``, if there is one, and wait until it is over."""
    if task is not None:
        task.cancel()
        await asyncio.wait([task])
