"""What QML binds to on a screen: its words in the patient's language, its lists and its code.

These objects live in Qt's thread. QML reads them and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Property, QObject, Signal
from PySide6.QtQml import QmlElement, QmlUncreatable

from kiosk.lines import IN_A_CAPTION, IN_A_FACT, IN_A_LEAD, IN_A_TITLE, kept_together
from kiosk.qr_code import modules_of, runs_of
from kiosk.rows import Rows
from kiosk.screen import Screen
from kiosk.slip_face import StopFace
from kiosk.words import Catalogue, Language, Words, say

QML_IMPORT_NAME = "Kiosk"
QML_IMPORT_MAJOR_VERSION = 1


CHOICES_ON_A_PAGE = 5
CHOICES_ON_A_PAGE_SENIOR = 3
STOPS_ON_A_PAGE = 4
STOPS_ON_A_PAGE_SENIOR = 2
STOPS_UNPAGED_SENIOR = 3
"""So many stops of a slip still stand on one page together in senior mode, without the way to other pages."""


@QmlElement
@QmlUncreatable("Made by the session")
class ScreenView(QObject):  # type: ignore[operator]  # the published types take QmlUncreatable for no decorator
    """The screen that stands, in the patient's language."""

    changed = Signal()

    def __init__(self, parent: QObject, screen: Screen, serial: int, catalogue: Catalogue) -> None:
        super().__init__(parent)
        self._screen = screen
        self._serial = serial
        self._catalogue = catalogue
        self._language: Language = "zh"
        self._senior = False
        self._page = 0
        self._choices = Rows(self)
        self._facts = Rows(self, Rows.FACT_ROLES)
        self._stops = Rows(self, Rows.STOP_ROLES)
        self._steps = Rows(self, Rows.STEP_ROLES)
        paper = screen.ticket or screen.slip
        modules = modules_of("" if paper is None else paper.qr)
        self._qr_side = len(modules)
        self._qr_runs = Rows(self, Rows.QR_ROLES)
        self._qr_runs.replace(runs_of(modules))

    def render(self, language: Language, *, senior: bool) -> None:
        """Say everything in ``language``; a page of choices is shorter in senior mode."""
        if senior != self._senior:
            self._page = 0
        self._language, self._senior = language, senior
        self._facts.replace(
            [
                (
                    at,
                    self._say(fact.label),
                    self._say(fact.value, IN_A_FACT),
                    self._say(fact.reason, IN_A_LEAD),
                    fact.strong,
                )
                for at, fact in enumerate(self._screen.facts)
            ]
        )
        now = self._screen.at_step
        self._steps.replace(
            [(f"{at + 1}", self._say(step), at < now, at == now) for at, step in enumerate(self._screen.steps)]
        )
        self._fill_page()
        self.changed.emit()

    def turn(self) -> None:
        """Show the next page of choices; after the last, the first."""
        self._page = (self._page + 1) % self._pages
        self._fill_page()
        self.changed.emit()

    @property
    def serial(self) -> int:
        """The serial that taps on this screen carry."""
        return self._serial

    @property
    def leaving(self) -> str:
        """The key of what the countdown says on this screen."""
        return self._screen.leaving

    @property
    def _stop_faces(self) -> Sequence[StopFace]:
        return () if self._screen.slip is None else self._screen.slip.stops

    @property
    def _on_a_page(self) -> int:
        stops = len(self._stop_faces)
        if not stops:
            return CHOICES_ON_A_PAGE_SENIOR if self._senior else CHOICES_ON_A_PAGE
        # A notice above them, or what is left out below, takes the room of one.
        room = STOPS_UNPAGED_SENIOR if self._senior else STOPS_ON_A_PAGE
        slip = self._screen.slip
        room -= self._screen.notice is not None or (slip is not None and slip.left_out is not None)
        return room if stops <= room or not self._senior else STOPS_ON_A_PAGE_SENIOR

    @property
    def _pages(self) -> int:
        return max(1, -(-len(self._stop_faces or self._screen.choices) // self._on_a_page))

    def _fill_page(self) -> None:
        first = self._page * self._on_a_page
        page = slice(first, first + self._on_a_page)
        self._choices.replace(
            [
                (at, self._say(one.title), self._say(one.detail, IN_A_LEAD), self._say(one.problem, IN_A_LEAD))
                for at, one in list(enumerate(self._screen.choices))[page]
            ]
        )
        self._stops.replace([self._stop(stop) for stop in self._stop_faces[page]])

    def _stop(self, stop: StopFace) -> tuple[object, ...]:
        """A stop's words in the order of the roles."""
        rest = (self._say(words, IN_A_LEAD) for words in (stop.preparation, stop.why))
        where = self._say(stop.where, IN_A_FACT)
        ahead = self._in_a_row(*(words for words in (stop.ahead, stop.when) if words is not None))
        return (stop.order, self._say(stop.name), where, stop.number, ahead, *rest, stop.first, stop.urgent)

    def _say(self, words: Words | None, longest: float = IN_A_TITLE) -> str:
        return kept_together(self._catalogue.speak(words, self._language), longest)

    @Property(str, notify=changed)
    def source(self) -> str:
        """The file in ``qml/screens`` that arranges it."""
        return f"{self._screen.kind.value}Screen.qml"

    @Property(str, notify=changed)
    def title(self) -> str:
        """The one sentence."""
        return self._say(self._screen.title)

    @Property(str, notify=changed)
    def lead(self) -> str:
        """What to do or where to go."""
        return self._say(self._screen.lead, IN_A_LEAD)

    @Property(str, notify=changed)
    def detail(self) -> str:
        """A smaller line."""
        return self._say(self._screen.detail, IN_A_LEAD)

    @Property(str, notify=changed)
    def notice(self) -> str:
        """Something to know."""
        return self._say(self._screen.notice, IN_A_LEAD)

    @Property(str, notify=changed)
    def mark(self) -> str:
        """``none``, ``done``, ``attention`` or ``fault``."""
        return self._screen.mark.value

    @Property(str, notify=changed)
    def drawing(self) -> str:
        """A name in ``kiosk.screen.Drawing``."""
        return self._screen.drawing.value

    @Property(str, notify=changed)
    def staffCode(self) -> str:  # noqa: N802 - Qt's naming, as for all properties with two words
        """For staff."""
        return self._screen.staff_code

    @Property(bool, notify=changed)
    def backShown(self) -> bool:  # noqa: N802
        """Whether Back leads anywhere."""
        return self._screen.back

    @Property(bool, notify=changed)
    def homeShown(self) -> bool:  # noqa: N802
        """Whether Home leads anywhere."""
        return self._screen.home

    @Property(str, notify=changed)
    def primaryVerb(self) -> str:  # noqa: N802
        """The primary action's verb; empty: none."""
        return "" if self._screen.primary is None else self._screen.primary.verb

    @Property(str, notify=changed)
    def primaryLabel(self) -> str:  # noqa: N802
        """The primary action's label."""
        return "" if self._screen.primary is None else self._say(self._screen.primary.label)

    @Property(str, notify=changed)
    def secondaryVerb(self) -> str:  # noqa: N802
        """The second action's verb; empty: none."""
        return "" if self._screen.secondary is None else self._screen.secondary.verb

    @Property(str, notify=changed)
    def secondaryLabel(self) -> str:  # noqa: N802
        """The second action's label."""
        return "" if self._screen.secondary is None else self._say(self._screen.secondary.label)

    @Property(str, notify=changed)
    def tertiaryVerb(self) -> str:  # noqa: N802
        """The third action's verb; empty: none."""
        return "" if self._screen.tertiary is None else self._screen.tertiary.verb

    @Property(str, notify=changed)
    def tertiaryLabel(self) -> str:  # noqa: N802
        """The third action's label."""
        return "" if self._screen.tertiary is None else self._say(self._screen.tertiary.label)

    @Property(QObject, notify=changed)
    def choices(self) -> Rows:
        """The page of choices."""
        return self._choices

    @Property(bool, notify=changed)
    def morePages(self) -> bool:  # noqa: N802
        """Whether there are choices on other pages."""
        return self._pages > 1

    @Property(str, notify=changed)
    def moreLabel(self) -> str:  # noqa: N802
        """更多, and which page of how many this is."""
        return self._say(say("frame.more", page=self._page + 1, pages=self._pages))

    @Property(QObject, notify=changed)
    def facts(self) -> Rows:
        """Labels and values."""
        return self._facts

    @Property(QObject, notify=changed)
    def steps(self) -> Rows:
        """What money goes through, one after the other."""
        return self._steps

    @Property(bool, notify=changed)
    def stepped(self) -> bool:
        """Whether there are steps."""
        return bool(self._screen.steps)

    @Property(float, notify=changed)
    def pagesOut(self) -> float:  # noqa: N802
        """The part of the pages that came out, from 0 to 1; -1: nobody counts them."""
        return -1.0 if self._screen.pages is None else self._screen.pages[0] / self._screen.pages[1]

    @Property(QObject, notify=changed)
    def stops(self) -> Rows:
        """The page of a slip's stops."""
        return self._stops

    @Property(bool, notify=changed)
    def lastPage(self) -> bool:  # noqa: N802
        """Whether what stands below all stops stands here."""
        return self._page == self._pages - 1

    @Property(str, notify=changed)
    def slipDone(self) -> str:  # noqa: N802
        """What of the slip is over."""
        return "" if self._screen.slip is None else self._say(self._screen.slip.done, IN_A_LEAD)

    @Property(str, notify=changed)
    def slipLeftOut(self) -> str:  # noqa: N802
        """What gets no number yet, and why."""
        return "" if self._screen.slip is None else self._say(self._screen.slip.left_out, IN_A_LEAD)

    @Property(str, notify=changed)
    def slipEnds(self) -> str:  # noqa: N802
        """About when all of it is done."""
        return "" if self._screen.slip is None else self._say(self._screen.slip.ends)

    def _in_a_row(self, *facts: Words) -> str:
        said = (self._catalogue.speak(fact, self._language) for fact in facts)
        return kept_together(" · ".join(fact for fact in said if fact), IN_A_LEAD)

    def _of_ticket(self, field: str) -> str:
        return "" if self._screen.ticket is None else self._say(getattr(self._screen.ticket, field))

    @Property(str, notify=changed)
    def number(self) -> str:
        """The ticket's number; empty: no ticket."""
        return self._of_ticket("number")

    @Property(str, notify=changed)
    def headline(self) -> str:
        """What the number means now."""
        return self._of_ticket("headline")

    @Property(str, notify=changed)
    def clinicDoctor(self) -> str:  # noqa: N802
        """The clinic, the doctor and the session."""
        ticket = self._screen.ticket
        return "" if ticket is None else self._in_a_row(ticket.clinic, ticket.doctor)

    @Property(str, notify=changed)
    def placeLabel(self) -> str:  # noqa: N802
        """What kind of place."""
        return self._of_ticket("place_label")

    @Property(str, notify=changed)
    def place(self) -> str:
        """Where to wait, or to go once called."""
        return self._of_ticket("place")

    @Property(str, notify=changed)
    def ahead(self) -> str:
        """How many are ahead."""
        return self._of_ticket("ahead")

    @Property(str, notify=changed)
    def wait(self) -> str:
        """The expected wait."""
        return self._of_ticket("wait")

    @Property(str, notify=changed)
    def slot(self) -> str:
        """The appointment's time."""
        return self._of_ticket("slot")

    @Property(str, notify=changed)
    def reason(self) -> str:
        """Why this place."""
        return self._of_ticket("reason")

    @Property(str, notify=changed)
    def nameIssued(self) -> str:  # noqa: N802
        """The name as masked by the server, and when the number was issued."""
        paper = self._screen.ticket or self._screen.slip
        if paper is None:
            return ""
        return self._in_a_row(paper.masked_name, say("ticket.issued", moment=paper.issued) if paper.issued else "")

    @Property(int, notify=changed)
    def qrSide(self) -> int:  # noqa: N802
        """How many modules the QR code is wide and high, with its quiet zone; 0: there is none."""
        return self._qr_side

    @Property(QObject, notify=changed)
    def qrRuns(self) -> Rows:  # noqa: N802
        """Its dark modules, those that touch in a row together."""
        return self._qr_runs

    @Property(str, notify=changed)
    def scan(self) -> str:
        """What the QR code is for."""
        paper = self._screen.ticket or self._screen.slip
        return "" if paper is None or not paper.qr else self._say(paper.scan, IN_A_CAPTION)
