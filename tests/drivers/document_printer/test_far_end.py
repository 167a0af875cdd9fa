"""The driver against somebody else's printer: ippeveprinter of CUPS, in a network of its own."""

import asyncio
import ctypes
import ctypes.util
import socket
import ssl

import pypdfium2
import pytest

from drivers.device import CompletionCode, DeviceError, DeviceState, HealthLevel, PaperSupply, PrintOutcome
from drivers.document_printer.pdf import Limits, OpenPdf
from drivers.document_printer.printing import PrintOptions, Stage
from drivers.document_printer.raster import URF, RasterJob
from tests.drivers.document_printer.conftest import PATIENT, enabled, far_end_with, wire_to
from tests.drivers.document_printer.samples import A4, pdf

SEND_DOCUMENT, PRINT_JOB, CREATE_JOB, CANCEL_JOB = (bytes.fromhex(f"0200{number:04x}") for number in (6, 2, 5, 8))
DONE, NOT_DONE, UNKNOWN = PrintOutcome.DONE, PrintOutcome.NOT_DONE, PrintOutcome.UNKNOWN


async def until(device, job, reached):
    """Begin to print; return the task once it is as far as ``reached`` says."""
    there = asyncio.Event()
    seen = []

    def heard(progress):
        seen.append(progress)
        if reached(progress):
            there.set()

    task = asyncio.create_task(device.print(pdf(), job=job, on_progress=heard))
    waiting = asyncio.create_task(there.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    assert there.is_set(), (seen, task.done() and task.result())
    return task


def printing(progress):
    return progress.stage is Stage.PRINTING


def busy(progress):
    return progress.stage is Stage.BUSY


def without_paper(progress):
    return progress.error == "paper_out"


async def test_what_was_sent_is_what_the_printer_got(printer, far_end):
    assert printer.info.model
    assert printer.capabilities.formats[-1] == "application/pdf"
    document = pdf(A4, A4)
    seen = []
    result = await printer.print(document, job="report-1", on_progress=seen.append)
    assert (result.outcome, result.code, result.error) == (DONE, CompletionCode.SUCCESS, None)
    assert far_end.printed(result.number) == document
    asked = far_end.asked(result.number)
    assert asked["IPP_MEDIA"] == "iso_a4_210x297mm"
    assert (asked["IPP_SIDES"], asked["IPP_PRINT_COLOR_MODE"]) == ("one-sided", "monochrome")
    assert asked["IPP_JOB_NAME"] == result.attempt.name
    assert result.attempt.name.endswith(" report-1")
    assert seen[0].stage is Stage.SENDING


@pytest.mark.usefixtures("far_end")
async def test_nothing_of_it_listens_here():
    with socket.socket() as link:
        assert link.connect_ex(("127.0.0.1", 18631)), "its port is in its own network only"


async def test_both_sides_copies_and_pages(printer, far_end):
    options = PrintOptions(copies=3, sides="two-sided-long-edge", pages=((2, 3),), color=True)
    document = pdf(A4, A4, A4, texts=["first", "second", "third"])
    result = await printer.print(document, job="report-2", options=options)
    assert (result.outcome, result.attempt.pages) == (DONE, 6)
    asked = far_end.asked(result.number)
    assert (asked["IPP_SIDES"], asked["IPP_COPIES"]) == ("two-sided-long-edge", "3")
    assert asked["IPP_PRINT_COLOR_MODE"] == "color"
    got = pypdfium2.PdfDocument(far_end.printed(result.number))
    assert [page.get_textpage().get_text_range() for page in got] == ["second", "third"]


async def test_a_second_document_waits_until_the_printer_is_free(printer, wire, far_end):
    far_end.plan("read x < go", "exit 0")
    first = await until(printer, "first", printing)
    async with enabled(wire.url) as other:
        second = await until(other, "second", busy)
        far_end.plan("exit 0")
        await asyncio.to_thread(far_end.go)
        results = [await first, await second]
    assert [result.outcome for result in results] == [DONE, DONE]
    assert results[0].number < results[1].number


@pytest.mark.slow
async def test_a_printer_that_stays_busy_was_sent_nothing(printer, wire, far_end):
    before = far_end.jobs()
    far_end.plan("read x < go", "exit 0")
    first = await until(printer, "first", printing)
    impatient = enabled(wire.url, timing=type(PATIENT)(busy=0.1, look=0.05))
    async with impatient as other:
        result = await other.print(pdf(), job="second")
    assert (result.outcome, result.error, result.code) == (NOT_DONE, "busy", CompletionCode.DEVICE_NOT_READY)
    assert result.message.endswith("Nothing was printed.") or result.message.endswith("was not printed.")
    await asyncio.to_thread(far_end.go)
    printed = await first
    assert printed.outcome is DONE
    assert far_end.jobs() == [*before, printed.number]


async def test_a_job_that_the_printer_gives_up_was_not_printed(printer, far_end):
    far_end.plan("exit 1")
    result = await printer.print(pdf(), job="report")
    assert (result.outcome, result.error, result.code) == (NOT_DONE, "aborted", CompletionCode.COMMAND_ERROR)


async def test_paper_that_runs_out_is_told_and_the_job_goes_on(printer, far_end):
    far_end.plan(
        'echo "STATE: +media-empty" >&2', "read x < go", 'echo "STATE: -media-empty" >&2', "exit 0"
    )  # fmt: skip
    task = await until(printer, "report", without_paper)
    assert (await printer.status()).paper in {PaperSupply.LOW, PaperSupply.OUT}
    await asyncio.to_thread(far_end.go)
    assert (await task).outcome is DONE
    report = await printer.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state) == (True, DeviceState.ONLINE)


async def test_a_cancelled_document_is_ended_at_the_printer(printer, wire, far_end):
    far_end.plan("read x < go", "exit 0")
    task = await until(printer, "report", printing)
    wire.watch = CANCEL_JOB
    assert await printer.cancel()
    assert await asyncio.to_thread(wire.watched.wait, 60)
    await asyncio.to_thread(far_end.go)
    result = await task
    assert (result.outcome, result.error, result.code) == (NOT_DONE, "canceled", CompletionCode.CANCELED)


@pytest.mark.parametrize(
    ("create_job", "lost"), [(True, SEND_DOCUMENT), pytest.param(False, PRINT_JOB, marks=pytest.mark.slow)]
)
async def test_an_answer_that_is_lost_is_asked_for_and_nothing_is_sent_again(wire, far_end, create_job, lost):
    async with enabled(wire.url, create_job=create_job) as printer:
        before = far_end.jobs()
        wire.lose = lost
        result = await printer.print(pdf(), job="report")
        assert (wire.lost, result.outcome, result.attempt.taken) == (1, DONE, True)
        assert far_end.jobs() == [*before, result.number]
        again = await printer.enquire(result.attempt)
        assert (again.outcome, again.number) == (DONE, result.number)


@pytest.mark.slow
@pytest.mark.parametrize("create_job", [True, False])
async def test_an_answer_that_is_lost_before_the_printer_gives_up_is_no_print(wire, far_end, create_job):
    async with enabled(wire.url, create_job=create_job) as printer:
        far_end.plan("exit 1")
        wire.lose = SEND_DOCUMENT if create_job else PRINT_JOB
        result = await printer.print(pdf(), job="report")
    assert (wire.lost, result.outcome, result.error) == (1, NOT_DONE, "aborted")


@pytest.mark.slow
async def test_a_lost_answer_to_the_jobs_beginning_printed_nothing(printer, wire, far_end):
    before = far_end.jobs()
    wire.lose = CREATE_JOB
    result = await printer.print(pdf(), job="report")
    assert (wire.lost, result.outcome, result.error) == (1, NOT_DONE, "gone")
    assert far_end.jobs() == before
    assert (await printer.print(pdf(), job="report")).outcome is DONE, "and nothing stands in its way"


@pytest.mark.parametrize("create_job", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_a_document_that_may_have_broken_off_is_not_taken_for_printed(wire, far_end, create_job):
    """ippeveprinter takes what arrived for the whole document, and says that it was printed."""
    async with enabled(wire.url, create_job=create_job) as printer:
        wire.cut = b"%PDF-"
        result = await printer.print(pdf(), job="report")
        assert (wire.lost, result.outcome, result.error) == (1, UNKNOWN, "incomplete")
        assert far_end.printed(result.number) != pdf()
        assert (await printer.enquire(result.attempt)).outcome is UNKNOWN
        assert (await printer.print(pdf(), job="report")).outcome is DONE


@pytest.mark.slow
async def test_a_document_of_pages_that_are_not_a4_is_refused_and_nothing_is_sent(printer, far_end):
    before = far_end.jobs()
    result = await printer.print(pdf((612, 792)), job="letter")
    assert (result.outcome, result.error, result.code) == (NOT_DONE, "page_size", CompletionCode.INVALID_DATA)
    assert result.message == "The document is not on A4 paper. Page 1 is 216 by 279 mm. Nothing was printed."
    assert far_end.jobs() == before


async def test_an_encrypted_connection_to_the_certificate_that_is_trusted_and_to_no_other(wire, far_end, tmp_path):
    port = int(wire.url.split(":")[2].partition("/")[0])
    shown = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))
    trusted = tmp_path / "printer.pem"
    trusted.write_text(shown)
    # Its certificate names localhost, and nothing else.
    async with enabled(f"ipps://localhost:{port}/ipp/print", ca=trusted) as printer:
        result = await printer.print(pdf(), job="report")
        assert result.outcome is DONE
        assert far_end.printed(result.number) == pdf()
    for url, ca in ((f"ipps://127.0.0.1:{port}/ipp/print", trusted), (f"ipps://localhost:{port}/ipp/print", None)):
        with pytest.raises(DeviceError) as failure:
            async with enabled(url, ca=ca):
                pass
        assert failure.value.error == "certificate"


# -- PWG raster, read by CUPS's own reader


class _Header(ctypes.Structure):
    """``cups_page_header2_t``."""

    _fields_ = [(name, ctypes.c_char * 64) for name in ("kind", "color", "type", "output")] + [
        (name, ctypes.c_uint32 * count)
        for name, count in [
            ("_1", 4), ("duplex", 1), ("dpi", 2), ("box", 4), ("_2", 2), ("edge", 1), ("margins", 2), ("_3", 5),
            ("copies", 1), ("orientation", 1), ("_4", 1), ("page", 2), ("_5", 2), ("tumble", 1), ("width", 1),
            ("height", 1), ("_6", 1), ("bits_per_color", 1), ("bits_per_pixel", 1), ("bytes_per_line", 1), ("order", 1),
            ("space", 1), ("_7", 4), ("colors", 1), ("_8", 7), ("integers", 16), ("reals", 16),
        ]
    ] + [("strings", (ctypes.c_char * 64) * 16), ("marker", ctypes.c_char * 64), ("intent", ctypes.c_char * 64),
         ("size_name", ctypes.c_char * 64)]  # fmt: skip


def read_raster(path):
    """The pages of a raster file, of either kind, as CUPS reads it: headers and pixels."""
    library = ctypes.CDLL("libcups.so.2")
    library.cupsRasterOpen.restype = ctypes.c_void_p
    library.cupsRasterReadHeader2.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Header)]
    library.cupsRasterReadPixels.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint]
    library.cupsRasterClose.argtypes = [ctypes.c_void_p]
    pages = []
    with path.open("rb") as file:
        raster = library.cupsRasterOpen(file.fileno(), 0)
        assert raster
        header = _Header()
        while library.cupsRasterReadHeader2(raster, ctypes.byref(header)):
            line = ctypes.create_string_buffer(header.bytes_per_line[0])
            rows = []
            for _ in range(header.height[0]):
                assert library.cupsRasterReadPixels(raster, line, len(line)) == len(line)
                rows.append(line.raw)
            pages.append((header, rows))
            header = _Header()
        library.cupsRasterClose(raster)
    return pages


@pytest.mark.parametrize("color", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_a_printer_without_pdf_gets_raster_that_cups_can_read(raster_far_end, color):
    with wire_to(raster_far_end) as wire:
        async with enabled(wire.url) as printer:
            assert "application/pdf" not in printer.capabilities.formats
            options = PrintOptions(sides="two-sided-long-edge", color=color)
            result = await printer.print(pdf(A4, A4[::-1]), job="report", options=options)
    assert result.outcome is DONE
    assert raster_far_end.asked(result.number)["CONTENT_TYPE"] == "image/pwg-raster"
    pages = read_raster(raster_far_end.folder / f"printed-{result.number}")
    assert len(pages) == 2
    assert [list(header.integers)[1:3] for header, _ in pages] == [[1, 1], [0xFFFFFFFF, 0xFFFFFFFF]], (
        "its back is turned"
    )
    for header, rows in pages:
        assert (header.kind, header.size_name) == (b"PwgRaster", b"iso_a4_210x297mm")
        assert (header.width[0], header.height[0], list(header.dpi)) == (2480, 3507, [300, 300])
        assert (header.duplex[0], header.tumble[0]) == (1, 0)
        assert (header.space[0], header.colors[0]) == ((19, 3) if color else (18, 1))
        assert header.integers[0] == 2
        assert rows[0].count(0xFF) == len(rows[0]), "white at the edge"
        inked = [number for number, row in enumerate(rows) if row.count(0xFF) < len(row)]
        # The frame stands 20 points from each edge, all around.
        assert inked[0] == pytest.approx(20 * 300 / 72, abs=6)
        assert inked[-1] == pytest.approx(3507 - 20 * 300 / 72, abs=6)


@pytest.mark.slow
async def test_a_printer_that_takes_apple_raster_only(tmp_path):
    with far_end_with(tmp_path, "-f", "image/urf", "-2", "-s", "60,60") as far_end, wire_to(far_end) as wire:
        async with enabled(wire.url) as printer:
            options = PrintOptions(sides="two-sided-long-edge", color=True)
            result = await printer.print(pdf(A4, A4), job="report", options=options)
            assert result.outcome is DONE
            assert far_end.asked(result.number)["CONTENT_TYPE"] == "image/urf"
            pages = read_raster(far_end.folder / f"printed-{result.number}")
    assert [(header.width[0] * 300 // header.dpi[0], header.space[0]) for header, _ in pages] == [(2480, 19)] * 2


async def test_apple_raster_is_read_back_by_cups(tmp_path):
    job = RasterJob(300, "srgb_8", "two-sided-long-edge", "rotated", 2, URF)
    async with OpenPdf(pdf(A4, A4), Limits()) as document:
        data = b"".join([piece async for piece in document.raster([0, 1], job)])
    (tmp_path / "pages.urf").write_bytes(data)
    pages = read_raster(tmp_path / "pages.urf")
    assert len(pages) == 2
    for header, rows in pages:
        assert (header.width[0], header.height[0], list(header.dpi)) == (2480, 3507, [300, 300])
        assert (header.duplex[0], header.tumble[0], header.space[0], header.bits_per_pixel[0]) == (1, 0, 19, 24)
        inked = [number for number, row in enumerate(rows) if row.count(0xFF) < len(row)]
        assert inked[0] == pytest.approx(20 * 300 / 72, abs=6)
        assert inked[-1] == pytest.approx(3507 - 20 * 300 / 72, abs=6)
