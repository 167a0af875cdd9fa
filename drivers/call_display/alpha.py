"""The Alpha sign communications protocol as far as a board needs it: TEXT files written and read back. Pure.

From the public manual "Alpha Sign Communications Protocol", Adaptive Micro Systems, form 9708-8061 (revision F of 10
March 2006, alpha-american.com/alpha-manuals/M-Protocol.pdf): standard packets of one byte a character,
``00 x5 | 01 | type | address | 02 | command | 03 | checksum | 04``. The checksum is the sum of the bytes from 02 to 03,
both included, in four hexadecimal digits (p. 11; p. 60 gives 01FB for ``AAHELLO``). A sign that finds it wrong does not
carry the packet out, and says nothing.

Left out: ACK and NAK (Alpha 2.0 and 3.0 only; their bytes are known here from a library, not from the manual), dimming
(signs of the Solar and AlphaEclipse families only) and any character that is not printable ASCII.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NUL, SOH, STX, ETX, EOT, ESC = b"\x00", b"\x01", b"\x02", b"\x03", b"\x04", b"\x1b"

HOLD: Final = b"b"
"""The text stands."""
ROTATE: Final = b"a"
"""The text wanders from right to left."""
LARGEST_TEXT: Final = 1024

_SYNC = 5 * NUL
_MIDDLE_LINE = b"\x20"
_WRITE_TEXT, _READ_TEXT = b"A", b"B"
_PACKET = re.compile(rb"\x01.[0-9A-Fa-f]{2}(\x02[^\x00-\x04]*\x03)([0-9A-Fa-f]{4})\x04", re.DOTALL)
_OVERHEAD = 64


def _checksum(block: bytes) -> bytes:
    return f"{sum(block) & 0xFFFF:04X}".encode()


def _packet(kind: str, address: str, command: bytes) -> bytes:
    block = STX + command + ETX
    return _SYNC + SOH + kind.encode() + address.encode() + block + _checksum(block) + EOT


def encode_text(kind: str, address: str, label: str, text: str, mode: bytes) -> bytes:
    """Encode the command to write a TEXT file.

    Args:
        kind: the sign's type code, one character; ``Z`` is every type.
        address: two hexadecimal digits; ``00`` is every sign.
        label: the file, one character; ``A`` is there on every sign.
        text: printable ASCII.
        mode: ``HOLD`` or ``ROTATE``.
    """
    return _packet(kind, address, _WRITE_TEXT + label.encode() + ESC + _MIDDLE_LINE + mode + text.encode("ascii"))


def encode_read_text(kind: str, address: str, label: str) -> bytes:
    """Encode the question for a TEXT file; the sign answers with the command that would write it."""
    return _packet(kind, address, _READ_TEXT + label.encode())


@dataclass(frozen=True, slots=True)
class TextFile:
    """A TEXT file as a sign has it. ``mode`` is None where the file has no such field."""

    label: str
    mode: bytes | None
    text: bytes


class AlphaShape:
    """The answers of a sign. The NULs before them are passed over."""

    longest = LARGEST_TEXT + _OVERHEAD

    def measure(self, held: bytearray) -> int | None:
        """See ``Shape``."""
        if held[0] != SOH[0]:
            return 0
        end = held.find(EOT)
        again = held.find(SOH, 1)
        if again >= 0 and (end < 0 or again < end):
            return 0  # it broke off, and another begins
        if end < 0:
            return None if len(held) < self.longest else 0
        return end + 1 if end < self.longest else 0

    def holds(self, frame: bytes) -> bool:
        """See ``Shape``."""
        whole = _PACKET.fullmatch(frame)
        return whole is not None and _checksum(whole[1]) == whole[2].upper()


def parse_text(frame: bytes) -> TextFile | None:
    """Read a whole answer, whose check is right; None = it is not about a TEXT file."""
    whole = _PACKET.fullmatch(frame)
    command = whole[1][1:-1] if whole is not None else b""
    if command[:1] != _WRITE_TEXT or len(command) < 2:  # noqa: PLR2004 -- command and label
        return None
    label, rest = command[1:2].decode("latin-1"), command[2:]
    if rest[:1] == ESC:
        return TextFile(label, rest[2:3] or None, rest[3:])
    return TextFile(label, None, rest)
