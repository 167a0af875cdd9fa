"""How a document ends when something breaks off, is lost, cancelled or goes silent, and what is said of its paper."""

import asyncio

import pytest

from drivers.device import CompletionCode, DeviceState, PaperSupply, PrintOutcome
from drivers.document_printer.printing import PrintOptions, Stage
from tests.drivers.conftest import tell
from tests.drivers.document_printer.conftest import HASTY, IMPATIENT, begun, came_out, enabled, jobs
from tests.drivers.document_printer.samples import A4, pdf

pytestmark = pytest.mark.usefixtures("opened_quickly")

DONE, NOT_DONE, UNKNOWN = PrintOutcome.DONE, PrintOutcome.NOT_DONE, PrintOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("action", "error"),
    [("paper_out", "paper_out"), ("door", "cover_open"), ("jam", "paper_jam"), ("toner_out", "toner_out")],
)
async def test_a_trouble_in_the_middle_is_told_and_goes_on_once_it_is_mended(printer, simulator, action, error):
    await tell(simulator, "fault", action=action, on="page", after=1)
    task = await begun(printer, lambda told: (told.stage, told.error, told.pages) == (Stage.ATTENTION, error, 1))
    await tell(simulator, "mend")
    result = await task
    assert (result.outcome, result.pages) == (DONE, 2)


async def test_a_trouble_that_nobody_mends_ends_the_job(hasty, simulator):
    await tell(simulator, "fault", action="paper_out", on="page", after=1)
    result = await hasty.print(pdf(A4, A4), job="report")
    assert (result.outcome, result.error, result.code) == (NOT_DONE, "paper_out", CompletionCode.USER_ERROR)
    assert (result.pages, result.half_printed) == (1, True)
    assert result.message.endswith("take away the pages in the printer's tray.")
    await tell(simulator, "mend")
    assert await came_out(simulator) == [1], "and nothing more of it comes out"


@pytest.mark.parametrize(
    ("action", "error", "code"),
    [
        ("abort", "aborted", CompletionCode.COMMAND_ERROR),
        ("cancel_at_panel", "canceled_at_printer", CompletionCode.CANCELED),
    ],
)
async def test_a_job_that_ends_before_its_time(printer, simulator, action, error, code):
    await tell(simulator, "fault", action=action, on="page")
    result = await printer.print(pdf(A4, A4), job="report")
    assert (result.outcome, result.error, result.code) == (NOT_DONE, error, code)
    assert not result.half_printed


async def test_a_job_that_is_ended_after_its_last_page_is_not_called_unprinted(printer, simulator):
    await tell(simulator, "hold")
    await tell(simulator, "fault", action="abort", on="page", after=2)
    task = await begun(printer, lambda told: told.stage is Stage.PRINTING, options=PrintOptions(copies=1))
    await tell(simulator, "hold", yes=False)
    assert (await task).outcome is DONE


@pytest.mark.parametrize("create_job", [True, False])
@pytest.mark.parametrize(
    "action",
    [
        "lost",
        "mute",
        "garbage",
        "http",
        *(pytest.param(a, marks=pytest.mark.slow) for a in ("half_frame", "bad_checksum", "garbage_prefix")),
    ],
)
async def test_whatever_becomes_of_the_answer_the_document_comes_out_once(simulator, action, create_job):
    async with enabled(simulator.url, timing=IMPATIENT, create_job=create_job) as printer:
        await tell(simulator, "fault", action=action, on="send" if create_job else "print", value=0)
        result = await printer.print(pdf(A4, A4), job="report")
    carried_out = action not in {"garbage", "http"}
    assert result.outcome is (DONE if carried_out else NOT_DONE), result
    assert sum(await came_out(simulator)) == (2 if carried_out else 0)


@pytest.mark.parametrize("create_job", [True, False])
@pytest.mark.parametrize("status", [0x0504, 0x0508])
async def test_a_printer_that_was_at_the_document_when_it_refused_is_asked_what_came_out(simulator, create_job, status):
    async with enabled(simulator.url, timing=IMPATIENT, create_job=create_job) as printer:
        on = "send" if create_job else "print"
        await tell(simulator, "fault", action="taken_and_refused", on=on, value=status)
        result = await printer.print(pdf(A4, A4), job="report")
        assert result.outcome is DONE, result
        assert await came_out(simulator) == [2]
        await tell(simulator, "fault", action="refuse", on=on, value=status)
        assert (await printer.print(pdf(), job="report")).outcome is NOT_DONE


@pytest.mark.parametrize("create_job", [True, False])
async def test_a_document_that_breaks_off_is_not_printed(simulator, create_job):
    async with enabled(simulator.url, timing=IMPATIENT, create_job=create_job) as printer:
        await tell(simulator, "fault", action="torn", on="send" if create_job else "print")
        result = await printer.print(pdf(), job="report")
        assert result.outcome is NOT_DONE
        assert await came_out(simulator) in ([0], [])
        assert (await printer.print(pdf(), job="report")).outcome is DONE


async def test_without_counts_a_lost_answer_stays_unknown_and_nothing_is_sent_again(start_simulator):
    simulator = start_simulator("drivers.document_printer.simulator", "--fast", "--no-counts")
    async with enabled(simulator.url, timing=IMPATIENT) as printer:
        await tell(simulator, "fault", action="lost", on="send")
        result = await printer.print(pdf(), job="report")
    assert (result.outcome, result.error) == (UNKNOWN, "incomplete")
    assert result.message.endswith("look into the printer's tray before printing it again.")
    assert (await tell(simulator, "status"))["asked"]["send"] == 1


async def test_without_counts_nobody_knows_whether_pages_lie_in_the_tray(start_simulator):
    simulator = start_simulator("drivers.document_printer.simulator", "--fast", "--no-counts")
    async with enabled(simulator.url) as printer:
        await tell(simulator, "fault", action="abort", on="page", after=1)
        result = await printer.print(pdf(A4, A4), job="report")
    assert (result.outcome, result.error) == (UNKNOWN, "aborted")
    assert result.message.endswith("look into the printer's tray before printing it again.")


@pytest.mark.parametrize(
    ("options", "printing", "outcome"),
    [
        ((), True, UNKNOWN),
        ((), False, NOT_DONE),
        (("--no-times",), True, UNKNOWN),
        (("--no-times",), False, UNKNOWN),
    ],
)
async def test_without_counts_a_cancelled_document_was_not_printed_only_where_it_was_never_begun(
    start_simulator, options, printing, outcome
):
    simulator = start_simulator("drivers.document_printer.simulator", "--fast", "--no-counts", *options)
    async with enabled(simulator.url) as printer:
        await tell(simulator, "hold")
        if not printing:
            async with enabled(simulator.url, user="somebody-else") as other:
                first = await begun(other, lambda told: told.stage is Stage.PRINTING)
                task = await begun(printer, lambda told: told.stage is Stage.QUEUED)
                await printer.cancel()
                result = await task
                await tell(simulator, "hold", yes=False)
                assert (await first).outcome is DONE
        else:
            task = await begun(printer, lambda told: told.stage is Stage.PRINTING)
            await printer.cancel()
            result = await task
    assert (result.outcome, result.error) == (outcome, "canceled")
    assert result.half_printed is False


async def test_a_printer_that_is_switched_off_and_on_leaves_it_unknown(printer, simulator):
    await tell(simulator, "hold")
    task = await begun(printer, lambda told: told.stage is Stage.PRINTING)
    await tell(simulator, "restart")
    result = await task
    assert (result.outcome, result.error) in {(UNKNOWN, "forgotten"), (UNKNOWN, "restarted")}


async def test_somebody_elses_job_with_the_same_number_is_not_taken_for_ours(printer, simulator):
    await tell(simulator, "restart")
    await tell(simulator, "hold")
    task = await begun(printer, lambda told: told.stage is Stage.PRINTING)
    await tell(simulator, "fault", action="http", on="job", times=0)  # nothing is learnt while it starts anew
    await tell(simulator, "restart")
    async with enabled(simulator.url, user="somebody-else") as other:
        await tell(simulator, "hold")
        second = await begun(other, lambda told: told.stage is Stage.QUEUED or told.stage is Stage.SENDING)
        while not await jobs(simulator):
            pass  # it is on its way there
        await tell(simulator, "clear_fault")
        await tell(simulator, "hold", yes=False)
        assert (await second).number == 1
        result = await task
    assert (result.outcome, result.number) == (UNKNOWN, 1)
    assert result.error in {"forgotten", "restarted"}


async def test_a_printer_that_hides_the_names_of_jobs_is_not_believed_that_there_is_none(start_simulator):
    simulator = start_simulator("drivers.document_printer.simulator", "--fast", "--no-names", "--no-create-job")
    async with enabled(simulator.url, timing=HASTY) as printer:
        await tell(simulator, "fault", action="lost", on="print")
        result = await printer.print(pdf(), job="report")
    assert (result.outcome, result.error) == (UNKNOWN, "nameless")


async def test_a_printer_that_goes_silent_while_it_prints_leaves_it_unknown(hasty, simulator):
    await tell(simulator, "hold")
    task = await begun(hasty, lambda told: told.stage is Stage.PRINTING)
    await tell(simulator, "unplug")
    result = await task
    assert (result.outcome, result.error, result.code) == (UNKNOWN, "no_answer", CompletionCode.TIMEOUT)
    status = await hasty.status()
    assert (status.device, status.paper) == (DeviceState.NO_DEVICE, PaperSupply.UNKNOWN)


async def test_a_printer_that_is_back_in_time_is_followed_to_the_end(printer, simulator):
    await tell(simulator, "hold")
    task = await begun(printer, lambda told: told.stage is Stage.PRINTING)
    await tell(simulator, "unplug")
    await tell(simulator, "hold", yes=False)
    await tell(simulator, "plug")
    assert (await task).outcome is DONE


async def test_a_cancelled_document_ends_at_the_printer(printer, simulator):
    await tell(simulator, "fault", action="paper_out", on="page", after=1)
    task = await begun(printer, lambda told: told.stage is Stage.ATTENTION)
    assert await printer.cancel()
    result = await task
    assert (result.outcome, result.error, result.code) == (NOT_DONE, "canceled", CompletionCode.CANCELED)
    assert result.half_printed
    assert not await printer.cancel()


@pytest.mark.parametrize(("create_job", "outcome"), [(True, NOT_DONE), (False, UNKNOWN)])
async def test_a_document_is_cancelled_while_the_printer_takes_it(simulator, create_job, outcome):
    """Without a number nobody can tell a printer to forget what lies in its buffers, and becomes a job later."""
    async with enabled(simulator.url, timing=HASTY, create_job=create_job) as printer:
        await tell(simulator, "fault", action="stop_reading", times=0)
        task = await begun(printer, lambda told: told.stage is Stage.SENDING)
        await printer.cancel()
        result = await task
        await tell(simulator, "clear_fault")
    assert (result.error, result.outcome) == ("canceled", outcome)
    if create_job:
        assert await came_out(simulator) == [0]


async def test_a_task_that_is_cancelled_ends_the_job(printer, simulator):
    await tell(simulator, "hold")
    task = await begun(printer, lambda told: told.stage is Stage.PRINTING)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [job["state"] for job in await jobs(simulator)] == [7]
    await tell(simulator, "hold", yes=False)
    assert (await printer.print(pdf(), job="report")).outcome is DONE


async def test_other_jobs_come_first_for_so_long_and_no_longer(hasty, simulator):
    await tell(simulator, "hold")
    async with enabled(simulator.url) as other:
        first = await begun(other, lambda told: told.stage is Stage.PRINTING)
        result = await hasty.print(pdf(), job="report")
        assert (result.outcome, result.error) == (NOT_DONE, "queue")
        await tell(simulator, "hold", yes=False)
        assert (await first).outcome is DONE
