from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

SCREEN = Path(__file__).parent / "screen1080.json"

# Before any Qt: a panel of 1080 x 1920 without a display, painted without a GPU.
os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={SCREEN}"
os.environ["QT_QUICK_BACKEND"] = "software"

from kiosk.attendant import Attendant  # noqa: E402 - after the platform is chosen
from kiosk.screen import Kind  # noqa: E402
from tests.kiosk.fakes import DEADLINE, Room, settle  # noqa: E402


@pytest.fixture
async def room():
    return Room()


class Visitor:
    """One visit at a kiosk of fakes, with the steps a patient takes."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.attendant = Attendant(room.world)
        self.task = asyncio.ensure_future(self.attendant.attend())

    async def touch_start(self) -> None:
        await self.room.ui.until_kind(Kind.START)
        self.room.ui.tap("start")

    async def lay_card(self) -> None:
        await self.touch_start()
        await self.room.ui.until_key("card.title")
        self.room.reader.lay()

    async def confirm(self) -> None:
        await self.lay_card()
        await self.room.ui.until_kind(Kind.CONFIRM)
        self.room.ui.tap("confirm")

    async def ended(self) -> None:
        """Wait until the visit is over."""
        async with asyncio.timeout(DEADLINE):
            await self.task


@pytest.fixture
async def visitor(room):
    visitor = Visitor(room)
    yield visitor
    visitor.task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await visitor.task
    await settle()


@pytest.fixture(scope="session")
def qapp_cls():
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 - most tests here need no Qt

    return QGuiApplication


@pytest.fixture
def table():
    """A room of fakes behind the real screens."""
    from tests.kiosk.rig import Table  # noqa: PLC0415 - most tests here need no Qt

    return Table()


@pytest.fixture
def glass(qtbot, table):
    """The real screens, served by ``table``."""
    from tests.kiosk.rig import Glass, open_screens  # noqa: PLC0415 - most tests here need no Qt

    del qtbot  # it makes the application and fails a test on what Qt says
    screens = open_screens()
    screens.bridge.start(table.serve)
    assert table.ready.wait(DEADLINE)
    yield Glass(screens)
    screens.close()
    assert screens.warnings == []


@pytest.fixture
def until(qtbot, glass):
    """Wait until the screen shows an item by this name."""

    def wait(name):
        qtbot.waitUntil(lambda: glass.find(name) is not None, timeout=1000 * DEADLINE)
        glass.rest()

    return wait
