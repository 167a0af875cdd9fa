"""One command to a ZVT terminal and everything it says until the command is over.

The terminal answers a command with 80 00 (or 84 and a reason, and is done), then says what it is doing (04 FF), what
came of it (04 0F), the lines of a receipt (06 D1), and ends with 06 0F or, where it came to nothing, 06 1E. Each of its
messages is answered with 80 00, or it does not go on; one that leaves the result unanswered has the terminal take the
payment back by itself (PA00P015, 2.2.8).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from drivers.device import DeviceError
from drivers.payment_terminal.codec import Apdu, Instruction
from drivers.payment_terminal.fields import (
    Completion,
    FieldError,
    StatusInformation,
    read_completion,
    read_line,
    read_status,
)
from drivers.payment_terminal.meanings import BUSY, STOPPED, SUCCESS, stage
from drivers.payment_terminal.port import Progress
from drivers.transport import deadline_in

if TYPE_CHECKING:
    from drivers.payment_terminal.link import Link, Timing
    from drivers.payment_terminal.port import OnProgress

_POSITIVE: Final = Apdu(Instruction.POSITIVE)
_MOST_LINES: Final = 400


@dataclass(slots=True)
class Dialogue:
    """What was said so far; it stays to be read when the dialogue breaks off.

    Attributes:
        taken: whether the terminal may have taken the command.
        refusal: the code of 84, where it refused it.
        status: the last status information.
        succeeded: whether any said that it was done.
        failed: whether any said that it was not.
        unreadable: whether any could not be read.
        aborted: the code of 06 1E, where it ended so.
        completion: the end, where it ended with 06 0F.
        lines: the receipt's lines.
    """

    taken: bool = False
    refusal: int | None = None
    status: StatusInformation | None = None
    succeeded: bool = False
    failed: bool = False
    unreadable: bool = False
    aborted: int | None = None
    completion: Completion | None = None
    lines: list[str] = field(default_factory=list, repr=False)

    @property
    def success(self) -> bool:
        """Whether the terminal said that it was done, nothing else since, and never the contrary."""
        if self.failed or self.completion is None:
            return False
        return self.status is not None and self.status.code == SUCCESS

    @property
    def failure(self) -> int | None:
        """The result code that says that nothing was done; None where nothing says so for certain, or it said both."""
        if self.succeeded or self.unreadable:
            return None
        said = self.status.code if self.status is not None else None
        for code in (None if self.refusal == BUSY else self.refusal, said, self.aborted):
            if code not in {None, SUCCESS}:
                return code
        return None

    async def run(
        self,
        link: Link,
        command: Apdu,
        timing: Timing,
        *,
        on_progress: OnProgress | None = None,
        abort: asyncio.Event | None = None,
    ) -> None:
        """Carry it through.

        Args:
            link: to the terminal.
            command: what is asked.
            timing: how long to wait for what.
            on_progress: told what the terminal is doing.
            abort: once set, the terminal is asked to end the command; how it ends, it says itself.

        Raises:
            DeviceError: it broke off; what was said until then is here.
        """
        link.forget()
        before = link.bytes_sent
        self.taken = True
        try:
            await link.send(command)
        except DeviceError as failure:
            # Refused every time as damaged, or never put on the line.
            self.taken = failure.error != "garbled" and link.bytes_sent > before
            raise
        if not await self._answered(link, timing):
            # "Please wait" is understood by some as more time that is asked for: what comes of it, it must be asked.
            self.taken = self.refusal == BUSY
            return
        last = deadline_in(timing.longest)
        asked = False
        wait = timing.life
        while True:
            until = min(last, deadline_in(wait))
            message = await self._receive(link, until, None if asked else abort)
            if message is None:
                asked, wait = True, timing.after_abort
                await link.send_now(Apdu(Instruction.HOST_ABORT))
            elif message.negative is not None and asked:
                wait = timing.life  # too late to end it: it goes on
            elif await self._hear(link, message, on_progress):
                return

    async def _answered(self, link: Link, timing: Timing) -> bool:
        """Wait for the answer to the command; tell whether it was taken."""
        deadline = deadline_in(timing.answer)
        while True:
            message = await link.receive(deadline)
            if message.control == Instruction.POSITIVE or message.negative == SUCCESS:
                return True
            if message.negative is not None:
                self.refusal = message.negative
                return False
            await link.send(_POSITIVE)  # a message of before: it waits for its answer, and is nothing to us

    @staticmethod
    async def _receive(link: Link, deadline: float, abort: asyncio.Event | None) -> Apdu | None:
        """Wait for a message; None = to end the command was asked for first."""
        if abort is None:
            return await link.receive(deadline)
        if abort.is_set():
            return None
        receiving = asyncio.ensure_future(link.receive(deadline))
        asking = asyncio.ensure_future(abort.wait())
        try:
            await asyncio.wait({receiving, asking}, return_when=asyncio.FIRST_COMPLETED)
            return await receiving if receiving.done() else None
        finally:
            for task in (receiving, asking):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, DeviceError):
                    await task

    async def _hear(self, link: Link, message: Apdu, on_progress: OnProgress | None) -> bool:
        """Take a message and answer it; tell whether it was the last."""
        if message.control == Instruction.POSITIVE:
            return False
        over = message.control in {Instruction.COMPLETION, Instruction.ABORT}
        if message.control == Instruction.INTERMEDIATE_STATUS and message.data and on_progress is not None:
            on_progress(Progress(stage(message.data[0]), message.data[0]))
        self._note(message)
        try:
            await link.send(_POSITIVE)
        except DeviceError:
            if not over:  # the last word has been said, whether or not it knows that it was heard
                raise
        return over

    def _note(self, message: Apdu) -> None:
        match message.control:
            case Instruction.STATUS_INFORMATION:
                try:
                    self.status = read_status(message.data)
                except FieldError:
                    self.status, self.unreadable = None, True
                else:
                    self.succeeded = self.succeeded or self.status.code == SUCCESS
                    self.failed = self.failed or self.status.code not in {None, SUCCESS}
            case Instruction.PRINT_LINE if len(self.lines) < _MOST_LINES:
                self.lines.append(read_line(message.data))
            case Instruction.COMPLETION:
                self.completion = read_completion(message.data)
            case Instruction.ABORT:
                self.aborted = message.data[0] if message.data else STOPPED
            case _:
                pass
