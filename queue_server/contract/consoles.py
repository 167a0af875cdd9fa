"""What the staff's pages show: stations, lists, alarms and waits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from queue_server.contract.common import PrintState, Stage, Text, TicketStatus
from queue_server.contract.tickets import TrackRecord


class TriageView(msgspec.Struct, frozen=True):
    """The level of triage that a waiting patient has.

    Attributes:
        level: ``I``, ``II``, ``III``, ``IVa`` or ``IVb``.
        is_overridden: whether it is the nurse's own.
        channel: the green channel's id, if one was opened.
        at: when it was given.
        respond_by: by when a physician has to see the patient.
        reassess_since: since when a nurse has to look again; ``None`` while that is not due.
    """

    level: str
    is_overridden: bool
    channel: str | None
    at: datetime
    respond_by: datetime
    reassess_since: datetime | None


class TicketRow(msgspec.Struct, frozen=True):
    """A ticket in a console's list, with the reason for its place."""

    ticket: str
    number: str
    masked_name: str | None
    status: TicketStatus
    clinic: Text
    doctor: Text | None
    kind: Text
    """预约 / 现场 / 过号 ..., by its present stamp."""
    reason: Text
    issued_at: datetime
    slot_start: datetime | None
    called_at: datetime | None
    calls: int
    misses: int
    printed: PrintState
    backfilled: bool = False
    period: Text | None = None
    """As in ``CallView``."""
    triage: TriageView | None = None
    back_at: datetime | None = None
    """As in ``TicketView``."""
    by_proxy: bool = False
    """Somebody else checked in for the patient."""
    extra: Text | None = None
    """Over the session's limit (加号), and why."""
    stage: Stage | None = None
    door: Text | None = None
    """As in ``TicketView``."""


class UndoView(msgspec.Struct, frozen=True):
    """What ``undo`` would take back."""

    position: int
    label: Text


class AlarmView(msgspec.Struct, frozen=True):
    """A wait that has passed a limit. It changes nobody's place: what to do is for staff to decide.

    ``kind``: ``wait``: the queue's limit; ``reassess``: a triaged patient is to be assessed again; ``respond``: a
    physician should have seen the patient by the level of triage, ``level``.
    """

    ticket: str
    number: str
    queue: str
    clinic: Text
    doctor: Text | None
    since: datetime
    """When the limit was passed."""
    limit_min: int
    waits_since: datetime
    kind: Literal["wait", "reassess", "respond"] = "wait"
    level: str | None = None


class WaitsView(msgspec.Struct, frozen=True):
    """What the nurse desk sees of the waits: the alarms of all halls, longest first, and the track record."""

    alarms: list[AlarmView]
    track_record: TrackRecord
    server_time: datetime


class QueueWaits(msgspec.Struct, frozen=True):
    """One queue's track record, for the administration."""

    queue: str
    name: Text
    track_record: TrackRecord


class StationView(msgspec.Struct, frozen=True):
    """All that a station's console shows."""

    station: str
    name: Text
    room: Text
    is_open: bool
    staff: str | None
    doctor: Text | None
    queues: list[Text]
    current: TicketRow | None
    """The one called or in service."""
    waiting: list[TicketRow]
    """In the order in which this station would call them now."""
    missed: list[TicketRow]
    done: list[TicketRow]
    """The latest finished, at most ten, newest first."""
    undo: UndoView | None
    next_means: Literal["seen", "missed", "ask"]
    position: int
    server_time: datetime
    alarms: list[AlarmView] = []
    """Waits of its queues that have passed their limit, longest first."""
    track_record: TrackRecord | None = None
    away: list[TicketRow] = []
    """Those of its queues who were sent for exams or stepped away."""
    paused: list[Text] = []
    """Its queues from which nobody is called for now."""


class Choice(msgspec.Struct, frozen=True):
    """Something to choose from: a station, a queue, a doctor."""

    id: str
    name: Text
    note: Text | None = None
