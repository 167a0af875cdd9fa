"""One patient at the kiosk, from the first touch to goodbye.

A visit owns everything that is the patient's: the language, senior mode, the taps, the journey's notes. It is made
anew for each patient and thrown away whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from kiosk.codes import CodeRules
from kiosk.durations import Durations
from kiosk.late_paper import LatePaper
from kiosk.ports import (
    Cabinet,
    CardTerminal,
    Clock,
    CodeScanner,
    Devices,
    HeldParts,
    Lobby,
    OtherCards,
    ReportPrinter,
    Ui,
    Voice,
)
from kiosk.screen import CardUsed, Scan, Screen, Tap
from kiosk.ways import Way, Ways, is_well
from kiosk.words import Language, Words, say

_Other = TypeVar("_Other")


class Leave(enum.Enum):
    """What takes the patient away from the present step."""

    BACK = "back"
    HOME = "home"
    IDLE = "idle"


@dataclass(frozen=True)
class World:
    """Everything a visit touches that outlives it."""

    ui: Ui
    devices: Devices
    lobby: Lobby
    voice: Voice
    clock: Clock
    durations: Durations
    language: Language = "zh"
    scanner: bool = True
    """Whether there is one to tell patients of: one that types cannot be told from a silent keyboard."""
    cabinet: Cabinet | None = None
    """Lights at the parts and contacts of the door, where a board for them is there."""
    line_scanner: CodeScanner | None = None
    """The scanner that has a driver, beside whatever types into the window."""
    other_cards: OtherCards | None = None
    """Readers for chip cards and magnetic stripes, where there are any."""
    codes: CodeRules = field(default_factory=CodeRules)
    """What scanned codes are."""
    held: HeldParts | None = None
    """Parts that no journey uses yet."""
    terminal: CardTerminal | None = None
    """The card terminal, where there is one; no journey pays yet."""
    report_printer: ReportPrinter | None = None
    """The printer of A4 pages, where there is one; no journey prints reports yet."""

    @property
    def tells_of_scanner(self) -> bool:
        """Whether patients are told that they can scan: there is one, and it is not known to be gone."""
        if self.line_scanner is None:
            return self.scanner
        return self.scanner and is_well(self.line_scanner.state())

    @property
    def ways(self) -> Ways:
        """By what patients can say who they are, as the readers were last heard."""
        there: set[Way] = {"identity"}
        works: set[Way] = {"identity"} if is_well(self.devices.reader.state()) else set()
        if self.other_cards is not None:
            there |= self.other_cards.fitted
            works |= self.other_cards.ways
        if self.scanner:
            there.add("scan")
            works |= {"scan"} if self.tells_of_scanner else set()
        return Ways(frozenset(works), frozenset(there - works))

    @cached_property
    def late_paper(self) -> LatePaper:
        """Who waits for confirmations of paper, also beyond the visit."""
        return LatePaper(self.devices.printer, self.lobby, self.clock)


class Visit:
    """One patient's visit.

    Attributes:
        world: the ports.
        language: what the screen and the paper speak.
        senior: 长辈模式.
        begun: somebody went on from the start screen; whatever lies on the reader has to go before the next patient.
        card_used: which card was shown and is with the kiosk yet; the last words tell the patient to take it.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.language: Language = world.language
        self.senior = False
        self.begun = False
        self.card_used: CardUsed | None = None
        self._serial = -1
        self._screen: Screen | None = None
        self._read: tuple[Words, Words | None] | None = None
        self._idle_limit: float | None = None
        self._answers: asyncio.Queue[Tap | Scan] = asyncio.Queue()
        self._leave: asyncio.Future[Leave] = asyncio.get_running_loop().create_future()
        self._busy = 0
        self._last_touch = world.clock.now()
        self._touched = asyncio.Event()

    # -- for steps

    def show(self, screen: Screen, *, idle: float | None = None, anew: bool = True, aloud: bool = False) -> None:
        """Put ``screen`` up.

        Args:
            screen: what is shown.
            idle: seconds without a touch on this screen, instead of the usual ones.
            anew: it asks something else than the screen before; if not, the time without a touch goes on.
            aloud: its sentence is said; in senior mode that of every screen is, with what to do.
        """
        while not self._answers.empty():
            self._answers.get_nowait()  # meant for the screen before
        self._screen = screen
        self._idle_limit = idle
        if anew:
            self._last_touch = self.world.clock.now()
        self._serial = self.world.ui.show(screen)
        if self.world.cabinet is not None:
            self.world.cabinet.shine(screen.lights)
        if self.senior:
            self._read_out()
        elif aloud:
            self.world.voice.say(screen.title, self.language)

    def show_changed(self, screen: Screen) -> None:
        """Put ``screen`` up unless it stands already: a touch that is on its way is not lost for nothing."""
        if screen != self._screen:
            self.show(screen)

    async def ask(self, screen: Screen, *, idle: float | None = None) -> Tap:
        """Put ``screen`` up and return what the patient touched on it."""
        self.show(screen, idle=idle)
        return await self.tapped()

    async def tapped(self) -> Tap:
        """Return the next touch on the screen that stands, which takes no scans."""
        while True:
            answer = await self.answered()
            if isinstance(answer, Tap):
                return answer

    async def answered(self) -> Tap | Scan:
        """Return the next touch on the screen that stands, or a scan where it takes scans."""
        while True:
            answer = await self._answers.get()
            if isinstance(answer, Scan) or answer.screen == self._serial:
                return answer

    async def answered_or(self, other: Awaitable[_Other]) -> Tap | Scan | _Other:
        """Return the next answer to the screen that stands, or what ``other`` came to, whichever is first.

        The one that lost is cancelled before this returns.
        """
        answered = asyncio.ensure_future(self.answered())
        awaited = asyncio.ensure_future(other)
        try:
            await asyncio.wait({answered, awaited}, return_when=asyncio.FIRST_COMPLETED)
            return awaited.result() if awaited.done() else answered.result()
        finally:
            for task in (answered, awaited):
                task.cancel()
            await asyncio.gather(answered, awaited, return_exceptions=True)

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """While paper moves or the server is at it: no Back, no Home, no idle countdown."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._last_touch = self.world.clock.now()

    # -- for walk and the attendant

    def leaving(self) -> asyncio.Future[Leave]:
        """The patient's next wish to leave the present step; taken once, by ``walk``."""
        if self._leave.done():
            self._leave = asyncio.get_running_loop().create_future()
        return self._leave

    async def listen(self) -> None:
        """Read taps for as long as the visit lasts: the frame's are acted on, the screen's wait for the step."""
        while True:
            self.take(await self.world.ui.tapped())

    async def listen_for_scans(self) -> None:
        """Read scans for as long as the visit lasts; one that answers no screen is dropped."""
        while True:
            self.take_scan(await self.world.ui.scanned())

    async def listen_to_scanner(self) -> None:
        """The same for the scanner that has a driver, where there is one. Between visits nobody listens to it."""
        if self.world.line_scanner is not None:
            async for code in self.world.line_scanner.codes():
                self.take_scan(code)

    def take_scan(self, code: str) -> None:
        """Act on one scan: somebody is there, and on a screen that takes scans it is their answer."""
        self._touch()
        if self._screen is not None and self._screen.scans:
            self.world.ui.help(shown=False)
            self._answers.put_nowait(Scan(code))

    def _prefer(self, what: str) -> None:
        """Change the language, or to senior mode and back. Senior mode speaks, from the screen that stands on."""
        if what == "language":
            self.language = "en" if self.language == "zh" else "zh"
        else:
            self.senior = not self.senior
        self.world.ui.prefer(self.language, senior=self.senior)
        if self.senior:
            self._read_out(again=True)
        else:
            self.world.voice.silence()

    def _read_out(self, *, again: bool = False) -> None:
        """Say what the screen that stands says and asks for, instead of what is being said; once, unless ``again``."""
        screen = self._screen
        if screen is None or (not again and (screen.title, screen.lead) == self._read):
            return
        self._read = (screen.title, screen.lead)
        self.world.voice.silence()
        for words in self._read:
            if words is not None:
                self.world.voice.say(words, self.language)

    def _touch(self) -> None:
        self._last_touch = self.world.clock.now()
        self._touched.set()

    def take(self, tap: Tap) -> None:
        """Act on one tap."""
        self._touch()
        match tap.verb:
            case "touch" | "continue":
                pass
            case "language" | "senior":
                self._prefer(tap.verb)
            case "help":
                self.world.ui.help(shown=True)
            case "close_help":
                self.world.ui.help(shown=False)
            case "back":
                if self._screen is not None and self._screen.back:
                    self._go(Leave.BACK)
            case "home":
                if self._screen is not None and self._screen.home:
                    self._go(Leave.HOME)
            case _:
                self._answers.put_nowait(tap)

    def _go(self, leave: Leave) -> None:
        if not self._busy and not self._leave.done():
            self._leave.set_result(leave)

    @property
    def idle_limit(self) -> float:
        """Seconds without a touch until the countdown begins."""
        if self._idle_limit is not None:
            return max(self._idle_limit, self.world.durations.idle_senior) if self.senior else self._idle_limit
        return self.world.durations.idle_senior if self.senior else self.world.durations.idle

    async def watch_idle(self) -> None:
        """Count down when nobody has touched the screen for long, and leave when the count is over.

        Not before the first touch, and never while busy. A quiet screen is left without a word.
        """
        clock, ui = self.world.clock, self.world.ui
        await self._touched.wait()
        while True:
            left = self._last_touch + self.idle_limit - clock.now()
            if self._busy or left > 0:
                await clock.sleep(min(left, _LOOK_AGAIN) if left > 0 else _LOOK_AGAIN)
                continue
            if self._is_quiet or await self._count_down():
                ui.count_down(None)
                ui.help(shown=False)
                self._go(Leave.IDLE)
                await clock.sleep(_LOOK_AGAIN)

    @property
    def _is_quiet(self) -> bool:
        return self._screen is not None and self._screen.quiet

    async def _count_down(self) -> bool:
        """Show the countdown, and say it as it begins; return whether it ran out untouched."""
        whole = self.world.durations.countdown
        if self._screen is not None:
            self.world.voice.say(say(self._screen.leaving, seconds=whole), self.language)
        for second in range(whole, 0, -1):
            self._touched.clear()
            self.world.ui.count_down(second)
            if await self._touched_within(1.0) or self._busy:
                self.world.ui.count_down(None)
                self.world.voice.silence()
                return False
        return True

    async def _touched_within(self, seconds: float) -> bool:
        touch = asyncio.ensure_future(self._touched.wait())
        time = asyncio.ensure_future(self.world.clock.sleep(seconds))
        try:
            await asyncio.wait({touch, time}, return_when=asyncio.FIRST_COMPLETED)
            return touch.done()
        finally:
            touch.cancel()
            time.cancel()


_LOOK_AGAIN = 1.0
"""Seconds between two looks: a screen may have come that waits less long."""
