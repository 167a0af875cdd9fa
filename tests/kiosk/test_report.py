"""Printing a report: the step, without any printer. It comes out once at most."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from drivers.device import PrintOutcome
from drivers.document_printer.printing import Progress, Stage
from kiosk.faults import FAULTS
from kiosk.journeys.report import Report
from kiosk.journeys.walk import Ended
from kiosk.ports import PrintedReport
from kiosk.screen import Drawing, Kind, Mark
from tests.kiosk import people
from tests.kiosk.fakes import settle
from tests.kiosk.walking import walking

DONE, NOT_DONE, UNKNOWN = PrintOutcome.DONE, PrintOutcome.NOT_DONE, PrintOutcome.UNKNOWN


class FakeReportPrinter:
    """A printer of reports that a test moves."""

    name = "report-printer"

    def __init__(self):
        self.jobs = []
        self.cancelled = 0
        self.hears = True
        self.told = None
        self._ends = asyncio.Queue()

    def end(self, outcome, error=None, *, half=False):
        self._ends.put_nowait(PrintedReport(outcome, error, half))

    def break_down(self):
        self._ends.put_nowait(RuntimeError("a mistake of this kiosk"))

    async def print(self, document, job, told):
        self.jobs.append((document, job))
        self.told = told
        end = await self._ends.get()
        if isinstance(end, Exception):
            raise end
        return end

    async def cancel(self):
        self.cancelled += 1
        return self.hears


@pytest.fixture
def printer(room):
    printer = FakeReportPrinter()
    room.world = dataclasses.replace(room.world, report_printer=printer)
    return printer


@pytest.fixture
async def printing(room, printer):
    assert room.world.report_printer is printer
    async with walking(room, Report(b"%PDF", "report-1").print) as one:
        await room.ui.until_key("report.printing")
        yield one


async def test_a_report_is_printed_page_by_page(room, printer, printing):
    printer.told(Progress(Stage.QUEUED, None, 3))
    await room.ui.until_key("report.busy")
    printer.told(Progress(Stage.PRINTING, 1, 3))
    screen = await room.ui.until_key("report.printing_pages")
    assert dict(screen.title.values) == {"page": 2, "pages": 3}
    assert (screen.kind, screen.pages, screen.drawing) == (Kind.PROGRESS, (1, 3), Drawing.TAKE_PAGES)
    printer.end(DONE)
    assert await printing.ended() is Ended.THROUGH
    assert printer.jobs == [(b"%PDF", "report-1")]


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("paper_out", "report_paper_out"),
        ("paper_jam", "report_paper_jam"),
        ("cover_open", "report_cover_open"),
        ("toner_out", "report_toner_out"),
        ("tray_missing", "report_tray_missing"),
        ("output_full", "report_output_full"),
        ("fuser", "report_printer_failed"),
        ("no_answer", "report_printer_offline"),
        ("ambiguous", "report_printer_offline"),
        ("busy", "report_printer_busy"),
        ("canceled_at_printer", "report_cancelled"),
        ("too_slow", "report_stuck"),
        ("too_many_pages", "report_too_long"),
        ("page_size", "report_page_size"),
        ("damaged", "report_broken"),
        ("no_duplex", "report_form"),
    ],
)
async def test_what_was_not_printed_is_told_so_and_printed_by_the_patients_touch_alone(
    room, printer, printing, error, fault
):
    printer.end(NOT_DONE, error)
    screen = await room.ui.until_key(f"fault.{fault}.title")
    assert (screen.kind, screen.staff_code) == (Kind.OUTCOME, FAULTS[fault].code)
    assert dict(screen.lead.values)["where"] == people.DESK
    await room.clock.pass_time(15)
    assert len(printer.jobs) == 1, "not by itself"
    if FAULTS[fault].again:
        room.ui.tap("again")
        await room.ui.until_key("report.printing")
        printer.end(DONE)
        assert await printing.ended() is Ended.THROUGH
        assert len(printer.jobs) == 2
    else:
        room.ui.tap("finish")
        assert await printing.ended() is Ended.FAULT


@pytest.mark.parametrize("half", [True, None])
async def test_pages_that_lie_in_the_tray_are_told_of_and_not_printed_again(room, printer, printing, half):
    printer.end(NOT_DONE, "paper_jam", half=half)
    screen = await room.ui.until_key("fault.report_half.title")
    assert dict(screen.title.values)["why"].key == "report.why_paper_jam"
    assert screen.primary.verb == "finish"
    room.ui.tap("finish")
    assert await printing.ended() is Ended.FAULT


async def test_what_is_unknown_is_never_printed_again(room, printer, printing):
    printer.told(Progress(Stage.ASKING, None, 3))
    assert (await room.ui.until_key("report.asking")).secondary is None
    printer.end(UNKNOWN, "timeout")
    screen = await room.ui.until_key("fault.report_unknown.title")
    assert (screen.primary.verb, screen.secondary) == ("finish", None)
    room.ui.tap("finish")
    assert await printing.ended() is Ended.FAULT
    assert len(printer.jobs) == 1


async def test_a_mistake_of_this_kiosk_leaves_it_unknown(room, printer, printing):
    assert not printing.task.done()
    printer.break_down()
    await room.ui.until_key("fault.report_unknown.title")


@pytest.mark.parametrize(
    "error", ["paper_out", "paper_jam", "cover_open", "toner_out", "tray_missing", "output_full", "stopped"]
)
async def test_what_holds_it_up_is_told_while_it_waits_and_it_goes_on(room, printer, printing, error):
    printer.told(Progress(Stage.ATTENTION, 1, 3, error))
    screen = await room.ui.until_key("report.held")
    assert (screen.kind, screen.mark, screen.home) == (Kind.OUTCOME, Mark.ATTENTION, False)
    assert dict(screen.title.values)["why"].key == f"report.why_{error}"
    assert screen.staff_code.startswith("D-")
    printer.told(Progress(Stage.PRINTING, 2, 3))
    await room.ui.until_key("report.printing_pages")
    printer.end(DONE)
    assert await printing.ended() is Ended.THROUGH


async def test_the_patient_cancels(room, printer, printing):
    assert not printing.task.done()
    printer.told(Progress(Stage.ATTENTION, 1, 3, "paper_out"))
    await room.ui.until_key("report.held")
    room.ui.tap("cancel")
    await room.ui.until_key("report.cancelling")
    assert printer.cancelled == 1
    printer.end(NOT_DONE, "canceled", half=True)
    screen = await room.ui.until_key("fault.report_half.title")
    assert dict(screen.title.values)["why"].key == "report.why_cancelled"


@pytest.mark.parametrize("ticks", range(8))
async def test_a_touch_is_not_lost_when_the_printer_speaks_at_the_same_moment(room, printer, printing, ticks):
    assert not printing.task.done()
    room.ui.tap("cancel")
    for _ in range(ticks):
        await asyncio.sleep(0)
    printer.told(Progress(Stage.PRINTING, None, 3))
    await room.ui.until_key("report.cancelling")
    assert printer.cancelled == 1


async def test_a_wish_to_cancel_before_the_printer_has_begun_is_told_to_it_when_it_begins(room, printer, printing):
    assert not printing.task.done()
    printer.hears = False  # the report waits for its turn behind a check of the printer
    room.ui.tap("cancel")
    await room.ui.until_key("report.cancelling")
    printer.hears = True
    for _ in range(2):
        printer.told(Progress(Stage.PRINTING, 0, 3))
        await settle()
    assert printer.cancelled == 2, "until it was heard, and not again"


async def test_nobody_is_sent_away_while_it_prints(room, printer, printing):
    printer.told(Progress(Stage.PRINTING, 0, 3))
    room.ui.tap("home")
    await room.clock.pass_time(1000)
    assert (room.ui.counts, printing.task.done()) == ([], False)
    printer.end(DONE)
    assert await printing.ended() is Ended.THROUGH


async def test_a_kiosk_without_a_printer_of_reports_says_so(room):
    async with walking(room, Report(b"%PDF", "report-1").print):
        await room.ui.until_key("fault.report_printer_failed.title")


def test_a_report_hides_itself():
    assert "PDF" not in repr(Report(b"%PDF", "report-1"))
