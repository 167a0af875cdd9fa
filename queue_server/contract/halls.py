"""What a kiosk knows of its hall, and how the server is."""

from __future__ import annotations

from datetime import datetime

import msgspec

from queue_server.contract.common import Problem, Text
from queue_server.contract.consoles import Choice


class HallInfo(msgspec.Struct, frozen=True):
    """What a kiosk knows of its place before anybody touches it."""

    hospital: Text
    hall: str
    hall_name: Text
    desk: Text
    paper_desk: Text
    open_queues: list[Choice]
    """Queues that number anybody, without card."""
    server_time: datetime
    utc_offset_min: int
    position: int
    issuing: bool = True
    """Whether numbers are issued at all; while not, the kiosk sends patients to the staffed window."""


class Heartbeat(msgspec.Struct, frozen=True):
    """Sent while nothing happens: the feed is alive, and the client has seen everything up to ``position``."""

    position: int
    server_time: datetime
    issuing: bool = True
    """As in ``HallInfo``: what stops it, a clock that is wrong or a log that cannot be written, is no event."""


class Health(msgspec.Struct, frozen=True):
    """Whether the server issues numbers, and if not, why and what to do.

    ``warnings`` is what somebody has to look after although numbers are issued: the hospital's system does not answer,
    a certificate is about to end. ``problem`` says why no numbers are issued; with ``issuing`` it is ``day_not_kept``,
    which is among the warnings too.
    """

    issuing: bool
    position: int
    server_time: datetime
    problem: Problem | None = None
    warnings: list[Text] = []
