"""How long who waited, on the day and in its reruns: by class, and each patient against the rules as they were."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from statistics import fmean
from typing import Any, Literal

import msgspec

from queue_server.engine import events as e
from queue_server.engine.stamps import MINUTE
from queue_server.replay.visits import GROUPS, Group, Past

ALL = "all"
SAME_MIN = 1
"""A wait that differs by no more than this, in minutes, is the same to whoever waits."""


class Wait(msgspec.Struct, gc=False):
    """One visit as it went. Moments are UTC microseconds, ``waited`` microseconds in the waiting room.

    ``overtakes``: how many of its queue who checked in later were called before its first call, where the room might
    have called this patient instead.
    """

    visit: int
    group: Group
    queue: str
    doctor: str | None
    checked_in: int
    since: int | None
    waited: int = 0
    first_called: int | None = None
    first_station_doctor: str | None = None
    called: int | None = None
    outcome: Literal["seen", "cancelled", "lapsed", "unseen", "open"] = "open"
    overtakes: int = 0


class Figures(msgspec.Struct, frozen=True):
    """How one class waited. Minutes.

    Attributes:
        called: how many were called; the waits are theirs, up to the call that was followed.
        unseen: how many were never called, because they left, their number lapsed or the day ended.
        in_target: the share of the called who waited no longer than the target.
        overtakes: by how many later arrivals each was overtaken, on average; ``most_overtakes`` the most.
    """

    called: int
    unseen: int
    mean: float
    median: float
    p95: float
    worst: float
    in_target: float
    overtakes: float
    most_overtakes: int


class Difference(msgspec.Struct, frozen=True):
    """How one class waits against the rules as they were, patient by patient, of those called both times. Minutes.

    ``shorter``, ``longer`` and ``same``: how many wait less, more, and about as long.
    """

    mean: float
    shorter: int
    longer: int
    same: int
    most_shorter: float
    most_longer: float


def waits_of(past: Past, log: Iterable[e.Recorded], tickets: Mapping[str, int]) -> list[Wait]:
    """Every visit with a ticket, in the order of check-in.

    Args:
        past: the day.
        log: the original's events, or a rerun's.
        tickets: which visit each ticket is.
    """
    reader = _Reader(past, tickets)
    for recorded in log:
        reader.take(recorded)
    found = list(reader.waits.values())
    _count_overtakes(found)
    return found


class _Reader:
    def __init__(self, past: Past, tickets: Mapping[str, int]) -> None:
        self.past = past
        self.tickets = tickets
        self.waits: dict[int, Wait] = {}
        self.current: dict[str, int] = {}
        self.followers = past.followers()
        self.doctors: dict[str, str | None] = {}

    def take(self, recorded: e.Recorded) -> None:
        event: Any = recorded.event
        kind = type(event)
        if kind is e.StationOpened:
            self.doctors[event.station] = event.doctor
        if kind not in _OF_TICKETS or (kind is e.Transferred and event.station is None):
            return
        n = self.current.get(event.ticket, self.tickets.get(event.ticket))
        if n is None:
            return
        if kind in _LEGS:
            self._leg(n, event, recorded.at)
        else:
            self._follow(self.waits[n], event, recorded.at)

    def _follow(self, wait: Wait, event: Any, at: int) -> None:  # noqa: ANN401 - an event of a ticket that is there
        kind = type(event)
        if kind in _BACK:
            wait.since = at
        elif kind in _SEEN:
            wait.outcome = "seen"
        else:
            _stop(wait, at)
        if kind is e.Called:
            wait.called = at
            if wait.first_called is None:
                wait.first_called, wait.first_station_doctor = at, self.doctors.get(event.station)
        elif kind in _ENDS:
            wait.outcome = _ENDS[kind]

    def _leg(self, before: int, event: Any, at: int) -> None:  # noqa: ANN401 - an event after which a ticket waits anew
        n: int | None = before
        if not isinstance(event, e.TicketIssued):
            self.waits[before].outcome = "seen"
            n = self.followers.get(before)
        if n is not None:
            self.current[event.ticket] = n
            self.waits[n] = Wait(n, self.past.visits[n].group, event.queue, event.doctor, at, at)


_ENDS: dict[type, Literal["seen", "cancelled", "lapsed", "unseen"]] = {
    e.Cancelled: "cancelled",
    e.Lapsed: "lapsed",
    e.NoShow: "unseen",
    e.PaperCallRecorded: "seen",
}
_LEGS = frozenset({e.TicketIssued, e.ReturnedWithResults, e.Transferred})
_BACK = frozenset({e.Rejoined, e.SteppedBack})
_SEEN = frozenset({e.Finished, e.SentForExams})
_OF_TICKETS = frozenset({e.Called, e.SteppedAway, *_LEGS, *_BACK, *_SEEN, *_ENDS})


def _stop(wait: Wait, at: int) -> None:
    if wait.since is not None:
        wait.waited += at - wait.since
        wait.since = None


def _count_overtakes(waits: Sequence[Wait]) -> None:
    """Go through first calls in order; whoever was called before and had checked in later has overtaken."""
    called = sorted(
        (wait for wait in waits if wait.first_called is not None), key=lambda one: (one.first_called, one.checked_in)
    )
    earlier: dict[tuple[str, str | None], list[int]] = {}
    for wait in called:
        # A pool patient competes for every call of the queue, one with a doctor for that doctor's calls.
        before = earlier.get((wait.queue, wait.doctor), [])
        wait.overtakes = len(before) - bisect_right(before, wait.checked_in)
        insort(earlier.setdefault((wait.queue, None), []), wait.checked_in)
        if wait.first_station_doctor is not None:
            insort(earlier.setdefault((wait.queue, wait.first_station_doctor), []), wait.checked_in)


def figures_of(waits: Sequence[Wait], target_min: float) -> dict[str, Figures]:
    """By class, and for ``ALL`` together; classes that nobody was of are left out."""
    found = {group: [wait for wait in waits if wait.group == group] for group in GROUPS}
    classes: dict[str, Sequence[Wait]] = {group: of for group, of in found.items() if of}
    return {name: _figures(of, target_min) for name, of in (classes | {ALL: waits}).items()}


def _figures(waits: Sequence[Wait], target_min: float) -> Figures:
    called = [wait for wait in waits if wait.called is not None]
    minutes = sorted(wait.waited / MINUTE for wait in called)
    overtakes = [wait.overtakes for wait in called]
    some = minutes or [0.0]
    return Figures(
        called=len(called),
        unseen=sum(wait.called is None and wait.outcome != "seen" for wait in waits),
        mean=round(fmean(some), 2),
        median=round(_quantile(some, 0.5), 2),
        p95=round(_quantile(some, 0.95), 2),
        worst=round(some[-1], 2),
        in_target=round(sum(one <= target_min for one in minutes) / len(some), 4) if minutes else 0.0,
        overtakes=round(fmean(overtakes or [0]), 2),
        most_overtakes=max(overtakes, default=0),
    )


def _quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of them do not exceed."""
    return values[max(0, ceil(share * len(values)) - 1)]


def differences(before: Sequence[Wait], after: Sequence[Wait]) -> dict[str, Difference]:
    """By class and for ``ALL``, patient by patient."""
    was = {wait.visit: wait for wait in before if wait.called is not None}
    pairs = [
        (wait.group, (wait.waited - was[wait.visit].waited) / MINUTE)
        for wait in after
        if wait.called is not None and wait.visit in was
    ]
    by_group = {group: [by for one, by in pairs if one == group] for group in GROUPS}
    classes: dict[str, list[float]] = {group: of for group, of in by_group.items() if of}
    return {name: _difference(of) for name, of in (classes | {ALL: [by for _, by in pairs]}).items()}


def _difference(by: list[float]) -> Difference:
    return Difference(
        mean=round(fmean(by or [0.0]), 2),
        shorter=sum(one < -SAME_MIN for one in by),
        longer=sum(one > SAME_MIN for one in by),
        same=sum(-SAME_MIN <= one <= SAME_MIN for one in by),
        most_shorter=round(-min([*by, 0.0]), 2),
        most_longer=round(max([*by, 0.0]), 2),
    )
