"""Words in both languages, what went wrong, and the kinds of things that both sides name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

TicketStatus = Literal["waiting", "called", "serving", "finished", "missed", "away", "cancelled", "no_show", "lapsed"]
Stage = Literal["hall", "door"]
"""Of a waiting ticket whose queue is called in two stages (二级候诊): in the hall, or at a room's door."""
PrintState = Literal["pending", "done", "not_done", "unknown"]
DeviceKind = Literal["kiosk", "board", "station"]
Role = Literal["nurse", "administrator"]
PartKind = Literal[
    "identity_card", "chip_card", "magnetic_stripe", "receipt_printer", "cabinet", "scanner", "payment_terminal",
    "document_printer",
]  # fmt: skip
Trouble = Literal[
    "paper_low", "paper_out", "cover_open", "cutter_jam", "head_hot", "door_open", "tampered", "attention", "offline",
    "failed",
]  # fmt: skip
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment that a client sends, with its offset: one without would be read in whatever zone the server is in."""
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""A code or a name that somebody types."""


class Text(msgspec.Struct, frozen=True):
    """Words in both languages."""

    zh: str
    en: str


class FieldProblem(msgspec.Struct, frozen=True):
    """One field that was refused, and why. ``low`` and ``high`` are the plausible range, both ends included."""

    field: str
    code: str
    message: Text
    low: int | None = None
    high: int | None = None


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457 ``application/problem+json`` with a stable ``code`` and the sentence in both languages.

    ``ticket`` is the live ticket when ``code`` is ``already_checked_in``; ``position`` the log position concerned.
    """

    type: str
    title: str
    status: int
    code: str
    message: Text
    detail: str | None = None
    ticket: str | None = None
    position: int | None = None
    fields: list[FieldProblem] = []
    """Where the content of single fields was refused; the values sent are not repeated."""
