"""One open line to a cabinet board: a reader that sorts what comes in, and one question at a time."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.cabinet.codec import Asked, BoardState, Deframer, Reply, Result, question
from drivers.device import INTERACTIVE_LIMIT, CompletionCode, DeviceError
from drivers.transport import deadline_in, transport_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.transport import Transport

_IDLE: Final = 3600.0
_REPLY_BYTES: Final = 40


@dataclass(frozen=True, slots=True)
class Timing:
    """The board's waits, in seconds.

    Attributes:
        connect: for opening the line.
        answer: for an answer, beside the bytes' own time; a question is asked twice.
        show: that all lights shine in a check that somebody watches.
        person: for somebody to open the door in such a check.
    """

    connect: float = 3.0
    answer: float = 0.5
    show: float = 2.0
    person: float = INTERACTIVE_LIMIT


class CabinetLine:
    """One open line to a board: a reader that sorts what comes in, and one question at a time."""

    def __init__(
        self,
        transport: Transport,
        told: Callable[[BoardState], None],
        timing: Timing,
        on_lost: Callable[[DeviceError], None],
    ) -> None:
        self.lost: DeviceError | None = None
        self._on_lost = on_lost
        self._transport = transport
        self._told = told
        self._timing = timing
        self._deframer = Deframer()
        self._sequence = 0
        self._waiting: tuple[int, int, asyncio.Future[Reply]] | None = None
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def close(self) -> None:
        """Stop reading and close the line."""
        self._reader.cancel()
        await asyncio.wait({self._reader})
        await self._transport.close()

    async def ask(self, asked: Asked, payload: bytes = b"") -> bytes:
        """Ask, once more where nothing whole comes back, and return the answer's data.

        A question carries the same number both times: every question may be carried out twice.

        Raises:
            DeviceError: ``timeout``, ``refused``, or the line's.
        """
        self._sequence = (self._sequence + 1) % 256
        frame = question(asked, self._sequence, payload)
        for _ in range(2):
            with contextlib.suppress(TimeoutError):
                return _data_of(await self._exchange(asked, frame), asked)
        raise transport_error("timeout", self._transport.url)

    async def _exchange(self, asked: Asked, frame: bytes) -> Reply:
        if self.lost is not None:
            raise self.lost
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting = (asked, self._sequence, answer)
        wait = self._timing.answer + self._transport.line_time(len(frame) + _REPLY_BYTES)
        try:
            await self._transport.write(frame, deadline_in(wait))
            async with asyncio.timeout(wait):
                return await answer
        finally:
            self._waiting = None

    async def _read(self) -> None:
        while True:
            try:
                data = await self._transport.read(4096, deadline_in(_IDLE))
            except DeviceError as failure:
                if failure.error == "timeout":
                    continue
                self.lost = failure
                if self._waiting is not None and not self._waiting[2].done():
                    self._waiting[2].set_exception(failure)
                self._on_lost(failure)
                return
            for one in self._deframer.feed(data):
                self._sort(one)

    def _sort(self, one: Reply | BoardState) -> None:
        if isinstance(one, BoardState):
            self._told(one)
            return
        waiting = self._waiting  # a late answer answers nothing: its question was given up
        if waiting is not None and (one.asked, one.sequence) == waiting[:2] and not waiting[2].done():
            waiting[2].set_result(one)


def _data_of(reply: Reply, asked: Asked) -> bytes:
    if reply.result != Result.DONE:
        known = {int(one): one.name.lower() for one in Result}
        raise DeviceError(
            CompletionCode.COMMAND_ERROR,
            "refused",
            f"The cabinet board refused {asked.name.lower()} ({known.get(reply.result, reply.result)}). "
            "Check that the entry's lights and contacts are those of this board.",
        )
    return reply.data
