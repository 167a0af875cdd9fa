"""The one table of what a ticket may become."""

from __future__ import annotations

from typing import Literal, TypeAlias

Status: TypeAlias = Literal[
    "waiting", "called", "serving", "finished", "missed", "away", "cancelled", "no_show", "lapsed"
]

STATUSES: tuple[Status, ...] = (
    "waiting", "called", "serving", "finished", "missed", "away", "cancelled", "no_show", "lapsed",
)  # fmt: skip
LIVE: frozenset[Status] = frozenset({"waiting", "called", "serving", "missed", "away"})
AT_A_STATION: frozenset[Status] = frozenset({"called", "serving"})

TRANSITIONS: dict[str, dict[Status, Status]] = {
    "Stamped": {"waiting": "waiting"},
    "Triaged": {"waiting": "waiting"},
    "ReassessmentDue": {"waiting": "waiting"},
    "IdentityMerged": {
        "waiting": "waiting", "called": "called", "serving": "serving", "missed": "missed", "away": "away",
        "finished": "finished",
    },
    "Called": {"waiting": "called"},
    "Recalled": {"called": "called"},
    "Missed": {"called": "missed"},
    "Rejoined": {"missed": "waiting", "away": "waiting"},
    "ServiceStarted": {"called": "serving"},
    "Finished": {"called": "finished", "serving": "finished", "away": "finished"},
    "RoomAssigned": {"waiting": "waiting"},
    "RoomLeft": {"waiting": "waiting"},
    "SentForExams": {"serving": "away"},
    "ReturnedWithResults": {"away": "waiting", "finished": "waiting"},
    "SteppedAway": {"waiting": "away"},
    "SteppedBack": {"away": "waiting"},
    "StopHeld": {"waiting": "away"},
    "StopOpened": {"away": "waiting", "finished": "waiting"},
    "Transferred": {
        "waiting": "waiting",
        "called": "waiting",
        "serving": "waiting",
        "missed": "missed",
        "away": "away",
    },
    "Postponed": {"waiting": "waiting"},
    "Credited": {"waiting": "waiting"},
    "MovedForward": {"waiting": "waiting"},
    "Cancelled": {"waiting": "cancelled", "called": "cancelled", "missed": "cancelled", "away": "cancelled"},
    "Lapsed": {"waiting": "lapsed", "called": "lapsed", "missed": "lapsed", "away": "lapsed"},
    "NoShow": {"waiting": "no_show", "called": "no_show", "missed": "no_show", "away": "no_show"},
    "PaperSeen": {"waiting": "finished", "missed": "finished"},
    "PaperMissed": {"waiting": "missed", "missed": "missed"},
}  # fmt: skip
"""From an event's name to what each status becomes by it. ``PaperCallRecorded`` is read by its outcome."""


class ImpossibleError(Exception):
    """The log asks for a change that the table does not know: the log is not this program's."""


def after(status: Status, event: str) -> Status:
    """The status after ``event``.

    Raises:
        ImpossibleError: the table has no such change.
    """
    try:
        return TRANSITIONS[event][status]
    except KeyError:
        raise ImpossibleError(f"a ticket that is {status} cannot meet {event}") from None
