"""A line between a driver and its device: what passes, what does not, and how it ends."""

import asyncio
import os
import pty
import socket
import tty

import pytest

from drivers.device import DeviceError
from drivers.relay import Direction, Mode, Relay
from drivers.transport import deadline_in, open_transport

LONG = 30.0


@pytest.fixture
def device():
    """A device on a network line, in the test's hands."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LONG)
        yield server


def address(server):
    return f"tcp://127.0.0.1:{server.getsockname()[1]}?baud=9600"


async def accepted(server):
    return (await asyncio.to_thread(server.accept))[0]


async def error(awaitable):
    with pytest.raises(DeviceError) as caught:
        await awaitable
    return caught.value.error


async def test_bytes_pass_both_ways_and_are_seen(device):
    seen = []
    async with Relay(address(device), watch=lambda way, data: seen.append((way, data))) as relay:
        assert relay.url.startswith("tcp://127.0.0.1:")
        assert relay.url.endswith("?baud=9600")
        host = await open_transport(relay.url, timeout=LONG)
        await host.write(b"question", deadline_in(LONG))
        far = await accepted(device)
        with far:
            far.sendall(b"answer")
            assert await host.read_exactly(6, deadline_in(LONG)) == b"answer"
            far.settimeout(LONG)
            assert await asyncio.to_thread(far.recv, 100) == b"question"
        assert await error(host.read(1, deadline_in(LONG))) == "gone", "the device hung up"
        await host.close()
    assert seen == [(Direction.TO_DEVICE, b"question"), (Direction.FROM_DEVICE, b"answer")]


async def test_muted_the_device_hears_and_is_not_heard(device):
    async with Relay(address(device)) as relay:
        host = await open_transport(relay.url, timeout=LONG)
        await host.write(b"a", deadline_in(LONG))
        far = await accepted(device)
        with far:
            far.settimeout(LONG)
            relay.mode = Mode.MUTE
            await host.write(b"b", deadline_in(LONG))
            far.sendall(b"lost")
            assert await error(host.read(1, deadline_in(0.1))) == "timeout"
            relay.mode = Mode.PASS
            far.sendall(b"heard")
            assert await host.read_exactly(5, deadline_in(LONG)) == b"heard"
        await host.close()


@pytest.mark.parametrize("kind", ["tcp", "serial", "usb"])
async def test_where_no_device_is_it_takes_all_and_says_nothing(kind):
    async with Relay(None, kind=kind) as relay:
        host = await open_transport(relay.url, timeout=LONG)
        await host.write(bytes(100_000), deadline_in(LONG))
        assert await error(host.read(1, deadline_in(0.05))) == "timeout"
        relay.mode = Mode.DEAF
        assert await error(host.write(bytes(20_000_000), deadline_in(0.2))) == "timeout"
        await host.close()


async def test_noise_is_noise(device):
    del device
    async with Relay(None, kind="serial") as relay:
        relay.mode = Mode.NOISE
        host = await open_transport(relay.url, timeout=LONG)
        assert await host.read_exactly(120, deadline_in(LONG))
        await host.close()


@pytest.mark.parametrize("kind", ["tcp", "serial"])
async def test_cut_it_is_gone_and_does_not_come_back(kind):
    async with Relay(None, kind=kind) as relay:
        host = await open_transport(relay.url, timeout=LONG)
        await relay.cut()
        assert await error(host.read(1, deadline_in(LONG))) == "gone"
        await host.close()
        assert await error(open_transport(relay.url, timeout=LONG)) == "no_device"


async def test_a_serial_port_is_held_while_it_stands_between():
    far, near = pty.openpty()
    tty.setraw(near)
    url = f"serial://{os.ttyname(near)}?baud=9600"
    async with Relay(url) as relay:
        assert await error(open_transport(url, timeout=1)) == "claimed"
        host = await open_transport(relay.url, timeout=LONG)
        assert host.bits_per_second == 9600
        await host.write(b"question", deadline_in(LONG))
        line = await asyncio.to_thread(os.read, far, 100)
        os.write(far, b"answer")
        assert await host.read_exactly(6, deadline_in(LONG)) == b"answer"
        await host.close()
    assert line == b"question"
    os.close(far)
    os.close(near)


async def test_a_device_that_is_not_there_is_told_where_it_is_opened():
    with pytest.raises(DeviceError, match="no device"):
        async with Relay("serial:///dev/does-not-exist"):
            pass
