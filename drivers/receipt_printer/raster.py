"""From a document to dots: layout and drawing with Pillow, for 203 dpi heads.

The two widths are composed, not scaled: each has its own sizes, and a pair that does not fit on a line of the narrow
paper is set on two.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import qrcode
from PIL import Image, ImageDraw, ImageFont

from drivers.receipt_printer.bars import bars, module_dots
from drivers.receipt_printer.document import (
    Barcode,
    Document,
    DocumentError,
    Pair,
    Picture,
    QrCode,
    Rule,
    Space,
    Text,
)
from drivers.receipt_printer.profile import DOTS_PER_MM
from drivers.receipt_printer.wrap import wrap

if TYPE_CHECKING:
    from drivers.receipt_printer.document import Align, Block, Size

FONT_DIRECTORY = Path("/usr/share/fonts/opentype/noto")
_SIMPLIFIED_CHINESE = 2
"""Index of the Simplified Chinese face in the collection (0 Japanese, 1 Korean, 3 Taiwan, 4 Hong Kong)."""

_INK_THRESHOLD = 112
"""Grey at which a pixel becomes ink: a little below the middle, since thin strokes are the first that old eyes lose."""

_NOT_A_CHARACTER = "\U0010ffff"
_PROBE_DOTS = 40
_WIDE_FROM = 500
"""Dots from which the wide composition is used: 80 mm paper has 512 to 576, 58 mm paper has 384."""

_QR_QUIET_MODULES = 4
_NUMBER_SHARE = 0.94
"""How much of the paper's width the number may take: white on both sides is what makes it stand out."""

_TITLE_SHARE = 0.8
"""How much of its size a title keeps at least when it is made smaller to stay on one line."""

_SHORT_LINE = 0.35
"""Share of the paper's width under which a last line is too short to be left alone."""


class FontMissingError(RuntimeError):
    """The font that tickets are drawn with is not installed."""


class GlyphMissingError(ValueError):
    """The font has no glyph for these characters. Nothing was drawn: a box on a ticket would be a wrong name."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        named = ", ".join(f"U+{ord(character):04X} {character}" for character in characters)
        super().__init__(f"The ticket font has no glyph for {named}. Nothing was printed.")


@dataclass(frozen=True, slots=True)
class Composition:
    """Sizes in dots for one width of paper."""

    caption: int
    body: int
    title: int
    number: int
    gap: int
    rule: int
    qr_module: int
    qr_most: int


_WIDE = Composition(caption=27, body=33, title=52, number=228, gap=10, rule=3, qr_module=6, qr_most=240)
_NARROW = Composition(caption=24, body=30, title=44, number=168, gap=8, rule=2, qr_module=5, qr_most=208)


class Fonts:
    """The regular and bold faces of Noto Sans CJK SC, found by path alone.

    Args:
        directory: where the ``.ttc`` collections are.

    Raises:
        FontMissingError: naming the Debian package to install.
    """

    def __init__(self, directory: Path = FONT_DIRECTORY) -> None:
        self._paths = {False: directory / "NotoSansCJK-Regular.ttc", True: directory / "NotoSansCJK-Bold.ttc"}
        for path in self._paths.values():
            if not path.is_file():
                raise FontMissingError(
                    f"Tickets cannot be drawn: {path.name} is not in {directory}. "
                    "Install the Debian package fonts-noto-cjk, or set the directory of the fonts."
                )
        self._faces: dict[tuple[int, bool], ImageFont.FreeTypeFont] = {}
        self._known: dict[str, bool] = {}

    def face(self, size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
        """Return the face at ``size`` dots a em."""
        key = (size, bold)
        if key not in self._faces:
            self._faces[key] = ImageFont.truetype(
                str(self._paths[bold]), size, index=_SIMPLIFIED_CHINESE, layout_engine=ImageFont.Layout.BASIC
            )
        return self._faces[key]

    def missing(self, text: str) -> str:
        """Return the characters of ``text`` that the font has no glyph for, each once."""
        return "".join(dict.fromkeys(character for character in text if not self._has(character)))

    def _has(self, character: str) -> bool:
        if character not in self._known:
            drawn = _shape(self.face(_PROBE_DOTS, bold=False), character)
            self._known[character] = drawn != _shape(self.face(_PROBE_DOTS, bold=False), _NOT_A_CHARACTER)
        return self._known[character]


def _shape(face: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = face.getmask(character, mode="L")
    return mask.size, bytes(mask)


@functools.cache
def default_fonts() -> Fonts:
    """Return the installed fonts, loaded once.

    Raises:
        FontMissingError: naming the Debian package to install.
    """
    return Fonts()


def render(document: Document, dots: int, fonts: Fonts | None = None, sizes: Composition | None = None) -> Image.Image:
    """Draw ``document`` on paper of ``dots`` dots, in the sizes for that width or in others.

    Returns:
        A one-bit image (mode ``1``), ``dots`` wide; ink is 0 (black), paper is 1.

    Raises:
        FontMissingError: the font is not installed.
        GlyphMissingError: a character has no glyph; nothing is drawn.
    """
    fonts = fonts or default_fonts()
    if missing := fonts.missing("".join(document.texts())):
        raise GlyphMissingError(missing)
    sizes = sizes or (_WIDE if dots >= _WIDE_FROM else _NARROW)
    pieces = [_piece(block, dots, sizes, fonts) for block in document.blocks]
    page = Image.new("1", (dots, max(1, sum(piece.height for piece in pieces))), 1)
    top = 0
    for piece in pieces:
        page.paste(piece, (0, top))
        top += piece.height
    return page


def _piece(block: Block, dots: int, sizes: Composition, fonts: Fonts) -> Image.Image:
    match block:
        case Text(size="number"):
            return _number(block, dots, sizes, fonts)
        case Text():
            face = fonts.face(_em_of(block, dots, sizes, fonts), bold=block.bold)
            return _paragraph(block.text, face, dots, sizes.gap, block.align)
        case Pair():
            return _pair(block, dots, sizes, fonts)
        case Rule() | Space():
            return _gap(block, dots, sizes)
        case QrCode() | Barcode() | Picture():
            return _figure(block, dots, sizes, fonts)


def _gap(block: Rule | Space, dots: int, sizes: Composition) -> Image.Image:
    if isinstance(block, Space):
        return Image.new("1", (dots, max(1, round(block.mm * DOTS_PER_MM))), 1)
    piece = Image.new("1", (dots, sizes.rule + 2 * sizes.gap), 1)
    piece.paste(0, (0, sizes.gap, dots, sizes.gap + sizes.rule))
    return piece


def _figure(block: QrCode | Barcode | Picture, dots: int, sizes: Composition, fonts: Fonts) -> Image.Image:
    match block:
        case QrCode():
            return _qr_code(block, dots, sizes, fonts)
        case Barcode():
            return _barcode(block, dots, sizes, fonts)
        case Picture():
            return picture_image(block, dots)


def _em(size: Size, sizes: Composition) -> int:
    return {"caption": sizes.caption, "body": sizes.body, "title": sizes.title, "number": sizes.number}[size]


def _em_of(block: Text, dots: int, sizes: Composition, fonts: Fonts) -> int:
    """Return the size of ``block``: a title that is a little too long for one line is set smaller and stays whole."""
    em = _em(block.size, sizes)
    if block.size != "title":
        return em
    fits = int(em * dots / max(1.0, fonts.face(em, bold=block.bold).getlength(block.text)))
    return min(em, fits) if fits >= em * _TITLE_SHARE else em


def _lines(text: str, face: ImageFont.FreeTypeFont, dots: int) -> list[str]:
    """Wrap ``text``; where the last line would be short, the lines are made about equally long instead."""
    lines = wrap(text, dots, face.getlength)
    if len(lines) == 1 or face.getlength(lines[-1]) >= dots * _SHORT_LINE:
        return lines
    narrow, wide = dots // 2, dots
    while wide - narrow > 1:
        middle = (narrow + wide) // 2
        if len(wrap(text, middle, face.getlength)) > len(lines):
            narrow = middle
        else:
            wide = middle
    return wrap(text, wide, face.getlength)


def _paragraph(text: str, face: ImageFont.FreeTypeFont, dots: int, gap: int, align: Align) -> Image.Image:
    lines = _lines(text, face, dots)
    ascent, descent = _line_box(face)
    height = ascent + descent + gap
    grey = Image.new("L", (dots, height * len(lines)), 255)
    draw = ImageDraw.Draw(grey)
    for row, line in enumerate(lines):
        spare = dots - face.getlength(line)
        left = {"left": 0.0, "center": spare / 2, "right": spare}[align]
        draw.text((round(left), row * height + ascent), line, font=face, fill=0, anchor="ls")
    return _ink(grey)


def _line_box(face: ImageFont.FreeTypeFont) -> tuple[int, int]:
    """Return dots above and below the baseline that Chinese and Latin need, without the font's generous leading."""
    _, top, _, bottom = face.getbbox("国Åg，", anchor="ls")
    return -round(top), round(bottom)


def _number(block: Text, dots: int, sizes: Composition, fonts: Fonts) -> Image.Image:
    em = sizes.number
    room = dots * _NUMBER_SHARE
    width = fonts.face(em, bold=True).getlength(block.text)
    if width > room:
        em = max(sizes.title, int(em * room / width))
    face = fonts.face(em, bold=True)
    if face.getlength(block.text) > dots:  # longer than any number: a title that wraps loses nothing
        return _paragraph(block.text, fonts.face(sizes.title, bold=True), dots, sizes.gap, block.align)
    left, top, right, bottom = (round(edge) for edge in face.getbbox(block.text, anchor="ls"))
    grey = Image.new("L", (dots, bottom - top + 4 * sizes.gap), 255)
    spare = dots - (right - left)
    at = {"left": 0, "center": spare // 2, "right": spare}[block.align] - left
    ImageDraw.Draw(grey).text((at, 2 * sizes.gap - top), block.text, font=face, fill=0, anchor="ls")
    return _ink(grey)


def _pair(block: Pair, dots: int, sizes: Composition, fonts: Fonts) -> Image.Image:
    label = fonts.face(sizes.body, bold=False)
    value = fonts.face(sizes.body, bold=block.bold)
    ascent, descent = _line_box(value)
    if label.getlength(block.left) + sizes.body + value.getlength(block.right) > dots:
        above = _paragraph(block.left, fonts.face(sizes.caption, bold=False), dots, 0, "left")
        below = _paragraph(block.right, value, dots, sizes.gap, "right")
        piece = Image.new("1", (dots, above.height + below.height), 1)
        piece.paste(above, (0, 0))
        piece.paste(below, (0, above.height))
        return piece
    grey = Image.new("L", (dots, ascent + descent + sizes.gap), 255)
    draw = ImageDraw.Draw(grey)
    draw.text((0, ascent), block.left, font=label, fill=0, anchor="ls")
    draw.text((dots, ascent), block.right, font=value, fill=0, anchor="rs")
    return _ink(grey)


def qr_modules(payload: str) -> list[list[bool]]:
    """Return the modules of a QR code, model 2, correction M, without its quiet zone; True is dark."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(payload.encode())
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def _qr_code(block: QrCode, dots: int, sizes: Composition, fonts: Fonts) -> Image.Image:
    modules = qr_modules(block.payload)
    scale = max(2, min(sizes.qr_module, sizes.qr_most // len(modules)))
    picture = Image.new("1", (len(modules), len(modules)))
    picture.putdata([0 if dark else 1 for row in modules for dark in row])
    side = len(modules) * scale
    quiet = _QR_QUIET_MODULES * scale
    caption = (
        _paragraph(block.caption, fonts.face(sizes.caption, bold=False), dots, sizes.gap, "center")
        if block.caption
        else None
    )
    # Left, right and below, plain paper is the quiet zone; it is kept above and below for the neighbours' sake.
    piece = Image.new("1", (dots, side + 2 * quiet + (caption.height if caption else 0)), 1)
    piece.paste(picture.resize((side, side), Image.Resampling.NEAREST), ((dots - side) // 2, quiet))
    if caption:
        piece.paste(caption, (0, side + 2 * quiet))
    return piece


def _barcode(block: Barcode, dots: int, sizes: Composition, fonts: Fonts) -> Image.Image:
    modules = bars(block)
    size = module_dots(block, len(modules), dots)
    height = round(block.height_mm * DOTS_PER_MM)
    caption = (
        _paragraph(block.payload, fonts.face(sizes.caption, bold=False), dots, sizes.gap, "center")
        if block.readable
        else None
    )
    piece = Image.new("1", (dots, height + 2 * sizes.gap + (caption.height if caption else 0)), 1)
    left = (dots - len(modules) * size) // 2
    for place, module in enumerate(modules):
        if module == "1":
            piece.paste(0, (left + place * size, sizes.gap, left + (place + 1) * size, sizes.gap + height))
    if caption:
        piece.paste(caption, (0, height + 2 * sizes.gap))
    return piece


def picture_image(block: Picture, dots: int) -> Image.Image:
    """Set a picture in the middle of paper of ``dots`` dots; ink is 0, as in ``render``.

    Raises:
        DocumentError: it is wider than the paper.
    """
    if block.width > dots:
        raise DocumentError(f"A picture {block.width} dots wide does not fit paper of {dots} dots.")
    inked = Image.frombytes(
        "1", (block.width, len(block.rows)), b"".join(row.translate(_FLIPPED) for row in block.rows)
    )
    piece = Image.new("1", (dots, inked.height), 1)
    piece.paste(inked, ((dots - block.width) // 2, 0))
    return piece


def _ink(grey: Image.Image) -> Image.Image:
    return grey.point(_THRESHOLD, mode="1")


_THRESHOLD = [0 if level < 255 - _INK_THRESHOLD else 255 for level in range(256)]
"""Grey level (255 is paper) to ink or paper."""


_FLIPPED = bytes(byte ^ 0xFF for byte in range(256))


def rows_of_ink(image: Image.Image) -> list[bytes]:
    """Return the image's rows as a printer takes them: 1 is ink, the leftmost dot is the highest bit."""
    width = (image.width + 7) // 8
    flipped = image.tobytes().translate(_FLIPPED)
    return [flipped[start : start + width] for start in range(0, len(flipped), width)]
