"""Codes in a stream of bytes from a serial scanner: pure, bytes in and codes out.

A scanner sends what a code holds, between a prefix and a suffix that its set-up chooses; most end with CR, LF or both.
It says by itself what kind of code it was only where AIM identifiers are switched on: ``]``, a letter and a digit
before the content (ISO/IEC 15424), for example ``]Q3`` for a QR code and ``]C0`` for Code 128.

Nothing is checked on the way: there is no length and no sum, so a code that was cut short looks like a shorter one.
What has no end is therefore never taken for a code.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Encoding: TypeAlias = Literal["auto", "utf-8", "gb18030"]

LONGEST: Final = 1024
"""Bytes of a code that are taken by default; a QR code holds 2,953 at most (ISO/IEC 18004)."""

_LINE_ENDS: Final = frozenset(b"\r\n")
_ALLOWED_CONTROLS: Final = frozenset("\t\x04\x1d\x1e\x1f")
"""What codes hold besides characters: GS1's and ISO/IEC 15434's separators, and the tabulator."""
_AIM_LENGTH: Final = 3
_DELETE: Final = 0x7F

_SYMBOLOGIES: Final = {
    "A": "code39",
    "C": "code128",
    "E": "ean",
    "F": "codabar",
    "G": "code93",
    "I": "itf",
    "L": "pdf417",
    "Q": "qr",
    "d": "data_matrix",
    "z": "aztec",
}


class Refusal(enum.StrEnum):
    """Why something that arrived is no code."""

    OVERLONG = "overlong"
    UNFINISHED = "unfinished"
    """Its end never came."""
    PREFIX = "prefix"
    ENCODING = "encoding"
    CONTROL = "control"
    """It holds a control character that no code holds: noise on the line."""
    IDENTIFIER = "identifier"
    SHORT = "short"
    PACE = "pace"
    """Typed by a person, not by a scanner."""
    LOST = "lost"
    """The system lost some of its keys."""
    STALE = "stale"
    """It began before anybody listened."""


@dataclass(frozen=True, slots=True)
class Code:
    """A whole code.

    Attributes:
        text: what it holds.
        symbology: what kind of code it was, where the scanner says so: ``qr``, ``code128``, ...
    """

    text: str = field(repr=False)
    symbology: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Bytes that were no code. ``dropped`` counts them."""

    reason: Refusal
    dropped: int


@dataclass(frozen=True, slots=True)
class Layout:
    r"""How a scanner is set up.

    Attributes:
        suffix: what ends a code. Of CR and LF any run ends one, whichever of them is given, since scanners send either
            or both. Empty = only silence ends a code.
        prefix: what begins a code; empty = nothing does.
        encoding: ``auto`` takes UTF-8 where the bytes are that, else GB 18030, which contains GBK. The two can be
            mistaken for each other in short texts: name the encoding where the scanner's is known.
        identifiers: whether AIM identifiers are switched on.
        longest: bytes of a code, without prefix and suffix, that are taken.
    """

    suffix: bytes = b"\r\n"
    prefix: bytes = b""
    encoding: Encoding = "auto"
    identifiers: bool = False
    longest: int = LONGEST


class CodeDecoder:
    """Finds codes in a stream of bytes, however it is cut. Holds at most one longest code.

    What goes wrong ends with the next suffix, or with silence: the code after it is whole again.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._by_line = bool(layout.suffix) and set(layout.suffix) <= _LINE_ENDS
        self._held = bytearray()
        self._passed = 0
        self._why: Refusal | None = None

    @property
    def pending(self) -> int:
        """Bytes of a code that has not ended, passed over or held."""
        return len(self._held) + self._passed

    @property
    def unsettled(self) -> bool:
        """Whether silence would change something."""
        return self.pending > 0 or self._why is not None

    def feed(self, data: bytes) -> list[Code | Refused]:
        """Take bytes; return the codes and the refusals that they complete, in order."""
        found: list[Code | Refused] = []
        for byte in data:
            if self._by_line and byte in _LINE_ENDS:
                found += self._end(b"")
                continue
            self._take(byte)
            if not self._by_line and self._layout.suffix and self._held.endswith(self._layout.suffix):
                found += self._end(self._layout.suffix)
        return found

    def silence(self) -> list[Code | Refused]:
        """Take note that nothing came for a while: the end of a code where there is no suffix, else of its chance."""
        if not self.pending:
            return self._forget()
        if not self._layout.suffix:
            return self._end(b"")
        return [self._refuse(self._why or Refusal.UNFINISHED)]

    def pass_over(self) -> None:
        """Refuse what is held as ``stale``, with the rest of it that is still to come."""
        self._why = Refusal.STALE
        self._drop()

    def reset(self) -> None:
        """Forget everything."""
        self._drop()
        self._passed, self._why = 0, None

    def _take(self, byte: int) -> None:
        self._held.append(byte)
        if self._why is not None:
            # Only as much is kept as shows the end.
            surplus = len(self._held) - len(self._layout.suffix)
            if surplus > 0:
                self._drop(surplus)
            return
        room = len(self._layout.prefix) + self._layout.longest + (0 if self._by_line else len(self._layout.suffix))
        if len(self._held) > room:
            self._why = Refusal.OVERLONG
            self._drop(len(self._held) - len(self._layout.suffix))

    def _end(self, suffix: bytes) -> list[Code | Refused]:
        """End a code with ``suffix`` on its tail; an empty one is none."""
        if self._why is not None:
            return [self._refuse(self._why)] if self.pending > len(suffix) else self._forget()
        content = bytes(self._held[: len(self._held) - len(suffix)])
        if not content:
            return self._forget()
        if not content.startswith(self._layout.prefix):
            return [self._refuse(Refusal.PREFIX)]
        found = read_content(content[len(self._layout.prefix) :], self._layout)
        if isinstance(found, Refusal):
            return [self._refuse(found)]
        self._drop()
        return [found]

    def _refuse(self, why: Refusal) -> Refused:
        refused = Refused(why, self.pending)
        self.reset()
        return refused

    def _forget(self) -> list[Code | Refused]:
        self.reset()
        return []

    def _drop(self, n: int | None = None) -> None:
        n = len(self._held) if n is None else n
        self._passed = self._passed + n if self._why is not None else self._passed
        self._held[:n] = bytes(n)  # codes hold personal data: overwritten, not left to the allocator
        del self._held[:n]


def read_content(content: bytes, layout: Layout) -> Code | Refusal:
    """Read what a code holds, without prefix and suffix; a ``Refusal`` where it cannot be one."""
    symbology = None
    if layout.identifiers:
        mark = content[:_AIM_LENGTH]
        if len(mark) < _AIM_LENGTH or mark[:1] != b"]" or not mark[1:].isalnum():
            return Refusal.IDENTIFIER
        letter = chr(mark[1])
        symbology = _SYMBOLOGIES.get(letter, letter)
        content = content[_AIM_LENGTH:]
    text = decode_text(content, layout.encoding)
    if text is None:
        return Refusal.ENCODING
    if any((c < " " or ord(c) == _DELETE) and c not in _ALLOWED_CONTROLS for c in text):
        return Refusal.CONTROL
    return Code(text, symbology) if text else Refusal.SHORT


def decode_text(content: bytes, encoding: Encoding) -> str | None:
    """Decode what a code holds; None where it is not of the encoding."""
    for name in ("utf-8", "gb18030") if encoding == "auto" else (encoding,):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    return None
