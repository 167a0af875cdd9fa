"""Pages as PWG raster (PWG 5102.4-2012, "image/pwg-raster") or Apple raster ("image/urf"). Pure: pixels to bytes.

A file is the word ``RaS2`` and then, for every page, a header of 1,796 bytes and its rows. A row begins with how often
it comes again (less one), and is a chain of runs: ``n`` from 0 to 127 and a pixel, which stands ``n + 1`` times, or
``n`` from 129 to 255 and ``257 - n`` pixels as they are.

Apple raster has the same rows, behind the word ``UNIRAST``, the number of pages, and a header of 32 bytes for each
page. No standard describes it; it is written here as CUPS reads it (``cups/raster-stream.c``).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PWG: Final = "image/pwg-raster"
URF: Final = "image/urf"
SYNC: Final = b"RaS2"
_URF_SYNC: Final = b"UNIRAST\0"
_URF_SPACES: Final = {"sgray_8": 0, "srgb_8": 1}
_URF_SIDES: Final = {"one-sided": 1, "two-sided-short-edge": 2, "two-sided-long-edge": 3}
_URF_NORMAL_QUALITY: Final = 4
_NO_ALTERNATE: Final = 0xFFFFFF
HEADER_BYTES: Final = 1796

_GRAY, _COLOR = 18, 19
PIXELS: Final = {"sgray_8": (1, _GRAY), "srgb_8": (3, _COLOR)}
"""Bytes a pixel and the number of the colour space, for each type of raster that is written here."""

_A4_HUNDREDTHS_MM: Final = (21_000, 29_700)
_A4_POINTS: Final = (595, 841)
_A4_NAME: Final = b"iso_a4_210x297mm"
_HUNDREDTHS_MM_PER_INCH: Final = 2540
_MOST_ROWS: Final = 256
_BACK: Final = {
    # (sheet-back, whether the sheet is turned about its short edge) -> across, along (PWG 5102.4, table 10)
    ("flipped", False): (1, -1),
    ("flipped", True): (-1, 1),
    ("manual-tumble", True): (-1, -1),
    ("rotated", False): (-1, -1),
}


def a4_pixels(dpi: int) -> tuple[int, int]:
    """Return the width and the height of A4 in pixels."""
    width, height = (size * dpi // _HUNDREDTHS_MM_PER_INCH for size in _A4_HUNDREDTHS_MM)
    return width, height


@dataclass(frozen=True, slots=True)
class RasterJob:
    """What all pages of one document share.

    Attributes:
        dpi: dots per inch, both ways.
        kind: ``sgray_8`` or ``srgb_8``.
        sides: as IPP says it.
        sheet_back: how the printer wants the back of a sheet turned, as IPP says it.
        pages: how many there are.
        form: ``PWG`` or ``URF``.
    """

    dpi: int
    kind: str
    sides: str
    sheet_back: str
    pages: int
    form: str = PWG

    def transform(self, page: int) -> tuple[int, int]:
        """Return how page ``page`` (from 0) is turned: 1 or -1 across and along the feed."""
        if self.sides == "one-sided" or page % 2 == 0:
            return 1, 1
        return _BACK.get((self.sheet_back, self.sides == "two-sided-short-edge"), (1, 1))


def file_header(job: RasterJob) -> bytes:
    """Return what a file begins with."""
    return SYNC if job.form == PWG else _URF_SYNC + job.pages.to_bytes(4, "big")


def page_header(job: RasterJob, page: int) -> bytes:
    """Return the header of page ``page`` (from 0) on A4."""
    return _pwg_header(job, page) if job.form == PWG else _urf_header(job)


def _urf_header(job: RasterJob) -> bytes:
    size, _ = PIXELS[job.kind]
    first = bytes([8 * size, _URF_SPACES[job.kind], _URF_SIDES[job.sides], _URF_NORMAL_QUALITY])
    return first + bytes(8) + struct.pack(">III", *a4_pixels(job.dpi), job.dpi) + bytes(8)


def _pwg_header(job: RasterJob, page: int) -> bytes:
    width, height = a4_pixels(job.dpi)
    size, space = PIXELS[job.kind]
    across, along = job.transform(page)
    header = bytearray(HEADER_BYTES)
    header[0:9] = b"PwgRaster"
    header[1732 : 1732 + len(_A4_NAME)] = _A4_NAME
    fields = {
        272: job.sides != "one-sided",  # Duplex
        276: job.dpi,  # HWResolution
        280: job.dpi,
        352: _A4_POINTS[0],  # PageSize
        356: _A4_POINTS[1],
        368: job.sides == "two-sided-short-edge",  # Tumble
        372: width,
        376: height,
        384: 8,  # BitsPerColor
        388: 8 * size,  # BitsPerPixel
        392: width * size,  # BytesPerLine
        400: space,  # ColorSpace
        420: size,  # NumColors
        452: job.pages,  # TotalPageCount
        456: across,  # CrossFeedTransform
        460: along,  # FeedTransform
        472: width,  # ImageBoxRight
        476: height,  # ImageBoxBottom
        480: _NO_ALTERNATE,  # AlternatePrimary
    }
    for at, number in fields.items():
        struct.pack_into(">i", header, at, int(number))
    return bytes(header)


# A stretch of the same pixel, two to 128 of them, or one to 128 pixels of which each differs from the one after it.
_STRETCHES: Final = {
    1: re.compile(rb"(.)\1{1,127}|(?:(.)(?!\2)){1,128}", re.DOTALL),
    3: re.compile(rb"(...)\1{1,127}|(?:(...)(?!\2)){1,128}", re.DOTALL),
}


def pack_row(row: bytes, size: int) -> bytes:
    """Write one row's runs; ``size`` is the bytes of a pixel, 1 or 3."""
    out = bytearray()
    for stretch in _STRETCHES[size].finditer(row):
        found = stretch.group()
        count = len(found) // size
        if stretch.group(1) is not None or count == 1:
            out.append(count - 1)
            out += found[:size]
        else:
            out.append(257 - count)
            out += found
    return bytes(out)


def pack_page(pixels: bytes, bytes_per_row: int, size: int) -> Iterator[bytes]:
    """Write a page's rows, each with how often it is repeated.

    Args:
        pixels: the rows from top to bottom, without gaps.
        bytes_per_row: of one of them.
        size: the bytes of a pixel.
    """
    total = len(pixels) // bytes_per_row
    at = 0
    while at < total:
        row = pixels[at * bytes_per_row : (at + 1) * bytes_per_row]
        same = 1
        while (
            same < _MOST_ROWS
            and at + same < total
            and pixels[(at + same) * bytes_per_row : (at + same + 1) * bytes_per_row] == row
        ):
            same += 1
        yield bytes([same - 1]) + pack_row(row, size)
        at += same
