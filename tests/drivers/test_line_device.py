"""The life every device on a line has, on a device that does next to nothing."""

import asyncio
import os

import pytest

from drivers.device import CompletionCode, DeviceError, DeviceInfo, DeviceState, HealthLevel, HealthReport, Lifecycle
from drivers.line_device import LineDevice
from drivers.transport import transport_error

URL = f"tcp://192.0.2.7:{os.getpid()}"
"""Of this process alone: a network device is claimed for one program of the machine."""


class Wire:
    closed = 0

    async def close(self):
        self.closed += 1


class Bell(LineDevice[Wire]):
    """Rings: ``ring`` holds the device until it is let go, or asked to end."""

    def __init__(self):
        super().__init__(DeviceInfo("bell", "bell", "bell", URL))
        self.wires = []
        self.fails = None
        self.rung = []
        self.let_go = asyncio.Event()

    async def _connect(self):
        self.wires.append(Wire())
        return self.wires[-1]

    async def _greet(self):
        if self.fails is not None:
            raise transport_error(self.fails, URL)

    async def _examine(self, level):
        async with self._exchange_alone():
            if self.fails is not None:
                raise transport_error(self.fails, URL)
        return HealthReport(level, healthy=True, findings=("rings",), state=DeviceState.ONLINE)

    async def ring(self, name):
        async with self._command():
            self.rung.append(name)
            while not self.let_go.is_set():
                await self._pause(0.001)


@pytest.fixture
async def bell():
    bell = Bell()
    await bell.open()
    await bell.claim(1)
    await bell.enable()
    yield bell
    await bell.close()


async def refused(awaitable):
    with pytest.raises(DeviceError) as caught:
        await awaitable
    return caught.value.code, caught.value.error


async def test_open_claim_enable_close_in_this_order():
    bell = Bell()
    closed = (CompletionCode.SEQUENCE_ERROR, "closed")
    assert await refused(bell.claim(1)) == closed
    assert await refused(bell.enable()) == closed
    await bell.open()
    assert await refused(bell.open()) == closed
    assert await refused(bell.enable()) == (CompletionCode.SEQUENCE_ERROR, "not_claimed")
    await bell.claim(1)
    bell.fails = "timeout"
    assert await refused(bell.enable()) == (CompletionCode.TIMEOUT, "timeout")
    assert bell.lifecycle is Lifecycle.CLAIMED
    bell.fails = None
    await bell.enable()
    assert bell.lifecycle is Lifecycle.ENABLED
    await bell.close()
    await bell.close()
    assert bell.lifecycle is Lifecycle.CLOSED
    assert [wire.closed for wire in bell.wires] == [1]


@pytest.mark.parametrize(
    ("fails", "state"),
    [
        (None, DeviceState.ONLINE),
        ("timeout", DeviceState.UNKNOWN),
        ("no_device", DeviceState.NO_DEVICE),
        ("closed", DeviceState.UNKNOWN),
    ],
)
async def test_health_says_what_the_line_said(bell, fails, state):
    bell.fails = fails
    report = await bell.check_health(HealthLevel.EXTERNAL)
    assert (report.healthy, report.findings, report.state) == (fails is None, (fails or "rings",), state)


async def test_a_line_that_went_is_closed_at_once(bell):
    bell.fails = "gone"
    assert (await bell.check_health(HealthLevel.INTERNAL)).findings == ("gone",)
    assert (bell.lifecycle, bell.wires[0].closed) == (Lifecycle.CLOSED, 1)
    assert (await bell.check_health(HealthLevel.INTERNAL)).findings == ("gone",)


async def test_commands_wait_for_one_another_and_cancel_ends_the_one_under_way_only(bell):
    assert not await bell.cancel()
    first, second = asyncio.create_task(bell.ring("first")), asyncio.create_task(bell.ring("second"))
    await asyncio.sleep(0)
    assert bell.rung == ["first"]
    assert await bell.cancel()
    assert await refused(first) == (CompletionCode.CANCELED, "canceled")
    bell.let_go.set()
    await second
    assert bell.rung == ["first", "second"]
    assert not await bell.cancel()


async def test_a_task_that_is_cancelled_leaves_its_turn_to_the_next(bell):
    first, second = asyncio.create_task(bell.ring("first")), asyncio.create_task(bell.ring("second"))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    bell.let_go.set()
    await second
    assert bell.rung == ["first", "second"]
