from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.call_display.boards import AlphaBoard, ModbusBoard, NumericBoard, RegisterMap, XunpengBoard
from drivers.call_display.codec import Colour, encode_numeric
from drivers.call_display.content import Brightness, pages
from drivers.device import CompletionCode, DeviceError


def refusal(board, text):
    with pytest.raises(DeviceError) as caught:
        board.content(text)
    assert (caught.value.code, caught.value.error) == (CompletionCode.INVALID_DATA, "unsupported_text")
    return caught.value.message


def test_a_long_text_becomes_pages_and_no_character_is_cut():
    cut = pages("请A023号到3诊室", 8, "gbk")
    assert [page.decode("gbk") for page in cut] == ["请A023号", "到3诊室"]
    assert pages("", 8, "gbk") == (b"",)
    assert pages("ABCD EFGH", 4, "ascii") == (b"ABCD", b"EFGH")


@given(st.text(st.sampled_from("请号到诊室A0239 "), max_size=60), st.integers(2, 32))
def test_pages_hold_all_but_spaces_in_order(text, columns):
    cut = pages(text, columns, "gbk")
    assert all(len(page) <= columns for page in cut)
    assert "".join(page.decode("gbk") for page in cut).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("night", "dark", "light"),
    [
        ((time(21), time(6)), [time(21), time(23, 59), time(0), time(5, 59)], [time(6), time(12), time(20, 59)]),
        ((time(0), time(6)), [time(0), time(5)], [time(6), time(23)]),
        ((time(0), time(0)), [], [time(0), time(12)]),
    ],
)
def test_the_night_may_span_midnight(night, dark, light):
    brightness = Brightness(90, 20, *night)
    assert {brightness.at(clock) for clock in dark} <= {20}
    assert {brightness.at(clock) for clock in light} == {90}


def test_digits_show_numbers_alone():
    board = NumericBoard(5, 3, digits_only=False)
    assert board.content("999").pages == (encode_numeric(5, 999),)
    assert board.content("").pages == (encode_numeric(5, 0),)
    assert "'A023' is no number" in refusal(board, "A023")
    assert "1000 does not fit a board of 3 digits" in refusal(board, "1000")
    assert "is no number" in refusal(board, "²")
    lenient = NumericBoard(5, 3, digits_only=True)
    assert lenient.content("A023").pages == (encode_numeric(5, 23),)
    refusal(lenient, "请")
    assert "65536" in refusal(XunpengBoard(Colour.RED, 5, digits_only=False, confirms=True), "65536")


def test_a_character_the_board_has_not_is_named():
    board = ModbusBoard(1, RegisterMap())
    assert "'𠮷' (GBK)" in refusal(board, "𠮷野")
    assert "U+000A" in refusal(board, "A\nB")
    assert "'请' (ASCII)" in refusal(AlphaBoard("Z", "00", "A", 16, confirms=False), "请")


def test_a_board_that_scrolls_gets_the_text_whole_and_no_more_than_it_holds():
    board = ModbusBoard(1, RegisterMap(text_registers=8, columns=8, scroll_at=90))
    assert board.content("请A023号").scrolls is False
    content = board.content("请A023号到3诊室")
    assert (len(content.pages), content.scrolls) == (1, True)
    assert "it has 20 bytes, and the board holds 16" in refusal(board, "请请请请请请请请请请")
    assert AlphaBoard("Z", "00", "A", 8, confirms=False).content("A023 -> ROOM 3").scrolls is True
