"""What events are made of: a rank, a stamp and a place, and the head that every event has.

Fields are never renamed or reused.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from queue_server.engine.site import Text

Rank: TypeAlias = tuple[int, ...]
"""``(tier, key in µs, seq, ...)``; the smallest eligible one is called first."""

ListKey: TypeAlias = tuple[str, str, str | None]
"""A first-in first-out list of place stamps: rule, queue, doctor (``None``: the pool)."""

Turn: TypeAlias = Literal["none", "goes_on", "begins"]
"""Whether a call goes on with or begins the turn of its queue, at a station that serves its queues by turns."""

Origin: TypeAlias = Literal["appointment", "registration", "open", "order"]


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """Why a ticket has its place.

    Attributes:
        rule: the rule's name: ``appointment``, ``walk_in``, ``late``, ``missed_1`` ..., ``leftover``, ``triage``.
        by: by time, by a count of calls, moved by the session's end, or by the level of triage.
        sentence: the rule's words as rendered at stamping, without names.
        key: the queueing moment in UTC microseconds, where the rule gives one.
        fifo: the list of place stamps through which the ticket came, if any.
        bound: nobody who checks in after this moment is called before the ticket, but for what ``promise`` excepts, UTC
            microseconds; ``None`` where the configuration admits no such moment.
        promise: the same as the sentence that was published with the stamp.
    """

    rule: str
    by: Literal["time", "place", "moved", "triage"]
    sentence: Text
    key: int | None = None
    fifo: ListKey | None = None
    bound: int | None = None
    promise: Text | None = None


class Place(msgspec.Struct, frozen=True, gc=False):
    """A ticket's standing in a first-in first-out list of place stamps.

    Attributes:
        fifo: the list.
        calls: how many calls its head owes.
        of: which calls count.
        seq: the order within the list.
        fresh: whether the count begins again with this ticket, because nobody was in the list.
        calls_when_more: owed in place of ``calls`` while more wait in the list than of those it counts; 0: never.
    """

    fifo: ListKey
    calls: int
    of: Literal["any", "first_visit", "appointment", "walk_in", "return"]
    seq: int
    fresh: bool = False
    calls_when_more: int = 0


class Expected(msgspec.Struct, frozen=True, gc=False):
    """The wait as it was expected when a ticket was given. Whole seconds.

    Attributes:
        kind: the rule of its stamp, and whether any room called yet; with ``bin`` it says whose record counts.
        bin: in which class of places it stood.
        base_s: (people before + one half) x mean service / rooms.
        until_s: the time until its session begins, which ``low_s`` and ``high_s`` include.
        low_s: eight of ten wait from so long ...
        high_s: ... to so long.
    """

    kind: str
    bin: int
    base_s: int
    until_s: int
    low_s: int
    high_s: int


class EventHead(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The head of every event: the version of its shape."""

    v: int = 1
