"""What ZVT messages hold, and what of a card is never kept."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.payment_terminal.codec import BlockDecoder, encode_apdu
from drivers.payment_terminal.fields import (
    Completion,
    FieldError,
    authorisation,
    decode_bcd,
    encode_bcd,
    end_of_day,
    last_transaction,
    mask,
    read_bitmaps,
    read_completion,
    read_line,
    read_status,
    registration,
    reversal,
    status_enquiry,
)
from drivers.payment_terminal.meanings import result, stage
from drivers.payment_terminal.port import Mark, Stage
from tests.drivers.payment_terminal.test_codec import COMPLETION, LINE, STATUS


def data_of(block):
    return BlockDecoder().feed(block)[0].data


@pytest.mark.parametrize(
    ("command", "published"),
    [
        (authorisation(1250), "06 01 07 04 00 00 00 00 12 50"),
        (authorisation(1000), "06 01 07 04 00 00 00 00 10 00"),  # Portalum.Zvt's test of 10.00
        (registration(0, 0xBE, 978), "06 00 08 00 00 00 BE 09 78 03 00"),
        (reversal(0, 175, 4000), "06 30 0D 00 00 00 87 01 75 04 00 00 00 00 40 00"),
        (last_transaction(0), "06 20 05 00 00 00 03 03"),
        (status_enquiry(0), "05 01 03 00 00 00"),
        (end_of_day(123456), "06 50 03 12 34 56"),
    ],
)
def test_commands(command, published):
    assert encode_apdu(command) == bytes.fromhex(published)


def test_a_recorded_result_is_read():
    status = read_status(data_of(STATUS))
    assert (status.code, status.amount_fen, status.terminal) == (0, 4000, "60099914")
    assert status.mark == Mark(receipt=175, trace=613995, day="0425", time="093848")
    assert status.card == "6666"
    assert "6666" not in repr(status)


def test_a_rejected_card_is_read():
    # From Portalum.Zvt's tests: result 05, a terminal number, a text, a card type and a TLV object.
    data = bytes.fromhex(
        "27 05 29 29 00 02 74 3C F0 F0 F9 41 62 67 65 6C 65 68 6E 74 8A 06 06 0D 24 0B 07 09 41 62 67 65 6C 65 68 6E 74"
    )
    status = read_status(data)
    assert (status.code, status.terminal, status.amount_fen, status.card) == (5, "29000274", None, None)
    assert not status.mark.tells


def test_completions_in_their_three_forms():
    assert read_completion(data_of(COMPLETION)) == Completion(status=0, version="2.14.15")
    assert read_completion(bytes.fromhex("19 00 29 29 00 10 06 49 09 78")) == Completion(0, "29001006")
    assert read_completion(b"") == Completion()
    assert read_completion(b"\xcc") == Completion(0xCC)


def test_a_receipts_line():
    assert read_line(data_of(LINE)) == "         Kassenschnitt"


@pytest.mark.parametrize(
    ("pan", "last"),
    [
        ("EEEEEEEEEEEE5726", "5726"),  # masked by the terminal itself
        ("6225880000001234", "1234"),
        ("622588000000123F", "0123"),
        ("EEEEEEEEEEEEEEEE", None),
        ("1234", None),
    ],
)
def test_of_a_card_the_last_four_digits_are_kept(pan, last):
    field = bytes([0x22, 0xF0, 0xF0 + len(pan) // 2]) + bytes.fromhex(pan)
    assert read_status(b"\x27\x00" + field).card == last


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("CARD 6225 8800 0000 1234", "CARD ****1234"),
        ("6225880000001234", "****1234"),
        ("6225-8800-0000-1234 OK", "****1234 OK"),
        ("AMOUNT 12.50", "AMOUNT 12.50"),
        ("TRACE 613995 AID 00000291675", "TRACE 613995 AID 00000291675"),
    ],
)
def test_card_numbers_on_receipts_are_masked(line, shown):
    assert mask(line) == shown


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("27", "bitmap 27 is cut"),
        ("0400000000", "bitmap 04 is cut"),
        ("22F1", "a length that is none"),
        ("22F0AA00", "a length that is none"),
        ("22F0F901", "bitmap 22 is cut"),
        ("06", "bitmap 06 is cut"),
        ("06830000", "a length that is none"),
        ("07", "bitmap 07 is not known"),
    ],
)
def test_what_cannot_be_read_is_told_without_its_content(data, words):
    with pytest.raises(FieldError, match=words):
        read_bitmaps(bytes.fromhex(data))


@pytest.mark.parametrize("amount", [0, -1, 1_000_000_000_000, 12.5, "12", True, None])
def test_amounts_are_whole_fen(amount):
    with pytest.raises(ValueError, match="whole number of fen"):
        authorisation(amount)


@given(st.integers(1, 999_999_999_999))
def test_every_amount_is_said_and_read_again(fen):
    assert read_status(b"\x27\x00" + authorisation(fen).data).amount_fen == fen


def test_packed_digits():
    assert encode_bcd(42, 2) == b"\x00\x42"
    assert decode_bcd(b"\x0a") is None
    for number in (-1, 10_000):
        with pytest.raises(ValueError, match="does not fit"):
            encode_bcd(number, 2)


def is_read_or_refused(data):
    read_completion(data)
    read_line(data)
    with contextlib.suppress(FieldError):
        read_status(data)


@given(st.binary(max_size=80))
def test_any_data_is_read_or_refused(data):
    is_read_or_refused(data)


@pytest.mark.slow
def test_a_hundred_thousand_results_with_some_bytes_changed():
    dice = random.Random(13)
    for _ in range(100_000):
        data = bytearray(data_of(STATUS))
        for _ in range(dice.choice([1, 1, 2, 8])):
            match dice.randrange(3):
                case 0:
                    data[dice.randrange(len(data))] = dice.randrange(256)
                case 1:
                    del data[dice.randrange(1, len(data) + 1) :]
                case _:
                    data.insert(dice.randrange(len(data)), dice.choice([0x04, 0x22, 0x27, 0x3C, 0x8A, 0xFF]))
        is_read_or_refused(bytes(data))


def test_every_code_has_a_sentence_that_says_that_no_money_moved():
    for code in range(1, 256):
        error, sentence = result(code)
        assert error
        assert sentence.endswith("No money moved.")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (0x0A, Stage.CARD),
        (0x01, Stage.PIN),
        (0x04, Stage.HOST),
        (0x0B, Stage.REMOVE_CARD),
        (0x44, Stage.REMOVE_CARD),
        (0x1D, Stage.DECLINED),
        (0x5D, Stage.DECLINED),
        (0x0E, Stage.WAIT),
        (0xEE, Stage.WAIT),
    ],
)
def test_stages(code, meaning):
    assert stage(code) is meaning
