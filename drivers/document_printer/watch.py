"""What is known of one document at a printer, and how it is learnt: looks at the job and at the printer, and pauses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from drivers.device import DeviceError, PrintOutcome
from drivers.document_printer.outcome import Ended, Evidence, settled
from drivers.document_printer.printing import Progress
from drivers.document_printer.status import JobState

if TYPE_CHECKING:
    from drivers.document_printer.conversation import Conversation
    from drivers.document_printer.printing import Attempt, OnProgress, Stage, Timing
    from drivers.document_printer.status import JobStatus, PrinterStatus

_UP_TIME_SLACK: Final = 5.0
"""Seconds by which a printer's clock may run slower than ours before it counts as started anew."""


class JobWatch:
    """What is known of one document at one printer.

    Args:
        printer: the questions to it.
        timing: the waits.
        attempt: what it is.
        on_progress: told how far it is.
        status: the printer's, as it was before.

    Attributes:
        number: the printer's, once it gave one.
        pages: sides that came out, as last told.
        status: the printer's, as last told.
        attempt: what it is, and whether the printer has it whole.
    """

    def __init__(
        self,
        printer: Conversation,
        timing: Timing,
        attempt: Attempt,
        on_progress: OnProgress | None,
        status: PrinterStatus | None,
    ) -> None:
        self.number: int | None = None
        self.pages: int | None = None
        self.status = status
        self.attempt = attempt
        self._printer = printer
        self._timing = timing
        self._on_progress = on_progress
        self._told: Progress | None = None
        self._cancel = asyncio.Event()
        self._first_status = status
        self._ending: str | None = None
        self._sent = False
        self._whole = True
        self._in_sheets = False
        self._begun: bool | None = None

    @property
    def sent(self) -> bool:
        """Whether something of the document was sent."""
        return self._sent

    @property
    def begun(self) -> bool | None:
        """Whether the printer began to process it; None = that is not known."""
        return self._begun

    def cancel(self) -> None:
        """Ask it to end."""
        self._cancel.set()

    # -- looks

    async def _job(self, number: int) -> JobStatus | None:
        """Ask how the job is; None where that could not be learnt now.

        Raises:
            Ended: it has ended, or the printer does not know it any more.
        """
        try:
            job = await self._printer.job(number)
        except DeviceError as failure:
            if failure.error == "closed":
                raise Ended(PrintOutcome.UNKNOWN, failure.error, failure.code) from failure
            return None  # asked again at the next look, until it has been silent for too long
        # A printer that was switched off and on may give the number to somebody else's job.
        if job is None or (job.name and not self.attempt.is_job(job.name)):
            await self._look()
            raise Ended(PrintOutcome.UNKNOWN, "restarted" if self._restarted() else "forgotten")
        if job.pages is not None:
            self.pages, self._in_sheets = job.pages, job.in_sheets
        if job.state in {JobState.PROCESSING, JobState.STOPPED}:
            self._begun = True
        elif not self._begun:
            self._begun = job.begun
        if job.state is not None and job.state.final:
            raise settled(job.state, job, self._evidence())
        return job

    def _evidence(self) -> Evidence:
        return Evidence(self.attempt, self.pages, self._whole, self._ending, self.status, self._in_sheets, self._begun)

    async def _look(self) -> PrinterStatus | None:
        """Ask how the printer is; None where it does not say now."""
        try:
            self.status, _ = await self._printer.look()
        except DeviceError:
            return None
        return self.status

    async def _look_beside(self, task: asyncio.Task[JobStatus]) -> PrinterStatus | None:
        """Ask how the printer is, unless ``task`` is done before: many a printer answers one connection at a time."""
        looking = asyncio.create_task(self._look())
        try:
            await asyncio.wait({looking, task}, return_when=asyncio.FIRST_COMPLETED)
            return looking.result() if looking.done() else None
        finally:
            looking.cancel()
            await asyncio.wait({looking})

    async def _passed(self, task: asyncio.Task[JobStatus] | None) -> bool:
        """Let the time between two looks pass; at once over when it is cancelled, or when ``task`` is done.

        Returns:
            Whether ``task`` is done.
        """
        told = asyncio.create_task(self._cancel.wait())
        waiting: set[asyncio.Task[JobStatus] | asyncio.Task[bool]] = {told} if task is None else {told, task}
        try:
            await asyncio.wait(waiting, timeout=self._timing.look, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
        return task is not None and task.done()

    def _tell(self, stage: Stage, error: str | None) -> None:
        progress = Progress(stage, self.pages, self.attempt.pages, error)
        if progress != self._told and self._on_progress is not None:
            self._told = progress
            self._on_progress(progress)

    def _restarted(self) -> bool:
        """Tell whether the printer has been switched on since the document was given to it."""
        before, now = self._first_status, self.status
        if before is None or now is None or before.up_time is None or now.up_time is None:
            return False
        return now.up_time + _UP_TIME_SLACK < before.up_time + (now.as_of - before.as_of)
