"""Golden bytes and fuzzing of the demultiplexer."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.receipt_printer.codec import (
    MAX_BLOCK,
    AutomaticStatus,
    BuffersCleared,
    Demultiplexer,
    OtherBlock,
    PaperSensorStatus,
    ProcessPrinted,
    RealTimeStatus,
    process_ids,
)

REPLIES = {
    bytes.fromhex("12"): RealTimeStatus(0x12),
    bytes.fromhex("7E"): RealTimeStatus(0x7E),
    bytes.fromhex("14 00 00 0F"): AutomaticStatus(bytes.fromhex("1400000F")),
    bytes.fromhex("38 00 0C 0F"): AutomaticStatus(bytes.fromhex("38000C0F")),
    b"\x37\x22ABcd\x00": ProcessPrinted(b"ABcd"),
    bytes.fromhex("37 25 00"): BuffersCleared(),
    bytes.fromhex("03"): PaperSensorStatus(3),
    bytes.fromhex("0C"): PaperSensorStatus(12),
    b"_TM-T88III\x00": OtherBlock(b"_TM-T88III"),
}


@pytest.mark.parametrize(("data", "reply"), REPLIES.items(), ids=str)
def test_each_reply_is_told_by_its_shape_alone(data, reply):
    codec = Demultiplexer()
    assert codec.feed(data) == [reply]
    assert codec.dropped == 0


@pytest.mark.parametrize("data", REPLIES, ids=lambda value: value.hex())
def test_a_reply_that_comes_byte_by_byte_is_the_same(data):
    codec = Demultiplexer()
    assert list(itertools.chain.from_iterable(codec.feed(bytes([byte])) for byte in data)) == [REPLIES[data]]


def test_noise_before_a_reply_is_dropped_and_counted():
    codec = Demultiplexer()
    assert codec.feed(b"\xff\xaa\x13\x12") == [RealTimeStatus(0x12)]
    assert codec.dropped == 3


def test_a_stray_header_does_not_swallow_the_confirmation():
    codec = Demultiplexer()
    assert codec.feed(b"\x5f\x35\x37\x22ABCD\x00") == [ProcessPrinted(b"ABCD")]
    assert codec.dropped == 2


def test_a_false_beginning_of_automatic_status_does_not_swallow_what_follows():
    assert Demultiplexer().feed(b"\x14\x12\x12") == [RealTimeStatus(0x12), RealTimeStatus(0x12)]


def test_a_block_that_never_ends_is_given_up():
    codec = Demultiplexer()
    codec.feed(b"\x5f" + b"Z" * (MAX_BLOCK - 1))
    assert codec.feed(b"\x12")[-1] == RealTimeStatus(0x12)


def test_reset_forgets_half_a_reply():
    codec = Demultiplexer()
    assert codec.feed(b"\x37\x22AB") == []
    codec.reset()
    assert codec.feed(b"\x12") == [RealTimeStatus(0x12)]


@settings(max_examples=60)
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=12))
def test_the_cuts_of_the_line_change_nothing(data, cuts):
    whole = Demultiplexer()
    expected = whole.feed(data)
    parts = Demultiplexer()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found = [reply for start, end in itertools.pairwise(edges) for reply in parts.feed(data[start:end])]
    assert found == expected
    assert parts.dropped == whole.dropped


@settings(max_examples=60)
@given(st.binary(max_size=500), st.lists(st.sampled_from(sorted(REPLIES)), min_size=1, max_size=6))
def test_after_any_noise_and_a_reset_replies_are_understood(noise, sent):
    codec = Demultiplexer()
    codec.feed(noise)
    assert len(codec._held) <= MAX_BLOCK
    codec.reset()
    assert codec.feed(b"".join(sent)) == [REPLIES[data] for data in sent]


def test_process_ids_look_like_no_status_and_do_not_repeat():
    ids = list(itertools.islice(process_ids(), 2000))
    assert len(set(ids)) == 2000
    for byte in set(b"".join(ids)):
        assert byte & 0x93 not in {0x12, 0x10}
        assert 0x20 < byte < 0x7F


def fuzz(rounds, seed):
    """Feed damaged replies; after each, and a reset, good ones must be understood. Count the pieces fed."""
    dice = random.Random(seed)
    codec = Demultiplexer()
    known = sorted(REPLIES)
    pieces = 0
    for _ in range(rounds):
        frame = bytearray(dice.choice(known))
        for _ in range(dice.randint(1, 3)):
            match dice.randrange(4):
                case 0:
                    frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)
                case 1:
                    del frame[dice.randrange(1, len(frame) + 1) :]
                case 2:
                    frame.insert(dice.randrange(len(frame) + 1), dice.randrange(256))
                case _:
                    frame[:0] = dice.randbytes(dice.randrange(12))
        cut = dice.randrange(len(frame) + 1)
        for piece in (frame[:cut], frame[cut:]):
            codec.feed(bytes(piece))
            pieces += 1
        assert len(codec._held) <= MAX_BLOCK
        codec.reset()
        sent = [dice.choice(known) for _ in range(2)]
        assert codec.feed(b"".join(sent)) == [REPLIES[data] for data in sent]
    return pieces


def test_after_damage_of_any_kind_what_follows_is_understood():
    assert fuzz(400, 7) == 800


@pytest.mark.slow
def test_a_hundred_thousand_damaged_replies():
    assert fuzz(120_000, 11) == 240_000
