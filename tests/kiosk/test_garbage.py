from __future__ import annotations

import asyncio
import gc
import threading
import weakref

from PySide6.QtCore import QObject

from kiosk.bridge import Bridge, QtUi
from kiosk.garbage import GarbageCollector
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
    made, allocated = threading.Event(), threading.Event()

    async def serve(_: object) -> None:
        made.wait(30)
        allocate_until_collections_are_due()
        allocated.set()
        await asyncio.Event().wait()

    bridge = Bridge("zh")
    bridge.start(serve)
    weakref.finalize(Caught(), lambda: ended_in.append(threading.get_ident()))
    made.set()
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
        weakref.finalize(Note(), ended.append, "second")
        bridge.wiped.emit()
        qtbot.waitUntil(lambda: ended == ["first", "second"], timeout=30_000)
    finally:
        bridge.stop()
    assert gc.get_freeze_count() == 0


def test_what_lives_yet_when_all_is_collected_is_collected_the_next_time(qtbot):
    del qtbot
    ended: list[object] = []
    collector = GarbageCollector()
    collector.start()
    try:
        assert gc.get_freeze_count() > 0  # modules are not looked through after each visit
        note = Note()  # a visit's last step that ends late, or the next patient's visit
        weakref.finalize(note, ended.append, "late")
        collector.collect_all()
        assert ended == []
        del note
        collector.collect_all()
        assert ended == ["late"]
    finally:
        collector.stop()
    assert gc.get_freeze_count() == 0
