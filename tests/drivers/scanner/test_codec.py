"""Codes in a stream of bytes: however they are cut, whatever lies between."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner.codec import Code, CodeDecoder, Layout, Refusal, Refused

STX = Layout(prefix=b"\x02", suffix=b"\x03", encoding="utf-8", longest=20)


def read(data, layout=None):
    return CodeDecoder(layout or Layout()).feed(data)


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n", b"\r\n\r\n"])
def test_a_code_ends_with_any_line_end_once(ending):
    assert read(b"T20261125-0042" + ending) == [Code("T20261125-0042")]


def test_codes_that_come_together_are_told_apart():
    assert read(b"A001\r\nA002\r\nA003\r\n") == [Code("A001"), Code("A002"), Code("A003")]


def test_a_code_that_comes_in_pieces_is_whole():
    decoder = CodeDecoder(Layout())
    assert [decoder.feed(bytes([byte])) for byte in b"A001"] == [[]] * 4
    assert decoder.pending == 4
    assert decoder.feed(b"\r") == [Code("A001")]
    assert not decoder.unsettled


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
def test_chinese_is_read_in_either_encoding(encoding):
    text = "就诊卡：王芳，内科"
    assert read(text.encode(encoding) + b"\r\n") == [Code(text)]


def test_a_named_encoding_is_kept_to():
    assert read("王芳\r".encode("gbk"), Layout(encoding="utf-8")) == [Refused(Refusal.ENCODING, 4)]
    assert read(b"\xc4\xa3\r") == [Code("ģ")], "two bytes that are text in both: UTF-8 goes first"
    assert read(b"\xc4\xa3\r", Layout(encoding="gb18030")) == [Code("模")]


def test_what_is_no_text_is_refused():
    assert read(b"\xff\xff\r") == [Refused(Refusal.ENCODING, 2)]
    assert read(b"A\x0001\r") == [Refused(Refusal.CONTROL, 4)]
    assert read(b"]d20100614\x1d21X\r") == [Code("]d20100614\x1d21X")], "GS1's separator is content"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"]Q3https://a.example/t/1", Code("https://a.example/t/1", "qr")),
        (b"]C0A001", Code("A001", "code128")),
        (b"]E06901234567892", Code("6901234567892", "ean")),
        (b"]X0A001", Code("A001", "X")),
        (b"A001", Refused(Refusal.IDENTIFIER, 4)),
        (b"]C0", Refused(Refusal.SHORT, 3)),
    ],
)
def test_aim_identifiers_tell_the_kind_of_code(data, found):
    (item,) = read(data + b"\r", Layout(identifiers=True))
    assert item == found


def test_prefix_and_suffix_are_what_the_scanner_is_set_to():
    assert read(b"\x02A001\x03\x02A002\x03", STX) == [Code("A001"), Code("A002")]
    assert read(b"A001\x03\x02A002\x03", STX) == [Refused(Refusal.PREFIX, 5), Code("A002")]
    assert read(b"A001##A002##", Layout(suffix=b"##")) == [Code("A001"), Code("A002")]


@pytest.mark.parametrize("layout", [Layout(longest=20), Layout(suffix=b"##", longest=20), STX])
def test_what_is_too_long_is_refused_whole_and_the_next_is_read(layout):
    just, over = b"8" * 20, b"8" * 21
    decoder = CodeDecoder(layout)
    assert decoder.feed(layout.prefix + just + layout.suffix) == [Code(just.decode())]
    (refused,) = decoder.feed(layout.prefix + over + layout.suffix)
    assert refused.reason is Refusal.OVERLONG
    assert refused.dropped >= 21
    assert decoder.feed(layout.prefix + b"A001" + layout.suffix) == [Code("A001")]


def test_without_a_suffix_silence_ends_a_code():
    decoder = CodeDecoder(Layout(suffix=b""))
    assert decoder.feed(b"A0") + decoder.feed(b"01") == []
    assert decoder.silence() == [Code("A001")]
    assert decoder.silence() == []


def test_a_code_whose_end_never_comes_is_no_code():
    decoder = CodeDecoder(Layout())
    decoder.feed(b"A00")
    assert decoder.silence() == [Refused(Refusal.UNFINISHED, 3)]
    assert decoder.feed(b"B002\r") == [Code("B002")]


def test_what_began_too_early_is_passed_over_to_its_end():
    decoder = CodeDecoder(Layout())
    decoder.feed(b"A00")
    decoder.pass_over()
    assert decoder.feed(b"1\rB002\r") == [Refused(Refusal.STALE, 4), Code("B002")]
    decoder.pass_over()  # all of it had been thrown away but, perhaps, its line feed
    assert decoder.feed(b"\nB003\r") == [Code("B003")]
    decoder.pass_over()
    assert decoder.silence() == []
    assert decoder.feed(b"B004\r") == [Code("B004")]


def test_a_code_is_not_shown_by_its_repr():
    assert "A001" not in repr(Code("A001"))


LAYOUTS = st.sampled_from(
    [
        Layout(longest=30),
        Layout(suffix=b""),
        Layout(suffix=b"##"),
        STX,
        Layout(identifiers=True),
        Layout(suffix=b"\r\x03"),
    ]
)
CHUNKS = st.lists(
    st.one_of(
        st.binary(max_size=50),
        st.sampled_from([b"A001\r\n", b"]Q3A001\r", b"\x02A001\x03", "王芳\r".encode("gbk"), b"8" * 40, b"#", b"\r"]),
    ),
    max_size=15,
)


def any_stream(layout, chunks):
    """Nothing hangs, nothing escapes, nothing is held without end, and after silence a good code is read."""
    decoder = CodeDecoder(layout)
    for chunk in chunks:
        for item in decoder.feed(chunk):
            assert isinstance(item, Code | Refused)
        assert len(decoder._held) <= layout.longest + len(layout.prefix) + len(layout.suffix)
    decoder.silence()
    good = b"]Q3A009" if layout.identifiers else b"A009"
    found = decoder.feed(layout.prefix + good + layout.suffix) + (decoder.silence() if not layout.suffix else [])
    assert [item.text for item in found] == ["A009"]


@given(LAYOUTS, CHUNKS)
def test_any_stream_ends_and_a_good_code_is_read_after_it(layout, chunks):
    any_stream(layout, chunks)


@given(LAYOUTS, CHUNKS, st.data())
def test_how_the_stream_is_cut_does_not_matter(layout, chunks, data):
    whole = b"".join(chunks)
    decoder, found, rest = CodeDecoder(layout), [], whole
    while rest:
        n = data.draw(st.integers(1, len(rest)))
        found += decoder.feed(rest[:n])
        rest = rest[n:]
    assert found == read(whole, layout)


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20), max_size=10))
def test_what_was_sent_is_what_is_read(texts):
    assert read(b"".join(text.encode() + b"\r\n" for text in texts)) == [Code(text) for text in texts]


@pytest.mark.slow
def test_a_hundred_thousand_codes():
    chance = random.Random(20261125)
    codes = [b"A001\r\n", b"]Q3A001\r", b"\x02A001\x03", "王芳\r".encode("gbk"), "王芳\r\n".encode(), b"8" * 40, b"#"]
    for layout in (Layout(longest=30), Layout(suffix=b""), Layout(suffix=b"##"), STX, Layout(identifiers=True)):
        for _ in range(200):
            chunks = []
            for _ in range(100):
                code = bytearray(chance.choice(codes))
                if chance.randrange(3) == 0:
                    code[chance.randrange(len(code))] = chance.randrange(256)
                chunks.append(
                    bytes(code[: chance.randrange(len(code) + 1)]) if chance.randrange(3) == 0 else bytes(code)
                )
            any_stream(layout, chunks)
