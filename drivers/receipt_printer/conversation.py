"""One open line to a printer: a reader that sorts what comes in, and questions with deadlines."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from drivers.device import DeviceError
from drivers.receipt_printer.codec import (
    AutomaticStatus,
    BuffersCleared,
    Demultiplexer,
    PaperSensorStatus,
    ProcessPrinted,
    RealTimeStatus,
)
from drivers.receipt_printer.commands import STATUS_QUESTIONS
from drivers.receipt_printer.status import REAL_TIME_QUESTIONS, from_automatic, from_real_time, no_answer
from drivers.transport import deadline_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.receipt_printer.codec import Reply
    from drivers.receipt_printer.profile import Profile
    from drivers.receipt_printer.status import PrinterStatus
    from drivers.transport import Transport

_IDLE = 3600.0
_QUESTIONS = len(REAL_TIME_QUESTIONS)
_MOST_OWED = 10 * _QUESTIONS
_IDS_KEPT = 64


class Conversation:
    """What is said on one line. Made when the line opens, closed with it.

    Attributes:
        automatic: the latest status the printer sent by itself; None = none yet on this line.
        lost: why the line ended, or None.
        printed: the process ids reported printed, latest last.
        cleared: how many times the printer said that its buffers are clear.
        sensed: how many answers to ``GS r 1`` came.
    """

    def __init__(
        self,
        transport: Transport,
        profile: Profile,
        on_automatic: Callable[[PrinterStatus], None] | None = None,
        on_lost: Callable[[DeviceError], None] | None = None,
    ) -> None:
        self.automatic: PrinterStatus | None = None
        self.lost: DeviceError | None = None
        self.printed: deque[bytes] = deque(maxlen=_IDS_KEPT)
        self.cleared = 0
        self.sensed = 0
        self._transport = transport
        self._profile = profile
        self._on_automatic = on_automatic
        self._on_lost = on_lost
        self._codec = Demultiplexer()
        self._answers: list[int] = []
        self._asking = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._owed = 0
        self._line_free_at = 0.0
        self._changed = asyncio.Event()
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def transport(self) -> Transport:
        """The line itself."""
        return self._transport

    async def close(self) -> None:
        """Stop reading and close the line."""
        self._reader.cancel()
        await asyncio.wait({self._reader})
        await self._transport.close()

    async def _read(self) -> None:
        while True:
            try:
                data = await self._transport.read(4096, deadline_in(_IDLE))
            except DeviceError as failure:
                if failure.error == "timeout":
                    continue
                self.lost = failure
                self.notify()
                if self._on_lost is not None:
                    self._on_lost(failure)
                return
            for reply in self._codec.feed(data):
                self._sort(reply)
            self.notify()

    def _sort(self, reply: Reply) -> None:
        match reply:
            case RealTimeStatus(value):
                if self._asking.locked():
                    self._answers.append(value)
                else:
                    self._owed = max(0, self._owed - 1)  # come late, to a question already given up
            case AutomaticStatus(data):
                self.automatic = from_automatic(data, self._profile, asyncio.get_running_loop().time())
                if self._on_automatic is not None:
                    self._on_automatic(self.automatic)
            case ProcessPrinted(process_id):
                self.printed.append(process_id)
            case BuffersCleared():
                self.cleared += 1
            case PaperSensorStatus():
                self.sensed += 1
            case _:
                pass  # a block that nobody asked for

    def notify(self) -> None:
        """Have everyone who waits look again."""
        self._changed.set()

    async def wait(self, condition: Callable[[], bool], deadline: float) -> bool:
        """Wait until ``condition`` holds, looked at whenever something arrives; tell whether it held in time."""
        try:
            async with asyncio.timeout_at(deadline):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return condition()
        return True

    async def send(self, data: bytes, stall: float) -> None:
        """Write ``data``; the printer may keep us waiting for ``stall`` seconds beyond the time on the wire.

        Raises:
            DeviceError: ``timeout``, ``gone`` or ``closed``.
        """
        async with self._writing:
            if self.lost is not None:
                raise self.lost
            # The system takes more than the wire has carried: what is queued before us takes its time too.
            now = asyncio.get_running_loop().time()
            self._line_free_at = max(self._line_free_at, now) + self._transport.line_time(len(data))
            await self._transport.write(data, self._line_free_at + stall)

    async def ask_status(self, timeout: float) -> PrinterStatus:
        """Ask all four real-time questions.

        The answers do not say which question they belong to. So all four are asked at once and counted, and answers
        still owed to an earlier question that was given up are waited for and never taken for new ones.

        Raises:
            DeviceError: the line is lost, or does not take the question.
        """
        async with self._asking:
            for _ in range(2):
                answers = await self._ask(timeout)
                now = asyncio.get_running_loop().time()
                if len(answers) == _QUESTIONS:
                    self._owed = 0
                    first, second, third, fourth = answers
                    return from_real_time((first, second, third, fourth), self._profile, now)
                if len(answers) < _QUESTIONS:
                    self._owed = min(_MOST_OWED, self._owed + _QUESTIONS - len(answers))
                    return no_answer(self._profile, now)
                # Late answers among ours: which are which cannot be known, but now the line is even. Ask again.
                self._owed = max(0, self._owed + _QUESTIONS - len(answers))
            return no_answer(self._profile, asyncio.get_running_loop().time())

    async def _ask(self, timeout: float) -> list[int]:
        self._codec.reset()
        self._answers.clear()
        await self.send(STATUS_QUESTIONS, timeout)
        expected = _QUESTIONS + self._owed
        free_at = max(self._line_free_at, asyncio.get_running_loop().time())
        deadline = free_at + timeout + self._transport.line_time(_QUESTIONS)
        await self.wait(lambda: len(self._answers) >= expected or self.lost is not None, deadline)
        if self.lost is not None and len(self._answers) < _QUESTIONS:
            raise self.lost
        return list(self._answers)
