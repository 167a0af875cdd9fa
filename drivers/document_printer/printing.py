"""What a user of a document printer says and hears: how to print, how far it is, how it ended, and how long to wait."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.device import CompletionCode, PrintOutcome
    from drivers.document_printer.status import PrinterStatus

Sides: TypeAlias = Literal["one-sided", "two-sided-long-edge", "two-sided-short-edge"]
SIDES: tuple[Sides, ...] = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """How a document is to be printed.

    Attributes:
        copies: how many.
        sides: one or both sides of the sheet, bound at the long or at the short edge.
        pages: ranges of pages to print, counted from 1, both ends included; None = all.
        color: in colours.
        fit: pages that are not A4 are made to fit, instead of being refused.
    """

    copies: int = 1
    sides: Sides = "one-sided"
    pages: tuple[tuple[int, int], ...] | None = None
    color: bool = False
    fit: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """The waits, in seconds.

    Attributes:
        connect: for a connection.
        answer: for an answer to a question.
        look: between two looks at a job.
        busy: how long a printer that says it is busy is asked again.
        queue: how long other jobs may come first.
        attention: how long paper, a door or a jam may wait for somebody.
        warm_up: before the first page.
        page: for a page of a printer that does not say how fast it is.
        silent: how long a printer that holds a job may not answer.
        after_cancel: for a job to end after it was cancelled.
        believe: between two looks for a job that seems never to have come.
        memory: how long a printer surely remembers a job that ended.
        bytes_per_second: at which a document is sent at the slowest.
    """

    connect: float = 5.0
    answer: float = 10.0
    look: float = 1.0
    busy: float = 60.0
    queue: float = 120.0
    attention: float = 120.0
    warm_up: float = 45.0
    page: float = 8.0
    silent: float = 30.0
    after_cancel: float = 15.0
    believe: float = 5.0
    memory: float = 60.0
    bytes_per_second: float = 100_000.0


class Stage(enum.StrEnum):
    """How far a document is."""

    BUSY = "busy"
    SENDING = "sending"
    QUEUED = "queued"
    PRINTING = "printing"
    ATTENTION = "attention"
    ASKING = "asking"
    """An answer was lost, and the printer is asked what became of the job."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a document is. ``pages`` of ``of`` sides came out (None = not told); ``error`` is what holds it up."""

    stage: Stage
    pages: int | None
    of: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known before the first byte is sent: enough to ask the printer about it later.

    Attributes:
        job: the caller's name for this printing.
        name: the job's name at the printer; its first word is a token that no other job has.
        pages: sides to come out, over all copies.
        octets: bytes of the document; None = not known.
        taken: the printer has answered that it has the whole document.
    """

    job: str
    name: str
    pages: int
    octets: int | None = None
    taken: bool = False

    def is_job(self, name: str) -> bool:
        """Tell by its name whether a job is this one. Printers cut long names off, but not so early."""
        return name.startswith(self.name.partition(" ")[0])


@dataclass(frozen=True, slots=True)
class PrintResult:
    """How a print ended.

    Attributes:
        job: the caller's name for it.
        outcome: ``UNKNOWN`` is for a person to settle (see ``DocumentPrinter.enquire``); never print again by itself.
        code: the completion code.
        error: None when done; else one of ``sentences``.
        message: one or two sentences for staff: what happened, what did not, what to do.
        pages: sides that came out, as the printer tells; None = it does not tell.
        seconds: how long it took.
        attempt: what the printer can be asked about; None where nothing was sent.
        number: the printer's number for the job, where it gave one.
        status: the last status learnt, or None.
        half_printed: a part of the document lies in the printer's tray, and staff should take it away; None = it may,
            and the printer does not tell.
    """

    job: str
    outcome: PrintOutcome
    code: CompletionCode
    error: str | None
    message: str
    pages: int | None = None
    seconds: float = 0.0
    attempt: Attempt | None = None
    number: int | None = None
    status: PrinterStatus | None = None
    half_printed: bool | None = False


OnAttempt: TypeAlias = "Callable[[Attempt], Awaitable[None]]"
OnProgress: TypeAlias = "Callable[[Progress], None]"
