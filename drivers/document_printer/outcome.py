"""How a document ended, told from the last state of its job and from what else is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.device import CompletionCode, PrintOutcome
from drivers.document_printer.status import JobState, state_code

if TYPE_CHECKING:
    from drivers.document_printer.printing import Attempt
    from drivers.document_printer.status import JobStatus, PrinterStatus

_UNPRINTABLE: Final = frozenset(
    {"document-format-error", "unsupported-document-format", "document-unprintable-error", "document-access-error"}
)
_K: Final = 1024


class Ended(Exception):  # noqa: N818 -- not an error: a document also ends printed
    """How a document ended; raised from wherever it became certain, or certain that it will not be."""

    def __init__(self, outcome: PrintOutcome, error: str | None = None, code: CompletionCode | None = None) -> None:
        super().__init__(error)
        self.outcome = outcome
        self.error = error
        self.code = code


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a document beside its job's last state.

    Attributes:
        attempt: what was sent, and whether the printer answered that it has it whole.
        pages: sides that came out, as the printer told, or sheets; None = it does not.
        in_sheets: ``pages`` counts sheets, of which each may have two sides.
        whole: it was handed over to its end, or nothing else is known.
        ending: why the printer was asked to end it; None = it was not.
        status: the printer's, as last told.
        begun: whether the printer began to process it; None = that is not known.
    """

    attempt: Attempt
    pages: int | None
    whole: bool
    ending: str | None
    status: PrinterStatus | None
    in_sheets: bool = False
    begun: bool | None = None

    @property
    def may_be_all(self) -> bool:
        """Whether all sides may have come out: by what was counted, or else unless it was never begun.

        A job that ends while the printer is at it may have its last page in the paper path already.
        """
        if self.pages is None:
            return self.begun is not False
        return self.pages * (1 + self.in_sheets) >= self.attempt.pages


def settled(state: JobState, job: JobStatus, known: Evidence) -> Ended:
    """Tell from a job's last state what became of the document."""
    if state is JobState.COMPLETED:
        if "queued-in-device" in job.reasons:
            return Ended(PrintOutcome.UNKNOWN, "passed_on")
        if "job-completed-with-errors" in job.reasons:
            return Ended(PrintOutcome.UNKNOWN, "completed_with_errors")
        return _completed(job, known)
    if state is JobState.CANCELED:
        error, code = known.ending or "canceled_at_printer", CompletionCode.CANCELED
        if known.ending not in {None, "canceled"}:
            code = state_code(known.status) if known.status and known.status.error else CompletionCode.TIMEOUT
    elif _UNPRINTABLE & set(job.reasons):
        # The printer could not read it to its end, so its end did not come out.
        return Ended(
            PrintOutcome.UNKNOWN if known.pages is not None and known.may_be_all else PrintOutcome.NOT_DONE,
            "document_refused",
            CompletionCode.INVALID_DATA,
        )
    else:
        error, code = "aborted", CompletionCode.COMMAND_ERROR
    return Ended(PrintOutcome.UNKNOWN if known.may_be_all else PrintOutcome.NOT_DONE, error, code)


def _completed(job: JobStatus, known: Evidence) -> Ended:
    """Tell whether a job that ended well was the whole document.

    A printer may take a document that broke off for a whole one, and print the pages that it got.
    """
    if known.attempt.taken:
        return Ended(PrintOutcome.DONE)
    all_out = known.pages is not None and known.pages >= known.attempt.pages
    octets = known.attempt.octets
    same_size = job.k_octets == -(-octets // _K) if job.k_octets is not None and octets is not None else None
    if not known.whole or same_size is False:
        # A page or two may be missing, or nothing but the end mark: only a count tells.
        fewer = known.pages is not None and not known.may_be_all
        outcome = PrintOutcome.NOT_DONE if fewer else PrintOutcome.UNKNOWN
        return Ended(outcome, "broken_off", CompletionCode.DEVICE_NOT_READY)
    return Ended(PrintOutcome.DONE) if all_out or same_size else Ended(PrintOutcome.UNKNOWN, "incomplete")
