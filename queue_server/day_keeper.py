"""Keeps the service day: the configuration in force, the day opened when due, sessions as the hospital has them."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import structlog

from queue_server.clock import SECOND, Clock
from queue_server.config import Configuration
from queue_server.engine.commands import ActivateConfiguration, Command, OpenDay, UpdateSessions
from queue_server.engine.refusals import Refusal
from queue_server.hospital.mirror import Mirror
from queue_server.service import SYSTEM, Service, Unavailable

log = structlog.get_logger(__name__)

AGAIN_S = 5
"""How long to wait after a refusal (a clock to be confirmed) or a log that cannot be written."""


class DayKeeper:
    """Posts the server's own commands about configuration, days and sessions."""

    def __init__(self, configuration: Configuration, service: Service, mirror: Mirror, clock: Clock) -> None:
        """Join the parts; nothing happens before ``begin``."""
        self._configuration = configuration
        self._service = service
        self._mirror = mirror
        self._clock = clock
        self._version = 0
        self._told: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Do what is due now, then go on in the background."""
        await self._catch_up()
        self._task = asyncio.create_task(self._run(), name="day keeper")

    async def stop(self) -> None:
        """End the background task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _run(self) -> None:
        while True:
            due = await self._catch_up()
            nap = asyncio.ensure_future(self._clock.sleep_until(due))
            news = asyncio.ensure_future(self._mirror.wait_for_news(self._version))
            try:
                done, _ = await asyncio.wait([nap, news], return_when=asyncio.FIRST_COMPLETED)
                if news in done:
                    self._version = news.result()
            finally:
                nap.cancel()
                news.cancel()
                await asyncio.wait([nap, news])

    async def _catch_up(self) -> int:
        """Post what is due; when to look again, in UTC microseconds."""
        now = self._clock.now()
        day = self._configuration.service_day(now)
        try:
            for command in self._due(day):
                refused = await self._submit(command)
                if refused is not None:
                    self._tell(refused.code)
                    return now + AGAIN_S * SECOND
        except Unavailable as error:
            self._tell(error.code)
            return now + AGAIN_S * SECOND
        self._told = None
        return self._configuration.day_starts_at((date.fromisoformat(day) + timedelta(days=1)).isoformat())

    def _due(self, day: str) -> list[Command]:
        state = self._service.committed
        commands: list[Command] = []
        if state.index is None or state.index.digest != self._configuration.digest:
            commands.append(ActivateConfiguration(self._configuration.site, self._configuration.digest))
        if state.day is None or state.day.day < day:
            commands.append(OpenDay(day, self._configuration.utc_offset_min(day), self._mirror.sessions))
        else:
            changed = [one for one in self._mirror.sessions if one.day == day and state.sessions.get(one.id) != one]
            if changed:
                commands.append(UpdateSessions(changed))
        return commands

    async def _submit(self, command: Command) -> Refusal | None:
        result = await self._service.submit(command, actor=SYSTEM, command_id=str(uuid4()))
        return result if isinstance(result, Refusal) else None

    def _tell(self, code: str) -> None:
        # Once when it begins, not at every attempt.
        if self._told != code:
            log.warning("day_not_kept", code=code)
        self._told = code
