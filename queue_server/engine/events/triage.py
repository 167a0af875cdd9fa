"""Events of triage: a level and its rank, a patient who has waited too long, and who an unknown patient was."""

from __future__ import annotations

from queue_server.engine.events.parts import EventHead, Rank, Stamp
from queue_server.engine.site import Level


class Triaged(EventHead, frozen=True, kw_only=True):
    """A waiting ticket got a level of triage, and the rank that the level gives; fields as in the command.

    The findings, and the reason for a level of the nurse's own, are kept where they can be erased.
    """

    ticket: str
    number: str
    queue: str
    level: Level
    suggested: Level | None
    tier: int
    key: int
    respond_by: int
    reassess_at: int | None
    channel: str | None
    overridden: bool
    version: str
    rank: Rank
    stamp: Stamp
    seq: int


class ReassessmentDue(EventHead, frozen=True, kw_only=True):
    """A triaged patient has waited so long that a nurse has to look again. Nobody is moved by it."""

    ticket: str
    number: str
    queue: str
    level: Level
    due_at: int


class IdentityMerged(EventHead, frozen=True, kw_only=True):
    """The unknown patient of a ticket turned out to be ``person``."""

    ticket: str
    number: str
    queue: str
    person: str
