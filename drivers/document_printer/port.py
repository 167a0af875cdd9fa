"""A printer of documents as its user sees it, whoever wrote its driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from drivers.device import Device

if TYPE_CHECKING:
    from drivers.document_printer.printing import OnAttempt, OnProgress, PrintOptions, PrintResult


@runtime_checkable
class PagePrinter(Device, Protocol):
    """A printer of A4 pages. One that speaks no IPP has a driver of its own (docs/driver-template.md)."""

    async def print(
        self,
        document: bytes,
        *,
        job: str,
        options: PrintOptions | None = None,
        on_attempt: OnAttempt | None = None,
        on_progress: OnProgress | None = None,
    ) -> PrintResult:
        """Print a PDF.

        Never prints twice, and never raises for a printer's or a document's failure: the result says what happened.

        Args:
            document: the PDF's bytes.
            job: the caller's name for this printing, without anything of a person.
            options: how it is to be printed.
            on_attempt: awaited with what an enquiry needs, before the first byte is sent and after the last.
            on_progress: told how far it is.
        """
        ...

    async def cancel(self) -> bool:
        """Ask the document under way to end; tell whether there was one. Its ``print`` returns the outcome."""
        ...
