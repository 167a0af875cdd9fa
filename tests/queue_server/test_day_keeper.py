"""The day keeper: what it posts, and that everybody hears when it cannot or no longer does."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import structlog

from queue_server.day_keeper import DayKeeper
from queue_server.engine.commands import CheckIn
from queue_server.engine.site import ClinicSession, Site
from tests.queue_server.services import TAKE_NUMBER, do, morning, open_lobby, running
from tests.sites import DAY, UTC_OFFSET_MIN, appointment, at, digest, small_sessions, small_site


class Calendar:
    """As much of a configuration as the day keeper asks."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.digest = digest(site)
        self.day = DAY

    def service_day(self, _now: int) -> str:
        return self.day

    def utc_offset_min(self, _day: str) -> int:
        return UTC_OFFSET_MIN

    def day_starts_at(self, day: str) -> int:
        return at("05:00", day)


class List:
    """As much of a mirror."""

    def __init__(self) -> None:
        self.sessions: list[ClinicSession] = small_sessions()
        self._version = 0
        self._news = asyncio.Event()

    def change(self, sessions: list[ClinicSession]) -> None:
        self.sessions = sessions
        self._version += 1
        self._news.set()

    async def wait_for_news(self, version: int) -> int:
        while self._version == version:
            self._news.clear()
            await self._news.wait()
        return self._version


@pytest.fixture
async def service(tmp_path):
    async with running(tmp_path / "data", morning()) as service:
        await open_lobby(service)
        yield service


class Ear:
    """Hears what the keeper reports, and waits for news of the one kind or the other."""

    def __init__(self, service, monkeypatch) -> None:
        self._report, self._news, self._is_kept = service.report_day, asyncio.Event(), True
        monkeypatch.setattr(service, "report_day", self._hear)

    def _hear(self, problem) -> None:
        self._report(problem)
        self._is_kept = problem is None
        self._news.set()

    async def until(self, *, is_kept: bool) -> None:
        async with asyncio.timeout(30):
            while self._is_kept is not is_kept:
                self._news.clear()
                await self._news.wait()


async def test_a_keeper_that_fails_is_heard_of(service, monkeypatch):
    ear, mirror = Ear(service, monkeypatch), List()
    keeper = DayKeeper(Calendar(small_site()), service, mirror, service.clock)
    await keeper.begin()
    assert service.health().problem is None

    def broken(_day: str) -> list[object]:
        raise KeyError("a defect")

    monkeypatch.setattr(keeper, "_due", broken)
    mirror.change([])
    await ear.until(is_kept=False)
    health = service.health()
    assert health.problem.code == "day_not_kept"
    assert "Restart the server" in health.problem.message.en
    # The lobby itself works on: nobody is sent away for it.
    assert health.issuing
    assert health.warnings == [health.problem.message]
    await do(service, TAKE_NUMBER)
    await keeper.stop()


async def test_a_configuration_that_is_refused_is_heard_of_and_keeps_nobody_from_the_day(service, monkeypatch):
    ear = Ear(service, monkeypatch)
    await do(service, CheckIn(appointment("a", "p", "im-lin-am", "09:00")))
    site = small_site()
    without = msgspec.structs.replace(site, queues=[queue for queue in site.queues if queue.id != "q-im"])
    mirror = List()
    cancelled = [msgspec.structs.replace(session, status="cancelled") for session in small_sessions()]
    mirror.sessions = cancelled
    keeper = DayKeeper(Calendar(without), service, mirror, service.clock)
    await keeper.begin()
    health = service.health()
    assert (health.issuing, health.problem.code) == (True, "day_not_kept")
    assert "没有这个队列" in health.problem.message.zh
    assert service.committed.index.digest == digest(site)
    assert {session.status for session in service.committed.sessions.values()} == {"cancelled"}
    keeper._configuration = Calendar(site)
    service.clock.advance(5_000_000)
    await ear.until(is_kept=True)
    assert service.health().warnings == []
    await keeper.stop()


async def test_what_stops_numbers_is_said_before_the_day(service):
    keeper = DayKeeper(Calendar(small_site()), service, List(), service.clock)
    service.clock.step(8 * 3_600_000_000)
    keeper._configuration.day = "2026-03-03"
    await keeper.begin()
    health = service.health()
    assert (health.issuing, health.problem.code) == (False, "clock_jump")
    await keeper.stop()


async def test_a_set_of_stamps_that_is_not_configured_is_said_and_keeps_nobody_from_the_day(service):
    mirror, site = List(), small_site()
    known = [msgspec.structs.replace(queue, stamp_sets={"late": queue.stamps}) for queue in site.queues]
    names = ["late", "lat", "lat", None, None, None, None]
    mirror.sessions = [
        msgspec.structs.replace(one, stamps=name) for one, name in zip(mirror.sessions, names, strict=True)
    ]
    keeper = DayKeeper(Calendar(msgspec.structs.replace(site, queues=known)), service, mirror, service.clock)
    with structlog.testing.capture_logs() as said:
        await keeper.begin()
    await keeper.stop()
    warned = [line["reason"] for line in said if line["event"] == "stamps_unknown"]
    assert warned == ["sessions of queue 'q-im' name the set of stamps 'lat', which [stamp_sets] does not have"]
    assert [one.stamps for one in service.committed.sessions.values()] == names
