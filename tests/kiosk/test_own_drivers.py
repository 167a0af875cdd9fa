"""Drivers of somebody else's, of every kind that a kiosk uses: with its port's methods and nothing else of ours."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import date
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from drivers import registry
from drivers.conformance import Verdict, conform
from drivers.device import DeviceInfo, DeviceState, HealthReport, Lifecycle, MediaState, PaperSupply, PrintOutcome
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.port import ReceiptPrinter
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.result import PrintResult
from drivers.receipt_printer.status import PrinterStatus
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.scanner.listening import Counts, Scan
from drivers.supervisor import Supervisor
from kiosk.devices import Printer, make_devices
from kiosk.other_cards import DriverCards, make_other_cards
from kiosk.ports import Shown
from kiosk.scanner import DriverScanner, make_scanner
from kiosk.ticket_face import face_of
from kiosk.words import Catalogue
from tests.kiosk import people


class Maker:
    """What every driver has."""

    def __init__(self, entry):
        self.info = DeviceInfo(entry.name, entry.kind, entry.driver, entry.url)
        self.lifecycle = Lifecycle.CLOSED

    async def open(self):
        self.lifecycle = Lifecycle.OPENED

    async def claim(self, timeout):
        self.lifecycle = Lifecycle.CLAIMED

    async def enable(self):
        self.lifecycle = Lifecycle.ENABLED

    async def close(self):
        self.lifecycle = Lifecycle.CLOSED

    async def check_health(self, level):
        return HealthReport(level, healthy=True, state=DeviceState.ONLINE)


class TheirPrinter(Maker):
    dots = 512

    def __init__(self, entry):
        super().__init__(entry)
        self.printed = []

    async def print(self, document, *, job):
        self.printed.append(document)
        return PrintResult(job, PrintOutcome.UNKNOWN, "no_confirmation", "Nobody knows.")

    async def settle(self, job, *, timeout):
        return PrintOutcome.DONE

    async def status(self):
        return PrinterStatus(DeviceState.ONLINE, PaperSupply.LOW, None, None, None, None, 0.0)


class TheirScanner(Maker):
    counts = Counts(0, 0, {})

    @contextlib.asynccontextmanager
    async def listen(self):
        yield self

    async def next(self, _timeout=None):
        return await self.scan(0)

    async def scan(self, timeout):
        return Scan(self.info.name, "00042", None, 0.0)


class TheirChipReader(Maker):
    reads_social_cards = reads_hospital_cards = True
    media = MediaState.NOT_PRESENT

    async def wait_for_card(self, timeout):
        return await asyncio.Event().wait()

    async def read(self, timeout): ...

    async def wait_removed(self, timeout): ...


class TheirReader(Maker):
    async def wait_for_card(self, timeout): ...

    async def read(self, timeout): ...

    async def wait_removed(self, timeout): ...


KINDS = {
    "identity_card": TheirReader,
    "receipt_printer": TheirPrinter,
    "scanner": TheirScanner,
    "magnetic_stripe": TheirScanner,
    "chip_card": TheirChipReader,
}


@pytest.fixture
def entries(monkeypatch):
    """Have a package be installed that brings a driver of each kind, and a machine that has them all."""
    points = EntryPoints(
        EntryPoint(f"acme_{kind}", f"{__name__}:{cls.__name__}", registry.ENTRY_POINT_GROUP)
        for kind, cls in KINDS.items()
    )
    monkeypatch.setattr(registry, "entry_points", points.select)
    return [DeviceEntry(kind, kind, f"acme_{kind}", f"acme-usb:{at}") for at, kind in enumerate(KINDS)]


async def test_a_kiosk_of_theirs_alone(entries):
    reader, printer = make_devices(entries)
    chip, stripe = make_other_cards(entries)
    scanner = make_scanner(entries)
    assert printer.dots == 512
    async with Supervisor([reader, printer, chip, stripe, scanner]) as supervisor, asyncio.timeout(20):
        for kind in KINDS:
            await supervisor.device(kind)
        port = Printer(printer, supervisor, Catalogue.load())
        printed = await port.print(face_of(people.ticket()), "zh", reprint=False)
        assert (printed.outcome, await port.confirmed(printed.job, 1)) == (PrintOutcome.UNKNOWN, True)
        assert (await port.report()).paper is PaperSupply.LOW
        cards = DriverCards(chip, stripe, supervisor, date.today)
        assert cards.ways == {"social", "hospital"}
        assert await cards.shown() == Shown("hospital_card", "00042")
        codes = DriverScanner(scanner, supervisor).codes()
        assert await anext(codes) == "00042"
        await codes.aclose()
    assert len(printer.printed) == 1


def test_ours_is_one_too():
    printer = EscPosPrinter("printer", "tcp://127.0.0.1:1", PROFILES["58mm"])
    assert isinstance(printer, ReceiptPrinter)
    assert printer.dots == 384


def test_a_driver_that_lacks_a_command_of_its_kind_is_refused_by_name(entries, monkeypatch):
    monkeypatch.delattr(TheirPrinter, "settle")
    with pytest.raises(ConfigurationError, match="cannot use the driver acme_receipt_printer as receipt_printer"):
        make_devices(entries)


async def test_conformance_names_the_command_that_is_lacking(entries, monkeypatch):
    async def judged(entry):
        [result] = [one async for one in conform(entry, only="has_the_commands_of_its_kind")]
        return result.verdict, result.finding

    for entry in entries:
        assert await judged(entry) == (Verdict.KEPT, "")
    monkeypatch.delattr(TheirReader, "wait_removed")
    assert await judged(entries[0]) == (Verdict.BROKEN, "it is no IdentityCardReader: it lacks wait_removed")
