"""The pulse of the screen's thread: a beat whenever Qt comes round, for the watchdog in the other thread to look at."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Slot

from kiosk.watchdog import PULSE


class Pulse(QObject):
    """Beats while Qt's event loop runs. Lives in Qt's thread; ``last`` may be read from any."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(round(PULSE * 1000))
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def last(self) -> float:
        """Return when it last beat, in seconds of the monotonic clock."""
        return self._last

    @Slot()
    def _beat(self) -> None:
        self._last = time.monotonic()
