"""The screen, the voice and the clock."""

from __future__ import annotations

import enum
from typing import Protocol

from kiosk.screen import Screen, Tap
from kiosk.words import Language, Words
from queue_server.contract import HallInfo


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
