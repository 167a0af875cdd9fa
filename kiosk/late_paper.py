"""Paper that is confirmed late: a ticket told as unknown is told as printed once the printer says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
    tickets: tuple[str, ...]
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
        self._waiting: list[_Late] = []
        self._news = asyncio.Event()

    def note(self, tickets: Sequence[str], printed: Printed, *, reprint: bool) -> asyncio.Event | None:
        """Note how a print of ``tickets``, all on one paper, ended, and wait for its confirmation where that may come.

        Whatever is known of a later print of a ticket counts; an earlier one is not waited for any more.

        Returns:
            What is set when the paper came out after all; ``None`` where that will not be learnt.
        """
        self._waiting = [late for late in self._waiting if not set(late.tickets) & set(tickets)]
        if printed.outcome is not PrintOutcome.UNKNOWN or printed.job is None:
            return None
        late = _Late(tuple(tickets), printed.job, reprint)
        self._waiting = [*self._waiting, late][-MOST:]
        self._news.set()
        return late.came

    async def run(self) -> None:
        """Wait for what is noted, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                late = self._waiting[0]
                is_confirmed = await self._is_confirmed(late)
                if late not in self._waiting:
                    continue  # printed again meanwhile, and that was told
                self._waiting.remove(late)
                if is_confirmed:
                    _log.info("print_confirmed_late", outcome=PrintOutcome.DONE.value, reprint=late.reprint)
                    for ticket in late.tickets:
                        self._lobby.settle_print(ticket, "done", reprint=late.reprint)
                    late.came.set()

    async def _is_confirmed(self, late: _Late) -> bool:
        for _ in range(TRIES):
            if await self._printer.confirmed(late.job, LISTEN):
                return True
            await self._clock.sleep(PAUSE)
            if late not in self._waiting:
                break
        return False
