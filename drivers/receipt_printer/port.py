"""A receipt printer as its user sees it, whoever wrote its driver."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from drivers.device import Device, PrintOutcome
from drivers.receipt_printer.document import Document
from drivers.receipt_printer.result import PrintResult
from drivers.receipt_printer.status import PrinterStatus


@runtime_checkable
class ReceiptPrinter(Device, Protocol):
    """A printer of tickets. One that speaks no ESC/POS has a driver of its own (docs/driver-template.md)."""

    @property
    def dots(self) -> int:
        """How many dots are side by side on its paper; a logo is made to fit them."""
        ...

    async def print(self, document: Document, *, job: str) -> PrintResult:
        """Print one ticket and cut it.

        Never prints twice, and never raises for a printer's failure: the result says what happened.

        Args:
            document: what is on it.
            job: the caller's name for this printing, for ``settle``.
        """
        ...

    async def settle(self, job: str, *, timeout: float) -> PrintOutcome:
        """Wait up to ``timeout`` seconds for a late confirmation of a job whose outcome was ``UNKNOWN``.

        Returns:
            ``DONE`` when it came; else ``UNKNOWN``: a person has to look.
        """
        ...

    async def status(self) -> PrinterStatus:
        """Ask the printer. Never raises for one that is down or mute: its status says so."""
        ...
