"""A printer of A4 pages that speaks IPP, as a device: its state, and printing with a three-valued outcome."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from drivers.device import (
    CompletionCode,
    DeviceError,
    DeviceInfo,
    DeviceState,
    HealthLevel,
    HealthReport,
    Lifecycle,
    PrintOutcome,
    state_after,
)
from drivers.document_printer import raster
from drivers.document_printer.conversation import Conversation, RefusedError
from drivers.document_printer.forms import PDF, chosen_pages, plain_ticket, raster_job
from drivers.document_printer.job import Load, PrintJob
from drivers.document_printer.link import Source, pieces_of
from drivers.document_printer.outcome import Ended
from drivers.document_printer.pdf import Limits, OpenPdf, refused
from drivers.document_printer.printing import Attempt, PrintOptions, PrintResult, Timing
from drivers.document_printer.requests import Operation, Ticket
from drivers.document_printer.sample_page import make_sample_page
from drivers.document_printer.sentences import sentence
from drivers.document_printer.status import Capabilities, PrinterStatus, no_answer, state_code
from drivers.line_device import LineDevice

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from drivers.document_printer.printing import OnAttempt, OnProgress

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_LONGEST_NAME: Final = 60
_MARGIN: Final = 2.0
"""How much slower a printer may be than the pages a minute it is sold for."""


class DocumentPrinter(LineDevice[Conversation]):
    """A document printer (``drivers.device.Device``).

    Args:
        name: what the rest of the system calls it.
        url: ``ipp://`` or ``ipps://``.
        ca: certificates in PEM to trust instead of the system's, for ``ipps``.
        user: who the printer is told we are.
        create_job: whether a printer that knows Create-Job is given jobs by it; Print-Job otherwise.
        limits: what is printed at most.
        timing: the waits.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        ca: Path | None = None,
        user: str = "houzhen",
        create_job: bool = True,
        limits: Limits | None = None,
        timing: Timing | None = None,
    ) -> None:
        super().__init__(DeviceInfo(name=name, kind="document_printer", driver="ipp", url=url))
        self._ca = ca
        self._user = user
        self._create_job = create_job
        self._limits = limits or Limits()
        self._timing = timing or Timing()
        self._can = Capabilities()
        self._job: PrintJob | None = None
        self._reported: tuple[str, str] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the printer said last that it can do."""
        return self._can

    # -- the life of a device

    async def _connect(self) -> Conversation:
        printer = Conversation(self._info.url, self._timing, user=self._user, ca=self._ca)
        try:
            await printer.reach()
        except BaseException:
            await printer.close()
            raise
        return printer

    async def _greet(self) -> None:
        status, self._can = await self._require_connection().look()
        self._report(status)
        self._info = replace(self._info, model=self._can.model, serial=self._can.uuid)

    async def _examine(self, level: HealthLevel) -> HealthReport:
        """Every level asks the printer; beyond ``INTERNAL`` it also prints a test page.

        While it prints, what printing learns is told instead: a printer that is silent for a moment is waited for, and
        not closed under its job.
        """
        if self._fifo.locked():
            known = self._job.status if self._job is not None else None
            if known is None or known.error is None:
                return HealthReport(level, healthy=True, findings=("busy",), state=DeviceState.DEVICE_BUSY)
            return HealthReport(level, healthy=False, findings=(known.error, "busy"), state=known.device)
        status = await self.status()
        findings = [status.error or "ready", f"paper {status.paper.value}", f"toner {status.toner.value}"]
        findings += status.warnings
        healthy = status.ready
        if level is not HealthLevel.INTERNAL and healthy:
            page = make_sample_page("Test page", self._info.name, self._info.model or "")
            result = await self.print(page, job="test-page")
            findings.append(f"test page {result.outcome.value}")
            healthy = result.outcome is PrintOutcome.DONE
        return HealthReport(level, healthy=healthy, findings=tuple(findings), state=status.device)

    # -- commands

    async def status(self) -> PrinterStatus:
        """Ask the printer. Never raises for a printer that is down or mute: its status says so."""
        now = asyncio.get_running_loop().time()
        try:
            status, self._can = await self._require_connection().look()
        except DeviceError as failure:
            answers = isinstance(failure, RefusedError)
            return no_answer(failure.error, DeviceState.OFFLINE if answers else state_after(failure), now)
        self._report(status)
        return status

    def _report(self, status: PrinterStatus) -> None:
        """Tell of paper and toner, once for each change."""
        before, self._reported = self._reported, (status.paper.value, status.toner.value)
        if before is not None:
            for kind, old, new in zip(("paper_changed", "toner_changed"), before, self._reported, strict=True):
                if old != new:
                    self._tell(kind, new)

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

        Never prints twice and never raises for a printer's or a document's failure: the result says what happened. If
        the task is cancelled, the printer is asked to end the job before ``CancelledError`` goes on; ``cancel`` does
        the same and yields a result.

        Args:
            document: the PDF's bytes.
            job: the caller's name for this printing, without anything of a person: it stands on the printer's panel.
            options: how it is to be printed.
            on_attempt: is given what ``enquire`` needs after a restart, and awaited, before the first byte is sent; and
                again once the printer has the whole document.
            on_progress: told how far it is.
        """
        async with self._command():
            started = asyncio.get_running_loop().time()
            try:
                result = await self._print(document, job, options or PrintOptions(), on_attempt, on_progress)
            except DeviceError as failure:
                result = PrintResult(
                    job,
                    PrintOutcome.NOT_DONE,
                    failure.code,
                    failure.error,
                    f"{failure.message} Nothing was printed.",
                )
            finally:
                self._job = None
            return self._told(replace(result, seconds=asyncio.get_running_loop().time() - started))

    async def enquire(
        self, attempt: Attempt, *, on_progress: OnProgress | None = None, believe: bool = False
    ) -> PrintResult:
        """Ask the printer what became of an attempt, and follow it to its end where it still prints.

        Args:
            attempt: as ``print`` gave it.
            on_progress: told how far it is.
            believe: whether it is certain that the printer would still know the job: then, if it does not, it was never
                printed. A printer forgets its jobs, and then the outcome stays ``UNKNOWN``.
        """
        async with self._command():
            started = asyncio.get_running_loop().time()
            printer = self._require_connection()
            self._job = running = PrintJob(printer, self._timing, attempt, on_progress=on_progress)
            try:
                ended = await running.enquire(believe=believe)
            finally:
                self._job = None
            seconds = asyncio.get_running_loop().time() - started
            return self._told(replace(_result(running, ended), seconds=seconds))

    async def cancel(self) -> bool:
        """Ask the document under way to end; tell whether there was one. Its ``print`` returns the outcome."""
        if self._job is not None:
            self._job.cancel()
        return await super().cancel()

    # -- printing

    async def _print(
        self,
        document: bytes,
        job: str,
        options: PrintOptions,
        on_attempt: OnAttempt | None,
        on_progress: OnProgress | None,
    ) -> PrintResult:
        if self._lifecycle is not Lifecycle.ENABLED:
            raise DeviceError(CompletionCode.SEQUENCE_ERROR, "closed", sentence("closed"))
        async with OpenPdf(document, self._limits) as pdf:
            printer = self._require_connection()
            status, self._can = await self._unless_canceled(printer.look())
            if status.error is not None:
                raise DeviceError(state_code(status), status.error, sentence(status.error))
            pages = chosen_pages(options, pdf, self._limits)
            name = job_name(job)
            ticket, source, length = await self._prepare(document, pdf, pages, options, name)
            if Operation.VALIDATE_JOB in self._can.operations:
                await self._unless_canceled(printer.validate(ticket))
            attempt = Attempt(job, name, len(pages) * options.copies, length if ticket.format == PDF else None)
            self._job = running = PrintJob(
                printer,
                self._timing,
                attempt,
                page_seconds=self._page_seconds(),
                on_progress=on_progress,
                on_attempt=on_attempt,
                status=status,
            )
            if on_attempt is not None:
                await on_attempt(attempt)
            self._refuse_canceled()
            seconds = self._timing.answer + length / self._timing.bytes_per_second
            if ticket.format != PDF:  # a printer without room for it takes it as it prints
                seconds += len(pages) * (self._limits.draw + self._page_seconds())
            try:
                creates = self._create_job and printer.creates(self._can)
                ended = await running.run(Load(ticket, source, seconds, creates))
            except asyncio.CancelledError:
                await asyncio.shield(running.abandon())
                raise
            return _result(running, ended)

    async def _prepare(
        self, document: bytes, pdf: OpenPdf, pages: list[int], options: PrintOptions, name: str
    ) -> tuple[Ticket, partial[Source], int]:
        """Choose the form of the document that the printer takes.

        Returns:
            How it is printed, what makes its bytes, and about how many there are.

        Raises:
            DeviceError: the printer cannot print it in this way.
        """
        can = self._can
        odd = [page for page in pages if not pdf.is_a4(page)]
        if odd and not options.fit:
            across, down = pdf.sizes[odd[0]]
            raise refused("page_size", f"Page {odd[0] + 1} is {across:.0f} by {down:.0f} mm.")
        ticket = plain_ticket(can, options, name)
        scales = "fit" in can.scalings
        if PDF in can.formats and (not odd or scales):
            body = document if len(pages) == pdf.pages else await pdf.cut(pages)
            if can.largest is not None and len(body) > can.largest:
                raise refused("too_large", f"The printer takes {can.largest >> 20} MB.")
            scaled = replace(ticket, scaling="fit") if odd else ticket
            return scaled, partial(_whole, body), len(body)
        if raster.PWG in can.formats or raster.URF in can.formats:
            drawing = raster_job(can, options, ticket, len(pages))
            width, height = raster.a4_pixels(drawing.dpi)
            most = len(pages) * width * height * raster.PIXELS[drawing.kind][0]
            return replace(ticket, format=drawing.form), partial(_drawn, pdf, pages, drawing), most
        if odd:
            raise refused("page_size", "The printer cannot make it fit.", CompletionCode.UNSUPPORTED)
        raise refused("no_format", code=CompletionCode.UNSUPPORTED)

    async def _unless_canceled(self, question: Coroutine[None, None, T]) -> T:
        """Wait for an answer that may be done without.

        Raises:
            DeviceError: ``canceled``, at once when the command under way is asked to end.
        """
        asking, told = asyncio.create_task(question), asyncio.create_task(self._cancel_asked.wait())
        try:
            await asyncio.wait({asking, told}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
            self._refuse_canceled()
            return await asking
        finally:
            told.cancel()
            asking.cancel()
            await asyncio.wait({told, asking})

    def _page_seconds(self) -> float:
        """Return how long a side of paper may take."""
        told = self._can.pages_per_minute
        return max(self._timing.page, _MARGIN * 60 / told if told and told > 0 else 0.0)

    def _told(self, result: PrintResult) -> PrintResult:
        _log.info(
            "document_printed",
            device=self._info.name,
            outcome=result.outcome.value,
            error=result.error,
            pages=result.pages,
            seconds=round(result.seconds, 3),
        )
        return result


def job_name(job: str) -> str:
    """Make the name of a job at the printer: a token that no other has, and the caller's name as far as it goes."""
    said = "".join(character for character in job if character.isprintable())
    return f"{secrets.token_hex(8)} {said[:_LONGEST_NAME]}".rstrip()


def _whole(body: bytes) -> Source:
    return Source(pieces_of(body), len(body))


def _drawn(pdf: OpenPdf, pages: list[int], drawing: raster.RasterJob) -> Source:
    return Source(pdf.raster(pages, drawing))


_HOW_IT_ENDED: Final = {
    PrintOutcome.NOT_DONE: "The document was not printed.",
    PrintOutcome.UNKNOWN: "Whether it came out is not known: look into the printer's tray before printing it again.",
}
_HALF: Final = {
    True: "The document was not printed whole: take away the pages in the printer's tray.",
    None: "The document was not printed whole: if pages of it lie in the printer's tray, take them away.",
}


def _half_printed(job: PrintJob, ended: Ended) -> bool | None:
    if ended.outcome is not PrintOutcome.NOT_DONE:
        return False
    if job.pages or ended.error == "broken_off":
        return True
    # Pages can come out of a document that was sent and begun, and of no other.
    return None if job.pages is None and job.sent and job.begun is not False else False


def _result(job: PrintJob, ended: Ended) -> PrintResult:
    """Put what became of a job into words."""
    error = ended.error or "stopped"
    half = _half_printed(job, ended)
    if ended.outcome is PrintOutcome.DONE:
        code, message = CompletionCode.SUCCESS, "The document was printed."
    else:
        code = ended.code or CompletionCode.COMMAND_ERROR
        message = f"{sentence(error)} {_HALF.get(half) or _HOW_IT_ENDED[ended.outcome]}"
    return PrintResult(
        job=job.attempt.job,
        outcome=ended.outcome,
        code=code,
        error=None if ended.outcome is PrintOutcome.DONE else error,
        message=message,
        pages=job.pages,
        attempt=job.attempt,
        number=job.number,
        status=job.status,
        half_printed=half,
    )
