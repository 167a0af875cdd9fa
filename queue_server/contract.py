"""What travels between the server and its clients.

Moments are ISO 8601 with offset in JSON (``datetime`` here), minutes are whole minutes, money would be integer fen.
Names arrive masked: a client never receives more of a patient's name than it may show. The kiosk imports this module
of the server and no other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

TicketStatus = Literal["waiting", "called", "serving", "finished", "missed", "away", "cancelled", "no_show", "lapsed"]
Stage = Literal["hall", "door"]
"""Of a waiting ticket whose queue is called in two stages (二级候诊): in the hall, or at a room's door."""
PrintState = Literal["pending", "done", "not_done", "unknown"]
DeviceKind = Literal["kiosk", "board", "station"]
Role = Literal["nurse", "administrator"]
PartKind = Literal["identity_card", "chip_card", "magnetic_stripe", "receipt_printer", "cabinet", "scanner"]
Trouble = Literal[
    "paper_low", "paper_out", "cover_open", "cutter_jam", "head_hot", "door_open", "tampered", "offline", "failed",
]  # fmt: skip


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment that a client sends, with its offset: one without would be read in whatever zone the server is in."""
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""A code or a name that somebody types."""


class Text(msgspec.Struct, frozen=True):
    """Words in both languages."""

    zh: str
    en: str


class FieldProblem(msgspec.Struct, frozen=True):
    """One field that was refused, and why. ``low`` and ``high`` are the plausible range, both ends included."""

    field: str
    code: str
    message: Text
    low: int | None = None
    high: int | None = None


class BroadcastView(msgspec.Struct, frozen=True):
    """A text that staff show in a hall. ``broadcast`` identifies it."""

    broadcast: int
    text: Text
    until: datetime


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457 ``application/problem+json`` with a stable ``code`` and the sentence in both languages.

    ``ticket`` is the live ticket when ``code`` is ``already_checked_in``; ``position`` the log position concerned.
    """

    type: str
    title: str
    status: int
    code: str
    message: Text
    detail: str | None = None
    ticket: str | None = None
    position: int | None = None
    fields: list[FieldProblem] = []
    """Where the content of single fields was refused; the values sent are not repeated."""


# --- what screens show -----------------------------------------------------------------------------------------------


class WaitRange(msgspec.Struct, frozen=True):
    """The expected wait in minutes, always as a range."""

    low_min: int
    high_min: int


class HistoryLine(msgspec.Struct, frozen=True):
    """One thing that happened to a ticket, in a sentence without names."""

    at: datetime
    sentence: Text


class TrackRecord(msgspec.Struct, frozen=True):
    """How often the range shown at check-in held, of the last week's finished waits: ``inside`` of ``waits``."""

    inside: int
    waits: int
    percent: int | None
    """Rounded; ``None`` while there is nothing to judge."""


class TicketView(msgspec.Struct, frozen=True):
    """A ticket as its holder sees it: on paper, on the kiosk's screen and on the ticket page."""

    ticket: str
    number: str
    status: TicketStatus
    hospital: Text
    clinic: Text
    """The queue's name where the queue belongs to no clinic."""
    doctor: Text | None
    """``None``: any doctor of the clinic (普通号)."""
    period: Text | None
    """上午 / 下午 / 夜间, shown with the number, which is unique within queue, doctor and session."""
    area: Text
    """Where to wait, as on the building's signs."""
    room: Text | None
    """Where to go, once called."""
    masked_name: str | None
    slot_start: datetime | None
    slot_end: datetime | None
    ahead: int | None
    """People called before this one as things stand; ``None`` when not waiting."""
    wait: WaitRange | None
    reason: Text
    """Why this place: the sentence of the present stamp."""
    issued_at: datetime
    printed: PrintState
    qr: str
    """What the QR code carries: the ticket page's address where the hospital has a public one, else ``HZ:`` + link."""
    position: int
    """The log position this view is of."""
    server_time: datetime
    history: list[HistoryLine] = []
    wait_at_issue: WaitRange | None = None
    """The expected wait as it was shown when the ticket was given."""
    promise: Text | None = None
    """After which moment nobody who checks in is called before this ticket, and what is excepted: as it was published
    with the present stamp. ``None``: the rules admit no such moment, or the ticket does not wait by time."""
    back_at: datetime | None = None
    """Until when the place of a patient who stepped away is kept; ``away`` without it: sent for exams."""
    paused: Text | None = None
    """Why nobody is called from the queue for now; the expected wait is unknown then."""
    stage: Stage | None = None
    door: Text | None = None
    """At which room's door to wait, in the stage ``door``."""
    door_since: datetime | None = None


class AppointmentView(msgspec.Struct, frozen=True):
    """An appointment a patient may confirm. ``problem`` says why it cannot be checked in now, if so."""

    appointment: str
    clinic: Text
    doctor: Text | None
    area: Text
    period: Text
    slot_start: datetime
    slot_end: datetime
    problem: Problem | None = None


class RegistrationView(msgspec.Struct, frozen=True):
    """A same-day registration with which a patient may join a queue."""

    registration: str
    queue: str
    clinic: Text
    doctor: Text | None
    area: Text
    period: Text
    problem: Problem | None = None


class OrderView(msgspec.Struct, frozen=True):
    """An order 医嘱 of today that is still to be done. ``problem`` says why it gets no number now, if so."""

    order: str
    kind: Literal["prescription", "exam", "blood", "payment"]
    name: Text
    queue: str
    area: Text
    """Where it is done, as on the building's signs."""
    is_paid: bool
    preparation: Text | None
    slot_start: datetime | None
    slot_end: datetime | None
    problem: Problem | None = None


class GuideStop(msgspec.Struct, frozen=True):
    """One stop of a guide slip: where to go, for what, about when, and why then.

    ``status``: over and done; over without (cancelled, withdrawn); the patient is called there now; the first one, once
    it is ready; or later.
    """

    order: int
    """Its place on the slip, from 1; what is over comes first."""
    stop: str
    kind: Literal["order", "visit"]
    status: Literal["done", "dropped", "now", "next", "later"]
    name: Text
    area: Text
    """Where it is done, as on the building's signs."""
    number: str
    """What is called there."""
    ticket: str
    preparation: Text | None
    why: Text | None
    """Why it stands there; ``None`` of what is over."""
    begins_at: datetime | None
    """About when its turn comes, as things stood when the slip was last planned."""
    ready_at: datetime | None
    """Not called before: the preparation takes so long."""
    ahead: int | None = None
    """About how many are called there before, were the patient there now; ``None`` of what is over or being called."""
    room: Text | None = None
    """Where to go there, once called."""
    is_missed: bool = False
    """The patient was called there and did not come."""
    printed: PrintState = "done"
    """What became of the paper with the number."""


class GuideSlip(msgspec.Struct, frozen=True):
    """A guide slip 检查检验指引单: everything that is on the paper.

    One that is only looked at, before its numbers are taken, has no ``qr``; its stops without a ``number`` are new.
    """

    slip: str
    person: str
    masked_name: str | None
    hospital: Text
    desk: Text
    """Whom to ask."""
    stops: list[GuideStop]
    issued_at: datetime
    ends_at: datetime | None
    """About when all of it is done; ``None`` when nothing is left."""
    position: int
    server_time: datetime
    qr: str = ""
    """The ticket code of the stop whose turn it is, by which scanners find the slip."""
    left_out: list[OrderView] = []
    """Today's orders that get no number now, each with the reason."""


class PatientView(msgspec.Struct, frozen=True):
    """One patient file that an identity led to. One identity may lead to several; then the patient is asked."""

    person: str
    masked_name: str
    hint: str
    """What tells files of one identity apart without naming anybody: ``病案号尾号 0312``, birth year, relation."""
    hint_en: str
    appointments: list[AppointmentView]
    registrations: list[RegistrationView]
    tickets: list[TicketView]
    """Today's live tickets, for showing again and reprinting; and the one whose code was scanned, even if ended."""
    orders: list[OrderView] = []
    """Today's orders that are still to be done."""
    slip: str | None = None
    """The guide slip on which something is left."""


class IdentifyReply(msgspec.Struct, frozen=True):
    """What is known of an identity today. Never says whether an unknown identity exists elsewhere."""

    patients: list[PatientView]
    list_as_of: datetime
    """When today's list was last taken over from the hospital's system."""
    list_is_old: bool
    """Older than configured: the screen says so, with the time."""
    is_sure: bool = True
    """Otherwise found by a part of a name, or by somebody else's: the desk asks, even where it is one file."""
    is_too_many: bool = False
    """More were found than anybody can choose from, and so none is sent."""


class CallView(msgspec.Struct, frozen=True):
    """A call on a board. ``call`` is the log position of the call event and identifies it.

    A number is its doctor's and session's: where the hospital's own numbers are used, both belong beside it.
    """

    call: int
    ticket: str
    number: str
    masked_name: str | None
    clinic: Text
    room: Text
    station: str
    called_at: datetime
    status: Literal["called", "serving"]
    repeat: int
    """0 for the first call, then counting recalls."""
    voice: list[str] = []
    """Addresses of the WAV files to play after the chime, in order, same origin."""
    doctor: Text | None = None
    """Whose patient; ``None`` for the pool and where no doctor calls."""
    period: Text | None = None
    """上午 / 下午 / 夜间: the session whose number it is, also after a morning's patient moved to the afternoon."""


class NextView(msgspec.Struct, frozen=True):
    """One who is next up, or missed, on a board."""

    ticket: str
    number: str
    masked_name: str | None
    clinic: Text
    doctor: Text | None
    room: Text | None
    period: Text | None = None
    """As in ``CallView``."""
    stage: Stage | None = None
    """``door``: the patient waits at the door of ``room``."""


class DoorCallView(msgspec.Struct, frozen=True):
    """A second-stage call: a patient is to go from the hall to a room's door and wait there.

    ``at`` is the log position of the assignment and identifies it.
    """

    at: int
    ticket: str
    number: str
    masked_name: str | None
    clinic: Text
    room: Text
    station: str
    voice: list[str] = []
    """As in ``CallView``."""


class BoardView(msgspec.Struct, frozen=True):
    """All that a hall's board shows."""

    hall: str
    name: Text
    hospital: Text
    calls: list[CallView]
    """Open calls, newest first."""
    next_up: list[NextView]
    missed: list[NextView]
    waiting: int
    position: int
    server_time: datetime
    broadcasts: list[BroadcastView] = []
    """Texts for everybody in the hall, oldest first."""
    paused: list[Text] = []
    """The hall's queues from which nobody is called for now."""


class TriageView(msgspec.Struct, frozen=True):
    """The level of triage that a waiting patient has.

    Attributes:
        level: ``I``, ``II``, ``III``, ``IVa`` or ``IVb``.
        is_overridden: whether it is the nurse's own.
        channel: the green channel's id, if one was opened.
        at: when it was given.
        respond_by: by when a physician has to see the patient.
        reassess_since: since when a nurse has to look again; ``None`` while that is not due.
    """

    level: str
    is_overridden: bool
    channel: str | None
    at: datetime
    respond_by: datetime
    reassess_since: datetime | None


class TicketRow(msgspec.Struct, frozen=True):
    """A ticket in a console's list, with the reason for its place."""

    ticket: str
    number: str
    masked_name: str | None
    status: TicketStatus
    clinic: Text
    doctor: Text | None
    kind: Text
    """预约 / 现场 / 过号 ..., by its present stamp."""
    reason: Text
    issued_at: datetime
    slot_start: datetime | None
    called_at: datetime | None
    calls: int
    misses: int
    printed: PrintState
    backfilled: bool = False
    period: Text | None = None
    """As in ``CallView``."""
    triage: TriageView | None = None
    back_at: datetime | None = None
    """As in ``TicketView``."""
    by_proxy: bool = False
    """Somebody else checked in for the patient."""
    extra: Text | None = None
    """Over the session's limit (加号), and why."""
    stage: Stage | None = None
    door: Text | None = None
    """As in ``TicketView``."""


class UndoView(msgspec.Struct, frozen=True):
    """What ``undo`` would take back."""

    position: int
    label: Text


class AlarmView(msgspec.Struct, frozen=True):
    """A wait that has passed a limit. It changes nobody's place: what to do is for staff to decide.

    ``kind``: ``wait``: the queue's limit; ``reassess``: a triaged patient is to be assessed again; ``respond``: a
    physician should have seen the patient by the level of triage, ``level``.
    """

    ticket: str
    number: str
    queue: str
    clinic: Text
    doctor: Text | None
    since: datetime
    """When the limit was passed."""
    limit_min: int
    waits_since: datetime
    kind: Literal["wait", "reassess", "respond"] = "wait"
    level: str | None = None


class WaitsView(msgspec.Struct, frozen=True):
    """What the nurse desk sees of the waits: the alarms of all halls, longest first, and the track record."""

    alarms: list[AlarmView]
    track_record: TrackRecord
    server_time: datetime


class QueueWaits(msgspec.Struct, frozen=True):
    """One queue's track record, for the administration."""

    queue: str
    name: Text
    track_record: TrackRecord


class StationView(msgspec.Struct, frozen=True):
    """All that a station's console shows."""

    station: str
    name: Text
    room: Text
    is_open: bool
    staff: str | None
    doctor: Text | None
    queues: list[Text]
    current: TicketRow | None
    """The one called or in service."""
    waiting: list[TicketRow]
    """In the order in which this station would call them now."""
    missed: list[TicketRow]
    done: list[TicketRow]
    """The latest finished, at most ten, newest first."""
    undo: UndoView | None
    next_means: Literal["seen", "missed", "ask"]
    position: int
    server_time: datetime
    alarms: list[AlarmView] = []
    """Waits of its queues that have passed their limit, longest first."""
    track_record: TrackRecord | None = None
    away: list[TicketRow] = []
    """Those of its queues who were sent for exams or stepped away."""
    paused: list[Text] = []
    """Its queues from which nobody is called for now."""


class Choice(msgspec.Struct, frozen=True):
    """Something to choose from: a station, a queue, a doctor."""

    id: str
    name: Text
    note: Text | None = None


class HallInfo(msgspec.Struct, frozen=True):
    """What a kiosk knows of its place before anybody touches it."""

    hospital: Text
    hall: str
    hall_name: Text
    desk: Text
    paper_desk: Text
    open_queues: list[Choice]
    """Queues that number anybody, without card."""
    server_time: datetime
    utc_offset_min: int
    position: int
    issuing: bool = True
    """Whether numbers are issued at all; while not, the kiosk sends patients to the staffed window."""


class Heartbeat(msgspec.Struct, frozen=True):
    """Sent while nothing happens: the feed is alive, and the client has seen everything up to ``position``."""

    position: int
    server_time: datetime
    issuing: bool = True
    """As in ``HallInfo``: what stops it, a clock that is wrong or a log that cannot be written, is no event."""


# --- what clients ask ------------------------------------------------------------------------------------------------


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The head of every command: an id the client made, so that a repeat is answered and not done again."""

    command_id: UUID
    expires_at: Moment | None = None


class Identify(msgspec.Struct, frozen=True):
    """Who is there? ``value`` is the identity number, the card number, the scanned text or the token.

    ``insurance_code`` (电子医保凭证) and ``health_card`` (电子健康卡) are opaque, and asked of the hospital at once.

    ``name`` as read from the card; where it is given and disagrees with the file's, the file is not shown.
    """

    kind: Literal["id_card", "hospital_card", "code", "insurance_code", "health_card"]
    value: str
    name: str | None = None

    def __repr__(self) -> str:
        """Without the identity: this object may meet a log."""
        return f"Identify(kind={self.kind!r}, value=<redacted>, name=<redacted>)"


class WhyAsked(msgspec.Struct, frozen=True):
    """Two slips, one sentence: the codes as scanned from both; at the desk a number will do."""

    one: str
    other: str

    def __repr__(self) -> str:
        """Without the links: this object may meet a log."""
        return "WhyAsked(<redacted>)"


class WhyReply(msgspec.Struct, frozen=True):
    """Which of two numbers is or was called first, and why; nothing about persons.

    ``first`` is ``None`` where the two do not compete; ``because`` is what decides, by a stable word.
    """

    first: str | None
    because: str
    sentence: Text
    position: int
    """The log position of which it holds."""
    server_time: datetime
    numbers: list[str] = []
    """Both, the first one first; where neither is, as they were asked for."""
    rule: Text = Text("", "")
    """What decides, alone; ``sentence`` is this and both ``reasons``."""
    reasons: list[Text] = []
    """By what each of the numbers stands where it stands, in their order; empty where that was not compared."""


class CheckInAsked(Asked, frozen=True, kw_only=True):
    """Check in an appointment. ``by_proxy``: somebody checks in for the patient."""

    person: str
    appointment: str
    by_proxy: bool = False


class CheckInOrderAsked(Asked, frozen=True, kw_only=True):
    """Take a number with an order."""

    person: str
    order: str


class ItineraryAsked(Asked, frozen=True, kw_only=True):
    """A guide slip for these orders; empty: all of today's that can be done now.

    ``visit``: the ticket of the visit to return to with the results; where it is not named, the one from which the
    patient was sent for exams. Who has a slip already gets what is not on it yet.
    """

    person: str
    orders: Annotated[list[str], msgspec.Meta(max_length=40)] = []
    visit: str | None = None


class PlanAsked(Asked, frozen=True, kw_only=True):
    """Put what is left of a slip in the order that is best now."""

    person: str


class JoinAsked(Asked, frozen=True, kw_only=True):
    """Join a queue: with a registration, or an open queue with nothing."""

    queue: str
    person: str | None = None
    registration: str | None = None
    by_proxy: bool = False


class PrintAsked(Asked, frozen=True, kw_only=True):
    """Report what became of a ticket's paper."""

    ticket: str
    outcome: Literal["done", "not_done", "unknown"]
    reprint: bool = False


class DeviceReport(msgspec.Struct, frozen=True):
    """How one of a kiosk's own devices is, for staff. ``trouble``: what is wrong, if anything; ``since`` when."""

    name: Short
    kind: PartKind
    state: Short
    """As its driver has it: ``online``, ``user_error``, ``no_device`` ..."""
    trouble: Trouble | None
    since: Moment


class DevicesAsked(msgspec.Struct, frozen=True):
    """A kiosk tells how its devices are now. No command: it is about the present and about no person."""

    devices: Annotated[list[DeviceReport], msgspec.Meta(max_length=16)]


class OpenStationAsked(Asked, frozen=True, kw_only=True):
    """Take a station into use. ``doctor`` and ``queues`` as in the console's choice; empty: all it may serve."""

    station: str
    doctor: str | None = None
    queues: list[str] = []


class StationAsked(Asked, frozen=True, kw_only=True):
    """Recall, missed, start, finish, close.

    ``current`` is the ticket that the console shows (``None``: nobody). Where it is sent and the station has another
    one by now, the answer is 409 ``moved_on``; without it nothing is compared.
    """

    station: str
    current: str | msgspec.UnsetType | None = msgspec.UNSET


class CallNextAsked(Asked, frozen=True, kw_only=True):
    """Call the next one. ``last_was`` settles a patient who was called and never started; ``current`` as above."""

    station: str
    last_was: Literal["seen", "missed"] | None = None
    current: str | msgspec.UnsetType | None = msgspec.UNSET


class TicketAsked(Asked, frozen=True, kw_only=True):
    """Rejoin, return or cancel one ticket. ``abandoned``: the patient gives up waiting."""

    ticket: str
    reason: Literal["patient", "staff", "wrong_patient", "session_cancelled", "abandoned"] = "staff"


class StepAwayAsked(Asked, frozen=True, kw_only=True):
    """A waiting patient steps away for ``minutes``, and the place is kept."""

    ticket: str
    minutes: int


class PostponeAsked(Asked, frozen=True, kw_only=True):
    """A later place on purpose: ``behind`` so many, or ``slots`` later; just one of the two."""

    ticket: str
    behind: int | None = None
    slots: int | None = None


class UndoAsked(Asked, frozen=True, kw_only=True):
    """Take back what happened at ``position``."""

    station: str
    position: int


class PaperCallAsked(Asked, frozen=True, kw_only=True):
    """Enter a call made on paper while the server was away (补录)."""

    station: str
    ticket: str
    called_at: Moment
    outcome: Literal["seen", "missed"]


class Done(msgspec.Struct, frozen=True):
    """The recorded outcome of a command: a repeat of the command gets the same answer.

    ``position`` is the last log position it wrote; ``ticket`` the ticket it made, called or changed, if any.
    """

    command_id: UUID
    position: int
    ticket: str | None = None


class TicketDone(msgspec.Struct, frozen=True):
    """The outcome of a check-in: the recorded part and the ticket as it now stands."""

    done: Done
    ticket: TicketView


class SlipDone(msgspec.Struct, frozen=True):
    """The outcome of a command about a slip: the recorded part, and the slip as it now stands."""

    done: Done
    slip: GuideSlip


class Enrol(msgspec.Struct, frozen=True):
    """A device asks for its credential with a one-time code from an administrator."""

    code: Short
    name: Short


class Credential(msgspec.Struct, frozen=True):
    """A device's credential, shown once. The server keeps a hash only. Sent as ``Authorization: Bearer``."""

    device: str
    kind: DeviceKind
    token: str

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Credential(device={self.device!r}, kind={self.kind!r}, token=<redacted>)"


class Change(msgspec.Struct, frozen=True):
    """One log event as a feed's audience may see it: masked, and only what the audience shows.

    The server-sent event's ``id`` is ``position``; its ``event`` is ``change``.
    """

    position: int
    kind: str
    """The event's type: ``Called``, ``Recalled``, ``Missed`` ..."""
    ticket: str | None = None
    number: str | None = None
    queue: str | None = None
    station: str | None = None
    call: CallView | None = None
    """For calls and recalls."""
    door: DoorCallView | None = None
    """For a ticket that was assigned to a room's door and still waits there."""


class Health(msgspec.Struct, frozen=True):
    """Whether the server issues numbers, and if not, why and what to do.

    ``warnings`` is what somebody has to look after although numbers are issued: the hospital's system does not answer,
    a certificate is about to end. ``problem`` says why no numbers are issued; with ``issuing`` it is ``day_not_kept``,
    which is among the warnings too.
    """

    issuing: bool
    position: int
    server_time: datetime
    problem: Problem | None = None
    warnings: list[Text] = []
