"""Modbus RTU as far as a board needs it: registers written (10 hex) and read (03). Pure, bytes in and frames out.

From the public MODBUS Application Protocol Specification V1.1b3 and MODBUS over Serial Line V1.02 (modbus.org):
``unit | function | data | CRC``, the CRC (polynomial A001, from FFFF) low byte first, registers of 16 bits high byte
first. A request that is refused is answered by ``function + 80 hex | exception code``. Where a board keeps its text is
its maker's affair: ``drivers.call_display.boards.RegisterMap``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

READ: Final = 0x03
WRITE: Final = 0x10
MOST_WRITTEN: Final = 123
"""Registers that one request can write."""
READ_OVERHEAD: Final = 5
"""Bytes of the answer to a reading beside what was read."""

_REFUSED = 0x80
_MOST_READ_BYTES = 250
_SIZES = {WRITE: 8, READ | _REFUSED: 5, WRITE | _REFUSED: 5}
_UNITS = range(1, 248)


def crc(data: bytes) -> bytes:
    """Return the check of ``data``, as it stands on the wire."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def encode_write(unit: int, address: int, values: Sequence[int]) -> bytes:
    """Encode the request to write registers from ``address`` on."""
    body = struct.pack(f">BBHHB{len(values)}H", unit, WRITE, address, len(values), 2 * len(values), *values)
    return body + crc(body)


def encode_read(unit: int, address: int, count: int) -> bytes:
    """Encode the request to read ``count`` registers from ``address`` on."""
    body = struct.pack(">BBHH", unit, READ, address, count)
    return body + crc(body)


@dataclass(frozen=True, slots=True)
class Written:
    """Registers were written."""

    unit: int
    address: int
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """What registers hold."""

    unit: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The board refused a request: its function and the exception code."""

    unit: int
    function: int
    code: int


Answer: TypeAlias = Written | Held | Refused


class ModbusShape:
    """The answers of a Modbus board.

    On the wire silence parts one frame from the next. That does not survive a serial server or the operating system's
    buffers, so an answer's length is taken from what it says.
    """

    longest = READ_OVERHEAD + _MOST_READ_BYTES

    def measure(self, held: bytearray) -> int | None:
        """See ``Shape``."""
        if held[0] not in _UNITS:
            return 0
        function = held[1] if len(held) > 1 else None
        if function != READ:
            return None if function is None else _SIZES.get(function, 0)
        if len(held) < 3:  # noqa: PLR2004 -- unit, function, size
            return None
        size = held[2]
        return READ_OVERHEAD + size if size % 2 == 0 and 0 < size <= _MOST_READ_BYTES else 0

    def holds(self, frame: bytes) -> bool:
        """See ``Shape``."""
        return crc(frame[:-2]) == frame[-2:]


def parse(frame: bytes) -> Answer:
    """Read a whole answer, whose check is right."""
    unit, function = frame[0], frame[1]
    if function & _REFUSED:
        return Refused(unit, function & ~_REFUSED, frame[2])
    if function == WRITE:
        address, count = struct.unpack(">HH", frame[2:6])
        return Written(unit, address, count)
    return Held(unit, struct.unpack(f">{frame[2] // 2}H", frame[3:-2]))


def registers(data: bytes, *, low_first: bool = False) -> tuple[int, ...]:
    """Put bytes into registers, two into each; ``low_first``: the first byte of two into the low half."""
    return struct.unpack(f"{'<' if low_first else '>'}{len(data) // 2}H", data)
