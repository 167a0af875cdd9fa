"""The codecs of the boards: published bytes in both directions, and any noise between them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.call_display import alpha, modbus
from drivers.call_display.codec import (
    Colour,
    Dropped,
    FrameFinder,
    XunpengAnswer,
    XunpengShape,
    encode_numeric,
    encode_xunpeng,
    parse_xunpeng,
)

# The FC16 and FC03 examples of the MODBUS Application Protocol Specification, with unit 17 and its check.
WRITTEN = bytes.fromhex("11 10 00 01 00 02 12 98")
HELD = bytes.fromhex("11 03 06 AE 41 56 52 43 40 49 AD")
ECHO = bytes.fromhex("2A 00 78 03 01 A6 0A")
SHORT = bytes.fromhex("3A 01 3B 0A")
TEXT = b"\x01000\x02AA\x1b\x20bA023 -> 3\x03" + b"%04X\x04" % sum(b"\x02AA\x1b\x20bA023 -> 3\x03")

SHAPES = {
    "modbus": (modbus.ModbusShape(), [WRITTEN, HELD, bytes.fromhex("11 90 02 CC 04")]),
    "xunpeng": (XunpengShape(), [ECHO, SHORT]),
    "alpha": (alpha.AlphaShape(), [TEXT]),
}
each_shape = pytest.mark.parametrize(("shape", "good"), SHAPES.values(), ids=SHAPES)


def frames(found):
    return [item for item in found if isinstance(item, bytes)]


# -- published bytes


def test_the_numeric_board_shows_999_on_board_5():
    assert encode_numeric(5, 999) == bytes.fromhex("05 03 E7 EF")


def test_the_xunpeng_board_shows_888_in_green():
    assert encode_xunpeng(Colour.GREEN, 888) == bytes.fromhex("3A 00 78 03 01 B6 0A")
    assert encode_xunpeng(Colour.RED, 0) == bytes.fromhex("3A 02 00 00 01 3D 0A")


@pytest.mark.parametrize(("frame", "answer"), [(ECHO, XunpengAnswer(0, 888)), (SHORT, XunpengAnswer(None, None))])
def test_both_published_answers_of_the_xunpeng_board_are_understood(frame, answer):
    assert FrameFinder(XunpengShape()).feed(frame) == [frame]
    assert parse_xunpeng(frame) == answer


def test_what_was_sent_is_no_answer_though_an_adapter_gives_it_back():
    assert frames(FrameFinder(XunpengShape()).feed(encode_xunpeng(Colour.GREEN, 888))) == []


def test_the_modbus_requests_are_the_published_bytes():
    assert modbus.encode_write(17, 1, (0x000A, 0x0102)) == bytes.fromhex("11 10 00 01 00 02 04 00 0A 01 02 C6 F0")
    assert modbus.encode_read(17, 0x6B, 3) == bytes.fromhex("11 03 00 6B 00 03 76 87")


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (WRITTEN, modbus.Written(17, 1, 2)),
        (HELD, modbus.Held(17, (0xAE41, 0x5652, 0x4340))),
        (bytes.fromhex("11 90 02 CC 04"), modbus.Refused(17, 0x10, 2)),
    ],
)
def test_the_published_modbus_answers_are_understood(frame, answer):
    assert FrameFinder(modbus.ModbusShape()).feed(frame) == [frame]
    assert modbus.parse(frame) == answer


def test_text_goes_into_registers_in_either_order():
    assert modbus.registers("请A ".encode("gbk")) == (0xC7EB, 0x4120)
    assert modbus.registers("请A ".encode("gbk"), low_first=True) == (0xEBC7, 0x2041)


def test_the_alpha_packet_has_the_manuals_checksum():
    packet = alpha.encode_text("Z", "00", "A", "HELLO", alpha.HOLD)
    assert packet == b"\0\0\0\0\0\x01Z00\x02AA\x1b\x20bHELLO\x03%04X\x04" % (0x01FB + 0x1B + 0x20 + ord("b"))
    whole = b"\x01Z00\x02AAHELLO\x0301FB\x04"  # p. 60: a text without position and mode
    assert FrameFinder(alpha.AlphaShape()).feed(whole) == [whole]
    assert alpha.parse_text(whole) == alpha.TextFile("A", None, b"HELLO")


def test_an_alpha_sign_answers_with_the_text_it_has():
    found = FrameFinder(alpha.AlphaShape()).feed(bytes(20) + TEXT)
    assert found == [Dropped(20, damaged=False), TEXT]
    assert alpha.parse_text(TEXT) == alpha.TextFile("A", b"b", b"A023 -> 3")
    assert alpha.parse_text(b"\x01000\x02E*@\x0300B3\x04") is None


# -- noise


@each_shape
def test_byte_by_byte(shape, good):
    finder = FrameFinder(shape)
    found = [item for byte in b"".join(good) for item in finder.feed(bytes([byte]))]
    assert found == good
    assert finder.pending == 0


@each_shape
def test_a_wrong_check_is_damage_and_the_next_frame_is_found(shape, good):
    broken = good[0][:-2] + bytes([good[0][-2] ^ 1]) + good[0][-1:]
    found = FrameFinder(shape).feed(broken + good[0])
    assert found[0] == Dropped(1, damaged=True)
    assert frames(found) == [good[0]]


@each_shape
def test_a_half_frame_is_held_and_forgotten_by_a_reset(shape, good):
    finder = FrameFinder(shape)
    half = good[0][: len(good[0]) // 2]
    assert finder.feed(half) == []
    assert finder.pending == len(half)
    finder.reset()
    assert finder.feed(good[0]) == [good[0]]


def noise(good, least):
    """Streams of at least ``least`` frames: whole, cut short or with a wrong byte, each after some garbage or none."""
    cut = st.sampled_from([frame[:size] for frame in good for size in (2, len(frame) // 2, len(frame) - 1)])
    wrong = st.sampled_from(good).flatmap(
        lambda frame: st.integers(0, len(frame) - 1).map(lambda at: frame[:at] + b"\x55" + frame[at + 1 :])
    )
    frame = st.one_of(st.sampled_from(good), cut, wrong)
    pairs = st.tuples(st.binary(max_size=20), frame)
    return st.lists(pairs, min_size=least, max_size=12).map(lambda found: [piece for pair in found for piece in pair])


def stands_any_noise(shape, good, stream, cuts):
    """No byte is lost to the account, no call escapes or hangs, and a good frame is found within one longest frame."""
    finder, whole = FrameFinder(shape), FrameFinder(shape)
    found = [item for chunk in stream for item in finder.feed(chunk)]
    assert frames(found) == frames(whole.feed(b"".join(stream))), "how the stream is cut does not matter"
    counted = sum(len(item) if isinstance(item, bytes) else item.count for item in found)
    assert counted + finder.pending == sum(map(len, stream))
    assert finder.pending <= shape.longest
    for frame in frames(found):
        assert parse(shape, frame) is not NotImplemented
    again = good[cuts % len(good)]
    spent = 0
    while again not in frames(finder.feed(again)):
        spent += len(again)
        assert spent <= shape.longest + len(again), "no resynchronisation"


def parse(shape, frame):
    if isinstance(shape, modbus.ModbusShape):
        return modbus.parse(frame)
    return parse_xunpeng(frame) if isinstance(shape, XunpengShape) else alpha.parse_text(frame)


@each_shape
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_stream_ends_and_is_accounted_for(shape, good, data):
    stands_any_noise(shape, good, data.draw(noise(good, 0)), data.draw(st.integers(0, 5)))


@pytest.mark.slow
@each_shape
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_hundred_thousand_frames_of_each_protocol(shape, good, data):
    # Twenty thousand streams of at least five frames.
    stands_any_noise(shape, good, data.draw(noise(good, 5)), data.draw(st.integers(0, 5)))


@given(st.integers(1, 247), st.integers(0, 0xFFFF - 123), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=123))
def test_any_modbus_request_has_a_check_that_comes_out_even(unit, address, values):
    request = modbus.encode_write(unit, address, values)
    assert modbus.crc(request) == b"\0\0"
    assert len(request) == 9 + 2 * len(values)


def test_the_alpha_packets_are_those_of_somebody_elses_library():
    # As alphasignpy 0.1.1 builds them, without its marks for pauses.
    assert alpha.encode_text("Z", "01", "A", "A023 -> 3", alpha.HOLD) == bytes.fromhex(
        "00 00 00 00 00 01 5a 30 31 02 41 41 1b 20 62 41 30 32 33 20 2d 3e 20 33 03 30 32 44 38 04"
    )
    assert alpha.encode_read_text("Z", "01", "A") == bytes.fromhex(
        "00 00 00 00 00 01 5a 30 31 02 42 41 03 30 30 38 38 04"
    )
