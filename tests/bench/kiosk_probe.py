"""One kiosk window to be measured, or an empty one beside it; says on a line of JSON what it saw.

``python -m tests.bench.kiosk_probe kiosk|empty``. Moments are of the machine's monotonic clock, the same for all
processes, so that the start can be measured from outside.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

SCREEN = Path(__file__).parents[1] / "kiosk" / "screen1080.json"
os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={SCREEN}"
os.environ["QT_QUICK_BACKEND"] = "software"

TAPS = 40
EMPTY = b"import QtQuick\nWindow { width: 1080; height: 1920; visible: true }"


def resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def empty() -> dict[str, object]:
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 - the start is measured
    from PySide6.QtQml import QQmlApplicationEngine  # noqa: PLC0415 - the same
    from PySide6.QtQuick import QQuickWindow  # noqa: PLC0415 - the same

    application = QGuiApplication([])
    engine = QQmlApplicationEngine()
    engine.loadData(EMPTY)
    window = engine.rootObjects()[0]
    assert isinstance(window, QQuickWindow)
    seen: list[float] = []
    window.frameSwapped.connect(lambda: seen.append(time.monotonic()))
    while not seen:
        application.processEvents()
    return {"first_frame": seen[0], "rss_kib": resident_kib(), "taps_ms": []}


def kiosk() -> dict[str, object]:
    from PySide6.QtCore import QEventLoop  # noqa: PLC0415 - the start is measured
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 - the same

    from kiosk.app import Screens  # noqa: PLC0415 - the same
    from kiosk.durations import Durations  # noqa: PLC0415 - the same
    from kiosk.panel import Panel  # noqa: PLC0415 - the same

    application = QGuiApplication([])
    screens = Screens(Panel(), Durations(), "zh")
    seen: list[float] = []
    screens.window.frameSwapped.connect(lambda: seen.append(time.monotonic()))
    screens.put_up(windowed=True)
    from tests.kiosk.rig import Glass, Table  # noqa: PLC0415 - no part of the kiosk's start

    table = Table()
    screens.bridge.start(table.serve)
    glass = Glass(screens)

    def until(name: str) -> None:
        while glass.find(name) is None:
            application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    until("action.start")
    while not seen:
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    settled: list[float] = []
    screens.session.settled.connect(lambda: settled.append(time.monotonic()))
    taps = []
    for _ in range(TAPS):
        for button, then in (("action.start", "action.no_card"), ("frame.back", "action.start")):
            while not settled:
                application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            settled.clear()
            began = time.monotonic()
            glass.tap(button)
            until(then)
            while not settled:
                application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            taps.append((settled[-1] - began) * 1000)
    import kiosk.serving  # noqa: F401, PLC0415 - its drivers belong to the memory of a kiosk, not to its start

    result = {"first_frame": seen[0], "rss_kib": resident_kib(), "taps_ms": taps}
    screens.close()
    return result


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"kiosk": kiosk, "empty": empty}[sys.argv[1]]()) + "\n")
