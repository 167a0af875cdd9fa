"""A ticket in the printer's own font, for lines too slow for a picture.

At 9600 baud a drawn ticket takes about a minute, its text a few seconds. What the printer's font surely has (ASCII and
the double-byte area its manual claims) is sent as characters in Chinese mode (``FS &``); a line with anything else, a
rare character in a name say, is drawn and sent as a picture of that one line. Refusing it would cost the patient the
ticket, replacing the character would print a wrong name, and four-byte GB18030 prints as two wrong characters.

python-escpos is not asked to encode: its automatic code pages send Chinese punctuation as ``?``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.receipt_printer.bars import bars, module_dots
from drivers.receipt_printer.commands import REAL_TIME, Unit, builder, feed, raster_units
from drivers.receipt_printer.document import Barcode, Document, Pair, Picture, QrCode, Rule, Space, Text
from drivers.receipt_printer.profile import DOTS_PER_MM
from drivers.receipt_printer.raster import (
    Composition,
    picture_image,
    qr_modules,
    render,
    rows_of_ink,
)
from drivers.receipt_printer.wrap import wrap

if TYPE_CHECKING:
    from drivers.receipt_printer.document import Block
    from drivers.receipt_printer.profile import Profile
    from drivers.receipt_printer.raster import Fonts

_CHINESE_ON = b"\x1c\x26"  # FS &
_FONT_DOTS = 24
_AIR_ROWS = 10
_LINE_ROWS = 34  # 1/6 inch at 203 dpi, the default line spacing
_QR_CORRECTION_M = 1  # python-escpos' QR_ECLEVEL_M
_QR_MODULE_DOTS = {True: 6, False: 5}
_WIDE_COLUMNS = 40
_ASCII_FIRST, _ASCII_LAST = 0x20, 0x7E
_SYMBOLOGIES = {"ean13": 67, "ean8": 68, "code128": 73}
_PRIVATE_USE = range(0xE000, 0xF900)


def encodable(character: str, profile: Profile) -> bool:
    """Whether the printer's own font has ``character``, by the area its profile claims."""
    if _ASCII_FIRST <= ord(character) <= _ASCII_LAST:
        return True
    if ord(character) in _PRIVATE_USE:
        return False  # GB18030's user-defined areas are two bytes long and empty in every font
    code = character.encode("gb18030")
    if len(code) != 2:  # noqa: PLR2004 -- the double-byte area
        return False
    return _is_assigned(code, "gb2312" if profile.hanzi == "gb2312" else "gbk")


def _is_assigned(code: bytes, standard: str) -> bool:
    """Whether ``standard`` has a character at ``code``: fonts are empty at cells that only later standards filled."""
    try:
        code.decode(standard)
    except UnicodeDecodeError:
        return False
    return True


def columns(text: str) -> int:
    """Return the columns ``text`` takes at size 1: one for ASCII, two for everything else."""
    return sum(1 if ord(character) <= _ASCII_LAST else 2 for character in text)


def text_units(document: Document, profile: Profile, fonts: Fonts | None = None) -> list[Unit]:
    """Build the units that print ``document`` in the printer's own font, without initialising and cutting.

    Raises:
        FontMissingError: a line had to be drawn and the font is not installed.
        GlyphMissingError: neither the printer nor the font has a character.
    """
    units: list[Unit] = []
    for block in document.blocks:
        units += _block(block, profile, fonts)
    return units


def _block(block: Block, profile: Profile, fonts: Fonts | None) -> list[Unit]:
    match block:
        case Text():
            times = _times(block, profile)
            width = profile.columns // times
            lines = (replace(block, text=line) for line in wrap(block.text, width, columns))
            return [unit for line in lines for unit in _line(line, times, profile, fonts)]
        case Pair():
            return _pair(block, profile, fonts)
        case Rule():
            return _line(Text("─" * (profile.columns // 2)), 1, profile, fonts)
        case Space(mm=mm):
            return feed(round(mm * DOTS_PER_MM))
        case QrCode() | Barcode() | Picture():
            return _figure(block, profile, fonts)


def _figure(block: QrCode | Barcode | Picture, profile: Profile, fonts: Fonts | None) -> list[Unit]:
    match block:
        case QrCode():
            return _qr_code(block, profile, fonts)
        case Barcode():
            return _barcode(block, profile)
        case Picture():
            return raster_units(rows_of_ink(picture_image(block, profile.dots)))


def _times(block: Text, profile: Profile) -> int:
    """Return how many times larger than its font the printer draws this text (``GS !`` allows 1 to 8)."""
    if block.size == "number":
        return max(2, min(8, profile.columns // max(1, columns(block.text))))
    return 2 if block.size == "title" else 1


def _line(text: Text, times: int, profile: Profile, fonts: Fonts | None) -> list[Unit]:
    """Print one line, ``times`` as large as the font."""
    if not all(encodable(character, profile) for character in text.text):
        return _drawn(text, times, profile, fonts)
    printer = builder()
    printer.set_with_default(
        align=text.align, bold=text.bold, custom_size=True, width=times, height=times, smooth=times > 1
    )
    data = printer.output + _CHINESE_ON + text.text.encode("gb18030") + b"\n"
    air = feed(_AIR_ROWS) if times > 1 else []
    return [*air, Unit(data, rows=max(_LINE_ROWS, _FONT_DOTS * times), ink=True), *air]


def _drawn(block: Text | Pair, times: int, profile: Profile, fonts: Fonts | None) -> list[Unit]:
    """Draw one line as large as the printer's font would have printed it."""
    em = _FONT_DOTS * times
    sizes = Composition(
        caption=em, body=em, title=em, number=em, gap=_LINE_ROWS - _FONT_DOTS, rule=2, qr_module=5, qr_most=208
    )
    return raster_units(rows_of_ink(render(Document((block,)), profile.dots, fonts, sizes)))


def _pair(block: Pair, profile: Profile, fonts: Fonts | None) -> list[Unit]:
    if not all(encodable(character, profile) for character in block.left + block.right):
        return _drawn(block, 1, profile, fonts)
    spare = profile.columns - columns(block.left) - columns(block.right)
    if spare >= 2:  # noqa: PLR2004 -- the least that keeps label and value apart
        line = Text(block.left + " " * spare + block.right, bold=block.bold)
        return _line(line, 1, profile, fonts)
    return _block(Text(block.left), profile, fonts) + _block(
        Text(block.right, align="right", bold=block.bold), profile, fonts
    )


def _qr_code(block: QrCode, profile: Profile, fonts: Fonts | None) -> list[Unit]:
    printer = builder()
    printer.set_with_default(align="center")
    module = _QR_MODULE_DOTS[profile.columns >= _WIDE_COLUMNS]
    printer.qr(block.payload, ec=_QR_CORRECTION_M, size=module, native=True)
    rows = len(qr_modules(block.payload)) * module
    units = [*feed(module * 4), Unit(printer.output, rows=rows, ink=True), *feed(module * 2)]
    if block.caption:
        units += _block(Text(block.caption, size="caption", align="center"), profile, fonts)
    return units


def _barcode(block: Barcode, profile: Profile) -> list[Unit]:
    """Have the printer draw a bar code: ``GS h``, ``GS w``, ``GS H`` and ``GS k`` (Epson ESC/POS reference)."""
    printer = builder()
    printer.set_with_default(align="center")
    height = min(255, round(block.height_mm * DOTS_PER_MM))
    if block.symbology == "code128":
        data, modules = _code128(block.payload)
    else:
        data, modules = block.payload.encode("ascii"), len(bars(block))
    commands = (
        b"\x1dh" + bytes([height]),
        b"\x1dw" + bytes([module_dots(block, modules, profile.dots)]),
        b"\x1dH" + (b"\x02" if block.readable else b"\x00"),
        b"\x1df\x00",
        b"\x1dk" + bytes([_SYMBOLOGIES[block.symbology], len(data)]) + data,
    )
    rows = height + (_LINE_ROWS if block.readable else 0)
    return [*feed(_AIR_ROWS), Unit(printer.output + b"".join(commands), rows=rows, ink=True), *feed(_AIR_ROWS)]


def _code128(payload: str) -> tuple[bytes, int]:
    """Choose the code set: pairs of digits (``{C``) where all are digits, else characters (``{B``).

    Returns:
        The printer's data, and how many modules it draws: 11 a symbol, with start, check and stop.
    """
    if payload.isdecimal() and len(payload) % 2 == 0:
        pairs = bytes(int(payload[place : place + 2]) for place in range(0, len(payload), 2))
        if not REAL_TIME.search(pairs):  # a printer would obey it, wherever it stands
            return b"{C" + pairs, 11 * (len(pairs) + 3) + 2
    return b"{B" + payload.replace("{", "{{").encode("ascii"), 11 * (len(payload) + 3) + 2
