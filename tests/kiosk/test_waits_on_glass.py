"""What a patient reads of waits, on the kiosk's real screens and on paper: ranges, the same on both."""

from __future__ import annotations

import pytest

from kiosk.slip_document import slip_document
from kiosk.slip_face import slip_face_of
from kiosk.ticket_document import ticket_document
from kiosk.ticket_face import face_of
from kiosk.words import LANGUAGES, Catalogue
from queue_server.contract import WaitRange
from tests.kiosk import gallery, people
from tests.kiosk.rig import Glass, open_screens
from tests.wait_words import is_one_figure

CATALOGUE = Catalogue.load()


@pytest.fixture(scope="module")
def glass(qapp):
    assert qapp is not None
    screens = open_screens()
    yield Glass(screens)
    warnings = screens.warnings
    screens.close()
    assert warnings == []


def shown(glass, name, language, *, senior=False):
    glass.screens.session.prefer(language, senior=senior)
    glass.screens.session.show(1, gallery.every_screen()[name])
    glass.rest()
    return glass.texts()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_screen_tells_an_expected_wait_as_one_figure(glass, language):
    of_waits = [name for name, screen in gallery.every_screen().items() if screen.ticket or screen.slip]
    said = {text for name in of_waits for text in shown(glass, name, language)}
    assert len(of_waits) > 20
    assert {text for text in said if is_one_figure(text)} == set()


@pytest.mark.parametrize("senior", [False, True])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ["前面还有 3 人 · 预计 09:44–09:52 轮到", "现在等候最短，3–11 分钟", "预计 10:36–11:09 全部做完"]),
        (
            "en",
            [
                "3 ahead of you · Expected 09:44–09:52",
                "The shortest wait now, 3–11 min",
                "All done between 10:36 and 11:09",
            ],
        ),
    ],
)
def test_the_slip_on_the_screen_and_on_paper_has_the_same_ranges(glass, language, words, senior):
    assert set(words) <= set(shown(glass, "slip", language, senior=senior))
    paper = slip_document(slip_face_of(people.slip()), CATALOGUE, language, reprint=False).texts()
    assert {part for said in words for part in said.split(" · ")} <= set(paper)
    assert not any(map(is_one_figure, paper))


@pytest.mark.parametrize(("language", "words"), [("zh", "预计等候 0–9 分钟"), ("en", "Expected wait 0–9 min")])
def test_a_wait_that_begins_at_nothing_has_both_its_ends(language, words):
    view = people.ticket(wait=WaitRange(0, 9))
    assert words in ticket_document(face_of(view), CATALOGUE, language, reprint=False).texts()
