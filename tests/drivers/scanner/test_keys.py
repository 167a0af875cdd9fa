"""Keys at a scanner's pace become codes; a person's, and what the kernel lost, do not."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner.codec import Code, Refusal, Refused
from drivers.scanner.keys import EV_KEY, EVENT, EventDecoder, InputEvent, KeyReader
from drivers.scanner.pace import Pace, Typed
from drivers.scanner.simulator import SimulatedScanner

# What the kernel gives for "A1" and Enter, typed at 5 ms: Linux input-event-codes.h has KEY_LEFTSHIFT 42, KEY_A 30,
# KEY_1 2, KEY_ENTER 28. Little-endian, 64 bits: seconds, microseconds, type, code, value.
GOLDEN = bytes.fromhex(
    "6400000000000000 0000000000000000 0100 2a00 01000000"
    "6400000000000000 0000000000000000 0100 1e00 01000000"
    "6400000000000000 0000000000000000 0000 0000 00000000"
    "6400000000000000 e803000000000000 0100 1e00 00000000"
    "6400000000000000 e803000000000000 0100 2a00 00000000"
    "6400000000000000 8813000000000000 0100 0200 01000000"
    "6400000000000000 7017000000000000 0100 0200 00000000"
    "6400000000000000 1027000000000000 0100 1c00 01000000"
)


def strokes(text, gap=0.005, at=100.0):
    """The events of keys that type ``text``, the first at ``at``."""
    now = at + gap * (len(text) - 1)
    events = EventDecoder().feed(SimulatedScanner._keystrokes(text, gap))
    shift = now - events[-1].at
    return [InputEvent(event.at + shift, event.type, event.code, event.value) for event in events]


def read(events, pace=None):
    reader = KeyReader(pace)
    return [found for event in events if (found := reader.feed(event)) is not None]


@pytest.mark.skipif(EVENT.size != 24 or struct.pack("@H", 1) != b"\x01\x00", reason="a 64-bit little-endian kernel's")
def test_the_kernels_bytes_are_understood():
    decoder = EventDecoder()
    events = decoder.feed(GOLDEN)
    assert events[1] == InputEvent(100.0, 1, 30, 1)
    assert events[5].at == 100.005
    assert read(events, Pace(shortest=2)) == [Typed(Code("A1"), 100.0, 100.01)]
    assert (decoder.pending, decoder.passed_over) == (0, 0)


def test_every_character_of_a_keyboard_is_typed():
    text = "".join(map(chr, range(0x20, 0x7F)))
    (typed,) = read(strokes(text + "\r"))
    assert typed.code.text == text
    assert typed.ended > typed.began


def test_caps_lock_and_the_keypad():
    caps = [InputEvent(100.0, 1, 58, 1), InputEvent(100.0, 1, 58, 0)]
    (typed,) = read(caps + strokes("aBc1\r"))
    assert typed.code.text == "AbC1"
    keypad = [InputEvent(100.0 + 0.005 * i, 1, code, 1) for i, code in enumerate((79, 80, 81, 82, 96))]
    assert [found.code.text for found in read(keypad)] == ["1230"]


def test_a_person_is_no_scanner():
    (refused,) = read(strokes("hello\r", gap=0.12))
    assert refused == Refused(Refusal.PACE, 5)


@pytest.mark.parametrize(("gap", "taken"), [(0.001, True), (0.049, True), (0.051, False), (0.3, False)])
def test_the_longest_gap_is_configured(gap, taken):
    (found,) = read(strokes("A0001\r", gap=gap), Pace(gap=0.05))
    assert isinstance(found, Typed) is taken


def test_one_late_key_spoils_all_of_a_code():
    events = strokes("A0001\r")
    late = [InputEvent(e.at + (0.2 if i > 12 else 0.0), e.type, e.code, e.value) for i, e in enumerate(events)]
    assert [found.reason for found in read(late)] == [Refusal.PACE]


def test_what_is_too_short_or_too_long_is_refused():
    assert read(strokes("A1\r")) == [Refused(Refusal.SHORT, 2)]
    assert read(strokes("A" * 21 + "\r"), Pace(longest=20)) == [Refused(Refusal.OVERLONG, 21)]
    assert read(strokes("\r\r")) == []


def test_a_key_held_down_is_no_scanner():
    held = [InputEvent(100.0 + 0.03 * i, 1, 30, 2 if i else 1) for i in range(9)] + [InputEvent(100.28, 1, 28, 1)]
    assert [found.reason for found in read(held)] == [Refusal.PACE]


def test_tab_ends_a_code_where_it_is_told_to():
    assert [found.code.text for found in read(strokes("A001\t"))] == ["A001"]
    assert [found.reason for found in read(strokes("A001\tB\r"), Pace(tab_ends=False))] == [Refusal.CONTROL]


def test_what_the_kernel_lost_spoils_the_code_and_not_the_next():
    events = strokes("A0001\r")
    lost = [*events[:9], InputEvent(events[9].at, 0, 3, 0), *events[9:]]
    found = read(lost + strokes("A0002\r", at=102.0))
    assert [getattr(item, "reason", None) or item.code.text for item in found] == [Refusal.LOST, "A0002"]


def test_a_rest_begins_something_new():
    found = read(strokes("A000") + strokes("B0001\r", at=102.0))
    assert found[0] == Refused(Refusal.UNFINISHED, 4)
    assert found[1].code.text == "B0001"
    reader = KeyReader()
    for event in strokes("A000"):
        reader.feed(event)
    assert reader.silence() == Refused(Refusal.UNFINISHED, 4)
    assert reader.silence() is None


@pytest.mark.parametrize("stuck", [42, 54, 29, 56, 125, 58])
@pytest.mark.parametrize("told", [True, False])
def test_a_key_whose_way_up_was_lost_spoils_no_code_after_a_rest(stuck, told):
    """Else every code after it were read in the other case, or refused, for ever."""
    reader = KeyReader()
    reader.feed(InputEvent(100.0, EV_KEY, stuck, 1))
    if told:
        reader.silence()
    found = [item for event in strokes("Ab-09\r", at=101.5) if (item := reader.feed(event)) is not None]
    assert [item.code.text for item in found] == ["Ab-09"]


def test_after_lost_bytes_events_are_found_again():
    decoder = EventDecoder()
    whole = SimulatedScanner._keystrokes("A0001\r" * 3, 0.005)
    events = decoder.feed(b"\xff" * 5 + whole)
    assert decoder.passed_over > 0
    assert [event.code for event in events[-4:]] == [28, 0, 28, 0]


EVENTS = st.builds(
    InputEvent,
    st.floats(0, 10_000, allow_nan=False),
    st.integers(0, 31),
    st.one_of(st.integers(0, 0x2FF), st.sampled_from([2, 28, 30, 42, 15, 58, 3])),
    st.integers(-1, 3),
)


def any_bytes_and_events(data, events):
    decoder, reader = EventDecoder(), KeyReader(Pace(longest=30))
    for event in decoder.feed(data) + events:
        reader.feed(event)
        assert len(reader._keys._typed) <= 30
    assert decoder.pending < EVENT.size
    found = [item for event in strokes("A0009\r", at=20_000.0) if (item := reader.feed(event)) is not None]
    found = [item for item in found if isinstance(item, Typed)]
    assert [item.code.text for item in found] == ["A0009"]


@given(st.binary(max_size=200), st.lists(EVENTS, max_size=40))
def test_any_bytes_and_events_end_and_a_good_code_is_read_after_them(data, events):
    any_bytes_and_events(data, events)


@pytest.mark.slow
def test_a_hundred_thousand_events():
    chance = random.Random(20261125)
    codes = [*range(0x60), 58, 42, 28, 0x2FF]
    for _ in range(1000):
        at, events = 100.0, []
        for _ in range(100):
            at += chance.choice([0.0, 0.004, 0.2, 2.0])
            kind = chance.choice([1, 1, 1, 0, 4])
            events.append(InputEvent(at, kind, chance.choice(codes), chance.choice([1, 0, 2, 3])))
        any_bytes_and_events(chance.randbytes(chance.randrange(200)), events)
