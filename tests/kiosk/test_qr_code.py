"""The code on a ticket's screen: it can be read, and nothing of it stays."""

from __future__ import annotations

import gc

import zxingcpp
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QSize
from PySide6.QtGui import QImage

from tests.kiosk import people
from tests.kiosk.gallery import every_screen
from tests.kiosk.rig import Glass, open_screens


def shown(screens, serial, screen):
    screens.session.show(serial, screen)
    glass = Glass(screens)
    glass.rest()
    return glass


def test_a_scanner_reads_it_off_the_glass(qtbot, tmp_path):
    del qtbot
    screens = open_screens()
    try:
        for at, name in enumerate(("ticket", "slip")):
            glass = shown(screens, at + 1, every_screen()[name])
            picture = glass.window.grabWindow()
            assert picture.size() == QSize(1080, 1920)
            picture.convertToFormat(QImage.Format.Format_Grayscale8).save(str(tmp_path / "glass.png"))
            with Image.open(tmp_path / "glass.png") as seen:
                assert [one.text for one in zxingcpp.read_barcodes(seen)] == [people.ticket().qr]
    finally:
        screens.close()
    assert screens.warnings == []


def test_no_object_keeps_it_after_the_visit(qtbot):
    """PySide 6.11.3 never lets go of a Python object that QML made: it would keep the code it drew."""
    del qtbot
    screens = open_screens()
    secret = people.ticket().qr.rpartition("/")[2]
    try:
        for serial in range(1, 6):
            shown(screens, serial, every_screen()["ticket"])
            screens.session.wipe("zh")
            screens.engine.collectGarbage()
            Glass(screens).rest()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        objects = [one for one in gc.get_objects() if type(one).__module__ == "kiosk.view"]
        assert [type(one).__qualname__ for one in objects if secret in str(vars(one))] == []
        assert objects == []
    finally:
        screens.close()
