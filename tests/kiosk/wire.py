"""A kiosk of real drivers, whose devices are simulators at the wire: processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from drivers.device import DeviceEvent
from drivers.identity_card.driver import ResidentIdReader
from drivers.identity_card.driver import Timing as ReaderTiming
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.job import Timing as PrinterTiming
from drivers.receipt_printer.profile import PROFILES
from drivers.supervisor import Pace, Supervisor
from kiosk.attendant import Attendant
from kiosk.devices import KioskDevices, Printer, Reader
from kiosk.journeys.showing import LOOK
from kiosk.screen import Kind, Screen
from kiosk.visit import World
from kiosk.words import Catalogue
from tests.drivers.conftest import SimulatorProcess
from tests.kiosk.fakes import Room
from tests.kiosk.rig import STILL

CARD = {"kind": "resident", "name": "王秀英", "birth": "19491231", "sex": "2", "valid_to": "20400101"}
TODAY = date(2026, 11, 20)
DEADLINE = 30.0

# What must come is given far more time than it needs, so that a busy machine decides nothing; what never comes is not
# waited for longer than tests are patient.
PRINTER_PATIENT = PrinterTiming(connect=10, answer=10, stall=10, margin=20, look=0.02, resume=0)
"""For what must come."""
PRINTER_AGAIN = replace(PRINTER_PATIENT, answer=2)
"""For what must come after a silence: the driver waits once for the answers that were owed, for ``answer`` seconds."""
PRINTER_MUTE = replace(PRINTER_AGAIN, answer=0.4)
"""For answers that do not come."""
PRINTER_UNCONFIRMED = replace(PRINTER_AGAIN, margin=0.4)
"""For a confirmation that does not come, although all else is answered."""
PRINTER_STUCK = replace(PRINTER_UNCONFIRMED, stall=1)
"""For data that is not taken, although what was asked before is answered."""
READER_PATIENT = ReaderTiming(patience=4, poll=0.02, margin=2, gap=1.5)
READER_MUTE = ReaderTiming(patience=0.2, poll=0.02, margin=0.2)
"""For answers that do not come."""
READER_CUT_SHORT = replace(READER_PATIENT, gap=0.2)
"""For the rest of answers that does not come."""
READER_OF_4800 = ReaderTiming(patience=0.2, poll=0.02, margin=2, gap=2)
"""Too little for a card's 1.3 kB at 4,800 baud, unless the line's own 2.7 s are added."""

AT_ONCE = Pace(check=3600, first=0.02, longest=0.1)
"""The supervisor looks when it is told of a loss, so that no health check meets a fault meant for the kiosk."""


class FarEnds:
    """A simulated reader on a serial line, reached through a link, and a simulated printer on the network."""

    def __init__(self, folder: Path) -> None:
        self.link = folder / "id-card"
        self.reader = SimulatorProcess("drivers.identity_card.simulator", "--pty", "--link", str(self.link), "--fast")
        self.printer = SimulatorProcess("drivers.receipt_printer.simulator", "--tcp", "127.0.0.1:0", "--fast")
        self._cut_before = 0

    def mend(self) -> None:
        """Do what staff do: everything is plugged in, loaded, closed and free, and no fault stands."""
        for one in (self.reader, self.printer):
            one.tell("clear_fault")
            one.tell("plug")
        self.printer.tell("paper", state="load")
        self.printer.tell("cover", state="closed")
        self.printer.tell("cutter", state="free")
        self.printer.tell("head", state="cool")
        self.printer.tell("failure", state="none")

    def clear(self) -> None:
        """Make everything as new; tickets are counted from here."""
        self.mend()
        self.reader.tell("remove")
        self.printer.tell("power_cycle")
        self.printer.tell("tear")
        self._cut_before = len(self.printer.tell("jobs")["jobs"])

    def tickets(self) -> list[bool]:
        """Of each ticket cut off since ``clear``: whether it is whole."""
        return [job["complete"] for job in self.printer.tell("jobs")["jobs"][self._cut_before :]]

    def end(self) -> None:
        self.reader.end()
        self.printer.end()


@contextlib.asynccontextmanager
async def wired_devices(far_ends: FarEnds) -> AsyncIterator[WiredDevices]:
    """Real drivers on the far ends, in use."""
    reader = ResidentIdReader("reader", far_ends.reader.url, timing=READER_PATIENT)
    profile = replace(PROFILES["80mm"], speed_mm_s=5000.0)  # the simulated paper takes no time either
    printer = EscPosPrinter("printer", far_ends.printer.url, profile, timing=PRINTER_PATIENT)
    async with Supervisor([reader, printer], pace=AT_ONCE) as supervisor:
        await supervisor.device("reader")
        await supervisor.device("printer")
        yield WiredDevices(reader, printer, supervisor)


class WiredDevices(KioskDevices):
    """The kiosk's devices, with their drivers and who watches them in a test's hands."""

    def __init__(self, reader: ResidentIdReader, printer: EscPosPrinter, supervisor: Supervisor) -> None:
        super().__init__(Reader(reader, supervisor, lambda: TODAY), Printer(printer, supervisor, Catalogue.load()))
        self.reader_driver = reader
        self.printer_driver = printer
        self.supervisor = supervisor


class WiredRoom(Room):
    """A kiosk on real drivers, and the hands of its patients."""

    def __init__(self, far_ends: FarEnds, devices: WiredDevices) -> None:
        super().__init__()
        self.far_ends = far_ends
        self.reader_driver = devices.reader_driver
        self.printer_driver = devices.printer_driver
        self._news = devices.supervisor.events()
        self.world = World(self.ui, devices, self.lobby, self.voice, self.clock, STILL, scanner=False)

    async def to_card(self) -> None:
        if (await self.ui.until(lambda screen: screen.quiet)).kind is not Kind.START:
            await self.clock.pass_time(LOOK)  # the reader is back, and the kiosk looks
        await self.ui.until_kind(Kind.START)
        self.ui.tap("start")
        await self.ui.until_key("card.title")

    def lay(self, document: dict[str, str] = CARD) -> None:
        self.far_ends.reader.tell("lay", document=document)

    async def ticket(self) -> Screen:
        """Confirm and wait for the ticket's screen, whatever becomes of the paper."""
        await self.ui.until_kind(Kind.CONFIRM)
        self.ui.tap("confirm")
        return await self.ui.until_kind(Kind.TICKET)

    async def leave(self) -> None:
        """End the visit and take the card along."""
        self.ui.tap("home" if self.ui.screen.home else "finish")
        self.far_ends.reader.tell("remove")
        await self.ui.until(lambda screen: screen.quiet)

    async def until_event(self, device: str, kind: str) -> DeviceEvent:
        """Wait until the supervisor tells ``kind`` of ``device``: ``gone`` or ``back``."""
        async with asyncio.timeout(DEADLINE):
            async for event in self._news:
                if (event.device, event.kind) == (device, kind):
                    return event
        raise LookupError(f"The supervisor ended before {device} was {kind}.")


@contextlib.asynccontextmanager
async def wired(far_ends: FarEnds, *, scanner: bool = False) -> AsyncIterator[WiredRoom]:
    """A kiosk that serves one patient after another, with everything as new.

    ``scanner``: it has one, which types into the window.
    """
    far_ends.clear()
    async with wired_devices(far_ends) as devices:
        room = WiredRoom(far_ends, devices)
        room.world = replace(room.world, scanner=scanner)
        serving = asyncio.ensure_future(Attendant(room.world).run())
        try:
            yield room
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    far_ends.mend()
