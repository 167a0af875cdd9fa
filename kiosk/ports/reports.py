"""The printer of reports, and what became of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.device import PrintOutcome
from drivers.document_printer.printing import OnProgress


@dataclass(frozen=True)
class PrintedReport:
    """What became of a report.

    Attributes:
        outcome: whether all of it came out.
        error: why not, or why nobody knows.
        half: a part of it lies in the tray; ``None``: it may.
    """

    outcome: PrintOutcome
    error: str | None = None
    half: bool | None = False


class ReportPrinter(Protocol):
    """The printer of A4 pages. Nothing is ever printed twice by itself."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    async def print(self, document: bytes, job: str, told: OnProgress) -> PrintedReport:
        """Print a PDF; never raises for a printer or a document that cannot be.

        Args:
            document: the PDF.
            job: a name for it without anything of a person: it stands on the printer's panel.
            told: hears how far it is, and what holds it up.
        """
        ...

    async def cancel(self) -> bool:
        """Ask the report under way to end; tell whether there was one. How it ended says ``print``."""
        ...
