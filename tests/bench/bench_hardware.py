"""Devices at true speed: tickets, cards, scans, unplugging, and what it costs to keep them all open.

Each simulator is a process of its own behind a pty, with its line at its rate and its paper at its speed. The floor is
physics: bytes by the rate, paper by its speed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from statistics import median
from typing import Any

import structlog

from drivers.chip_card.simulator import service
from drivers.device import DeviceEvent
from drivers.field.bench import line_ms, measure
from drivers.receipt_printer.job import Timing
from drivers.receipt_printer.profile import PROFILES
from drivers.registry import KINDS, DeviceEntry, make_device
from drivers.supervisor import Pace, Supervisor
from tests.drivers.conftest import SimulatorProcess

ROUNDS = 3
SCANS = 20
IDLE_SECONDS = 20.0
DRAWING = 0.25
"""How much drawing a ticket may add to the time that its bytes take on the line, as a part of it."""
CODE = "A0123456789"
SUFFIX = "\r\n"
HANG_UP_MS = 50.0
"""What a lost line may take to be told: the system tells it at once."""

PRINTERS = (("80mm", 115_200), ("58mm", 115_200), ("80mm-basic", 115_200), ("58mm-basic", 9_600))
DEVICES: tuple[tuple[str, str, tuple[str, ...], dict[str, Any]], ...] = (
    ("receipt_printer", "escpos", (), {}),
    ("identity_card", "resident_id", (), {}),
    ("scanner", "serial_scanner", (), {}),
    ("payment_terminal", "zvt", (), {}),
    ("magnetic_stripe", "serial_stripe", (), {}),
    ("document_printer", "ipp", (), {}),
    ("call_display", "xunpeng_board", ("--protocol", "xunpeng"), {"colour": "red"}),
    ("cabinet", "cabinet_board", ("--lights", "1", "--contacts", "1"), {"lights": ["scanner"], "contacts": ["door"]}),
)
"""One of each kind; the chip-card reader, which needs a service, beside them where this machine can have it."""


@contextlib.contextmanager
def simulated(kind: str, *options: str) -> Iterator[Any]:
    """Run a simulator: a process of its own and its control channel."""
    simulator = SimulatorProcess(f"drivers.{kind}.simulator", *options)  # type: ignore[no-untyped-call]  # a test's
    try:
        yield simulator
    finally:
        simulator.end()  # type: ignore[no-untyped-call]  # see above


class Hands:
    """Lays a card when it is asked for, and takes it away."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._laid = False

    def say(self, text: str = "") -> None:
        """Nobody listens."""

    async def ask(self, question: str, usual: str = "") -> str:
        """Do what is asked."""
        del question
        self._laid = not self._laid
        await asyncio.to_thread(self._reader.tell, "lay" if self._laid else "remove")
        return usual


def run() -> Iterator[dict[str, Any]]:
    """All rows."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for profile, baud in PRINTERS:
        yield from asyncio.run(printer_rows(profile, baud))
    yield from asyncio.run(card_rows())
    yield asyncio.run(scan_row())
    yield from asyncio.run(unplug_rows())
    yield from asyncio.run(silent_rows())
    yield asyncio.run(idle_row())


async def printer_rows(name: str, baud: int) -> list[dict[str, Any]]:
    """A ticket by profile and rate: drawn, in bytes, on paper, and its fence.

    It is drawn whole before its first byte leaves; beside that stands the time that its bytes then take on the line.
    """
    profile = PROFILES[name]
    options = ["--baud", str(baud), "--width", str(profile.paper_mm), "--speed", str(profile.speed_mm_s)]
    with simulated("receipt_printer", *options, *([] if profile.process_id else ["--basic"])) as printer:
        entry = DeviceEntry(f"{name} at {baud}", "receipt_printer", "escpos", printer.url, profile=name)
        figures = {figure.figure: figure async for figure in measure(entry, Hands(printer), rounds=ROUNDS)}
    on_the_line = line_ms(printer.url, int(figures["bytes of a ticket"].median))
    rows = []
    for name_of, figure in figures.items():
        if name_of in {"opened, claimed and enabled", "asked how it is"}:
            continue
        drawing = name_of in {"ticket drawn", "ticket laid out"}
        limit = on_the_line if drawing else figure.limit
        most = DRAWING if drawing else 1.5 if name_of == "ticket printed and confirmed" else None
        rows.append(row(figure.case, name_of, figure.unit, list(figure.values), limit, most))
        if drawing:
            rows[-1]["target"] = f"<= {DRAWING} x the time that its bytes take on the line"
    return rows


async def card_rows() -> list[dict[str, Any]]:
    """A resident card beside its 1,295 bytes."""
    with simulated("identity_card") as reader:
        entry = DeviceEntry("resident card at 115200", "identity_card", "resident_id", reader.url)
        return [
            row(figure.case, figure.figure, figure.unit, list(figure.values), figure.limit, 2.0)
            async for figure in measure(entry, Hands(reader), rounds=ROUNDS)
            if figure.figure == "card found and read"
        ]


async def scan_row() -> dict[str, Any]:
    """From a code held to the window to the event."""
    with simulated("scanner") as scanner:
        device: Any = make_device(DeviceEntry("scanner", "scanner", "serial_scanner", scanner.url))
        await device.open()
        await device.claim(1.0)
        await device.enable()
        times = []
        async with device.listen() as listener:
            for _ in range(SCANS):
                begun = time.perf_counter()
                sending = asyncio.create_task(asyncio.to_thread(scanner.tell, "scan", text=CODE))
                await listener.next(30)
                times.append((time.perf_counter() - begun) * 1000)
                await sending
        await device.close()
    floor = line_ms(scanner.url, len(CODE + SUFFIX))
    return row("scanner at 9600, 13 bytes", "scan to event", "ms", times, floor, 2.0)


async def unplug_rows() -> list[dict[str, Any]]:
    """From unplugged to told, and from plugged in to in use (the first pause is 0.5 s)."""
    rows = []
    for kind, driver, what in (
        ("scanner", "serial_scanner", "a driver that reads all the time"),
        ("identity_card", "resident_id", "a driver that reads when it has asked"),
    ):
        gone: list[float] = []
        back: list[float] = []
        with tempfile.TemporaryDirectory() as folder, simulated(kind, "--pty", "--link", f"{folder}/line") as simulator:
            device = make_device(DeviceEntry("device", kind, driver, simulator.url))
            async with Supervisor([device]) as supervisor:
                await supervisor.device("device")
                events = supervisor.events()
                for _ in range(ROUNDS):
                    for verb, event, times in (("unplug", "gone", gone), ("plug", "back", back)):
                        begun = time.perf_counter()
                        telling = asyncio.create_task(asyncio.to_thread(simulator.tell, verb))
                        await seen(events, event)
                        times.append((time.perf_counter() - begun) * 1000)
                        await telling
                await events.aclose()
        told = row(f"{driver}: {what}", "unplugged to told", "ms", gone, None, None)
        rows.append({**told, "target": f"<= {HANG_UP_MS:.0f} ms", "holds": max(gone) <= HANG_UP_MS})
        # Tried at once as it goes, and then after the first pause.
        rows.append(row(f"{driver}: {what}", "plugged in to in use", "ms", back, 1000 * Pace().first, 1.5))
    return rows


async def silent_rows() -> list[dict[str, Any]]:
    """A network printer that falls silent, as with its cable pulled: nothing hangs up, only asking tells."""
    told: list[float] = []
    back: list[float] = []
    with simulated("receipt_printer", "--tcp", "127.0.0.1:0") as printer:
        device = make_device(DeviceEntry("device", "receipt_printer", "escpos", printer.url))
        async with Supervisor([device]) as supervisor:
            await supervisor.device("device")
            events = supervisor.events()
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                await asyncio.to_thread(printer.tell, "fault", action="mute", on="any", times=0)
                await seen(events, "gone")
                told.append((time.perf_counter() - begun) * 1000)
                begun = time.perf_counter()
                await asyncio.to_thread(printer.tell, "clear_fault")
                await seen(events, "back")
                back.append((time.perf_counter() - begun) * 1000)
            await events.aclose()
    longest = 1000 * (Pace().check + Timing().answer)
    return [
        {
            **row("escpos over TCP: its cable is pulled", "fell silent to told", "ms", told, longest, 1.1),
            "target": "<= 1.1 x the time between two looks and an answer's",
        },
        # Who was just found silent is asked at once again, and answers.
        row("escpos over TCP: its cable is pulled", "heard again to in use", "ms", back, None, None),
    ]


async def seen(events: AsyncIterator[DeviceEvent], kind: str) -> None:
    """Wait for an event."""
    async for event in events:
        if event.kind == kind:
            return


async def idle_row() -> dict[str, Any]:
    """What it costs to keep one device of each kind open, at the usual pace."""
    with contextlib.ExitStack() as stack:
        devices = []
        wanted = DEVICES
        if service.missing() is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            wanted = (*DEVICES, ("chip_card", "pcsc", ("--socket", f"{folder}/socket"), {}))
        for kind, driver, more, options in wanted:
            simulator = stack.enter_context(simulated(kind, *more))
            devices.append(make_device(DeviceEntry(driver, kind, driver, simulator.url, options=options)))
        async with Supervisor(devices) as supervisor:
            for device in devices:
                await supervisor.device(device.info.name)
            begun, used = time.perf_counter(), time.process_time()
            await asyncio.sleep(IDLE_SECONDS)
            spent = 100 * (time.process_time() - used) / (time.perf_counter() - begun)
    case = f"{len(devices)} of {len(KINDS)} kinds of devices, checked every 5 s, for {IDLE_SECONDS:.0f} s"
    return {
        **row(case, "CPU while idle", "% of a core", [spent], None, None),
        "target": "< 1 % of a core",
        "holds": spent < 1.0,
    }


def row(
    case: str, figure: str, unit: str, values: list[float], floor: float | None, most: float | None
) -> dict[str, Any]:
    """One row; ``most`` is how many times the floor it may be."""
    middle = median(values)
    ratio = middle / floor if floor else None
    return {
        "bench": "hardware",
        "case": case,
        "figure": figure,
        "unit": unit,
        "median": round(middle, 3),
        "floor": round(floor, 3) if floor is not None else None,
        "ratio": round(ratio, 2) if ratio is not None else None,
        "target": f"<= {most} x what the line and the paper allow" if most is not None else None,
        "holds": ratio <= most if ratio is not None and most is not None else None,
        "rounds": len(values),
    }
