"""The card terminal, and what became of money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from drivers.payment_terminal.port import PaymentOutcome, Stage

OnStage: TypeAlias = Callable[[Stage], None]
"""Told what the terminal is doing."""


@dataclass(frozen=True)
class Paid:
    """What became of a payment, or of taking one back.

    Attributes:
        outcome: whether the money moved.
        error: why it did not, or why nobody knows.
        receipt: the terminal's number of it, by which it can be taken back.
    """

    outcome: PaymentOutcome
    error: str | None = None
    receipt: int | None = None


class CardTerminal(Protocol):
    """The card terminal. Money moves once: what is unknown is asked about, and never tried again by itself."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    async def pay(self, amount_fen: int, reference: str, told: OnStage) -> Paid:
        """Take a payment; never raises for a terminal that cannot.

        Where its outcome stays open, the terminal is asked at once, which ``told`` hears as ``Stage.ASKING``.
        """
        ...

    async def take_back(self, receipt: int, amount_fen: int, reference: str, told: OnStage) -> Paid:
        """Take back the payment with this receipt number; otherwise as ``pay``. ``DONE``: the money is back."""
        ...

    async def find_out(self) -> Paid:
        """Ask once more what became of the one that is unknown; moves no money and never raises."""
        ...

    async def cancel(self) -> bool:
        """Ask the terminal to end what is under way; tell whether there was something. How it ended says ``pay``."""
        ...
