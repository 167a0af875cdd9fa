"""Every fault of the printer of reports, at the wire: its named screen, and how many pages came out."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from dataclasses import dataclass, field, replace

import pytest

from drivers.document_printer import driver
from drivers.document_printer.driver import DocumentPrinter
from drivers.document_printer.pdf import Limits, OpenPdf
from drivers.document_printer.printing import PrintOptions, Timing
from drivers.supervisor import Supervisor
from kiosk.faults import FAULTS
from kiosk.journeys.report import Report
from kiosk.journeys.walk import Ended
from kiosk.report_printer import report_printer_among
from kiosk.screen import Kind
from tests.drivers.conftest import SimulatorProcess
from tests.drivers.document_printer.conftest import HASTY, IMPATIENT, PATIENT, QuickPdf, enabled
from tests.drivers.document_printer.samples import A4, pdf
from tests.kiosk.fakes import DEADLINE, Room
from tests.kiosk.walking import walking
from tests.kiosk.wire import AT_ONCE

LETTER = (612.0, 792.0)
TWO = pdf(A4, A4)
SILENT = replace(IMPATIENT, silent=0.5)
LIMITS = Limits(pages=3, megabytes=1)


@pytest.fixture(scope="module")
def far_end():
    end = SimulatorProcess("drivers.document_printer.simulator", "--tcp", "127.0.0.1:0", "--fast")
    yield end
    assert end.end() == 0


@pytest.fixture(scope="module")
def plain():
    """One that prints on one side, in black, and takes no PDF."""
    options = ("--simplex", "--monochrome", "--formats", "image/jpeg")
    end = SimulatorProcess("drivers.document_printer.simulator", "--tcp", "127.0.0.1:0", "--fast", *options)
    yield end
    assert end.end() == 0


class Printing(Room):
    """A kiosk of fakes but for its printer of reports."""

    def __init__(self, far_end: SimulatorProcess, device: DocumentPrinter, supervisor: Supervisor) -> None:
        super().__init__()
        self.far_end, self.driver, self.supervisor = far_end, device, supervisor
        self.world = dataclasses.replace(self.world, report_printer=report_printer_among([device], supervisor))

    async def tell(self, verb: str, **values: object) -> dict[str, object]:
        """Put a verb to the far end without holding up the driver."""
        return await asyncio.to_thread(self.far_end.tell, verb, **values)

    async def came_out(self) -> int:
        """Sides that came out, of all jobs."""
        return sum(job["out"] for job in (await self.tell("status"))["jobs"])


async def printing_at(far_end: SimulatorProcess):
    far_end.tell("clear_fault")
    far_end.tell("plug")
    far_end.tell("reset")
    far_end.tell("hold", yes=False)
    far_end.tell("accept")
    device = DocumentPrinter("report-printer", far_end.url, timing=PATIENT, limits=LIMITS)
    async with Supervisor([device], pace=AT_ONCE) as supervisor:
        await supervisor.device("report-printer")
        yield Printing(far_end, device, supervisor)


@pytest.fixture
async def room(far_end, monkeypatch):
    monkeypatch.setattr(driver, "OpenPdf", QuickPdf)
    async for one in printing_at(far_end):
        yield one


def has(reason):
    return (("trouble", {"reason": reason}),)


def breaks(action, on, **values):
    return (("fault", {"action": action, "on": on, **values}),)


@dataclass(frozen=True)
class Case:
    """What happens to printer or document, and the screen the patient is to see. ``out``: sides that came out."""

    name: str
    fault: str
    happens: tuple[tuple[str, dict[str, object]], ...] = ()
    document: bytes = field(default=TWO, repr=False)
    out: int = 0
    timing: Timing = PATIENT
    opens: bool = False


CASES = [
    Case("paper out before", "report_paper_out", has("media-empty-error")),
    Case("jam before", "report_paper_jam", has("media-jam-error")),
    Case("cover open before", "report_cover_open", has("door-open-error")),
    Case("toner out before", "report_toner_out", has("toner-empty-error")),
    Case("ink out before", "report_toner_out", has("marker-supply-empty-error")),
    Case("tray missing", "report_tray_missing", has("input-tray-missing-error")),
    Case("output full", "report_output_full", has("output-area-full-error")),
    Case("fuser too hot", "report_printer_failed", has("fuser-over-temp-error")),
    Case("stopped without a reason", "report_printer_failed", has("x-vendor-thing")),
    Case("paused", "report_printer_offline", has("paused")),
    Case("offline", "report_printer_offline", has("connecting-to-device")),
    Case("takes no jobs", "report_printer_offline", (("accept", {"yes": False}),)),
    Case("off the network", "report_printer_offline", (("unplug", {}),)),
    Case("mute", "report_printer_offline", breaks("mute", "printer", times=0), timing=IMPATIENT),
    Case("demands a log-in", "report_printer_offline", breaks("refuse", "validate", value=0x0403)),
    Case("speaks no IPP", "report_printer_failed", breaks("garbage", "printer", times=0)),
    Case("busy for too long", "report_printer_busy", breaks("refuse", "send", times=0), timing=HASTY),
    Case("cancelled at the printer", "report_cancelled", breaks("cancel_at_panel", "page")),
    Case("given up by the printer", "report_stuck", breaks("abort", "page")),
    Case("paper out within", "report_half", breaks("paper_out", "page", after=1), out=1, timing=HASTY),
    Case("jam within", "report_half", breaks("jam", "page", after=1), out=1, timing=HASTY),
    Case("cover open within", "report_half", breaks("door", "page", after=1), out=1, timing=HASTY),
    Case("toner out within", "report_half", breaks("toner_out", "page", after=1), out=1, timing=HASTY),
    Case("cancelled within", "report_half", breaks("cancel_at_panel", "page", after=1), out=1),
    Case("switched off while it prints", "report_unknown", breaks("mute", "job", times=0), out=2, timing=SILENT),
    Case("too many pages", "report_too_long", document=pdf(A4, A4, A4, A4), opens=True),
    Case("too large", "report_too_long", document=pdf() + b"%" * (1 << 20) + b"\n%%EOF\n", opens=True),
    Case("not on A4", "report_page_size", document=pdf(LETTER)),
    Case("no PDF", "report_broken", document=b"<html>", opens=True),
    Case("cut off", "report_broken", document=pdf()[:-40], opens=True),
    Case("damaged", "report_broken", document=pdf().replace(b"xref", b"xxxx"), opens=True),
    Case("encrypted", "report_broken", document=pdf(encrypt=b"secret"), opens=True),
    Case("the printer cannot read it", "report_broken", breaks("refuse", "send", value=0x0411)),
    Case("the printer cannot print it so", "report_form", breaks("refuse", "validate", value=0x040B)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_printers_fault_has_its_screen_and_nothing_comes_out_twice(room, monkeypatch, case):
    if case.opens:
        monkeypatch.setattr(driver, "OpenPdf", OpenPdf)  # in the process that opens it
    room.driver._timing = case.timing
    if room.driver._connection is not None:
        room.driver._connection._timing = case.timing
    for verb, values in case.happens:
        await room.tell(verb, **values)
    async with walking(room, Report(case.document, "report-1").print) as one:
        screen = await room.ui.until(lambda screen: screen.kind is Kind.OUTCOME and screen.home)
        assert (screen.title.key, screen.staff_code) == (f"fault.{case.fault}.title", FAULTS[case.fault].code)
        room.ui.tap("finish")
        assert await one.ended() is Ended.FAULT
    await room.tell("clear_fault")
    await room.tell("plug")
    assert await room.came_out() == case.out


@contextlib.asynccontextmanager
async def another_job(far_end):
    """Somebody else's job, which stands before the patient's and does not end."""
    far_end.tell("hold")
    async with enabled(far_end.url, user="somebody-else") as device:
        printing = asyncio.ensure_future(device.print(pdf(), job="other"))
        async with asyncio.timeout(DEADLINE):
            while not (await asyncio.to_thread(far_end.tell, "status"))["jobs"]:
                pass
        yield
        far_end.tell("hold", yes=False)
        await printing


async def test_other_jobs_come_first_for_so_long_and_no_longer(room):
    room.driver._timing = HASTY
    async with another_job(room.far_end), walking(room, Report(TWO, "report-1").print):
        await room.ui.until_key("fault.report_printer_busy.title")
    assert await room.came_out() == 1, "the other one"


async def test_a_printer_that_takes_nothing_we_have_says_so(plain, monkeypatch):
    monkeypatch.setattr(driver, "OpenPdf", QuickPdf)
    async for room in printing_at(plain):
        async with walking(room, Report(TWO, "report-1").print):
            screen = await room.ui.until_key("fault.report_form.title")
            assert screen.staff_code == "D-15"
        result = await room.driver.print(pdf(), job="report-2", options=PrintOptions(sides="two-sided-long-edge"))
        assert result.error == "no_duplex"


@pytest.mark.parametrize(
    ("action", "why"),
    [("paper_out", "paper_out"), ("jam", "paper_jam"), ("door", "cover_open"), ("toner_out", "toner_out")],
)
async def test_what_holds_a_report_up_is_told_and_it_goes_on_once_it_is_mended(room, action, why):
    await room.tell("fault", action=action, on="page", after=1)
    async with walking(room, Report(TWO, "report-1").print) as one:
        screen = await room.ui.until_key("report.held")
        assert dict(screen.title.values)["why"].key == f"report.why_{why}"
        await room.tell("mend")
        assert await one.ended() is Ended.THROUGH
    assert await room.came_out() == 2


async def test_the_patient_cancels_what_is_held_up(room):
    await room.tell("fault", action="paper_out", on="page", after=1)
    async with walking(room, Report(TWO, "report-1").print):
        await room.ui.until_key("report.held")
        room.ui.tap("cancel")
        screen = await room.ui.until_key("fault.report_half.title")
        assert dict(screen.title.values)["why"].key == "report.why_cancelled"
    await room.tell("mend")
    assert await room.came_out() == 1


async def test_an_answer_that_is_lost_is_asked_for_and_the_report_comes_out_once(room):
    await room.tell("fault", action="lost", on="send")
    async with walking(room, Report(TWO, "report-1").print) as one:
        assert await one.ended() is Ended.THROUGH
    assert await room.came_out() == 2


async def test_a_job_that_does_not_move_is_told_as_stuck_and_ended_at_the_printer(room, monkeypatch):
    monkeypatch.setattr(driver, "_MARGIN", 0.0)  # the printer's own pages a minute would have it wait for long
    room.driver._timing = replace(PATIENT, warm_up=0.1, page=0.1)
    await room.tell("hold")
    async with walking(room, Report(TWO, "report-1").print):
        screen = await room.ui.until_key("fault.report_stuck.title")
        assert screen.staff_code == "D-11"
    await room.tell("hold", yes=False)
    assert await room.came_out() == 0


async def test_what_was_not_printed_is_printed_by_the_patients_touch(room):
    await room.tell("trouble", reason="media-empty-error")
    async with walking(room, Report(TWO, "report-1").print) as one:
        await room.ui.until_key("fault.report_paper_out.title")
        await room.tell("mend")
        room.ui.tap("again")
        assert await one.ended() is Ended.THROUGH
    assert await room.came_out() == 2


async def test_a_receipt_printer_is_no_printer_of_reports(room):
    assert report_printer_among([], room.supervisor) is None
    room.driver._info = dataclasses.replace(room.driver.info, kind="receipt_printer")
    assert report_printer_among([room.driver], room.supervisor) is None
