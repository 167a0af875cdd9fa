"""What passes on a line, in pieces: bytes that belong together, what they say, and what of them is held back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that belong together.

    Attributes:
        data: the bytes.
        words: what they say.
        personal: they may be about a person.
        head: how many of the first bytes say nothing about anybody, and are shown all the same.
    """

    data: bytes
    words: str
    personal: bool = False
    head: int = 0

    def text(self, *, show: bool) -> str:
        """Return hexadecimal digits and words; what is personal as its length, unless it is asked for."""
        if not self.personal or show:
            return f"{self.data.hex(' ').upper()}  {self.words}"
        head = f"{self.data[: self.head].hex(' ').upper()} " if self.head else ""
        return f"{head}<{len(self.data) - self.head} bytes hidden>  {self.words}"


class Cutter(Protocol):
    """Cuts what goes one way into pieces."""

    def feed(self, data: bytes) -> list[Piece]:
        """Take bytes; return the pieces they complete."""
        ...

    def broken_off(self) -> list[Piece]:
        """Give up what was held of an answer: the next question passes."""
        ...


class Hidden:
    """Of a protocol that is not known, or of what a person holds to a window: nothing is shown but how much it was."""

    def __init__(self, words: str = "not decoded") -> None:
        self._words = words

    def feed(self, data: bytes) -> list[Piece]:
        """See ``Cutter``."""
        return [Piece(data, self._words, personal=True)]

    def broken_off(self) -> list[Piece]:
        """See ``Cutter``. Nothing is held."""
        return []


class Plain:
    """Of a protocol in which nothing is about a person, and nothing is to be said of it but its letters."""

    def feed(self, data: bytes) -> list[Piece]:
        """See ``Cutter``."""
        return [Piece(data, "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in data))]  # noqa: PLR2004 -- ASCII

    def broken_off(self) -> list[Piece]:
        """See ``Cutter``. Nothing is held."""
        return []


class Framed:
    """Of a protocol in frames whose length can be told from their beginning.

    Args:
        measure: how long the frame is that begins what is held; 0 = none begins here, None = more bytes are needed.
        say: the piece that a whole frame is, whether or not its check is right.
        personal: whether what is no frame, or half of one, may be about a person.
    """

    def __init__(
        self, measure: Callable[[bytes], int | None], say: Callable[[bytes], Piece], *, personal: bool = False
    ) -> None:
        self._measure = measure
        self._say = say
        self._personal = personal
        self._held = b""

    def feed(self, data: bytes) -> list[Piece]:
        """See ``Cutter``."""
        self._held += data
        pieces: list[Piece] = []
        noise = b""
        while self._held:
            size = self._measure(self._held)
            if size is None or size > len(self._held):
                break
            if size and noise:
                pieces.append(self._noise(noise))
                noise = b""
            if size:
                pieces.append(self._say(self._held[:size]))
            else:
                noise += self._held[:1]
            self._held = self._held[size or 1 :]
        return [*pieces, self._noise(noise)] if noise else pieces

    def broken_off(self) -> list[Piece]:
        """See ``Cutter``."""
        held, self._held = self._held, b""
        return [Piece(held, "broken off", personal=self._personal)] if held else []

    def _noise(self, data: bytes) -> Piece:
        return Piece(data, "noise", personal=self._personal)
