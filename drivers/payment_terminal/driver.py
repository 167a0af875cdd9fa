"""A payment terminal that speaks ZVT, over TCP or a serial line (``drivers.payment_terminal.port.Terminal``).

Before every payment the terminal is asked for its last transaction, and after one whose outcome stayed open it is
asked again: a new transaction of the same amount is that payment, an unchanged one means that there was none. It is
the command the specification gives for this (PA00P015, 2.20.2: 06 20 with a service byte). The status enquiry 05 01
says how the terminal is, not what it did last.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from drivers.device import CompletionCode, DeviceError, DeviceInfo, DeviceState, HealthLevel, HealthReport, Lifecycle
from drivers.line_device import LineDevice
from drivers.payment_terminal.dialogue import Dialogue
from drivers.payment_terminal.fields import (
    CURRENCY_CNY,
    authorisation,
    check_amount,
    end_of_day,
    last_transaction,
    registration,
    reversal,
    status_enquiry,
)
from drivers.payment_terminal.link import Link, Timing
from drivers.payment_terminal.meanings import BUSY, PRINTER, SUCCESS, result
from drivers.payment_terminal.port import Attempt, DayEnd, PaymentOutcome, PaymentResult, Progress, Stage
from drivers.transport import open_transport

if TYPE_CHECKING:
    from drivers.payment_terminal.codec import Apdu
    from drivers.payment_terminal.fields import StatusInformation
    from drivers.payment_terminal.port import Mark, OnAttempt, OnProgress

_log = structlog.get_logger(__name__)

_ECR_PRINTS: Final = 0x86
"""Bits 1, 2 and 7 of the configuration byte: receipts come to us, as lines."""
_ECR_LEADS: Final = 0x38
"""Bits 3, 4 and 5: it says what it is doing, and neither payments nor administration begin at its own keys."""
_LARGEST_RECEIPT: Final = 9999

_LOOK = "Do not pay again: look at the terminal's last receipt, and settle it by hand."
_SEE = "See at the terminal whether its day is closed."


class ZvtTerminal(LineDevice[Link]):
    """A terminal that speaks ZVT.

    Args:
        name: what the rest of the system calls it.
        url: where it is.
        blocks: whether APDUs travel in the serial line's blocks; None = on serial lines, but not over TCP.
        password: the till's password, six digits; most terminals take 000000.
        currency: ISO 4217, in numbers.
        prints: whether the terminal prints receipts itself.
        timing: how long to wait for what.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        blocks: bool | None = None,
        password: int = 0,
        currency: int = CURRENCY_CNY,
        prints: bool = False,
        timing: Timing | None = None,
    ) -> None:
        super().__init__(DeviceInfo(name=name, kind="payment_terminal", driver="zvt", url=url))
        self._blocks = url.partition(":")[0] != "tcp" if blocks is None else blocks
        self._password = password
        self._registration = registration(password, _ECR_LEADS | (0 if prints else _ECR_PRINTS), currency)
        self._timing = timing or Timing()
        self._unsettled: Attempt | None = None
        self._paying = False

    @property
    def unsettled(self) -> Attempt | None:
        """See ``Terminal``."""
        return self._unsettled

    # -- the life of the device

    async def _connect(self) -> Link:
        line = await open_transport(self._info.url, timeout=self._timing.connect)
        return Link(line, self._timing, blocks=self._blocks)

    async def _greet(self) -> None:
        said = await self._ask(self._registration)
        if said.completion is None:
            raise _refused(said, "The terminal did not accept the registration.")
        if said.completion.terminal is not None:
            self._info = replace(self._info, serial=said.completion.terminal)

    async def _examine(self, level: HealthLevel) -> HealthReport:
        """Ask it how it is; during a payment it is not disturbed.

        Beyond ``INTERNAL`` it is also asked for its last transaction. No check moves money.
        """
        if self._fifo.locked():
            return HealthReport(level, healthy=True, findings=("busy",), state=DeviceState.DEVICE_BUSY)
        async with self._fifo:
            await self._link_again()
            said = await self._ask(status_enquiry(self._password))
            if level is not HealthLevel.INTERNAL:
                await self._last_mark()
        if said.completion is None:
            raise _refused(said, "The terminal does not say how it is.")
        status = said.completion.status
        if status not in {None, SUCCESS}:
            return HealthReport(level, healthy=False, findings=(result(status or 0)[0],), state=DeviceState.USER_ERROR)
        findings = ("answers", "unsettled") if self._unsettled is not None else ("answers",)
        return HealthReport(level, healthy=True, findings=findings, state=DeviceState.ONLINE)

    async def register(self) -> None:
        """See ``Terminal``."""
        async with self._command():
            await self._greet()

    # -- money

    async def authorise(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_attempt: OnAttempt | None = None,
        on_progress: OnProgress | None = None,
    ) -> PaymentResult:
        """See ``Terminal``."""
        attempt = Attempt(reference, "payment", _amount(amount_fen), None)
        return await self._move(attempt, authorisation(amount_fen), on_attempt, on_progress)

    async def reverse(
        self,
        receipt: int,
        amount_fen: int,
        reference: str,
        *,
        on_attempt: OnAttempt | None = None,
        on_progress: OnProgress | None = None,
    ) -> PaymentResult:
        """See ``Terminal``."""
        if not 0 <= receipt <= _LARGEST_RECEIPT:
            raise DeviceError(
                CompletionCode.INVALID_DATA, "bad_receipt", f"{receipt} is no receipt number. Nothing was sent."
            )
        attempt = Attempt(reference, "reversal", _amount(amount_fen), None, receipt)
        return await self._move(attempt, reversal(self._password, receipt, amount_fen), on_attempt, on_progress)

    async def abort(self) -> bool:
        """See ``Terminal``."""
        return self._paying and await self.cancel()

    async def enquire(self, attempt: Attempt) -> PaymentResult:
        """See ``Terminal``."""
        async with self._command():
            if self._lifecycle is not Lifecycle.ENABLED:
                raise _not_enabled()
            return await self._find_out(attempt, "The terminal was asked what became of it.")

    def settle(self, reference: str) -> None:
        """See ``Terminal``."""
        if self._unsettled is None or self._unsettled.reference != reference:
            raise KeyError(reference)
        _log.info("payment_settled_by_hand", device=self._info.name)
        self._unsettled = None

    async def end_of_day(self) -> DayEnd:
        """See ``Terminal``."""
        async with self._command():
            self._refuse_money()
            said = Dialogue()
            try:
                await said.run(self._require_connection(), end_of_day(self._password), self._timing)
            except DeviceError as failure:
                await self._drop(failure.error)
                outcome = PaymentOutcome.UNKNOWN if said.taken else PaymentOutcome.NOT_DONE
                return DayEnd(outcome, failure.error, f"{failure.message} {_SEE}")
        if said.failure is not None:
            error, message = result(said.failure)
            if said.aborted == PRINTER:  # it began, and its totals had no paper: whether that was all is not said
                return DayEnd(PaymentOutcome.UNKNOWN, error, f"{message} {_SEE}")
            return DayEnd(PaymentOutcome.NOT_DONE, error, f"{message} The day is not closed.")
        if said.completion is None or said.unreadable:
            return DayEnd(PaymentOutcome.UNKNOWN, "no_result", _SEE)
        total = said.status.amount_fen if said.status is not None else None
        return DayEnd(PaymentOutcome.DONE, None, "The terminal's day is closed.", total)

    async def _move(
        self, attempt: Attempt, command: Apdu, on_attempt: OnAttempt | None, on_progress: OnProgress | None
    ) -> PaymentResult:
        async with self._command():
            self._refuse_money()
            self._paying = True
            try:
                attempt = replace(attempt, before=await self._last_mark())
                if on_attempt is not None:
                    await on_attempt(attempt)
                self._refuse_canceled()
                # From here to an outcome, whatever ends this (its task may be cancelled), the money may have moved.
                self._unsettled = attempt
                return await self._carry_out(attempt, command, on_progress)
            finally:
                self._paying = False

    async def _carry_out(self, attempt: Attempt, command: Apdu, on_progress: OnProgress | None) -> PaymentResult:
        said = Dialogue()
        try:
            link = self._require_connection()
            await said.run(link, command, self._timing, on_progress=on_progress, abort=self._cancel_asked)
        except DeviceError as failure:
            why, error = failure.message, failure.error
            await self._drop(error)
        except BaseException:
            await self._drop("canceled")  # what the terminal still says is for nobody
            raise
        else:
            why, error = "The terminal did not say what came of it.", "busy" if said.refusal == BUSY else "no_result"
        return await self._judge(attempt, said, error, why, on_progress)

    async def _judge(
        self, attempt: Attempt, said: Dialogue, error: str, why: str, on_progress: OnProgress | None
    ) -> PaymentResult:
        """Tell the outcome from what was said; where that leaves it open, ask."""
        if said.failure is not None:
            error, message = result(said.failure)
            return self._settled(attempt, PaymentOutcome.NOT_DONE, error, message, said.status, said)
        if not said.taken:
            return self._settled(attempt, PaymentOutcome.NOT_DONE, error, f"{why} No money moved.", None, said)
        # An answer that came late, to the question before the payment, is of the transaction before it.
        if said.success and said.status is not None and not said.status.is_of(attempt.before):
            if said.status.amount_fen in {None, attempt.amount_fen}:
                return self._settled(attempt, PaymentOutcome.DONE, None, "The money moved.", said.status, said)
            return self._open(attempt, "other_amount", "The terminal states another amount than it was asked for.")
        _log.warning("payment_unknown", device=self._info.name, kind=attempt.kind, error=error)
        if on_progress is not None:
            on_progress(Progress(Stage.ASKING, None))
        return await self._find_out(attempt, why, error, said)

    def _settled(
        self,
        attempt: Attempt,
        outcome: PaymentOutcome,
        error: str | None,
        message: str,
        status: StatusInformation | None,
        said: Dialogue,
    ) -> PaymentResult:
        if self._unsettled is not None and self._unsettled.reference == attempt.reference:
            self._unsettled = None
        _log.info("payment_ended", device=self._info.name, kind=attempt.kind, outcome=outcome.value, error=error)
        return PaymentResult(
            attempt,
            outcome,
            error,
            message,
            mark=status.mark if status is not None else None,
            terminal=status.terminal if status is not None else None,
            card=status.card if status is not None else None,
            receipt_lines=tuple(said.lines),
        )

    def _open(self, attempt: Attempt, error: str, why: str) -> PaymentResult:
        if self._unsettled is None:
            self._unsettled = attempt
        return PaymentResult(attempt, PaymentOutcome.UNKNOWN, error, f"{why} Whether money moved is not known. {_LOOK}")

    # -- finding out

    async def _find_out(
        self, attempt: Attempt, why: str, error: str = "cannot_say", before: Dialogue | None = None
    ) -> PaymentResult:
        """Ask what became of an attempt until the terminal says it, or its time is over.

        That it has carried out nothing is believed when it says so for a while: it may still be at it.
        """
        clock = asyncio.get_running_loop().time
        end = clock() + self._timing.enquiry
        unchanged_since: float | None = None
        failed: DeviceError | None = None
        while True:
            try:
                link = await self._link_again()
                said = Dialogue()
                await said.run(link, last_transaction(self._password), self._timing)
            except DeviceError as failure:
                failed, error, why = failure, failure.error, failure.message
                await self._drop(error)
            except BaseException:
                await self._drop("canceled")
                raise
            else:
                said.lines += before.lines if before is not None else []
                if BUSY in {said.refusal, said.aborted}:
                    error, why, unchanged_since = "busy", "The terminal is busy.", None
                elif said.status is not None and said.status.is_of(attempt.before):
                    error, why = "busy", "The terminal may not have ended it yet."
                    unchanged_since = clock() if unchanged_since is None else unchanged_since
                    if clock() - unchanged_since >= self._timing.believe:
                        return self._compare(attempt, said)
                else:
                    return self._compare(attempt, said)
            if clock() + self._timing.again >= end:
                if failed is not None and self._connection is None:
                    await self._lose(failed)
                return self._open(attempt, error, why)
            await asyncio.sleep(self._timing.again)

    def _compare(self, attempt: Attempt, said: Dialogue) -> PaymentResult:
        """Tell from the terminal's last transaction what became of an attempt."""
        status = said.status
        if status is None or status.code is None or not status.mark.tells:
            return self._open(attempt, "cannot_say", "The terminal does not say what its last transaction was.")
        if status.is_of(attempt.before):
            message = "The terminal has carried out nothing since. No money moved."
            return self._settled(attempt, PaymentOutcome.NOT_DONE, "not_executed", message, None, said)
        if status.code != SUCCESS:
            error, message = result(status.code)
            return self._settled(attempt, PaymentOutcome.NOT_DONE, error, message, status, said)
        if status.amount_fen != attempt.amount_fen:
            why = "The terminal's last transaction is of another amount."
            return self._open(attempt, "other_transaction", why)
        message = "The terminal's answer was lost, but it was asked again: the money moved."
        return self._settled(attempt, PaymentOutcome.DONE, None, message, status, said)

    async def _last_mark(self) -> Mark | None:
        """Ask for the terminal's last transaction; None where it names none."""
        try:
            said = await self._ask(last_transaction(self._password))
        except DeviceError as failure:
            await self._lose(failure)  # an answer that comes late must not be taken for the payment's
            raise
        except BaseException:
            await self.close()
            raise
        if BUSY in {said.refusal, said.aborted}:
            raise _refused(said, "The terminal is busy.")
        return said.status.mark if said.status is not None and said.status.mark.tells else None

    async def _link_again(self) -> Link:
        """Return the line, opened and registered anew where it was lost."""
        if self._connection is None:
            self._connection = await self._connect()
            said = Dialogue()
            await said.run(self._connection, self._registration, self._timing)
            if said.completion is None:
                raise _refused(said, "The terminal did not accept the registration.")
        return self._require_connection()

    async def _ask(self, command: Apdu) -> Dialogue:
        """Put a command that moves no money."""
        said = Dialogue()
        try:
            await said.run(self._require_connection(), command, self._timing)
        except DeviceError as failure:
            if failure.error == "gone":
                await self._lose(failure)
            raise
        return said

    async def _drop(self, error: str) -> None:
        """Let go of a line that went, or on which an answer may still come; it is opened again when it is needed."""
        _log.info("terminal_dialogue_broken_off", device=self._info.name, error=error)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _refuse_money(self) -> None:
        if self._lifecycle is not Lifecycle.ENABLED:
            raise _not_enabled()
        if self._unsettled is not None:
            raise DeviceError(
                CompletionCode.SEQUENCE_ERROR,
                "unsettled",
                "What became of the last payment is not known yet: enquire about it first. Nothing was sent.",
            )


def _amount(amount_fen: int) -> int:
    try:
        return check_amount(amount_fen)
    except ValueError as failure:
        raise DeviceError(CompletionCode.INVALID_DATA, "bad_amount", f"{failure}. Nothing was sent.") from failure


def _not_enabled() -> DeviceError:
    return DeviceError(CompletionCode.SEQUENCE_ERROR, "not_enabled", "The terminal is not in use. Nothing was sent.")


def _refused(said: Dialogue, sentence: str) -> DeviceError:
    reasons = (said.failure, said.refusal, said.aborted)
    error, reason = next((result(code) for code in reasons if code), ("unknown", "It does not say why."))
    code = CompletionCode.DEVICE_NOT_READY if error == "busy" else CompletionCode.COMMAND_ERROR
    return DeviceError(code, error, f"{sentence} {reason}")
