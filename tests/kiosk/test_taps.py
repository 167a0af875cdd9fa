"""The check-in by real taps on the real screens, with devices and a server of fakes."""

from __future__ import annotations

import asyncio
import gc

import pytest
from PySide6.QtCore import QObject, Signal, Slot

from drivers.device import DeviceState, PrintOutcome
from kiosk.ports import Printed
from queue_server.contract import IdentifyReply, PatientView, TicketView
from tests.kiosk import people
from tests.kiosk.gallery import long_stops
from tests.kiosk.rig import open_screens

NAME = "王*英"


def take_number(glass, table, until):
    until("action.start")
    glass.tap("action.start")
    until("action.no_card")
    table.do(table.reader.lay)
    until("action.confirm")
    assert NAME in glass.texts()
    glass.tap("action.confirm")
    until("number")


def test_a_patient_checks_in(qtbot, glass, table, until):
    take_number(glass, table, until)
    assert "A012" in glass.texts()
    assert "签到成功" in glass.texts()
    assert len(table.printer.tickets) == 1
    glass.tap("action.finish")
    qtbot.waitUntil(lambda: "请取走身份证" in glass.texts(), timeout=30_000)
    table.do(table.reader.take)
    until("action.start")


def test_a_patient_with_orders_takes_all_numbers_with_one_tap(glass, table, until):
    until("action.start")
    table.lobby.answer = people.reply(people.patient(orders=[people.order()]))
    glass.tap("action.start")
    until("action.no_card")
    table.do(table.reader.lay)
    until("action.take")
    assert {"血常规、血脂", "二楼检验科", "腹部彩超", "取 3 个号"} <= set(glass.texts())
    assert "U001" not in glass.texts()
    glass.tap("action.take")
    until("action.finish")
    assert {"U001", "V001", "Z001"} <= set(glass.texts())
    assert len(table.printer.tickets) == 1
    table.do(table.reader.take)
    glass.tap("action.finish")
    until("action.start")
    assert not {"U001", "血常规、血脂", NAME} & set(glass.texts())


def test_a_code_checks_in_while_the_reader_is_dead(glass, table, until):
    until("action.start")
    table.reader.present = DeviceState.NO_DEVICE
    glass.tap("action.start")
    until("action.no_card")
    assert {"请扫小票或预约单上的码", "现在不能用：身份证", "这些都没有", "R-01"} <= set(glass.texts())
    assert "请把身份证放在读卡区" not in glass.texts()
    glass.screens.bridge.send_scan("HZ:7Hq2mXw9Kc4RbT1z")
    until("action.confirm")
    glass.tap("action.confirm")
    until("number")
    glass.tap("action.finish")
    until("action.start")


def test_two_slips_are_compared_from_the_start_screen(qtbot, glass, table, until):
    until("action.why")
    glass.tap("action.why")
    qtbot.waitUntil(lambda: "请扫第一张小票" in glass.texts(), timeout=30_000)
    glass.screens.bridge.send_scan("HZ:one")
    qtbot.waitUntil(lambda: "请扫另一张小票" in glass.texts(), timeout=30_000)
    glass.screens.bridge.send_scan("HZ:other")
    until("action.again")
    assert {"A002 先叫", "按排队时刻先后", "A002", "A001", "后叫"} <= set(glass.texts())
    assert table.lobby.called("why") == [("HZ:one", "HZ:other")]
    glass.tap("action.finish")
    until("action.start")


def test_a_long_slip_turns_its_pages(glass, table, until):
    until("action.start")
    table.lobby.answer = people.reply(people.patient(orders=[people.order()]))
    table.lobby.ahead = people.slip(given=False, stops=long_stops(given=False))
    glass.tap("action.start")
    until("action.no_card")
    table.do(table.reader.lay)
    until("action.take")
    assert [glass.find(f"stop.{at}") is not None for at in range(1, 7)] == [True] * 4 + [False] * 2
    glass.tap("more")
    glass.rest()
    assert [glass.find(f"stop.{at}") is not None for at in range(1, 7)] == [False] * 4 + [True] * 2


def test_a_second_tap_on_a_screen_that_is_gone_does_nothing(glass, table, until):
    until("action.start")
    glass.tap("action.start")
    until("action.no_card")
    table.do(table.reader.lay)
    until("action.confirm")
    session = glass.screens.session
    serial = session.screen.serial
    session.tap("confirm")
    glass.screens.bridge.send("confirm", serial, -1)
    glass.screens.bridge.send("finish", serial, -1)
    until("number")
    assert len(table.lobby.called("check_in")) == 1


def test_language_and_size_change_while_the_patient_goes_on(qtbot, glass, table, until):
    until("action.start")
    glass.tap("frame.language")
    qtbot.waitUntil(lambda: "Touch anywhere to begin" in glass.texts(), timeout=30_000)
    glass.tap("frame.senior")
    qtbot.waitUntil(lambda: glass.screens.session.senior, timeout=30_000)
    take_number(glass, table, until)
    assert "You are checked in" in glass.texts()
    table.do(table.reader.take)
    glass.tap("action.finish")
    qtbot.waitUntil(lambda: "点屏幕任意位置开始" in glass.texts(), timeout=30_000)
    assert not glass.screens.session.senior


def test_the_sheet_of_the_countdown_says_that_the_number_stays(qtbot, glass, table, until):
    take_number(glass, table, until)
    glass.screens.session.count_down(7)
    qtbot.waitUntil(lambda: any("7 秒后回到首页" in text for text in glass.texts()), timeout=30_000)
    assert any("您的号仍然有效" in text for text in glass.texts())
    glass.screens.session.count_down(0)


def test_home_leads_home_from_the_confirmation(glass, table, until):
    until("action.start")
    glass.tap("action.start")
    until("action.no_card")
    table.do(table.reader.lay)
    until("action.confirm")
    table.do(table.reader.take)
    glass.tap("frame.home")
    until("action.start")
    assert table.lobby.called("check_in") == []


def test_the_staffed_window_is_told_on_every_screen(qtbot, glass, until):
    until("action.start")
    glass.tap("frame.help")
    until("sheet.close_help")
    assert any(people.DESK.zh in text for text in glass.texts())
    glass.tap("sheet.close_help")
    qtbot.waitUntil(lambda: glass.find("sheet.close_help") is None, timeout=30_000)


def test_without_paper_the_number_stays_on_the_screen_with_the_place_to_go(glass, table, until):
    table.do(lambda: table.printer.results.append(Printed(PrintOutcome.NOT_DONE, "paper_out")))
    take_number(glass, table, until)
    assert "A012" in glass.texts()
    assert any(people.PAPER_DESK.zh in text for text in glass.texts())


def test_nothing_of_a_patient_stays_after_the_visit(glass, table, until):
    take_number(glass, table, until)
    table.do(table.reader.take)
    glass.tap("action.finish")
    until("action.start")
    table.lobby.answer = people.reply()
    table.lobby.tickets = {}
    table.printer.tickets.clear()
    table.lobby.calls.clear()
    glass.rest()
    gc.collect()
    shown = " ".join(text for text in glass.texts() if text)
    assert NAME not in shown
    assert "A012" not in shown
    everything = [text for item in glass.screens.window.findChildren(QObject) if (text := item.property("text"))]
    assert not any(NAME in str(text) or "A012" in str(text) for text in everything)
    left = [one for one in gc.get_objects() if isinstance(one, PatientView | TicketView | IdentifyReply)]
    assert [one for one in left if getattr(one, "patients", True)] == []


class Counter(QObject):
    said = Signal(bool, object)

    def __init__(self):
        super().__init__()
        self.heard = 0
        self.said.connect(self.hear)

    @Slot(bool, object)
    def hear(self, _flag, _value):
        self.heard += 1


@pytest.mark.usefixtures("qapp")
def test_five_thousand_signals_leave_python_alive():
    # PySide6 6.12.0 drops a reference to True at each emit and aborts Python 3.11 after about a thousand.
    counter = Counter()
    for _ in range(5000):
        counter.said.emit(True, None)  # noqa: FBT003 - the value is the point
    assert counter.heard == 5000


def test_journeys_that_end_by_themselves_are_told_with_their_reason(qtbot):
    screens = open_screens()

    async def serve(_ui):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())

    async def fail():
        raise RuntimeError("devices.toml has no device of the kind receipt_printer")

    with qtbot.waitSignal(screens.bridge.failed, timeout=30_000) as told:
        screens.bridge.start(serve)
    assert told.args == ["devices.toml has no device of the kind receipt_printer"]
    screens.close()
