"""The kiosk's card terminal behind its port."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Final

import structlog

from drivers.device import Device, DeviceError
from drivers.payment_terminal.port import Attempt, OnProgress, PaymentOutcome, PaymentResult, Progress, Terminal
from drivers.supervisor import Supervisor
from kiosk.devices import LOST
from kiosk.ports import OnStage, Paid

_log = structlog.get_logger(__name__)

NOTHING_OPEN: Final = "nothing_open"
"""Asked what became of a payment, where none is open."""


class DriverTerminal:
    """The ``CardTerminal`` port on a supervised terminal.

    Args:
        device: the terminal.
        supervisor: who keeps it open; told when a command ended without an answer.
    """

    def __init__(self, device: Terminal, supervisor: Supervisor) -> None:
        self._device = device
        self._supervisor = supervisor
        self._open: Attempt | None = None

    @property
    def name(self) -> str:
        """See ``CardTerminal``."""
        return self._device.info.name

    async def pay(self, amount_fen: int, reference: str, told: OnStage) -> Paid:
        """See ``CardTerminal``."""
        return await self._moved(self._device.authorise(amount_fen, reference, on_progress=_stage_to(told)))

    async def take_back(self, receipt: int, amount_fen: int, reference: str, told: OnStage) -> Paid:
        """See ``CardTerminal``."""
        return await self._moved(self._device.reverse(receipt, amount_fen, reference, on_progress=_stage_to(told)))

    async def find_out(self) -> Paid:
        """See ``CardTerminal``."""
        attempt = self._device.unsettled or self._open
        if attempt is None:
            return Paid(PaymentOutcome.UNKNOWN, NOTHING_OPEN)
        try:
            return self._heard(await self._device.enquire(attempt))
        except DeviceError as error:
            self._look(error.error)
            return Paid(PaymentOutcome.UNKNOWN, error.error)

    async def cancel(self) -> bool:
        """See ``CardTerminal``."""
        return await self._device.abort()

    async def _moved(self, moving: Awaitable[PaymentResult]) -> Paid:
        try:
            return self._heard(await moving)
        except DeviceError as error:  # before anything was sent that could move money
            _log.info("payment_not_begun", device=self.name, error=error.error)
            self._look(error.error)
            return Paid(PaymentOutcome.NOT_DONE, error.error)

    def _heard(self, result: PaymentResult) -> Paid:
        self._open = result.attempt if result.outcome is PaymentOutcome.UNKNOWN else None
        self._look(result.error)
        return Paid(result.outcome, result.error, None if result.mark is None else result.mark.receipt)

    def _look(self, error: str | None) -> None:
        """Have a terminal that is lost looked after at once."""
        if error in LOST:
            self._supervisor.report_lost(self.name)


def _stage_to(told: OnStage) -> OnProgress:
    def passed_on(progress: Progress) -> None:
        told(progress.stage)

    return passed_on


def terminal_among(held: Sequence[Device], supervisor: Supervisor) -> DriverTerminal | None:
    """Find the card terminal among the kiosk's parts; ``None`` where there is none."""
    return next((DriverTerminal(one, supervisor) for one in held if isinstance(one, Terminal)), None)
