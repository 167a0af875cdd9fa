"""Printing, and every fault of a printer, against the simulated printer at the wire."""

import asyncio
import base64
import io
import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image, ImageChops

from drivers.device import DeviceError, DeviceState, HealthLevel, Lifecycle, PaperSupply, PrintOutcome
from drivers.receipt_printer.commands import CUT_FEED_LINES
from drivers.receipt_printer.document import Document, Text
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.raster import render
from tests.drivers.receipt_printer.conftest import IMPATIENT, PATIENT, full_ticket, opened, profile_for, ticket

MARGIN = (640 - 576) // 2
SLOWER_THAN_SIMULATED = 500.0
"""Millimetres a second: as on a real printer, little is under way when a fault strikes."""


async def printed(simulated, number):
    picture = await simulated.do("image", number=simulated.before + number)
    return Image.open(io.BytesIO(base64.b64decode(picture["png"])))


# -- when all is well


@pytest.mark.parametrize("far_end", ["tcp", "pty"], indirect=True)
async def test_what_is_on_paper_is_what_was_drawn_dot_by_dot(far_end):
    async with opened(far_end) as printer:
        result = await printer.print(full_ticket(), job="a")
    assert (result.outcome, result.error, result.job) == (PrintOutcome.DONE, None, "a")
    assert result.status.ready
    (job,) = await far_end.jobs()
    wanted = render(full_ticket(), 576).convert("L")
    paper = await printed(far_end, 1)
    assert job["complete"]
    assert job["height"] == wanted.height + CUT_FEED_LINES * 34
    assert (paper.width, paper.height) == (640, job["height"])
    difference = ImageChops.difference(paper.crop((MARGIN, 0, MARGIN + 576, wanted.height)), wanted)
    assert difference.histogram()[255] <= 8  # dots added to keep real-time commands out
    state = await far_end.do("status")
    assert state["rejected"] == []
    assert len(state["processes"]) >= 2


async def test_a_clone_without_process_ids_is_done_by_sensor_answer_and_clean_status(basic):
    async with opened(basic) as printer:
        assert (await printer.print(ticket(), job="a")).outcome is PrintOutcome.DONE
    assert [job["complete"] for job in await basic.jobs()] == [True]


async def test_prints_wait_for_one_another(far_end):
    async with opened(far_end) as printer:
        results = await asyncio.gather(*(printer.print(ticket(f"A00{i}"), job=str(i)) for i in range(3)))
    assert [result.outcome for result in results] == [PrintOutcome.DONE] * 3
    jobs = await far_end.jobs()
    assert [job["complete"] for job in jobs] == [True] * 3
    assert len({job["sha256"] for job in jobs}) == 3


async def test_the_life_of_the_device(tcp):
    printer = EscPosPrinter("printer", tcp.url, profile_for(tcp), timing=PATIENT)
    with pytest.raises(DeviceError, match="closed"):
        await printer.claim(1)
    await printer.open()
    with pytest.raises(DeviceError, match="claimed"):
        await printer.enable()
    await printer.claim(1)
    await printer.enable()
    assert printer.lifecycle is Lifecycle.ENABLED
    assert (await printer.check_health(HealthLevel.INTERNAL)).state is DeviceState.ONLINE
    await tcp.do("paper", state="out")
    report = await printer.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state) == (False, DeviceState.USER_ERROR)
    assert report.findings == ("paper_out", "paper out")
    await tcp.do("paper", state="load")
    for level in (HealthLevel.EXTERNAL, HealthLevel.INTERACTIVE):
        report = await printer.check_health(level)
        assert report.healthy
        assert "test page done" in report.findings
    await printer.close()
    await printer.close()
    assert printer.lifecycle is Lifecycle.CLOSED
    assert (await printer.check_health(HealthLevel.EXTERNAL)).state is DeviceState.UNKNOWN


async def test_a_character_nobody_can_draw_prints_nothing(tcp):
    async with opened(tcp) as printer:
        result = await printer.print(Document((Text("王\ue000"),)), job="a")
    assert (result.outcome, result.error) == (PrintOutcome.NOT_DONE, "glyph_missing")
    assert await tcp.jobs() == []


# -- refused before the first byte


@pytest.mark.parametrize(
    ("verb", "state", "error", "device"),
    [
        ("paper", "out", "paper_out", DeviceState.USER_ERROR),
        ("cover", "open", "cover_open", DeviceState.USER_ERROR),
        ("cutter", "jam", "cutter_jam", DeviceState.HARDWARE_ERROR),
        ("head", "hot", "head_hot", DeviceState.HARDWARE_ERROR),
        ("failure", "unrecoverable", "unrecoverable", DeviceState.HARDWARE_ERROR),
    ],
)
async def test_a_printer_that_cannot_print_is_sent_nothing(far_end, verb, state, error, device):
    async with opened(far_end) as printer:
        await far_end.do(verb, state=state)
        status = await printer.status()
        assert (status.device, status.error) == (device, error)
        before = (await far_end.do("status"))["received"]
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error, result.half_printed) == (PrintOutcome.NOT_DONE, error, False)
        assert "Nothing was printed" in result.message
        assert (await far_end.do("status"))["received"] - before == 12  # four questions
    assert await far_end.jobs() == []


async def test_paper_running_low_warns_and_prints(far_end):
    events = []
    async with opened(far_end, on_event=events.append) as printer:
        await printer.status()
        await far_end.do("paper", state="near_end")
        status = await printer.status()
        assert (status.near_end, status.paper, status.error) == (True, PaperSupply.LOW, None)
        assert (await printer.print(ticket(), job="a")).outcome is PrintOutcome.DONE
    assert [(event.kind, event.value) for event in events] == [("paper_changed", "low")]


async def test_a_mute_printer_is_unknown_and_sent_nothing(far_end):
    async with opened(far_end, timing=IMPATIENT) as printer:
        await far_end.do("fault", action="mute", on="status", times=0)
        status = await printer.status()
        assert (status.device, status.paper, status.cover_open) == (DeviceState.UNKNOWN, PaperSupply.UNKNOWN, None)
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.NOT_DONE, "no_answer")
        await far_end.do("clear_fault")
        printer._timing = replace(PATIENT, answer=1)  # it waits that long for the answers still owed
        assert (await printer.print(ticket(), job="b")).outcome is PrintOutcome.DONE
    assert len(await far_end.jobs()) == 1


@pytest.mark.parametrize("far_end", ["tcp", "pty"], indirect=True)
async def test_a_printer_that_reads_nothing_is_sent_nothing(far_end):
    async with opened(far_end, timing=IMPATIENT) as printer:
        await far_end.do("fault", action="stop_reading")
        await printer.status()  # what was read before the fault took hold is answered; after it nothing is
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.NOT_DONE, "no_answer")
    assert await far_end.jobs() == []


async def test_nobody_at_the_address():
    printer = EscPosPrinter("printer", "tcp://127.0.0.1:1", PROFILES["80mm"], timing=PATIENT)
    with pytest.raises(DeviceError) as error:
        await printer.open()
    assert error.value.error == "no_device"
    result = await printer.print(ticket(), job="a")
    assert result.outcome is PrintOutcome.NOT_DONE
    assert (await printer.status()).device is DeviceState.NO_DEVICE


async def test_a_far_end_that_closes_is_gone_and_reached_again(tcp):
    async with opened(tcp) as printer:
        await tcp.do("fault", action="close_line", on="status", value=0.01)
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.NOT_DONE, "gone")
        await tcp.until(lambda status: status["plugged"])
        assert (await printer.print(ticket(), job="b")).outcome is PrintOutcome.DONE
    assert len(await tcp.jobs()) == 1


# -- late, stray and broken answers


async def test_a_late_answer_never_answers_the_next_question(far_end):
    async with opened(far_end, timing=IMPATIENT) as printer:
        await far_end.do("fault", action="late", on="status", value=1.0)
        assert (await printer.status()).device is DeviceState.UNKNOWN
        printer._timing = PATIENT
        await far_end.do("paper", state="out")
        status = await printer.status()
        assert (status.error, status.paper) == ("paper_out", PaperSupply.OUT)
        await far_end.do("paper", state="load")
        assert (await printer.status()).ready


@pytest.mark.parametrize("action", ["garbage_prefix", "byte_by_byte", "slow"])
async def test_noise_and_slowness_change_nothing(far_end, action):
    async with opened(far_end) as printer:
        for answer in ("status", "process_id", "automatic", "cleared"):
            await far_end.do("fault", action=action, on=answer, times=0)
        assert (await printer.status()).ready
        assert (await printer.print(ticket(), job="a")).outcome is PrintOutcome.DONE
    assert len(await far_end.jobs()) == 1


def test_python_escpos_is_not_loaded_before_a_printer_is_used():
    seen = "import sys, drivers.receipt_printer.driver; print('escpos' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", seen], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
