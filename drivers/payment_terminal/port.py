"""What a payment terminal does, whatever it speaks.

Money moves once, and cannot be taken back by forgetting it. So a payment has three outcomes, and *unknown* is never
tried again: the terminal is asked about it (``enquire``), and where it cannot say, a person looks (``settle``). Until
then a terminal takes no other payment.

A caller that must survive a power cut keeps the ``Attempt`` that ``on_attempt`` gives it before the first byte is
sent, and asks ``enquire`` about it after the restart.

Amounts are whole fen. Of a card, its last four digits are the most that is kept.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from drivers.device import Device

LARGEST_FEN = 999_999_999_999
"""The largest amount that twelve digits can say."""


class PaymentOutcome(enum.StrEnum):
    """Whether the money moved. ``UNKNOWN`` is for an enquiry, then for a person; never for a retry."""

    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


class Stage(enum.StrEnum):
    """What a terminal is doing, in the few words a screen has for it."""

    AMOUNT = "amount"
    CARD = "card"
    PIN = "pin"
    HOST = "host"
    REMOVE_CARD = "remove_card"
    APPROVED = "approved"
    DECLINED = "declined"
    REVERSING = "reversing"
    WAIT = "wait"
    ASKING = "asking"
    """The outcome stayed open, and the terminal is asked about it; no money moves."""


@dataclass(frozen=True, slots=True)
class Progress:
    """An intermediate status. ``code`` is the protocol's own, for the log; None = the driver's own doing."""

    stage: Stage
    code: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Which of its transactions a terminal speaks of: its own numbers, and its own day (MMDD) and time (HHMMSS)."""

    receipt: int | None = None
    trace: int | None = None
    day: str | None = None
    time: str | None = None

    @property
    def tells(self) -> bool:
        """Whether it tells one transaction from another."""
        return self.receipt is not None or self.trace is not None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A movement of money that was begun: everything an enquiry needs, also after a restart.

    Attributes:
        reference: the caller's name for it; the terminal does not know it.
        kind: a payment, or the reversal of one.
        amount_fen: how much.
        before: the terminal's last transaction before this one; None where it named none.
        receipt: for a reversal, the receipt number of what is reversed.
    """

    reference: str
    kind: Literal["payment", "reversal"]
    amount_fen: int
    before: Mark | None
    receipt: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """How an attempt ended.

    Attributes:
        attempt: what was tried.
        outcome: whether the money moved.
        error: None where it did; else ``declined``, ``aborted``, ``card``, ``paper_out``, ``busy``, ... or why it is
            unknown: ``timeout``, ``gone``, ``garbled``, ``no_result``, ``other_transaction``, ``cannot_say``.
        message: one sentence: what happened, what did not, what to do.
        mark: the terminal's numbers for it.
        terminal: the terminal's own number.
        card: the last four digits of the card, where the terminal said them.
        receipt_lines: the receipt's lines, where the terminal leaves printing to us; card numbers are masked in it.
    """

    attempt: Attempt
    outcome: PaymentOutcome
    error: str | None
    message: str
    mark: Mark | None = None
    terminal: str | None = None
    card: str | None = None
    receipt_lines: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class DayEnd:
    """How a day was closed. ``total_fen`` is the turnover that was handed in, where the terminal said it."""

    outcome: PaymentOutcome
    error: str | None
    message: str
    total_fen: int | None = None


OnAttempt: TypeAlias = Callable[[Attempt], Awaitable[None]]
OnProgress: TypeAlias = Callable[[Progress], None]


@runtime_checkable
class Terminal(Device, Protocol):
    """A payment terminal as its user sees it."""

    @property
    def unsettled(self) -> Attempt | None:
        """The attempt whose outcome is not known; as long as there is one, no money is moved."""
        ...

    async def register(self) -> None:
        """Tell the terminal who uses it and how; enabling it does.

        Raises:
            DeviceError: it does not answer, or refuses.
        """
        ...

    async def authorise(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_attempt: OnAttempt | None = None,
        on_progress: OnProgress | None = None,
    ) -> PaymentResult:
        """Take a payment. Where its outcome stays open, the terminal is asked at once; it is never paid again.

        Args:
            amount_fen: how much, in fen.
            reference: the caller's name for it.
            on_attempt: awaited before anything that could move money is sent.
            on_progress: told what the terminal is doing.

        Raises:
            DeviceError: nothing was sent: ``unsettled``, ``bad_amount``, ``not_enabled``, or the terminal did not
                answer the question that goes before every payment.
        """
        ...

    async def abort(self) -> bool:
        """Ask the terminal to end the payment under way; tell whether there was one. How it ends says ``authorise``."""
        ...

    async def reverse(
        self,
        receipt: int,
        amount_fen: int,
        reference: str,
        *,
        on_attempt: OnAttempt | None = None,
        on_progress: OnProgress | None = None,
    ) -> PaymentResult:
        """Take back the payment with this receipt number; otherwise as ``authorise``."""
        ...

    async def enquire(self, attempt: Attempt) -> PaymentResult:
        """Ask the terminal what became of an attempt; moves no money.

        Raises:
            DeviceError: the terminal is not in use.
        """
        ...

    def settle(self, reference: str) -> None:
        """Take note that a person has found out what became of the unsettled attempt ``reference``.

        Raises:
            KeyError: it is not the one that is unsettled.
        """
        ...

    async def end_of_day(self) -> DayEnd:
        """Have the terminal hand in the day's turnover.

        Raises:
            DeviceError: ``unsettled`` or ``not_enabled``: nothing was sent.
        """
        ...
