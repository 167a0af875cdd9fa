"""Events of the lobby as a whole: its configuration, its days, sessions and clock, and what was taken back."""

from __future__ import annotations

from typing import Literal

from queue_server.engine.events.parts import EventHead
from queue_server.engine.site import ClinicSession, Site, Text


class ConfigurationActivated(EventHead, frozen=True, kw_only=True):
    """The site is configured so from now on. Version 2: ``max_clock_step_min`` and ``max_closed_days``."""

    v: int = 2
    site: Site
    digest: str


class DayOpened(EventHead, frozen=True, kw_only=True):
    """A service day began: numbers start again; ``carried`` tickets keep number and place. Ends at ``ends_at``."""

    day: str
    utc_offset_min: int
    ends_at: int
    sessions: list[ClinicSession]
    carried: list[str]


class DayEnded(EventHead, frozen=True, kw_only=True):
    """The service day is over; no numbers are given until the next one opens."""

    day: str
    due_at: int


class SessionsUpdated(EventHead, frozen=True, kw_only=True):
    """Clinic sessions new or changed; ``cancelled`` names those that were cancelled just now (停诊)."""

    sessions: list[ClinicSession]
    cancelled: list[str]


class SessionEnded(EventHead, frozen=True, kw_only=True):
    """A clinic session reached its end."""

    session: str
    queue: str
    doctor: str | None
    leftovers: Literal["continue", "afternoon_head", "lapse"]
    due_at: int


class ClockConfirmed(EventHead, frozen=True, kw_only=True):
    """An administrator confirmed the clock after a jump from ``before`` to ``now``."""

    before: int
    now: int


class ClockSeen(EventHead, frozen=True, kw_only=True):
    """A quiet server is on and its clock runs: a longer silence than configured means that it was off."""

    due_at: int


class Undone(EventHead, frozen=True, kw_only=True):
    """The command that wrote the positions ``first`` to ``last`` was taken back; its records are as before it.

    ``tickets`` and ``station`` are what it had changed; a board withdraws a call of these positions.
    """

    first: int
    last: int
    label: Text
    tickets: list[str]
    station: str | None
