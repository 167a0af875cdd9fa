"""The server's own log: one JSON object a line on standard error, by whitelist.

A key that is not on the list is written as ``<redacted>``, so that a careless line in some corner cannot put a person
into a log file. Of an exception the type and the places are kept, never its message, which may quote what was sent.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import sys
import threading
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from queue_server.masking import REDACTED

KEYS = frozenset(
    {
        "at", "by", "caller", "code", "command", "consequence", "day", "device", "digest", "error", "event",
        "kind", "level", "list_as_of", "method", "ms", "number_of", "place", "position", "reason", "role", "route",
        "status", "target", "timestamp", "until", "what",
    }
)  # fmt: skip
"""All that a log may say. ``reason`` is a sentence of our own code about a file, a disk or a connection."""

_encode = msgspec.json.Encoder(enc_hook=str, order="sorted").encode


def line(_: WrappedLogger, level: str, entry: EventDict) -> bytes:
    """An entry as the line that is written, in one step: there is one for every request.

    The value of a key that is not listed is replaced; ``exc_info`` becomes the exception's type and the places it came
    through.
    """
    if "exc_info" in entry:
        entry.update(_exception(entry.pop("exc_info")))
    said = {key: value if key in KEYS else REDACTED for key, value in entry.items()}
    said["level"] = level
    said["timestamp"] = datetime.now(UTC)
    return _encode(said)


def _exception(info: object) -> EventDict:
    if info is True:
        info = sys.exc_info()[1]
    return {"error": type(info).__name__, "at": places(info)} if isinstance(info, BaseException) else {}


def places(error: BaseException) -> list[str]:
    """``file.py:line`` of every frame, outermost first."""
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found


class Lines:
    """Where lines go. Those of one turn of the event loop are written together, and warnings at once.

    Every write lets the other threads have the interpreter, and under load each answer then waited for it once more.
    A disk that takes no line stops nobody: there is nowhere to say it.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Write to ``stream``."""
        self._stream = stream
        self._waiting: list[bytes] = []
        self._lock = threading.Lock()
        self._written_by: asyncio.AbstractEventLoop | None = None
        atexit.register(self._write)

    def info(self, told: bytes) -> None:
        """Write a line before the event loop waits again; now, where there is none."""
        with self._lock:
            self._waiting.append(told)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
            return
        if self._written_by is not loop:
            self._written_by = loop
            loop.call_soon(self._write)

    def warning(self, told: bytes) -> None:
        """Write a line now, behind those before it."""
        with self._lock:
            self._waiting.append(told)
        self._write()

    warn = error = critical = fatal = exception = warning

    def _write(self) -> None:
        with self._lock:
            lines, self._waiting, self._written_by = self._waiting, [], None
            if lines:
                with contextlib.suppress(OSError):
                    self._stream.write(b"\n".join([*lines, b""]))
                    self._stream.flush()


def configure(stream: BinaryIO | None = None) -> None:
    """Write every log line to ``stream`` (standard error) as one JSON object."""
    lines = Lines(stream or sys.stderr.buffer)
    structlog.configure(
        processors=[line],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
