"""Structured logs by whitelist: what is not known to be harmless is ``<redacted>``."""

from __future__ import annotations

import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HARMLESS = frozenset(
    {
        *("event", "level", "timestamp", "fault", "code", "screen", "ended", "device", "state", "error", "outcome"),
        *(
            "paper",
            "online",
            "attempt",
            "position",
            "command",
            "exception_type",
            "where",
            "status",
            "reprint",
            "pending",
            "seconds",
            "contact",
            "percent",
            "times",
        ),
    }
)
"""Keys whose values are never a person's; a command's is its random id."""


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep harmless values; of all others only the key."""
    return {key: value if key in HARMLESS else "<redacted>" for key, value in event.items()}


def where(error: BaseException) -> str:
    """The innermost place of ``error``, without its values."""
    trace = error.__traceback__
    place = "unknown"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def set_up(stream: TextIO = sys.stderr) -> None:
    """Send the kiosk's logs to ``stream``, one JSON object a line."""
    processors: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(stream))
