"""The guide slip on paper says what the screen says, stop after stop, in two widths and two languages."""

from __future__ import annotations

import msgspec
import pytest

from drivers.receipt_printer.document import QrCode, Rule, Text
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.raster import default_fonts, render
from kiosk.slip_document import slip_document
from kiosk.slip_face import slip_face_of
from kiosk.words import LANGUAGES, Catalogue
from queue_server.contract import TimeRange
from tests.kiosk import people
from tests.kiosk.gallery import CT, long_stops

CATALOGUE = Catalogue.load()


def document(slip=None, language="zh", *, reprint=False):
    return slip_document(slip_face_of(slip or people.slip()), CATALOGUE, language, reprint=reprint)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_stop_says_where_to_go_with_which_number_and_how(language):
    slip = people.slip(left_out=[CT])
    texts = document(slip, language).texts()
    for number, stop in enumerate(slip.stops, 1):
        assert f"{number}. {getattr(stop.name, language)}" in texts
        assert stop.number in texts
        assert getattr(stop.area, language) in texts
        assert getattr(stop.why, language) in texts
        if stop.preparation is not None:
            assert getattr(stop.preparation, language) in texts
    words = " ".join(texts)
    for part in ("09:44–09:52", "10:21–10:34", "10:32–10:58", "11-20 09:41", "王*英", getattr(CT.name, language)):
        assert part in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_has_every_word_of_the_screen(language):
    face = slip_face_of(people.slip(left_out=[CT]))
    words = " ".join(document(people.slip(left_out=[CT]), language).texts())
    for stop in face.stops:
        for said in (stop.name, stop.where, stop.number, stop.ahead, stop.when, stop.preparation, stop.why):
            assert CATALOGUE.speak(said, language) in words
    for said in (face.hospital, face.left_out, face.ends, face.scan, face.masked_name):
        assert CATALOGUE.speak(said, language) in words


def test_the_code_is_last_and_numbers_stand_large():
    blocks = document().blocks
    assert isinstance(blocks[-1], QrCode)
    assert blocks[-1].payload == people.slip().qr
    large = [block.text for block in blocks if isinstance(block, Text) and block.size == "title"]
    assert large[1:] == ["U001", "V001", "Z001"]
    assert sum(isinstance(block, Rule) for block in blocks) == 1 + 3


def test_a_reprint_says_so_at_its_head():
    assert document(reprint=True).blocks[0].text == "补打"
    assert "补打" not in document().texts()


def test_what_is_over_is_named_and_has_no_stop():
    first, *rest = people.stops()
    over = msgspec.structs.replace(first, status="done", why=None, begins=None, ahead=None)
    dropped = msgspec.structs.replace(rest[1], status="dropped", why=None, begins=None, ahead=None)
    texts = document(people.slip(stops=[over, dropped, rest[0]])).texts()
    assert "已经做完：血常规、血脂" in texts
    assert [text for text in texts if text.startswith("1. ")] == ["1. 腹部彩超"]
    assert not any("心电图" in text for text in texts)


def test_a_range_that_has_passed_is_not_said_and_one_that_is_passing_begins_now():
    ends = TimeRange(people.at(10, 12), people.at(10, 30))
    words = " ".join(document(people.slip(server_time=people.at(10, 25), ends=ends)).texts())
    assert "09:44" not in words
    assert "预计 10:25–10:34 轮到" in words
    assert "预计 10:25–10:30 全部做完" in words
    assert "全部做完" not in " ".join(document(people.slip(server_time=people.at(10, 30), ends=ends)).texts())


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "预计 10:36–11:09 全部做完"), ("en", "All done between 10:36 and 11:09")]
)
def test_the_end_of_all_is_a_range_and_unknown_it_is_not_said(language, said):
    assert said in document(language=language).texts()
    words = " ".join(document(people.slip(ends=None), language).texts())
    assert "全部做完" not in words
    assert "All done" not in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", ["80mm", "58mm"])
@pytest.mark.parametrize("stops", [people.stops(), long_stops(given=True)], ids=["three", "six"])
def test_it_is_drawn_on_both_widths(language, profile, stops):
    model = PROFILES[profile]
    picture = render(document(people.slip(stops=stops, left_out=[CT]), language), model.dots, default_fonts())
    assert picture.width == model.dots
    assert picture.height > 300 + 100 * len(stops)
