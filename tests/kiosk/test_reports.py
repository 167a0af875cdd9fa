"""What the client tells besides commands: how the devices are, and in the log which commands were acknowledged."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from structlog.testing import capture_logs

from kiosk.log import redact
from queue_server.contract import DeviceReport, Done, TicketDone
from tests.kiosk import people
from tests.kiosk.fakes import DEADLINE, settle
from tests.kiosk.test_lobby_client import INTENT, Feed, Line, asked, refusal

LOW = DeviceReport("receipt-printer", "receipt_printer", "online", "paper_low", people.at(9, 12))
WELL = DeviceReport("receipt-printer", "receipt_printer", "online", None, people.at(9, 30))
PATH = "/api/kiosk/devices"


@pytest.fixture
async def line(tmp_path):
    line = Line(tmp_path)
    yield line
    await line.stop()


def told(line):
    return [body["devices"][0]["trouble"] for body in line.server.bodies(PATH)]


async def until_told(line, expected):
    async with asyncio.timeout(DEADLINE):
        while told(line) != expected:
            await line.clock.pass_time(1)


async def test_devices_are_told_when_they_change(line):
    line.run()
    line.client.tell_devices([LOW])
    await until_told(line, ["paper_low"])
    line.client.tell_devices([WELL])
    await until_told(line, ["paper_low", None])
    assert line.server.bodies(PATH)[0]["devices"] == [
        {
            "name": "receipt-printer",
            "kind": "receipt_printer",
            "state": "online",
            "trouble": "paper_low",
            "since": "2026-11-20T09:12:00+08:00",
        }
    ]


async def test_what_passed_while_the_server_was_away_is_not_told_and_the_present_is(line):
    line.run()
    line.client.tell_devices([WELL])
    await until_told(line, [None])
    line.server.up = False
    line.server.feed.end()
    await line.until(lambda: not line.client.online)
    for devices in ([LOW], [WELL], [LOW]):
        line.client.tell_devices(devices)
        await settle()
    assert told(line) == [None]
    line.server.up, line.server.feed = True, Feed()
    await until_told(line, [None, "paper_low"])


async def test_the_present_is_told_again_after_each_reconnection(line):
    line.run()
    line.client.tell_devices([LOW])
    await until_told(line, ["paper_low"])
    feed, line.server.feed = line.server.feed, Feed()
    feed.end()
    await until_told(line, ["paper_low", "paper_low"])


async def test_a_server_that_fails_is_told_once_it_does_not(line):
    line.server.answer(PATH, *[httpx.Response(500)] * 5, httpx.Response(204))
    line.run()
    line.client.tell_devices([LOW])
    await until_told(line, ["paper_low"] * 6)
    await line.clock.pass_time(60)
    assert line.client.online
    assert len(told(line)) == 6


async def test_a_server_that_takes_no_such_report_is_not_asked_again(line):
    line.server.answer(PATH, refusal(people.problem("not_found", "没有", "none")))
    line.run()
    line.client.tell_devices([LOW])
    await until_told(line, ["paper_low"])
    await line.clock.pass_time(60)
    assert told(line) == ["paper_low"]


async def test_every_command_that_was_done_is_in_the_log_with_its_position(line):
    done = Done(command_id=INTENT, position=3)
    line.server.answer("/api/kiosk/check-in", httpx.ReadTimeout("late"), TicketDone(done, people.ticket()))
    with capture_logs() as logs:
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))
        line.run()
        await line.until(lambda: line.client.online)
        line.client.settle_print("t1", "done", reprint=False)
        await line.until(lambda: line.folder.prints() == [])
    acknowledged = [redact(None, "info", log) for log in logs if log["event"] == "acknowledged"]
    assert [(log["command"], log["position"]) for log in acknowledged] == [(INTENT, 3), (INTENT, 1)]


async def test_a_command_that_was_refused_is_not(line):
    line.server.answer("/api/kiosk/rejoin", refusal(people.NOT_TODAY))
    with capture_logs() as logs, pytest.raises(Exception, match="not_today"):
        await asked(line, line.client.rejoin(INTENT, "t1"))
    assert [log for log in logs if log["event"] == "acknowledged"] == []
