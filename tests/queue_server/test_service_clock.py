"""The service and its clock: steps back and ahead, what is due, signs of life."""

from __future__ import annotations

import asyncio

import pytest

from queue_server.clock import SECOND, SettableClock
from queue_server.engine.commands import CheckIn, ConfirmClock
from queue_server.engine.events import ClockSeen
from tests.queue_server.services import TAKE_NUMBER, command_id, do, morning, open_lobby, running
from tests.sites import appointment, at


async def test_a_small_step_back_of_the_clock_is_taken_as_standing_still(service):
    done = await do(service, TAKE_NUMBER)
    last = service.committed.now
    service.clock.set(last - SECOND)
    again = await do(service, TAKE_NUMBER)
    assert again.position == done.position + 1
    assert service.committed.now == last


@pytest.mark.parametrize(("moved_to", "code"), [(at("07:00"), "clock_behind"), (at("23:59") + 1, "clock_jump")])
async def test_a_clock_that_is_wrong_stops_issuing_and_health_says_so(service, moved_to, code):
    service.clock.set(moved_to)
    refused = await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1))
    assert refused.code == code
    health = service.health()
    assert not health.issuing
    assert health.problem.code == code
    assert health.problem.message.zh
    service.clock.set(at("08:01"))
    await do(service, TAKE_NUMBER)
    assert service.health().issuing


async def test_a_clock_that_is_set_ahead_while_the_server_runs_ends_nobodys_ticket(tmp_path):
    clock = morning()
    async with running(tmp_path / "data", clock, tick=True) as service:
        await open_lobby(service)
        booked = CheckIn(appointment("a", "p", "ent-am", "08:30"))
        ticket = (await do(service, booked)).ticket
        # Eight hours are within what a server that was off may have missed; this one was on.
        clock.step(8 * 3600 * SECOND)
        refused = await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1))
        assert refused.code == "clock_jump"
        assert service.health().problem.code == "clock_jump"
        assert service.committed.tickets[ticket].status == "waiting"
        clock.step(-8 * 3600 * SECOND)
        await do(service, TAKE_NUMBER)
        assert service.health().issuing


async def test_a_clock_that_was_set_ahead_is_believed_once_it_is_confirmed(service):
    service.clock.step(8 * 3600 * SECOND)
    for _ in range(2):
        refused = await service.submit(TAKE_NUMBER, actor="d1", command_id=command_id(1))
        assert refused.code == "clock_jump"
    await do(service, ConfirmClock())
    await do(service, TAKE_NUMBER)
    service.clock.step(4 * 60 * SECOND)
    await do(service, TAKE_NUMBER)


async def test_a_demonstration_may_move_its_clock(service):
    service.clock.advance(8 * 3600 * SECOND)
    await do(service, TAKE_NUMBER)


async def test_what_is_due_happens_without_anybody_asking(tmp_path):
    clock = morning()
    async with running(tmp_path / "data", clock, tick=True) as service:
        await open_lobby(service)
        with service.subscribe() as news:
            clock.set(at("12:00"))
            async with asyncio.timeout(30):
                batch = await anext(news)
    assert {type(recorded.event).__name__ for recorded in batch} >= {"SessionEnded"}
    assert {recorded.actor for recorded in batch} == {"system"}


async def test_a_quiet_server_gives_a_sign_of_life(tmp_path):
    clock = morning()
    async with running(tmp_path / "data", clock, tick=True) as service:
        await open_lobby(service)
        with service.subscribe() as news:
            seen = []
            async with asyncio.timeout(30):
                while not any(isinstance(recorded.event, ClockSeen) for recorded in seen):
                    clock.advance(3600 * SECOND)
                    await asyncio.sleep(0)
                    while not news._batches.empty():
                        seen += await anext(news)
    assert service.health().problem.code == "stopping"


async def test_a_failing_timer_is_seen_in_health(tmp_path, monkeypatch):
    clock = SettableClock(at("08:00"))
    failed = asyncio.Event()

    def broken(_state):
        failed.set()
        raise ZeroDivisionError

    async with running(tmp_path / "data", clock, tick=True) as service:
        monkeypatch.setattr("queue_server.service.next_due", broken)
        async with asyncio.timeout(30):
            while not failed.is_set():
                clock.advance(SECOND)
                await asyncio.sleep(0)
            await asyncio.wait({service._ticker})
        assert service.health().problem.code == "timer_failed"
