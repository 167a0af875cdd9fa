"""Every driver of ours keeps what every driver must, against its simulator in the same loop."""

import asyncio
import contextlib

import pytest

from drivers.cabinet.simulator import SimulatedCabinet
from drivers.call_display.simulator.board import SimulatedBoard
from drivers.call_display.simulator.wires import AlphaWire, ModbusWire, NumericWire, Registers, XunpengWire
from drivers.conformance import Verdict, conform
from drivers.conformance.checks import CHECKS
from drivers.document_printer.simulator.__main__ import PrinterServer
from drivers.document_printer.simulator.printer import Model
from drivers.identity_card.simulator import SimulatedReader
from drivers.magnetic_stripe.simulator import SimulatedStripe
from drivers.payment_terminal.simulator import SimulatedTerminal
from drivers.receipt_printer.simulator.printer import Make, SimulatedPrinter
from drivers.registry import _OWN_DRIVERS, DeviceEntry
from drivers.scanner.simulator import SimulatedScanner
from drivers.simulator import Simulator, SimulatorOptions
from tests.tools.warp_loop import WarpLoop


def printer(width, *, basic):
    return lambda: SimulatedPrinter(Make(width, None, 8192, basic, None))


def board(wire):
    return lambda: SimulatedBoard(wire)


SUBJECTS = {
    "resident_id": ("identity_card", SimulatedReader, None, {}),
    "escpos": ("receipt_printer", printer(80, basic=False), "80mm", {}),
    "escpos-basic": ("receipt_printer", printer(58, basic=True), "58mm-basic", {}),
    "serial_scanner": ("scanner", lambda: SimulatedScanner(b"\r\n", b"", by_trigger=False, keyboard=False), None, {}),
    "keyboard_scanner": ("scanner", lambda: SimulatedScanner(b"", b"", by_trigger=False, keyboard=True), None, {}),
    "serial_stripe": (
        "magnetic_stripe",
        lambda: SimulatedStripe(b"\r", b"", by_trigger=False, keyboard=False),
        None,
        {},
    ),
    "keyboard_stripe": (
        "magnetic_stripe",
        lambda: SimulatedStripe(b"", b"", by_trigger=False, keyboard=True),
        None,
        {},
    ),
    "modbus_board": (
        "call_display",
        board(ModbusWire(1, Registers(0, 16, False, None, None))),  # noqa: FBT003
        None,
        {"unit": 1, "text_at": 0, "text_registers": 16, "columns": 16},
    ),
    "numeric_board": ("call_display", board(NumericWire(1)), None, {"board": 1, "digits": 3}),
    "xunpeng_board": ("call_display", board(XunpengWire("echo")), None, {"colour": "red"}),
    "alpha_board": ("call_display", board(AlphaWire("01")), None, {"columns": 14, "confirm": True}),
    "zvt": ("payment_terminal", lambda: SimulatedTerminal(blocks=False, manual=False), None, {}),
    "zvt-blocks": (
        "payment_terminal",
        lambda: SimulatedTerminal(blocks=True, manual=False),
        None,
        {"framing": "serial"},
    ),
    "ipp": ("document_printer", lambda: PrinterServer(Model(page_seconds=0)), None, {}),
    "cabinet_board": (
        "cabinet",
        lambda: SimulatedCabinet(4, 4, has_watchdog=True, scale=1.0),
        None,
        {"lights": ["slot"], "contacts": ["door"]},
    ),
}


WITHOUT_A_LINE = {"pcsc"}
"""What is reached through a service of the system: tests/drivers/chip_card/test_conformance.py."""


def test_every_driver_of_ours_is_run_through():
    assert {name.partition("-")[0] for name in SUBJECTS} | WITHOUT_A_LINE == set(_OWN_DRIVERS)


@contextlib.asynccontextmanager
async def simulated(device, *, pty):
    """Serve a simulator in this loop, and give out where it is."""
    announced = asyncio.get_running_loop().create_future()
    options = SimulatorOptions(None if pty else ("127.0.0.1", 0), fast=True)
    serving = asyncio.create_task(Simulator(device, options).run(lambda told: announced.set_result(told["url"])))
    try:
        yield await announced
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def examine(name, check):
    kind, make, profile, options = SUBJECTS[name]
    driver = name.partition("-")[0]
    async with simulated(make(), pty="keyboard" in driver) as url:
        where = f"input:{url.removeprefix('serial:').partition('?')[0]}?grab=0" if "keyboard" in driver else url
        entry = DeviceEntry("subject", kind, driver, where, profile=profile, options=options)
        return [result async for result in conform(entry, only=check)]


@pytest.mark.parametrize("check", [check.__name__ for check in CHECKS])
@pytest.mark.parametrize("name", SUBJECTS)
def test_it_keeps_what_every_driver_must(name, check):
    with asyncio.Runner(loop_factory=lambda: WarpLoop(0.05 if "keyboard" in name else 0.005)) as runner:
        [result] = runner.run(examine(name, check))
    assert result.verdict is not Verdict.BROKEN, result.finding
