"""What a past day was made of: visits, rooms and what the hospital's system said, without anybody's name.

A visit is known by its index. What belongs to the patient (arrival, absences, the length of the service) follows the
patient into every rerun; hours, breaks and the pace of calling stay with the room.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from queue_server.engine.site import ClinicSession, Site
from queue_server.engine.state import Lane

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
        reason: of the cancellation.
        was_called: whether anybody called it on the day.
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
    reason: Literal["patient", "staff", "wrong_patient", "session_cancelled"] = "patient"
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
    """What came in during the day: a new configuration, or sessions as the hospital had them."""

    at: int
    site: Site | None = None
    sessions: tuple[ClinicSession, ...] = ()


class ByHand(msgspec.Struct, frozen=True, gc=False):
    """Something staff did that no rule says; ``number`` is the ticket's, where there is one.

    ``carried``: a ticket of the day before, which a rerun leaves out; ``other``: what a rerun cannot do.
    """

    at: int
    kind: Literal["undone", "paper", "backfill", "desk_cancel", "carried", "other"]
    number: str = ""


class PastCall(msgspec.Struct, frozen=True, gc=False):
    """A call: when, where, whose."""

    at: int
    station: str
    visit: int


class Past(msgspec.Struct, frozen=True):
    """A day, ready to be run again.

    ``ends_at`` is the service day's end, ``offset_min`` its offset from UTC; ``tickets``: which visit each ticket was.
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
    tickets: dict[str, int]

    def lanes(self) -> set[Lane]:
        """Every queue and doctor (``None``: the pool) in which anybody waited."""
        return {(visit.queue, visit.doctor) for visit in self.visits}
