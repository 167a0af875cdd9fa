"""What a scanner reads off the paper: QR and bar codes, drawn by us and by the printer, by a reader not of ours."""

import base64
import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.device import PrintOutcome
from drivers.receipt_printer.bars import code128_symbols
from drivers.receipt_printer.document import Barcode, Document, DocumentError, QrCode, Text
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.raster import render
from drivers.receipt_printer.text_mode import text_units
from tests.drivers.receipt_printer.conftest import opened

WIDE, NARROW = PROFILES["80mm"], PROFILES["58mm"]
ASCII = "".join(map(chr, range(0x20, 0x7F)))
CODES = [
    Barcode("A023"),
    Barcode("20261126000417"),
    Barcode("HZ:7Hq2mXw9Kc4RbT1z"),
    Barcode("9912"),  # python-barcode 0.16.1 drops a leading 99
    Barcode("99A023"),
    Barcode("6901234567892", "ean13"),
    Barcode("96385074", "ean8", height_mm=15, readable=False),
    QrCode("https://hospital.example/t/8fK2mQ7xZp4W"),
    QrCode("HZ:欧阳·一楼"),
]
SEEN_AS = {"code128": "Code 128", "ean13": "EAN-13", "ean8": "EAN-8"}


def read(image):
    return [(one.text, str(one.format)) for one in zxingcpp.read_barcodes(image.convert("L"))]


def _dark(level):
    return 255 - level


def expected(block):
    return (block.payload, "QR Code" if isinstance(block, QrCode) else SEEN_AS[block.symbology])


async def paper(simulated, number=1):
    picture = await simulated.do("image", number=simulated.before + number)
    return Image.open(io.BytesIO(base64.b64decode(picture["png"])))


@pytest.mark.parametrize("block", CODES, ids=lambda block: block.payload)
@pytest.mark.parametrize("mode", ["raster", "text"])
async def test_every_code_is_read_off_the_paper(tcp, mode, block):
    async with opened(tcp, mode=mode) as printer:
        result = await printer.print(Document((Text("A023"), block, Text("请候诊"))), job="a")
        assert result.outcome is PrintOutcome.DONE
    assert read(await paper(tcp)) == [expected(block)]
    assert (await tcp.do("status"))["rejected"] == []


@pytest.mark.parametrize("dots", [576, 384])
def test_a_bar_code_is_as_high_as_it_is_told_and_keeps_its_quiet_zone(dots):
    image = render(Document((Barcode("A023", height_mm=12, readable=False),)), dots)
    left, top, right, bottom = image.convert("L").point(_dark).getbbox()
    assert bottom - top == 12 * 8
    assert min(left, dots - right) >= 10 * 3
    assert render(Document((Barcode("A023", height_mm=12),)), dots).height > image.height


ANY = st.one_of(
    st.text(alphabet=ASCII, min_size=1, max_size=18), st.text(alphabet="0123456789A-", min_size=1, max_size=18)
)


@settings(max_examples=40, deadline=None)
@given(ANY.filter(lambda text: text.strip() == text))
def test_any_text_that_fits_is_read_back(text):
    image = render(Document((Barcode(text, readable=False),)), 576)
    assert read(image) == [(text, "Code 128")]


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(ANY.filter(lambda text: text.strip() == text))
def test_any_text_that_fits_is_read_back_two_thousand_times(text):
    image = render(Document((Barcode(text, readable=False),)), 576)
    assert read(image) == [(text, "Code 128")]


SYMBOLS = {
    "99": [105, 99],
    "9912": [105, 99, 12],
    "123": [104, 17, 18, 19],
    "A023": [104, 33, 16, 18, 19],
    "20261126000417": [105, 20, 26, 11, 26, 0, 4, 17],
    "12345A": [105, 12, 34, 100, 21, 33],
    "A12345": [104, 33, 17, 99, 23, 45],
    "A12345B": [104, 33, 17, 18, 19, 20, 21, 34],
    "A123456B": [104, 33, 99, 12, 34, 56, 100, 34],
}
"""Reckoned by hand from the standard's tables."""


@pytest.mark.parametrize(("payload", "symbols"), SYMBOLS.items(), ids=SYMBOLS)
def test_golden_symbols(payload, symbols):
    assert code128_symbols(payload) == symbols


GOLDEN = {
    "characters": (Barcode("A{23"), "1D6850 1D7703 1D4802 1D6600 1D6B49 07 7B42 417B7B3233"),
    "pairs of digits": (Barcode("202611"), "1D6850 1D7703 1D4802 1D6600 1D6B49 05 7B43 141A0B"),
    "EAN-13": (
        Barcode("6901234567892", "ean13", readable=False),
        "1D6850 1D7703 1D4800 1D6600 1D6B43 0D 36393031323334353637383932",
    ),
    "EAN-8": (Barcode("96385074", "ean8"), "1D6850 1D7703 1D4802 1D6600 1D6B44 08 3936333835303734"),
}


@pytest.mark.parametrize(("block", "golden"), GOLDEN.values(), ids=GOLDEN)
def test_golden_commands(block, golden):
    assert bytes.fromhex(golden) in b"".join(unit.data for unit in text_units(Document((block,)), WIDE))


@pytest.mark.parametrize("digits", ["1604", "161605", "1620"])
async def test_no_pair_of_digits_becomes_a_command_that_is_obeyed_at_once(tcp, digits):
    data = b"".join(unit.data for unit in text_units(Document((Barcode(digits),)), WIDE))
    assert b"{B" + digits.encode() in data
    async with opened(tcp, mode="text") as printer:
        assert (await printer.print(Document((Barcode(digits),)), job="a")).outcome is PrintOutcome.DONE
    assert read(await paper(tcp)) == [(digits, "Code 128")]


@pytest.mark.parametrize("make", [lambda code: render(code, 384), lambda code: text_units(code, NARROW)])
def test_a_code_that_does_not_fit_the_paper_is_refused_and_not_cut_off(make):
    with pytest.raises(DocumentError, match=r"needs .* dots, and this paper has 384"):
        make(Document((Barcode("HZ:7Hq2mXw9Kc4RbT1z"),)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Barcode(""), "1 to 48 characters"),
        (lambda: Barcode("号"), "printable ASCII"),
        (lambda: Barcode("x" * 49), "1 to 48"),
        (lambda: Barcode("A", height_mm=4), "5 to 30 mm"),
        (lambda: Barcode("690123456789", "ean13"), "EAN13 has 13 digits"),
        (lambda: Barcode("690123456789x", "ean13"), "13 digits"),
        (lambda: Barcode("6901234567891", "ean13"), "should be 2"),
        (lambda: Barcode("96385075", "ean8"), "should be 4"),
    ],
)
def test_what_is_no_code_is_refused_with_a_sentence(make, words):
    with pytest.raises(DocumentError, match=words):
        make()
