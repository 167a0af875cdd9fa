"""A document before it is sent: what is refused, and why."""

import random
import re
from pathlib import Path

import pypdfium2
import pytest

from drivers.device import CompletionCode, DeviceError
from drivers.document_printer import pdf as pdf_module
from drivers.document_printer.pdf import Limits, OpenPdf
from drivers.document_printer.raster import SYNC, RasterJob
from drivers.document_printer.simulator.paper import Pages
from tests.drivers.document_printer.samples import A4, pdf


async def refusal(document, **limits):
    with pytest.raises(DeviceError) as failure:
        async with OpenPdf(document, Limits(**limits)):
            pass
    assert failure.value.code is CompletionCode.INVALID_DATA
    return failure.value.error


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (b"", "not_pdf"),
        (b"<html>Error 500</html>", "not_pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"%PDF-", "damaged"),
        (pdf()[:-40], "damaged"),
        (pdf()[: len(pdf()) // 2], "damaged"),
        (pdf()[: len(pdf()) // 2] + b"\n%%EOF\n", "damaged"),
        (pdf().replace(b"startxref\n", b"startxref\n1"), "damaged"),
        (b"%PDF-1.4\n%%EOF\n", "damaged"),
        (pdf(encrypt=b"secret"), "encrypted"),
        (pdf(encrypt=b""), "encrypted"),
    ],
)
async def test_what_is_refused(document, error):
    assert await refusal(document) == error


async def test_limits():
    assert await refusal(pdf(*[A4] * 3), pages=2) == "too_many_pages"
    assert await refusal(pdf() + b" " * (1 << 20), megabytes=1) == "too_large"


def test_the_encrypted_samples_are_what_they_say():
    assert len(pypdfium2.PdfDocument(pdf(encrypt=b"secret"), password="secret")) == 1
    assert len(pypdfium2.PdfDocument(pdf(encrypt=b""))) == 1


async def test_what_is_told_of_its_pages_and_some_of_them_alone():
    async with OpenPdf(pdf(A4, A4[::-1], (612, 792)), Limits()) as document:
        assert document.pages == 3
        assert [document.is_a4(page) for page in range(3)] == [True, True, False]
        alone = pypdfium2.PdfDocument(await document.cut([2, 0]))
    assert [page.get_textpage().get_text_range() for page in alone] == ["Page 3", "Page 1"]


async def test_pages_are_drawn_as_they_are_taken_and_again_where_that_broke_off():
    job = RasterJob(150, "srgb_8", "one-sided", "normal", 2)
    async with OpenPdf(pdf(A4, A4[::-1], (300, 300)), Limits()) as document:
        pieces = document.raster([0, 1], job)
        assert (await anext(pieces)) == SYNC
        await pieces.aclose()
        whole = b"".join([piece async for piece in document.raster([0, 2], job)])
    assert len(Pages(whole, "image/pwg-raster")) == 2


def memory_of(process):
    """The most that a process had in memory so far, in kB."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())[1])


@pytest.mark.slow
async def test_many_pages_take_no_more_memory_than_few():
    job = RasterJob(300, "sgray_8", "one-sided", "normal", 8)
    async with OpenPdf(pdf(*[A4] * 16), Limits()) as document:
        most = []
        for pages in ([0, 1], list(range(16))):
            size = sum([len(piece) async for piece in document.raster(pages, job)])
            assert size > 1796 * len(pages)
            most.append(memory_of(document._process.pid))
    assert most[1] - most[0] < 4 * 2480 * 3507 / 1024, "fourteen pages more, and less than four in memory"


async def test_a_document_that_takes_too_long_is_refused():
    assert await refusal(pdf(), examine=0.0) == "unreadable"


async def test_a_worker_that_dies_refuses_the_document(monkeypatch):
    monkeypatch.setattr(pdf_module, "_PROGRAM", ("false",))
    assert await refusal(pdf()) == "unreadable"
    monkeypatch.setattr(pdf_module, "_PROGRAM", ("head", "-c", "10"))
    assert await refusal(pdf()) == "unreadable"


@pytest.mark.slow
async def test_a_damaged_document_is_opened_or_refused_and_the_kiosk_goes_on():
    chance = random.Random(1)
    for _ in range(150):
        document = bytearray(pdf(A4, A4))
        for _ in range(chance.randint(1, 20)):
            document[chance.randrange(9, len(document) - 30)] = chance.randrange(256)
        try:
            async with OpenPdf(bytes(document), Limits()) as opened:
                assert 1 <= opened.pages <= 50
        except DeviceError as failure:
            assert failure.error in {"damaged", "encrypted", "no_pages", "too_many_pages", "unreadable"}  # noqa: PT017
