"""A scanner that types like a keyboard, read from its input device."""

import os
import time

import pytest

from drivers import ports
from drivers.device import DeviceError
from drivers.scanner import driver as scanner_driver
from drivers.scanner.driver import KeyboardScanner
from drivers.scanner.listening import Scan
from drivers.scanner.pace import Pace
from drivers.scanner.simulator import SimulatedScanner
from tests.drivers.conftest import taken_into_use, tell
from tests.drivers.scanner.conftest import LONG, keyboard_url, scanned_and_forgotten, until


@pytest.fixture
async def wedge(keyboard):
    device = await taken_into_use(KeyboardScanner("scanner", keyboard_url(keyboard), pace=Pace(rest=0.3)))
    yield device
    await device.close()


async def test_what_was_typed_is_not_held_until_the_next_scan(wedge, keyboard):
    await scanned_and_forgotten(wedge, keyboard, gap=0.0)


async def test_a_typing_scanner_is_read_from_its_input_device(wedge, keyboard):
    async with wedge.listen() as listener:
        await tell(keyboard, "scan", text="https://a.example/T/7?x=A_1", gap=0.0)
        scan = await listener.next(LONG)
    assert scan == Scan("scanner", "https://a.example/T/7?x=A_1", None, scan.at)
    assert abs(scan.at - time.monotonic()) < LONG


async def test_a_person_who_types_is_not_taken_for_a_scanner(wedge, keyboard):
    async with wedge.listen() as listener:
        await tell(keyboard, "type", text="HELLO\r", gap=0.1)
        await until(keyboard, lambda: wedge.counts.refused)
        await tell(keyboard, "scan", text="A0001", gap=0.0)
        assert (await listener.next(LONG)).text == "A0001"
    assert dict(wedge.counts.refused) == {"pace": 1}


async def test_typed_while_nobody_listened_or_begun_before(wedge, keyboard):
    await tell(keyboard, "scan", text="A0001")
    await until(keyboard, lambda: wedge.counts.dropped == 1)
    async with wedge.listen() as listener:
        await tell(keyboard, "scan", text="A" * 200, gap=0.045)  # its first key was struck 9 s ago
        await until(keyboard, lambda: wedge.counts.dropped == 2)
        await tell(keyboard, "scan", text="A0003", gap=0.0)
        assert (await listener.next(LONG)).text == "A0003"


@pytest.mark.parametrize(
    ("action", "reason"), [("lost", "lost"), ("overlong", "overlong"), ("no_suffix", "unfinished")]
)
async def test_keys_that_are_no_code_are_refused(wedge, keyboard, action, reason):
    await tell(keyboard, "fault", action=action, on="scan")
    async with wedge.listen() as listener:
        await tell(keyboard, "scan", text="A0001", gap=0.0)
        await until(keyboard, lambda: wedge.counts.refused)
        await tell(keyboard, "scan", text="A0002", gap=0.0)
        assert (await listener.next(LONG)).text == "A0002"
    assert dict(wedge.counts.refused) == {reason: 1}


async def test_bytes_that_are_no_events_are_passed_over(wedge, keyboard):
    await tell(keyboard, "fault", action="garbage_prefix", on="scan")
    async with wedge.listen() as listener:
        await tell(keyboard, "scan", text="A0001", gap=0.0)
        await until(keyboard, lambda: wedge._events.passed_over or wedge.counts.delivered)
        await tell(keyboard, "scan", text="A0002", gap=0.0)
        async for scan in listener:
            if scan.text == "A0002":
                break


async def test_a_pipe_will_do_for_a_device(tmp_path):
    pipe = tmp_path / "event9"
    os.mkfifo(pipe)
    holding = os.open(pipe, os.O_RDWR)
    device = await taken_into_use(KeyboardScanner("scanner", f"input://{pipe}?grab=0"))
    async with device.listen() as listener:
        os.write(holding, SimulatedScanner._keystrokes("A0001\r", 0.0))
        assert (await listener.next(LONG)).text == "A0001"
    await device.close()
    os.close(holding)


async def test_what_is_no_input_device_is_not_opened(tmp_path):
    pipe = tmp_path / "event9"
    os.mkfifo(pipe)
    for url, error in (
        (f"input://{pipe}", "bad_url"),  # it cannot be grabbed
        (f"input://{tmp_path}/none", "no_device"),
        ("input:by-id/usb-*-event-kbd", "no_device"),
        ("input:elsewhere/x", "bad_url"),
        (f"input://{pipe}?speed=1", "bad_url"),
    ):
        with pytest.raises(DeviceError) as caught:
            await KeyboardScanner("scanner", url).open()
        assert caught.value.error == error


async def test_a_real_device_is_told_its_clock_and_grabbed(tmp_path, monkeypatch):
    node = tmp_path / "input" / "by-id" / "usb-Scanner-event-kbd"
    node.parent.mkdir(parents=True)
    os.mkfifo(node)
    holding = os.open(node, os.O_RDWR)
    asked = []
    monkeypatch.setattr(ports, "ROOTS", ports.Roots(tmp_path, tmp_path / "sys"))
    monkeypatch.setattr(scanner_driver.fcntl, "ioctl", lambda _fd, request, value: asked.append((request, value)))
    device = KeyboardScanner("scanner", "input:by-id/usb-*-event-kbd")
    await taken_into_use(device)
    assert asked == [(0x400445A0, b"\x01\x00\x00\x00"), (0x40044590, 1)]
    await device.close()

    def held(_fd, request, _value):
        if request == 0x40044590:
            raise OSError(16, "busy")

    monkeypatch.setattr(scanner_driver.fcntl, "ioctl", held)
    await device.open()
    with pytest.raises(DeviceError) as caught:
        await device.claim(1)
    assert caught.value.error == "claimed"
    await device.close()
    os.mkfifo(node.with_name("usb-Another-event-kbd"))
    with pytest.raises(DeviceError, match="means 2 devices: usb-Another-event-kbd, usb-Scanner-event-kbd"):
        ports.find_input("input:by-id/usb-*-event-kbd")
    os.close(holding)
