"""The frame on the real screens: all of the start screen begins, and a sheet hides no way out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.kiosk import gallery
from tests.kiosk.rig import Glass, open_screens

CORNERS = [(8, 8), (1072, 8), (8, 1912), (1072, 1912)]
WHERE_NO_BUTTON_IS = [(100, 60), (200, 1870), (560, 1870)]


class Shown(Glass):
    """Screens that a test puts up itself; what is touched on them is kept instead of sent."""

    def __init__(self, screens):
        super().__init__(screens)
        self.verbs = []
        screens.session._send = lambda verb, _screen, _index: self.verbs.append(verb)

    def show(self, name, *, senior=False):
        session = self.screens.session
        session.prefer("zh", senior=senior)
        session.help(shown=False)
        session.count_down(0)
        session.show(1, gallery.every_screen()[name])
        self.rest()
        self.verbs.clear()

    def touch(self, place):
        QTest.mouseClick(self.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(*place))

    @property
    def meant(self):
        """What was touched, without the word that somebody is there."""
        return [verb for verb in self.verbs if verb != "touch"]


@pytest.fixture(scope="module")
def glass(qapp):
    assert qapp is not None
    screens = open_screens()
    yield Shown(screens)
    warnings = screens.warnings
    screens.close()
    assert warnings == []


@pytest.mark.parametrize("place", [*CORNERS, *WHERE_NO_BUTTON_IS, (540, 300), (540, 960)], ids=str)
def test_the_start_screen_begins_wherever_it_is_touched(glass, place):
    glass.show("start")
    glass.touch(place)
    assert glass.meant == ["start"]


@pytest.mark.parametrize("button", ["frame.language", "frame.senior", "frame.help"])
def test_a_button_of_the_frame_does_not_begin(glass, button):
    glass.show("start")
    glass.tap(button)
    assert glass.meant == [button.removeprefix("frame.")]


def test_beside_the_buttons_nothing_happens_under_a_sheet_or_once_somebody_is_there(glass):
    glass.show("start")
    glass.screens.session.help(shown=True)
    glass.rest()
    for place in (*CORNERS, *WHERE_NO_BUTTON_IS):
        glass.touch(place)
    assert glass.meant == []
    glass.show("card")
    for place in CORNERS:
        glass.touch(place)
    assert glass.meant == []


def test_the_countdown_is_answered_and_leaves_the_frame_to_be_touched(glass):
    glass.show("confirm")
    glass.screens.session.count_down(20)
    glass.rest()
    for button in ("sheet.continue", "frame.back", "frame.home", "frame.help"):
        glass.tap(button)
    assert glass.meant == ["continue", "back", "home", "help"]


def test_senior_mode_fills_its_button(glass):
    filled = {}
    for senior in (False, True):
        glass.show("card", senior=senior)
        filled[senior] = not glass.find("frame.senior").property("calm")
    assert filled == {False: False, True: True}


def test_more_says_which_page_it_is(glass):
    glass.show("visit")
    assert "更多（1/2）" in glass.texts()
    glass.tap("more")
    glass.rest()
    assert "更多（2/2）" in glass.texts()


def test_what_cannot_be_had_now_leads_nowhere(glass):
    glass.show("visit")

    def leads_on(choice):
        todo = [glass.find(choice)]
        while todo:
            item = todo.pop()
            if item.isVisible() and item.metaObject().className().startswith("Chevron"):
                return True
            todo += item.childItems()
        return False

    assert [leads_on(f"choice.{at}") for at in range(5)] == [True, True, True, False, False]


def test_a_call_asks_for_attention_and_is_said_once(glass):
    glass.show("ticket_called")
    assert glass.screens.session.screen.mark == "attention"
    assert glass.texts().count("正在叫您的号") == 1
    assert glass.find("lead").property("font").bold()
    glass.show("ticket")
    assert not glass.find("lead").property("font").bold()
