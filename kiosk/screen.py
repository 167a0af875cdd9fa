"""What a screen holds, in no language and without Qt: journeys make these, the view shows them.

Few kinds of screen and one vocabulary for all: a sentence, a drawing, choices, facts, a ticket, at most two actions.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from kiosk.slip_face import SlipFace
from kiosk.ticket_face import TicketFace
from kiosk.words import Words


class Kind(enum.StrEnum):
    """Which arrangement shows it; each is one file in ``qml/screens``."""

    START = "Start"
    PROMPT = "Prompt"
    WAIT = "Wait"
    PROGRESS = "Progress"
    CHOOSE = "Choose"
    CONFIRM = "Confirm"
    TICKET = "Ticket"
    GUIDE = "Guide"
    COMPARE = "Compare"
    OUTCOME = "Outcome"


class Mark(enum.StrEnum):
    """The one large mark of an outcome. Each has a shape of its own besides its colour."""

    NONE = "none"
    DONE = "done"
    ATTENTION = "attention"
    FAULT = "fault"


class Drawing(enum.StrEnum):
    """What the patient's hands are to do, or what moves."""

    NONE = "none"
    LAY_CARD = "lay_card"
    HOLD_CARD = "hold_card"
    TAKE_CARD = "take_card"
    USE_CARD = "use_card"
    PULL_CARD = "pull_card"
    TAKE_PAPER = "take_paper"
    SCAN_SLIP = "scan_slip"
    PAY_CARD = "pay_card"
    ENTER_PIN = "enter_pin"
    PULL_BANK_CARD = "pull_bank_card"
    ASK_BANK = "ask_bank"
    GIVE_BACK = "give_back"
    TAKE_PAGES = "take_pages"


class Part(enum.StrEnum):
    """A part of the kiosk that a light can stand at."""

    IDENTITY_CARD = "identity_card"
    RECEIPT_PRINTER = "receipt_printer"
    SCANNER = "scanner"


class Shine(enum.StrEnum):
    """How a part's light shines."""

    STEADY = "steady"
    """It is at work."""
    SLOW = "slow"
    """It is to be used."""
    QUICK = "quick"
    """Something is to be taken from it."""


_LIT: dict[Drawing, tuple[Part, Shine]] = {
    Drawing.LAY_CARD: (Part.IDENTITY_CARD, Shine.SLOW),
    Drawing.HOLD_CARD: (Part.IDENTITY_CARD, Shine.STEADY),
    Drawing.TAKE_CARD: (Part.IDENTITY_CARD, Shine.QUICK),
    Drawing.TAKE_PAPER: (Part.RECEIPT_PRINTER, Shine.STEADY),
    Drawing.SCAN_SLIP: (Part.SCANNER, Shine.SLOW),
}
"""Which part the patient's hands are drawn at."""


@dataclass(frozen=True)
class Action:
    """A button and the verb it sends."""

    verb: str
    label: Words


@dataclass(frozen=True)
class Choice:
    """One thing to choose. ``problem`` says why it cannot be had now; choosing it then explains more."""

    title: Words
    detail: Words = ""
    problem: Words | None = None


@dataclass(frozen=True)
class Fact:
    """A label and its value. ``reason``: why it is so. ``strong``: the one that counts among several."""

    label: Words
    value: Words
    reason: Words = ""
    strong: bool = False


@dataclass(frozen=True)
class Screen:
    """One screen.

    Attributes:
        kind: the arrangement.
        title: the one sentence.
        lead: what to do or where to go.
        detail: a further line, smaller.
        notice: something to know, in amber.
        staff_code: small, for staff.
        back: whether 返回 leads anywhere from here.
        home: whether 首页 does; not while paper moves.
        scans: whether a scanned code answers it, as a touch does.
        steps: what money goes through one after the other; ``at_step`` is where it is now, counted from 0.
        pages: how many pages came out, of how many.
        quiet: left without a countdown when nobody touches it: there is nothing of anybody's on it.
        number_stays: whether the countdown says that the number on it stays valid.
        lit: parts of the kiosk whose lights shine with it, beside the one that is drawn.
    """

    kind: Kind
    title: Words
    lead: Words | None = None
    detail: Words | None = None
    notice: Words | None = None
    mark: Mark = Mark.NONE
    drawing: Drawing = Drawing.NONE
    choices: tuple[Choice, ...] = field(default=())
    facts: tuple[Fact, ...] = field(default=())
    steps: tuple[Words, ...] = field(default=())
    at_step: int = 0
    pages: tuple[int, int] | None = None
    primary: Action | None = None
    secondary: Action | None = None
    tertiary: Action | None = None
    ticket: TicketFace | None = None
    slip: SlipFace | None = None
    staff_code: str = ""
    back: bool = False
    home: bool = True
    scans: bool = False
    quiet: bool = False
    number_stays: bool = False
    lit: tuple[tuple[Part, Shine], ...] = field(default=())

    @property
    def lights(self) -> dict[Part, Shine]:
        """Which parts' lights shine while it stands, and how; all others are out, as they are while nobody is here."""
        if self.kind is Kind.START:
            return {}
        drawn = _LIT.get(self.drawing)
        return dict(self.lit if drawn is None else (drawn, *self.lit))

    @property
    def leaving(self) -> str:
        """The key of what the countdown says on it."""
        return "frame.countdown_number" if self.number_stays else "frame.countdown"


@dataclass(frozen=True)
class Tap:
    """A touch that meant something. ``screen`` is the serial of the screen touched; ``index`` the choice, if any."""

    verb: str
    screen: int
    index: int = -1


CardUsed: TypeAlias = Literal["identity", "other"]
"""An identity card on its reader, or another card in another one."""


@dataclass(frozen=True)
class Scan:
    """A scanned code. Never shown, never logged: it leads to a patient."""

    code: str = field(repr=False)
