"""The frame on the real screens: all of the start screen begins, and a sheet hides no way out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.kiosk import gallery

CORNERS = [(8, 8), (1072, 8), (8, 1912), (1072, 1912)]
WHERE_NO_BUTTON_IS = [(100, 60), (200, 1870), (560, 1870)]


def touch(glass, place):
    QTest.mouseClick(glass.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(*place))


@pytest.fixture
def taken(glass, monkeypatch):
    """The verbs that reach the other side. What is shown here is put up by the test."""
    verbs = []
    monkeypatch.setattr(glass.screens.session, "_send", lambda verb, _screen, _index: verbs.append(verb))
    return verbs


@pytest.mark.parametrize("place", [*CORNERS, *WHERE_NO_BUTTON_IS], ids=str)
def test_the_start_screen_begins_wherever_it_is_touched(glass, until, place):
    until("action.start")
    touch(glass, place)
    until("action.no_card")


@pytest.mark.parametrize("button", ["frame.language", "frame.senior", "frame.help"])
def test_a_button_of_the_frame_does_not_begin(glass, taken, until, button):
    until("action.start")
    glass.tap(button)
    assert [verb for verb in taken if verb != "touch"] == [button.removeprefix("frame.")]


def test_beside_the_buttons_nothing_happens_once_somebody_is_there(glass, taken, until):
    until("action.start")
    glass.screens.session.help(shown=True)
    glass.rest()
    for corner in CORNERS:
        touch(glass, corner)
    glass.screens.session.help(shown=False)
    glass.screens.session.show(9, gallery.every_screen()["card"])
    glass.rest()
    for corner in CORNERS:
        touch(glass, corner)
    assert set(taken) == {"touch"}


def test_the_countdown_is_answered_and_leaves_the_frame_to_be_touched(glass, taken, until):
    until("action.start")
    session = glass.screens.session
    session.show(9, gallery.every_screen()["confirm"])
    session.count_down(20)
    glass.rest()
    for button in ("sheet.continue", "frame.back", "frame.home", "frame.help"):
        glass.tap(button)
    assert [verb for verb in taken if verb != "touch"] == ["continue", "back", "home", "help"]


def test_senior_mode_fills_its_button(glass, until):
    until("action.start")
    session = glass.screens.session
    calm = {}
    for senior in (False, True):
        session.prefer("zh", senior=senior)
        glass.rest()
        calm[senior] = glass.find("frame.senior").property("calm")
    assert calm == {False: True, True: False}


def test_more_says_which_page_it_is(glass, until):
    until("action.start")
    session = glass.screens.session
    session.show(9, gallery.every_screen()["visit"])
    glass.rest()
    assert "更多（1/2）" in glass.texts()
    session.turn()
    glass.rest()
    assert "更多（2/2）" in glass.texts()


def test_what_cannot_be_had_now_leads_nowhere(glass, until):
    until("action.start")
    session = glass.screens.session
    session.show(9, gallery.every_screen()["visit"])
    glass.rest()

    def leads_on(choice):
        todo = [glass.find(choice)]
        while todo:
            item = todo.pop()
            if item.isVisible() and item.metaObject().className().startswith("Chevron"):
                return True
            todo += item.childItems()
        return False

    assert [leads_on(f"choice.{at}") for at in range(5)] == [True, True, True, False, False]
