"""Layout, fonts and bands."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.receipt_printer.commands import MAX_BAND_BYTES, MAX_BAND_ROWS, cut, printed_up_to_here, raster_units
from drivers.receipt_printer.document import Document, DocumentError, Pair, QrCode, Space, Text
from drivers.receipt_printer.profile import PROFILES, Profile
from drivers.receipt_printer.raster import _NARROW, FontMissingError, Fonts, GlyphMissingError, render, rows_of_ink
from drivers.receipt_printer.wrap import wrap
from tests.drivers.receipt_printer.conftest import full_ticket


def _dark(level):
    return 255 - level


@pytest.mark.parametrize("dots", [576, 384])
def test_a_ticket_fits_its_paper_and_the_number_is_read_at_arms_length(dots):
    image = render(full_ticket(), dots)
    assert image.width == dots
    assert image.mode == "1"
    number = render(Document((Text("A023", size="number", align="center"),)), dots)
    rows = [row for row in rows_of_ink(number) if any(row)]
    # 0.7 m at 20 minutes of arc is 4 mm; a number to be found at a glance has several times that.
    assert len(rows) / 8 >= 12


def test_the_two_widths_are_composed_not_scaled():
    pair = Document((Pair("请在这里候诊", "二楼 B 区 206 诊室门口"),))
    assert render(pair, 384).height > render(pair, 576).height


def test_a_long_number_shrinks_to_one_line():
    image = render(Document((Text("急诊A0023", size="number"),)), 384)
    assert image.height < 168


def test_a_title_a_little_too_long_is_set_smaller_and_stays_whole():
    one_line = render(Document((Text("Waiting area A", size="title", bold=True),)), 576).height
    assert render(Document((Text("Waiting area A, 2nd floor", size="title", bold=True),)), 576).height < one_line
    assert render(Document((Text("Waiting area A beside the lifts, 2nd floor", size="title"),)), 576).height > one_line


def test_no_word_is_left_alone_on_the_last_line():
    image = render(Document((Text("Ordered by your appointment at 10:00"),)), 576)
    half = image.height // 2
    first, last = (image.crop((0, top, 576, top + half)).convert("L") for top in (0, half))
    ends = [576 - line.transpose(Image.Transpose.FLIP_LEFT_RIGHT).point(_dark).getbbox()[0] for line in (first, last)]
    assert ends[1] > 0.6 * ends[0]


@pytest.mark.parametrize("text", ["WWWWWWWWWWWWWWWWWWWWWWWW" * 4, "候" * 60])
def test_nothing_is_cut_off_at_the_side(text):
    image = render(Document((Text(text),)), 384)
    wide = render(Document((Text(text),)), 384 * 40, sizes=_NARROW)
    ink = sum(byte.bit_count() for row in rows_of_ink(image) for byte in row)
    assert ink == pytest.approx(sum(byte.bit_count() for row in rows_of_ink(wide) for byte in row), rel=0.01)


def test_rare_characters_of_names_are_drawn():
    image = render(Document((Text("㐂𠮷䶮"),)), 384)
    assert any(any(row) for row in rows_of_ink(image))


def test_a_character_without_a_glyph_is_named_and_not_drawn_as_a_box():
    with pytest.raises(GlyphMissingError, match=r"U\+E000") as error:
        render(Document((Text("王\ue000"),)), 576)
    assert error.value.characters == "\ue000"


def test_a_missing_font_names_the_package(tmp_path):
    with pytest.raises(FontMissingError, match="fonts-noto-cjk"):
        Fonts(tmp_path)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Text("  "),
        lambda: Text("a\nb"),
        lambda: Text("x" * 401),
        lambda: Pair("", "x"),
        lambda: Space(0),
        lambda: Space(51),
        lambda: QrCode(""),
        lambda: QrCode("x" * 301),
        lambda: Document(()),
    ],
)
def test_what_cannot_be_printed_is_refused_with_a_sentence(make):
    with pytest.raises(DocumentError, match=r"\.$"):
        make()


def test_chinese_punctuation_never_begins_a_line_and_opening_never_ends_one():
    lines = wrap("请到二楼候诊（心内科），不要走开。", 16, lambda text: 2 * len(text))
    assert all(line[0] not in "，。）" and line[-1] != "（" for line in lines)
    assert "".join(lines) == "请到二楼候诊（心内科），不要走开。"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("王*英 · 取号时间 09:41", 8, ["王*英", "取号时间", "09:41"]),
        ("王*英 · 取号时间 09:41", 12, ["王*英 · 取号", "时间 09:41"]),
        ("W** · Issued 11-20", 5, ["W**", "Issue", "d", "11-20"]),
        ("W** · Issued", 6, ["W**", "Issued"]),
        ("W** · Issued", 12, ["W** · Issued"]),
        ("阿依·古丽", 6, ["阿依·", "古丽"]),
    ],
)
def test_no_line_begins_or_ends_with_what_parts_two_facts(text, width, lines):
    assert wrap(text, width, lambda one: sum(2 if char > "\u2e80" else 1 for char in one)) == lines


@given(st.text(alphabet="号候诊，。（a1 -", min_size=1, max_size=60), st.integers(4, 30))
def test_wrapping_loses_nothing_but_spaces_and_keeps_the_width(text, width):
    lines = wrap(text, width, len)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= width for line in lines)


def unroll(units, width):
    """Read bands and feeds back into rows, knowing the manual and not the code."""
    rows = []
    for unit in units:
        data, left = unit.data, 0
        if data.startswith(b"\x1b$"):
            left, data = int.from_bytes(data[2:4], "little") // 8, data[4:]
        if data.startswith(b"\x1bJ"):
            rows += [bytes(width)] * data[2]
        else:
            assert data[:4] == b"\x1dv0\x00"
            across, down = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
            body = data[8:]
            assert len(body) == across * down <= MAX_BAND_BYTES
            assert down <= MAX_BAND_ROWS
            rows += [(bytes(left) + body[i : i + across]).ljust(width, b"\0") for i in range(0, len(body), across)]
    return rows


@settings(max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.just(bytes(12)),
            st.binary(min_size=12, max_size=12),
            st.lists(st.sampled_from([0x10, 0x04, 0x05, 0x14, 0x01, 0]), min_size=12, max_size=12).map(bytes),
        ),
        min_size=1,
        max_size=200,
    )
)
def test_bands_are_the_picture_without_real_time_commands(rows):
    units = raster_units(rows)
    stream = b"".join(unit.data for unit in units)
    assert not re.search(rb"\x10[\x04\x05\x14]", stream)
    found = unroll(units, 12)
    assert len(found) == len(rows) == sum(unit.rows for unit in units)
    for drawn, wanted in zip(found, rows, strict=True):
        for got, want in zip(drawn, wanted, strict=True):
            assert got == want or (want == 0x10 and got == 0x18)


def test_a_ticket_takes_far_fewer_bytes_than_its_picture():
    image = render(full_ticket(), 576)
    sent = sum(len(unit.data) for unit in raster_units(rows_of_ink(image)))
    assert sent < 0.6 * image.height * 72


def test_golden_commands():
    assert cut(PROFILES["80mm"]).data == bytes.fromhex("1B 64 06 1D 56 01")
    assert cut(PROFILES["58mm-basic"]).data == bytes.fromhex("1B 64 06")
    assert printed_up_to_here(b"ABCD") == bytes.fromhex("1D 28 48 06 00 30 30 41 42 43 44")


def test_a_profile_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="dots"):
        Profile(name="odd", paper_mm=80, dots=575)
    with pytest.raises(ValueError, match="speed"):
        Profile(name="still", paper_mm=80, dots=576, speed_mm_s=0)
