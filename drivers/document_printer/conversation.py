"""The questions to one printer, as functions: each asks, waits with its deadline, and gives back what was said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.device import CompletionCode, DeviceError
from drivers.document_printer.codec import GroupTag
from drivers.document_printer.link import IppLink, parse_address
from drivers.document_printer.requests import Operation, Requests
from drivers.document_printer.sentences import sentence
from drivers.document_printer.status import (
    NOT_FOUND,
    VERSION_UNSUPPORTED,
    Capabilities,
    JobStatus,
    PrinterStatus,
    capabilities,
    job_status,
    printer_status,
    refusal,
    successful,
)
from drivers.transport import open_transport

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.document_printer.codec import Message
    from drivers.document_printer.link import Sending, Source
    from drivers.document_printer.printing import Attempt, Timing
    from drivers.document_printer.requests import Ticket

_OLD = (1, 1)


@dataclass(eq=False)
class RefusedError(DeviceError):
    """The printer answered, and said no: what was asked was not done. ``status`` is its status code."""

    status: int = 0


class Conversation:
    """The questions to one printer; ``close`` ends the connections.

    Args:
        url: ``ipp://`` or ``ipps://``.
        timing: the waits.
        user: who we say we are.
        ca: certificates to trust instead of the system's, for ``ipps``.

    Raises:
        DeviceError: ``bad_url`` or ``certificate``.
    """

    def __init__(self, url: str, timing: Timing, *, user: str, ca: Path | None = None) -> None:
        address = parse_address(url)
        self._timing = timing
        self._link = IppLink(address, connect=timing.connect, ca=ca)
        self._requests = Requests(address.printer, user)

    async def reach(self) -> None:
        """Connect once, and let go again: requests make connections of their own.

        Raises:
            DeviceError: ``no_device`` or ``timeout``.
        """
        line = await open_transport(self._link.address.line, timeout=self._timing.connect)
        await line.close()

    async def close(self) -> None:
        """See ``Connection``."""
        await self._link.close()

    async def look(self) -> tuple[PrinterStatus, Capabilities]:
        """Ask how the printer is and what it can do.

        Raises:
            DeviceError: the line's, or what the printer refused with.
        """
        answer = await self._link.exchange(self._requests.printer_attributes(), seconds=self._timing.answer)
        if answer.code == VERSION_UNSUPPORTED and self._requests.version != _OLD:
            self._requests.version = _OLD
            answer = await self._link.exchange(self._requests.printer_attributes(), seconds=self._timing.answer)
        _require(answer)
        printers = answer.all_of(GroupTag.PRINTER)
        if not printers:
            raise DeviceError(CompletionCode.COMMAND_ERROR, "garbled", f"{sentence('garbled')} It tells no state.")
        can = capabilities(printers[0])
        if "2.0" not in can.versions and "1.1" in can.versions:
            self._requests.version = _OLD
        return printer_status(printers[0], asyncio.get_running_loop().time()), can

    async def validate(self, ticket: Ticket) -> None:
        """Ask whether a job would be taken.

        Raises:
            RefusedError: it would not.
            DeviceError: the line's.
        """
        _require(await self._link.exchange(self._requests.validate_job(ticket), seconds=self._timing.answer))

    async def create(self, ticket: Ticket, sending: Sending) -> JobStatus:
        """Begin a job without a document.

        Raises:
            RefusedError: it was not begun.
            DeviceError: the line's: it may have been begun.
        """
        request = self._requests.create_job(ticket)
        return _job(await self._link.exchange(request, seconds=self._timing.answer, sending=sending))

    async def send(
        self, job: int | None, ticket: Ticket, source: Source, sending: Sending, seconds: float
    ) -> JobStatus:
        """Give a job its document (Send-Document), or begin one with it where there is none yet (Print-Job).

        Raises:
            RefusedError: it was not taken.
            DeviceError: the line's: it may have been taken.
        """
        request = self._requests.print_job(ticket) if job is None else self._requests.send_document(job, ticket)
        return _job(await self._link.exchange(request, seconds=seconds, source=source, sending=sending))

    async def job(self, number: int) -> JobStatus | None:
        """Ask how a job is; None where the printer does not know it.

        Raises:
            DeviceError: the line's, or what the printer refused with.
        """
        answer = await self._link.exchange(self._requests.job_attributes(number), seconds=self._timing.answer)
        return None if answer.code in NOT_FOUND else _job(answer)

    async def find(self, attempt: Attempt) -> JobStatus | None:
        """Look for a job by its name among those that ended and those that did not; None where there is none.

        First among our user's, then among everybody's: not every printer keeps the name of who asked. The second time
        also finds what came, or ended, between the first two questions.

        Raises:
            DeviceError: the line's, or what the printer refused with; ``nameless`` where it was not found, and the
                printer tells of jobs without their names.
        """
        nameless = False
        for mine, completed in ((True, False), (True, True), (False, False), (False, True)):
            request = self._requests.jobs(completed=completed, mine=mine)
            answer = await self._link.exchange(request, seconds=self._timing.answer)
            if answer.code not in NOT_FOUND:
                _require(answer)
            for group in answer.all_of(GroupTag.JOB):
                found = job_status(group)
                if found is not None and attempt.is_job(found.name):
                    return found
                nameless = nameless or (found is not None and not found.name)
        if nameless:
            raise DeviceError(CompletionCode.UNSUPPORTED, "nameless", sentence("nameless"))
        return None

    async def cancel(self, number: int) -> None:
        """Ask the printer to end a job. That it has ended already is no error: its state tells.

        Raises:
            DeviceError: the line's.
        """
        await self._link.exchange(self._requests.cancel_job(number), seconds=self._timing.answer)

    @staticmethod
    def creates(can: Capabilities) -> bool:
        """Tell whether a job can be begun before its document is sent, so that it has a number to ask by."""
        return {Operation.CREATE_JOB, Operation.SEND_DOCUMENT} <= can.operations


def _require(answer: Message) -> None:
    if not successful(answer.code):
        error, code = refusal(answer.code)
        raise RefusedError(code, error, f"{sentence(error)} (IPP status 0x{answer.code:04x}.)", answer.code)


def _job(answer: Message) -> JobStatus:
    _require(answer)
    jobs = answer.all_of(GroupTag.JOB)
    found = job_status(jobs[0]) if jobs else None
    if found is None:
        raise DeviceError(CompletionCode.COMMAND_ERROR, "garbled", f"{sentence('garbled')} It names no job.")
    return found
