"""ZVT's frames: published vectors in both directions, every cut, every noise."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.payment_terminal.codec import (
    Apdu,
    ApduDecoder,
    BlockDecoder,
    Damage,
    FrameError,
    Handshake,
    Instruction,
    crc16,
    encode_apdu,
    encode_block,
)
from drivers.payment_terminal.fields import authorisation
from drivers.payment_terminal.simulator import frame_block

PAY = bytes.fromhex("06 01 07 04 00 00 00 00 12 50")
# Recorded messages of a terminal, from the tests of the open implementation ecrterm (github.com/wirelane/ecrterm).
COMPLETION = bytes.fromhex("10 02 06 0F 0B F0 F0 F7 32 2E 31 34 2E 31 35 00 10 03 B1 11")
LINE = bytes.fromhex("10 02 06 D1 17 00 20 20 20 20 20 20 20 20 20 4B 61 73 73 65 6E 73 63 68 6E 69 74 74 10 03 2F 07")
STATUS = bytes.fromhex(
    "10 02 04 0F 37 27 00 04 00 00 00 00 40 00 49 09 78 0C 09 38 48 0D 04 25 22 F1 F1 59 66 66 66 66"
    "D2 00 21 22 01 00 17 00 01 87 01 75 0B 61 39 95 19 40 29 60 09 99 14 0E 05 12 8A 02 10 03 90 8C"
)
RECORDED = [
    (COMPLETION, Instruction.COMPLETION),
    (LINE, Instruction.PRINT_LINE),
    (STATUS, Instruction.STATUS_INFORMATION),
]
ACK_APDU = bytes.fromhex("800000")
DONE = bytes.fromhex("060F00")


def apdus(found):
    return [item for item in found if isinstance(item, Apdu)]


def test_a_payment_of_12_50_is_the_published_bytes():
    assert encode_apdu(authorisation(1250)) == PAY
    assert encode_block(PAY) == bytes.fromhex("10 02 06 01 07 04 00 00 00 00 12 50 10 03 2D F7")


def test_the_checksum_is_kermit():
    assert crc16(b"123456789") == 0x2189


@pytest.mark.parametrize(("block", "control"), RECORDED)
def test_a_terminals_blocks_are_understood_and_written_the_same(block, control):
    (apdu,) = BlockDecoder().feed(block)
    assert apdu.control == control
    assert encode_block(encode_apdu(apdu)) == block
    assert frame_block(encode_apdu(apdu)) == block, "the simulator writes them too"
    (bare,) = ApduDecoder().feed(encode_apdu(apdu))
    assert bare == apdu


def test_a_dle_in_a_message_is_doubled():
    apdu = Apdu(Instruction.STATUS_INFORMATION, b"\x10\x03\x10\x10\x02")
    block = encode_block(encode_apdu(apdu))
    assert b"\x10\x10\x03\x10\x10\x10\x10\x02" in block
    assert BlockDecoder().feed(block) == [apdu]


@pytest.mark.parametrize("size", [0, 254, 255, 256, 861, 8192])
def test_long_messages_say_their_length_in_two_bytes_more(size):
    apdu = Apdu(Instruction.PRINT_TEXT_BLOCK, bytes(size))
    encoded = encode_apdu(apdu)
    assert len(encoded) == size + (3 if size < 255 else 5)
    if size == 861:
        assert encoded[:5] == bytes.fromhex("06 D3 FF 5D 03")  # the specification's own example
    assert ApduDecoder().feed(encoded) == [apdu]
    assert BlockDecoder().feed(encode_block(encoded)) == [apdu]


def test_answers_are_told_from_messages():
    assert BlockDecoder().feed(b"\x06\x15") == [Handshake(taken=True), Handshake(taken=False)]
    assert ApduDecoder().feed(bytes.fromhex("849C00"))[0].negative == 0x9C
    assert ApduDecoder().feed(ACK_APDU)[0].negative is None


def test_a_wrong_checksum_is_damage_and_the_next_block_is_found():
    broken = COMPLETION[:-1] + b"\x12"
    found = BlockDecoder().feed(broken + LINE)
    assert found[0].damage is Damage.CHECKSUM
    assert [apdu.control for apdu in apdus(found)] == [Instruction.PRINT_LINE]


def test_a_block_with_a_false_length_is_damage():
    (found,) = BlockDecoder().feed(encode_block(bytes.fromhex("060F05 00")))
    assert found.damage is Damage.LENGTH


def test_a_block_that_is_broken_off_by_the_next():
    found = BlockDecoder().feed(STATUS[:20] + COMPLETION)
    assert found[0] == FrameError(Damage.BROKEN_OFF, 20)
    assert [apdu.control for apdu in apdus(found)] == [Instruction.COMPLETION]


def test_a_greeting_that_is_no_message_is_passed_over():
    # A terminal that says its version when it is connected to: github.com/Portalum/Portalum.Zvt/issues/33.
    banner = bytes.fromhex("0000003E") + b"VER|APP 19.46.69|MODEL Yomani 2"
    found = ApduDecoder().feed(banner + ACK_APDU)
    assert found == [FrameError(Damage.GARBAGE, len(banner)), Apdu(Instruction.POSITIVE)]


def test_a_length_beyond_all_reason_is_damage_at_once():
    found = ApduDecoder().feed(bytes.fromhex("06D3FFFFFF") + DONE)
    assert found[0] == FrameError(Damage.LENGTH, 1)
    assert apdus(found) == [Apdu(Instruction.COMPLETION)]


def test_a_half_message_is_forgotten_by_a_reset():
    for decoder, half in ((ApduDecoder(), bytes.fromhex("040F37270004")), (BlockDecoder(), STATUS[:20])):
        assert decoder.feed(half) == []
        assert decoder.pending > 0
        assert decoder.reset() > 0
        assert decoder.pending == 0


def test_a_message_hides_its_data():
    assert "596666" not in repr(BlockDecoder().feed(STATUS)[0]).replace(" ", "")


chunks = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [COMPLETION, LINE, STATUS, STATUS[:9], ACK_APDU, DONE, b"\x10", b"\x10\x02", b"\x10\x03", b"\x06", b"\x15"]
        ),
        st.sampled_from([bytes.fromhex("06D3FF"), bytes.fromhex("040F50"), bytes.fromhex("849CFF0010")]),
    ),
    max_size=12,
)
CASES = [(ApduDecoder, DONE), (BlockDecoder, COMPLETION)]


def any_stream(kind, good, stream):
    """Nothing hangs, nothing escapes, little is held; after silence a good message is found."""
    decoder = kind()
    for chunk in stream:
        for item in decoder.feed(chunk):
            assert isinstance(item, Apdu | FrameError | Handshake)
        assert decoder.pending < 9000
    decoder.reset()
    assert [apdu.control for apdu in apdus(decoder.feed(good))] == [Instruction.COMPLETION]


@pytest.mark.parametrize(("kind", "good"), CASES)
@given(chunks)
def test_any_stream_ends_and_a_good_message_is_found_after_silence(kind, good, stream):
    any_stream(kind, good, stream)


@pytest.mark.parametrize(("kind", "good"), CASES)
@given(chunks)
def test_after_any_noise_a_good_message_is_found_without_silence_too(kind, good, stream):
    decoder = kind()
    for chunk in stream:
        decoder.feed(chunk)
    spent = 0
    while not any(apdu.control == Instruction.COMPLETION for apdu in apdus(decoder.feed(good))):
        spent += len(good)
        assert spent <= 9000, "no resynchronisation"


@pytest.mark.parametrize(("kind", "_good"), CASES)
@given(chunks, st.data())
def test_how_the_stream_is_cut_does_not_matter(kind, _good, stream, data):
    whole = b"".join(stream)
    decoder, found, rest = kind(), [], whole
    while rest:
        n = data.draw(st.integers(1, len(rest)))
        found += decoder.feed(rest[:n])
        rest = rest[n:]
    assert apdus(found) == apdus(kind().feed(whole))


@given(st.sampled_from(list(Instruction)), st.binary(max_size=400))
def test_what_is_written_is_read(control, data):
    apdu = Apdu(control, data)
    assert BlockDecoder().feed(encode_block(encode_apdu(apdu))) == [apdu]
    assert frame_block(encode_apdu(apdu)) == encode_block(encode_apdu(apdu))


def noise(chance, frames):
    """A hundred frames: right, cut, with a wrong byte, doubled, or anything."""
    for _ in range(100):
        frame = bytearray(chance.choice(frames))
        match chance.randrange(6):
            case 0:
                yield bytes(frame[: chance.randrange(len(frame))])
            case 1:
                frame[chance.randrange(len(frame))] = chance.randrange(256)
                yield bytes(frame)
            case 2:
                yield chance.randbytes(chance.randrange(40))
            case 3:
                yield bytes(frame) * 2
            case _:
                yield bytes(frame)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "good"), CASES)
def test_a_hundred_thousand_frames(kind, good):
    chance = random.Random(20261125)
    blocks = [COMPLETION, LINE, STATUS, b"\x06", b"\x15", b"\x10\x02", encode_block(PAY)]
    bare = [
        bytes.fromhex("06D3FF"),
        ACK_APDU,
        DONE,
        *(encode_apdu(BlockDecoder().feed(block)[0]) for block in blocks[:3]),
    ]
    for _ in range(1000):
        any_stream(kind, good, noise(chance, blocks if kind is BlockDecoder else bare))
