"""The kiosk's real devices behind its ports."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import date
from typing import TypeVar

import structlog

from drivers.device import DeviceError, DeviceState, PaperSupply, PrintOutcome
from drivers.identity_card.port import IdentityCardReader
from drivers.receipt_printer.document import Block, Document, DocumentError, Picture, Space
from drivers.receipt_printer.port import ReceiptPrinter
from drivers.receipt_printer.result import PrintResult
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.supervisor import Supervisor
from kiosk.entries import make_first
from kiosk.ports import CardHolder, Face, Printed, PrinterReport
from kiosk.slip_document import slip_document
from kiosk.slip_face import SlipFace
from kiosk.ticket_document import ticket_document
from kiosk.words import Catalogue, Language

_log = structlog.get_logger(__name__)
_Kind = TypeVar("_Kind")
_Answer = TypeVar("_Answer")

LOST = frozenset({"gone", "timeout", "no_device"})
"""Errors after which the supervisor should look at the device now."""

READ_SECONDS = 3.0
"""For the card to be found once more before it is read: it was there a moment ago."""


class Reader:
    """The ``CardReader`` port on a supervised ``IdentityCardReader``.

    Args:
        device: the reader.
        supervisor: who keeps it open; told when a command ended without an answer.
        today: the server's day, by which a card is valid or not.
    """

    def __init__(self, device: IdentityCardReader, supervisor: Supervisor, today: Callable[[], date]) -> None:
        self._device = device
        self._supervisor = supervisor
        self._today = today

    @property
    def name(self) -> str:
        """See ``CardReader``."""
        return self._device.info.name

    async def wait_for_card(self, seconds: float) -> bool:
        """See ``CardReader``."""
        return await self._answer(self._device.wait_for_card(seconds))

    async def read(self) -> CardHolder:
        """See ``CardReader``."""
        document = await self._answer(self._device.read(READ_SECONDS))
        return CardHolder(number=document.number, name=document.name, expired=not document.valid_on(self._today()))

    async def wait_removed(self, seconds: float) -> bool:
        """See ``CardReader``."""
        return await self._answer(self._device.wait_removed(seconds))

    async def _answer(self, command: Awaitable[_Answer]) -> _Answer:
        """Await ``command``; a reader that is lost is looked after at once."""
        try:
            return await command
        except DeviceError as error:
            if error.error in LOST:
                self._supervisor.report_lost(self._device.info.name)
            raise

    def state(self) -> DeviceState:
        """See ``CardReader``."""
        return self._supervisor.state(self._device.info.name)


class Printer:
    """The ``TicketPrinter`` port on a supervised ``ReceiptPrinter``.

    Args:
        device: the printer.
        supervisor: who keeps it open; told when a print ended without an answer.
        catalogue: the words.
        logo: the hospital's, at the head of all that is printed.
    """

    def __init__(
        self, device: ReceiptPrinter, supervisor: Supervisor, catalogue: Catalogue, logo: Picture | None = None
    ) -> None:
        self._device = device
        self._supervisor = supervisor
        self._catalogue = catalogue
        self._head: tuple[Block, ...] = () if logo is None else (logo, Space(1))
        self._jobs = itertools.count(1)
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    @property
    def name(self) -> str:
        """See ``TicketPrinter``."""
        return self._device.info.name

    async def print(self, face: Face, language: Language, *, reprint: bool) -> Printed:
        """See ``TicketPrinter``."""
        self._at_rest.clear()
        try:
            return await self._print(face, language, reprint=reprint)
        finally:
            self._at_rest.set()

    async def _print(self, face: Face, language: Language, *, reprint: bool) -> Printed:
        try:
            result = await self._composed_and_printed(face, language, reprint=reprint)
        except DocumentError as error:  # while it is composed or laid out: nothing has gone to the printer
            _log.error("ticket_not_composed", exception_type=type(error).__name__)
            return Printed(PrintOutcome.NOT_DONE, "bad_document")
        if result.error in LOST:
            self._supervisor.report_lost(self._device.info.name)
        may_be_confirmed = result.outcome is PrintOutcome.UNKNOWN
        return Printed(result.outcome, result.error, result.job if may_be_confirmed else None)

    async def _composed_and_printed(self, face: Face, language: Language, *, reprint: bool) -> PrintResult:
        compose = slip_document if isinstance(face, SlipFace) else ticket_document
        document = compose(face, self._catalogue, language, reprint=reprint)  # type: ignore[arg-type]  # by its kind
        document = Document((*self._head, *document.blocks))
        return await self._device.print(document, job=f"ticket-{next(self._jobs)}")

    async def confirmed(self, job: str, seconds: float) -> bool:
        """See ``TicketPrinter``. Begins between prints; it only listens, so that a print may begin meanwhile."""
        await self._at_rest.wait()
        return await self._device.settle(job, timeout=seconds) is PrintOutcome.DONE

    async def report(self) -> PrinterReport:
        """See ``TicketPrinter``."""
        status = await self._device.status()
        return PrinterReport(status.paper or PaperSupply.UNKNOWN, status.error, status.device)


class KioskDevices:
    """The ``Devices`` port."""

    def __init__(self, reader: Reader, printer: Printer) -> None:
        self._reader = reader
        self._printer = printer

    @property
    def reader(self) -> Reader:
        """The identity card reader."""
        return self._reader

    @property
    def printer(self) -> Printer:
        """The receipt printer."""
        return self._printer


def make_devices(entries: list[DeviceEntry]) -> tuple[IdentityCardReader, ReceiptPrinter]:
    """Make the kiosk's reader and printer: of each kind, the first entry.

    Raises:
        ConfigurationError: there is none, or its driver is not one that the kiosk can use.
    """
    reader = _needed(entries, "identity_card", IdentityCardReader)  # type: ignore[type-abstract]  # a driver is only asked
    printer = _needed(entries, "receipt_printer", ReceiptPrinter)  # type: ignore[type-abstract]  # the same
    return reader, printer


def _needed(entries: list[DeviceEntry], kind: str, wanted: type[_Kind]) -> _Kind:
    device = make_first(entries, kind, wanted)
    if device is None:
        raise ConfigurationError(f"devices.toml has no device of the kind {kind}, and a kiosk needs one.")
    return device
