"""Python's garbage is collected in Qt's thread only.

A collection runs in whatever thread happens to allocate when it is due. In the journeys' thread it would take apart Qt
objects that are caught in a cycle, and Qt objects must not end outside their own thread: the kiosk would crash.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

LOOK_MS = 500


class GarbageCollector(QObject):
    """While it is at work, collects in the thread that made it, as often as Python would have; no other thread does."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looking = QTimer(self)
        self._looking.setInterval(LOOK_MS)
        self._looking.timeout.connect(self.collect_due)

    def start(self) -> None:
        """Keep the others from collecting."""
        gc.disable()
        self._looking.start()

    def stop(self) -> None:
        """Let Python collect wherever it likes again."""
        self._looking.stop()
        gc.enable()

    @Slot()
    def collect_due(self) -> None:
        """Collect the oldest generation whose count is over its threshold, as the interpreter decides it."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return
