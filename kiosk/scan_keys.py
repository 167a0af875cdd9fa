"""The keys of a window, read as a scanner's."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QKeyEvent

from kiosk.wedge import Wedge

_MS = 1000


class ScanKeys(QObject):
    """An event filter for the window: whatever is typed goes to the collector, and no further.

    The kiosk is worked by touch, so no screen misses a key; were keys let through, a scanner's Enter might press what
    happens to be in focus.

    Args:
        send: takes a whole code and must not block.
    """

    def __init__(self, send: Callable[[str], None]) -> None:
        super().__init__()
        self._send = send
        self._wedge = Wedge()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """See Qt."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            text = event.text()
            # A key held down repeats at a scanner's pace; Shift and its like type nothing.
            if not event.isAutoRepeat() and len(text) == 1 and (text.isprintable() or text in "\r\n\t"):
                # The time is of the stroke and not of its arrival here: a busy window delays the keys in heaps.
                code = self._wedge.key(text, event.timestamp() / _MS)
                if code is not None:
                    self._send(code)
            return True
        return super().eventFilter(watched, event)

    @Slot()
    def forget(self) -> None:
        """Drop what was typed so far."""
        self._wedge.forget()
