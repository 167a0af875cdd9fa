"""How a print ended, in three values, and what staff are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.device import PrintOutcome
from drivers.receipt_printer.status import sentence

if TYPE_CHECKING:
    from drivers.receipt_printer.status import PrinterStatus


@dataclass(frozen=True, slots=True)
class PrintResult:
    """How a print ended.

    Attributes:
        job: the caller's name for it.
        outcome: ``UNKNOWN`` is for a person to settle (see ``EscPosPrinter.settle``); never print again by itself.
        error: None when done; else the status's ``error``, or ``glyph_missing``, ``font_missing``, ``canceled``,
            ``no_confirmation``, ``leftover``, or the line's (``timeout``, ``gone``, ``no_device``, ...).
        message: one sentence for staff: what happened, what did not, what to do.
        seconds: how long it took.
        status: the last status learnt, or None.
        half_printed: a part of the ticket may hang in the printer; staff should take it away.
    """

    job: str
    outcome: PrintOutcome
    error: str | None
    message: str
    seconds: float = 0.0
    status: PrinterStatus | None = None
    half_printed: bool = False


def done(job: str, status: PrinterStatus | None) -> PrintResult:
    """The ticket is on paper and cut."""
    return PrintResult(job, PrintOutcome.DONE, None, "The ticket was printed and cut.", status=status)


def refused(job: str, error: str, status: PrinterStatus) -> PrintResult:
    """Nothing was sent, because of ``error``."""
    return PrintResult(job, PrintOutcome.NOT_DONE, error, f"{sentence(error)} Nothing was printed.", status=status)


def failed(
    job: str, outcome: PrintOutcome, error: str, status: PrinterStatus | None, *, half_printed: bool
) -> PrintResult:
    """It was begun, and ended by ``error``."""
    rest = (
        "The ticket was not completed: take away what hangs in the printer, then print it again."
        if outcome is PrintOutcome.NOT_DONE
        else "Whether the ticket came out is not known: look at the printer before printing it again."
    )
    return PrintResult(job, outcome, error, f"{sentence(error)} {rest}", status=status, half_printed=half_printed)
