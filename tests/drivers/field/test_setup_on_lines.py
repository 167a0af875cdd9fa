"""Every serial device of the product is set up on a pty: what is written down leads to it."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from drivers.cabinet.driver import CabinetBoard
from drivers.call_display.driver import CallDisplay
from drivers.device import HealthLevel
from drivers.field.models import MODELS
from drivers.field.setup import Setup, Surroundings, try_device
from drivers.ports import Port
from drivers.registry import _OWN_DRIVERS, make_device, read_devices

LIMIT = 120
SIMULATORS = {
    "resident_id": ("identity_card",),
    "escpos": ("receipt_printer",),
    "serial_scanner": ("scanner",),
    "serial_stripe": ("magnetic_stripe",),
    "zvt": ("payment_terminal",),
    "cabinet_board": ("cabinet",),
    "modbus_board": ("call_display", "--protocol", "modbus", "--board", "7", "--text-at", "100"),
    "xunpeng_board": ("call_display", "--protocol", "xunpeng"),
    "numeric_board": ("call_display", "--protocol", "numeric", "--board", "5"),
    "alpha_board": ("call_display", "--protocol", "alpha"),
}
"""By driver, what stands in for the device."""
BY_HAND = {
    "serial_scanner": [("scan", {"text": "690"})],
    "serial_stripe": [("swipe", {"track2": "00042"})],
    "cabinet_board": [("contact", {"number": 0, "state": "open"}), ("contact", {"number": 0, "state": "closed"})],
}
"""What the technician does while a device waits for a person."""


def patient(entry):
    """The driver, in no hurry with what is slow to answer, and quick with what is only to be looked at."""
    device = make_device(entry)
    if isinstance(device, CallDisplay):
        device._timing = replace(device._timing, connect=LIMIT, thought=LIMIT, page=0.01)
    elif isinstance(device, CabinetBoard):
        device._timing = replace(device._timing, connect=LIMIT, answer=LIMIT, show=0.01)
    return device


class Desk:
    """A machine with one free socket, and the device that is plugged into it when the technician says so."""

    def __init__(self, simulator, driver):
        self.simulator, self.driver = simulator, driver
        self.looks = None

    def plug(self):
        """Have it there from the second look on; the first finds out what was there before."""
        self.looks = 0
        return ""

    def ports(self):
        if self.looks is None:
            return []
        self.looks += 1
        # The simulator's link is not under /dev, where udev would name it: it is its own name.
        path = Path(self.simulator.url.removeprefix("serial://").partition("?")[0])
        return [Port("serial", path)] if self.looks > 1 else []

    async def probe(self, entry, level):
        trying = asyncio.create_task(try_device(entry, level, patient))
        if level is HealthLevel.INTERACTIVE:
            for verb, arguments in self.until(trying):
                await asyncio.to_thread(partial(self.simulator.tell, verb, **arguments))
        return await trying

    def until(self, trying):
        acts = BY_HAND.get(self.driver, [])
        while acts and not trying.done():
            yield from acts

    async def sleep(self, _seconds):
        await asyncio.sleep(0)

    def around(self):
        return Surroundings(
            ports=self.ports,
            groups=lambda: frozenset({"dialout"}),
            uid=65534,
            thieves=list,
            panels=list,
            screens=list,
            probe=self.probe,
            sleep=self.sleep,
        )


def choice(driver):
    at, model = next(
        (at, one) for at, one in enumerate(MODELS, start=1) if one.driver == driver and one.way == "serial"
    )
    return str(at), model


ANSWERS = {
    "modbus_board": ["7", "100", "16", "", "PLUG", "y"],
    "xunpeng_board": ["green", "", "n", "PLUG"],
    "numeric_board": ["5", "3", "y", "PLUG", "y"],
    "alpha_board": ["20", "PLUG"],
    "cabinet_board": ["", "door，service_key", "service_key", "PLUG", "y"],
}
OPTIONS = {
    "modbus_board": {"unit": 7, "text_at": 100, "text_registers": 16},
    "xunpeng_board": {"colour": "green", "digits": 3, "digits_only": False},
    "numeric_board": {"board": 5, "digits": 3, "digits_only": True},
    "alpha_board": {"columns": 20, "confirm": True},
    "cabinet_board": {
        "lights": ["identity_card", "receipt_printer"],
        "contacts": ["door", "service_key"],
        "normally_open": ["service_key"],
    },
}


@pytest.mark.parametrize("driver", sorted(SIMULATORS))
async def test_a_device_on_a_serial_line_is_set_up(driver, tmp_path, script, start_simulator):
    kind, *own = SIMULATORS[driver]
    link = tmp_path / "line"
    simulator = start_simulator(f"drivers.{kind}.simulator", "--pty", "--link", str(link), "--fast", *own)
    desk = Desk(simulator, driver)
    at, model = choice(driver)
    answers = [desk.plug if one == "PLUG" else one for one in ANSWERS.get(driver, ["PLUG"])]
    path = tmp_path / "devices.toml"
    async with asyncio.timeout(LIMIT):
        assert await Setup(path, script(at, "", *answers, ""), desk.around()).run() == 0
    [entry] = read_devices(path)
    assert (entry.kind, entry.driver, entry.options) == (model.kind, driver, OPTIONS.get(driver, {}))
    assert entry.url.startswith(f"serial://{link}?baud=")
    assert entry.url.endswith(model.settings)


async def test_a_boards_registers_are_asked_for_until_somebody_sees_the_eight(tmp_path, script, start_simulator):
    board = SIMULATORS["modbus_board"]
    simulator = start_simulator(f"drivers.{board[0]}.simulator", "--link", str(tmp_path / "line"), "--fast", *board[1:])
    desk = Desk(simulator, "modbus_board")

    def does_it():
        return "y" if any("8" in text for text in simulator.tell("status")["history"]) else "n"

    wrong, right = ["7", "40", "16", ""], ["", "100", "", "20"]
    console = script(choice("modbus_board")[0], "", *wrong, desk.plug, does_it, *right, does_it, "")
    path = tmp_path / "devices.toml"
    async with asyncio.timeout(LIMIT):
        assert await Setup(path, console, desk.around()).run() == 0
    [entry] = read_devices(path)
    assert entry.options == {"unit": 7, "text_at": 100, "text_registers": 16, "columns": 20}


async def test_a_device_at_a_serial_server_is_given_by_its_address(tmp_path, script, start_simulator):
    simulator = start_simulator("drivers.payment_terminal.simulator", "--tcp", "127.0.0.1:0", "--framing", "serial")
    address = simulator.url.removeprefix("tcp://").partition("?")[0]
    desk = Desk(simulator, "zvt")
    path = tmp_path / "devices.toml"
    async with asyncio.timeout(LIMIT):
        console = script(choice("zvt")[0], "", address, "fast", address, "", "")
        assert await Setup(path, console, desk.around()).run() == 0
    [entry] = read_devices(path)
    assert (entry.url, entry.options) == (f"tcp://{address}?baud=9600", {"framing": "serial"})
    assert any("bad_url" in line for line in console.said)


async def test_an_option_that_cannot_be_is_told_and_asked_for_again(tmp_path, script):
    console = script(choice("modbus_board")[0], "", "x", "300", "0", "16", "", "3", "", "", "", "", "n", "")
    around = Surroundings(ports=list, thieves=list, panels=list, screens=list)
    around = replace(around, sleep=lambda _seconds: asyncio.sleep(0))
    assert await Setup(tmp_path / "devices.toml", console, around).run() == 1
    said = "\n".join(console.said)
    assert "A whole number" in said
    assert "unit = 300 must be a whole number from 1 to 247" in said


def test_every_driver_of_ours_can_be_set_up():
    assert {model.driver for model in MODELS} == set(_OWN_DRIVERS)
