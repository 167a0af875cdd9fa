import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.field.decode import Hidden, Plain, cutter_for
from drivers.identity_card.codec import Command, encode_command
from drivers.identity_card.simulator import write_card
from drivers.payment_terminal.codec import Apdu, Instruction, encode_apdu, encode_block
from drivers.receipt_printer.commands import STATUS_QUESTIONS, initialise, printed_up_to_here, raster_units
from drivers.receipt_printer.profile import PROFILES
from drivers.registry import DeviceEntry
from drivers.relay import Direction

TO, FROM = Direction.TO_DEVICE, Direction.FROM_DEVICE


def cut(driver, direction, data, *, url="serial:///dev/ttyS0", show=False, step=64):
    cutter = cutter_for(DeviceEntry("x", "x", driver, url), direction)
    pieces = []
    for start in range(0, len(data), step):
        pieces += cutter.feed(data[start : start + step])
    return [piece.text(show=show) for piece in pieces]


def card_answer():
    body = b"\x00\x00\x90" + bytes.fromhex("01000400") + write_card({"kind": "resident", "name": "王芳"}) + bytes(1024)
    counted = (len(body) + 1).to_bytes(2, "big") + body
    check = 0
    for byte in counted:
        check ^= byte
    return bytes.fromhex("AAAAAA9669") + counted + bytes([check])


def test_a_cards_content_is_hidden_and_the_frame_is_not():
    assert cut("resident_id", TO, encode_command(Command.READ)) == ["AA AA AA 96 69 00 03 30 01 32  read"]
    answer = card_answer()
    assert cut("resident_id", FROM, answer) == ["AA AA AA 96 69 05 08 00 00 90 <1285 bytes hidden>  done"]
    [shown] = cut("resident_id", FROM, answer, show=True)
    assert "王芳".encode("utf-16-le").hex(" ").upper() in shown
    assert cut("resident_id", FROM, b"\xff" + bytes.fromhex("AAAAAA9669 0004 000080 84")) == [
        "<1 bytes hidden>  noise",
        "AA AA AA 96 69 00 04 00 00 80 84  no card",
    ]


def test_a_printers_commands_are_said_and_what_it_prints_is_hidden():
    raster = raster_units([bytes([0xFF]) * 72] * 20)[0].data
    stream = (
        initialise(PROFILES["80mm"]).data
        + STATUS_QUESTIONS
        + raster
        + printed_up_to_here(b"0001")
        + "王芳".encode("gb18030")
    )
    said = cut("escpos", TO, stream)
    text = "\n".join(said)
    assert "1B 40  ESC @: initialise" in text
    assert text.count("DLE EOT: asks for status") == 4
    assert "GS v 0: 20 rows of 576 dots" in text
    assert "<1440 bytes hidden>" in text
    assert "30 30 30 31  GS ( H: says when it has printed up to here" in text
    assert said[-1] == "<4 bytes hidden>  text, or a command that is not known here"
    assert "FF FF" not in text


def test_what_a_printer_says_is_said():
    assert cut("escpos", FROM, b"\x16\x12\x12\x12") == [
        "16 12 12 12  status byte 16; status byte 12; status byte 12; status byte 12"
    ]
    assert cut("escpos", FROM, b"\x37\x22" + b"0001\x00") == ["37 22 30 30 30 31 00  printed up to 0001"]


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:20007", "serial:///dev/ttyS0"])
def test_a_terminals_cards_and_receipts_are_hidden(url):
    wrap = encode_block if url.startswith("serial") else bytes
    status = Apdu(Instruction.STATUS_INFORMATION, b"\x27\x00\x22\xf8\x62\x22\x02")
    said = cut("zvt", FROM, wrap(encode_apdu(status)) + wrap(encode_apdu(Apdu(Instruction.POSITIVE))), url=url)
    assert said == ["04 0F <8 bytes hidden>  status information", "80 00 00  positive"]
    asked = cut("zvt", TO, wrap(encode_apdu(Apdu(Instruction.AUTHORISATION, b"\x04\x00\x00\x00\x00\x12\x50"))), url=url)
    assert asked == ["06 01 07 04 00 00 00 00 12 50  authorisation"]


def test_of_a_damaged_block_no_bytes_are_made_up():
    damaged = bytearray(encode_block(encode_apdu(Apdu(Instruction.POSITIVE))))
    damaged[-1] ^= 0xFF
    cutter = cutter_for(DeviceEntry("x", "x", "zvt", "serial:///dev/ttyS0"), FROM)
    (piece,) = cutter.feed(bytes(damaged))
    assert piece.text(show=True) == piece.text(show=False)
    assert "bytes dropped" in piece.text(show=True)
    assert "00" not in piece.text(show=True)


def test_a_code_is_hidden_and_a_board_is_not():
    assert cut("serial_scanner", FROM, b"69012345\r\n") == ["<10 bytes hidden>  a code, or a part of one"]
    assert cut("numeric_board", TO, b"\x05\x03\xe7\xef") == ["05 03 E7 EF  ...."]
    assert isinstance(cutter_for(DeviceEntry("x", "x", "somebody else's", "tcp:"), TO), Hidden)
    assert isinstance(cutter_for(DeviceEntry("x", "x", "serial_scanner", "tcp:"), TO), Plain)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_whatever_is_sent_to_a_printer_comes_out_whole(data, step):
    cutter = cutter_for(DeviceEntry("x", "x", "escpos", "tcp:"), TO)
    pieces = [piece for start in range(0, len(data), step) for piece in cutter.feed(data[start : start + step])]
    assert data.startswith(b"".join(piece.data for piece in pieces))


@given(st.binary(max_size=300))
def test_nothing_that_is_not_understood_is_shown(data):
    for piece in cutter_for(DeviceEntry("x", "x", "somebody else's", "tcp:"), FROM).feed(data):
        assert piece.text(show=False) == f"<{len(data)} bytes hidden>  not decoded"
