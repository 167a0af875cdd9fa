"""Printing one report of a patient's: a step for the journeys that end on paper of A4.

It is printed at most once by itself. What certainly did not come out may be printed again by the patient's own touch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field

import structlog

from drivers.device import PrintOutcome
from drivers.document_printer.printing import Progress
from kiosk.device_errors import report_fault
from kiosk.faults import FaultError
from kiosk.journeys.ending import asked_to_end
from kiosk.journeys.report_screens import CANCEL, report_screen
from kiosk.journeys.walk import Went
from kiosk.log import where
from kiosk.ports import PrintedReport, ReportPrinter
from kiosk.visit import Visit

_log = structlog.get_logger(__name__)


@dataclass
class Report:
    """One report on its way to paper.

    Attributes:
        document: the PDF.
        job: a name for it without anything of a person: it stands on the printer's panel.
        printed: what became of it, once it was tried.
    """

    document: bytes = field(repr=False)
    job: str
    printed: PrintedReport | None = None

    async def print(self, visit: Visit) -> Went:
        """Print it.

        Raises:
            FaultError: it did not come out, or not all of it, or nobody knows.
        """
        printer = visit.world.report_printer
        if printer is None:
            raise FaultError("report_printer_failed")
        with visit.busy():
            self.printed = await self._followed(visit, printer)
        fault = report_fault(self.printed)
        if fault is not None:
            raise fault
        return Went.COMMITTED

    async def _followed(self, visit: Visit, printer: ReportPrinter) -> PrintedReport:
        """Print it, show how far it is, and end it where the patient wants that."""
        news: asyncio.Queue[Progress] = asyncio.Queue()
        printing = asyncio.ensure_future(_settled(printer.print(self.document, self.job, news.put_nowait)))
        progress: Progress | None = None
        is_ending = is_heard = False
        try:
            while True:
                visit.show_changed(report_screen(progress, visit.world.lobby.hall, ending=is_ending))
                printed, told, is_unwanted = await _next(visit, printing, news)
                if printed is not None:
                    return printed
                progress = told or progress
                is_ending = is_ending or is_unwanted
                if is_ending and not is_heard:
                    is_heard = await asked_to_end(printer.cancel)
        finally:
            printing.cancel()
            await asyncio.gather(printing, return_exceptions=True)


async def _next(
    visit: Visit, printing: asyncio.Future[PrintedReport], news: asyncio.Queue[Progress]
) -> tuple[PrintedReport | None, Progress | None, bool]:
    """Wait for what comes next: what became of it, how far it is, and whether the patient does not want it."""
    told, tapped = asyncio.ensure_future(news.get()), asyncio.ensure_future(_cancelled(visit))
    waits: set[asyncio.Future[PrintedReport] | asyncio.Future[Progress] | asyncio.Future[None]]
    waits = {printing, told, tapped}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return (
            printing.result() if printing.done() else None,
            told.result() if told.done() else None,
            tapped.done(),
        )
    finally:
        for task in (told, tapped):
            task.cancel()
        await asyncio.gather(told, tapped, return_exceptions=True)


async def _cancelled(visit: Visit) -> None:
    while (await visit.tapped()).verb != CANCEL:
        pass


async def _settled(printing: Awaitable[PrintedReport]) -> PrintedReport:
    """What became of it. After a mistake of this kiosk nobody knows, whatever the printer did."""
    try:
        return await printing
    except Exception as error:  # noqa: BLE001 - pages may lie in the tray, whatever went wrong here
        _log.error("report_not_followed", exception_type=type(error).__name__, where=where(error))
        return PrintedReport(PrintOutcome.UNKNOWN)
