"""What passes to and from a document printer is told without its headers, its names and its document."""

import random

import pytest

from drivers.document_printer.codec import encode
from drivers.document_printer.requests import Requests
from drivers.field.decode import cutter_for
from drivers.registry import DeviceEntry
from drivers.relay import Direction

TO, FROM = Direction.TO_DEVICE, Direction.FROM_DEVICE
ASKED = encode(Requests("ipp://192.0.2.7/ipp/print", "kiosk-3").printer_attributes())
BUSY = bytes.fromhex("0200 0507 00000001 03")


def told(direction, data, sizes):
    cutter = cutter_for(DeviceEntry("x", "document_printer", "ipp", "ipp://192.0.2.7"), direction)
    pieces, at = [], 0
    while at < len(data):
        size = next(sizes)
        pieces += cutter.feed(data[at : at + size])
        at += size
    assert b"".join(piece.data for piece in pieces) == data
    return [piece.text(show=False) for piece in pieces if piece.words != "continues"], pieces


def request(body, *headers):
    head = ["POST /ipp/print?key=secret HTTP/1.1", "Host: printer", *headers, "Content-Type: application/ipp"]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_requests_are_told_by_operation_and_number(size):
    data = request(ASKED, "Authorization: Basic c2VjcmV0") + request(ASKED + b"%PDF-1.7 secret")

    def sizes():
        while True:
            yield size

    said, pieces = told(TO, data, sizes())
    assert len(said) == 4
    assert said[0].endswith("bytes hidden>  HTTP: POST /ipp/print")
    assert said[1].startswith("02 00 00 0B 00 00 00 01 <")
    assert said[1].endswith("IPP 2.0, 1: Get-Printer-Attributes")
    text = "".join(piece.text(show=False) for piece in pieces)
    for secret in (b"secret", b"c2Vj", b"kiosk-3", b"PDF"):
        assert secret.hex(" ").upper() not in text
        assert secret.decode() not in text


@pytest.mark.parametrize("seed", range(5))
def test_answers_are_told_by_their_status_whole_or_in_chunks(seed):
    dice = random.Random(seed)
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 9\r\n\r\n" + BUSY
    chunks = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/ipp\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"9\r\n" + BUSY + b"\r\n0\r\n\r\n"
    )
    more = b"HTTP/1.1 100 Continue\r\n\r\n"

    def sizes():
        while True:
            yield dice.randrange(1, 40)

    said, _ = told(FROM, more + whole + chunks + whole, sizes())
    assert [line.partition("  ")[2] for line in said if "chunk" not in line] == [
        "HTTP: 100 Continue",
        *(["HTTP: 200 OK", "IPP 2.0, 1: busy"] * 3),
    ]


def test_an_answer_without_a_length_goes_on_to_the_lines_end():
    said, pieces = told(FROM, b"HTTP/1.0 200 OK\r\n\r\n" + b"anything" * 9, iter([19, 500]))
    assert [line.partition("  ")[2] for line in said] == ["HTTP: 200 OK"]
    assert all(piece.personal for piece in pieces)


def test_noise_is_hidden_and_comes_to_an_end():
    dice = random.Random(7)
    for direction in (TO, FROM):
        for _ in range(300):
            cutter = cutter_for(DeviceEntry("x", "document_printer", "ipp", "ipp://192.0.2.7"), direction)
            data = bytearray(
                request(ASKED) if dice.randrange(2) else b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for _ in range(3):
                data.insert(dice.randrange(len(data)), dice.randrange(256))
            for piece in cutter.feed(bytes(data) + dice.randbytes(60) + b"\r\n\r\n"):
                assert piece.personal or piece.words.startswith("chunk of ")
