"""Processes that a simulator or its starter has started, and how they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio.subprocess import Process

_END_LIMIT: Final = 5.0
"""Seconds until a process that was asked to end is ended without being asked."""


async def end(process: Process) -> None:
    """Have a process end, if it has not yet, and wait until it has."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_END_LIMIT):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
