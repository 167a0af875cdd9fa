"""Events of a ticket by itself: it is given, its paper is printed, it gets another rank, and it ends."""

from __future__ import annotations

from typing import Literal

from queue_server.engine.events.parts import EventHead, Expected, Origin, Place, Rank, Stamp
from queue_server.engine.fees import Fee
from queue_server.engine.site import Text


class TicketIssued(EventHead, frozen=True, kw_only=True):
    """A ticket was given. It waits at ``rank``, or in the list that ``place`` names; ``expected`` is the wait shown.

    ``extra``: over the session's limit (加号), by the code of its reason; ``by_proxy``: somebody checked in for the
    patient; ``returns``: back with results after a finished visit of the same clinic and day. Version 2 added these.
    Version 3: orders, the channel ``hospital``: neither patient nor staff asked for it, and ``slip``: it is away, with
    ``rank`` kept, until its stop's turn on this slip. Version 4: ``fee``, of a registration that has one.
    """

    v: int = 4
    ticket: str
    number: str
    serial: int | None
    queue: str
    clinic: str | None
    session: str | None
    doctor: str | None
    person: str | None
    origin: Origin
    origin_ref: str | None
    slot_start: int | None
    slot_end: int | None
    credits: list[str]
    channel: Literal["kiosk", "desk", "backfill", "hospital"]
    link: str
    rank: Rank | None
    place: Place | None
    stamp: Stamp
    seq: int
    expected: Expected | None = None
    extra: str | None = None
    by_proxy: bool = False
    returns: bool = False
    slip: str | None = None
    fee: Fee | None = None


class PrintReported(EventHead, frozen=True, kw_only=True):
    """What became of the ticket's paper."""

    ticket: str
    number: str
    queue: str
    outcome: Literal["done", "not_done", "unknown"]
    reprint: bool


class Stamped(EventHead, frozen=True, kw_only=True):
    """A waiting ticket got a new rank.

    ``due``: its count of calls ran out; ``alone``: nobody else was there; ``leftover``: its session ended; ``moved``:
    its session got another doctor; ``handed_on``: somebody before it in its list left with a session. Version 2 added
    the last two.

    ``due_at_count``: it has its place before its count has run out, and is called once its list counted so many calls,
    while anybody else can be. Version 3 added it; 0: the count has run out.
    """

    v: int = 3
    ticket: str
    number: str
    queue: str
    doctor: str | None
    rank: Rank
    stamp: Stamp
    seq: int
    why: Literal["due", "alone", "leftover", "moved", "handed_on"]
    continues_in: str | None = None
    due_at_count: int = 0


class Cancelled(EventHead, frozen=True, kw_only=True):
    """The ticket ended unseen; ``station`` where the patient was called.

    Version 2: ``abandoned``; 3: ``order_withdrawn``.
    """

    v: int = 3
    ticket: str
    number: str
    queue: str
    station: str | None
    reason: Literal["patient", "staff", "wrong_patient", "session_cancelled", "abandoned", "order_withdrawn"]


class Lapsed(EventHead, frozen=True, kw_only=True):
    """The ticket ended by a rule. ``due_at`` where a time brought it about."""

    ticket: str
    number: str
    queue: str
    station: str | None
    reason: Literal["missed_too_often", "session_end", "day_end"]
    sentence: Text
    due_at: int | None


class NoShow(EventHead, frozen=True, kw_only=True):
    """The day ended before the ticket's patient was seen."""

    ticket: str
    number: str
    queue: str
    station: str | None
    due_at: int
