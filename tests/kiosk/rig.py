"""A window of the kiosk in a test's hands: find, tap, look."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest

from kiosk.app import Screens
from kiosk.attendant import Attendant
from kiosk.bridge import QtUi
from kiosk.durations import Durations
from kiosk.lines import plain
from kiosk.panel import Panel
from kiosk.ports import Devices
from kiosk.visit import World
from tests.kiosk import people
from tests.kiosk.fakes import FakeUi, Room

STILL = Durations(motion_ms=0, travel_ms=0)


class Glass:
    """What a patient sees and touches."""

    def __init__(self, screens: Screens) -> None:
        self.screens = screens
        self.window = screens.window

    def rest(self) -> None:
        """Let Qt do all it has to do, layout included."""
        for _ in range(3):
            QCoreApplication.processEvents()
            self.window.contentItem().ensurePolished()

    def items(self) -> Iterator[QQuickItem]:
        """Every item that is seen, parents before children."""
        todo = [self.window.contentItem()]
        while todo:
            item = todo.pop()
            if item.isVisible():
                yield item
                todo += item.childItems()

    def find(self, name: str) -> QQuickItem | None:
        return next((item for item in self.items() if item.objectName() == name), None)

    def texts(self) -> list[str]:
        return [plain(text) for item in self.items() if isinstance(text := item.property("text"), str) and text]

    def tap(self, name: str) -> None:
        item = self.find(name)
        if item is None:
            seen = sorted({one.objectName() for one in self.items() if one.objectName()})
            raise LookupError(f"{name} is not on the screen; there are {seen}.")
        middle = item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint()
        QTest.mouseClick(self.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)

    @staticmethod
    def place_of(item: QQuickItem) -> QRectF:
        return item.mapRectToScene(QRectF(0, 0, item.width(), item.height()))


class Table(Room):
    """A room whose screen is the real one. Its fakes live in the journeys' thread; ``do`` acts there."""

    def __init__(self) -> None:
        self.real_devices: Devices | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.ready = threading.Event()

    async def serve(self, ui: QtUi) -> None:
        self.loop = asyncio.get_running_loop()
        super().__init__()
        self.ui: FakeUi | QtUi = ui  # type: ignore[assignment]  # the real screen in place of the fake
        self.world = World(ui, self.real_devices or self.devices, self.lobby, self.voice, self.clock, STILL)
        self.attendant = Attendant(self.world)
        self.ready.set()
        await self.attendant.run()

    def do(self, act: Callable[[], object]) -> None:
        self.loop.call_soon_threadsafe(act)


def open_screens() -> Screens:
    screens = Screens(Panel(), STILL, "zh")
    screens.session.place(people.HALL.hospital, people.HALL.hall_name, people.HALL.desk)
    screens.session.tell_time("09:41")
    screens.put_up(windowed=True)
    return screens
