"""What a hall's board shows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from queue_server.contract.common import Stage, Text


class BroadcastView(msgspec.Struct, frozen=True):
    """A text that staff show in a hall. ``broadcast`` identifies it."""

    broadcast: int
    text: Text
    until: datetime


class CallView(msgspec.Struct, frozen=True):
    """A call on a board. ``call`` is the log position of the call event and identifies it.

    A number is its doctor's and session's: where the hospital's own numbers are used, both belong beside it.
    """

    call: int
    ticket: str
    number: str
    masked_name: str | None
    clinic: Text
    room: Text
    station: str
    called_at: datetime
    status: Literal["called", "serving"]
    repeat: int
    """0 for the first call, then counting recalls."""
    voice: list[str] = []
    """Addresses of the WAV files to play after the chime, in order, same origin."""
    doctor: Text | None = None
    """Whose patient; ``None`` for the pool and where no doctor calls."""
    period: Text | None = None
    """上午 / 下午 / 夜间: the session whose number it is, also after a morning's patient moved to the afternoon."""


class NextView(msgspec.Struct, frozen=True):
    """One who is next up, or missed, on a board."""

    ticket: str
    number: str
    masked_name: str | None
    clinic: Text
    doctor: Text | None
    room: Text | None
    period: Text | None = None
    """As in ``CallView``."""
    stage: Stage | None = None
    """``door``: the patient waits at the door of ``room``."""


class DoorCallView(msgspec.Struct, frozen=True):
    """A second-stage call: a patient is to go from the hall to a room's door and wait there.

    ``at`` is the log position of the assignment and identifies it.
    """

    at: int
    ticket: str
    number: str
    masked_name: str | None
    clinic: Text
    room: Text
    station: str
    voice: list[str] = []
    """As in ``CallView``."""


class BoardView(msgspec.Struct, frozen=True):
    """All that a hall's board shows."""

    hall: str
    name: Text
    hospital: Text
    calls: list[CallView]
    """Open calls, newest first."""
    next_up: list[NextView]
    missed: list[NextView]
    waiting: int
    position: int
    server_time: datetime
    broadcasts: list[BroadcastView] = []
    """Texts for everybody in the hall, oldest first."""
    paused: list[Text] = []
    """The hall's queues from which nobody is called for now."""
    cancelled: list[Text] = []
    """Today's sessions of the hall's clinics that are cancelled (停诊) and would not be over yet, each in words."""
