"""What ZVT messages hold: pure, the data of an APDU in and values out.

After fixed parts, data is a list of bitmaps: a byte that names the field, and the field, of a fixed size or after its
size in two or three digits, one a byte, as ``F1 F6`` for 16 (PA00P015, "Summary of utilised BMPs"). Numbers are packed
decimal digits (BCD). Bitmap 06 holds TLV objects and is passed over.

Of a card only the last four digits are read; tracks, PIN data and chip data are passed over and never kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from drivers.payment_terminal.codec import Apdu, Instruction
from drivers.payment_terminal.port import LARGEST_FEN, Mark

CURRENCY_CNY: Final = 156
"""ISO 4217, in numbers."""

_LL: Final = -2
_LLL: Final = -3
_TLV: Final = 0

_SIZES: Final = {
    **dict.fromkeys((0x01, 0x02, 0x03, 0x05, 0x19, 0x27, 0x8A, 0x8C, 0xA0, 0xD0, 0xD2, 0xD3), 1),
    **dict.fromkeys((0xE0, 0xE9, 0xEA, 0xF0, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD), 1),
    **dict.fromkeys((0x0D, 0x0E, 0x17, 0x3A, 0x49, 0x87), 2),
    **dict.fromkeys((0x0B, 0x0C, 0x37, 0x3D, 0x88, 0xAA), 3),
    **dict.fromkeys((0x29,), 4),
    **dict.fromkeys((0xBA,), 5),
    **dict.fromkeys((0x04,), 6),
    **dict.fromkeys((0x3B, 0xEB), 8),
    **dict.fromkeys((0x2A,), 15),
    **dict.fromkeys((0x22, 0x23, 0x2D, 0x8B, 0xA7, 0xD1, *range(0xE1, 0xE9), *range(0xF1, 0xF9)), _LL),
    **dict.fromkeys((0x24, 0x2E, 0x3C, 0x60, 0x9A, 0xAF), _LLL),
    0x06: _TLV,
}
_DIGIT: Final = range(0xF0, 0xFA)
_SHOWN: Final = 4
_CARD_NUMBER = re.compile(r"(?<![0-9])(?:[0-9][ -]?){8,15}([0-9]{4})(?![0-9])")


class FieldError(ValueError):
    """A message's data cannot be read. Says which bitmap and why, never what it holds."""


@dataclass(frozen=True, slots=True)
class StatusInformation:
    """The result of a transaction, as the terminal states it.

    Attributes:
        code: the result code; 0 = success, None where it says none.
        amount_fen: how much, in the currency's smallest unit.
        mark: the terminal's numbers for it.
        terminal: the terminal's own number.
        card: the last four digits of the card, where they are not masked.
    """

    code: int | None
    amount_fen: int | None
    mark: Mark
    terminal: str | None = None
    card: str | None = field(default=None, repr=False)

    def is_of(self, mark: Mark | None) -> bool:
        """Tell whether it is of the transaction that ``mark`` names."""
        return mark is not None and mark.tells and self.mark == mark


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a command. ``status`` is the terminal's state, 0 = ready; None where it says none."""

    status: int | None = None
    terminal: str | None = None
    version: str | None = None


def encode_bcd(number: int, size: int) -> bytes:
    """Write a number as ``size`` bytes of packed digits.

    Raises:
        ValueError: it is negative or too large.
    """
    digits = f"{number:0{2 * size}d}"
    if number < 0 or len(digits) > 2 * size:
        raise ValueError(f"{number} does not fit into {2 * size} digits")
    return bytes.fromhex(digits)


def decode_bcd(data: bytes) -> int | None:
    """Read packed digits; None where they are none."""
    digits = data.hex()
    return int(digits) if digits.isdecimal() else None


def registration(password: int, config: int, currency: int) -> Apdu:
    """06 00: who uses the terminal, and how."""
    return Apdu(
        Instruction.REGISTRATION, encode_bcd(password, 3) + bytes([config]) + encode_bcd(currency, 2) + b"\x03\x00"
    )


def authorisation(amount_fen: int) -> Apdu:
    """06 01: take a payment.

    Raises:
        ValueError: the amount is not from 1 fen to twelve digits.
    """
    return Apdu(Instruction.AUTHORISATION, b"\x04" + encode_bcd(check_amount(amount_fen), 6))


def reversal(password: int, receipt: int, amount_fen: int) -> Apdu:
    """06 30: take back the payment with a receipt number."""
    amount = b"\x04" + encode_bcd(check_amount(amount_fen), 6)
    return Apdu(Instruction.REVERSAL, encode_bcd(password, 3) + b"\x87" + encode_bcd(receipt, 2) + amount)


def last_transaction(password: int) -> Apdu:
    """06 20 with service byte 3: say again how the last transaction ended, and print nothing.

    Bit 0 asks for the status information of the last transaction, which is how a till finds its way after an ending
    that was not conclusive (PA00P015, 2.20.2); bit 1 leaves the receipt out.
    """
    return Apdu(Instruction.REPEAT_RECEIPT, encode_bcd(password, 3) + b"\x03\x03")


def status_enquiry(password: int) -> Apdu:
    """05 01: say how the terminal is. It says nothing of the last transaction."""
    return Apdu(Instruction.STATUS_ENQUIRY, encode_bcd(password, 3))


def end_of_day(password: int) -> Apdu:
    """06 50: hand in the day's turnover."""
    return Apdu(Instruction.END_OF_DAY, encode_bcd(password, 3))


def check_amount(amount_fen: object) -> int:
    """Return the amount; raise ``ValueError`` where it is no whole number of fen from 1 to twelve digits."""
    if not isinstance(amount_fen, int) or isinstance(amount_fen, bool) or not 1 <= amount_fen <= LARGEST_FEN:
        raise ValueError(f"{amount_fen!r} is not a whole number of fen from 1 to {LARGEST_FEN}")
    return amount_fen


def read_bitmaps(data: bytes) -> dict[int, bytes]:
    """Cut a list of bitmaps apart.

    Raises:
        FieldError: an unknown bitmap, or a field that is longer than the data.
    """
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        name = data[at]
        size = _SIZES.get(name)
        if size is None:
            raise FieldError(f"bitmap {name:02X} is not known")
        start, size = _measure(name, size, data, at + 1)
        if start + size > len(data):
            raise FieldError(f"bitmap {name:02X} is cut")
        fields.setdefault(name, data[start : start + size])
        at = start + size
    return fields


def _measure(name: int, size: int, data: bytes, at: int) -> tuple[int, int]:
    """Tell where a field begins and how long it is."""
    if size > 0:
        return at, size
    if size == _TLV:
        first = data[at] if at < len(data) else 0
        more = first & 0x7F if first & 0x80 else 0
        if more > _LONGEST_TLV_LENGTH:
            raise FieldError(f"bitmap {name:02X} has a length that is none")
        return at + 1 + more, int.from_bytes(data[at + 1 : at + 1 + more], "big") if more else first
    digits = data[at : at - size]
    if len(digits) < -size or any(digit not in _DIGIT for digit in digits):
        raise FieldError(f"bitmap {name:02X} has a length that is none")
    return at - size, int("".join(str(digit & 0x0F) for digit in digits))


_LONGEST_TLV_LENGTH: Final = 2


def read_status(data: bytes) -> StatusInformation:
    """Read the data of 04 0F.

    Raises:
        FieldError: it cannot be read.
    """
    fields = read_bitmaps(data)
    code = fields.get(0x27)
    mark = Mark(
        receipt=_number(fields, 0x87),
        trace=_number(fields, 0x0B),
        day=_digits(fields, 0x0D),
        time=_digits(fields, 0x0C),
    )
    return StatusInformation(
        code=code[0] if code else None,
        amount_fen=_number(fields, 0x04),
        mark=mark,
        terminal=_digits(fields, 0x29),
        card=_last_digits(fields.get(0x22, b"")),
    )


def read_completion(data: bytes) -> Completion:
    """Read the data of 06 0F: a version where it was asked for, a state, or bitmaps.

    What cannot be read is left out.
    """
    version = None
    if len(data) >= -_LLL and all(byte in _DIGIT for byte in data[:3]):
        start, size = _measure(0x06, _LLL, data, 0)
        version, data = data[start : start + size].decode("latin-1"), data[start + size :]
    try:
        fields = read_bitmaps(data)
    except FieldError:
        fields = {}
    if fields.keys() & {0x19, 0x29}:
        state = fields.get(0x19)
        return Completion(state[0] if state else None, _digits(fields, 0x29), version)
    return Completion(data[0] if data else None, None, version)


def read_line(data: bytes) -> str:
    """Read the data of 06 D1, a line of a receipt after a byte of attributes; card numbers in it are masked."""
    return mask(data[1:].decode("cp437"))


def mask(text: str) -> str:
    """Leave of everything that may be a card's number the last four digits only."""
    return _CARD_NUMBER.sub(r"****\1", text)


def _number(fields: dict[int, bytes], name: int) -> int | None:
    return decode_bcd(fields[name]) if name in fields else None


def _digits(fields: dict[int, bytes], name: int) -> str | None:
    return fields[name].hex().upper() if name in fields else None


def _last_digits(pan: bytes) -> str | None:
    """The last four digits of a number in which E stands for a masked digit, D for its end and F for padding."""
    number = pan.hex().upper().split("D")[0].rstrip("F")
    last = number[-_SHOWN:]
    return last if len(number) > _SHOWN and last.isdecimal() else None
