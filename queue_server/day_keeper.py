"""Keeps the service day: the configuration in force, the day opened when due, sessions as the hospital has them."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import structlog

from queue_server import background
from queue_server.clock import SECOND, Clock
from queue_server.config import Configuration
from queue_server.engine.commands import ActivateConfiguration, Command, OpenDay, UpdateSessions
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import ClinicSession, Text
from queue_server.hospital.mirror import Mirror
from queue_server.service import SYSTEM, Service, Unavailable

log = structlog.get_logger(__name__)

AGAIN_S = 5
"""How long to wait after a refusal (a clock to be confirmed) or a log that cannot be written."""

_FAILED = Text(
    "服务器的日程任务出错：新的一天不会自动开始，停诊和出诊变更也不再更新。请重新启动服务器并联系维护人员。",
    "The server no longer keeps the day: the next one will not open by itself, and changes of the clinic sessions are "
    "not taken over. Restart the server and tell its maintainers.",
)


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
        self._version = await self._mirror.wait_for_news(-1)  # the list that there is, without waiting
        due = await self._catch_up()
        self._task = asyncio.create_task(self._run(due), name="day keeper")
        self._task.add_done_callback(self._on_ended)

    def _on_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("the day keeper failed: no day opens by itself any more", exc_info=error)
            self._service.report_day(_FAILED)

    async def stop(self) -> None:
        """End the background task."""
        await background.end(self._task)
        self._task = None

    async def _run(self, due: int) -> None:
        while True:
            version = await background.nap(self._clock.sleep_until(due), self._mirror.wait_for_news(self._version))
            if version is not None:
                self._version = version
            due = await self._catch_up()

    async def _catch_up(self) -> int:
        """Post what is due; when to look again, in UTC microseconds."""
        now = self._clock.now()
        day = self._configuration.service_day(now)
        problem: Refusal | None = None
        try:
            for command in self._due(day):
                refused = await self._submit(command)
                problem = problem or refused
                # The rules in force serve until the new ones can be: they keep nobody from the day and its sessions.
                if refused is not None and not isinstance(command, ActivateConfiguration):
                    break
        except Unavailable as error:
            self._tell(error.code)
            return now + AGAIN_S * SECOND
        if problem is not None:
            self._tell(problem.code)
            self._service.report_day(_not_kept(problem))
            return now + AGAIN_S * SECOND
        self._told = None
        self._service.report_day(None)
        return self._configuration.day_starts_at((date.fromisoformat(day) + timedelta(days=1)).isoformat())

    def _due(self, day: str) -> list[Command]:
        state = self._service.committed
        commands: list[Command] = []
        if state.index is None or state.index.digest != self._configuration.digest:
            commands.append(ActivateConfiguration(self._configuration.site, self._configuration.digest))
        if state.day is None or state.day.day < day:
            self._check_sets(self._mirror.sessions)
            commands.append(OpenDay(day, self._configuration.utc_offset_min(day), self._mirror.sessions))
        else:
            changed = [one for one in self._mirror.sessions if one.day == day and state.sessions.get(one.id) != one]
            if changed:
                self._check_sets(changed)
                commands.append(UpdateSessions(changed))
        return commands

    def _check_sets(self, sessions: list[ClinicSession]) -> None:
        """Say which sets of stamps the hospital's sessions name that are not configured: the queue's own rules hold."""
        sets = {queue.id: queue.stamp_sets for queue in self._configuration.site.queues}
        named = {(one.queue, one.stamps) for one in sessions if one.stamps is not None}
        for queue, name in sorted((queue, name) for queue, name in named if name not in sets.get(queue, {})):
            log.warning(
                "stamps_unknown",
                reason=f"sessions of queue {queue!r} name the set of stamps {name!r}, which [stamp_sets] does not have",
                consequence="the queue's own stamps hold for them",
            )

    async def _submit(self, command: Command) -> Refusal | None:
        result = await self._service.submit(command, actor=SYSTEM, command_id=str(uuid4()))
        return result if isinstance(result, Refusal) else None

    def _tell(self, code: str) -> None:
        # Once when it begins, not at every attempt.
        if self._told != code:
            log.warning("day_not_kept", code=code)
        self._told = code


def _not_kept(why: Refusal) -> Text:
    return Text(
        f"服务日、出诊安排或新的配置没有生效：{why.message.zh}服务器会继续尝试。",
        f"The day, its sessions or the new configuration did not come into force: {why.message.en} The server goes on "
        "trying.",
    )
