"""The window's wiring."""

from __future__ import annotations

from PySide6.QtQml import QQmlError

from kiosk.app import WARNINGS_KEPT
from tests.kiosk.rig import open_screens


def test_what_qt_says_of_the_screens_is_kept_up_to_a_number(qapp):
    assert qapp is not None
    screens = open_screens()
    said = QQmlError()
    said.setDescription("something is undefined")
    for _ in range(WARNINGS_KEPT):
        screens.engine.warnings.emit([said] * 3)
    assert len(screens.warnings) == WARNINGS_KEPT
    assert "something is undefined" in screens.warnings[0]
    screens.close()
