"""A conversation of APDUs on a line: bare over TCP, in blocks with their answers on a serial one.

A block that the terminal refuses (NAK) is sent again, at most ``_TRIES`` times: it was not taken. Silence instead of an
answer is no refusal: the block may have been taken, so it is not sent again. A damaged block of the terminal is
refused in the same way, and it sends it again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from drivers.device import CompletionCode, DeviceError
from drivers.payment_terminal.codec import (
    ACK,
    NAK,
    Apdu,
    ApduDecoder,
    BlockDecoder,
    Damage,
    FrameError,
    Handshake,
    encode_apdu,
    encode_block,
)
from drivers.transport import deadline_in

if TYPE_CHECKING:
    from drivers.payment_terminal.codec import Decoder
    from drivers.transport import Transport

_log = structlog.get_logger(__name__)

_TRIES: Final = 3
_READ: Final = 4096
_ACK_TIME: Final = 16
"""Bytes whose time on the line an answer to a block is given at least."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A terminal's waits, in seconds.

    Attributes:
        connect: for opening the line.
        answer: for the answer to a block, and to a command (T2 and T3 of PA00P016: 5 s).
        gap: of silence inside a message until it counts as broken off.
        life: without a sign of life while a command runs: the person searches the card, the host is asked.
        longest: for a whole command, whatever signs of life there are.
        after_abort: for the end of a command whose end the terminal has agreed to.
        enquiry: for finding out what became of an attempt, with all tries.
        again: between two tries to find that out.
        believe: for which the terminal must go on to say that it has carried out nothing.
        margin: added to what the bytes themselves take.
    """

    connect: float = 5.0
    answer: float = 5.0
    gap: float = 1.0
    life: float = 120.0
    longest: float = 600.0
    after_abort: float = 15.0
    enquiry: float = 30.0
    again: float = 1.0
    believe: float = 10.0
    margin: float = 0.5


def garbled(message: str) -> DeviceError:
    """Make the error of a line whose messages arrive damaged."""
    return DeviceError(CompletionCode.HARDWARE_ERROR, "garbled", f"{message} Check the terminal's cable.")


class Link:
    """APDUs to and from a terminal. One sends and receives at a time, but ``send_now`` may come in between."""

    def __init__(self, line: Transport, timing: Timing, *, blocks: bool) -> None:
        self._line = line
        self._timing = timing
        self._blocks = blocks
        self._decoder: Decoder = BlockDecoder() if blocks else ApduDecoder()
        self._heard: deque[Apdu] = deque()
        self._refused = 0

    @property
    def bytes_sent(self) -> int:
        """Bytes the system took since the line was opened."""
        return self._line.bytes_sent

    async def send(self, apdu: Apdu) -> None:
        """Hand over a message; on a serial line, have it taken by the terminal.

        Raises:
            DeviceError: ``garbled`` where the terminal refused it every time, so that it did not take it; ``timeout``
                where it may have taken it; ``gone``, ``closed``.
        """
        encoded = encode_apdu(apdu)
        if not self._blocks:
            await self._write(encoded)
            return
        block = encode_block(encoded)
        for attempt in range(1, _TRIES + 1):
            await self._write(block)
            if await self._taken():
                return
            _log.info("terminal_refused_block", attempt=attempt)
        raise garbled("The terminal refuses what is sent to it as damaged; it took nothing.")

    async def send_now(self, apdu: Apdu) -> None:
        """Hand over a message while another one is waited for; its answer is heard with the rest."""
        encoded = encode_apdu(apdu)
        await self._write(encode_block(encoded) if self._blocks else encoded)

    async def receive(self, deadline: float) -> Apdu:
        """Wait for a message.

        Raises:
            DeviceError: ``timeout``; ``garbled`` where it came damaged every time; ``gone``, ``closed``.
        """
        while not self._heard:
            await self._hear(deadline)
        return self._heard.popleft()

    def forget(self) -> None:
        """Throw away what has arrived and was not read."""
        self._line.flush_input()
        self._decoder.reset()
        self._heard.clear()
        self._refused = 0

    async def close(self) -> None:
        """Close the line."""
        self._decoder.reset()
        self._heard.clear()
        await self._line.close()

    async def _write(self, data: bytes) -> None:
        await self._line.write(data, deadline_in(self._line.line_time(len(data)) + self._timing.margin))

    async def _taken(self) -> bool:
        """Wait for the answer to a block; messages that come first are kept."""
        deadline = deadline_in(self._timing.answer + self._line.line_time(_ACK_TIME))
        while True:
            for handshake in await self._hear(deadline):
                return handshake.taken

    async def _hear(self, deadline: float) -> list[Handshake]:
        """Read once: keep messages, answer blocks, return the answers to ours."""
        if self._decoder.pending:
            deadline = min(deadline, deadline_in(self._timing.gap + self._line.line_time(_ACK_TIME)))
        try:
            data = await self._line.read(_READ, deadline)
        except DeviceError as failure:
            if failure.error == "timeout" and (dropped := self._decoder.reset()):
                await self._refuse(FrameError(Damage.BROKEN_OFF, dropped))
                return []
            raise
        handshakes = []
        for item in self._decoder.feed(data):
            if isinstance(item, Handshake):
                handshakes.append(item)
            elif isinstance(item, FrameError):
                await self._refuse(item)
            else:
                self._refused = 0
                self._heard.append(item)
                if self._blocks:
                    await self._write(bytes([ACK]))
        return handshakes

    async def _refuse(self, item: FrameError) -> None:
        """Ask for a damaged block again; over TCP nothing can be asked for, and what was lost will be missed."""
        _log.info("terminal_message_damaged", damage=item.damage.value, size=item.dropped)
        if not self._blocks or item.damage is Damage.GARBAGE:
            return
        self._refused += 1
        if self._refused >= _TRIES:
            self._refused = 0
            raise garbled("The terminal's messages arrive damaged.")
        await self._write(bytes([NAK]))
