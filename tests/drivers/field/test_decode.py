import random
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cabinet.codec import Asked, question
from drivers.call_display import alpha, modbus
from drivers.field.decode import cutter_for
from drivers.field.pieces import Hidden, Plain
from drivers.field.sniff import Sniffer
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


def test_of_a_cards_frame_with_a_wrong_check_or_length_nothing_is_shown_but_its_head():
    name = "王芳".encode("utf-16-le").hex(" ").upper()
    answer = bytearray(card_answer())
    answer[-1] ^= 1
    assert cut("resident_id", FROM, answer) == ["AA AA AA 96 69 05 08 00 00 90 <1285 bytes hidden>  wrong check"]
    answer[5:7] = b"\x00\x18"  # says that it has twenty bytes: what no answer has, and what would show the name
    said = cut("resident_id", FROM, answer)
    assert said[0] == "AA AA AA 96 69 00 18 00 00 90 <21 bytes hidden>  wrong check"
    assert {line.partition("> ")[2] for line in said[1:]} == {" noise"}
    answer[5:7] = b"\xff\xff"
    assert name not in "".join(cut("resident_id", FROM, bytes(answer) + bytes.fromhex("AAAAAA9669 0004 000080 84")))
    assert cut("resident_id", TO, bytes.fromhex("AAAAAA9669 0003 2001 23"))[0].endswith("find, wrong check")


def test_whatever_damage_an_answer_suffers_the_name_on_the_card_is_not_shown():
    dice = random.Random(3)
    name = "王芳".encode("utf-16-le").hex(" ").upper()
    for _ in range(2000):
        answer = bytearray(card_answer())
        match dice.randrange(4):
            case 0:
                size = dice.randrange(2400)
                answer[5:7] = size.to_bytes(2, "big")
                if 7 + size <= len(answer):  # and the check happens to fit
                    answer[6 + size] ^= reduce(xor, answer[5 : 7 + size])
            case 1:
                del answer[: dice.randrange(40)]
            case 2:
                del answer[dice.randrange(len(answer)) :]
            case _:
                answer[dice.randrange(11)] = dice.randrange(256)
        shown = "".join(
            cut("resident_id", FROM, bytes(answer) + encode_command(Command.FIND), step=dice.choice([7, 2000]))
        )
        assert name not in shown


def test_half_an_answer_is_told_when_the_next_question_passes():
    lines = []
    sniffer = Sniffer(DeviceEntry("x", "x", "resident_id", "tcp:"), lines.append, show=False, clock=lambda: 0.0)
    sniffer.watch(TO, encode_command(Command.READ))
    sniffer.watch(FROM, card_answer()[:600])
    sniffer.watch(TO, encode_command(Command.FIND))
    sniffer.watch(FROM, bytes.fromhex("AAAAAA9669 0004 000080 84"))
    assert [line[10:] for line in lines] == [
        "> AA AA AA 96 69 00 03 30 01 32  read",
        "< <600 bytes hidden>  broken off",
        "> AA AA AA 96 69 00 03 20 01 22  find",
        "< AA AA AA 96 69 00 04 00 00 80 84  no card",
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


GOLDEN = Path(__file__).parents[1] / "receipt_printer" / "golden"


@pytest.mark.parametrize("name", ["58mm", "80mm-basic"])
def test_every_command_of_a_whole_ticket_is_known(name):
    lines = [bytes.fromhex(line) for line in (GOLDEN / f"{name}.hex").read_text().splitlines()]
    ticket = b"".join(lines)
    cutter = cutter_for(DeviceEntry("x", "x", "escpos", "tcp:"), TO)
    pieces = cutter.feed(ticket)
    assert b"".join(piece.data for piece in pieces) == ticket, "told when it passes, and not with what follows"
    unknown = [piece for piece in pieces if "not known here" in piece.words]
    assert not any(piece.data[0] in b"\x10\x1b\x1c\x1d" for piece in unknown), "what is not known is text"
    assert any("ESC $: 176 dots from the left" in piece.words for piece in pieces) == (name == "58mm")
    assert "41 30 32 33" not in "".join(piece.text(show=False) for piece in pieces)


def test_the_payload_of_a_bar_code_is_hidden():
    said = cut("escpos", TO, b"\x1dk\x49\x06{BA023" + b"\x1dr\x01")
    assert said == [
        "1D 6B 49 06 <6 bytes hidden>  GS k: a bar code",
        "1D 72 01  GS r: says when it has read up to here",
    ]


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


def test_of_a_terminal_only_what_can_say_nothing_is_shown():
    keyed = Apdu(Instruction.AUTHORISATION, b"\x04\x00\x00\x00\x00\x12\x50\x22\xf8\x62\x22\x02")
    assert cut("zvt", TO, encode_apdu(keyed), url="tcp://x:1") == ["06 01 <13 bytes hidden>  authorisation"]
    display = Apdu(Instruction.INTERMEDIATE_STATUS, b"\x0a\x00\x06\x07\x24\x05\x07\x03ABC")
    assert cut("zvt", FROM, encode_apdu(display), url="tcp://x:1") == ["04 FF <12 bytes hidden>  intermediate status"]
    short = Apdu(Instruction.INTERMEDIATE_STATUS, b"\x0a")
    assert cut("zvt", FROM, encode_apdu(short), url="tcp://x:1") == ["04 FF 01 0A  intermediate status"]


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
    assert isinstance(cutter_for(DeviceEntry("x", "x", "somebody else's", "tcp:"), TO), Hidden)
    assert isinstance(cutter_for(DeviceEntry("x", "x", "serial_scanner", "tcp:"), TO), Plain)


@pytest.mark.parametrize(
    ("driver", "direction", "data", "said"),
    [
        ("numeric_board", TO, "05 03 E7 EF", ["05 03 E7 EF  board 5 shows 999"]),
        ("numeric_board", TO, "05 03 E7 EE", ["05 03 E7 EE  wrong check"]),
        ("xunpeng_board", TO, "3A 00 78 03 01 B6 0A", ["3A 00 78 03 01 B6 0A  shows 888, colour 0"]),
        ("xunpeng_board", FROM, "3A 01 3B 0A", ["3A 01 3B 0A  taken"]),
        ("xunpeng_board", FROM, "2A 00 78 03 01 A6 0A", ["2A 00 78 03 01 A6 0A  taken: 888, colour 0"]),
        ("modbus_board", TO, "01 03 00 00 00 01 84 0A", ["01 03 00 00 00 01 84 0A  board 1: reads 1 registers from 0"]),
        (
            "modbus_board",
            TO,
            modbus.encode_write(1, 0, modbus.registers("请A1".encode("gbk"))).hex(),
            ["01 10 00 00 00 02 04 C7 EB 41 31 4F 6B  board 1: writes 2 registers from 0: 请A1"],
        ),
        (
            "modbus_board",
            FROM,
            "01 10 00 00 00 02 41 C8",
            ["01 10 00 00 00 02 41 C8  board 1: 2 registers from 0 written"],
        ),
        ("modbus_board", FROM, "01 90 02 CD C1", ["01 90 02 CD C1  board 1: refuses 10 hex, exception 2"]),
        ("modbus_board", FROM, "01 90 02 CD C2 FF", ["01 90 02 CD C2  wrong check", "FF  noise"]),
        (
            "alpha_board",
            TO,
            alpha.encode_text("Z", "00", "A", "HI", alpha.HOLD).hex(),
            [
                "00 00 00 00 00  begins",
                "01 5A 30 30 02 41 41 1B 20 62 48 49 03 30 31 42 35 04  writes text A: HI",
            ],
        ),
        ("cabinet_board", TO, "00 06 01 07 A4 F4 00", None),
    ],
)
def test_boards_are_told_in_words(driver, direction, data, said):
    raw = bytes.fromhex(data)
    for step in (1, 64):
        cutter = cutter_for(DeviceEntry("x", "x", driver, "tcp:"), direction)
        pieces = [piece for at in range(0, len(raw), step) for piece in cutter.feed(raw[at : at + step])]
        assert b"".join(piece.data for piece in pieces) == raw
        if said is not None:
            # What begins or lies between is told as it comes.
            whole = [piece.text(show=False) for piece in pieces if step > 1 or piece.words not in {"noise", "begins"}]
            assert whole == [line for line in said if step > 1 or not line.endswith(("noise", "begins"))]


def test_a_cabinet_is_told_in_words():
    asked = cut("cabinet_board", TO, question(Asked.LIGHT, 7, bytes([0, 2, 100])))
    assert [line.partition("  ")[2] for line in asked] == ["begins", "7: light"]
    damaged = bytearray(question(Asked.STATE, 8))
    damaged[3] ^= 1
    assert cut("cabinet_board", TO, damaged)[-1].endswith("wrong check")


@given(st.binary(max_size=300), st.integers(1, 50))
def test_whatever_is_sent_to_a_printer_comes_out_whole(data, step):
    cutter = cutter_for(DeviceEntry("x", "x", "escpos", "tcp:"), TO)
    pieces = [piece for start in range(0, len(data), step) for piece in cutter.feed(data[start : start + step])]
    assert data.startswith(b"".join(piece.data for piece in pieces))


@given(st.binary(max_size=300))
def test_nothing_that_is_not_understood_is_shown(data):
    for piece in cutter_for(DeviceEntry("x", "x", "somebody else's", "tcp:"), FROM).feed(data):
        assert piece.text(show=False) == f"<{len(data)} bytes hidden>  not decoded"
