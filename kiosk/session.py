"""What QML binds to around every screen: the frame, the screen that stands, and the verbs.

The session lives in Qt's thread. QML reads it and calls one verb per tap; it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Property, QObject, Signal, Slot
from PySide6.QtQml import QmlElement, QmlUncreatable

from kiosk.lines import IN_A_LEAD, kept_together
from kiosk.screen import Screen
from kiosk.view import ScreenView
from kiosk.words import Catalogue, Language, Words, say

QML_IMPORT_NAME = "Kiosk"
QML_IMPORT_MAJOR_VERSION = 1


@QmlElement
@QmlUncreatable("Made by the application")
class Session(QObject):  # type: ignore[operator]  # the published types take QmlUncreatable for no decorator
    """The frame around every screen, and the verbs QML calls.

    ``send`` takes (verb, screen's serial, index) and must not block.
    """

    changed = Signal()
    shown = Signal()
    settled = Signal()

    def __init__(
        self,
        catalogue: Catalogue,
        send: Callable[[str, int, int], None],
        *,
        pixels_per_mm: float,
        motion_ms: int,
        travel_ms: int,
        say_wait_ms: int,
        language: Language = "zh",
    ) -> None:
        super().__init__()
        self._catalogue = catalogue
        self._send = send
        self._pixels_per_mm = pixels_per_mm
        self._motion_ms = motion_ms
        self._travel_ms = travel_ms
        self._say_wait_ms = say_wait_ms
        self._language: Language = language
        self._senior = False
        self._screen: ScreenView | None = None
        self._countdown = 0
        self._help = False
        self._hospital: Words = ""
        self._hall: Words = ""
        self._where: Words = say("place.desk")
        self._clock = ""

    # -- from the bridge

    def show(self, serial: int, screen: Screen) -> None:
        """Put ``screen`` up in place of what stood."""
        old, self._screen = self._screen, ScreenView(self, screen, serial, self._catalogue)
        self._screen.render(self._language, senior=self._senior)
        self.shown.emit()
        self.changed.emit()
        if old is not None:
            old.deleteLater()

    def prefer(self, language: Language, *, senior: bool) -> None:
        """Switch language and size while the screen stands."""
        self._language, self._senior = language, senior
        if self._screen is not None:
            self._screen.render(language, senior=senior)
        self.changed.emit()

    def count_down(self, left: int) -> None:
        """Show the countdown; 0 takes it away."""
        self._countdown = left
        self.changed.emit()

    def help(self, *, shown: bool) -> None:
        """Open or close the sheet about the staffed window."""
        self._help = shown
        self.changed.emit()

    def place(self, hospital: Words, hall: Words, where: Words) -> None:
        """Say which hospital and hall this is, and where the staffed window is."""
        self._hospital, self._hall, self._where = hospital, hall, where
        self.changed.emit()

    def tell_time(self, clock: str) -> None:
        """Show the server's time, ``HH:MM``; empty when it is not known."""
        if clock != self._clock:
            self._clock = clock
            self.changed.emit()

    def wipe(self, language: Language) -> None:
        """Close what is open and drop the screen with all it shows."""
        old, self._screen = self._screen, None
        self._countdown, self._help = 0, False
        self._language, self._senior = language, False
        self.shown.emit()
        self.changed.emit()
        if old is not None:
            old.deleteLater()

    def _say(self, key: str, **values: Words | int) -> str:
        return kept_together(self._catalogue.speak(say(key, **values), self._language), IN_A_LEAD)

    # -- verbs

    @Slot(str)
    def tap(self, verb: str) -> None:
        """A button was touched."""
        self._send(verb, -1 if self._screen is None else self._screen.serial, -1)

    @Slot(int)
    def choose(self, index: int) -> None:
        """A choice was touched."""
        self._send("choose", -1 if self._screen is None else self._screen.serial, index)

    @Slot()
    def touch(self) -> None:
        """The glass was touched, wherever: somebody is there."""
        self._send("touch", -1, -1)

    @Slot()
    def turn(self) -> None:
        """Another page of choices was asked for."""
        self.touch()
        if self._screen is not None:
            self._screen.turn()

    # -- properties

    @Property(ScreenView, notify=shown)
    def screen(self) -> ScreenView | None:
        """The screen that stands."""
        return self._screen

    @Property(float, notify=changed)
    def pixelsPerMm(self) -> float:  # noqa: N802
        """Of the configured panel."""
        return self._pixels_per_mm

    @Property(int, notify=changed)
    def motionMs(self) -> int:  # noqa: N802
        """A screen's fade."""
        return self._motion_ms

    @Property(int, notify=changed)
    def travelMs(self) -> int:  # noqa: N802
        """The drawing's movement."""
        return self._travel_ms

    @Property(int, notify=changed)
    def sayWaitMs(self) -> int:  # noqa: N802
        """After how long a wait says that it takes longer."""
        return self._say_wait_ms

    @Property(bool, notify=changed)
    def senior(self) -> bool:
        """长辈模式."""
        return self._senior

    @Property(str, notify=changed)
    def language(self) -> str:
        """``zh`` or ``en``."""
        return self._language

    @Property(str, notify=changed)
    def hospital(self) -> str:
        """The hospital."""
        return kept_together(self._catalogue.speak(self._hospital, self._language))

    @Property(str, notify=changed)
    def hall(self) -> str:
        """The hall."""
        return kept_together(self._catalogue.speak(self._hall, self._language))

    @Property(str, notify=changed)
    def clock(self) -> str:
        """The server's time."""
        return self._clock

    @Property(str, notify=changed)
    def backLabel(self) -> str:  # noqa: N802
        """返回."""
        return self._say("frame.back")

    @Property(str, notify=changed)
    def homeLabel(self) -> str:  # noqa: N802
        """首页."""
        return self._say("frame.home")

    @Property(str, notify=changed)
    def helpLabel(self) -> str:  # noqa: N802
        """人工窗口."""
        return self._say("frame.help")

    @Property(str, notify=changed)
    def languageLabel(self) -> str:  # noqa: N802
        """The other language, in its own words."""
        return self._say("frame.language")

    @Property(str, notify=changed)
    def seniorLabel(self) -> str:  # noqa: N802
        """The other mode."""
        return self._say("frame.senior_off" if self._senior else "frame.senior_on")

    @Property(int, notify=changed)
    def countdown(self) -> int:
        """Seconds left; 0: no countdown."""
        return self._countdown

    @Property(str, notify=changed)
    def countdownTitle(self) -> str:  # noqa: N802
        """Whether anybody is still there."""
        return self._say("frame.still_there")

    @Property(str, notify=changed)
    def countdownText(self) -> str:  # noqa: N802
        """What happens when it is over."""
        key = "frame.countdown" if self._screen is None else self._screen.leaving
        return self._say(key, seconds=self._countdown)

    @Property(str, notify=changed)
    def continueLabel(self) -> str:  # noqa: N802
        """继续."""
        return self._say("frame.continue")

    @Property(bool, notify=changed)
    def helpShown(self) -> bool:  # noqa: N802
        """Whether the sheet about the staffed window is open."""
        return self._help

    @Property(str, notify=changed)
    def helpTitle(self) -> str:  # noqa: N802
        """人工窗口."""
        return self._say("help.title")

    @Property(str, notify=changed)
    def helpLead(self) -> str:  # noqa: N802
        """Where it is."""
        return self._say("help.lead", where=self._where)

    @Property(str, notify=changed)
    def helpDetail(self) -> str:  # noqa: N802
        """Who else can help."""
        return self._say("help.detail")

    @Property(str, notify=changed)
    def helpClose(self) -> str:  # noqa: N802
        """知道了."""
        return self._say("help.close")
