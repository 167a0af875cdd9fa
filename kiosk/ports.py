"""What a journey needs of the world: a screen, two devices, the lobby's server, a voice and a clock.

Each is a protocol, so that a journey is tested without screen, paper, network or waiting.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from drivers.device import DeviceState, PaperSupply, PrintOutcome
from kiosk.screen import Part, Screen, Shine, Tap
from kiosk.slip_face import SlipFace
from kiosk.ticket_face import TicketFace
from kiosk.words import Language, Words
from queue_server.contract import (
    DeviceReport,
    GuideSlip,
    HallInfo,
    Identify,
    IdentifyReply,
    PartKind,
    Problem,
    TicketView,
    WhyReply,
)


class Clock(Protocol):
    """Time as the kiosk waits for it: seconds of a clock that never jumps."""

    def now(self) -> float:
        """Return the present in seconds from an arbitrary start."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Scanner(Protocol):
    """A source of scanned codes."""

    async def scanned(self) -> str:
        """Return the next code, whole; what came too slowly or is too long to be one never comes."""
        ...


class Ui(Scanner, Protocol):
    """The screen. Everything is shown from one task; taps and scans are read by one task each.

    It is a scanner too, since most scanners type into the window in front.
    """

    def show(self, screen: Screen) -> int:
        """Put ``screen`` up and return its serial; taps carry the serial of the screen they were meant for."""
        ...

    async def tapped(self) -> Tap:
        """Return the next tap, of whatever screen."""
        ...

    def count_down(self, left: int | None) -> None:
        """Show the countdown with ``left`` seconds, or take it away."""
        ...

    def prefer(self, language: Language, *, senior: bool) -> None:
        """Show everything in this language and size from now on."""
        ...

    def help(self, *, shown: bool) -> None:
        """Open or close the sheet that says where the staffed window is."""
        ...

    def place(self, hall: HallInfo | None) -> None:
        """Tell the frame which hall this is and the server's time; ``None``: the server is away."""
        ...

    def wipe(self) -> None:
        """Close what is open and forget all that was shown, tapped and scanned."""
        ...


@dataclass(frozen=True)
class CardHolder:
    """What the kiosk takes from an identity card, and nothing more. Never printed, never logged, never shown."""

    number: str
    name: str
    expired: bool

    def __repr__(self) -> str:
        """Without the person: this object may meet a log."""
        return f"CardHolder(<redacted>, expired={self.expired})"


@dataclass(frozen=True)
class Shown:
    """What another card than an identity card says. Never printed, never logged, never shown.

    Attributes:
        kind: a social-security card says an identity number, a hospital's card its own.
        value: that number.
        name: the name on the card, where there is one.
        stays: it is in its reader still.
    """

    kind: Literal["id_card", "hospital_card"]
    value: str
    name: str | None = None
    stays: bool = False

    def __repr__(self) -> str:
        """Without the person: this object may meet a log."""
        return f"Shown(kind={self.kind!r}, <redacted>)"


CardWay: TypeAlias = Literal["social", "hospital"]
"""Which cards can be used beside identity cards: 社保卡, 就诊卡."""


@dataclass(frozen=True)
class PartState:
    """A part of the kiosk, what it is and how it was last heard."""

    name: str
    kind: PartKind
    state: DeviceState


class OtherCards(Protocol):
    """The readers for other cards than identity cards."""

    @property
    def ways(self) -> frozenset[CardWay]:
        """Which cards can be used now."""
        ...

    @property
    def parts(self) -> Sequence[PartState]:
        """The readers, as last heard."""
        ...

    async def shown(self) -> Shown:
        """Return the next card that is put in or swiped; without end, also while a reader is away.

        Raises ``drivers.device.DeviceError`` for a card that cannot be used. It is not read again while it stays.
        """
        ...

    async def wait_removed(self, seconds: float) -> bool:
        """Return whether no card is in a reader any more, at the latest after ``seconds``."""
        ...

    def forget(self) -> None:
        """A visit ends: a card that is in a reader still is nobody's, and not read before it was taken out."""
        ...


class CardReader(Protocol):
    """The identity card reader.

    Each command raises ``drivers.device.DeviceError``; its ``error`` is the name by which ``faults`` knows it.
    """

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    async def wait_for_card(self, seconds: float) -> bool:
        """Return whether a card came within ``seconds``. Raises ``card_not_removed`` for one left lying there."""
        ...

    async def read(self) -> CardHolder:
        """Read the card that lies there. Raises ``no_media`` when it was pulled away."""
        ...

    async def wait_removed(self, seconds: float) -> bool:
        """Return whether no card lies there any more, at the latest after ``seconds``."""
        ...

    def state(self) -> DeviceState:
        """Return the last known state."""
        ...


Face: TypeAlias = TicketFace | SlipFace
"""What there is to print."""


@dataclass(frozen=True)
class Printed:
    """What became of a piece of paper. ``error`` is the printer's reason where it gave one.

    ``job`` names a print whose outcome is unknown and that the printer may confirm yet.
    """

    outcome: PrintOutcome
    error: str | None = None
    job: str | None = None


@dataclass(frozen=True)
class PrinterReport:
    """The printer as last heard. ``error`` is what keeps it from printing, if anything does."""

    paper: PaperSupply | None
    error: str | None
    state: DeviceState = DeviceState.ONLINE


class TicketPrinter(Protocol):
    """The receipt printer, as far as tickets go. Nothing is ever printed twice by itself."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    async def print(self, face: Face, language: Language, *, reprint: bool) -> Printed:
        """Print ``face``; never raises for a printer that cannot."""
        ...

    async def confirmed(self, job: str, seconds: float) -> bool:
        """Return whether the printer confirms ``job`` late, at the latest after ``seconds``. Nothing is printed."""
        ...

    async def report(self) -> PrinterReport:
        """Ask it how it is; never raises for a printer that does not answer."""
        ...


class Devices(Protocol):
    """The kiosk's devices."""

    @property
    def reader(self) -> CardReader:
        """The identity card reader."""
        ...

    @property
    def printer(self) -> TicketPrinter:
        """The receipt printer."""
        ...


class CodeScanner(Protocol):
    """A scanner that has a line of its own; one that types into the window is the screen's."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    def state(self) -> DeviceState:
        """Return the last known state."""
        ...

    def codes(self) -> AsyncIterator[str]:
        """Iterate over the codes that are scanned from now on, whole and without white space around them.

        Never ends: while the scanner is gone none come.
        """
        ...


@dataclass(frozen=True)
class CabinetReport:
    """The cabinet as last heard: its board's state, and what its contacts say.

    Attributes:
        state: of the board; while it is not online the contacts are not known.
        door_open: the door stands open.
        tampered: the tamper loop is broken, or was and nobody with the service key has seen to it.
    """

    state: DeviceState
    door_open: bool = False
    tampered: bool = False


class Cabinet(Protocol):
    """The cabinet around the devices: lights at its parts, and contacts of its door. Never waited for."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    def shine(self, lights: Mapping[Part, Shine]) -> None:
        """Have these parts' lights shine from now on, and put out all others; parts without a light are passed over."""
        ...

    def report(self) -> CabinetReport:
        """Return how it is."""
        ...

    async def changed(self) -> None:
        """Return when a contact changed after this was called, or had changed and was back."""
        ...


class LobbyError(Exception):
    """The server did not do what was asked."""


class RefusedError(LobbyError):
    """The server said no and says why; nothing changed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class AwayError(LobbyError):
    """The server was not reached, or could do nothing: nothing happened."""


class BusyError(LobbyError):
    """The server was asked too much in too short a time: nothing happened."""


class AnswerLostError(LobbyError):
    """The server was reached and gave no answer that settles it, repeatedly: whether it happened is unknown."""


class CredentialError(LobbyError):
    """The server does not know this kiosk; it must be enrolled."""


class Away(enum.StrEnum):
    """Why nobody can check in here now."""

    UNREACHED = "unreached"
    """The server does not answer."""
    NOT_ENROLLED = "not_enrolled"
    """It answers, and no longer knows this kiosk."""
    NOT_ISSUING = "not_issuing"
    """It answers, and issues no numbers."""


PrintReport = Literal["done", "not_done", "unknown"]


class Lobby(Protocol):
    """The lobby's server. What it is asked raises a ``LobbyError``; ``AnswerLostError`` comes of commands alone."""

    @property
    def online(self) -> bool:
        """Whether the server is in reach and issues numbers."""
        ...

    @property
    def away_because(self) -> Away | None:
        """Why not, while it is not; ``None`` while ``online``."""
        ...

    @property
    def away_since(self) -> datetime | None:
        """Since when, by the server's time; ``None`` while ``online``, or when the server was never heard."""
        ...

    @property
    def hall(self) -> HallInfo | None:
        """The hall, from the last answer, also one before a restart; ``None`` before the very first."""
        ...

    @property
    def version(self) -> int:
        """Counts the changes of ``online``, ``away_because`` and ``hall``."""
        ...

    def now(self) -> datetime:
        """Return the server's time as far as it is known."""
        ...

    async def changed(self, since: int) -> None:
        """Return when ``version`` is no longer ``since``."""
        ...

    def new_intent(self) -> str:
        """Return a fresh command id. One intent keeps its id however often it is sent."""
        ...

    async def identify(self, asked: Identify) -> IdentifyReply:
        """Ask who has what today."""
        ...

    async def check_in(self, intent: str, person: str, appointment: str) -> TicketView:
        """Check in an appointment."""
        ...

    async def join(self, intent: str, queue: str, person: str | None, registration: str | None) -> TicketView:
        """Join a queue."""
        ...

    async def rejoin(self, intent: str, ticket: str) -> TicketView:
        """Wait again after a miss."""
        ...

    async def ticket(self, ticket: str) -> TicketView:
        """Return a ticket as it now stands."""
        ...

    async def why(self, one: str, other: str) -> WhyReply:
        """Ask which of two scanned slips is or was called first, and why; nothing about persons."""
        ...

    async def look_ahead(self, person: str) -> GuideSlip:
        """Return the guide slip as it would be with all that can be done now; nothing is given."""
        ...

    async def guide_slip(self, person: str) -> GuideSlip:
        """Return the guide slip as it now stands."""
        ...

    async def take_slip(self, intent: str, person: str, orders: Sequence[str]) -> GuideSlip:
        """Take a number for each of ``orders``, on one guide slip."""
        ...

    def settle_print(self, ticket: str, outcome: PrintReport, *, reprint: bool) -> None:
        """Report what became of the paper. Kept and repeated until the server has it; never waited for."""
        ...

    def tell_devices(self, devices: Sequence[DeviceReport]) -> None:
        """Have staff know how the devices are from now on; never waited for."""
        ...


class VoiceState(enum.StrEnum):
    """Whether the kiosk can speak."""

    SPEAKING = "speaking"
    SILENT = "silent"


class Voice(Protocol):
    """The kiosk's voice."""

    @property
    def state(self) -> VoiceState:
        """Whether anything is heard at all."""
        ...

    def say(self, words: Words, language: Language) -> None:
        """Speak, after what is being said."""
        ...

    def silence(self) -> None:
        """Stop at once and drop what was to be said."""
        ...
