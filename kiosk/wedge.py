"""Codes from a scanner that types: keys with their times in, whole codes out.

Most scanners of a reception desk are keyboard wedges: they type the code into the window in front and end it with
Enter or Tab. What sets their keys apart from a person's is the pace. Knows no Qt and holds no clock.
"""

from __future__ import annotations

PACE_S = 0.05
"""A scanner's keys come closer together than this; no person types a whole code at such a pace."""
REST_S = 1.0
"""After this long a silence something new begins, whatever came before."""
LEAST = 4
"""Characters of a code at least: two keys struck at once and Enter are no code."""
MOST = 256
"""Characters at most. A ticket page's address has about 60."""

_ENDS = frozenset("\r\n\t")


class Wedge:
    """Collects keys into codes. Holds at most one unfinished code, and forgets it with ``forget``."""

    def __init__(self) -> None:
        self._typed: list[str] = []
        self._spoilt = False
        self._last: float | None = None

    def key(self, character: str, at: float) -> str | None:
        """Take a key and return the code it ended, stripped of white space, if it ended one.

        A code of which one key came late, or that is too long, is dropped whole, up to its end or to a rest: what is
        left of it might pass for another code.

        Args:
            character: what the key types; Enter is CR or LF, Tab is HT. A scanner that ends with both CR and LF ends
                one code, since nothing is between them.
            at: when it was struck, in seconds of a clock that never jumps.
        """
        pause = 0.0 if self._last is None else at - self._last
        if pause >= REST_S:
            self.forget()
        elif pause >= PACE_S and (self._typed or self._spoilt):
            self._spoil()
        self._last = at
        if character in _ENDS:
            return self._end()
        if len(self._typed) == MOST:
            self._spoil()
        if not self._spoilt:
            self._typed.append(character)
        return None

    def forget(self) -> None:
        """Drop what was typed so far."""
        self._typed.clear()
        self._spoilt = False
        self._last = None

    def _spoil(self) -> None:
        self._typed.clear()
        self._spoilt = True

    def _end(self) -> str | None:
        code = "".join(self._typed).strip()
        self.forget()
        return code if len(code) >= LEAST else None
