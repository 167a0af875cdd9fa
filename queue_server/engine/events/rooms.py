"""Events of two-stage calling 二级候诊: a waiting ticket goes to a room's door, or back to the hall with its rank."""

from __future__ import annotations

from typing import Literal

from queue_server.engine.events.parts import EventHead


class RoomAssigned(EventHead, frozen=True, kw_only=True):
    """A waiting ticket was put into the list of a room, whose door it waits at; its rank stays.

    ``free``: the room had a free place; ``emergency``: it took the place of somebody who is none; ``hand``: by the
    nurse desk, with the code of its ``reason``.
    """

    ticket: str
    number: str
    queue: str
    doctor: str | None
    station: str
    why: Literal["free", "emergency", "hand"]
    reason: str | None = None


class RoomLeft(EventHead, frozen=True, kw_only=True):
    """A ticket at a room's door waits in the hall again, at its rank.

    ``closed``: the room stopped calling, or calls other lists now; ``paused``: nobody is called from the ticket's
    queue; ``level``: the room does not accept the level of triage that the ticket has now; ``displaced``: an emergency
    took the place; ``full``: the list had more than its limit; ``hand``: by the nurse desk, with the code of its
    ``reason``.
    """

    ticket: str
    number: str
    queue: str
    doctor: str | None
    station: str
    why: Literal["closed", "paused", "level", "displaced", "full", "hand"]
    reason: str | None = None
