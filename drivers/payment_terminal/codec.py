"""The frames of ZVT: pure, bytes in and frames out.

An APDU is ``class | instruction | length | data``; the length is one byte, or ``FF`` and two bytes, the lower one
first. Over TCP (port 20007) APDUs follow one another bare. On a serial line each travels in a block, ``DLE STX | APDU |
DLE ETX | CRC``, in which every DLE of the APDU is doubled; the CRC is CRC-16/KERMIT over APDU and ETX, not doubled and
the lower byte first, and follows unescaped. A block is answered with ``ACK`` or ``NAK``.

Public sources: "ECR-Interface ZVT-Protocol", PA00P015 (commands, bitmaps) and PA00P016 (transport), published by
terminalhersteller.de; and the open implementations Portalum.Zvt (C#) and ecrterm (Python), whose recorded messages are
the vectors of the tests.

Bare APDUs carry no mark of where one begins. What cannot begin one is passed over; after a false length, silence ends
the wait (``reset``).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

DLE, STX, ETX, ACK, NAK = 0x10, 0x02, 0x03, 0x06, 0x15

LONGEST_DATA: Final = 8192
"""Bytes of data of an APDU that are taken; terminals send receipts in parts of at most some hundreds."""

_LONG: Final = 0xFF
_HEADER: Final = 3
_LONG_HEADER: Final = 5
_CRC: Final = 2


class Instruction(enum.IntEnum):
    """Class and instruction of an APDU."""

    STATUS_INFORMATION = 0x040F
    INTERMEDIATE_STATUS = 0x04FF
    STATUS_ENQUIRY = 0x0501
    REGISTRATION = 0x0600
    AUTHORISATION = 0x0601
    COMPLETION = 0x060F
    ABORT = 0x061E
    REPEAT_RECEIPT = 0x0620
    REVERSAL = 0x0630
    END_OF_DAY = 0x0650
    HOST_ABORT = 0x06B0
    PRINT_LINE = 0x06D1
    PRINT_TEXT_BLOCK = 0x06D3
    POSITIVE = 0x8000


NEGATIVE_CLASS: Final = 0x84
"""The class of a negative answer; its instruction is the result code."""

_FROM_TERMINAL: Final = frozenset(
    {
        Instruction.STATUS_INFORMATION,
        Instruction.INTERMEDIATE_STATUS,
        Instruction.COMPLETION,
        Instruction.ABORT,
        Instruction.PRINT_LINE,
        Instruction.PRINT_TEXT_BLOCK,
        Instruction.POSITIVE,
    }
)


class Damage(enum.StrEnum):
    """Why bytes were thrown away."""

    GARBAGE = "garbage"
    LENGTH = "length"
    CHECKSUM = "checksum"
    BROKEN_OFF = "broken_off"


@dataclass(frozen=True, slots=True)
class Apdu:
    """A message of either side. Its ``repr`` does not show the data, which may hold a card's."""

    control: int
    data: bytes = field(default=b"", repr=False)

    @property
    def negative(self) -> int | None:
        """The result code of a negative answer; None where it is none."""
        return self.control & 0xFF if self.control >> 8 == NEGATIVE_CLASS else None


@dataclass(frozen=True, slots=True)
class FrameError:
    """Bytes that were no frame. ``dropped`` counts them."""

    damage: Damage
    dropped: int


@dataclass(frozen=True, slots=True)
class Handshake:
    """A block's answer."""

    taken: bool


Item: TypeAlias = Apdu | FrameError | Handshake


class Decoder(Protocol):
    """Finds what the terminal says in a stream of bytes."""

    @property
    def pending(self) -> int:
        """Bytes held of something that has not ended."""
        ...

    def feed(self, data: bytes) -> list[Item]:
        """Take bytes; return what they complete, in order."""
        ...

    def reset(self) -> int:
        """Forget what is held; return how many bytes that was."""
        ...


def encode_apdu(apdu: Apdu) -> bytes:
    """Encode a message, with the long form of the length where the short one does not reach."""
    size = len(apdu.data)
    length = bytes([size]) if size < _LONG else bytes([_LONG]) + size.to_bytes(2, "little")
    return apdu.control.to_bytes(2, "big") + length + apdu.data


def crc16(data: bytes) -> int:
    """CRC-16/KERMIT: polynomial 1021 reflected, beginning with 0."""
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


_CRC_TABLE: Final = _table()


def encode_block(apdu: bytes) -> bytes:
    """Put an encoded APDU into a block for a serial line."""
    doubled = apdu.replace(bytes([DLE]), bytes([DLE, DLE]))
    check = crc16(apdu + bytes([ETX])).to_bytes(2, "little")
    return bytes([DLE, STX]) + doubled + bytes([DLE, ETX]) + check


def _size(held: bytes | bytearray) -> int | None:
    """Tell how long the APDU is that ``held`` begins with; None = too little of it is there."""
    if len(held) < _HEADER:
        return None
    if held[2] != _LONG:
        return _HEADER + held[2]
    return _LONG_HEADER + int.from_bytes(held[3:5], "little") if len(held) >= _LONG_HEADER else None


class ApduDecoder:
    """Finds bare APDUs of a terminal, as they come over TCP."""

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def pending(self) -> int:
        """See ``Decoder``."""
        return len(self._held)

    def reset(self) -> int:
        """See ``Decoder``."""
        return self._drop(len(self._held))

    def feed(self, data: bytes) -> list[Item]:
        """See ``Decoder``."""
        self._held += data
        found: list[Item] = []
        passed = 0
        while self._held:
            if not self._may_begin():
                passed += self._drop(1)
                continue
            if passed:
                found.append(FrameError(Damage.GARBAGE, passed))
                passed = 0
            size = _size(self._held)
            if size is not None and size > _LONG_HEADER + LONGEST_DATA:
                found.append(FrameError(Damage.LENGTH, self._drop(1)))
                continue
            if size is None or len(self._held) < size:
                break
            head = _HEADER if self._held[2] != _LONG else _LONG_HEADER
            found.append(Apdu(int.from_bytes(self._held[:2], "big"), bytes(self._held[head:size])))
            self._drop(size)
        if passed:
            found.append(FrameError(Damage.GARBAGE, passed))
        return found

    def _may_begin(self) -> bool:
        if len(self._held) == 1:
            return self._held[0] in {0x04, 0x06, 0x80, NEGATIVE_CLASS}
        return self._held[0] == NEGATIVE_CLASS or int.from_bytes(self._held[:2], "big") in _FROM_TERMINAL

    def _drop(self, n: int) -> int:
        self._held[:n] = bytes(n)  # a card's data is overwritten, not left to the allocator
        del self._held[:n]
        return n


class BlockDecoder:
    """Finds blocks, ACK and NAK on a serial line.

    Within a block DLE STX begins a new one: the old one was broken off. A block that is too long is given up, and what
    follows is searched for the next beginning.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        """The APDU so far, undoubled; only within a block."""
        self._inside = False
        self._escaped = False
        self._check: bytearray | None = None
        self._garbage = 0

    @property
    def pending(self) -> int:
        """See ``Decoder``."""
        return len(self._held) + len(self._check or b"") + 2 * self._inside + self._escaped

    def reset(self) -> int:
        """See ``Decoder``."""
        held = self.pending
        self._leave()
        return held

    def feed(self, data: bytes) -> list[Item]:
        """See ``Decoder``."""
        found: list[Item] = []
        for byte in data:
            if self._inside:
                item = self._take_check(byte) if self._check is not None else self._take(byte)
            else:
                item = self._look(byte)
            if item is not None:
                found += self._garbage_so_far()
                found.append(item)
        return found + ([] if self._inside or self._escaped else self._garbage_so_far())

    def _garbage_so_far(self) -> list[Item]:
        garbage, self._garbage = self._garbage, 0
        return [FrameError(Damage.GARBAGE, garbage)] if garbage else []

    def _look(self, byte: int) -> Item | None:
        """Look for what begins outside a block."""
        if self._escaped and byte == STX:
            self._begin()
            return None
        self._garbage += self._escaped
        self._escaped = byte == DLE
        if byte in {ACK, NAK}:
            return Handshake(byte == ACK)
        self._garbage += not self._escaped
        return None

    def _take(self, byte: int) -> Item | None:
        """Take a byte of a block's content."""
        if not self._escaped:
            if byte == DLE:
                self._escaped = True
                return None
        elif byte == ETX:
            self._check = bytearray()
            return None
        elif byte == STX:
            dropped = len(self._held) + 2
            self._begin()
            return FrameError(Damage.BROKEN_OFF, dropped)
        elif byte != DLE:
            return self._give_up(Damage.GARBAGE)
        self._escaped = False
        self._held.append(byte)
        return self._give_up(Damage.LENGTH) if len(self._held) > _LONG_HEADER + LONGEST_DATA else None

    def _take_check(self, byte: int) -> Item | None:
        check = self._check = (self._check or bytearray()) + bytes([byte])
        if len(check) < _CRC:
            return None
        content = bytes(self._held)
        dropped = self.reset()
        if int.from_bytes(check, "little") != crc16(content + bytes([ETX])):
            return FrameError(Damage.CHECKSUM, dropped)
        if _size(content) != len(content):
            return FrameError(Damage.LENGTH, dropped)
        head = _HEADER if content[2] != _LONG else _LONG_HEADER
        return Apdu(int.from_bytes(content[:2], "big"), content[head:])

    def _begin(self) -> None:
        self._leave()
        self._inside = True

    def _give_up(self, damage: Damage) -> FrameError:
        return FrameError(damage, self.reset())

    def _leave(self) -> None:
        self._held[:] = bytes(len(self._held))
        self._held.clear()
        self._inside = self._escaped = False
        self._check = None
