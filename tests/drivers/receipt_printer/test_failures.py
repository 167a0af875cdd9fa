"""What is said of a ticket, and what becomes of it, when something fails after its first byte or it is cancelled."""

import asyncio
from dataclasses import replace

import pytest

from drivers.device import DeviceState, PrintOutcome
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.raster import render
from tests.drivers.receipt_printer.conftest import IMPATIENT, PATIENT, full_ticket, opened, profile_for, ticket

MARGIN = (640 - 576) // 2
SLOWER_THAN_SIMULATED = 500.0
"""Millimetres a second: as on a real printer, little is under way when a fault strikes."""


def breaks(action, after, **more):
    return {"action": action, "on": "row", "after": after, **more}


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
