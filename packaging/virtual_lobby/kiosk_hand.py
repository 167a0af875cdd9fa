"""The real kiosk, drawn without a display, with a hand that takes orders: JSON lines in, JSON lines out.

``{"order": "tap", "name": ...}``, ``{"order": "screen", "kind": ...}``, ``{"order": "picture", "path": ...}``; each is
answered once it is carried out. The touches go through Qt as a patient's do.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QPointF, QSocketNotifier, Qt, QTimer
from PySide6.QtTest import QTest

from kiosk import cli
from kiosk.lines import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtQuick import QQuickItem

    from kiosk.app import Screens

LOOK_AGAIN_MS = 5
GIVE_UP_SECONDS = 20.0


class Orders:
    """Carries out one order after the other; one that cannot be carried out yet is looked at again soon."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._waiting: list[tuple[dict[str, Any], float]] = []
        self._rest = b""
        self._input = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
        self._input.activated.connect(self._read)
        self._again = QTimer(interval=LOOK_AGAIN_MS)
        self._again.timeout.connect(self._work)
        self._again.start()

    def _read(self) -> None:
        data = os.read(sys.stdin.fileno(), 1 << 16)
        if not data:
            QCoreApplication.quit()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        until = time.monotonic() + GIVE_UP_SECONDS
        self._waiting += [(json.loads(line), until) for line in lines]

    def _work(self) -> None:
        if not self._waiting:
            return
        order, until = self._waiting[0]
        answer = self._try(order)
        if answer is None and time.monotonic() > until:
            names = sorted({item.objectName() for item in self._items() if item.objectName()})
            answer = {"error": f"the screen is {self._source() or 'empty'}, with {names}"}
        if answer is not None:
            self._waiting.pop(0)
            print(json.dumps(answer, ensure_ascii=False), flush=True)

    def _try(self, order: dict[str, Any]) -> dict[str, Any] | None:
        match order["order"]:
            case "tap":
                return self._tap(order["name"])
            case "screen":
                return self._screen(order["kind"], order["without"])
            case "picture":
                return {"saved": self._screens.window.grabWindow().save(order["path"])}
            case other:
                return {"error": f"there is no order {other!r}"}

    def _tap(self, name: str) -> dict[str, Any] | None:
        item = next((item for item in self._items() if item.objectName() == name), None)
        if item is None or not item.isEnabled() or not self._at_rest():
            return None
        middle = item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint()
        QTest.mouseClick(self._screens.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
        return {"tapped": name}

    def _screen(self, kind: str, without: str) -> dict[str, Any] | None:
        if self._source() != f"{kind}Screen.qml" or not self._at_rest():
            return None
        if without and any(item.objectName() == without for item in self._items()):
            return None
        seen = sorted(
            (item.mapToScene(QPointF(0, 0)).y(), plain(text))
            for item in self._items()
            if isinstance(text := item.property("text"), str) and text
        )
        return {"texts": [text for _, text in seen]}

    def _source(self) -> str:
        """The file of the screen that stands, as QML knows it; empty before the first."""
        session: Any = self._screens.session  # Qt's properties have no types of their own
        return str(session.screen.source) if session.screen is not None else ""

    def _at_rest(self) -> bool:
        stage = next((item for item in self._items() if item.objectName() == "stage"), None)
        return stage is not None and stage.opacity() == 1

    def _items(self) -> Iterator[QQuickItem]:
        todo = [self._screens.window.contentItem()]
        while todo:
            item = todo.pop()
            if item.isVisible():
                yield item
                todo += item.childItems()


def main() -> int:
    """Run the kiosk until the orders end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    kept: list[Orders] = []

    def ready(screens: Screens) -> None:
        kept.append(Orders(screens))
        print(json.dumps({"ready": True}), flush=True)

    return cli.run(asked.config, asked.data, windowed=True, shown=ready)


if __name__ == "__main__":
    raise SystemExit(main())
