"""The frames of the resident-card reader: pure, bytes in and frames out.

A frame, in both directions, is ``AA AA AA 96 69 | length | body | check``: the length is two bytes, big-endian, and
counts body and check; the check is the exclusive or of length and body. The host's body is ``CMD PARA [data]``, the
reader's ``SW1 SW2 SW3 [data]``. (Public descriptions: softs.im "身份证阅读器通信协议"; yzsam.com/html/CNvfzM.)
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import Final

PREAMBLE: Final = bytes.fromhex("AAAAAA9669")
OVERHEAD: Final = len(PREAMBLE) + 2
"""Bytes of a frame that its length does not count."""

_SHORTEST = 4
"""SW1 SW2 SW3 and the check."""
_LONGEST = 2314
"""The longest answer described: text, photo and two fingerprints (30 10), 2,321 bytes in all."""
MAX_FRAME: Final = _LONGEST + OVERHEAD


class Command(enum.Enum):
    """What the reader can be asked: CMD and PARA."""

    RESET = b"\x10\xff"
    STATUS = b"\x11\xff"
    READER_ID = b"\x12\xff"
    FIND = b"\x20\x01"
    SELECT = b"\x20\x02"
    READ = b"\x30\x01"
    READ_ADDED_ADDRESS = b"\x30\x03"
    READ_WITH_FINGERPRINT = b"\x30\x10"


class Damage(enum.StrEnum):
    """Why bytes were thrown away."""

    GARBAGE = "garbage"
    LENGTH = "length"
    CHECKSUM = "checksum"


@dataclass(frozen=True, slots=True)
class Frame:
    """An answer of the reader.

    Attributes:
        status: SW1 SW2 SW3.
        data: what follows. It may hold a person's data: ``wipe`` it after use.
    """

    status: bytes
    data: bytearray = field(repr=False)

    @property
    def sw3(self) -> int:
        """The byte that says how it went."""
        return self.status[2]

    def wipe(self) -> None:
        """Overwrite the data with zeros."""
        self.data[:] = bytes(len(self.data))


@dataclass(frozen=True, slots=True)
class FrameError:
    """Bytes that were no frame.

    Attributes:
        damage: why.
        dropped: how many bytes were thrown away.
    """

    damage: Damage
    dropped: int


def encode_command(command: Command, data: bytes = b"") -> bytes:
    """Encode a command with its data as a frame."""
    counted = (len(command.value) + len(data) + 1).to_bytes(2, "big") + command.value + data
    return PREAMBLE + counted + bytes([reduce(xor, counted)])


class FrameDecoder:
    """Finds frames in a stream of bytes, however it is cut and whatever lies between.

    After damage it looks for the next preamble from the byte after the damaged one's first, so that a good frame is
    found wherever it begins; a false length costs at most one longest frame of waiting.
    """

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def pending(self) -> int:
        """Bytes held of a frame that has not ended."""
        return len(self._held)

    def reset(self) -> None:
        """Forget what is held."""
        self._drop(len(self._held))

    def feed(self, data: bytes) -> list[Frame | FrameError]:
        """Take bytes; return the frames and the damage they complete, in order."""
        self._held += data
        found: list[Frame | FrameError] = []
        while (item := self._next()) is not None:
            found.append(item)
        return found

    def _next(self) -> Frame | FrameError | None:
        held = self._held
        start = held.find(PREAMBLE)
        if start < 0:
            start = len(held) - self._begun()
        if start > 0:
            self._drop(start)
            return FrameError(Damage.GARBAGE, start)
        if len(held) < OVERHEAD:
            return None
        length = int.from_bytes(held[len(PREAMBLE) : OVERHEAD], "big")
        if not _SHORTEST <= length <= _LONGEST:
            self._drop(1)
            return FrameError(Damage.LENGTH, 1)
        end = OVERHEAD + length
        if len(held) < end:
            return None
        if reduce(xor, memoryview(held)[len(PREAMBLE) : end]) != 0:
            self._drop(1)
            return FrameError(Damage.CHECKSUM, 1)
        frame = Frame(bytes(held[OVERHEAD : OVERHEAD + 3]), held[OVERHEAD + 3 : end - 1])
        self._drop(end)
        return frame

    def _begun(self) -> int:
        """Count the bytes at the end that may be the beginning of a preamble."""
        for n in range(min(len(PREAMBLE) - 1, len(self._held)), 0, -1):
            if self._held.endswith(PREAMBLE[:n]):
                return n
        return 0

    def _drop(self, n: int) -> None:
        self._held[:n] = bytes(n)  # personal data is overwritten, not left to the allocator
        del self._held[:n]
