"""From the printer's bytes to its replies: an incremental demultiplexer without I/O.

A printer answers three kinds of question on one line, without saying which question an answer belongs to. They can be
told apart by shape alone (masks as in the ESC/POS references of Epson's TM-T88III, p. 316-321 for automatic status):

* ``xxx1xx1x`` with bits 7 and 0 clear (``b & 93 == 12``): one byte of real-time status, the answer to ``DLE EOT n``.
* ``0xx1xx00`` (``b & 93 == 10``): the first of four bytes of automatic status; the others have bits 7 and 4 clear.
* ``35 37 3B 3D 5F``: a block that ends with NUL. ``37 22 d1 d2 d3 d4 00`` says that process d1..d4 is printed,
  ``37 25 00`` that the buffers are clear.
* ``00 03 0C 0F``: the answer to ``GS r 1``.

Anything else is noise and is dropped and counted. Process ids are chosen from letters that look like none of these, so
that a broken block cannot be taken for a status.
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_KIND_MASK = 0x93
_REAL_TIME = 0x12
_AUTOMATIC = 0x10
_FIXED_ZERO = 0x90
_AUTOMATIC_LENGTH = 4
_BLOCK_HEADERS = frozenset({0x35, 0x37, 0x3B, 0x3D, 0x5F})
_PROCESS_PRINTED = b"\x37\x22"
_BUFFERS_CLEAR = b"\x37\x25"
_PAPER_SENSOR = frozenset({0x00, 0x03, 0x0C, 0x0F})
PROCESS_ID_LENGTH = 4
MAX_BLOCK = 80
"""Bytes in the longest block we keep; printer names and serial numbers are shorter."""

_ID_LETTERS = "ABCDEFGHIJKLMNOabcdefghijklmno"
"""Letters whose bit 4 is clear: neither status nor the start of one."""


@dataclass(frozen=True, slots=True)
class RealTimeStatus:
    """One byte answering ``DLE EOT n``; which n is for the asker to know."""

    value: int


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """Four bytes of automatic status (ASB)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ProcessPrinted:
    """``GS ( H`` function 48: everything before this process id is on paper."""

    process_id: bytes


@dataclass(frozen=True, slots=True)
class BuffersCleared:
    """``DLE DC4`` function 8: the receive and print buffers are empty."""


@dataclass(frozen=True, slots=True)
class PaperSensorStatus:
    """One byte answering ``GS r 1``: every command before it has been read."""

    value: int


@dataclass(frozen=True, slots=True)
class OtherBlock:
    """A well-formed block that answers nothing we asked; header included, NUL not."""

    data: bytes


Reply: TypeAlias = RealTimeStatus | AutomaticStatus | ProcessPrinted | BuffersCleared | PaperSensorStatus | OtherBlock


class Demultiplexer:
    """Splits what a printer sends into replies, however the line cuts it up.

    Attributes:
        dropped: bytes that belonged to no reply since the demultiplexer was made.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._held = bytearray()

    def reset(self) -> None:
        """Forget a reply begun and not ended."""
        self.dropped += len(self._held)
        self._held.clear()

    def feed(self, data: bytes) -> list[Reply]:
        """Take what arrived and return the replies it completes, in order."""
        self._held += data
        replies: list[Reply] = []
        while self._held:
            used, reply = self._head()
            if used == 0:
                break
            del self._held[:used]
            if reply is None:
                self.dropped += used
            else:
                replies.append(reply)
        return replies

    def _head(self) -> tuple[int, Reply | None]:
        """Return how many bytes the first reply takes (0: not all here yet) and the reply (None: noise)."""
        first = self._held[0]
        if first in _BLOCK_HEADERS:
            return self._block()
        if first & _KIND_MASK == _REAL_TIME:
            return 1, RealTimeStatus(first)
        if first & _KIND_MASK == _AUTOMATIC:
            return self._automatic()
        if first in _PAPER_SENSOR:
            return 1, PaperSensorStatus(first)
        return 1, None

    def _automatic(self) -> tuple[int, Reply | None]:
        rest = self._held[1:_AUTOMATIC_LENGTH]
        if any(byte & _FIXED_ZERO for byte in rest):
            return 1, None  # not automatic status after all: look again from the next byte
        if len(rest) < _AUTOMATIC_LENGTH - 1:
            return 0, None
        return _AUTOMATIC_LENGTH, AutomaticStatus(bytes(self._held[:_AUTOMATIC_LENGTH]))

    def _block(self) -> tuple[int, Reply | None]:
        end = self._held.find(0, 1, MAX_BLOCK)
        if end < 0:
            return (1, None) if len(self._held) >= MAX_BLOCK else (0, None)
        block = bytes(self._held[:end])
        for known, length in ((_BUFFERS_CLEAR, 2), (_PROCESS_PRINTED, 2 + PROCESS_ID_LENGTH)):
            if len(block) > length and block[-length:][:2] == known:
                return len(block) - length, None  # a stray header before it must not swallow the real one
        if block == _BUFFERS_CLEAR:
            return end + 1, BuffersCleared()
        if block[:2] == _PROCESS_PRINTED and len(block) == 2 + PROCESS_ID_LENGTH:
            return end + 1, ProcessPrinted(block[2:])
        return end + 1, OtherBlock(block)


def process_ids() -> Iterator[bytes]:
    """Return an endless run of process ids, begun at random so that a restart does not repeat the last ones."""
    count = len(_ID_LETTERS) ** PROCESS_ID_LENGTH
    return (_process_id(number % count) for number in itertools.count(secrets.randbelow(count)))


def _process_id(number: int) -> bytes:
    letters = []
    for _ in range(PROCESS_ID_LENGTH):
        number, index = divmod(number, len(_ID_LETTERS))
        letters.append(_ID_LETTERS[index])
    return "".join(reversed(letters)).encode("ascii")
