"""A step of a journey that is walked by itself, with a patient at the screen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from kiosk.journeys.walk import Ended, Step, walk
from kiosk.visit import Visit
from tests.kiosk.fakes import DEADLINE, Room


class Walking:
    """One visit that consists of ``steps``."""

    def __init__(self, room: Room, *steps: Step) -> None:
        self.visit = Visit(room.world)
        self.task = asyncio.ensure_future(walk(self.visit, steps))
        self.besides = [asyncio.ensure_future(one) for one in (self.visit.listen(), self.visit.watch_idle())]

    async def ended(self) -> Ended:
        """Wait until the patient is through, or gone."""
        async with asyncio.timeout(DEADLINE):
            return await self.task


@contextlib.asynccontextmanager
async def walking(room: Room, *steps: Step) -> AsyncIterator[Walking]:
    """A visit that is over with the block, wherever it stands."""
    one = Walking(room, *steps)
    try:
        yield one
    finally:
        for task in (one.task, *one.besides):
            task.cancel()
        await asyncio.gather(one.task, *one.besides, return_exceptions=True)
