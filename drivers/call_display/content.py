"""A text cut to what a board can show at once, and how bright the board is by day and by night. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from drivers.device import CompletionCode, DeviceError

_FULL = 100


def refused_text(why: str) -> DeviceError:
    """Make the ``unsupported_text`` error, with the reason."""
    return DeviceError(
        CompletionCode.INVALID_DATA,
        "unsupported_text",
        f"The text was not sent: {why} The board shows what it showed before.",
    )


def encode(text: str, encoding: str) -> bytes:
    """Encode a text of one line for a board.

    Raises:
        DeviceError: ``unsupported_text``, naming the first character the board does not have.
    """
    for character in text:
        if not character.isprintable():
            raise refused_text(f"it holds U+{ord(character):04X}, which is no printable character.")
        try:
            character.encode(encoding)
        except UnicodeEncodeError as failure:
            raise refused_text(f"the board has no {character!r} ({encoding.upper()}).") from failure
    return text.encode(encoding)


def pages(text: str, columns: int, encoding: str) -> tuple[bytes, ...]:
    """Cut a text into pieces of at most ``columns`` bytes, which on such boards are half-width columns.

    No character is cut in two, and a space at a cut is left out.

    Raises:
        DeviceError: ``unsupported_text``.
    """
    encode(text, encoding)  # before anything is cut, so that what is said of it is about the whole
    cut: list[bytes] = []
    page = b""
    for character in text:
        one = character.encode(encoding)
        if len(page) + len(one) > columns:
            cut.append(page.rstrip(b" "))
            page = b""
        if page or one != b" " or not cut:
            page += one
    return (*cut, page) if page or not cut else tuple(cut)


@dataclass(frozen=True, slots=True)
class Brightness:
    """How bright a board is, in percent of all it can.

    Attributes:
        day: outside the night.
        night: from ``begins`` to ``ends``, by the clock on the wall; the night may span midnight.
        begins: first minute of the night; equal to ``ends`` = there is no night.
        ends: first minute of the day.
    """

    day: int = _FULL
    night: int = _FULL
    begins: time = time(0)
    ends: time = time(0)

    def at(self, clock: time) -> int:
        """Return the brightness at a time of day."""
        if self.begins <= self.ends:
            dark = self.begins <= clock < self.ends
        else:
            dark = clock >= self.begins or clock < self.ends
        return self.night if dark else self.day
