"""One payment at the card terminal, and giving one back: steps for the journeys that cost something.

Money is asked for once. What is unknown is asked about and never asked for again; only what certainly was not taken may
be paid anew, by the patient's own touch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

import structlog

from drivers.payment_terminal.port import PaymentOutcome, Stage
from kiosk.device_errors import payment_fault, refund_fault
from kiosk.faults import FaultError
from kiosk.journeys.ending import asked_to_end
from kiosk.journeys.payment_screens import (
    CANCEL,
    WAITS_FOR_PATIENT,
    asking_screen,
    paid_screen,
    pay_screen,
    refunded_screen,
    refunding_screen,
)
from kiosk.journeys.walk import Went
from kiosk.log import where
from kiosk.money import yuan
from kiosk.ports import CardTerminal, OnStage, Paid
from kiosk.visit import Visit

_log = structlog.get_logger(__name__)


@dataclass
class Payment:
    """One payment.

    Attributes:
        amount_fen: how much.
        reference: a name for it without anything of a person.
        paid: what became of it, once it was tried.
    """

    amount_fen: int
    reference: str
    paid: Paid | None = None
    _tries: int = 0
    _is_doubtful: bool = False
    _ended_because: str | None = None

    async def take(self, visit: Visit) -> Went:
        """Have the patient pay; one whose outcome is unknown is asked about instead, and what was taken is not again.

        Raises:
            FaultError: no money was taken, or nobody knows.
        """
        if self.paid is not None and self.paid.outcome is PaymentOutcome.DONE:
            return Went.COMMITTED
        terminal, amount = visit.world.terminal, yuan(self.amount_fen)
        if terminal is None:
            raise FaultError("terminal_failed")
        with visit.busy():
            if self.paid is not None and self.paid.outcome is PaymentOutcome.UNKNOWN:
                self._is_doubtful = True
                visit.show(asking_screen(amount))
                self.paid = await _settled(terminal.find_out())
            else:
                self.paid = await self._asked_for(visit, terminal)
        if self.paid.outcome is PaymentOutcome.NOT_DONE and self.paid.error in {"aborted", "canceled"}:
            raise FaultError(self._ended_because or "payment_cancelled")
        fault = payment_fault(self.paid, amount, asked=self._is_doubtful)
        if fault is not None:
            raise fault
        if self._is_doubtful or self._ended_because is not None:
            await visit.ask(paid_screen(amount), idle=visit.world.durations.ticket)
        return Went.COMMITTED

    async def _asked_for(self, visit: Visit, terminal: CardTerminal) -> Paid:
        """Ask for the money, show what the terminal is doing, and end it where the patient wants or does nothing."""
        self._tries += 1
        self._is_doubtful, self._ended_because = False, None
        stages: asyncio.Queue[Stage] = asyncio.Queue()
        reference = f"{self.reference}-{self._tries}"
        paying = asyncio.ensure_future(_settled(terminal.pay(self.amount_fen, reference, stages.put_nowait)))
        stage, is_heard = Stage.WAIT, False
        late = asyncio.ensure_future(_until_late(visit, stage))
        try:
            while True:
                visit.show_changed(pay_screen(yuan(self.amount_fen), stage, ending=self._ended_because is not None))
                news = await self._news(visit, paying, late, stages)
                if news is None:
                    return await paying
                said, unwanted = news
                if self._ended_because is None and stage in WAITS_FOR_PATIENT:
                    self._ended_because = unwanted
                if said is not None:
                    stage = said
                    self._is_doubtful = self._is_doubtful or stage is Stage.ASKING
                    late.cancel()
                    late = asyncio.ensure_future(_until_late(visit, stage))
                if self._ended_because is not None and not is_heard and stage in WAITS_FOR_PATIENT:
                    is_heard = await asked_to_end(terminal.cancel)
        finally:
            for task in (paying, late):
                task.cancel()
            await asyncio.gather(paying, late, return_exceptions=True)

    async def _news(
        self, visit: Visit, paying: asyncio.Future[Paid], late: asyncio.Future[None], stages: asyncio.Queue[Stage]
    ) -> tuple[Stage | None, str | None] | None:
        """Wait for what comes next: ``None``, it is over; the terminal's stage, why it is to be ended, or both."""
        staged, tapped = asyncio.ensure_future(stages.get()), asyncio.ensure_future(_cancelled(visit))
        waits: set[asyncio.Future[Paid] | asyncio.Future[Stage] | asyncio.Future[None]] = {paying, staged, tapped}
        if self._ended_because is None:
            waits.add(late)
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if paying.done():
                return None
            said = staged.result() if staged.done() else None
            if tapped.done():
                return said, "payment_cancelled"
            return said, "payment_timed_out" if said is None else None
        finally:
            for task in (staged, tapped):
                task.cancel()
            await asyncio.gather(staged, tapped, return_exceptions=True)


@dataclass
class Refund:
    """Giving one payment back.

    Attributes:
        receipt: the terminal's number of the payment.
        amount_fen: how much.
        reference: a name for it without anything of a person.
        given: what became of it, once it was tried.
    """

    receipt: int
    amount_fen: int
    reference: str
    given: Paid | None = None
    _tries: int = 0

    async def give(self, visit: Visit) -> Went:
        """Have the terminal give the money back; where nobody knows whether it did, it is asked instead.

        Raises:
            FaultError: the money is not back, or nobody knows.
        """
        if self.given is not None and self.given.outcome is PaymentOutcome.DONE:
            return Went.COMMITTED
        terminal, amount = visit.world.terminal, yuan(self.amount_fen)
        if terminal is None:
            raise FaultError("refund_failed", amount=amount)
        with visit.busy():
            if self.given is not None and self.given.outcome is PaymentOutcome.UNKNOWN:
                visit.show(refunding_screen(amount, Stage.ASKING))
                self.given = await _settled(terminal.find_out())
            else:
                self._tries += 1
                visit.show(refunding_screen(amount, Stage.WAIT))
                told = _shown_on(visit, amount)
                reference = f"{self.reference}-{self._tries}"
                self.given = await _settled(terminal.take_back(self.receipt, self.amount_fen, reference, told))
        fault = refund_fault(self.given, amount)
        if fault is not None:
            raise fault
        await visit.ask(refunded_screen(amount), idle=visit.world.durations.ticket)
        return Went.COMMITTED


def _shown_on(visit: Visit, amount: str) -> OnStage:
    def told(stage: Stage) -> None:
        visit.show_changed(refunding_screen(amount, stage))

    return told


async def _until_late(visit: Visit, stage: Stage) -> None:
    """Return when nobody has done for long what ``stage`` waits for; the bank is given all the time it takes."""
    if stage not in WAITS_FOR_PATIENT:
        await asyncio.Event().wait()
    await visit.world.clock.sleep(visit.world.durations.payment)


async def _cancelled(visit: Visit) -> None:
    while (await visit.tapped()).verb != CANCEL:
        pass


async def _settled(moving: Awaitable[Paid]) -> Paid:
    """What became of it. After a mistake of this kiosk nobody knows, whatever the terminal did."""
    try:
        return await moving
    except Exception as error:  # noqa: BLE001 - money may have moved, whatever went wrong here
        _log.error("payment_not_followed", exception_type=type(error).__name__, where=where(error))
        return Paid(PaymentOutcome.UNKNOWN)
