"""Devices at true speed: tickets, cards, scans, unplugging, and what it costs to keep them all open.

Each simulator is a process of its own behind a pty, with its line at its rate and its paper at its speed. The floor is
physics: bytes by the rate, paper by its speed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import structlog

from drivers.device import DeviceEvent
from drivers.field.bench import measure
from drivers.receipt_printer.profile import PROFILES
from drivers.registry import DeviceEntry, make_device
from drivers.supervisor import Supervisor

ROOT = Path(__file__).parents[2]
ROUNDS = 3
SCANS = 20
IDLE_SECONDS = 20.0
CODE = "A0123456789"

PRINTERS = (("80mm", 115_200), ("58mm", 115_200), ("80mm-basic", 115_200), ("58mm-basic", 9_600))
DEVICES: tuple[tuple[str, str, tuple[str, ...], dict[str, Any]], ...] = (
    ("receipt_printer", "escpos", (), {}),
    ("identity_card", "resident_id", (), {}),
    ("scanner", "serial_scanner", (), {}),
    ("payment_terminal", "zvt", (), {}),
    ("call_display", "xunpeng_board", ("--protocol", "xunpeng"), {"colour": "red"}),
    ("cabinet", "cabinet_board", ("--lights", "1", "--contacts", "1"), {"lights": ["slot"], "contacts": ["door"]}),
)


class Simulator:
    """A simulator's process and its control channel."""

    def __init__(self, kind: str, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"drivers.{kind}.simulator", "--parent-stdin", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        announced = json.loads(self.process.stdout.readline())
        self.url: str = announced["url"]
        host, port = announced["control"].removeprefix("tcp://").rsplit(":", 1)
        self._link = socket.create_connection((host, int(port)))
        self._answers = self._link.makefile("rb")

    def tell(self, verb: str, **arguments: object) -> dict[str, Any]:
        """Put a verb that must succeed."""
        self._link.sendall(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
        answer = json.loads(self._answers.readline())
        assert answer["ok"], answer
        return dict(answer)

    def end(self) -> None:
        """End it."""
        self._answers.close()
        self._link.close()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@contextlib.contextmanager
def simulated(kind: str, *options: str) -> Iterator[Simulator]:
    """Run a simulator."""
    simulator = Simulator(kind, *options)
    try:
        yield simulator
    finally:
        simulator.end()


class Hands:
    """Lays a card when it is asked for, and takes it away."""

    def __init__(self, reader: Simulator) -> None:
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
    yield asyncio.run(idle_row())


async def printer_rows(name: str, baud: int) -> list[dict[str, Any]]:
    """A ticket by profile and rate: drawn, in bytes, on paper, and its fence."""
    profile = PROFILES[name]
    options = ["--baud", str(baud), "--width", str(profile.paper_mm), "--speed", str(profile.speed_mm_s)]
    with simulated("receipt_printer", *options, *([] if profile.process_id else ["--basic"])) as printer:
        entry = DeviceEntry(f"{name} at {baud}", "receipt_printer", "escpos", printer.url, profile=name)
        return [
            row(
                figure.case,
                figure.figure,
                figure.unit,
                list(figure.values),
                figure.limit,
                1.5 if figure.figure == "ticket printed and confirmed" else None,
            )
            async for figure in measure(entry, Hands(printer), rounds=ROUNDS)
            if figure.figure not in {"opened, claimed and enabled", "asked how it is"}
        ]


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
    floor = (len(CODE) + 2) * 10_000 / 9600
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
        rows.append(row(f"{driver}: {what}", "unplugged to told", "ms", gone, None, None))
        rows.append(row(f"{driver}: {what}", "plugged in to in use", "ms", back, None, None))
    return rows


async def seen(events: AsyncIterator[DeviceEvent], kind: str) -> None:
    """Wait for an event."""
    async for event in events:
        if event.kind == kind:
            return


async def idle_row() -> dict[str, Any]:
    """What it costs to keep one device of each kind open, at the usual pace."""
    with contextlib.ExitStack() as stack:
        devices = []
        for kind, driver, more, options in DEVICES:
            simulator = stack.enter_context(simulated(kind, *more))
            devices.append(make_device(DeviceEntry(driver, kind, driver, simulator.url, options=options)))
        async with Supervisor(devices) as supervisor:
            for device in devices:
                await supervisor.device(device.info.name)
            begun, used = time.perf_counter(), time.process_time()
            await asyncio.sleep(IDLE_SECONDS)
            spent = 100 * (time.process_time() - used) / (time.perf_counter() - begun)
    case = f"{len(DEVICES)} devices, checked every 5 s, for {IDLE_SECONDS:.0f} s"
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
