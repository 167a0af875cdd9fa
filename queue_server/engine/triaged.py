"""A ticket's triage as it stands, folded from the log."""

from __future__ import annotations

import msgspec

from queue_server.engine.site import Level


class TriageRecord(msgspec.Struct, frozen=True, gc=False):
    """The level that a nurse gave, and what follows from it. Moments are UTC microseconds.

    Attributes:
        level: the level that counts.
        suggested: what the table suggested; ``None`` where it suggested nothing.
        overridden: whether the level is the nurse's own.
        channel: the green channel, if one was opened.
        version: the version of the table.
        tier: the tier of the rank.
        key: the queueing moment within the tier.
        at: when it was given.
        first_at: when the ticket was triaged for the first time.
        respond_by: by when a physician has to see the patient.
        reassess_at: when a patient who still waits is to be assessed again.
        due_since: since when that is due; ``None`` while it is not.
        times: how often the ticket was triaged.
    """

    level: Level
    suggested: Level | None
    overridden: bool
    channel: str | None
    version: str
    tier: int
    key: int
    at: int
    first_at: int
    respond_by: int
    reassess_at: int | None
    due_since: int | None = None
    times: int = 1
