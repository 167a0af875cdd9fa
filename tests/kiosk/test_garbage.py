from __future__ import annotations

import asyncio
import gc
import threading
import weakref

from PySide6.QtCore import QObject

from kiosk.bridge import Bridge, QtUi
from kiosk.session import Session
from kiosk.words import Catalogue


class Caught(QObject):
    """A Qt object that only a collection can free."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


def allocate_until_collections_are_due() -> None:
    """Enough containers, all kept, for many collections of the younger generations."""
    kept = [[] for _ in range(200 * gc.get_threshold()[0])]
    del kept[1000:]


def test_qt_objects_end_in_qts_thread_whoever_allocates(qtbot):
    del qtbot
    gc.collect()
    ended_in: list[int] = []
    weakref.finalize(Caught(), lambda: ended_in.append(threading.get_ident()))
    allocated = threading.Event()

    async def serve(_: object) -> None:
        allocate_until_collections_are_due()
        allocated.set()
        await asyncio.Event().wait()

    bridge = Bridge("zh")
    bridge.start(serve)
    assert allocated.wait(30)
    assert ended_in == []
    for _ in range(2 + gc.get_threshold()[1]):
        kept = [[] for _ in range(2 * gc.get_threshold()[0])]
        bridge._garbage.collect_due()
    del kept
    bridge.stop()
    assert ended_in == [threading.get_ident()]
    assert gc.isenabled()


class Note:
    """Something of a patient's that only a collection can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_a_visit_left_in_a_cycle_is_collected_soon_after_it(qtbot):
    ended: list[object] = []

    async def serve(ui: QtUi) -> None:
        weakref.finalize(Note(), ended.append, "first")
        ui.wipe()
        await asyncio.Event().wait()

    bridge = Bridge("zh")
    screens = {"pixels_per_mm": 2.7, "motion_ms": 0, "travel_ms": 0, "say_wait_ms": 0}
    bridge.connect_session(Session(Catalogue.load(), lambda *_: None, **screens))
    bridge.start(serve)
    try:
        qtbot.waitUntil(lambda: ended == ["first"], timeout=30_000)
        weakref.finalize(Note(), ended.append, "second")  # what was there the first time is not looked through again
        bridge.wiped.emit()
        qtbot.waitUntil(lambda: ended == ["first", "second"], timeout=30_000)
    finally:
        bridge.stop()
    assert gc.get_freeze_count() == 0
