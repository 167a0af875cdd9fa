"""What clients ask: every command and every question with a body."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from queue_server.contract.common import Moment, PartKind, Short, Trouble


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


class Enrol(msgspec.Struct, frozen=True):
    """A device asks for its credential with a one-time code from an administrator."""

    code: Short
    name: Short
