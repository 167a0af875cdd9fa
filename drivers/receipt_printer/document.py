"""What a ticket is made of, whatever printer prints it.

A ``Document`` is a column of blocks, composed by the caller and laid out by ``raster`` or ``text_mode`` for the width
of the paper. Its end is always a cut.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Size: TypeAlias = Literal["caption", "body", "title", "number"]
"""``number`` is the ticket's number, one line as large as the paper allows; the others wrap."""

Align: TypeAlias = Literal["left", "center", "right"]

MAX_SPACE_MM = 50.0
MAX_QR_BYTES = 300
"""A QR code of 300 bytes at error correction M has 69 modules: 17 mm at two dots each, the least a phone reads."""

MAX_TEXT = 400
"""Characters in one text: far beyond any sentence on a ticket, so that a mistake does not print a roll."""


Symbology: TypeAlias = Literal["code128", "ean13", "ean8"]

BARCODE_MM = (5.0, 30.0)
MAX_CODE128 = 48
"""Characters; what fits the paper is known when it is laid out, and is less."""

_EAN_DIGITS = {"ean13": 13, "ean8": 8}
_PRINTABLE = range(0x20, 0x7F)


class DocumentError(ValueError):
    """A block cannot be printed as it is; the sentence says which and why."""


def _checked(what: str, text: str) -> None:
    if len(text) > MAX_TEXT:
        raise DocumentError(f"{what} has {len(text)} characters; the most is {MAX_TEXT}.")
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            raise DocumentError(f"{what} holds the control character U+{ord(character):04X}; use one block per line.")


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of one size, wrapped to the paper (``number`` never wraps: it shrinks to fit)."""

    text: str
    size: Size = "body"
    align: Align = "left"
    bold: bool = False

    def __post_init__(self) -> None:
        _checked("A text", self.text)
        if not self.text.strip():
            raise DocumentError("A text is empty; use Space for an empty line.")


@dataclass(frozen=True, slots=True)
class Pair:
    """A label at the left and its value at the right; the value moves below where both do not fit on a line."""

    left: str
    right: str
    bold: bool = False

    def __post_init__(self) -> None:
        _checked("A pair's left side", self.left)
        _checked("A pair's right side", self.right)
        if not self.left.strip() or not self.right.strip():
            raise DocumentError("A pair needs both its label and its value.")


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line across the paper."""


@dataclass(frozen=True, slots=True)
class Space:
    """Empty paper, in millimetres."""

    mm: float

    def __post_init__(self) -> None:
        if not 0 < self.mm <= MAX_SPACE_MM:
            raise DocumentError(f"A space of {self.mm} mm is not between 0 and {MAX_SPACE_MM:.0f} mm.")


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code (model 2, error correction M) with a caption below it."""

    payload: str
    caption: str = ""

    def __post_init__(self) -> None:
        _checked("A QR code's caption", self.caption)
        size = len(self.payload.encode())
        if not 0 < size <= MAX_QR_BYTES:
            raise DocumentError(f"A QR code holds 1 to {MAX_QR_BYTES} bytes; this one has {size}.")


@dataclass(frozen=True, slots=True)
class Barcode:
    """A bar code in the middle of the paper: Code 128 (ISO/IEC 15417) or EAN (ISO/IEC 15420).

    Attributes:
        payload: for Code 128 printable ASCII; for EAN all its digits, the check digit among them.
        symbology: which.
        height_mm: of the bars.
        readable: its characters stand below it, for a person to type (HRI).
    """

    payload: str
    symbology: Symbology = "code128"
    height_mm: float = 10.0
    readable: bool = True

    def __post_init__(self) -> None:
        least, most = BARCODE_MM
        if not least <= self.height_mm <= most:
            raise DocumentError(f"A bar code of {self.height_mm} mm is not {least:.0f} to {most:.0f} mm high.")
        digits = _EAN_DIGITS.get(self.symbology)
        if digits is None:
            if not 0 < len(self.payload) <= MAX_CODE128 or any(ord(one) not in _PRINTABLE for one in self.payload):
                raise DocumentError(
                    f"A Code 128 holds 1 to {MAX_CODE128} characters of printable ASCII; {self.payload!r} does not fit."
                )
        elif len(self.payload) != digits or not (self.payload.isascii() and self.payload.isdecimal()):
            raise DocumentError(f"An {self.symbology.upper()} has {digits} digits; {self.payload!r} has not.")
        elif (check := _ean_check(self.payload[:-1])) != self.payload[-1]:
            raise DocumentError(f"The check digit of {self.payload!r} should be {check}.")


def _ean_check(digits: str) -> str:
    """Return the check digit: weights 3 and 1 from the right (GS1 General Specifications, section 7.9)."""
    return str(-sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits))) % 10)


@dataclass(frozen=True, slots=True)
class Picture:
    """Dots, as they are, in the middle of the paper: a logo (see ``logo.load_logo``).

    Attributes:
        width: in dots.
        rows: from top to bottom, each ``(width + 7) // 8`` bytes; 1 is ink, the leftmost dot is the highest bit.
    """

    width: int
    rows: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if self.width <= 0 or not self.rows:
            raise DocumentError("A picture without dots cannot be printed.")
        if any(len(row) != (self.width + 7) // 8 for row in self.rows):
            raise DocumentError(f"A picture {self.width} dots wide has {(self.width + 7) // 8} bytes in each row.")


Block: TypeAlias = Text | Pair | Rule | Space | QrCode | Barcode | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """What is printed on one piece of paper, from top to bottom. The cut at its end goes without saying."""

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        if not self.blocks:
            raise DocumentError("A document has no blocks; there would be nothing on the paper.")

    def texts(self) -> tuple[str, ...]:
        """Return every string that will be drawn, in order; payloads are among them where a person is to read them."""
        found: list[str] = []
        for block in self.blocks:
            match block:
                case Text():
                    found.append(block.text)
                case Pair():
                    found += [block.left, block.right]
                case QrCode(caption=caption) if caption:
                    found.append(caption)
                case Barcode(readable=True):
                    found.append(block.payload)
                case _:
                    pass
        return tuple(found)
