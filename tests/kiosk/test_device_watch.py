"""How the devices are reaches staff: what is wrong, since when, and nothing twice."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from drivers.device import DeviceState, PaperSupply
from kiosk.device_watch import LOOK, DeviceWatch, printer_trouble, trouble_by_state
from kiosk.ports import PrinterReport
from tests.kiosk import people


@pytest.fixture
def watch(room):
    return DeviceWatch(room.devices, room.lobby, room.clock)


def troubles(room):
    return [{one.kind: one.trouble for one in devices} for devices in room.lobby.devices]


WELL = {"receipt_printer": None, "identity_card": None}


@pytest.mark.parametrize(
    ("paper", "error", "trouble"),
    [
        (PaperSupply.FULL, None, None),
        (PaperSupply.UNKNOWN, None, None),
        (PaperSupply.LOW, None, "paper_low"),
        (PaperSupply.OUT, "paper_out", "paper_out"),
        (PaperSupply.LOW, "cover_open", "cover_open"),
        (PaperSupply.FULL, "cutter_jam", "cutter_jam"),
        (PaperSupply.FULL, "head_hot", "head_hot"),
        (PaperSupply.FULL, "unrecoverable", "failed"),
        (PaperSupply.UNKNOWN, "no_answer", "offline"),
        (PaperSupply.UNKNOWN, "no_device", "offline"),
        (PaperSupply.FULL, "offline", "offline"),
    ],
)
def test_every_state_of_the_printer_has_its_code(paper, error, trouble):
    assert printer_trouble(PrinterReport(paper, error)) == trouble


@pytest.mark.parametrize("state", DeviceState)
def test_a_reader_that_is_not_well_is_told_so(state):
    is_well = state in {DeviceState.ONLINE, DeviceState.STARTING}
    assert (trouble_by_state(state) is None) == is_well


async def test_what_changed_is_told_with_since_when(room, watch):
    await watch.look()
    room.printer.present = PrinterReport(PaperSupply.LOW, None)
    await watch.look()
    await watch.look()
    assert troubles(room) == [WELL, WELL | {"receipt_printer": "paper_low"}]
    (told, _) = room.lobby.devices[-1]
    assert (told.name, told.state, told.since) == ("receipt-printer", "online", people.at(9, 41))


async def test_a_trouble_that_shows_another_state_keeps_its_beginning(room, watch):
    room.reader.present = DeviceState.UNKNOWN
    await watch.look()
    room.lobby.time = people.at(9, 50)
    room.reader.present = DeviceState.NO_DEVICE
    await watch.look()
    assert [one.since for one in room.lobby.devices[-1]] == [people.at(9, 41)] * 2
    room.reader.present = DeviceState.ONLINE
    await watch.look()
    assert [one.since for one in room.lobby.devices[-1]] == [people.at(9, 41), people.at(9, 50)]


async def test_the_log_tells_of_each_trouble_once_and_of_its_end(room, watch):
    with capture_logs() as logs:
        for error in ("paper_out", "paper_out", None):
            room.printer.present = PrinterReport(PaperSupply.FULL, error)
            await watch.look()
    assert [(log["event"], log["device"]) for log in logs] == [
        ("device_needs_help", "receipt-printer"),
        ("device_well_again", "receipt-printer"),
    ]


async def test_it_is_looked_at_while_nobody_comes(room, watch):
    looking = asyncio.ensure_future(watch.run())
    await room.clock.pass_time(LOOK)
    room.printer.present = PrinterReport(PaperSupply.OUT, "paper_out", DeviceState.USER_ERROR)
    await room.clock.pass_time(LOOK)
    looking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await looking
    assert troubles(room) == [WELL, WELL | {"receipt_printer": "paper_out"}]
