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
from drivers.registry import ConfigurationError, DeviceEntry, make_device
from tests.drivers.receipt_printer.conftest import IMPATIENT, PATIENT, full_ticket, opened, profile_for, ticket

MARGIN = (640 - 576) // 2
SLOWER_THAN_SIMULATED = 500.0
"""Millimetres a second: as on a real printer, little is under way when a fault strikes."""


async def printed(simulated, number):
    picture = await simulated.do("image", number=simulated.before + number)
    return Image.open(io.BytesIO(base64.b64decode(picture["png"])))


def breaks(action, after, **more):
    return {"action": action, "on": "row", "after": after, **more}


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


# -- after the first byte


async def test_a_confirmation_that_comes_late_is_unknown_then_settled_and_never_reprinted(far_end):
    async with opened(far_end, timing=IMPATIENT) as printer:
        await far_end.do("fault", action="late", on="process_id", after=1, value=1.5)
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.UNKNOWN, "no_confirmation")
        assert await printer.settle("a", timeout=10) is PrintOutcome.DONE
        assert await printer.settle("a", timeout=0) is PrintOutcome.UNKNOWN  # it is forgotten once settled
    assert [job["complete"] for job in await far_end.jobs()] == [True]


@pytest.mark.parametrize("action", ["mute", "half_frame"])
async def test_a_missing_confirmation_is_unknown(far_end, action):
    async with opened(far_end, timing=IMPATIENT) as printer:
        await far_end.do("fault", action=action, on="process_id", times=2)
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.UNKNOWN, "no_confirmation")
        assert "not known" in result.message
        assert await printer.settle("a", timeout=0.05) is PrintOutcome.UNKNOWN
        printer._timing = PATIENT
        assert (await printer.print(ticket("A024"), job="b")).outcome is PrintOutcome.DONE
    assert [job["complete"] for job in await far_end.jobs()] == [True, True]


async def test_a_job_lost_after_power_on_is_unknown_not_done(far_end):
    async with opened(far_end, timing=IMPATIENT) as printer:
        await far_end.do("fault", action="lose_job", on="job")
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.UNKNOWN, "no_confirmation")
        assert await far_end.jobs() == []
        printer._timing = PATIENT
        assert (await printer.print(ticket(), job="b")).outcome is PrintOutcome.DONE
    assert len(await far_end.jobs()) == 1


@pytest.mark.parametrize(
    ("action", "verb", "state"),
    [("paper_out", "paper", "load"), ("cover_open", "cover", "closed"), ("head_hot", "head", "cool")],
)
async def test_no_half_ticket_comes_out_of_a_later_patients_print(far_end, action, verb, state):
    async with opened(far_end, profile=profile_for(far_end, speed_mm_s=SLOWER_THAN_SIMULATED)) as printer:
        assert (await printer.print(ticket("B001"), job="clean")).outcome is PrintOutcome.DONE
        await far_end.do("fault", **breaks(action, 150))
        result = await printer.print(ticket("A001"), job="first patient")
        assert (result.outcome, result.error, result.half_printed) == (PrintOutcome.NOT_DONE, action, True)
        await far_end.do(verb, state=state)
        result = await printer.print(ticket("B001"), job="second patient")
        assert result.outcome is PrintOutcome.DONE
    clean, half, second = await far_end.jobs()
    assert not half["complete"]
    assert second["complete"]
    assert second["sha256"] == clean["sha256"]


async def test_a_model_trusted_to_clear_needs_no_acknowledgement(tcp):
    profile = profile_for(tcp, clearing="trusted", speed_mm_s=SLOWER_THAN_SIMULATED)
    async with opened(tcp, profile=profile) as printer:
        await tcp.do("fault", **breaks("paper_out", 150))
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.NOT_DONE, "paper_out")
        assert (await tcp.do("status"))["buffered"] == 0


async def test_the_half_ticket_is_cut_off_as_soon_as_the_printer_is_ready(tcp):
    async with opened(tcp, profile=profile_for(tcp, speed_mm_s=SLOWER_THAN_SIMULATED)) as printer:
        await tcp.do("fault", **breaks("paper_out", 150))
        await printer.print(ticket(), job="a")
        assert (await printer.status()).error == "paper_out"
        assert await tcp.jobs() == []
        await tcp.do("paper", state="load")
        assert (await printer.status()).ready
        assert [job["complete"] for job in await tcp.jobs()] == [False]
        assert not (await tcp.do("status"))["uncut_ink"]


async def test_a_request_to_clear_that_is_stuck_behind_the_ticket_proves_nothing(tcp):
    """The printer is taken for faster than it is and reports late, so its buffer is full when the end is known."""
    async with opened(tcp, profile=profile_for(tcp, speed_mm_s=50_000.0)) as printer:
        assert (await printer.print(full_ticket("B001"), job="clean")).outcome is PrintOutcome.DONE
        printer._timing = replace(PATIENT, answer=0.4)
        await tcp.do("fault", action="late", on="automatic", after=1, value=1.0)
        await tcp.do("fault", **breaks("paper_out", 20))
        result = await printer.print(full_ticket("A001"), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.UNKNOWN, "paper_out")
        assert (await printer.status()).device is DeviceState.UNKNOWN
        printer._timing = PATIENT
        await tcp.do("paper", state="load")
        await tcp.until(lambda status: status["buffered"] == 0)
        await printer.status()
        assert (await printer.print(full_ticket("B001"), job="b")).outcome is PrintOutcome.DONE
    jobs = await tcp.jobs()
    assert jobs[-1]["complete"]
    assert jobs[-1]["sha256"] == jobs[0]["sha256"]


@pytest.mark.parametrize("asb", [True, False], ids=["reports", "is asked"])
async def test_a_clone_that_keeps_its_buffer_is_unknown_and_its_rest_stays_apart(basic, asb):
    async with opened(basic, profile=profile_for(basic, asb=asb, speed_mm_s=SLOWER_THAN_SIMULATED)) as printer:
        await basic.do("fault", **breaks("paper_out", 150))
        result = await printer.print(ticket("A001"), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.UNKNOWN, "paper_out")
        await basic.do("paper", state="load")
        assert (await printer.print(ticket("B001"), job="b")).outcome is PrintOutcome.DONE
        assert (await printer.print(ticket("B001"), job="c")).outcome is PrintOutcome.DONE
    jobs = await basic.jobs()
    assert len(jobs) == 3
    assert jobs[1]["sha256"] == jobs[2]["sha256"] != jobs[0]["sha256"]


async def test_a_cutter_jam_after_the_last_dot_is_unknown(far_end):
    async with opened(far_end) as printer:
        await far_end.do("fault", action="cutter_jam", on="cut")
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.UNKNOWN, "cutter_jam")
        assert (await printer.status()).device is DeviceState.HARDWARE_ERROR
        await far_end.do("cutter", state="free")
        assert (await printer.print(ticket(), job="b")).outcome is PrintOutcome.DONE
    assert len(await far_end.jobs()) == 2


@pytest.mark.parametrize("far_end", ["tcp", "pty"], indirect=True)
async def test_a_line_that_breaks_after_the_ticket_is_unknown(far_end):
    async with opened(far_end) as printer:
        await far_end.do("fault", action="close_line", on="process_id", times=2)
        result = await printer.print(ticket(), job="a")
        assert (result.outcome, result.error) == (PrintOutcome.UNKNOWN, "gone")
        await far_end.until(lambda status: not status["plugged"])
        # The line may have broken before the second answer was due; its fault must not meet the next ticket.
        await far_end.do("clear_fault")
        await far_end.do("plug")
        await far_end.until(lambda status: status["plugged"])
        assert (await printer.print(ticket(), job="b")).outcome is PrintOutcome.DONE
    assert [job["complete"] for job in await far_end.jobs()] == [True, True]


async def test_a_line_that_stops_taking_data_mid_ticket_is_unknown():
    """A far end of the test's own: it answers the questions before the ticket and then reads no more."""
    loop = asyncio.get_running_loop()
    served = loop.create_future()

    async def serve(reader, writer):
        for _ in range(2):
            await reader.readuntil(b"\x10\x04\x04")
            writer.write(b"\x12\x12\x12\x12")
        writer.transport.pause_reading()
        await served
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=256)
    host, port = server.sockets[0].getsockname()
    printer = EscPosPrinter("printer", f"tcp://{host}:{port}", PROFILES["80mm"], timing=IMPATIENT, mode="raster")
    await printer.open()
    await printer.claim(1)
    await printer.enable()
    result = await printer.print(ticket(), job="a")
    assert result.outcome is PrintOutcome.UNKNOWN
    served.set_result(None)
    await printer.close()
    server.close()
    await server.wait_closed()


# -- cancelled by the caller


@pytest.mark.parametrize("far_end", ["tcp", "pty"], indirect=True)
async def test_cancel_takes_the_rest_back_and_is_not_a_timeout(far_end):
    async with opened(far_end, profile=profile_for(far_end, speed_mm_s=120.0)) as printer:
        printing = asyncio.create_task(printer.print(ticket("A001"), job="a"))
        await far_end.until(lambda status: status["uncut_ink"])
        assert await printer.cancel()
        result = await printing
        assert (result.outcome, result.error) == (PrintOutcome.NOT_DONE, "canceled")
        (half,) = await far_end.jobs()
        assert not half["complete"] or half["height"] < render(ticket("A001"), 576).height
        assert not await printer.cancel()
        assert (await printer.print(ticket("B001"), job="b")).outcome is PrintOutcome.DONE
    assert (await far_end.jobs())[-1]["complete"]


async def test_a_cancelled_task_leaves_the_printer_clean(tcp):
    async with opened(tcp, profile=profile_for(tcp, speed_mm_s=120.0)) as printer:
        printing = asyncio.create_task(printer.print(ticket("A001"), job="a"))
        await tcp.until(lambda status: status["uncut_ink"])
        printing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await printing
        assert len(await tcp.jobs()) == 1
        assert not (await tcp.do("status"))["uncut_ink"]
        assert (await printer.print(ticket("B001"), job="b")).outcome is PrintOutcome.DONE
    assert [job["complete"] for job in await tcp.jobs()][-1] is True


async def test_cancelled_before_the_first_byte_prints_nothing(tcp):
    async with opened(tcp) as printer:
        printing = asyncio.create_task(printer.print(ticket(), job="a"))
        await asyncio.sleep(0)  # it has begun, and is drawing the ticket
        assert await printer.cancel()
        result = await printing
        assert (result.outcome, result.error, result.half_printed) == (PrintOutcome.NOT_DONE, "canceled", False)
    assert await tcp.jobs() == []


# -- from configuration


def entry(**changes):
    values = {"name": "printer", "kind": "receipt_printer", "driver": "escpos", "url": "usb:///dev/usb/lp0"}
    return DeviceEntry(**{**values, **changes})


def test_an_entry_names_its_profile_and_mode():
    printer = make_device(entry(profile="58mm", options={"mode": "text"}))
    assert isinstance(printer, EscPosPrinter)
    assert printer.profile is PROFILES["58mm"]
    assert make_device(entry()).profile is PROFILES["80mm"]


def test_a_model_is_a_profile_and_what_it_has_otherwise():
    model = {"dots": 512, "process_id": False, "clearing": "none", "speed_mm_s": 200, "hanzi": "gb2312"}
    printer = make_device(entry(profile="80mm", options={"model": model}))
    assert printer.profile == replace(PROFILES["80mm"], **model)
    assert PROFILES["80mm"].dots == 576


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (512, "model = 512 must be a table"),
        ({"colour": "red"}, "model has no key 'colour'; there are: asb, clearing, cutter"),
        ({"name": "x"}, "model has no key 'name'"),
        ({"dots": 512.5}, "model.dots = 512.5 is not a whole number"),
        ({"dots": 510}, "model: 80mm: 510 dots do not fit 80 mm"),
        ({"dots": 704}, "704 dots do not fit"),
        ({"cutter": 1}, "model.cutter = 1 is not true or false"),
        ({"speed_mm_s": "fast"}, "model.speed_mm_s = 'fast' is not a number"),
        ({"speed_mm_s": 0}, "must be positive"),
        ({"receive_buffer": True}, "model.receive_buffer = True is not a whole number"),
        ({"clearing": "maybe"}, "is not one of acknowledged, trusted, none"),
        ({"hanzi": "big5"}, "is not one of gb2312, gb18030"),
    ],
)
def test_a_model_that_cannot_be_is_refused_by_key_and_value(model, words):
    with pytest.raises(ConfigurationError) as caught:
        make_device(entry(options={"model": model}))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"profile": "90mm"}, "90mm"), ({"options": {"mode": "braille"}}, "braille"), ({"options": {"ink": 1}}, "ink")],
)
def test_an_entry_that_cannot_be_is_refused_by_name(changes, named):
    with pytest.raises(ConfigurationError, match=named):
        make_device(entry(**changes))


def test_python_escpos_is_not_loaded_before_a_printer_is_used():
    seen = "import sys, drivers.receipt_printer.driver; print('escpos' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", seen], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
