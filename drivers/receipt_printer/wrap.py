"""Breaking a line of Chinese and Latin text to a width.

Chinese breaks between any two characters, Latin between words; closing punctuation never begins a line and opening
punctuation never ends one (the prohibition rules of W3C's Requirements for Chinese Text Layout, section 3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NEVER_FIRST = frozenset("，。、；：？！）》」』】〕〉”’…—·％,.;:?!)]}%℃")
_NEVER_LAST = frozenset("（《「『【〔〈“‘([{￥")
_PARTS = " · "
_FIRST_CHINESE = "\u2e80"


def _pieces(text: str) -> list[str]:
    """Split ``text`` into what may not be broken further."""
    pieces: list[str] = []
    for character in text:
        previous = pieces[-1] if pieces else ""
        latin = character < _FIRST_CHINESE and character != " "
        joins = bool(previous) and (
            character in _NEVER_FIRST
            or previous[-1] in _NEVER_LAST
            or (latin and previous[-1] < _FIRST_CHINESE and previous[-1] != " ")
        )
        if joins:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break ``text`` into lines that ``measure`` finds no wider than ``width``.

    A piece wider than a whole line (a long address on a web) is broken where it must be. A middle dot between spaces,
    which parts two facts, goes where a line ends there.
    """
    lines = [""]
    for piece in _pieces(text):
        if measure(lines[-1] + piece) <= width:
            lines[-1] += piece
        elif measure(piece) <= width:
            lines.append(piece.lstrip(" "))
        else:
            for character in piece:
                if lines[-1] and measure(lines[-1] + character) > width:
                    lines.append("")
                lines[-1] += character
    if len(lines) > 1:
        lines = [line.rstrip(" ").removesuffix(_PARTS.rstrip(" ")).removeprefix(_PARTS.lstrip(" ")) for line in lines]
    return [line.rstrip(" ") for line in lines if line.strip(" ·")] or [""]
