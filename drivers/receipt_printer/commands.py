"""The bytes that print: units of printing, raster bands, feeds, cuts and questions.

A *unit* is what is sent in one write: whole commands, never more than a small printer takes at once, so that a ticket
can be given up between two units and the printer left between two commands.

python-escpos builds what it builds well (initialise, styles, QR codes, cuts). Raster bands are built here: its own
image printing neither trims the sides nor feeds blank rows, and it does not keep real-time commands out of the picture.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escpos.printer import Dummy

    from drivers.receipt_printer.profile import Profile

MAX_BAND_ROWS = 128
MAX_BAND_BYTES = 2048
"""Half of the smallest receive buffer we know, so that one band can wait while another is printed."""

_BLANK_ROWS_FED = 8
"""From this many rows on, feeding takes fewer bytes than white dots and moves the paper faster."""

_FEED_MOST = 255
CUT_FEED_LINES = 6  # what python-escpos feeds before a cut, in lines of 1/6 inch

DLE_EOT = b"\x10\x04"
STATUS_QUESTIONS = b"".join(DLE_EOT + bytes([n]) for n in (1, 2, 3, 4))
RECOVER = b"\x10\x05\x01"  # DLE ENQ 1: go on with what failed
CLEAR_AND_RECOVER = b"\x10\x05\x02"  # DLE ENQ 2
CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # DLE DC4 8, answered by 37 25 00
AUTOMATIC_STATUS_ON = b"\x1d\x61\x0e"  # GS a: online/offline, errors, paper; not the drawer
MOTION_UNITS_ARE_DOTS = b"\x1d\x50\xcb\xcb"  # GS P 203 203
READ_UP_TO_HERE = b"\x1d\x72\x01"  # GS r 1

REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")
"""Where a real-time command begins, which a printer obeys wherever it stands."""

_ONE_DOT_MORE = b"\x18"


@dataclass(frozen=True, slots=True)
class Unit:
    """Whole commands sent in one write.

    Attributes:
        data: the bytes.
        rows: rows of paper (1/8 mm) they move.
        ink: whether they leave a mark.
        exact: they end with their last row of ink: what is answered behind them is told as soon as that is on paper.
    """

    data: bytes
    rows: int = 0
    ink: bool = False
    exact: bool = False


def builder() -> Dummy:
    """Return a python-escpos that only builds bytes (``output``). The first call loads it: half a second."""
    from escpos.printer import Dummy  # noqa: PLC0415 -- loads every kind of printer and of bar code

    return Dummy()


@functools.cache
def initialise(profile: Profile) -> Unit:
    """Reset the modes, count motion in dots and ask for automatic status. Leaves no mark."""
    printer = builder()
    printer.hw("INIT")
    return Unit(printer.output + MOTION_UNITS_ARE_DOTS + (AUTOMATIC_STATUS_ON if profile.asb else b""))


@functools.cache
def cut(profile: Profile) -> Unit:
    """Feed past the cutter and cut, leaving a point of paper so that the ticket does not fall; or feed to tear."""
    printer = builder()
    if profile.cutter:
        printer.cut(mode="PART")
    else:
        printer.print_and_feed(CUT_FEED_LINES)
    return Unit(printer.output, rows=round(profile.cutter_to_head_mm * 8))


def printed_up_to_here(process_id: bytes) -> bytes:
    """Ask to be told when everything before is on paper: ``GS ( H`` function 48 (Epson ESC/POS reference)."""
    return b"\x1d\x28\x48\x06\x00\x30\x30" + process_id


def feed(rows: int) -> list[Unit]:
    """Move the paper by ``rows`` dots (``ESC J``)."""
    units = []
    while rows > 0:
        step = min(rows, _FEED_MOST)
        units.append(Unit(b"\x1bJ" + bytes([step]), rows=step))
        rows -= step
    return units


def raster_units(rows: list[bytes]) -> list[Unit]:
    """Turn rows of ink (see ``raster.rows_of_ink``) into bands and feeds, trimmed to what is drawn."""
    units: list[Unit] = []
    start = 0
    while start < len(rows):
        blank = _blank_run(rows, start)
        if blank and (blank >= _BLANK_ROWS_FED or start + blank == len(rows)):
            units += feed(blank)
            start += blank
            continue
        end = start
        while end < len(rows) and _blank_run(rows, end) < _BLANK_ROWS_FED:
            end += 1
        units += _bands(rows[start:end])
        start = end
    return units


def _blank_run(rows: list[bytes], start: int) -> int:
    """Count the blank rows from ``start`` on, no further than matters."""
    run = 0
    while start + run < len(rows) and not any(rows[start + run]):
        run += 1
    return run


def _bands(rows: list[bytes]) -> list[Unit]:
    drawn = bytes(map(any, zip(*rows, strict=True)))
    left, right = drawn.find(1), drawn.rfind(1) + 1
    width = right - left
    height = min(MAX_BAND_ROWS, max(1, MAX_BAND_BYTES // width))
    return [_band([row[left:right] for row in rows[top : top + height]], left) for top in range(0, len(rows), height)]


def _band(rows: list[bytes], left: int) -> Unit:
    width, height = len(rows[0]), len(rows)
    data = bytearray()
    if left:
        data += b"\x1b$" + (left * 8).to_bytes(2, "little")  # moves GS v 0 too: Citizen PPU-231II manual p. 91
    data += b"\x1dv0\x00" + width.to_bytes(2, "little") + height.to_bytes(2, "little")
    # A printer obeys real-time commands wherever they arrive, even inside a picture (HPRT TP80K manual p. 74), so a
    # pattern of dots could clear its buffers. One dot more in that byte is invisible and keeps them out.
    data += REAL_TIME.sub(_ONE_DOT_MORE, b"".join(rows))
    return Unit(bytes(data), rows=height, ink=True, exact=True)
