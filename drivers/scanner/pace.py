"""What tells a scanner that types from a person: the pace of its keys. Pure: characters with moments in, codes out.

The one rule for both ways in which such a scanner is read: from the kernel's input events (``drivers.scanner.keys``),
and from the keys of the window in front.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from drivers.scanner.codec import Code, Refusal, Refused


@dataclass(frozen=True, slots=True)
class Pace:
    """What tells a scanner from a person.

    Attributes:
        gap: seconds between two keys of a code at most. Scanners type every 1 to 20 ms unless they are told to be
            slow; quick typists reach 60 ms in bursts.
        shortest: characters of a code at least: two keys struck at once are no code.
        longest: characters of a code at most.
        rest: seconds of silence after which something new begins, whatever came before.
        tab_ends: whether the tabulator ends a code as Enter does.
    """

    gap: float = 0.05
    shortest: int = 4
    longest: int = 1024
    rest: float = 1.0
    tab_ends: bool = True


@dataclass(frozen=True, slots=True)
class Typed:
    """A code that was typed.

    Attributes:
        code: what it holds.
        began: the moment of its first key.
        ended: the moment of the key that ended it.
    """

    code: Code
    began: float
    ended: float


Found: TypeAlias = Typed | Refused


class PacedKeys:
    """Collects keys into codes. Holds at most one unfinished code.

    A code of which one key came late, or of which some were lost, is refused whole, up to its end or to a rest: what is
    left of it might pass for another code. Moments are seconds of one clock that never jumps.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self._typed: list[str] = []
        self._why: Refusal | None = None
        self._count = 0
        self._began = 0.0
        self._last: float | None = None

    @property
    def pending(self) -> int:
        """Keys of a code that has not ended."""
        return self._count

    def key(self, character: str | None, at: float, *, held: bool = False) -> Refused | None:
        """Take a key that types ``character``; None = one that no code holds.

        Args:
            character: what it types.
            at: when it was struck.
            held: it repeats because it is held down, as only a person does.

        Returns:
            What was refused because a rest lay before this key.
        """
        refused = self._arrive(at)
        self._last = at
        if not self._count:
            self._began = at
        self._count += 1
        if held:
            self._spoil(Refusal.PACE)
        elif character is None:
            self._spoil(Refusal.CONTROL)
        elif self._count > self.pace.longest:
            self._spoil(Refusal.OVERLONG)
        elif self._why is None:
            self._typed.append(character)
        return refused

    def end(self, at: float) -> Found | None:
        """Take the key that ends a code. A second one, as of CR LF, ends nothing."""
        refused = self._arrive(at)
        if self._why is not None:
            return self._refuse(self._why)
        if not self._count:
            return refused
        if self._count < self.pace.shortest:
            return self._refuse(Refusal.SHORT)
        typed = Typed(Code("".join(self._typed)), self._began, at)
        self.forget()
        return typed

    def lose(self, at: float) -> None:
        """Take note that keys were lost: what comes up to the next end is no code."""
        self._last = at
        self._spoil(Refusal.LOST)

    def silence(self) -> Refused | None:
        """Take note that a rest has passed: what has not ended never will."""
        return self._refuse(self._why or Refusal.UNFINISHED) if self._count or self._why else None

    def forget(self) -> None:
        """Drop what was typed so far."""
        self._typed.clear()
        self._why, self._count, self._last = None, 0, None

    def _arrive(self, at: float) -> Refused | None:
        """Judge the pause before a key."""
        if self._last is None or not (self._count or self._why):
            return None
        pause = at - self._last
        if pause >= self.pace.rest:
            return self._refuse(self._why or Refusal.UNFINISHED)
        if not 0.0 <= pause <= self.pace.gap:
            self._spoil(Refusal.PACE)
        return None

    def _spoil(self, why: Refusal) -> None:
        self._typed.clear()
        self._why = self._why or why

    def _refuse(self, why: Refusal) -> Refused:
        refused = Refused(why, self._count)
        self.forget()
        return refused
