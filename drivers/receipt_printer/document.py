"""What a ticket is made of, whatever printer prints it.

A ``Document`` is a column of blocks, composed by the caller and laid out by ``raster`` or ``text_mode`` for the width
of the paper. Its end is always a cut.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias

Size: TypeAlias = Literal["caption", "body", "title", "number"]
"""``number`` is the ticket's number, one line as large as the paper allows; the others wrap."""

Align: TypeAlias = Literal["left", "center", "right"]

MAX_SPACE_MM = 50.0
MAX_QR_BYTES = 300
"""A QR code of 300 bytes at error correction M has 69 modules: 17 mm at two dots each, the least a phone reads."""

MAX_TEXT = 400
"""Characters in one text: far beyond any sentence on a ticket, so that a mistake does not print a roll."""


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


Block: TypeAlias = Text | Pair | Rule | Space | QrCode


@dataclass(frozen=True, slots=True)
class Document:
    """What is printed on one piece of paper, from top to bottom. The cut at its end goes without saying."""

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        if not self.blocks:
            raise DocumentError("A document has no blocks; there would be nothing on the paper.")

    def texts(self) -> tuple[str, ...]:
        """Return every string that will be drawn, in order; the QR codes' payloads are not among them."""
        found: list[str] = []
        for block in self.blocks:
            match block:
                case Text():
                    found.append(block.text)
                case Pair():
                    found += [block.left, block.right]
                case QrCode(caption=caption) if caption:
                    found.append(caption)
                case _:
                    pass
        return tuple(found)
