"""One document on its way: giving it to the printer, following it, asking after it, and ending it.

Where the printer knows Create-Job, a job has its number before the document leaves, and what became of it is asked for
by that number. Where it knows Print-Job only, the job is looked for by its name, which no other job has.

A document leaves once. It leaves again only when the printer itself said that it did not take it.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NoReturn

from drivers.device import CompletionCode, DeviceError, PrintOutcome
from drivers.document_printer.conversation import RefusedError
from drivers.document_printer.link import Sending
from drivers.document_printer.outcome import Ended
from drivers.document_printer.printing import Stage
from drivers.document_printer.status import AT_WORK, BUSY, JobState
from drivers.document_printer.watch import JobWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from drivers.document_printer.conversation import Conversation
    from drivers.document_printer.link import Source
    from drivers.document_printer.printing import Attempt, OnAttempt, OnProgress, Timing
    from drivers.document_printer.requests import Ticket
    from drivers.document_printer.status import JobStatus, PrinterStatus

_LOOKS_TO_BELIEVE: Final = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What is handed over.

    Attributes:
        ticket: how it is to be printed.
        source: makes the document's bytes; asked again when the printer was busy.
        seconds: how long handing over the whole document may take.
        creates: whether the printer knows Create-Job and Send-Document.
    """

    ticket: Ticket
    source: Callable[[], Source]
    seconds: float
    creates: bool


class PrintJob(JobWatch):
    """One document at one printer: handed over, followed, and ended.

    Args:
        printer: the questions to it.
        timing: the waits.
        attempt: what it is.
        page_seconds: how long a side of paper may take; None = as long as ``timing`` says.
        on_progress: told how far it is.
        on_attempt: given the attempt again once the printer has the whole document.
        status: the printer's, as it was before.
    """

    def __init__(
        self,
        printer: Conversation,
        timing: Timing,
        attempt: Attempt,
        *,
        page_seconds: float | None = None,
        on_progress: OnProgress | None = None,
        on_attempt: OnAttempt | None = None,
        status: PrinterStatus | None = None,
    ) -> None:
        super().__init__(printer, timing, attempt, on_progress, status)
        self._page_seconds = page_seconds or timing.page
        self._on_attempt = on_attempt
        self._lost: str | None = None
        self._hung_up = False

    # -- its whole way

    async def run(self, load: Load) -> Ended:
        """Give the document to the printer and follow it to its end; never raises for a failure."""
        try:
            if load.creates:
                await self._create(load.ticket)
            await self._follow(await self._hand_over(load))
        except Ended as ended:
            return ended
        except DeviceError as failure:
            return Ended(PrintOutcome.NOT_DONE, failure.error, failure.code)

    async def enquire(self, *, believe: bool) -> Ended:
        """Ask the printer what became of it, and follow it to its end; never raises for a failure.

        Args:
            believe: whether a printer that knows no such job can be believed that there never was one.
        """
        try:
            absent = PrintOutcome.NOT_DONE if believe else PrintOutcome.UNKNOWN
            await self._follow(await self._look_for_it(absent))
        except Ended as ended:
            return ended

    async def abandon(self) -> None:
        """Ask the printer to end it, because nobody waits for it any more; says nothing of how that went."""
        with contextlib.suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(self._timing.answer):
                number = self.number
                if number is None:
                    found = await self._printer.find(self.attempt)
                    number = found.id if found is not None else None
                if number is not None:
                    await self._printer.cancel(number)

    # -- giving it to the printer

    async def _create(self, ticket: Ticket) -> None:
        """Begin the job; nothing is printed of one that has no document."""
        sending = Sending()
        try:
            self.number = (await self._unless_busy(lambda: self._printer.create(ticket, sending))).id
        except RefusedError:
            raise
        except DeviceError:
            if sending.begun:
                await self.abandon()  # it may stand there, and wait for a document
            raise

    async def _hand_over(self, load: Load) -> int:
        """Send the document; return the job's number where it was taken, or may have been.

        Raises:
            DeviceError: it was not taken.
            Ended: it ended meanwhile.
        """
        try:
            self.number = (await self._unless_busy(lambda: self._send(load))).id
        except RefusedError as refused:
            if refused.status not in AT_WORK:
                await self._tidy()
                raise
            # What stopped it is said, and not what came out of it before: that is told by the job.
            self._sent, self._lost = True, refused.error
            self.attempt = replace(self.attempt, taken=False)
        except DeviceError as failure:
            if not self._sent:
                await self._tidy()
                raise
            self._lost = failure.error
            self._hung_up = self._ending is not None or failure.error == "timeout"
        if self._on_attempt is not None and self.attempt.taken:
            await self._on_attempt(self.attempt)
        if self.number is not None:
            return self.number
        # What we hung up on after its last byte may lie in the printer's buffers, and become a job yet.
        may_come = self._whole and self._hung_up
        return await self._look_for_it(None if may_come else PrintOutcome.NOT_DONE)

    async def _tidy(self) -> None:
        """End the job that stands without its document."""
        if self.number is not None:
            await self.abandon()

    async def _send(self, load: Load) -> JobStatus:
        sending = Sending()
        # The deadline of the whole is kept below, where it stands still while somebody has to fill in paper.
        longest = load.seconds + self._timing.attention + self._timing.answer
        task = asyncio.create_task(self._printer.send(self.number, load.ticket, load.source(), sending, longest))
        try:
            await self._watch(task, load.seconds)
            return await task
        finally:
            await _end(task)
            self._sent = sending.begun
            self._whole = sending.whole
            octets = sending.octets if sending.whole else self.attempt.octets
            self.attempt = replace(self.attempt, octets=octets, taken=sending.answered)

    async def _watch(self, task: asyncio.Task[JobStatus], seconds: float) -> None:
        """Look at the printer while it takes the document; end the sending when that is called for."""
        clock = asyncio.get_running_loop().time
        since, sending, held_up = clock(), 0.0, 0.0
        self._tell(Stage.SENDING, None)
        while not await self._passed(task):
            status = await self._look_beside(task)
            error = status.error if status is not None else None
            step, since = clock() - since, clock()
            if error is None:
                sending += step
            else:
                held_up += step
            self._tell(Stage.ATTENTION if error else Stage.SENDING, error)
            if task.done():
                return
            if self._cancel.is_set():
                self._ending = "canceled"
            elif error is not None and held_up > self._timing.attention:
                self._ending = error
            elif sending > seconds:
                self._ending = "timeout"
            if self._ending is not None:
                raise DeviceError(CompletionCode.CANCELED, self._ending, "")

    async def _unless_busy(self, ask: Callable[[], Coroutine[None, None, JobStatus]]) -> JobStatus:
        """Ask, and ask again while the printer says that it is busy: then it has taken nothing."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timing.busy
        while True:
            if self._cancel.is_set():
                raise DeviceError(CompletionCode.CANCELED, "canceled", "")
            try:
                return await ask()
            except RefusedError as refused:
                self._sent = False
                if refused.status not in BUSY or clock() >= deadline:
                    raise
            self._tell(Stage.BUSY, "busy")
            await self._passed(None)

    # -- following it

    async def _follow(self, number: int) -> NoReturn:
        """Look at the job until it has ended, or has taken too long.

        Raises:
            Ended: always.
        """
        clock = asyncio.get_running_loop().time
        spent = dict.fromkeys(Stage, 0.0)
        limits = {
            Stage.QUEUED: self._timing.queue,
            Stage.PRINTING: self._timing.warm_up + self.attempt.pages * self._page_seconds,
            Stage.ATTENTION: self._timing.attention,
            Stage.ASKING: self._timing.believe,
        }
        heard = since = clock()
        out = self.pages
        while True:
            if self._cancel.is_set() or self._ending is not None:
                await self._stop(number, self._ending or "canceled")
            job = await self._job(number)
            if job is not None:
                heard = clock()
                stage, error = await self._stage(job)
                if self.pages != out:  # it goes on, whatever it complains about
                    out, spent[Stage.ATTENTION] = self.pages, 0.0
                spent[stage] += heard - since
                self._tell(stage, error)
                if spent[stage] > limits[stage]:
                    await self._stop(number, error or _TOO_LONG[stage])
            elif clock() - heard > self._timing.silent:
                raise Ended(PrintOutcome.UNKNOWN, self._lost or "no_answer", CompletionCode.TIMEOUT)
            since = clock()
            await self._passed(None)

    async def _stage(self, job: JobStatus) -> tuple[Stage, str | None]:
        """Tell what a job that has not ended waits for."""
        status = await self._look()
        error = status.error if status is not None else None
        if job.state is JobState.STOPPED or "printer-stopped" in job.reasons or (error and error != "not_accepting"):
            return Stage.ATTENTION, error or "stopped"
        if job.state in {JobState.PENDING, JobState.HELD}:
            # A job whose document broke off may wait for the rest of it for minutes.
            incomplete = self._lost is not None and bool({"job-incoming", "job-data-insufficient"} & set(job.reasons))
            return (Stage.ASKING, self._lost) if incomplete else (Stage.QUEUED, None)
        return Stage.PRINTING, next(iter(status.warnings), None) if status is not None else None

    async def _stop(self, number: int, error: str) -> NoReturn:
        """Have the printer end the job, and wait until it has.

        Raises:
            Ended: always.
        """
        self._ending = error
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timing.after_cancel
        while clock() < deadline:
            with contextlib.suppress(DeviceError):
                await self._printer.cancel(number)
            await self._job(number)
            await asyncio.sleep(self._timing.look)
        raise Ended(PrintOutcome.UNKNOWN, error, CompletionCode.TIMEOUT)

    # -- asking after it

    async def _look_for_it(self, absent: PrintOutcome | None) -> int:
        """Look for the job by its name; return its number.

        Args:
            absent: the outcome where the printer knows no such job; None = it may come yet, and is looked for again.

        Raises:
            Ended: the printer knows no such job, or does not say.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        looks = 0
        error = self._lost or "no_answer"
        self._tell(Stage.ASKING, error)
        while clock() - began <= self._timing.silent + self._timing.believe:
            try:
                found = await self._printer.find(self.attempt)
            except DeviceError as failure:
                error = failure.error
                if error == "closed":
                    raise Ended(PrintOutcome.UNKNOWN, error, failure.code) from failure
            else:
                if found is not None:
                    self.number = found.id
                    return found.id
                await self._look()
                if self._restarted():
                    raise Ended(PrintOutcome.UNKNOWN, "restarted")
                looks += 1
                error = self._ending or ("never_arrived" if absent is PrintOutcome.NOT_DONE else "forgotten")
                if absent is not None and looks >= _LOOKS_TO_BELIEVE:
                    surely = clock() - began < self._timing.memory
                    raise Ended(absent if surely else PrintOutcome.UNKNOWN, error)
            await asyncio.sleep(self._timing.believe)
        raise Ended(PrintOutcome.UNKNOWN, error, None if looks else CompletionCode.TIMEOUT)


_TOO_LONG: Final = {
    Stage.QUEUED: "queue",
    Stage.PRINTING: "too_slow",
    Stage.ATTENTION: "stopped",
    Stage.ASKING: "gone",
}


async def _end(task: asyncio.Task[JobStatus]) -> None:
    """Have a sending end that was broken off; its own error is no longer of interest."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
