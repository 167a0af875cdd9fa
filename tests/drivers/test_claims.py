"""A network device is claimed for one program of the machine, as the system itself sees to for ports and USB."""

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.claims import Claim, take_claim
from drivers.device import CompletionCode, DeviceError, DeviceState, state_after
from drivers.payment_terminal.driver import ZvtTerminal

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = """
import asyncio, sys
from drivers.claims import take_claim
claim = asyncio.run(take_claim(sys.argv[1], 5))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
async def address():
    """The address of a device that takes every connection and says nothing."""

    async def hold(_reader, writer):
        with contextlib.suppress(ConnectionError):
            await _reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@contextlib.contextmanager
def another_program(url):
    """Have another program hold a device."""
    process = subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


async def refused(awaitable):
    with pytest.raises(DeviceError) as caught:
        await awaitable
    return caught.value


async def test_what_another_program_holds_cannot_be_had_until_it_ends(address):
    with another_program(address) as other:
        terminal = ZvtTerminal("terminal", address)
        await terminal.open()
        failure = await refused(terminal.claim(0.05))
        assert (failure.code, failure.error) == (CompletionCode.DEVICE_NOT_READY, "claimed")
        assert state_after(failure) is DeviceState.DEVICE_BUSY
        waiting = asyncio.create_task(terminal.claim(30))
        await asyncio.sleep(0)
        other.kill()  # without a word: the system gives back what it held
        await waiting
        await terminal.close()


async def test_two_devices_of_one_program_cannot_have_it_either(address):
    first, second = ZvtTerminal("first", address), ZvtTerminal("second", f"{address}?baud=9600")
    await first.open()
    await first.claim(1)
    await first.claim(1)
    await second.open()
    assert (await refused(second.claim(0.01))).error == "claimed"
    await first.close()
    await second.claim(1)
    await second.close()


async def test_a_wait_that_is_given_up_holds_nothing(address):
    claim = await take_claim(address, 1)
    waiting = asyncio.create_task(take_claim(address, 30))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    claim.release()
    claim.release()
    again = await take_claim(address, 0)
    again.release()


@pytest.mark.parametrize(
    "url", ["serial:///dev/ttyS0", "usb:///dev/usb/lp0", "ipp://192.0.2.10/ipp/print", "acme-usb:1001", "pcsc:ACS*"]
)
async def test_what_the_system_or_nobody_has_to_see_to_needs_none(url):
    claims = [await take_claim(url, 0) for _ in range(2)]
    assert claims == [Claim(None), Claim(None)]
