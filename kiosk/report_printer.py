"""The kiosk's printer of reports behind its port."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.device import Device
from drivers.document_printer.port import PagePrinter
from drivers.document_printer.printing import OnProgress
from drivers.supervisor import Supervisor
from kiosk.devices import LOST
from kiosk.ports import PrintedReport


class DriverReportPrinter:
    """The ``ReportPrinter`` port on a supervised printer of pages.

    Args:
        device: the printer.
        supervisor: who keeps it open; told when a print ended without an answer.
    """

    def __init__(self, device: PagePrinter, supervisor: Supervisor) -> None:
        self._device = device
        self._supervisor = supervisor

    @property
    def name(self) -> str:
        """See ``ReportPrinter``."""
        return self._device.info.name

    async def print(self, document: bytes, job: str, told: OnProgress) -> PrintedReport:
        """See ``ReportPrinter``."""
        result = await self._device.print(document, job=job, on_progress=told)
        if result.error in LOST:
            self._supervisor.report_lost(self.name)
        return PrintedReport(result.outcome, result.error, result.half_printed)

    async def cancel(self) -> bool:
        """See ``ReportPrinter``."""
        return await self._device.cancel()


def report_printer_among(held: Sequence[Device], supervisor: Supervisor) -> DriverReportPrinter | None:
    """Find the printer of reports among the kiosk's parts; ``None`` where there is none."""
    return next(
        (
            DriverReportPrinter(one, supervisor)
            for one in held
            if one.info.kind == "document_printer" and isinstance(one, PagePrinter)
        ),
        None,
    )
