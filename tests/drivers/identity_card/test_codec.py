import random
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.identity_card.codec import (
    MAX_FRAME,
    PREAMBLE,
    Command,
    Damage,
    Frame,
    FrameDecoder,
    FrameError,
    encode_command,
)

FOUND = bytes.fromhex("AAAAAA9669 0008 00009F 00000000 97")
SELECTED = bytes.fromhex("AAAAAA9669 000C 000090 0000000000000000 9C")
NOT_FOUND = bytes.fromhex("AAAAAA9669 0004 000080 84")


def answer(status, data=b""):
    counted = (len(status) + len(data) + 1).to_bytes(2, "big") + status + data
    return PREAMBLE + counted + bytes([reduce(xor, counted)])


def frames(found):
    return [item for item in found if isinstance(item, Frame)]


@pytest.mark.parametrize(
    ("command", "vector"),
    [
        (Command.FIND, "AA AA AA 96 69 00 03 20 01 22"),
        (Command.SELECT, "AA AA AA 96 69 00 03 20 02 21"),
        (Command.READ, "AA AA AA 96 69 00 03 30 01 32"),
        (Command.READ_WITH_FINGERPRINT, "AA AA AA 96 69 00 03 30 10 23"),
        (Command.RESET, "AA AA AA 96 69 00 03 10 FF EC"),
        (Command.STATUS, "AA AA AA 96 69 00 03 11 FF ED"),
        (Command.READER_ID, "AA AA AA 96 69 00 03 12 FF EE"),
    ],
)
def test_commands_are_the_published_bytes(command, vector):
    assert encode_command(command) == bytes.fromhex(vector)


@pytest.mark.parametrize(("vector", "sw3", "size"), [(FOUND, 0x9F, 4), (SELECTED, 0x90, 8), (NOT_FOUND, 0x80, 0)])
def test_published_answers_are_understood(vector, sw3, size):
    (frame,) = FrameDecoder().feed(vector)
    assert (frame.status, frame.sw3, frame.data) == (bytes([0, 0, sw3]), sw3, bytes(size))


def test_the_answer_to_read_has_1295_bytes_and_its_published_beginning():
    whole = answer(b"\x00\x00\x90", bytes.fromhex("01000400") + bytes(256 + 1024))
    assert len(whole) == 1295
    assert whole[5:14] == bytes.fromhex("050800009001000400")
    (frame,) = FrameDecoder().feed(whole)
    assert len(frame.data) == 1284


@pytest.mark.parametrize(("fingerprint", "size"), [(0, 1297), (512, 1809), (1024, 2321)])
def test_answers_with_fingerprints_fit(fingerprint, size):
    whole = answer(b"\x00\x00\x90", bytes(6 + 256 + 1024 + fingerprint))
    assert len(whole) == size
    assert len(frames(FrameDecoder().feed(whole))) == 1


def test_byte_by_byte():
    decoder = FrameDecoder()
    found = [item for byte in FOUND + SELECTED for item in decoder.feed(bytes([byte]))]
    assert [item.sw3 for item in frames(found)] == [0x9F, 0x90]
    assert decoder.pending == 0


def test_garbage_is_counted_and_passed_over():
    garbage, frame = FrameDecoder().feed(b"\xff\x00\xaa\xaa\x13" + FOUND)
    assert garbage == FrameError(Damage.GARBAGE, 5)
    assert frame.sw3 == 0x9F


def test_a_preamble_may_follow_stray_preamble_bytes():
    assert [f.sw3 for f in frames(FrameDecoder().feed(b"\xaa\xaa" + FOUND))] == [0x9F]


def test_a_wrong_check_is_damage_and_the_next_frame_is_found():
    broken = FOUND[:-1] + b"\x96"
    found = FrameDecoder().feed(broken + NOT_FOUND)
    assert found[0] == FrameError(Damage.CHECKSUM, 1)
    assert [f.sw3 for f in frames(found)] == [0x80]


@pytest.mark.parametrize("length", [0, 3, 2315, 0xFFFF])
def test_an_impossible_length_is_damage_at_once(length):
    found = FrameDecoder().feed(PREAMBLE + length.to_bytes(2, "big") + FOUND)
    assert found[0] == FrameError(Damage.LENGTH, 1)
    assert [f.sw3 for f in frames(found)] == [0x9F]


def test_a_half_frame_is_held_and_lost_to_the_next_after_a_reset():
    decoder = FrameDecoder()
    assert decoder.feed(SELECTED[:9]) == []
    assert decoder.pending == 9
    decoder.reset()
    assert [f.sw3 for f in frames(decoder.feed(FOUND))] == [0x9F]


def test_a_frame_hides_its_data_and_can_be_wiped():
    (frame,) = FrameDecoder().feed(answer(b"\x00\x00\x90", b"secret"))
    assert "secret" not in repr(frame)
    frame.wipe()
    assert frame.data == bytes(6)


chunks = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([FOUND, SELECTED, NOT_FOUND, PREAMBLE, PREAMBLE[:3], FOUND[:8], b"\xaa" * 7]),
        st.integers(0, 0xFFFF).map(lambda n: PREAMBLE + n.to_bytes(2, "big")),
    ),
    max_size=12,
)


@given(chunks)
def test_any_stream_ends_and_is_accounted_for(stream):
    decoder = FrameDecoder()
    dropped = framed = 0
    for chunk in stream:
        for item in decoder.feed(chunk):
            if isinstance(item, Frame):
                framed += len(item.data) + 11
            else:
                dropped += item.dropped
    assert dropped + framed + decoder.pending == sum(map(len, stream))
    assert decoder.pending < MAX_FRAME


@given(chunks)
def test_after_any_noise_a_good_frame_is_found_within_one_longest_frame(stream):
    decoder = FrameDecoder()
    for chunk in stream:
        decoder.feed(chunk)
    spent, found = 0, []
    while not any(f.sw3 == 0x9F for f in frames(found)):
        assert spent <= MAX_FRAME, "no resynchronisation"
        found = decoder.feed(FOUND)
        spent += len(FOUND)


@given(chunks, st.data())
def test_how_the_stream_is_cut_does_not_matter(stream, data):
    whole = b"".join(stream)
    decoder, found = FrameDecoder(), []
    rest = whole
    while rest:
        n = data.draw(st.integers(1, len(rest)))
        found += decoder.feed(rest[:n])
        rest = rest[n:]
    assert frames(found) == frames(FrameDecoder().feed(whole))


CARD_READ = answer(b"\x00\x00\x90", bytes.fromhex("01000400") + bytes(range(256)) * 5)
WHOLE = [FOUND, SELECTED, NOT_FOUND, answer(b"\x00\x00\x90", bytes(70)), CARD_READ]


def damaged(dice):
    """One frame: whole, or cut, changed, with bytes more, after noise, or with a length that lies."""
    frame = bytearray(dice.choice(WHOLE if dice.randrange(20) == 0 else WHOLE[:4]))
    match dice.randrange(6):
        case 0:
            frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)
        case 1:
            del frame[dice.randrange(1, len(frame) + 1) :]
        case 2:
            frame.insert(dice.randrange(len(frame) + 1), dice.randrange(256))
        case 3:
            frame[:0] = dice.choice([dice.randbytes(dice.randrange(12)), PREAMBLE[: dice.randrange(6)]])
        case 4:
            frame[5:7] = dice.choice([b"\0\0", b"\0\3", b"\x09\x0a", b"\xff\xff", dice.randbytes(2)])
        case _:
            pass
    return bytes(frame)


def fuzz(streams, seed):
    """Feed streams of fifty frames in odd pieces; after each a good frame is found in time. Count the frames."""
    dice = random.Random(seed)
    fed = 0
    for _ in range(streams):
        sent = [damaged(dice) for _ in range(50)]
        whole = b"".join(sent)
        decoder, found, at = FrameDecoder(), [], 0
        while at < len(whole):
            size = dice.choice([1, 3, 16, 300])
            found += decoder.feed(whole[at : at + size])
            at += size
            assert decoder.pending < MAX_FRAME
        assert frames(found) == frames(FrameDecoder().feed(whole)), "how the stream is cut does not matter"
        counted = sum(len(item.data) + 11 if isinstance(item, Frame) else item.dropped for item in found)
        assert counted + decoder.pending == len(whole)
        spent, after = 0, []
        while not any(frame.sw3 == 0x90 and len(frame.data) == 8 for frame in frames(after)):
            assert spent <= MAX_FRAME, "no resynchronisation"
            after = decoder.feed(SELECTED)
            spent += len(SELECTED)
        # Silence ends what was held, and then the very next frame is read.
        decoder.feed(dice.choice(sent)[:6])
        decoder.reset()
        assert [frame.sw3 for frame in frames(decoder.feed(FOUND))] == [0x9F]
        fed += len(sent)
    return fed


def test_after_damage_of_any_kind_the_next_frame_is_found():
    assert fuzz(4, 7) == 200


@pytest.mark.slow
def test_a_hundred_thousand_damaged_frames():
    assert fuzz(2_400, 11) == 120_000
