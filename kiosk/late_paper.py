"""Paper that is confirmed late: a ticket told as unknown is told as printed once the printer says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from drivers.device import PrintOutcome
from kiosk.ports import Clock, Lobby, Printed, TicketPrinter

_log = structlog.get_logger(__name__)

TRIES = 4
LISTEN = 15.0
"""Seconds of one try."""
PAUSE = 2.0
"""Seconds between two: on a line that is gone a try ends at once."""
MOST = 32
"""Prints waited for at once, as many as the printer's driver remembers; a printer that never confirms adds up."""


@dataclass(eq=False)
class _Late:
    ticket: str
    job: str
    reprint: bool
    came: asyncio.Event = field(default_factory=asyncio.Event)


class LatePaper:
    """Waits for confirmations, one print after the other, for a bounded time each. Never prints.

    Args:
        printer: who may confirm.
        lobby: who is told.
        clock: for the pauses.
    """

    def __init__(self, printer: TicketPrinter, lobby: Lobby, clock: Clock) -> None:
        self._printer = printer
        self._lobby = lobby
        self._clock = clock
        self._waiting: dict[str, _Late] = {}
        self._news = asyncio.Event()

    def note(self, ticket: str, printed: Printed, *, reprint: bool) -> asyncio.Event | None:
        """Note how a print of ``ticket`` ended, and wait for its confirmation where that may come.

        Whatever is known of a later print of a ticket counts; an earlier one is not waited for any more.

        Returns:
            What is set when the paper came out after all; ``None`` where that will not be learnt.
        """
        self._waiting.pop(ticket, None)
        if printed.outcome is not PrintOutcome.UNKNOWN or printed.job is None:
            return None
        late = self._waiting[ticket] = _Late(ticket, printed.job, reprint)
        if len(self._waiting) > MOST:
            del self._waiting[next(iter(self._waiting))]
        self._news.set()
        return late.came

    async def run(self) -> None:
        """Wait for what is noted, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                late = next(iter(self._waiting.values()))
                is_confirmed = await self._is_confirmed(late)
                if self._waiting.get(late.ticket) is not late:
                    continue  # printed again meanwhile, and that was told
                del self._waiting[late.ticket]
                if is_confirmed:
                    _log.info("print_confirmed_late", outcome=PrintOutcome.DONE.value, reprint=late.reprint)
                    self._lobby.settle_print(late.ticket, "done", reprint=late.reprint)
                    late.came.set()

    async def _is_confirmed(self, late: _Late) -> bool:
        for _ in range(TRIES):
            if await self._printer.confirmed(late.job, LISTEN):
                return True
            await self._clock.sleep(PAUSE)
            if self._waiting.get(late.ticket) is not late:
                break
        return False
