from __future__ import annotations

import pytest

from queue_server.config import VoiceSettings
from queue_server.engine.site import Text
from queue_server.voice.wording import call_sentence, number_en, number_zh, room_en, room_zh

SENTENCE = VoiceSettings().sentence
ROOM = Text("3号诊室", "Room 3")


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        ("A012", "A 零 一 二"),
        ("a012", "A 零 一 二"),
        ("S100", "S 一 零 零"),
        ("12", "一 二"),
        ("\uff21\uff10\uff11", "A 零 一"),
        ("A-012", "A 零 一 二"),
        ("内12", "内 一 二"),
        ("", ""),
    ],
)
def test_a_number_is_said_one_character_at_a_time(number, spoken):
    assert number_zh(number) == spoken


def test_one_may_be_yao_as_in_telephone_numbers():
    assert number_zh("A111", "yao") == "A 幺 幺 幺"
    assert room_zh("201诊室", "yao").split() == ["二", "零", "幺", "诊室"]
    assert room_zh("1号诊室", "yao").split() == ["一", "号诊室"]


@pytest.mark.parametrize(
    ("room", "spoken"),
    [
        ("3号诊室", "三 号诊室"),
        ("10号诊室", "十 号诊室"),
        ("12号诊室", "十二 号诊室"),
        ("20号诊室", "二十 号诊室"),
        ("35号诊室", "三十五 号诊室"),
        ("203诊室", "二 零 三 诊室"),
        ("08号窗口", "零 八 号窗口"),
        ("收费1号窗口", "收费 一 号窗口"),
        ("咨询台", "咨询台"),
        ("B座3层12室", "B座 三 层 十二 室"),
    ],
)
def test_a_room_is_said_as_people_say_it(room, spoken):
    assert room_zh(room).split() == spoken.split()


@pytest.mark.parametrize(
    ("number", "spoken"), [("A012", "A, zero one two"), ("12", "one two"), ("AB9", "A, B, nine"), ("", "")]
)
def test_an_english_number(number, spoken):
    assert number_en(number) == spoken


@pytest.mark.parametrize(
    ("room", "spoken"),
    [
        ("Room 3", "Room 3"),
        ("Room 12", "Room 12"),
        ("Room 203", "Room two zero three"),
        ("Window 08", "Window zero eight"),
    ],
)
def test_an_english_room(room, spoken):
    assert room_en(room) == spoken


@pytest.mark.parametrize(
    ("name", "lang", "spoken"),
    [
        (None, "zh", "请 A 零 一 二 号，到 三 号诊室。"),
        ("王*英", "zh", "请 A 零 一 二 号 王某英，到 三 号诊室。"),
        ("欧**明", "zh", "请 A 零 一 二 号 欧某某明，到 三 号诊室。"),
        (None, "en", "Number A, zero one two, please go to Room 3."),
        ("J. S.", "en", "Number A, zero one two, J. S., please go to Room 3."),
        ("王*英", "en", "Number A, zero one two, please go to Room 3."),
    ],
)
def test_the_sentence_of_a_call(name, lang, spoken):
    assert call_sentence(SENTENCE, "A012", ROOM, name, lang) == spoken


def test_a_hospital_words_it_its_own_way():
    own = Text("{number}号请到{room}就诊", "{room} is ready for {number}")
    assert call_sentence(own, "A7", ROOM, None, "zh") == "A 七 号请到 三 号诊室 就诊"
    assert call_sentence(own, "A7", ROOM, None, "en") == "Room 3 is ready for A, seven"
