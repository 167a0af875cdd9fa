"""Golden frames, and noise: the driver's codec against the bytes of the page and against the simulator's own."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cabinet.codec import (
    LONGEST,
    MOST_PAYLOAD,
    Asked,
    BoardState,
    Deframer,
    FrameError,
    Identity,
    Pattern,
    Reply,
    check_of,
    question,
    read_identity,
    read_state,
    stuff,
    unstuff,
)
from drivers.cabinet.simulator import crc, packed, unpacked

QUESTIONS = {
    "identify": (question(Asked.IDENTIFY, 1), "00 05 01 01 3E 1F 00"),
    "card reader's light, slow": (
        question(Asked.LIGHT, 2, bytes([0, Pattern.SLOW, 100])),
        "00 03 02 02 05 02 64 F2 A7 00",
    ),
    "state": (question(Asked.STATE, 3), "00 05 03 03 78 3F 00"),
    "watchdog, 60 s": (question(Asked.WATCHDOG, 4, b"\x3c"), "00 06 05 04 3C 1C 77 00"),
}
"""As docs/cabinet.md shows them."""

STATE = "00 03 C0 07 01 01 03 10 02 02 05 07 02 07 01 01 CB 12 00"
"""Uptime 16 s, changed; contacts 0 and 2 closed, 1 latched; changes 7, 1 and 1."""

IDENTITY = "00 03 81 01 07 01 02 07 04 03 01 06 C0 FF EE 29 1F 00"
"""Version 1, firmware 2.7, 4 lights, 3 contacts, a watchdog, serial number 00C0FFEE."""


def test_the_check_is_the_catalogues():
    assert check_of(b"123456789").hex() == "29b1"
    assert crc(b"123456789") == 0x29B1


@pytest.mark.parametrize(("frame", "golden"), QUESTIONS.values(), ids=QUESTIONS)
def test_golden_questions(frame, golden):
    assert frame == bytes.fromhex(golden)
    assert unpacked(frame[1:-1]) is not None


def state_bytes(uptime=16, cause=2, closed=0b101, latched=0b010, changes=(7, 1, 1)):
    head = uptime.to_bytes(4, "big") + bytes([cause]) + closed.to_bytes(2, "big") + latched.to_bytes(2, "big")
    return head + bytes(changes)


def test_a_state_and_a_reply_are_read():
    state = BoardState(16, 2, (True, False, True), (False, True, False), (7, 1, 1))
    assert Deframer().feed(bytes.fromhex(STATE)) == [state]
    assert bytes.fromhex(STATE) == packed(b"\xc0\x07" + state_bytes())
    (answer,) = Deframer().feed(bytes.fromhex(IDENTITY))
    assert (answer.asked, answer.sequence, answer.result) == (Asked.IDENTIFY, 1, 0)
    assert read_identity(answer.data) == Identity(1, "2.7", 4, 3, has_watchdog=True, serial="00C0FFEE")
    assert Deframer().feed(packed(b"\x83\x09\x00" + state_bytes())) == [Reply(Asked.STATE, 9, 0, state_bytes())]
    assert read_state(state_bytes()) == state


@pytest.mark.parametrize("data", [b"", bytes(8), bytes(26)])
def test_a_state_of_no_possible_length_is_refused(data):
    with pytest.raises(FrameError, match="bytes, not"):
        read_state(data)


def test_an_identity_that_cannot_be_is_refused():
    with pytest.raises(FrameError, match="10 bytes"):
        read_identity(bytes(9))
    with pytest.raises(FrameError, match="at most"):
        read_identity(bytes.fromhex("01 02 07 11 03 01 00 C0 FF EE"))


def test_a_payload_that_fits_no_frame_is_refused():
    assert len(question(Asked.LIGHT, 1, bytes(MOST_PAYLOAD))) == LONGEST + 2
    with pytest.raises(ValueError, match="48 bytes"):
        question(Asked.LIGHT, 1, bytes(MOST_PAYLOAD + 1))


@pytest.mark.parametrize("harm", [1, 2, 3, 6])
def test_a_damaged_frame_is_dropped_and_the_next_is_read(harm):
    good = packed(b"\x81\x01\x00")
    bad = bytearray(packed(b"\x81\x01\x00\x55\x66\x77"))
    bad[harm] ^= 0x41
    deframer = Deframer()
    assert deframer.feed(bytes(bad) + good) == [Reply(Asked.IDENTIFY, 1, 0, b"")]
    assert deframer.dropped == 1


@pytest.mark.parametrize(
    "body", [b"\xc0\x01\x02", b"\x81\x01", b"\x01\x01\x00", b"\x81"], ids=["state", "no result", "question", "short"]
)
def test_what_is_whole_and_not_of_a_board_is_dropped(body):
    deframer = Deframer()
    assert deframer.feed(packed(body)) == []
    assert deframer.dropped == 1


def test_a_frame_that_never_ends_is_given_up_at_its_zero():
    deframer = Deframer()
    assert deframer.feed(b"\x07" * 10_000) == []
    assert len(deframer._held) <= LONGEST
    assert deframer.feed(b"\0" + packed(b"\x81\x02\x00")) == [Reply(Asked.IDENTIFY, 2, 0, b"")]
    assert deframer.dropped == 1


@given(st.binary(max_size=MOST_PAYLOAD))
def test_stuffing_takes_out_every_zero_and_comes_back(body):
    assert b"\0" not in stuff(body)
    assert unstuff(stuff(body)) == body
    frame = question(Asked.LIGHT, 5, body)
    assert frame == packed(b"\x02\x05" + body)
    assert unpacked(frame[1:-1]) == b"\x02\x05" + body


@settings(max_examples=60)
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=10))
def test_the_cuts_of_the_line_change_nothing(data, cuts):
    whole, parts = Deframer(), Deframer()
    expected = whole.feed(data)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found = [one for start, end in itertools.pairwise(edges) for one in parts.feed(data[start:end])]
    assert (found, parts.dropped) == (expected, whole.dropped)


def fuzz(frames, seed):
    """Feed damaged frames, each followed by a good one that must be read; count what was taken and never sent."""
    dice = random.Random(seed)
    deframer = Deframer()
    taken = 0
    for number in range(frames):
        data = dice.randbytes(dice.randrange(MOST_PAYLOAD))
        frame = bytearray(packed(bytes([0x83, number % 256, 0]) + data)[1:-1])
        for _ in range(dice.randint(1, 3)):
            match dice.randrange(4):
                case 0:
                    frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)
                case 1:
                    del frame[dice.randrange(len(frame)) :]
                case 2:
                    frame.insert(dice.randrange(len(frame) + 1), dice.randrange(256))
                case _:
                    frame[:0] = dice.randbytes(dice.randrange(12))
            if not frame:
                frame = bytearray(b"\x01")
        found = deframer.feed(bytes(frame) + b"\0" + packed(bytes([0x81, number % 256, 0])))
        assert found[-1] == Reply(Asked.IDENTIFY, number % 256, 0, b"")
        assert len(deframer._held) <= LONGEST
        taken += sum(one != Reply(Asked.STATE, number % 256, 0, data) for one in found[:-1])
    return taken


def test_after_damage_of_any_kind_the_next_frame_is_read():
    assert fuzz(400, 7) <= 1


@pytest.mark.slow
def test_a_hundred_thousand_damaged_frames():
    assert fuzz(120_000, 11) <= 8  # sixteen bits of check let one in 65,536 pass
