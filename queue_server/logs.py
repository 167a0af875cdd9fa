"""The server's own log: one JSON object a line on standard error, by whitelist.

A key that is not on the list is written as ``<redacted>``, so that a careless line in some corner cannot put a person
into a log file. Of an exception the type and the places are kept, never its message, which may quote what was sent.
"""

from __future__ import annotations

import sys
from typing import BinaryIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from queue_server.masking import REDACTED

KEYS = frozenset(
    {
        "at", "by", "caller", "code", "command", "consequence", "day", "device", "digest", "error", "event",
        "kind", "level", "list_as_of", "method", "ms", "number_of", "place", "position", "reason", "role", "route",
        "status", "target", "timestamp", "until", "what",
    }
)  # fmt: skip
"""All that a log may say. ``reason`` is a sentence of our own code about a file, a disk or a connection."""


def only_listed(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Replace the value of every key that is not listed."""
    return {key: value if key in KEYS else REDACTED for key, value in entry.items()}


def places_of_exceptions(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Replace ``exc_info`` by the exception's type and the places it came through."""
    info = entry.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()[1]
    if isinstance(info, BaseException):
        entry["error"] = type(info).__name__
        entry["at"] = places(info)
    return entry


def places(error: BaseException) -> list[str]:
    """``file.py:line`` of every frame, outermost first."""
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found


def _encode(entry: EventDict, **_: object) -> bytes:
    return msgspec.json.encode(entry, enc_hook=str, order="sorted")


def configure(stream: BinaryIO | None = None) -> None:
    """Write every log line to ``stream`` (standard error) as one JSON object."""
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        places_of_exceptions,
        only_listed,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(serializer=_encode),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.BytesLoggerFactory(stream or sys.stderr.buffer),
        cache_logger_on_first_use=False,
    )
