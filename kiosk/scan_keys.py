"""The keys of a window, read as a scanner's."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QKeyEvent

from drivers.scanner.pace import Pace, PacedKeys, Typed

_MS = 1000
_ENDS = frozenset("\r\n\t")
_PACE = Pace(longest=256)
"""A ticket page's address has about 60 characters."""
_SWIPE = re.compile(r"[%;+][^?]*\?")
"""A track as readers of magnetic stripes type it. Without their driver it is not known whether it is a bank card's, so
it goes nowhere."""


class ScanKeys(QObject):
    """An event filter for the window: whatever is typed goes to the collector, and no further.

    Most scanners of a reception desk are keyboard wedges: they type the code into the window in front. What sets them
    apart from a person is their pace, by the one rule that the drivers have too.

    The kiosk is worked by touch, so no screen misses a key; were keys let through, a scanner's Enter might press what
    happens to be in focus.

    Args:
        send: takes a whole code and must not block.
    """

    def __init__(self, send: Callable[[str], None]) -> None:
        super().__init__()
        self._send = send
        self._keys = PacedKeys(_PACE)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """See Qt."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            text = event.text()
            # A key held down repeats at a scanner's pace; Shift and its like type nothing.
            if not event.isAutoRepeat() and len(text) == 1 and (text.isprintable() or text in "\r\n\t"):
                # The time is of the stroke and not of its arrival here: a busy window delays the keys in heaps.
                self._strike(text, event.timestamp() / _MS)
            return True
        return super().eventFilter(watched, event)

    def _strike(self, text: str, at: float) -> None:
        if text not in _ENDS:
            self._keys.key(text, at)
            return
        found = self._keys.end(at)
        if isinstance(found, Typed) and (code := found.code.text.strip()) and not _SWIPE.match(code):
            self._send(code)

    @Slot()
    def forget(self) -> None:
        """Drop what was typed so far."""
        self._keys.forget()
