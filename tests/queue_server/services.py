"""A running service over the invented hospital, for the tests of the service and the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

from sqlite_utils import Database

from queue_server.clock import Clock, SettableClock
from queue_server.contract import Done
from queue_server.engine.commands import ActivateConfiguration, CheckInWalkIn, Command, OpenDay, OpenStation
from queue_server.engine.refusals import Refusal
from queue_server.service import SYSTEM, Service
from tests.sites import DAY, UTC_OFFSET_MIN, at, digest, small_sessions, small_site

SITE = "lakeside"


def morning() -> SettableClock:
    return SettableClock(at("08:00"))


@asynccontextmanager
async def running(data: Path, clock: Clock | None = None, *, tick: bool = False) -> AsyncIterator[Service]:
    service = await Service.start(data, site=SITE, clock=clock or morning(), tick=tick)
    try:
        yield service
    finally:
        await service.stop()


async def do(service: Service, command: Command, *, actor: str = "d1", command_id: str = "") -> Done:
    result = await service.submit(command, actor=actor, command_id=command_id or str(uuid4()), digest="body")
    assert not isinstance(result, Refusal), result
    return result


async def open_lobby(service: Service) -> None:
    """Configure the hospital, open its day and the enquiry window."""
    site = small_site()
    await do(service, ActivateConfiguration(site, digest(site)), actor=SYSTEM)
    await do(service, OpenDay(DAY, UTC_OFFSET_MIN, small_sessions()), actor=SYSTEM)
    await do(service, OpenStation("w1", "nurse"), actor="nurse")


TAKE_NUMBER = CheckInWalkIn(queue="q-ask")
"""A number at the enquiry window, for which anybody may ask as often as they like."""


def text_of(database: Database) -> str:
    """Every value of every table."""
    return repr([list(database.query(f"SELECT * FROM {name}")) for name in database.table_names()])


def command_id(number: int) -> str:
    return str(UUID(int=number))
