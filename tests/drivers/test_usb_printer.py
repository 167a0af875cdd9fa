"""A USB printer as ``usblp`` shows it: a device that reads as nothing, takes by halves, cannot be read, or is gone.

No such device is here. A pty is one that takes and gives bytes; what only ``usblp`` does is put in place of the
system's calls for that one descriptor.
"""

from __future__ import annotations

import asyncio
import errno
import os
import pty
import tty

import pytest

from drivers.device import CompletionCode, DeviceError, DeviceState, PrintOutcome, state_after
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.profile import PROFILES
from drivers.transport import deadline_in, open_transport
from tests.drivers.receipt_printer.conftest import IMPATIENT, opened, ticket
from tests.drivers.receipt_printer.conftest import _pty as simulated_on_pty  # noqa: F401 - a fixture


class Device:
    """A character device: a pty's near end by its path, its far end in the test's hands."""

    def __init__(self):
        self.far, self.near = pty.openpty()
        tty.setraw(self.near)
        self.url = f"usb://{os.ttyname(self.near)}"

    def unplug(self):
        for fd in (self.far, self.near):
            os.close(fd)
        self.far = self.near = -1


@pytest.fixture
def device():
    device = Device()
    yield device
    if device.far >= 0:
        device.unplug()


@pytest.fixture
async def port(device):
    port = await open_transport(device.url, timeout=1)
    yield port
    await port.close()


@pytest.fixture
def calls(port, monkeypatch):
    """Have the system's calls on the port's descriptor do as ``calls[name]`` says; all others are real."""
    instead = {}
    for name in ("read", "write"):
        real = getattr(os, name)

        def call(fd, argument, *, name=name, real=real):
            return instead[name](fd, argument, real) if fd == port._fd and name in instead else real(fd, argument)

        monkeypatch.setattr(os, name, call)
    yield instead
    instead.clear()


def fails(number):
    def call(*_):
        raise OSError(number, os.strerror(number))

    return call


async def refused(awaitable):
    with pytest.raises(DeviceError) as caught:
        await awaitable
    return caught.value.error


async def test_bytes_go_both_ways(device, port):
    await port.write(b"paper", deadline_in(5))
    await port.drain(deadline_in(5))
    assert os.read(device.far, 100) == b"paper"
    os.write(device.far, b"\x12\x12")
    assert await port.read_exactly(2, deadline_in(5)) == b"\x12\x12"
    assert port.bits_per_second is None


async def test_what_is_taken_by_halves_goes_out_whole_and_once(device, port, calls):
    def halves(fd, data, real):
        return real(fd, data[: max(1, len(data) // 2)])

    calls["write"] = halves
    payload = bytes(range(256)) * 8
    writing = asyncio.ensure_future(port.write(payload, deadline_in(10)))
    got = b""
    while len(got) < len(payload):
        got += await asyncio.to_thread(os.read, device.far, 4096)
    await writing
    assert got == payload
    assert port.bytes_sent == len(payload)


async def test_a_printer_that_takes_nothing_ends_at_the_deadline(port):
    assert await refused(port.write(bytes(1_000_000), deadline_in(0.05))) == "timeout"
    assert 0 < port.bytes_sent < 1_000_000


@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO, errno.ESHUTDOWN])
@pytest.mark.parametrize("name", ["read", "write"])
async def test_an_unplugged_printer_is_gone(device, port, calls, name, number):
    calls[name] = fails(number)
    os.write(device.far, b"x")  # something that wakes who waits
    command = port.read(1, deadline_in(60)) if name == "read" else port.write(b"x", deadline_in(60))
    assert await refused(command) == "gone"


async def test_pulled_out_while_waited_for_it_is_gone_at_once(device, port):
    reading = asyncio.ensure_future(port.read(1, deadline_in(60)))
    await asyncio.sleep(0)
    device.unplug()
    assert await refused(reading) == "gone"
    assert await refused(port.write(b"x", deadline_in(60))) == "gone"
    assert await refused(open_transport(device.url, timeout=1)) == "no_device"


async def test_empty_packets_are_nothing_and_no_end(device, port, calls):
    left = [3]

    def empty_first(fd, size, real):
        if left[0]:
            left[0] -= 1
            return b""
        return real(fd, size)

    calls["read"] = empty_first
    os.write(device.far, b"\x16")
    assert await port.read(1, deadline_in(5)) == b"\x16"
    assert left == [0]
    assert port.flush_input() == 0
    calls["read"] = lambda *_: b""
    os.write(device.far, b"\x16")  # readable all the while
    assert await refused(port.read(1, deadline_in(0.05))) == "timeout"


async def test_a_printer_without_a_way_back_is_told_from_one_that_is_gone(device, port, calls):
    calls["read"] = fails(errno.EINVAL)
    os.write(device.far, b"x")
    with pytest.raises(DeviceError) as caught:
        await port.read(1, deadline_in(60))
    assert (caught.value.error, caught.value.code) == ("one_way", CompletionCode.HARDWARE_ERROR)
    assert "bidirectional" in caught.value.message
    assert state_after(caught.value) is DeviceState.HARDWARE_ERROR


async def test_nothing_is_printed_by_a_printer_that_cannot_answer(device, monkeypatch):
    printer = EscPosPrinter("printer", device.url, PROFILES["80mm"], timing=IMPATIENT)
    real = os.read
    deaf = set()

    def read(fd, size):
        return fails(errno.EINVAL)() if fd in deaf else real(fd, size)

    monkeypatch.setattr(os, "read", read)
    await printer.open()
    deaf.add(printer._connection.transport._fd)
    os.write(device.far, b"x")
    await printer.claim(1)
    assert await refused(printer.enable()) == "one_way"
    monkeypatch.setattr("drivers.usb_printer.os.read", fails(errno.EINVAL))
    result = await printer.print(ticket(), job="a")
    assert (result.outcome, result.error, result.half_printed) == (PrintOutcome.NOT_DONE, "one_way", False)
    assert "Nothing was printed" in result.message
    await printer.close()


# -- a whole printer behind it


@pytest.fixture
async def simulated(simulated_on_pty):  # noqa: F811 - the fixture
    await simulated_on_pty.set_to_rights()
    return simulated_on_pty


def usb(simulated):
    return "usb:" + simulated.url.removeprefix("serial:").partition("?")[0]


async def test_a_ticket_comes_out_and_is_confirmed(simulated):
    async with opened(simulated, url=usb(simulated)) as printer:
        assert (await printer.print(ticket(), job="a")).outcome is PrintOutcome.DONE
        assert printer._connection.transport.bits_per_second is None
    assert [job["complete"] for job in await simulated.jobs()] == [True]


async def test_unplugged_within_a_ticket_the_outcome_is_unknown_and_it_comes_back(simulated):
    async with opened(simulated, url=usb(simulated)) as printer:
        await simulated.do("fault", action="close_line", on="process_id", times=2)
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.UNKNOWN, "gone")
        await simulated.until(lambda status: not status["plugged"])
        assert (await printer.status()).device is DeviceState.NO_DEVICE
        await simulated.do("clear_fault")
        await simulated.do("plug")
        await simulated.until(lambda status: status["plugged"])
        await printer.close()
        await printer.open()
        await printer.claim(1)
        await printer.enable()
        assert (await printer.print(ticket(), job="b")).outcome is PrintOutcome.DONE
