"""What comes out of the simulated printer: the pages of what it was sent, counted and drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdfium2
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN_DPI = 72
_HEAD = 1796


class UnprintableError(ValueError):
    """A printer can make nothing of the document."""


class Pages:
    """A document's pages.

    Args:
        content: what was sent.
        kind: its MIME type.

    Raises:
        UnprintableError: it is not what its type says.
    """

    def __init__(self, content: bytes, kind: str) -> None:
        self._pdf: pypdfium2.PdfDocument | None = None
        self._images: list[Image.Image] = []
        if kind == "application/pdf":
            try:
                self._pdf = pypdfium2.PdfDocument(content)
            except pypdfium2.PdfiumError as failure:
                raise UnprintableError(str(failure)) from failure
        elif kind == "image/pwg-raster":
            self._images = _raster(content)
        elif kind == "image/urf":
            self._images = _apple(content)
        else:
            raise UnprintableError(f"{kind} is not printed here")

    def __len__(self) -> int:
        return len(self._pdf) if self._pdf is not None else len(self._images)

    def save(self, page: int, path: Path) -> None:
        """Draw a page (from 0) into a PNG file."""
        image = self._pdf[page].render(scale=1).to_pil() if self._pdf is not None else self._images[page]
        image.save(path)


def _raster(content: bytes) -> list[Image.Image]:
    """Read PWG raster, made small enough to be looked at."""
    source = io.BytesIO(content)
    if source.read(4) != b"RaS2":
        raise UnprintableError("no PWG raster")
    images = []
    while head := source.read(_HEAD):
        if len(head) < _HEAD or not head.startswith(b"PwgRaster\0"):
            raise UnprintableError("a page without a header")

        def at(place: int, head: bytes = head) -> int:
            return int.from_bytes(head[place : place + 4], "big", signed=True)

        width, height, bits, dpi = at(372), at(376), at(388), at(276)
        if bits not in {8, 24} or not 0 < width <= 1 << 15 or not 0 < height <= 1 << 15 or dpi <= 0:
            raise UnprintableError("a page that is not written here")
        pixels = b"".join(_rows(source, width, height, bits // 8))
        image = Image.frombytes("L" if bits == 8 else "RGB", (width, height), pixels)  # noqa: PLR2004 -- bits
        images.append(image.resize((width * _SHOWN_DPI // dpi, height * _SHOWN_DPI // dpi)))
    return images


def _apple(content: bytes) -> list[Image.Image]:
    """Read Apple raster, made small enough to be looked at."""
    source = io.BytesIO(content)
    if source.read(8) != b"UNIRAST\0":
        raise UnprintableError("no Apple raster")
    count = int.from_bytes(source.read(4), "big")
    images = []
    while head := source.read(32):
        width, height, dpi = (int.from_bytes(head[place : place + 4], "big") for place in (12, 16, 20))
        if len(head) < 32 or head[0] not in {8, 24} or not 0 < width * height <= 1 << 28 or not dpi:  # noqa: PLR2004
            raise UnprintableError("a page that is not written here")
        pixels = b"".join(_rows(source, width, height, head[0] // 8))
        image = Image.frombytes("L" if head[0] == 8 else "RGB", (width, height), pixels)  # noqa: PLR2004 -- bits
        images.append(image.resize((width * _SHOWN_DPI // dpi, height * _SHOWN_DPI // dpi)))
    if len(images) != count:
        raise UnprintableError(f"{len(images)} pages, and {count} were promised")
    return images


def _rows(source: io.BytesIO, width: int, height: int, size: int) -> list[bytes]:
    rows: list[bytes] = []
    while len(rows) < height:
        again = source.read(1)
        row = bytearray()
        while again and len(row) < width * size:
            code = source.read(1)
            if not code or code[0] == 128:  # noqa: PLR2004 -- neither a repetition nor a stretch
                break
            if code[0] < 128:  # noqa: PLR2004 -- a repetition
                row += source.read(size) * (code[0] + 1)
            else:
                row += source.read((257 - code[0]) * size)
        if len(row) != width * size:
            raise UnprintableError(f"row {len(rows)} is wrong")
        rows += [bytes(row)] * (again[0] + 1)
    if len(rows) > height:
        raise UnprintableError("more rows than the page has")
    return rows
