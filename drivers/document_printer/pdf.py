"""A document before it is sent: whether it is a PDF that can be printed, and its pages in the printer's form.

PDFium opens it, in a process of its own (``pdf_worker``) with a limit of memory, and with a deadline here: a document
that crashes or never ends is refused with a sentence, and the kiosk goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from drivers.device import CompletionCode, DeviceError
from drivers.document_printer.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

    from drivers.document_printer.raster import RasterJob

_HOME: Final = Path(__file__).resolve().parents[2]
_PROGRAM: Final = (sys.executable, "-m", "drivers.document_printer.pdf_worker")
_HEAD_WITHIN: Final = 1024
"""Bytes within which a PDF's first and last words must stand (PDF 32000-1, implementation notes 13 and 18)."""
_LONGEST_LINE: Final = 1 << 20
_LONGEST_FRAME: Final = 1 << 20
_A4_MM: Final = (210.0, 297.0)
_MM_PER_POINT: Final = 25.4 / 72
_TOLERANCE_MM: Final = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is printed at most, and how long looking at it may take.

    Attributes:
        megabytes: of one document.
        pages: of one copy.
        copies: of one document.
        examine: seconds to open a document.
        draw: seconds to draw a page.
    """

    megabytes: int = 20
    pages: int = 50
    copies: int = 5
    examine: float = 20.0
    draw: float = 30.0


def refused(error: str, detail: str = "", code: CompletionCode = CompletionCode.INVALID_DATA) -> DeviceError:
    """Make the error of a document that is not sent."""
    return DeviceError(code, error, " ".join(part for part in (sentence(error), detail) if part))


def check_outside(document: bytes, limits: Limits) -> None:
    """Look at what can be seen without opening it.

    Raises:
        DeviceError: ``too_large``, ``not_pdf`` or ``damaged``.
    """
    if len(document) > limits.megabytes << 20:
        raise refused("too_large", f"It has {len(document) / (1 << 20):.1f} MB; {limits.megabytes} MB are allowed.")
    if b"%PDF-" not in document[:_HEAD_WITHIN]:
        raise refused("not_pdf")
    if b"%%EOF" not in document[-_HEAD_WITHIN:]:
        raise refused("damaged", "Its end is missing.")


class OpenPdf:
    """A PDF that has been opened; ``async with`` ends its process.

    Args:
        document: its bytes.
        limits: what is allowed.

    Attributes:
        pages: how many it has.
        sizes: of each page as it is seen, in millimetres, across and down.
    """

    def __init__(self, document: bytes, limits: Limits) -> None:
        self._document = document
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._drawing = asyncio.Lock()
        self.pages = 0
        self.sizes: tuple[tuple[float, float], ...] = ()

    async def __aenter__(self) -> Self:
        """Open it.

        Raises:
            DeviceError: ``too_large``, ``not_pdf``, ``damaged``, ``encrypted``, ``too_many_pages``, ``no_pages`` or
                ``unreadable``.
        """
        check_outside(self._document, self._limits)
        try:
            await self._examine()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _examine(self) -> None:
        with _unreadable():
            async with asyncio.timeout(self._limits.examine):
                self._process = await asyncio.create_subprocess_exec(
                    *_PROGRAM,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    cwd=_HOME,
                    limit=_LONGEST_LINE,
                )
                about = {"bytes": len(self._document), "most_pages": self._limits.pages}
                await self._put(json.dumps(about).encode() + b"\n" + self._document)
                kind, content = await self._frame()
            facts: dict[str, Any] = json.loads(content) if kind == b"J" else {"error": "unreadable"}
        if "error" in facts:
            raise refused(facts["error"])
        if facts["encrypted"]:
            raise refused("encrypted")
        if not facts["sound"]:
            raise refused("damaged", "Its table of contents is wrong.")
        if not facts["pages"]:
            raise refused("no_pages")
        if facts["pages"] > self._limits.pages:
            raise refused("too_many_pages", f"It has {facts['pages']}; {self._limits.pages} are allowed.")
        self.pages = facts["pages"]
        self.sizes = tuple((width * _MM_PER_POINT, height * _MM_PER_POINT) for width, height in facts["sizes"])

    def is_a4(self, page: int) -> bool:
        """Tell whether a page (from 0) is A4, upright or lying."""
        return all(
            abs(size - wanted) <= _TOLERANCE_MM for size, wanted in zip(sorted(self.sizes[page]), _A4_MM, strict=True)
        )

    async def cut(self, pages: list[int]) -> bytes:
        """Return a PDF of these pages (from 0) alone.

        Raises:
            DeviceError: ``unreadable``.
        """
        return b"".join([piece async for piece in self._pieces({"task": "cut", "pages": pages})])

    def raster(self, pages: list[int], job: RasterJob) -> AsyncIterator[bytes]:
        """Draw these pages (from 0) as raster, as they are taken.

        Raises:
            DeviceError: ``unreadable``, also after the first pieces.
        """
        return self._pieces({"task": "raster", "pages": pages, "job": asdict(job)})

    async def _pieces(self, request: dict[str, object]) -> AsyncIterator[bytes]:
        async with self._drawing:
            ended = False
            if self._process is None:
                await self._examine()
            try:
                with _unreadable():
                    await self._put(json.dumps(request).encode() + b"\n")
                while True:
                    with _unreadable():
                        async with asyncio.timeout(self._limits.draw):
                            kind, content = await self._frame()
                    if kind == b"E":
                        ended = True
                        return
                    yield content
            finally:
                if not ended:  # what is left of it would be taken for the next drawing
                    await self._end()

    async def _put(self, data: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            raise ConnectionError("the process has ended")
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def _frame(self) -> tuple[bytes, bytes]:
        if self._process is None or self._process.stdout is None:
            raise ConnectionError("the process has ended")
        head = await self._process.stdout.readexactly(5)
        length = int.from_bytes(head[1:], "big")
        if length > _LONGEST_FRAME:
            raise ValueError("a frame is too long")
        return head[:1], await self._process.stdout.readexactly(length)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.communicate()  # what it still said is taken off its pipe, so that the pipe closes


@contextlib.contextmanager
def _unreadable() -> Iterator[None]:
    """Turn the ways in which the process can fail into the refusal."""
    try:
        yield
    except (TimeoutError, OSError, EOFError, ValueError, KeyError) as failure:
        raise refused("unreadable") from failure
