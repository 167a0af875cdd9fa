"""One piece of paper of a journey: printed at most once by itself, and what became of it told to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from drivers.device import PrintOutcome
from kiosk.log import where
from kiosk.ports import Face, Printed, PrintReport
from kiosk.screen import Screen, Tap
from kiosk.visit import Visit

_log = structlog.get_logger(__name__)


@dataclass
class Paper:
    """What became of the paper with a number, or with the numbers of a slip.

    Attributes:
        printed: its outcome, once it was printed in this visit.
        reprint: it was printed as a copy of paper that may be about; it stays one, whatever became of it.
        came: set when paper of which nobody knew came out after all.
    """

    printed: Printed | None = None
    reprint: bool = False
    came: asyncio.Event | None = None

    async def print(self, visit: Visit, face: Face, tickets: Sequence[str], screen: Screen, *, reprint: bool) -> None:
        """Print ``face``, while ``screen`` says so, and tell the server what became of the paper of ``tickets``."""
        with visit.busy():
            visit.show(screen)
            try:
                printed = await visit.world.devices.printer.print(face, visit.language, reprint=reprint)
            except Exception as error:  # noqa: BLE001 - the number stands, whatever went wrong about its paper
                _log.error("print_failed", exception_type=type(error).__name__, where=where(error))
                printed = Printed(PrintOutcome.UNKNOWN)
            self.settle(visit, tickets, printed, reprint=reprint)

    def settle(self, visit: Visit, tickets: Sequence[str], printed: Printed, *, reprint: bool) -> None:
        """Keep what became of it, tell the server, and wait for a confirmation that may come late."""
        self.printed, self.reprint = printed, reprint
        for ticket in tickets:
            visit.world.lobby.settle_print(ticket, _REPORTS[printed.outcome], reprint=reprint)
        self.came = visit.world.late_paper.note(tickets, printed, reprint=reprint)

    async def tapped_or_came(self, visit: Visit) -> Tap | None:
        """Return the next touch; ``None`` when the printer confirmed the paper late, and the screen may say so."""
        if self.came is None:
            return await visit.tapped()
        answer = await visit.answered_or(self.came.wait())
        if isinstance(answer, Tap):
            return answer
        self.printed, self.came = Printed(PrintOutcome.DONE), None
        return None


_REPORTS: dict[PrintOutcome, PrintReport] = {
    PrintOutcome.DONE: "done",
    PrintOutcome.NOT_DONE: "not_done",
    PrintOutcome.UNKNOWN: "unknown",
}
