"""The paper of the simulated printer: dots as they were burnt, text in a font of its own, and where it was cut."""

from __future__ import annotations

import functools
import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import qrcode
from PIL import Image, ImageChops, ImageDraw, ImageFont

if TYPE_CHECKING:
    from pathlib import Path

_FONTS = {
    False: "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    True: "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
}
_FACE = 2
CELL_WIDTH, CELL_HEIGHT = 12, 24
"""Font A: 12 x 24 dots; a Chinese character is two cells wide."""

LINE_SPACING = 34
_DOTS_PER_MM = 8
_MISPRINT = "\u25a1"
_MAX_UNCUT_ROWS = 40_000


@dataclass(frozen=True, slots=True)
class Style:
    """How text is set at the moment."""

    width: int = 1
    height: int = 1
    bold: bool = False
    align: int = 0


@dataclass(frozen=True, slots=True)
class Bars:
    """How bar codes are set at the moment, in dots; ``text``: their characters are printed below."""

    height: int = 162
    module: int = 3
    text: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """A piece of paper that was cut off.

    Attributes:
        number: counted from 1 since the simulator started.
        complete: nothing sent for it was thrown away or lost.
        width: in dots, without the paper's margins.
        height: in rows of dots.
        sha256: of the rows of dots, hexadecimal.
        png: the picture: the paper with its margins and the mark of the cut.
        texts: lines printed in the printer's own font.
        codes: what the printer's own QR codes hold.
    """

    number: int
    complete: bool
    width: int
    height: int
    sha256: str
    png: bytes
    texts: tuple[str, ...]
    codes: tuple[str, ...]


class Paper:
    """The paper under the head: rows since the last cut, and the tickets cut off so far."""

    def __init__(self, paper_mm: int, dots: int, directory: Path | None) -> None:
        self.paper_mm = paper_mm
        self.dots = dots
        self.tickets: list[Ticket] = []
        self.torn = False
        self._directory = directory
        self._rows: list[bytes] = []
        self._texts: list[str] = []
        self._codes: list[str] = []

    @property
    def uncut_rows(self) -> int:
        """Rows moved since the last cut."""
        return len(self._rows)

    @property
    def uncut_ink(self) -> bool:
        """Whether anything was printed since the last cut."""
        return any(any(row) for row in self._rows)

    def add(self, row: bytes) -> None:
        """Burn one row of dots, clipped to the head and filled up with white."""
        width = self.dots // 8
        self._rows.append(row[:width].ljust(width, b"\0"))
        if len(self._rows) > _MAX_UNCUT_ROWS:
            del self._rows[0]

    def note_text(self, text: str) -> None:
        """Remember a line printed in the printer's own font."""
        self._texts.append(text)

    def note_code(self, payload: str) -> None:
        """Remember a QR code made by the printer."""
        self._codes.append(payload)

    def cut(self, *, partial: bool) -> Ticket | None:
        """Cut off what came out; None where nothing was printed on it."""
        rows, torn = self._rows, self.torn
        texts, codes = tuple(self._texts), tuple(self._codes)
        inked = self.uncut_ink
        self._rows, self._texts, self._codes, self.torn = [], [], [], False
        if not inked:
            return None
        ticket = Ticket(
            number=len(self.tickets) + 1,
            complete=not torn,
            width=self.dots,
            height=len(rows),
            sha256=hashlib.sha256(b"".join(rows)).hexdigest(),
            png=_picture(rows, self.paper_mm, self.dots, partial=partial),
            texts=texts,
            codes=codes,
        )
        self.tickets.append(ticket)
        if self._directory is not None:
            fresh = self._directory / f".{ticket_name(ticket)}.new"
            fresh.write_bytes(ticket.png)
            fresh.replace(self._directory / ticket_name(ticket))
        return ticket


def ticket_name(ticket: Ticket) -> str:
    """Return the file name of a ticket's picture."""
    return f"ticket-{ticket.number:04d}.png"


def _picture(rows: list[bytes], paper_mm: int, dots: int, *, partial: bool) -> bytes:
    burnt = ImageChops.invert(Image.frombytes("1", (dots, len(rows)), b"".join(rows)))
    width = paper_mm * _DOTS_PER_MM
    paper = Image.new("L", (width, len(rows)), 255)
    left = (width - dots) // 2
    paper.paste(burnt.convert("L"), (left, 0))
    draw = ImageDraw.Draw(paper)
    # The cut: dashes across, or a gap in the middle where a partial cut leaves the paper whole.
    for start in range(0, width, 16):
        if not (partial and abs(start - width // 2) <= 16):  # noqa: PLR2004 -- the point that a partial cut leaves
            draw.line((start, len(rows) - 1, start + 7, len(rows) - 1), fill=128)
    out = io.BytesIO()
    paper.save(out, format="PNG", compress_level=1)  # the cutter waits for nobody's compression
    return out.getvalue()


@functools.cache
def _face(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS[bold], size, index=_FACE)


def draw_line(cells: list[tuple[str, Style]], dots: int) -> list[bytes]:
    """Draw one line of the printer's own font; characters beyond the head's width begin another line."""
    lines: list[list[tuple[str, Style]]] = [[]]
    used = 0
    for character, style in cells:
        width = cell_width(character) * style.width
        if used + width > dots:
            lines.append([])
            used = 0
        lines[-1].append((character, style))
        used += width
    return [row for line in lines for row in _draw_cells(line, dots)]


def cell_width(character: str) -> int:
    """Return the dots across that a character takes at size 1."""
    return CELL_WIDTH if ord(character) < 0x80 else 2 * CELL_WIDTH  # noqa: PLR2004 -- ASCII


def _draw_cells(cells: list[tuple[str, Style]], dots: int) -> list[bytes]:
    tallest = max((style.height for _, style in cells), default=1)
    height = max(LINE_SPACING, CELL_HEIGHT * tallest)
    image = Image.new("1", (dots, height))
    total = sum(cell_width(character) * style.width for character, style in cells)
    align = cells[0][1].align if cells else 0
    left = (0, (dots - total) // 2, dots - total)[align]
    for character, style in cells:
        width = cell_width(character)
        glyph = Image.new("L", (width, CELL_HEIGHT))
        draw = ImageDraw.Draw(glyph)
        draw.text((width / 2, 20), character, font=_face(22, bold=style.bold), fill=255, anchor="ms")
        large = glyph.point([0] * 110 + [255] * 146, mode="1").resize(
            (width * style.width, CELL_HEIGHT * style.height), Image.Resampling.NEAREST
        )
        image.paste(large, (left, CELL_HEIGHT * (tallest - style.height)))
        left += width * style.width
    return pack(image)


def draw_code(payload: bytes, module: int, align: int, dots: int) -> list[bytes]:
    """Draw a QR code as the printer's firmware does: model 2, no quiet zone."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(payload)
    code.make(fit=True)
    matrix = code.get_matrix()
    side = len(matrix)
    small = Image.new("1", (side, side))
    small.putdata([255 if dark else 0 for row in matrix for dark in row])
    image = Image.new("1", (dots, side * module))
    left = (0, (dots - side * module) // 2, dots - side * module)[align]
    image.paste(small.resize((side * module, side * module), Image.Resampling.NEAREST), (left, 0))
    return pack(image)


def draw_bars(modules: str, bars: Bars, align: int, dots: int) -> list[bytes] | None:
    """Draw a bar code as the printer's firmware does; None where it is wider than the paper: then nothing comes."""
    width = len(modules) * bars.module
    if width > dots:
        return None
    image = Image.new("1", (dots, bars.height))
    left = (0, (dots - width) // 2, dots - width)[align]
    for place, module in enumerate(modules):
        if module == "1":
            start = left + place * bars.module
            image.paste(255, (start, 0, start + bars.module, bars.height))
    return pack(image)


def pack(image: Image.Image) -> list[bytes]:
    """Return the rows of a one-bit image where 255 is ink."""
    data, width = image.tobytes(), (image.width + 7) // 8
    return [data[start : start + width] for start in range(0, len(data), width)]


def readable(code: bytes) -> str | None:
    """Return the double-byte character of the printer's font, or None where the font has none."""
    try:
        text = code.decode("gb18030")
    except UnicodeDecodeError:
        return None
    return text if len(text) == 1 and not "\ue000" <= text < "\uf900" else None


def misprint() -> str:
    """Return what comes out where the font has no such character."""
    return _MISPRINT
