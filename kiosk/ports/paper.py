"""The printer of tickets and slips, and what became of paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from drivers.device import DeviceState, PaperSupply, PrintOutcome
from kiosk.slip_face import SlipFace
from kiosk.ticket_face import TicketFace
from kiosk.words import Language

Face: TypeAlias = TicketFace | SlipFace
"""What there is to print."""


@dataclass(frozen=True)
class Printed:
    """What became of a piece of paper. ``error`` is the printer's reason where it gave one.

    ``job`` names a print whose outcome is unknown and that the printer may confirm yet.
    """

    outcome: PrintOutcome
    error: str | None = None
    job: str | None = None


@dataclass(frozen=True)
class PrinterReport:
    """The printer as last heard. ``error`` is what keeps it from printing, if anything does."""

    paper: PaperSupply | None
    error: str | None
    state: DeviceState = DeviceState.ONLINE


class TicketPrinter(Protocol):
    """The receipt printer, as far as tickets go. Nothing is ever printed twice by itself."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    async def print(self, face: Face, language: Language, *, reprint: bool) -> Printed:
        """Print ``face``; never raises for a printer that cannot."""
        ...

    async def confirmed(self, job: str, seconds: float) -> bool:
        """Return whether the printer confirms ``job`` late, at the latest after ``seconds``. Nothing is printed."""
        ...

    async def report(self) -> PrinterReport:
        """Ask it how it is; never raises for a printer that does not answer."""
        ...
