"""What a past day was made of: visits, rooms and what the hospital's system said, without anybody's name.

A visit is known by its index. What belongs to the patient (arrival, absences, the length of the service) follows the
patient into every rerun; hours, breaks and the pace of calling stay with the room.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from queue_server.engine import commands as c
from queue_server.engine.entries import Lane
from queue_server.engine.site import ClinicSession, Site

Group: TypeAlias = Literal["appointment", "walk_in", "return", "open"]
"""``return``: checked in again in the same clinic after being seen; ``open``: a queue that numbers anybody."""

GROUPS: tuple[Group, ...] = ("appointment", "walk_in", "return", "open")


class Absence(msgspec.Struct, frozen=True, gc=False):
    """A call in vain: the room waited ``waited`` µs; the patient was back ``back`` µs later, ``None``: never."""

    waited: int
    back: int | None


class PaperCall(msgspec.Struct, frozen=True, gc=False):
    """A call on paper, entered at ``at``; moments are UTC microseconds."""

    at: int
    called_at: int
    station: str
    outcome: Literal["seen", "missed"]


class Act(msgspec.Struct, frozen=True, gc=False):
    """Something staff or the patient did with a waiting ticket, ``after`` µs after its check-in.

    ``command`` is made anew for the rerun's ticket; ``before`` is the visit that a move forward went in front of.
    """

    after: int
    command: (
        c.Triage
        | c.GrantCredit
        | c.MoveForward
        | c.Postpone
        | c.StepAway
        | c.StepBack
        | c.Transfer
        | c.AssignDoctor
        | c.AssignRoom
    )
    before: int | None = None


class Pick(msgspec.Struct, frozen=True, gc=False):
    """A call out of turn at ``at``, UTC microseconds, for the ``reason`` of that code."""

    at: int
    station: str
    visit: int
    reason: str


class Visit(msgspec.Struct, frozen=True, gc=False):
    """One ticket's patient. Moments are UTC microseconds, durations microseconds.

    Attributes:
        person: a number of this replay only; two visits of one person have the same.
        number: the ticket's, as it was called.
        hospital_number: the number that the hospital gave (号序), where it gives them.
        checked_in: when the ticket was issued.
        after: the index of the visit whose end this return follows, ``away`` after it.
        absences: each call in vain, in a row.
        walk: from the call that was followed to the beginning of the service.
        service: how long the room was taken from then on; where nobody was seen (``was_seen``), as long as is usual for
            its queue and class.
        leaves: how long after the check-in the ticket was cancelled; ``None``: it was not.
        turned_away: how long after the call a called ticket was cancelled.
        joins: how it came to wait: by a check-in of its own, by the same ticket's return with results, or sent on from
            the visit before.
        ends: how the room let go: the patient was seen, sent for exams, or sent on as ``sent_on`` says.
        extra: over the session's limit (加号), by the code of its reason.
        acts: what was done while it waited.
        reason: of the cancellation.
        was_called: whether its last wait ended with a call.
    """

    person: int
    number: str
    group: Group
    queue: str
    clinic: str | None
    session: str | None
    doctor: str | None
    origin: Literal["appointment", "registration", "open", "order"]
    channel: Literal["kiosk", "desk", "backfill", "hospital"]
    slot: tuple[int, int] | None
    hospital_number: str | None
    credits: tuple[str, ...]
    checked_in: int
    walk: int
    service: int
    after: int | None = None
    away: int = 0
    absences: tuple[Absence, ...] = ()
    leaves: int | None = None
    turned_away: int | None = None
    reason: Literal["patient", "staff", "wrong_patient", "session_cancelled", "abandoned", "order_withdrawn"] = (
        "patient"
    )
    joins: Literal["check_in", "results", "sent_on"] = "check_in"
    ends: Literal["seen", "exams", "sent_on"] = "seen"
    sent_on: c.Transfer | c.AssignDoctor | None = None
    extra: str | None = None
    acts: tuple[Act, ...] = ()
    paper: tuple[PaperCall, ...] = ()
    was_called: bool = False
    was_seen: bool = False


class Opening(msgspec.Struct, frozen=True, gc=False):
    """A room in use from ``opens`` to ``closes`` (UTC microseconds).

    ``stays``: it closed because its patients had all been called, so in a rerun it goes on until they have.
    """

    opens: int
    closes: int
    staff: str
    doctor: str | None
    queues: tuple[str, ...]
    stays: bool


class Room(msgspec.Struct, frozen=True):
    """A station's day.

    Attributes:
        openings: in order, never overlapping.
        breaks: from and to, when nobody was called although somebody waited for long.
        pace: how long each time the room let pass although it could have called, microseconds, in order.
        usual: the pace once ``pace`` has been used up.
    """

    station: str
    openings: tuple[Opening, ...]
    breaks: tuple[tuple[int, int], ...]
    pace: tuple[int, ...]
    usual: int


class News(msgspec.Struct, frozen=True):
    """What came in during the day: a configuration, sessions as the hospital had them, what staff did with a queue."""

    at: int
    command: c.PauseQueue | c.ResumeQueue | c.ReleaseSession | None = None
    site: Site | None = None
    sessions: tuple[ClinicSession, ...] = ()


class ByHand(msgspec.Struct, frozen=True, gc=False):
    """Something staff did that no rule says; ``number`` is the ticket's, where there is one.

    ``carried``: a ticket of the day before, which a rerun leaves out; ``moved``: a place that staff or the patient
    changed; ``other``: what a rerun cannot do.
    """

    at: int
    kind: Literal["undone", "paper", "backfill", "desk_cancel", "carried", "moved", "picked", "other"]
    number: str = ""


class PastCall(msgspec.Struct, frozen=True, gc=False):
    """A call: when, where, whose."""

    at: int
    station: str
    visit: int


class Past(msgspec.Struct, frozen=True):
    """A day, ready to be run again.

    ``ends_at`` is the service day's end, ``offset_min`` its offset from UTC; ``tickets``: which visit each ticket was
    at first.
    """

    day: str
    offset_min: int
    opened_at: int
    ends_at: int
    site: Site
    sessions: tuple[ClinicSession, ...]
    news: tuple[News, ...]
    visits: tuple[Visit, ...]
    rooms: tuple[Room, ...]
    calls: tuple[PastCall, ...]
    by_hand: tuple[ByHand, ...]
    picks: tuple[Pick, ...]
    tickets: dict[str, int]

    def followers(self) -> dict[int, int]:
        """Which visit follows which."""
        return {visit.after: n for n, visit in enumerate(self.visits) if visit.after is not None}

    def lanes(self) -> set[Lane]:
        """Every queue and doctor (``None``: the pool) in which anybody waited."""
        return {(visit.queue, visit.doctor) for visit in self.visits}
