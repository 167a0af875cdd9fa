"""Frames of boards in a stream of bytes, and the two protocols that need no module of their own. Pure.

* The numeric board takes ``ID high low sum``: its number on the bus, a value, and the sum of the three (9600 8N1;
  public product page musicexecdevelopment.com/8238227, whose example ``05 03 E7 EF`` shows 999 on board 5). It never
  answers.
* The Xunpeng (讯鹏) board takes ``3A colour low high 01 sum 0A`` (9600 8N1; public product page zhiliandun.com
  proview-133, whose example ``3A 00 78 03 01 B6 0A`` shows 888 in green). Its answer is described there twice, and
  differently: as ``3A 01 sum 0A``, and by the example ``2A 00 78 03 01 A6 0A``. Either is taken for the answer.

Modbus is in ``modbus``, the Alpha protocol in ``alpha``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, Protocol

LARGEST_VALUE: Final = 0xFFFF


class Shape(Protocol):
    """How the frames of a protocol look."""

    @property
    def longest(self) -> int:
        """Bytes of the longest frame."""
        ...

    def measure(self, held: bytearray) -> int | None:
        """Return how long the frame is that begins ``held``; 0 = none begins here, None = more bytes are needed."""
        ...

    def holds(self, frame: bytes) -> bool:
        """Tell whether the check of a whole frame is right."""
        ...


@dataclass(frozen=True, slots=True)
class Dropped:
    """Bytes that were no frame: how many, and whether they looked like one whose check was wrong."""

    count: int
    damaged: bool


class FrameFinder:
    """Finds frames in a stream of bytes, however it is cut and whatever lies between.

    After damage it looks on from the byte after the damaged frame's first, so that a good frame is found wherever it
    begins; a false length costs at most one longest frame of waiting.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._held = bytearray()

    @property
    def pending(self) -> int:
        """Bytes held of a frame that has not ended."""
        return len(self._held)

    def reset(self) -> None:
        """Forget what is held."""
        self._held.clear()

    def feed(self, data: bytes) -> list[bytes | Dropped]:
        """Take bytes; return the whole frames and the damage they complete, in order."""
        self._held += data
        found: list[bytes | Dropped] = []
        garbage = 0
        while self._held:
            size = self._shape.measure(self._held)
            if size is None or size > len(self._held):
                break
            frame = bytes(self._held[:size])
            good = size > 0 and self._shape.holds(frame)
            if garbage and size > 0:
                found.append(Dropped(garbage, damaged=False))
                garbage = 0
            if good:
                found.append(frame)
                del self._held[:size]
            elif size > 0:
                found.append(Dropped(1, damaged=True))
                del self._held[:1]
            else:
                garbage += 1
                del self._held[:1]
        if garbage:
            found.append(Dropped(garbage, damaged=False))
        return found


def _sum(data: bytes) -> int:
    return sum(data) & 0xFF


def encode_numeric(board: int, value: int) -> bytes:
    """Encode a value for the numeric board with the number ``board``, both within their bytes."""
    body = bytes([board]) + value.to_bytes(2, "big")
    return body + bytes([_sum(body)])


class Colour(enum.IntEnum):
    """The colours of the Xunpeng board."""

    GREEN = 0
    YELLOW = 1
    RED = 2


_START, _ECHO, _SHOW, _END = 0x3A, 0x2A, 0x01, 0x0A
_ECHO_SIZE, _SHORT_SIZE = 7, 4


def encode_xunpeng(colour: Colour, value: int) -> bytes:
    """Encode a value and its colour for the Xunpeng board."""
    body = bytes([_START, colour]) + value.to_bytes(2, "little") + bytes([_SHOW])
    return body + bytes([_sum(body), _END])


@dataclass(frozen=True, slots=True)
class XunpengAnswer:
    """The board took a value: ``value`` and ``colour`` where it repeats them, else None."""

    colour: int | None
    value: int | None


class XunpengShape:
    """The answers of the Xunpeng board, in both ways that its page describes."""

    longest = _ECHO_SIZE

    def measure(self, held: bytearray) -> int | None:
        """See ``Shape``."""
        return {_ECHO: _ECHO_SIZE, _START: _SHORT_SIZE}.get(held[0], 0)

    def holds(self, frame: bytes) -> bool:
        """See ``Shape``."""
        return frame[-3] == _SHOW and frame[-2] == _sum(frame[:-2]) and frame[-1] == _END


def parse_xunpeng(frame: bytes) -> XunpengAnswer:
    """Read a whole answer, whose check is right."""
    if len(frame) == _SHORT_SIZE:
        return XunpengAnswer(None, None)
    return XunpengAnswer(frame[1], int.from_bytes(frame[2:4], "little"))
