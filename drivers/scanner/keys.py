"""Codes from a scanner that types like a keyboard: pure, the kernel's input events in and codes out.

An event is the kernel's ``struct input_event`` (Linux ``include/uapi/linux/input.h``): seconds and microseconds as C
``long``, type and code as 16 bits, value as 32; 24 bytes on 64-bit machines. Type ``EV_KEY`` with value 1 is a key
that goes down, 0 one that comes up, 2 one that repeats because it is held. ``SYN_DROPPED`` says that the kernel's
buffer overflowed (Documentation/input/event-codes.rst).

A scanner is told from a person by its pace (``drivers.scanner.pace``). The gaps are those of the kernel's own stamps,
so they hold however busy this program is.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.scanner.pace import Found, Pace, PacedKeys

if TYPE_CHECKING:
    from drivers.scanner.codec import Refused

EVENT: Final = struct.Struct("@llHHi")
"""One ``struct input_event`` in this machine's layout."""

EV_SYN: Final = 0x00
EV_KEY: Final = 0x01
SYN_DROPPED: Final = 3

_LAST_TYPE: Final = 0x1F
_LAST_CODE: Final = 0x2FF
_DOWN: Final = 1
_UP: Final = 0
_HELD: Final = 2
_SECOND_US: Final = 1_000_000

_SHIFTS: Final = frozenset({42, 54})
_MODIFIERS: Final = frozenset({29, 56, 97, 100, 125, 126})
"""Ctrl, Alt and Meta: a scanner types control characters with them, which no code here holds."""
_CAPS_LOCK: Final = 58
_ENDS: Final = {28: "enter", 96: "enter", 15: "tab"}

_PLAIN: Final = {
    **{2 + i: c for i, c in enumerate("1234567890-=")},
    **{16 + i: c for i, c in enumerate("qwertyuiop[]")},
    **{30 + i: c for i, c in enumerate("asdfghjkl;'`")},
    **{43 + i: c for i, c in enumerate("\\zxcvbnm,./")},
    57: " ",
    **dict(zip((71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83), "789-456+1230.", strict=True)),
    55: "*",
    98: "/",
}
_SHIFTED: Final = dict(zip("1234567890-=[];'`\\,./", '!@#$%^&*()_+{}:"~|<>?', strict=True))
_KEYPAD: Final = frozenset({55, *range(71, 84), 98})


@dataclass(frozen=True, slots=True)
class InputEvent:
    """One event of the kernel. ``at`` is in seconds of the clock the device was told to stamp with."""

    at: float
    type: int
    code: int
    value: int


class EventDecoder:
    """Cuts a stream of bytes into events. What cannot be an event is passed over byte by byte and counted."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.passed_over = 0

    @property
    def pending(self) -> int:
        """Bytes of an event that has not ended."""
        return len(self._held)

    def feed(self, data: bytes) -> list[InputEvent]:
        """Take bytes; return the events they complete."""
        self._held += data
        found = []
        at = 0
        while at + EVENT.size <= len(self._held):
            seconds, micros, kind, code, value = EVENT.unpack_from(self._held, at)
            if seconds < 0 or not 0 <= micros < _SECOND_US or kind > _LAST_TYPE or code > _LAST_CODE:
                at += 1
                self.passed_over += 1
                continue
            found.append(InputEvent(seconds + micros / _SECOND_US, kind, code, value))
            at += EVENT.size
        del self._held[:at]
        return found


class KeyReader:
    """Turns a keyboard's events into codes, as ``PacedKeys`` has it."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._keys = PacedKeys(pace)
        self._shift: set[int] = set()
        self._modifiers: set[int] = set()
        self._caps = False
        self._last: float | None = None

    @property
    def pending(self) -> int:
        """Keys of a code that has not ended."""
        return self._keys.pending

    def feed(self, event: InputEvent) -> Found | None:
        """Take an event; return the code, or the refusal, that it completed."""
        if event.type == EV_SYN and event.code == SYN_DROPPED:
            # Whether a Shift came up among the lost ones is not known either.
            self._let_go()
            self._keys.lose(event.at)
        if event.type != EV_KEY or event.value not in {_DOWN, _UP, _HELD}:
            return None
        rested = self._last is not None and event.at - self._last >= self._keys.pace.rest
        self._last = event.at
        if rested:
            self._let_go()
        return None if self._modified(event) else self._strike(event)

    def silence(self) -> Refused | None:
        """Take note that a rest has passed: what has not ended never will."""
        self._let_go()
        return self._keys.silence()

    def _let_go(self) -> None:
        """Take every Shift, modifier and lock for released: none is held through a rest, and a way up can get lost."""
        self._shift.clear()
        self._modifiers.clear()
        self._caps = False

    def _modified(self, event: InputEvent) -> bool:
        """Take a key that types nothing by itself, or comes up; tell whether it was one."""
        for keys, held in ((_SHIFTS, self._shift), (_MODIFIERS, self._modifiers)):
            if event.code in keys:
                if event.value == _UP:
                    held.discard(event.code)
                else:
                    held.add(event.code)
                return True
        if event.code == _CAPS_LOCK:
            self._caps ^= event.value == _DOWN
            return True
        return event.value == _UP

    def _strike(self, event: InputEvent) -> Found | None:
        is_held = event.value == _HELD
        if event.code in _ENDS and (self._keys.pace.tab_ends or _ENDS[event.code] != "tab"):
            return None if is_held else self._keys.end(event.at)
        character = None if self._modifiers else self._character(event.code)
        return self._keys.key(character, event.at, held=is_held)

    def _character(self, code: int) -> str | None:
        plain = _PLAIN.get(code)
        if plain is None or code in _KEYPAD:
            return plain
        if plain.isalpha():
            return plain.upper() if bool(self._shift) != self._caps else plain
        return _SHIFTED.get(plain, plain) if self._shift else plain
