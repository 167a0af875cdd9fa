"""What can be asked of the lobby. Facts from the hospital's systems are fetched before and ride in the command."""

from __future__ import annotations

from typing import Literal

import msgspec

from queue_server.engine.site import Appointment, ClinicSession, Level, Order, Registration, Site, Text

Current = str | msgspec.UnsetType | None
"""The ticket that whoever asks saw at the station, or ``None`` for nobody; unset where it is not said.

Where it is said and somebody else is there by now, the command is refused ``moved_on``: it meant another patient.
"""


class ActivateConfiguration(msgspec.Struct, frozen=True, tag=True):
    """Make ``site`` the configuration from now on. ``digest`` is the SHA-256 of its canonical encoding, in hex."""

    site: Site
    digest: str


class OpenDay(msgspec.Struct, frozen=True, tag=True):
    """Open a service day (``YYYY-MM-DD``): numbers start again. ``utc_offset_min`` is the zone's on that day."""

    day: str
    utc_offset_min: int
    sessions: list[ClinicSession]


class UpdateSessions(msgspec.Struct, frozen=True, tag=True):
    """Today's clinic sessions as the hospital now has them: new ones, changed ones, cancelled ones (停诊)."""

    sessions: list[ClinicSession]


class CheckIn(msgspec.Struct, frozen=True, tag=True):
    """An appointment's patient is here, or (``hospital``) is taken to be, where the clinic needs no check-in.

    ``by_proxy``: somebody checks in for the patient. ``hall``: where the kiosk stands.
    """

    appointment: Appointment
    channel: Literal["kiosk", "desk", "backfill", "hospital"] = "kiosk"
    by_proxy: bool = False
    hall: str | None = None


class CheckInWalkIn(msgspec.Struct, frozen=True, tag=True):
    """A patient without an appointment: with a same-day registration, or for an ``open`` queue with none.

    ``extra``: also over the session's limit (加号), by the code of the reason with which doctor or desk allows it.
    ``hall`` and the channel ``hospital`` as in ``CheckIn``.
    """

    queue: str
    registration: Registration | None = None
    person: str | None = None
    channel: Literal["kiosk", "desk", "backfill", "hospital"] = "kiosk"
    by_proxy: bool = False
    extra: str | None = None
    hall: str | None = None


class CheckInOrder(msgspec.Struct, frozen=True, tag=True):
    """The patient of an order is here, or (``hospital``) its payment alone makes the ticket."""

    order: Order
    channel: Literal["kiosk", "desk", "backfill", "hospital"] = "kiosk"
    by_proxy: bool = False


class IssueItinerary(msgspec.Struct, frozen=True, tag=True):
    """A guide slip 检查检验指引单 for ``orders`` of one person; with a slip already, it gets those that are not on it.

    ``visit``: the ticket of the visit to which the patient returns with the results. Orders that are done count as
    such for those that need them.
    """

    person: str
    orders: list[Order]
    visit: str | None = None
    channel: Literal["kiosk", "desk"] = "kiosk"


class PlanItinerary(msgspec.Struct, frozen=True, tag=True):
    """Put what is left of a person's slip in the order that is best now."""

    person: str


class OpenStation(msgspec.Struct, frozen=True, tag=True):
    """Staff take a station into use. ``doctor`` whose own list it also calls; ``queues`` empty: all it may serve."""

    station: str
    staff: str
    doctor: str | None = None
    queues: list[str] = []


class CloseStation(msgspec.Struct, frozen=True, tag=True):
    """The station stops calling. Refused while a patient is called or in service there."""

    station: str


class CallNext(msgspec.Struct, frozen=True, tag=True):
    """Call the next patient to the station.

    Finishes whoever is in service there. A patient called and never started is settled by ``last_was`` or else by the
    station's ``next_means``; where that says ``ask`` the refusal ``last_call_open`` comes back. With nobody waiting
    the one before is settled all the same; only where there is nobody to settle the refusal is ``nobody_waiting``.
    """

    station: str
    last_was: Literal["seen", "missed"] | None = None
    current: Current = msgspec.UNSET


class Recall(msgspec.Struct, frozen=True, tag=True):
    """Call the same patient again."""

    station: str
    current: Current = msgspec.UNSET


class MarkMissed(msgspec.Struct, frozen=True, tag=True):
    """The called patient did not come."""

    station: str
    current: Current = msgspec.UNSET


class Rejoin(msgspec.Struct, frozen=True, tag=True):
    """The missed patient came back."""

    ticket: str


class StartService(msgspec.Struct, frozen=True, tag=True):
    """The called patient is here."""

    station: str
    current: Current = msgspec.UNSET


class Finish(msgspec.Struct, frozen=True, tag=True):
    """The patient in service has been seen."""

    station: str
    current: Current = msgspec.UNSET


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """The ticket ends unseen. ``reason`` is a code, never free text about a person."""

    ticket: str
    reason: Literal["patient", "staff", "wrong_patient", "session_cancelled", "abandoned", "order_withdrawn"] = "staff"


class Triage(msgspec.Struct, frozen=True, tag=True):
    """A nurse gives a waiting ticket of a triaged queue its level, for the first time or again.

    What the triage table says of the level is reckoned before and rides here; the table itself is not in the log.
    Moments are UTC microseconds.

    Attributes:
        level: the level that counts from now on.
        suggested: what the table suggested; ``None`` where it suggested nothing.
        tier: the tier of the rank, 0 to 2; 0 and 1 go before everybody else.
        key: the queueing moment within the tier.
        respond_by: by when a physician has to see the patient.
        reassess_at: when a patient who still waits is to be assessed again; ``None``: never.
        channel: the green channel that was opened.
        overridden: whether the level is the nurse's own.
        version: the version of the table.
    """

    ticket: str
    level: Level
    suggested: Level | None
    tier: int
    key: int
    respond_by: int
    reassess_at: int | None
    channel: str | None
    overridden: bool
    version: str


class MergeIdentity(msgspec.Struct, frozen=True, tag=True):
    """The unknown patient of a ticket is known now: ``person`` is our random reference."""

    ticket: str
    person: str


class ReportPrint(msgspec.Struct, frozen=True, tag=True):
    """What became of the ticket's paper. ``reprint`` counts a further copy (补打), same number."""

    ticket: str
    outcome: Literal["done", "not_done", "unknown"]
    reprint: bool = False


class RecordPaperCall(msgspec.Struct, frozen=True, tag=True):
    """A call made on paper while the server was away, entered afterwards (补录).

    ``called_at`` in UTC microseconds, not in the future and not before the ticket was issued.
    """

    station: str
    ticket: str
    called_at: int
    outcome: Literal["seen", "missed"]


class Pick(msgspec.Struct, frozen=True, tag=True):
    """Call this waiting ticket out of turn, for ``reason``; whoever the station has is settled as by ``CallNext``."""

    station: str
    ticket: str
    reason: str
    last_was: Literal["seen", "missed"] | None = None
    current: Current = msgspec.UNSET


class SendForExams(msgspec.Struct, frozen=True, tag=True):
    """The patient in service goes for exams and comes back with the results; the station is free."""

    station: str
    current: Current = msgspec.UNSET


class ReturnWithResults(msgspec.Struct, frozen=True, tag=True):
    """The patient is back with results (回诊): one sent for exams, or one whose visit today is finished."""

    ticket: str


class StepAway(msgspec.Struct, frozen=True, tag=True):
    """A waiting patient is away for ``minutes``; the place is kept, and the ticket waits again by itself."""

    ticket: str
    minutes: int


class StepBack(msgspec.Struct, frozen=True, tag=True):
    """The patient who stepped away is back before the time."""

    ticket: str


class Transfer(msgspec.Struct, frozen=True, tag=True):
    """Send a patient on to another queue or doctor with the moment kept, also out of a call or a service.

    ``doctor``: whose list; ``None`` is the pool. ``is_referral`` adds the credit for referrals. ``reason`` is a code.
    ``station``: where the patient has to be called or in service, if that is meant.
    """

    ticket: str
    queue: str
    reason: str
    doctor: str | None = None
    is_referral: bool = False
    station: str | None = None


class AssignDoctor(msgspec.Struct, frozen=True, tag=True):
    """Give one waiting ticket to a doctor of its queue, or back to the pool (``None``). ``reason`` is a code."""

    ticket: str
    doctor: str | None
    reason: str


class AssignRoom(msgspec.Struct, frozen=True, tag=True):
    """Put a waiting ticket into the list of a room (two-stage calling), or take it back into the hall (``None``).

    ``reason`` is a code.
    """

    ticket: str
    station: str | None
    reason: str


class Postpone(msgspec.Struct, frozen=True, tag=True):
    """Take a later place on purpose: ``behind`` so many of the list, or ``slots`` later. Just one of the two."""

    ticket: str
    behind: int | None = None
    slots: int | None = None


class GrantCredit(msgspec.Struct, frozen=True, tag=True):
    """The desk grants a credit of the queue's list. ``reason`` is a code."""

    ticket: str
    credit: str
    reason: str


class MoveForward(msgspec.Struct, frozen=True, tag=True):
    """A nurse moves a ticket in front of ``before``, or as far as may be. ``reason`` is a code."""

    ticket: str
    reason: str
    before: str | None = None


class ReleaseSession(msgspec.Struct, frozen=True, tag=True):
    """A cancelled session's (停诊) waiting tickets end, or go on in session ``to`` with their moments.

    ``extra``: there also over its limit (加号), by the code of the reason.
    """

    session: str
    to: str | None = None
    extra: str | None = None


class NoteUnkept(msgspec.Struct, frozen=True, tag=True):
    """The session has ended: of these bookings of it, nobody came to those that have no number (爽约)."""

    session: str
    appointments: list[Appointment]


class PauseQueue(msgspec.Struct, frozen=True, tag=True):
    """Nobody is called from the queues until they are resumed. ``reason`` is a code."""

    queues: list[str]
    reason: str


class ResumeQueue(msgspec.Struct, frozen=True, tag=True):
    """The queues are called again."""

    queues: list[str]


class Broadcast(msgspec.Struct, frozen=True, tag=True):
    """Show a text on a hall's boards for ``minutes``. It is not about a person."""

    hall: str
    text: Text
    minutes: int


class EndBroadcast(msgspec.Struct, frozen=True, tag=True):
    """Take down the text that began at log position ``started``."""

    hall: str
    started: int


class Undo(msgspec.Struct, frozen=True, tag=True):
    """Take back the command that wrote the event at ``position``."""

    position: int


class ConfirmClock(msgspec.Struct, frozen=True, tag=True):
    """An administrator has checked the clock: go on issuing at ``now``."""


class Tick(msgspec.Struct, frozen=True, tag=True):
    """Time has passed: emit what is due."""


Command = (
    ActivateConfiguration
    | OpenDay
    | UpdateSessions
    | CheckIn
    | CheckInWalkIn
    | CheckInOrder
    | IssueItinerary
    | PlanItinerary
    | OpenStation
    | CloseStation
    | CallNext
    | Recall
    | MarkMissed
    | Rejoin
    | StartService
    | Finish
    | Cancel
    | Triage
    | MergeIdentity
    | ReportPrint
    | RecordPaperCall
    | Pick
    | SendForExams
    | ReturnWithResults
    | StepAway
    | StepBack
    | Transfer
    | AssignDoctor
    | AssignRoom
    | Postpone
    | GrantCredit
    | MoveForward
    | ReleaseSession
    | NoteUnkept
    | PauseQueue
    | ResumeQueue
    | Broadcast
    | EndBroadcast
    | Undo
    | ConfirmClock
    | Tick
)
