"""The site as configured: halls, clinics, doctors, rooms, queues, stations and the stamps that order the waiting.

All of it enters the log as one event, so that a log alone reproduces every state. Minutes are whole minutes; moments
are UTC microseconds.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]

Level: TypeAlias = Literal["I", "II", "III", "IVa", "IVb"]
"""A level of triage, the most urgent first."""


class Text(msgspec.Struct, frozen=True, gc=False):
    """Words in both languages."""

    zh: str
    en: str


class TimeStamp(msgspec.Struct, frozen=True, tag="time"):
    """A rule that gives a key: ``key = anchor + allowance - min(credit, max_credit)``.

    ``slot_start_within`` is ``max(slot_start, check-in - grace)``; ``slot_end`` counts ``slots`` ahead: 0 is the end of
    the current slot, 1 of the next one, -1 of the session's last one; ``session_end`` is the end of the session itself,
    for a place behind everybody; ``number`` is the session's beginning and ``each_min`` for every number of the session
    before this one. ``sentence`` may use ``{slot}``, ``{check_in}``, ``{key}``, ``{allowance}``,
    ``{grace}``, ``{now}``, ``{slot_end}``, ``{credit}``, ``{reason}``.
    """

    anchor: Literal[
        "slot_start", "slot_start_within", "slot_end", "session_end", "number", "check_in", "triage_time", "now"
    ]
    sentence: Text
    allowance_min: int = 0
    grace_min: int = 0
    slots: int = 0
    each_min: int = 0


class PlaceStamp(msgspec.Struct, frozen=True, tag="place"):
    """A rule that gives a place: after ``calls`` further calls of tickets that match ``of``.

    The tickets of one rule wait in a first-in first-out list for each queue and doctor (or pool); calls count the
    list's head down. ``sentence`` may use ``{calls}``, ``{now}`` and ``{misses}``.
    """

    calls: int
    sentence: Text
    of: Literal["any", "first_visit", "appointment", "walk_in", "return"] = "any"
    calls_when_more: int = 0
    """Owed in place of ``calls`` while more wait in the list than of those it counts; 0: always ``calls``."""


class Abandon(msgspec.Struct, frozen=True, tag="abandon"):
    """A rule that ends the ticket: the patient checks in again."""

    sentence: Text


class LateRule(msgspec.Struct, frozen=True):
    """What holds for a check-in more than ``after_min`` after its slot began.

    ``abandon`` gives no ticket and sends the patient to the desk, where staff may check the patient in all the same.
    """

    after_min: int
    rule: TimeStamp | PlaceStamp | Abandon


class GroupRule(msgspec.Struct, frozen=True):
    """People who are put in by a count of calls, like returns: those with one of ``groups`` among their credits.

    It holds for whoever checks in with an appointment in time or without one; late, missed and back with results are
    what they are.
    """

    groups: list[str]
    rule: PlaceStamp


class Stamps(msgspec.Struct, frozen=True):
    """Every rule of one queue. ``missed`` is by count: the first miss takes the first rule, further ones the last."""

    appointment: TimeStamp | PlaceStamp
    walk_in: TimeStamp | PlaceStamp
    late: TimeStamp | PlaceStamp
    missed: list[TimeStamp | PlaceStamp | Abandon]
    late_after_min: int = 15
    credits: dict[str, int] = {}
    max_credit_min: int = 0
    lock: int = 0
    """The first ``lock`` places of a lane are not displaced by any stamp; tiers 0 and 1 ignore it."""
    late_rules: list[LateRule] = []
    """Further thresholds of lateness, ascending, each beyond ``late_after_min``; the last one exceeded counts."""
    returns: TimeStamp | PlaceStamp | None = None
    """A return with results 回诊; ``None``: like a walk-in who comes at the moment of the return."""
    severity: dict[str, int] = {}
    """Minutes by severity: reasons among the credits with a maximum of their own, ``max_severity_min``. The greater of
    credit and severity counts, never the sum."""
    max_severity_min: int = 0
    special: GroupRule | None = None
    """Special groups by a count of calls in place of ``appointment`` and ``walk_in``; ``None``: nobody."""


class Hall(msgspec.Struct, frozen=True):
    """A place in the building with its kiosks, boards and loudspeakers."""

    id: str
    name: Text


class Clinic(msgspec.Struct, frozen=True):
    """A department 科室.

    ``leftovers``: what becomes of a morning's waiting tickets when the session ends: they go on, move to the head of
    the same doctor's (or pool's) afternoon, or lapse. ``check_in_opens_min``: how long before its slot an appointment
    may check in. ``show_names``: masked names on boards (off for sensitive clinics).
    """

    id: str
    name: Text
    hall: str
    area: Text
    """Where its patients wait, as on the building's signs."""
    treat_before_payment: bool = False
    leftovers: Literal["continue", "afternoon_head", "lapse"] = "continue"
    check_in_opens_min: int = 120
    show_names: bool = True
    check_in_at: Literal["anywhere", "own_hall"] = "anywhere"
    """At which kiosks its patients check in: at all of the hospital's, or at those of its own hall."""
    needs_check_in: bool = True
    """Otherwise whoever is booked or registered waits without checking in, from ``check_in_opens_min`` before."""


class Doctor(msgspec.Struct, frozen=True):
    """A doctor, by the hospital's number."""

    id: str
    name: Text
    title: Text
    clinic: str


class Room(msgspec.Struct, frozen=True):
    """A consulting room or window."""

    id: str
    name: Text
    hall: str
    area: Text


class Queue(msgspec.Struct, frozen=True):
    """What one waits in.

    ``kind`` ``clinic`` needs an appointment or a registration; ``open`` (enquiry, cashier) numbers anybody; ``order``
    (pharmacy, blood draw, exam rooms) needs an order of the hospital. ``numbers`` ``issued``: prefix and a counter of
    our own; ``hospital``: the number (号序) given at registration.
    """

    id: str
    name: Text
    hall: str
    kind: Literal["clinic", "open", "order"]
    stamps: Stamps
    clinic: str | None = None
    numbers: Literal["issued", "hospital"] = "issued"
    prefix: str = ""
    mean_service_min: int = 8
    """For the expected wait until the queue has a record of its own."""
    stamp_sets: dict[str, Stamps] = {}
    """By name, the rules that a clinic session may have in place of ``stamps``; each complete."""
    wait_limit_min: int = 0
    """Who waits longer than this is shown to staff with an alarm, and moved by nobody but them; 0: no limit."""
    triage: bool = False
    """An emergency queue: it numbers anybody, also somebody unknown, and its order is that of the triage levels."""
    needs_paid: bool = False
    """Of a queue of orders: an order that is not paid gets no ticket."""
    makes_ticket: Literal["at_kiosk", "at_payment"] = "at_kiosk"
    """Of a queue of orders: the patient confirms at a kiosk, or an order that turns paid makes its ticket by itself."""
    room_look_ahead: Count = 0
    """Two-stage calling 二级候诊: so many tickets at most stand in a room's list (候诊上限), before everybody in the
    hall; 0: every room calls from the hall."""
    room_assignment: Literal["automatic", "by_hand"] = "automatic"
    """Who puts a ticket into a room's list: the lobby whenever there is a free place, or the nurse desk alone."""


class Station(msgspec.Struct, frozen=True):
    """A calling point 叫号点: a consulting room or a window.

    ``next_means``: what a further "next" says about a patient who was called and never started: seen, missed, or ask.
    ``serves``: how several queues become one order: ``merge`` by rank; ``ratio`` by turns, so many of each queue as
    ``ratio`` says, in the order of ``queues``; ``strict`` everybody of an earlier queue before anybody of a later one.
    """

    id: str
    name: Text
    hall: str
    room: str
    queues: list[str]
    next_means: Literal["seen", "missed", "ask"] = "ask"
    serves: Literal["merge", "ratio", "strict"] = "merge"
    ratio: dict[str, int] = {}
    levels: list[Level] = []
    """Of an emergency queue, the levels of triage that the room accepts; empty: all. Who was not triaged yet counts as
    III."""


class FeeRules(msgspec.Struct, frozen=True):
    """When a fee that was paid covers another visit.

    Attributes:
        days: how many days one fee covers, the day it was paid for being the first; 1 and less: that day at most.
        days_of_clinic: the same for single clinics, by id.
        same: what has to be the same: the ``illness`` (its code, as the doctor gave it) and the clinic, or the clinic
            alone.
        once_a_day: one fee a day and clinic, whatever the illness.
        dearer: a visit whose fee is higher than the one that covers it costs nothing (``free``) or the difference.
    """

    days: Count = 3
    days_of_clinic: dict[str, Count] = {}
    same: Literal["illness", "clinic"] = "illness"
    once_a_day: bool = True
    dearer: Literal["free", "difference"] = "free"


class BookingRules(msgspec.Struct, frozen=True):
    """What may be booked.

    Attributes:
        ahead_days: from so many days ahead; 0 is today only.
        a_day_and_clinic: bookings one person may hold for one day and clinic.
        at_once: bookings one person may hold altogether; 0: any number.
        longest_slot_min: the longest slot there may be.
        referral_percent: of each slot's places so many are kept for referrals from other hospitals, rounded down.
        referral_until_min: so long before the slot the places kept and not taken are open to everybody.
        cancel_until_min: so long before the slot a booking can be cancelled without counting as a no-show.
        waiting_list: so many may wait for a place of a full slot (候补); 0: there is no list.
        waiting_until_min: so long before the slot whoever waits gets a place that becomes free; afterwards anybody.
        no_shows: so many within ``no_show_days`` bring a ban; 0: none ever.
        no_show_days: how far back no-shows count.
        ban_days: how long the ban lasts, from the day of the last of them.
    """

    ahead_days: Count = 28
    a_day_and_clinic: Count = 1
    at_once: Count = 0
    longest_slot_min: Annotated[int, msgspec.Meta(ge=1)] = 60
    referral_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    referral_until_min: Count = 60
    cancel_until_min: Count = 60
    waiting_list: Count = 0
    waiting_until_min: Count = 120
    no_shows: Count = 3
    no_show_days: Count = 90
    ban_days: Count = 90


class Site(msgspec.Struct, frozen=True):
    """One hospital campus. ``day_opens`` is ``HH:MM`` in ``time_zone`` (IANA), the start of the service day."""

    id: str
    name: Text
    time_zone: str
    day_opens: str
    halls: list[Hall]
    clinics: list[Clinic]
    doctors: list[Doctor]
    rooms: list[Room]
    queues: list[Queue]
    stations: list[Station]
    desk: Text
    """The staffed window to which every screen can send a patient (人工窗口)."""
    paper_desk: Text
    """Where a ticket is printed for a patient whose kiosk could not."""
    max_clock_jump_min: int = 720
    """While a day is open, a clock further ahead of the last event than this stops issuing until an administrator
    confirms it. A quiet server leaves a sign of life (``ClockSeen``) after half of it, so a longer gap is a server that
    was off or a clock that is wrong."""
    max_clock_step_min: int = 5
    """A clock that goes further ahead than this beyond the time that has passed while the server runs was set by
    somebody; it stops issuing until an administrator confirms it or it is put right."""
    max_closed_days: int = 14
    """With no day open, a clock further ahead of the last event than this has to be confirmed too."""
    fees: FeeRules = FeeRules()
    booking: BookingRules = BookingRules()


class Slot(msgspec.Struct, frozen=True):
    """A part of a clinic session, in UTC microseconds."""

    starts_at: int
    ends_at: int


class ClinicSession(msgspec.Struct, frozen=True):
    """A clinic session 午别: doctor x clinic x morning, afternoon or night, with a limit and slots.

    ``doctor`` is ``None`` for a pool session (普通号).
    """

    id: str
    day: str
    clinic: str
    queue: str
    doctor: str | None
    period: Literal["morning", "afternoon", "night"]
    starts_at: int
    ends_at: int
    limit: int
    slots: list[Slot]
    room: str | None = None
    status: Literal["open", "cancelled"] = "open"
    stamps: str | None = None
    """The name of the set of stamps that holds for this session, among the queue's ``stamp_sets``."""


class Appointment(msgspec.Struct, frozen=True):
    """A booked visit, as the hospital's system has it. ``person`` is our random reference to the patient."""

    id: str
    person: str
    session: str
    day: str
    slot_start: int
    slot_end: int
    status: Literal["booked", "cancelled"] = "booked"
    number: str | None = None
    """The hospital's own number (号序), where it gives one."""
    credits: list[str] = []
    """Reasons for a credit, as named in the queue's ``credits``: elder, disabled, veteran, referral."""


class Paid(msgspec.Struct, frozen=True):
    """A fee that the same person paid before. ``reference`` is the registration's; a refunded fee covers nothing."""

    reference: str
    day: str
    clinic: str
    fen: Count
    illness: str | None = None
    is_refunded: bool = False


class Registration(msgspec.Struct, frozen=True):
    """A same-day registration 挂号, as the hospital's system has it.

    Attributes:
        fen: the fee of such a visit where no other covers it, integer fen; 0: none, or the hospital does not say.
        illness: its code, as the doctor or the patient gave it; never part of an event.
        paid: the fees that the same person paid in the days before, and on the same day.
    """

    id: str
    person: str
    session: str
    day: str
    status: Literal["paid", "unpaid", "withdrawn"]
    number: str | None = None
    credits: list[str] = []
    fen: Count = 0
    illness: str | None = None
    paid: list[Paid] = []


class Order(msgspec.Struct, frozen=True):
    """An order 医嘱, as the hospital's system has it: what a doctor wants done, handed out or paid. Whole minutes.

    Attributes:
        person: our random reference to the patient.
        kind: what is ordered.
        queue: where it is done.
        status: ``open`` is not paid yet; ``done`` needs no ticket any more.
        needs: the orders that have to be done before, with their results.
        fasting: nothing may be eaten before it.
        breaks_fast: something is eaten or drunk at it that ends the fast.
        full_bladder: the patient drinks before it; ready after ``ready_min``.
        ready_min: how long the preparation takes from the moment when the patient hears of it.
        result_min: how long after it its result is there.
        slot_start: the booked slot, where there is one, UTC microseconds.
        slot_end: its end.
        name: what is ordered, in the hospital's words; empty where the queue's name says it.
        preparation: what the patient has to do before, in the hospital's words.
        credits: reasons for a credit.
    """

    id: str
    person: str
    kind: Literal["prescription", "exam", "blood", "payment"]
    queue: str
    day: str
    status: Literal["open", "paid", "done", "withdrawn"]
    needs: list[str] = []
    fasting: bool = False
    breaks_fast: bool = False
    full_bladder: bool = False
    ready_min: Count = 0
    result_min: Count = 0
    slot_start: int | None = None
    slot_end: int | None = None
    name: Text = Text("", "")
    preparation: Text = Text("", "")
    credits: list[str] = []
