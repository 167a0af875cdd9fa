"""APDUs and records: the published bytes, and anything else."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.chip_card import codec
from drivers.chip_card.cards import HOLDER_FILE, ISSUER_FILE, SOCIAL_NAME
from drivers.chip_card.codec import Answer, Apdu, CardDataError, converse, read_answer, read_item

KEY = bytes.fromhex("FFFFFFFFFFFF")
UTRUST, ACR = codec.KEY_PLACES["utrust"], codec.KEY_PLACES["acr122u"]


@pytest.mark.parametrize(
    ("command", "published"),
    [
        (codec.select_name(SOCIAL_NAME), "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"),
        (codec.select_file(ISSUER_FILE), "00A4020002EF05"),
        (codec.select_file(HOLDER_FILE), "00A4020002EF06"),
        (codec.read_record(1), "00B2010400"),
        (codec.read_record(7), "00B2070400"),
        (codec.GET_UID, "FFCA000000"),
        (codec.load_key(UTRUST, KEY), "FF82006006FFFFFFFFFFFF"),
        (codec.load_key(UTRUST, KEY, codec.KEY_B), "FF82006106FFFFFFFFFFFF"),
        (codec.load_key(ACR, KEY), "FF82000006FFFFFFFFFFFF"),
        (codec.authenticate(UTRUST, 4), "FF860000050100046001"),
        (codec.authenticate(UTRUST, 4, codec.KEY_B), "FF860000050100046101"),
        (codec.authenticate(ACR, 4), "FF860000050100046000"),
        (codec.read_block(4), "FFB0000410"),
    ],
)
def test_commands_are_the_published_bytes(command, published):
    assert command.encode() == bytes.fromhex(published)


def test_the_applications_name_is_what_the_specification_says():
    assert "sx1.sh.社会保障".encode("gbk") == SOCIAL_NAME


def talk(command, *answers):
    """Hold a conversation with a card that gives ``answers``; return what was sent, and what it came to."""
    conversation = converse(command)
    sent = [next(conversation)]
    for answer in answers:
        try:
            sent.append(conversation.send(bytes.fromhex(answer)))
        except StopIteration as end:
            return [one.hex().upper() for one in sent], end.value
    raise AssertionError("the conversation has not ended")


def test_an_answer_that_waits_is_fetched():
    name = codec.select_name(SOCIAL_NAME)
    sent, answer = talk(name, "6113", "6F11840F7378312E73682EC9E7BBE1B1A3D5CF9000")
    assert sent[1:] == ["00C0000013"]
    assert (answer.data[:4].hex(), answer.sw) == ("6f11840f", 0x9000)


def test_an_answer_in_pieces_is_put_together():
    sent, answer = talk(codec.read_record(1), "AA6102", "BBCC6100", "DD9000")
    assert sent[1:] == ["00C0000002", "00C0000000"]
    assert answer.data.hex() == "aabbccdd"


def test_a_length_is_corrected_once():
    sent, answer = talk(codec.read_record(1), "6C14", "0812" + "31" * 18 + "9000")
    assert sent == ["00B2010400", "00B2010414"]
    assert len(answer.data) == 20
    with pytest.raises(CardDataError, match="refuses the length"):
        talk(codec.read_record(1), "6C14", "6C12")


def test_a_refusal_is_the_answer():
    _, answer = talk(codec.select_name(b"x"), "6A82")
    assert (answer, answer.done) == (Answer(b"", 0x6A82), False)


@pytest.mark.parametrize("raw", [b"", b"\x90", bytes(259)])
def test_what_is_no_answer_is_told(raw):
    with pytest.raises(CardDataError):
        read_answer(raw)


def test_answers_without_end_are_ended():
    with pytest.raises(CardDataError, match="does not end"):
        talk(codec.read_record(1), *["AA6101"] * 20)


def test_neither_keys_nor_data_show():
    assert "FFFF" not in repr(codec.load_key(UTRUST, KEY)).upper().replace("0XFF", "")
    assert "31" not in repr(Answer(b"1111", 0x9000))


@pytest.mark.parametrize("wrong", [Apdu(0, 0, 0, 0, bytes(256)), Apdu(0, 0, 0, 0, le=0), Apdu(0, 0, 0, 0, le=257)])
def test_a_command_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="short command"):
        wrong.encode()


def test_records():
    assert read_item(bytes.fromhex("0A0131")) == (0x0A, b"1")
    assert read_item(bytes.fromhex("0A013100FF00")) == (0x0A, b"1"), "padding is let pass"
    assert read_item(bytes.fromhex("0A00")) == (0x0A, b"")
    for wrong, why in (
        ("0A", "no tag and length"),
        ("0A0231", "says 2 bytes and has 1"),
        ("0A013132", "something else"),
    ):
        with pytest.raises(CardDataError, match=why):
            read_item(bytes.fromhex(wrong))


def hold(answers):
    """Hold a conversation with a card that answers anything: it ends, in few steps, and as it may."""
    conversation = converse(codec.read_record(1))
    sent = next(conversation)
    for steps, answer in enumerate(answers, start=1):
        assert steps <= 16
        assert codec.SHORTEST <= len(sent) <= 261
        try:
            sent = conversation.send(answer)
        except StopIteration as end:
            return end.value.sw
        except CardDataError as failure:
            return str(failure)
    conversation.close()
    return None


statuses = st.sampled_from([b"\x90\x00", b"\x61\x05", b"\x61\x00", b"\x6c\x10", b"\x6c\x00", b"\x6a\x83"])
answers = st.lists(st.one_of(st.binary(max_size=300), st.builds(bytes.__add__, st.binary(max_size=20), statuses)))


@given(answers)
def test_any_card_comes_to_an_end(answers):
    came = hold(answers)
    assert came is None or isinstance(came, str) or came >> 8 != 0x61


@given(st.binary(max_size=300))
def test_any_record_is_an_item_or_refused(record):
    try:
        tag, value = read_item(record)
    except CardDataError:
        return
    assert record.startswith(bytes([tag, len(value)]) + value)


@pytest.mark.slow
def test_a_hundred_thousand_frames():
    chance = random.Random(7816)
    endings = [b"\x90\x00", b"\x61\x05", b"\x6c\x10", b"\x6a\x83", b""]
    frames = 0
    while frames < 100_000:
        answers = [chance.randbytes(chance.choice([0, 1, 2, 5, 20, 256])) + chance.choice(endings) for _ in range(20)]
        hold(answers)
        for answer in answers:
            with contextlib.suppress(CardDataError):
                assert read_item(answer)[1] in answer
        frames += 20
