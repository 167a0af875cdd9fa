"""The paper says what the screen says, in two widths and two languages."""

from __future__ import annotations

import pytest

from drivers.receipt_printer.document import QrCode, Rule, Text
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.raster import default_fonts, render
from kiosk.ticket_document import ticket_document
from kiosk.ticket_face import face_of
from kiosk.words import LANGUAGES, Catalogue
from queue_server.contract import Text as Both
from queue_server.contract import WaitRange
from tests.kiosk import people

CATALOGUE = Catalogue.load()


def document(view=None, language="zh", *, reprint=False):
    face = face_of(view or people.ticket())
    return ticket_document(face, CATALOGUE, language, reprint=reprint)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_all_that_the_patient_needs(language):
    words = " ".join(document(language=language).texts())
    view = people.ticket()
    for both in (view.hospital, view.clinic, view.area, view.reason):
        assert getattr(both, language) in words
    for part in ("A012", "4", "15–25", "10:00–10:30", "09:41", view.masked_name):
        assert part in words


def test_the_number_is_the_largest_and_the_code_is_last():
    blocks = document().blocks
    assert [block.text for block in blocks if isinstance(block, Text) and block.size == "number"] == ["A012"]
    assert isinstance(blocks[-1], QrCode)
    assert blocks[-1].payload == people.ticket().qr


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("changes", "label", "place"),
    [
        ({}, Both("候诊区", "Wait at"), people.AREA),
        (
            {"status": "called", "room": Both("203 诊室", "Room 203"), "ahead": None, "wait": None},
            Both("请到", "Go to"),
            Both("203 诊室", "Room 203"),
        ),
    ],
)
def test_the_place_stands_under_what_it_is_and_over_clinic_and_doctor(language, changes, label, place):
    view = people.ticket(**changes)
    blocks = document(view, language).blocks
    first, last = (at for at, block in enumerate(blocks) if isinstance(block, Rule))
    assert blocks[first + 1 : last] == (
        Text(CATALOGUE.speak(label, language)),
        Text(CATALOGUE.speak(place, language), size="title", bold=True),
        Text(CATALOGUE.speak(view.clinic, language), bold=True),
        Text(CATALOGUE.speak(face_of(view).doctor, language)),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_while_nobody_is_called_the_reason_stands_in_place_of_the_wait(language):
    why = Both("暂停叫号（设备故障）", "Nobody is called for now (equipment)")
    words = document(people.ticket(wait=None, paused=why), language).texts()
    assert getattr(why, language) in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reprint_says_so_at_its_head(language):
    first = document(language=language, reprint=True).blocks[0]
    assert isinstance(first, Text)
    assert first.text == CATALOGUE.speak(Both("补打", "Reprint"), language)


@pytest.mark.parametrize(
    ("changes", "there", "not_there"),
    [
        ({"wait": None}, "A012", "预计等候"),
        ({"wait": WaitRange(0, 10)}, "预计等候 0–10 分钟", "以内"),
        ({"ahead": 0}, "下一位就是您", "还有 0 人"),
        ({"doctor": None}, "普通号", "陈明远"),
        ({"doctor": None, "period": None}, "A012", "普通号"),
        ({"slot_start": None, "slot_end": None}, "A012", "预约时间"),
        ({"masked_name": None}, "取号时间", "None"),
    ],
)
def test_what_is_not_known_is_not_said(changes, there, not_there):
    words = " ".join(document(people.ticket(**changes)).texts())
    assert there in words
    assert not_there not in words


@pytest.mark.parametrize(
    ("code", "said", "not_said"),
    [("https://queue.example/t/7Hq2", "手机扫码", "分诊台"), ("HZ:7Hq2", "分诊台", "手机")],
)
def test_a_code_no_telephone_can_use_is_not_offered_to_telephones(code, said, not_said):
    view = people.ticket(qr=code)
    caption = document(view).blocks[-1].caption
    assert said in caption
    assert not_said not in caption
    assert CATALOGUE.speak(face_of(view).scan, "zh") == caption


@pytest.mark.parametrize("profile", ["80mm", "58mm"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printer_can_draw_it(profile, language):
    model = PROFILES[profile]
    for view in (people.ticket(), people.ticket(doctor=None, period=None)):
        picture = render(document(view, language), model.dots, default_fonts())
        assert picture.width == model.dots
        assert picture.height > 300
