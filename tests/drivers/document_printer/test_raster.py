"""PWG raster: golden bytes, and every row back again by another reader."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import DeviceError
from drivers.document_printer.forms import raster_job
from drivers.document_printer.printing import PrintOptions
from drivers.document_printer.raster import (
    HEADER_BYTES,
    URF,
    RasterJob,
    a4_pixels,
    file_header,
    pack_page,
    pack_row,
    page_header,
)
from drivers.document_printer.requests import Ticket
from drivers.document_printer.simulator.paper import Pages, UnprintableError
from drivers.document_printer.status import Capabilities


@pytest.mark.parametrize(
    ("row", "size", "packed"),
    [
        (b"\xff" * 200, 1, "7fff 47ff"),  # 128 and 72 white pixels
        (b"\xff" * 129, 1, "7fff 00ff"),
        (b"abc", 1, "fe616263"),  # 257 - 3 = 0xfe: three pixels as they are
        (b"abbb", 1, "0061 0262"),
        (b"abccab", 1, "ff6162 0163 ff6162"),
        (bytes(range(200)), 1, "81" + bytes(range(128)).hex() + "b9" + bytes(range(128, 200)).hex()),
        (b"rgbrgbRGB", 3, "01726762 00524742"),
        # Bytes that are the same across pixels are no repetition of pixels.
        (b"aabaab" + b"baabaa", 3, "01616162 01626161"),
    ],
)
def test_rows_byte_for_byte(row, size, packed):
    assert pack_row(row, size) == bytes.fromhex(packed)


def test_rows_that_are_the_same_are_written_once():
    page = b"\xff" * 10 * 300 + b"\x00" * 10
    assert b"".join(pack_page(page, 10, 1)) == bytes.fromhex("ff 09ff 2b 09ff 00 0900")


def test_a_page_header_field_by_field():
    job = RasterJob(300, "srgb_8", "two-sided-short-edge", "flipped", 3)
    header = page_header(job, 1)
    assert len(header) == HEADER_BYTES
    told = {at: int.from_bytes(header[at : at + 4], "big", signed=True) for at in range(256, 516, 4)}
    assert {at: value for at, value in told.items() if value} == {
        272: 1, 276: 300, 280: 300, 352: 595, 356: 841, 368: 1, 372: 2480, 376: 3507, 384: 8, 388: 24, 392: 7440,
        400: 19, 420: 3, 452: 3, 456: -1, 460: 1, 472: 2480, 476: 3507, 480: 0xFFFFFF,
    }  # fmt: skip
    assert header[:64].rstrip(b"\0") == b"PwgRaster"
    assert header[1732:].rstrip(b"\0") == b"iso_a4_210x297mm"


def test_an_apple_header_field_by_field():
    job = RasterJob(300, "srgb_8", "two-sided-short-edge", "normal", 3, URF)
    assert file_header(job) == b"UNIRAST\0\0\0\0\3"
    assert page_header(job, 1) == bytes.fromhex(
        "18010204 00000000 00000000 000009b0 00000db3 0000012c 00000000 00000000"
    )
    gray = RasterJob(600, "sgray_8", "one-sided", "normal", 1, URF)
    assert page_header(gray, 0)[:4] == bytes.fromhex("08000104")


@pytest.mark.parametrize(
    ("urf", "options", "chosen"),
    [
        (("W8", "SRGB24", "RS300-600", "DM3"), PrintOptions(), ("sgray_8", 300, "rotated")),
        (("W8", "SRGB24", "RS600"), PrintOptions(color=True), ("srgb_8", 600, "normal")),
        (("V1.4", "SRGB24", "RS150", "DM4"), PrintOptions(), ("srgb_8", 150, "manual-tumble")),
        (("W8", "RS1200"), PrintOptions(), None),
        (("W8", "RSx", "RS"), PrintOptions(), None),
        (("RS300",), PrintOptions(), None),
    ],
)
def test_what_a_printer_says_of_its_apple_raster(urf, options, chosen):
    can = Capabilities(formats=("image/urf",), urf=urf)
    if chosen is None:
        with pytest.raises(DeviceError, match="not written here"):
            raster_job(can, options, Ticket("name", URF), 1)
        return
    job = raster_job(can, options, Ticket("name", URF), 1)
    assert (job.kind, job.dpi, job.sheet_back, job.form) == (*chosen, URF)


@pytest.mark.parametrize(
    ("sides", "sheet_back", "back"),
    [
        ("one-sided", "rotated", (1, 1)),
        ("two-sided-long-edge", "normal", (1, 1)),
        ("two-sided-long-edge", "rotated", (-1, -1)),
        ("two-sided-short-edge", "rotated", (1, 1)),
        ("two-sided-long-edge", "flipped", (1, -1)),
        ("two-sided-short-edge", "flipped", (-1, 1)),
        ("two-sided-long-edge", "manual-tumble", (1, 1)),
        ("two-sided-short-edge", "manual-tumble", (-1, -1)),
    ],
)
def test_how_the_back_of_a_sheet_is_turned(sides, sheet_back, back):
    job = RasterJob(300, "sgray_8", sides, sheet_back, 4)
    assert [job.transform(page) for page in range(4)] == [(1, 1), back, (1, 1), back]


def unpacked(data, size, length):
    out, at = bytearray(), 0
    while len(out) < length:
        code = data[at]
        assert code != 128
        count, copies = (1, code + 1) if code < 128 else (257 - code, 1)
        out += data[at + 1 : at + 1 + count * size] * copies
        at += 1 + count * size
    assert at == len(data)
    return bytes(out)


@given(st.sampled_from([1, 3]), st.lists(st.tuples(st.integers(0, 3), st.integers(1, 300)), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_every_row_comes_back(size, stretches):
    row = b"".join(bytes([shade] * size) * length for shade, length in stretches)
    assert unpacked(pack_row(row, size), size, len(row)) == row


def test_noise_grows_by_no_more_than_its_counts():
    row = random.Random(7).randbytes(2480)
    packed = pack_row(row, 1)
    assert unpacked(packed, 1, len(row)) == row
    assert len(packed) < len(row) * 1.02


def test_a_page_is_read_by_another_reader_and_half_a_page_is_not():
    job = RasterJob(72, "sgray_8", "one-sided", "normal", 1)
    width, height = a4_pixels(72)
    assert (width, height) == (595, 841)
    pixels = bytearray(b"\xff" * width * height)
    pixels[width * 10 + 5] = 0
    data = b"RaS2" + page_header(job, 0) + b"".join(pack_page(bytes(pixels), width, 1))
    assert len(Pages(data, "image/pwg-raster")) == 1
    for broken in (data[:-1], data[4:], data + b"\0", data[:1000]):
        with pytest.raises(UnprintableError):
            Pages(broken, "image/pwg-raster")
