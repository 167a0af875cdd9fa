"""Python's garbage is collected in Qt's thread only, and after each visit all of it.

A collection runs in whatever thread happens to allocate when it is due. In the journeys' thread it would take apart Qt
objects that are caught in a cycle, and Qt objects must not end outside their own thread: the kiosk would crash.

What is caught in a cycle lives until it is collected, and a question to the server with a patient's number in it is: so
it must not wait until enough has come together, which on a quiet evening may be hours.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

LOOK_MS = 500
SOON_MS = (300, 3000)
"""After a visit's end: its last steps end in the other thread, and the next start screen comes first. Twice, since on a
busy machine those steps may take longer than the first time allows."""


class GarbageCollector(QObject):
    """While it is at work, collects in the thread that made it, as often as Python would have; no other thread does."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looking = QTimer(self)
        self._looking.setInterval(LOOK_MS)
        self._looking.timeout.connect(self.collect_due)
        self._soon = [QTimer(self) for _ in SOON_MS]
        for timer, ms in zip(self._soon, SOON_MS, strict=True):
            timer.setInterval(ms)
            timer.setSingleShot(True)
            timer.timeout.connect(self.collect_all)

    def start(self) -> None:
        """Keep the others from collecting. What is there by now, modules above all, is not looked through again.

        It is frozen before the first patient: what is of a patient's when it is frozen would stay, cycles and all.
        """
        gc.disable()
        gc.freeze()
        self._looking.start()

    def stop(self) -> None:
        """Let Python collect wherever it likes again."""
        self._looking.stop()
        for timer in self._soon:
            timer.stop()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def collect_soon(self) -> None:
        """Collect everything a moment from now, and once more a little later."""
        for timer in self._soon:
            timer.start()

    @Slot()
    def collect_all(self) -> None:
        """Collect everything that came since the start."""
        gc.collect()

    @Slot()
    def collect_due(self) -> None:
        """Collect the oldest generation whose count is over its threshold, as the interpreter decides it."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return
