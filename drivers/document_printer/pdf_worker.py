"""The program that opens PDFs, so that a hostile or broken one ends this process and not the kiosk's.

It reads a document from standard input and then one request a line, and answers in frames: one byte for the kind
(``J`` an answer in JSON, ``D`` a piece of data, ``E`` the end of the data), four for the length, and the content.
PDFium does the work. ``pdf.py`` is the other end.
"""

from __future__ import annotations

import io
import json
import resource
import struct
import sys
from typing import Any, Final

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from drivers.document_printer.raster import PIXELS, RasterJob, a4_pixels, file_header, pack_page, page_header

_MOST_MEMORY: Final = 2 << 30
"""Bytes of address space: a colour page of A4 at 600 dots an inch twice, what the libraries reserve, and room."""
_PIECE: Final = 1 << 16
_WRONG_PASSWORD: Final = 4


def _frame(kind: bytes, content: bytes = b"") -> None:
    sys.stdout.buffer.write(kind + struct.pack(">I", len(content)) + content)


def _answer(**facts: object) -> None:
    _frame(b"J", json.dumps(facts).encode())
    sys.stdout.buffer.flush()


def _data(content: bytes) -> None:
    for start in range(0, len(content), _PIECE):
        _frame(b"D", content[start : start + _PIECE])


def _end() -> None:
    _frame(b"E")
    sys.stdout.buffer.flush()


def _facts(document: pypdfium2.PdfDocument, most_pages: int) -> dict[str, object]:
    """Tell what is to be decided by; of too many pages only how many there are."""
    count = len(document)
    sizes = [document.get_page_size(number) for number in range(count)] if count <= most_pages else []
    return {
        "pages": count,
        "sizes": [[round(width, 2), round(height, 2)] for width, height in sizes],
        "encrypted": raw.FPDF_GetSecurityHandlerRevision(document) != -1,
        "sound": bool(raw.FPDF_DocumentHasValidCrossReferenceTable(document)),
    }


def _cut(document: pypdfium2.PdfDocument, pages: list[int]) -> None:
    """Write a PDF of some of the pages."""
    fresh = pypdfium2.PdfDocument.new()
    fresh.import_pages(document, pages)
    out = io.BytesIO()
    fresh.save(out)
    _data(out.getvalue())
    _end()


def _raster(document: pypdfium2.PdfDocument, pages: list[int], job: RasterJob) -> None:
    """Write the pages as raster, one after the other."""
    size, _ = PIXELS[job.kind]
    width, _ = a4_pixels(job.dpi)
    _data(file_header(job))
    for place, number in enumerate(pages):
        image = _picture(document[number], job)
        across, along = job.transform(place)
        if across < 0:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if along < 0:
            image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        _data(page_header(job, place))
        gathered = bytearray()
        for rows in pack_page(image.tobytes(), width * size, size):
            gathered += rows
            if len(gathered) >= _PIECE:
                _data(bytes(gathered))
                gathered.clear()
        _data(bytes(gathered))
    _end()


def _picture(page: pypdfium2.PdfPage, job: RasterJob) -> Image.Image:
    """Draw a page in the middle of an upright A4, as large as it fits."""
    width, height = a4_pixels(job.dpi)
    across, down = page.get_size()
    lies = across > down
    if lies:
        across, down = down, across
    scale = min(width / across, height / down)
    gray = job.kind == "sgray_8"
    bitmap = page.render(
        scale=scale, rotation=90 if lies else 0, grayscale=gray, rev_byteorder=True, optimize_mode="print"
    )
    drawn = bitmap.to_pil().convert("L" if gray else "RGB")
    sheet = Image.new(drawn.mode, (width, height), "white")
    sheet.paste(drawn, ((width - drawn.width) // 2, (height - drawn.height) // 2))
    bitmap.close()
    page.close()
    return sheet


def _serve(request: dict[str, Any], document: pypdfium2.PdfDocument) -> None:
    match request["task"]:
        case "cut":
            _cut(document, request["pages"])
        case "raster":
            _raster(document, request["pages"], RasterJob(**request["job"]))
        case task:
            raise ValueError(f"there is no task {task!r}")


def main() -> int:
    """Serve one document until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    source = sys.stdin.buffer
    first = json.loads(source.readline())
    content = source.read(first["bytes"])
    if len(content) < first["bytes"]:
        return 1
    try:
        document = pypdfium2.PdfDocument(content)
        document.init_forms()  # what was filled into fields is drawn
        facts = _facts(document, first["most_pages"])
    except pypdfium2.PdfiumError as failure:
        _answer(error="encrypted" if failure.err_code == _WRONG_PASSWORD else "damaged")
        return 0
    _answer(**facts)
    for line in source:
        _serve(json.loads(line), document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
