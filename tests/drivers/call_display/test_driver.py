"""The driver against the simulator's process: every text, every fault at the wire."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import time

import pytest
from structlog.testing import capture_logs

from drivers.call_display.boards import AlphaBoard, ModbusBoard, NumericBoard, RegisterMap, XunpengBoard
from drivers.call_display.codec import Colour
from drivers.call_display.content import Brightness
from drivers.call_display.driver import CallDisplay, ShowState, Timing
from drivers.device import DeviceError, DeviceState, HealthLevel, Lifecycle
from drivers.supervisor import Pace, Supervisor
from tests.drivers.conftest import spewing

LIMIT = 60
PATIENT = Timing(connect=10, thought=10, margin=10, retry=0.01, longest_retry=0.02, page=0.05, refresh=0)
"""Where an answer comes: a busy machine must not look like a mute board."""
IMPATIENT = Timing(connect=10, thought=0.1, margin=0.2, retry=0.01, longest_retry=0.02, page=0.05, refresh=0)
"""Where none comes: the test waits for the deadline."""
REGISTERS = RegisterMap(columns=16, brightness_at=100, scroll_at=101)


def kind_of(name, registers=REGISTERS):
    return {
        "modbus": ModbusBoard(7, registers),
        "numeric": NumericBoard(5, 3, digits_only=False),
        "xunpeng": XunpengBoard(Colour.GREEN, 3, digits_only=False, confirms=True),
        "xunpeng_short": XunpengBoard(Colour.GREEN, 3, digits_only=False, confirms=True),
        "alpha": AlphaBoard("Z", "01", "A", 16, confirms=True),
    }[name]


@contextlib.asynccontextmanager
async def enabled(board, kind, timing=PATIENT, **more):
    """Give out a display in use. It is enabled in patience, whatever ``timing`` it has then."""
    chosen = kind_of(kind) if isinstance(kind, str) else kind
    display = CallDisplay("board", board.url, chosen, timing=PATIENT, **more)
    try:
        await display.open()
        await display.claim(1)
        await display.enable()
        display._timing = timing
        yield display
    finally:
        await display.close()


async def shows(board, text):
    await asyncio.to_thread(board.tell, "wait_shows", text=text)


async def fails(board, ticket, error):
    """Wait until a try to bring the text up has failed so; each turn asks the simulator.

    On a busy machine a try may fail otherwise first: what comes too late is silence.
    """
    async with asyncio.timeout(LIMIT):
        while ticket.error != error:
            await asyncio.to_thread(board.status)


# -- when all is well


@pytest.mark.parametrize("line", ["pty", "tcp"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "text", "shown", "state"),
    [
        ("modbus", "请A023号到3诊室", "请A023号到3诊室", ShowState.SHOWN),
        ("numeric", "999", "999", ShowState.SENT),
        ("xunpeng", "888", "green 888", ShowState.SHOWN),
        ("xunpeng_short", "23", "green 23", ShowState.SHOWN),
        ("alpha", "A023 -> ROOM 3", "A023 -> ROOM 3", ShowState.SHOWN),
    ],
)
async def test_a_text_stands_on_the_board(board_on, kind, text, shown, state):
    board = board_on(kind)
    async with enabled(board, kind) as display:
        ticket = display.show(text)
        assert ticket.state is ShowState.PENDING, "nobody waits for a board"
        assert await ticket.ended(LIMIT) is state
        await shows(board, shown)
        assert (ticket.error, display.present) == (None, text)
        report = await display.check_health(HealthLevel.INTERNAL)
        assert report.healthy is (None if kind == "numeric" else True)
        assert report.state is (None if kind == "numeric" else DeviceState.ONLINE)
    assert board.rejected() == 0


async def test_a_check_from_outside_lights_the_board_and_gives_the_text_back(board_on):
    board = board_on("xunpeng_short")
    async with enabled(board, "xunpeng_short", replace(PATIENT, page=0.0)) as display:
        assert await display.show("23").ended(LIMIT) is ShowState.SHOWN
        report = await display.check_health(HealthLevel.EXTERNAL)
        assert (report.level, report.healthy, report.state) == (HealthLevel.EXTERNAL, True, DeviceState.ONLINE)
        await shows(board, "green 23")
        assert "green 8" in [" ".join(text.split()) for text in board.tell("status")["history"]]


@pytest.mark.parametrize(("kind", "healthy"), [("xunpeng_short", True), ("numeric", None)])
async def test_a_board_without_a_text_that_takes_the_test_has_answered(board_on, kind, healthy):
    board = board_on(kind)
    async with enabled(board, kind, replace(PATIENT, page=0.0)) as display:
        assert (await display.check_health(HealthLevel.INTERNAL)).healthy is None
        assert (await display.check_health(HealthLevel.EXTERNAL)).healthy is healthy


async def test_the_newest_text_wins(board_on):
    board = board_on("modbus")
    async with enabled(board, "modbus") as display:
        await display.show("0").ended(LIMIT)
        tickets = [display.show(f"A{number:03}") for number in range(1, 21)]
        assert [ticket.state for ticket in tickets[:-1]] == [ShowState.SUPERSEDED] * 19
        assert await tickets[-1].ended(LIMIT) is ShowState.SHOWN
    assert board.status()["history"][-2:] == ["0", "A020"], "what was overtaken was never sent"


async def test_what_a_board_cannot_show_is_refused_and_the_text_before_stays(board_on):
    board = board_on("numeric")
    async with enabled(board, "numeric") as display:
        await display.show("23").ended(LIMIT)
        ticket = display.show("A024")
        assert (ticket.state, ticket.error) == (ShowState.REFUSED, "unsupported_text")
        assert "The board shows what it showed before" in ticket.message
        assert display.present == "23"


async def test_a_long_text_is_scrolled_by_a_board_that_can(board_on):
    board = board_on("modbus")
    async with enabled(board, "modbus") as display:
        assert await display.show("请A023号到三楼心血管内科3诊室").ended(LIMIT) is ShowState.SHOWN
        assert board.status()["scrolls"] is True
        assert await display.show("请A024号").ended(LIMIT) is ShowState.SHOWN
        assert (board.status()["scrolls"], board.status()["shows"]) == (False, "请A024号")


async def test_a_long_text_is_shown_in_pages_where_the_board_cannot_scroll(board_on):
    board = board_on("modbus")
    async with enabled(board, ModbusBoard(7, RegisterMap(columns=8))) as display:
        assert await display.show("请A023号到3诊室").ended(LIMIT) is ShowState.SHOWN
        for page in ("到3诊室", "请A023号", "到3诊室"):
            await shows(board, page)


async def test_an_alpha_sign_rotates_a_long_text(board_on):
    board = board_on("alpha")
    async with enabled(board, "alpha") as display:
        assert await display.show("A023 -> ROOM 3, THIRD FLOOR").ended(LIMIT) is ShowState.SHOWN
        assert board.status()["scrolls"] is True


async def test_the_brightness_is_that_of_the_hour(board_on):
    board = board_on("modbus")
    hour = [time(20)]
    brightness = Brightness(90, 20, time(21), time(6))
    async with enabled(board, "modbus", brightness=brightness, clock=lambda: hour[0]) as display:
        assert await display.show("A023").ended(LIMIT) is ShowState.SHOWN
        assert board.status()["brightness"] == 90
        hour[0] = time(23)
        assert await display.show("A024").ended(LIMIT) is ShowState.SHOWN
        assert board.status()["brightness"] == 20


async def test_the_brightness_changes_though_nobody_is_called(board_on):
    board = board_on("modbus")
    hour = [time(20)]
    brightness = Brightness(90, 20, time(21), time(6))
    timing = Timing(thought=10, margin=10, refresh=0.01)
    async with enabled(board, "modbus", timing, brightness=brightness, clock=lambda: hour[0]) as display:
        await display.show("A023").ended(LIMIT)
        hour[0] = time(23)
        async with asyncio.timeout(LIMIT):
            while (await asyncio.to_thread(board.status))["brightness"] != 20:
                pass


async def test_registers_of_another_order_and_place(start_simulator):
    simulator = start_simulator(
        "drivers.call_display.simulator", "--fast", "--text-at", "4096", "--text-registers", "8", "--little"
    )
    registers = RegisterMap(text_at=4096, text_registers=8, columns=16, low_first=True, padding=0)
    display = CallDisplay("board", simulator.url, ModbusBoard(1, registers), timing=PATIENT)
    await display.open()
    await display.claim(1)
    await display.enable()
    assert await display.show("请A023号").ended(LIMIT) is ShowState.SHOWN
    assert simulator.tell("status")["shows"] == "请A023号"
    await display.close()


# -- faults


@pytest.mark.parametrize("kind", ["modbus", "xunpeng", "alpha"])
@pytest.mark.parametrize(
    ("action", "error"),
    [("mute", "timeout"), ("bad_checksum", "garbled"), ("half_frame", "garbled"), ("lose_request", None)],
)
async def test_a_fault_is_told_and_the_text_comes_up_once_it_is_over(board_on, kind, action, error):
    if kind == "alpha" and action == "lose_request":
        error = "not_taken"  # it answers with the text before
    board = board_on(kind)
    async with enabled(board, kind, IMPATIENT) as display:
        await display.show("1").ended(LIMIT)
        on = {"modbus": "write", "xunpeng": "show", "alpha": "read_text"}[kind]
        on = "write_text" if action == "lose_request" and kind == "alpha" else on
        board.tell("fault", action=action, on=on, times=0)
        ticket = display.show("23")
        await fails(board, ticket, (error or "timeout"))
        assert ticket.state is ShowState.PENDING
        assert ticket.message
        board.tell("clear_fault")
        assert await ticket.ended(LIMIT) is ShowState.SHOWN
        assert ticket.error is None


@pytest.mark.parametrize("action", ["garbage_prefix", "byte_by_byte", "slow"])
@pytest.mark.parametrize("kind", ["modbus", "xunpeng", "alpha"])
async def test_noise_and_slowness_change_nothing(board_on, kind, action):
    board = board_on(kind)
    board.tell("fault", action=action, times=0)
    async with enabled(board, kind) as display:
        assert await display.show("23").ended(LIMIT) is ShowState.SHOWN


@pytest.mark.parametrize(("kind", "error"), [("modbus", "timeout"), ("xunpeng", "timeout"), ("alpha", "not_taken")])
async def test_the_board_rejects_a_wrong_checksum_and_the_driver_reports_it(board_on, kind, error):
    board = board_on(kind)
    async with enabled(board, kind, IMPATIENT) as display:
        await display.show("1").ended(LIMIT)
        on = {"modbus": "write", "xunpeng": "show", "alpha": "write_text"}[kind]
        before = board.status()["shows"]
        board.tell("fault", action="damage_request", on=on, times=0)
        ticket = display.show("23")
        await fails(board, ticket, error)
        assert board.rejected() >= 1
        assert board.status()["shows"] == before
        board.tell("clear_fault")
        assert await ticket.ended(LIMIT) is ShowState.SHOWN


@pytest.mark.parametrize(
    ("kind", "action", "error"),
    [
        ("modbus", "refuse", "refused"),
        ("modbus", "wrong_unit", "garbled"),
        ("xunpeng", "other_value", "garbled"),
    ],
)
async def test_an_answer_that_is_not_the_one_is_told(board_on, kind, action, error):
    board = board_on(kind)
    async with enabled(board, kind, IMPATIENT) as display:
        board.tell("fault", action=action, on="write" if kind == "modbus" else "show", times=0)
        await fails(board, display.show("23"), error)


async def test_a_late_answer_is_not_taken_for_the_newer_texts(board_on):
    board = board_on("modbus")
    async with enabled(board, "modbus", IMPATIENT) as display:
        board.tell("fault", action="late", on="write", after=1, value=0.6)  # the text's, not the scrolling's
        first = display.show("A023")
        await fails(board, first, "timeout")
        second = display.show("A024")
        assert await second.ended(LIMIT) is ShowState.SHOWN
        assert board.status()["shows"] == "A024"
        assert board.asked("read") >= 2, "what the answer to a write cannot tell, reading does"


async def test_a_board_with_another_number_is_never_enabled(board_on):
    board = board_on("modbus")
    display = CallDisplay("board", board.url, ModbusBoard(8, REGISTERS), timing=IMPATIENT)
    await display.open()
    await display.claim(1)
    with pytest.raises(DeviceError) as caught:
        await display.enable()
    assert (caught.value.error, display.lifecycle) == ("timeout", Lifecycle.CLAIMED)
    await display.close()


async def test_a_silent_board_delays_no_call_and_gets_the_present_text_when_it_is_back(board_on):
    board = board_on("modbus")
    async with enabled(board, "modbus", IMPATIENT) as display:
        await display.show("A001").ended(LIMIT)
        board.tell("power", on=False)
        first = display.show("A002")
        await fails(board, first, "timeout")
        second = display.show("A003")
        assert (first.state, second.state) == (ShowState.SUPERSEDED, ShowState.PENDING)
        report = await display.check_health(HealthLevel.INTERNAL)
        assert (report.healthy, report.state) == (False, DeviceState.UNKNOWN)
        board.tell("power", on=True)
        assert await second.ended(LIMIT) is ShowState.SHOWN
        assert board.status()["shows"] == "A003"
        assert "A002" not in board.status()["history"]


@pytest.mark.parametrize("kind", ["modbus", "numeric"])
async def test_a_board_that_was_without_power_for_a_moment_is_given_the_text_again(board_on, kind):
    board = board_on(kind)
    timing = Timing(thought=10, margin=10, refresh=0.02)
    async with enabled(board, kind, timing) as display:
        await display.show("23").ended(LIMIT)
        await shows(board, "23")
        board.tell("power", on=False)
        assert board.status()["shows"] == ""
        board.tell("power", on=True)
        await shows(board, "23")


@pytest.mark.parametrize("line", ["pty", "tcp"], indirect=True)
async def test_a_board_that_is_plugged_in_again_gets_the_present_text(board_on):
    board = board_on("modbus")
    display = CallDisplay("board", board.url, kind_of("modbus"), timing=IMPATIENT)
    early = display.show("A001")
    assert early.state is ShowState.PENDING, "it may be told before it is in use"
    async with Supervisor([display], pace=Pace(check=0.05, first=0.01, longest=0.02)) as supervisor:
        assert await early.ended(LIMIT) is ShowState.SHOWN
        board.tell("unplug")
        async with asyncio.timeout(LIMIT):
            async for event in supervisor.events():
                if event.kind == "gone":
                    break
        ticket = display.show("A002")
        assert ticket.state is ShowState.PENDING
        board.tell("plug")
        assert await ticket.ended(LIMIT) is ShowState.SHOWN
    assert board.status()["shows"] == "A002"
    assert display.lifecycle is Lifecycle.CLOSED


async def test_the_line_that_goes_while_a_text_is_brought_up(board_on):
    board = board_on("modbus")
    async with enabled(board, "modbus") as display:
        board.tell("fault", action="close_line", on="write")
        ticket = display.show("A023")
        await fails(board, ticket, "gone")
        assert (ticket.state, display.lifecycle) == (ShowState.PENDING, Lifecycle.CLOSED)
        assert (await display.check_health(HealthLevel.INTERNAL)).state is DeviceState.NO_DEVICE
        board.tell("plug")
        await display.open()
        await display.claim(1)
        await display.enable()
        assert await ticket.ended(LIMIT) is ShowState.SHOWN


@pytest.mark.parametrize("line", ["pty", "tcp"], indirect=True)
@pytest.mark.parametrize("kind", ["numeric", "xunpeng"])
async def test_a_line_that_went_is_noticed_though_the_board_is_asked_nothing(board_on, kind):
    board = board_on(kind)
    async with enabled(board, kind) as display:
        assert (await display.check_health(HealthLevel.INTERNAL)).healthy is None
        board.tell("unplug")
        report = await display.check_health(HealthLevel.INTERNAL)
        assert (report.healthy, report.findings, report.state) == (False, ("gone",), DeviceState.NO_DEVICE)
        assert display.lifecycle is Lifecycle.CLOSED


@pytest.mark.parametrize("line", ["pty", "tcp"], indirect=True)
async def test_a_text_for_a_board_without_answers_is_not_called_sent_where_the_line_went(board_on):
    board = board_on("numeric")
    async with enabled(board, "numeric") as display:
        board.tell("unplug")
        ticket = display.show("23")
        await fails(board, ticket, "gone")
        assert ticket.state is ShowState.PENDING


async def test_noise_without_end_is_told_in_time_and_holds_up_nobody():
    async with spewing(b"\x07\x10\x00\x00noise") as url:
        display = CallDisplay("board", url, kind_of("modbus"), timing=IMPATIENT)
        await display.open()
        await display.claim(1)
        with pytest.raises(DeviceError) as caught:
            await display.enable()
        assert caught.value.error == "garbled"
        await display.close()


async def test_failing_is_logged_once_and_being_well_again_once(board_on):
    board = board_on("modbus")
    with capture_logs() as logs:
        async with enabled(board, "modbus", IMPATIENT) as display:
            board.tell("fault", action="mute", on="write", times=3)
            assert await display.show("A023").ended(LIMIT) is ShowState.SHOWN
    assert board.asked("write") >= 4
    assert [(entry["event"], entry.get("error")) for entry in logs] == [
        ("call_display_fails", "timeout"),
        ("call_display_well", None),
    ]
