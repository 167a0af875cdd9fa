"""A scanner types into the real window, with devices and a server of fakes."""

from __future__ import annotations

import gc
import itertools
import logging
import re

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest

from kiosk.scan_keys import ScanKeys
from kiosk.screen import Scan
from queue_server.contract import Identify
from tests.kiosk import people

CODE = "HZ:7Hq2mXw9Kc4RbT1z"
NOBODYS = "6901234567892"


@pytest.fixture(autouse=True)
def slip(table, glass):
    """The server knows the code of one slip."""
    del glass  # the table is laid once the screens are up
    table.lobby.answer = people.reply(people.patient(tickets=[people.ticket(qr=CODE)]))


def press(window, text, at_ms, *, repeats=False):
    event = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, text, repeats)
    event.setTimestamp(at_ms)
    return QCoreApplication.sendEvent(window, event)


STROKES = itertools.count(1000, 5)
"""Milliseconds at which the keys of ``strike`` fall: a scanner's pace, however busy this machine is."""


def strike(glass, characters):
    for character in characters:
        press(glass.window, character, next(STROKES))


def scan(glass, code, end="\r"):
    strike(glass, code + end)


def test_keys_of_the_window_system_are_a_scan(qtbot, glass, table, until):
    until("action.start")

    def scanned():
        for character in CODE:
            QTest.keyClick(glass.window, character)
        QTest.keyClick(glass.window, Qt.Key.Key_Return)
        return bool(table.lobby.called("identify"))

    qtbot.waitUntil(scanned, timeout=30_000)  # again, where this machine was too slow for a scanner
    until("number")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\t"])
def test_a_scanned_slip_shows_its_number_again(glass, table, until, end):
    until("action.start")
    scan(glass, CODE, end)
    until("number")
    assert "A012" in glass.texts()
    assert "您今天已经签到" in glass.texts()
    assert table.lobby.called("identify") == [("code", CODE, None)]


def test_the_card_prompt_takes_a_scan_and_says_so(glass, until):
    until("action.start")
    glass.tap("action.start")
    until("action.no_card")
    assert "也可以扫小票或预约单上的码" in glass.texts()
    scan(glass, CODE)
    until("number")


def test_an_unknown_code_is_told_and_never_shown(qtbot, glass, table, until, caplog):
    caplog.set_level(logging.DEBUG)
    table.lobby.answer = people.reply()
    until("action.start")
    scan(glass, NOBODYS)
    qtbot.waitUntil(lambda: "这个码今天没有对应的号或预约，没有签到" in glass.texts(), timeout=30_000)
    assert any(people.DESK.zh in text for text in glass.texts())
    assert not any(NOBODYS in text for text in glass.texts())
    assert NOBODYS not in caplog.text
    glass.tap("action.finish")
    until("action.start")


def test_a_scanners_enter_presses_nothing(glass, table, until):
    table.lobby.answer = people.reply(people.patient(appointments=[people.appointment()]))
    until("action.start")
    glass.tap("action.start")
    until("action.no_card")
    table.do(table.reader.lay)
    until("action.confirm")
    scan(glass, CODE)
    scan(glass, "    ")
    glass.rest()
    glass.tap("frame.home")
    table.do(table.reader.take)
    until("action.start")
    assert table.lobby.called("check_in") == []
    assert len(table.lobby.called("identify")) == 1


def test_nothing_of_a_scan_stays_after_the_visit(glass, table, until):
    until("action.start")
    scan(glass, CODE)
    until("number")
    strike(glass, CODE[:7])  # and half a code more
    glass.tap("action.finish")
    until("action.start")
    scan(glass, CODE[7:])
    glass.rest()
    assert [values[1] for values in table.lobby.called("identify") if values[1] == CODE] == [CODE]
    table.lobby.answer = people.reply()
    table.lobby.calls.clear()
    glass.rest()
    gc.collect()
    assert [one for one in gc.get_objects() if isinstance(one, Scan | Identify) and CODE in str(vars_of(one))] == []
    held = [text for item in glass.screens.window.findChildren(QObject) if (text := item.property("text"))]
    assert not any(re.search(re.escape(CODE), str(text)) for text in held)


def vars_of(one):
    return one.code if isinstance(one, Scan) else one.value


@pytest.fixture
def typed(qapp):
    """A window's stand-in with the filter on it, and what came of its keys."""
    assert qapp is not None
    window, found = QObject(), []
    keys = ScanKeys(found.append)
    window.installEventFilter(keys)
    yield window, found
    window.removeEventFilter(keys)


@pytest.mark.parametrize(
    "swipe",
    ["%B4111111111111111^WANG/FANG^2912101?;4111111111111111=2912101?", ";4111111111111111=2912101?", "+99411?3"],
)
def test_a_stripe_that_is_typed_into_the_window_goes_nowhere(typed, swipe):
    window, found = typed
    for at, text in enumerate(swipe + "\r" + CODE + "\r"):
        press(window, text, at * 5)
    assert found == [CODE]


def test_the_pace_is_that_of_the_strokes_and_not_of_their_arrival(typed):
    window, found = typed
    for at, text in enumerate(CODE + "\r"):
        press(window, text, 1000 + 10 * at)
    assert found == [CODE]
    for at, text in enumerate(CODE + "\r"):
        press(window, text, 9000 + 150 * at)
    assert found == [CODE]


def test_a_key_held_down_is_no_scanner(typed):
    window, found = typed
    press(window, "A", 1000)
    for at in range(1, 40):
        press(window, "A", 1000 + 30 * at, repeats=True)
    press(window, "\r", 1000 + 30 * 40)
    assert found == []


def test_keys_that_type_nothing_are_no_part_of_a_code(typed):
    window, found = typed
    for at, text in enumerate(["", "H", "", "Z", ":", "a", "\x1d", "b", "\r"]):
        press(window, text, 1000 + 5 * at)
    assert found == ["HZ:ab"]


def test_ten_thousand_keys_leave_python_alive(typed):
    window, found = typed
    for at in range(10_000):
        assert press(window, "\r" if at % 10 == 9 else "A", at)
    assert found == ["A" * 9] * 1000
