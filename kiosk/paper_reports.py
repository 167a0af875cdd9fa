"""What became of paper, told to the server: kept until the server has it, also over a restart."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Iterable

import structlog

from kiosk.asking import Asking
from kiosk.data import DataError, DataFolder
from kiosk.faults import is_for_now
from kiosk.ports import Clock, LobbyError, PrintReport, RefusedError
from queue_server.contract import Done, PrintAsked, TicketView

_log = structlog.get_logger(__name__)

AGAIN = 5.0
"""Seconds until a report that could not be made is made again: nothing else wakes it while the feed lives."""
REMEMBERED = 256
"""Tickets of which this kiosk knows that their paper is its own to tell of."""


class PaperReports:
    """Reports outcomes, one after the other, whenever the server is in reach.

    Args:
        asking: how the server is asked.
        folder: where outcomes wait.
        clock: for pauses.
        is_online: whether the server is in reach.
    """

    def __init__(self, asking: Asking, folder: DataFolder, clock: Clock, is_online: Callable[[], bool]) -> None:
        self._asking = asking
        self._folder = folder
        self._clock = clock
        self._is_online = is_online
        self._unsettled = folder.prints()
        self._given: deque[str] = deque(maxlen=REMEMBERED)
        self._answer_was_lost = False
        self._is_to_look = True
        self._to_do = asyncio.Event()

    def settle(self, ticket: str, outcome: PrintReport, *, reprint: bool) -> None:
        """Report that the paper of ``ticket`` ended so."""
        self._unsettled.append(PrintAsked(command_id=uuid.uuid4(), ticket=ticket, outcome=outcome, reprint=reprint))
        self._keep()
        self._to_do.set()

    def given(self, tickets: Iterable[str]) -> None:
        """The patient was given ``tickets``: what becomes of their paper will be settled."""
        self._given.extend(tickets)

    def answer_lost(self) -> None:
        """A number may have been issued that this kiosk does not know of; the patient may ask for it again."""
        self._answer_was_lost = True

    def visit_over(self) -> None:
        """Nobody asks again: look for numbers whose answer was lost, since nobody has their paper."""
        if self._answer_was_lost:
            self._answer_was_lost = False
            self._is_to_look = True
            self._to_do.set()

    def in_reach(self) -> None:
        """The server is in reach again."""
        self._to_do.set()

    async def look(self) -> None:
        """Of tickets whose paper nobody knows of, tell the server just that. Once, after a start or a lost answer.

        Raises:
            LobbyError: the server could not be asked; it will be.
        """
        if not self._is_to_look:
            return
        pending = await self._asking.get("/api/kiosk/pending-prints", list[TicketView])
        self._is_to_look = False
        known = {asked.ticket for asked in self._unsettled}.union(self._given)
        for view in pending:
            if view.ticket not in known:
                self.settle(view.ticket, "unknown", reprint=False)

    async def run(self) -> None:
        """Report what there is to report, until cancelled."""
        while True:
            await self._to_do.wait()
            self._to_do.clear()
            while self._is_online() and (self._is_to_look or self._unsettled):
                if not await (self._has_looked() if self._is_to_look else self._has_settled()):
                    await self._clock.sleep(AGAIN)

    async def _has_looked(self) -> bool:
        try:
            await self.look()
        except LobbyError as error:
            _log.debug("pending_prints_not_known", exception_type=type(error).__name__)
            return False
        return True

    async def _has_settled(self) -> bool:
        """Report one; tell whether the server has it, or will never take it."""
        asked = self._unsettled[0]
        try:
            await self._asking.post("/api/kiosk/print", asked, Done)
        except RefusedError as refused:
            _log.warning("print_report_refused", code=refused.problem.code)
            if is_for_now(refused.problem):
                return False
        except LobbyError as error:
            _log.debug("print_report_waits", exception_type=type(error).__name__)
            return False
        self._unsettled.remove(asked)
        self._keep()
        return True

    def _keep(self) -> None:
        try:
            self._folder.keep_prints(self._unsettled)
        except DataError as error:
            # The outcome is still held in memory, and a restart would ask about the ticket as pending.
            _log.error("prints_not_kept", exception_type=type(error).__name__, pending=len(self._unsettled))
