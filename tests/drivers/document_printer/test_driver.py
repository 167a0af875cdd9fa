"""The driver against the simulator's process: what it says of paper when the wire and the printer do their worst."""

from dataclasses import replace

import pytest
from PIL import Image
from structlog.testing import capture_logs

from drivers.device import CompletionCode, DeviceError, DeviceState, HealthLevel, PaperSupply, PrintOutcome
from drivers.document_printer.pdf import Limits
from drivers.document_printer.printing import PrintOptions, Stage
from drivers.document_printer.status import Toner
from tests.drivers.conftest import tell
from tests.drivers.document_printer.conftest import IMPATIENT, begun, came_out, enabled, jobs
from tests.drivers.document_printer.samples import A4, pdf

pytestmark = pytest.mark.usefixtures("opened_quickly")

DONE, NOT_DONE, UNKNOWN = PrintOutcome.DONE, PrintOutcome.NOT_DONE, PrintOutcome.UNKNOWN


async def test_a_document_with_its_way_through_the_printer(printer, simulator):
    seen = []
    with capture_logs() as logs:
        result = await printer.print(pdf(A4, A4), job="report-7", on_progress=seen.append)
    assert (result.outcome, result.code, result.error, result.pages) == (DONE, CompletionCode.SUCCESS, None, 2)
    assert result.message == "The document was printed."
    assert seen[0].stage is Stage.SENDING
    (job,) = await jobs(simulator)
    assert (job["kind"], job["out"], job["bytes"]) == ("application/pdf", 2, len(pdf(A4, A4)))
    assert job["name"] == result.attempt.name
    assert [(log["event"], log["outcome"]) for log in logs] == [("document_printed", "done")]
    assert "report-7" not in str(logs)


async def test_what_is_known_before_the_first_byte_and_after_the_last_is_enough_after_a_restart(printer, simulator):
    kept = []

    async def keep(attempt):
        kept.append((attempt, len(await jobs(simulator))))

    result = await printer.print(pdf(), job="report", on_attempt=keep)
    (before, jobs_before), (after, _) = kept
    assert (before.taken, after.taken, jobs_before) == (False, True, 0)
    assert after == result.attempt
    await printer.close()
    async with enabled(simulator.url) as restarted:
        for attempt in (before, after):
            again = await restarted.enquire(attempt)
            assert (again.outcome, again.number, again.pages) == (DONE, result.number, 1)
        await tell(simulator, "forget")
        forgotten = await restarted.enquire(after)
    assert (forgotten.outcome, forgotten.error) == (UNKNOWN, "forgotten")


@pytest.mark.parametrize(
    ("reason", "error", "state", "paper", "code"),
    [
        ("media-empty-error", "paper_out", DeviceState.USER_ERROR, PaperSupply.OUT, CompletionCode.USER_ERROR),
        ("media-empty", "paper_out", DeviceState.USER_ERROR, PaperSupply.OUT, CompletionCode.USER_ERROR),
        ("door-open-error", "cover_open", DeviceState.USER_ERROR, PaperSupply.FULL, CompletionCode.USER_ERROR),
        ("media-jam-error", "paper_jam", DeviceState.USER_ERROR, PaperSupply.JAMMED, CompletionCode.USER_ERROR),
        ("toner-empty-error", "toner_out", DeviceState.USER_ERROR, PaperSupply.FULL, CompletionCode.USER_ERROR),
        ("marker-supply-empty", "toner_out", DeviceState.USER_ERROR, PaperSupply.FULL, CompletionCode.USER_ERROR),
        ("input-tray-missing", "tray_missing", DeviceState.USER_ERROR, PaperSupply.FULL, CompletionCode.USER_ERROR),
        ("output-area-full", "output_full", DeviceState.USER_ERROR, PaperSupply.FULL, CompletionCode.USER_ERROR),
        ("fuser-over-temp-error", "fuser", DeviceState.HARDWARE_ERROR, PaperSupply.FULL, CompletionCode.HARDWARE_ERROR),
        ("paused", "paused", DeviceState.OFFLINE, PaperSupply.FULL, CompletionCode.DEVICE_NOT_READY),
        ("x-vendor-thing", "stopped", DeviceState.HARDWARE_ERROR, PaperSupply.FULL, CompletionCode.HARDWARE_ERROR),
    ],
)
async def test_a_printer_in_trouble_is_sent_nothing(printer, simulator, reason, error, state, paper, code):
    await tell(simulator, "trouble", reason=reason)
    status = await printer.status()
    assert (status.error, status.device, status.paper) == (error, state, paper)
    report = await printer.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state, report.findings[0]) == (False, state, error)
    result = await printer.print(pdf(), job="report")
    assert (result.outcome, result.error, result.code) == (NOT_DONE, error, code)
    assert result.message.endswith("Nothing was printed.")
    assert await jobs(simulator) == []
    await tell(simulator, "mend")
    assert (await printer.print(pdf(), job="report")).outcome is DONE


async def test_what_will_soon_be_wrong_is_told_and_printed_with(printer, simulator):
    for reason in ("media-low-warning", "toner-low-report", "media-empty-warning"):
        await tell(simulator, "trouble", reason=reason, stops=False)
    status = await printer.status()
    assert (status.error, status.paper, status.toner) == (None, PaperSupply.LOW, Toner.LOW)
    assert set(status.warnings) == {"paper_low", "toner_low", "paper_out"}
    assert (await printer.print(pdf(), job="report")).outcome is DONE


@pytest.mark.usefixtures("whole_pdf")
async def test_an_external_check_prints_a_page(printer, simulator):
    assert printer.info.model == "Houzhen Simulated A4"
    report = await printer.check_health(HealthLevel.EXTERNAL)
    assert (report.healthy, report.findings[-1]) == (True, "test page done")
    assert await came_out(simulator) == [1]
    await tell(simulator, "fault", action="abort", on="page")
    assert not (await printer.check_health(HealthLevel.EXTERNAL)).healthy


async def test_a_printer_that_takes_no_jobs_is_sent_none(printer, simulator):
    await tell(simulator, "accept", yes=False)
    result = await printer.print(pdf(), job="report")
    assert (result.outcome, result.error) == (NOT_DONE, "not_accepting")
    assert await jobs(simulator) == []


@pytest.mark.parametrize("on", ["create", "send", "print"])
async def test_a_busy_printer_is_asked_again_until_it_is_free(simulator, on):
    async with enabled(simulator.url, create_job=on != "print") as printer:
        await tell(simulator, "fault", action="refuse", on=on, times=3)
        seen = []
        result = await printer.print(pdf(), job="report", on_progress=seen.append)
    assert result.outcome is DONE
    assert Stage.BUSY in {told.stage for told in seen}
    assert await came_out(simulator) == [1]


async def test_a_printer_that_stays_busy(hasty, simulator):
    await tell(simulator, "fault", action="refuse", on="send", times=0)
    result = await hasty.print(pdf(), job="report")
    assert (result.outcome, result.error, result.code) == (NOT_DONE, "busy", CompletionCode.DEVICE_NOT_READY)
    assert [job["state"] for job in await jobs(simulator)] == [7], "the job without a document does not stay there"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0x040A, "format_unsupported"),
        (0x040B, "attribute_unsupported"),
        (0x0403, "not_authorised"),
        (0x04FF, "refused"),
    ],
)
async def test_a_refusal_says_what_the_printer_refused(printer, simulator, value, error):
    await tell(simulator, "fault", action="refuse", on="validate", value=value)
    result = await printer.print(pdf(), job="report")
    assert (result.outcome, result.error) == (NOT_DONE, error)
    assert f"(IPP status 0x{value:04x}.) Nothing was printed." in result.message
    assert await jobs(simulator) == []


async def test_the_name_at_the_printer_begins_with_what_no_other_has(printer, simulator):
    names = set()
    for job in ("x" * 300, "检查报告" * 60, "a\nb", ""):
        result = await printer.print(pdf(), job=job)
        assert result.outcome is DONE
        names.add(result.attempt.name)
        assert len(result.attempt.name.encode()) <= 255
        assert result.attempt.is_job(result.attempt.name[:31])
        assert "\n" not in result.attempt.name
    assert len({name[:16] for name in names}) == 4
    assert {job["name"] for job in await jobs(simulator)} == names


async def test_what_changes_in_paper_and_toner_is_told_once(printer, simulator):
    told = []
    printer.on_event = lambda event: told.append((event.kind, event.value))
    await tell(simulator, "trouble", reason="toner-low-warning", stops=False)
    await printer.status()
    await printer.status()
    await tell(simulator, "trouble", reason="media-empty")
    await printer.check_health(HealthLevel.INTERNAL)
    await tell(simulator, "mend")
    await printer.status()
    assert told == [
        ("toner_changed", "low"),
        ("paper_changed", "out"),
        ("paper_changed", "full"),
        ("toner_changed", "full"),
    ]


async def test_a_check_while_it_prints_tells_what_printing_learns_and_closes_nothing(printer, simulator):
    await tell(simulator, "fault", action="paper_out", on="page")
    task = await begun(printer, lambda told: told.stage is Stage.ATTENTION)
    report = await printer.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state, report.findings) == (False, DeviceState.USER_ERROR, ("paper_out", "busy"))
    await tell(simulator, "hold")
    await tell(simulator, "mend")
    await tell(simulator, "unplug")
    report = await printer.check_health(HealthLevel.INTERNAL)
    assert report.state not in {DeviceState.NO_DEVICE, DeviceState.UNKNOWN}, "it is waited for, not closed"
    await tell(simulator, "plug")
    await tell(simulator, "hold", yes=False)
    assert (await task).outcome is DONE
    report = await printer.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state) == (True, DeviceState.ONLINE)


async def test_a_page_that_is_not_a4_is_made_to_fit_where_that_was_asked(printer, simulator):
    letter = pdf((612, 792))
    assert (await printer.print(letter, job="report")).error == "page_size"
    assert (await printer.print(letter, job="report", options=PrintOptions(fit=True))).outcome is DONE
    assert [job["kind"] for job in await jobs(simulator)] == ["application/pdf"]


async def test_an_old_printer_is_spoken_to_in_its_version(start_simulator):
    simulator = start_simulator("drivers.document_printer.simulator", "--fast", "--versions", "1.1", "--no-create-job")
    async with enabled(simulator.url) as printer:
        assert (await printer.print(pdf(), job="report")).outcome is DONE
        assert (await tell(simulator, "status"))["asked"]["print"] == 1


@pytest.mark.usefixtures("whole_pdf")
async def test_a_printer_without_pdf_gets_pages_that_can_be_looked_at(start_simulator, tmp_path):
    options = ("--formats", "image/pwg-raster", "--pages", str(tmp_path), "--simplex", "--monochrome")
    simulator = start_simulator("drivers.document_printer.simulator", "--fast", *options)
    async with enabled(simulator.url, limits=Limits(copies=500)) as printer:
        result = await printer.print(pdf(A4, A4[::-1]), job="report", options=PrintOptions(copies=2))
        assert (result.outcome, result.pages) == (DONE, 4)
        (job,) = await jobs(simulator)
        assert (job["kind"], job["out"]) == ("image/pwg-raster", 4)
        with Image.open(job["files"][0]) as page:
            assert (page.width, page.height) == (595, 841)
            assert page.getpixel((20, 400)) < 200, "its frame"
            assert page.getpixel((10, 400)) == 255
        for options, error in [
            (PrintOptions(sides="two-sided-long-edge"), "no_duplex"),
            (PrintOptions(color=True), "no_color"),
            (PrintOptions(copies=100), "too_many_copies"),
            (PrintOptions(copies=501), "too_many_copies"),
            (PrintOptions(copies=0), "too_many_copies"),
            (PrintOptions(pages=((1, 2),)), "no_pages"),
            (PrintOptions(pages=()), "no_pages"),
        ]:
            refused = await printer.print(pdf(), job="report", options=options)
            assert (refused.outcome, refused.error) == (NOT_DONE, error), options
        assert len(await jobs(simulator)) == 1


@pytest.mark.usefixtures("whole_pdf")
async def test_a_printer_that_takes_apple_raster_only_gets_that(start_simulator):
    simulator = start_simulator("drivers.document_printer.simulator", "--fast", "--formats", "image/urf")
    async with enabled(simulator.url) as printer:
        options = PrintOptions(color=True, sides="two-sided-long-edge")
        result = await printer.print(pdf(A4, A4), job="report", options=options)
    assert (result.outcome, result.pages) == (DONE, 2)
    assert [(job["kind"], job["out"]) for job in await jobs(simulator)] == [("image/urf", 2)]


async def test_a_printer_that_takes_nothing_we_have_is_told_so(start_simulator):
    simulator = start_simulator("drivers.document_printer.simulator", "--fast", "--formats", "application/postscript")
    async with enabled(simulator.url) as printer:
        result = await printer.print(pdf(), job="report")
    assert (result.outcome, result.error, result.code) == (NOT_DONE, "no_format", CompletionCode.UNSUPPORTED)


async def test_a_far_end_that_takes_nothing_of_a_document_is_left(start_simulator):
    simulator = start_simulator("drivers.document_printer.simulator", "--fast")
    async with enabled(simulator.url, timing=replace(IMPATIENT, bytes_per_second=1e9)) as printer:
        await tell(simulator, "fault", action="stop_reading", times=0)
        result = await printer.print(pdf(), job="report")
        await tell(simulator, "clear_fault")
        assert result.outcome is NOT_DONE
        assert sum(await came_out(simulator)) == 0


@pytest.mark.parametrize(
    ("fault", "error", "state"),
    [
        ({"action": "mute"}, "timeout", DeviceState.UNKNOWN),
        ({"action": "http", "value": 404}, "http", DeviceState.OFFLINE),
        ({"action": "http", "value": 426}, "needs_tls", DeviceState.OFFLINE),
        ({"action": "http", "value": 401}, "not_authorised", DeviceState.OFFLINE),
        ({"action": "garbage"}, "garbled", DeviceState.HARDWARE_ERROR),
        ({"action": "lost"}, "gone", DeviceState.NO_DEVICE),
    ],
)
async def test_what_answers_otherwise_is_not_shown_as_well(simulator, fault, error, state):
    async with enabled(simulator.url, timing=IMPATIENT) as printer:
        await tell(simulator, "fault", on="printer", times=1, **fault)
        report = await printer.check_health(HealthLevel.INTERNAL)
        assert (report.healthy, report.findings[0], report.state) == (False, error, state)
        assert (await printer.check_health(HealthLevel.INTERNAL)).healthy


async def test_a_slow_or_split_answer_is_an_answer(printer, simulator):
    for action in ("byte_by_byte", "late"):
        await tell(simulator, "fault", action=action, on="printer", value=0.01)
        assert (await printer.status()).device is DeviceState.ONLINE


async def test_a_mute_printer_is_not_taken_into_use(simulator):
    await tell(simulator, "fault", action="mute", on="printer")
    with pytest.raises(DeviceError) as failure:
        async with enabled(simulator.url, timing=IMPATIENT):
            pass
    assert failure.value.error == "timeout"


async def test_a_printer_that_is_not_there():
    with pytest.raises(DeviceError) as failure:
        async with enabled("ipp://127.0.0.1:9/ipp/print"):
            pass
    assert (failure.value.error, failure.value.code) == ("no_device", CompletionCode.DEVICE_NOT_READY)


async def test_a_closed_printer_prints_nothing(printer):
    await printer.close()
    result = await printer.print(pdf(), job="report")
    assert (result.outcome, result.error) == (NOT_DONE, "closed")
    assert (await printer.check_health(HealthLevel.INTERNAL)).healthy is False
