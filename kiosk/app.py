"""Wiring of the window: the screens, the session and the crossing. What is behind them is wired in ``serving``."""

from __future__ import annotations

from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject, QUrl
from PySide6.QtQml import QQmlApplicationEngine, QQmlError
from PySide6.QtQuick import QQuickWindow

from kiosk.bridge import Bridge
from kiosk.durations import Durations
from kiosk.font import require_font
from kiosk.panel import Panel
from kiosk.pulse import Pulse
from kiosk.scan_keys import ScanKeys
from kiosk.session import Session
from kiosk.words import Catalogue, Language

QML = Path(__file__).parent / "qml"

WARNINGS_KEPT = 20
"""Of what Qt says of the QML. Each also goes to standard error; the first ones say what is wrong, whatever follows."""


class ScreenError(RuntimeError):
    """The screens could not be loaded: a fault of the installation."""


class Screens:
    """The window with everything in it. Lives in Qt's thread; needs a ``QGuiApplication``.

    Raises:
        FontMissingError: there is no font for Chinese.
        ScreenError: the QML did not load.
    """

    def __init__(self, panel: Panel, durations: Durations, language: Language) -> None:
        require_font()
        self.bridge = Bridge(language)
        self.session = Session(
            Catalogue.load(),
            self.bridge.send,
            pixels_per_mm=panel.pixels_per_mm,
            motion_ms=durations.motion_ms,
            travel_ms=durations.travel_ms,
            say_wait_ms=round(durations.say_wait * 1000),
            language=language,
        )
        self.bridge.connect_session(self.session)
        self.pulse = Pulse()
        self.warnings: list[str] = []
        self.engine = QQmlApplicationEngine()
        self.engine.addImportPath(str(QML))
        self.engine.warnings.connect(self._keep_warnings)
        self.engine.setInitialProperties({"session": self.session, "width": panel.width_px, "height": panel.height_px})
        self.engine.load(QUrl.fromLocalFile(str(QML / "Main.qml")))
        roots: list[QObject] = self.engine.rootObjects()
        if not roots or not isinstance(roots[0], QQuickWindow):
            raise ScreenError(f"The screens did not load: {'; '.join(self.warnings) or 'no window'}.")
        self.window: QQuickWindow = roots[0]
        self._scan_keys = ScanKeys(self.bridge.send_scan)
        self.window.installEventFilter(self._scan_keys)
        self.bridge.wiped.connect(self._scan_keys.forget)
        self.bridge.wiped.connect(self.engine.collectGarbage)

    def _keep_warnings(self, warnings: list[QQmlError]) -> None:
        room = WARNINGS_KEPT - len(self.warnings)
        self.warnings += [warning.toString() for warning in warnings[:room]]

    def put_up(self, *, windowed: bool) -> None:
        """Show the window: on the whole panel, or as a window of its size."""
        if windowed:
            self.window.show()
        else:
            self.window.showFullScreen()

    def close(self) -> None:
        """End the journeys and take the window away."""
        self.bridge.stop()
        self.window.close()
        shiboken6.delete(self.engine)  # with its items, before what they are bound to
