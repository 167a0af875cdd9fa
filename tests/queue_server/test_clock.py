"""Clocks: the machine's, and one that is told the time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from queue_server.clock import SECOND, SettableClock, StepGuard, SystemClock


async def test_the_systems_clock_tells_utc_and_does_not_wait_for_the_past():
    clock = SystemClock()
    before = datetime.now(UTC)
    now = datetime.fromtimestamp(clock.now() / SECOND, UTC)
    assert abs((now - before).total_seconds()) < 60
    await clock.sleep_until(clock.now() - SECOND)


async def test_the_systems_clock_wakes_when_it_is_time():
    clock = SystemClock()
    moment = clock.now() + SECOND // 100
    await clock.sleep_until(moment)
    assert clock.now() >= moment


async def test_a_set_clock_stands_still_and_wakes_whoever_waits():
    clock = SettableClock(1000)
    sleeper = asyncio.create_task(clock.sleep_until(5000))
    await asyncio.sleep(0)
    clock.advance(3999)
    await asyncio.sleep(0)
    assert clock.now() == 4999
    assert not sleeper.done()
    clock.set(5000)
    async with asyncio.timeout(30):
        await sleeper
    assert clock.now() == 5000


async def test_a_running_clock_wakes_by_itself():
    clock = SettableClock(0, rate=1000)
    async with asyncio.timeout(30):
        await clock.sleep_until(SECOND)
    assert clock.now() >= SECOND


def test_today_at_a_time_of_day():
    clock = SettableClock.today_at("08:50", "Asia/Shanghai", rate=0)
    local = datetime.fromtimestamp(clock.now() / SECOND, ZoneInfo("Asia/Shanghai"))
    assert (local.hour, local.minute, local.second) == (8, 50, 0)


@pytest.mark.parametrize("wrong", ["25:00", "8", "soon"])
def test_no_time_of_day(wrong):
    with pytest.raises(ValueError, match=r"does not match|unconverted|data remains"):
        SettableClock.today_at(wrong, "Asia/Shanghai")


def test_a_step_is_told_from_time_that_passed():
    clock = SettableClock(1000)
    guard = StepGuard(clock)
    clock.advance(500)
    assert guard.ahead() == 0
    clock.step(70)
    clock.advance(500)
    assert (clock.now(), guard.ahead()) == (2070, 70)
    clock.step(-70)
    assert guard.ahead() == 0
    clock.step(40)
    guard.believe()
    assert guard.ahead() == 0


def test_the_machines_steady_clock_goes_on():
    clock = SystemClock()
    before = clock.steady()
    assert clock.steady() >= before > 0
