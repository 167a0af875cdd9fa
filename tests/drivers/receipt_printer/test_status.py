"""What status bytes mean, for every fault that the manuals give bytes for."""

import pytest

from drivers.device import DeviceState, PaperSupply
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.status import CutterState, from_automatic, from_real_time, no_answer

FULL = PROFILES["80mm"]
BARE = PROFILES["58mm-basic"]


@pytest.mark.parametrize(
    ("answers", "device", "error", "paper"),
    [
        ("12 12 12 12", DeviceState.ONLINE, None, PaperSupply.FULL),
        ("16 12 12 12", DeviceState.ONLINE, None, PaperSupply.FULL),  # the drawer's pin says nothing here
        ("12 12 12 1E", DeviceState.ONLINE, None, PaperSupply.LOW),
        ("1A 32 12 7E", DeviceState.USER_ERROR, "paper_out", PaperSupply.OUT),
        ("1A 16 12 12", DeviceState.USER_ERROR, "cover_open", PaperSupply.FULL),
        ("1A 52 1A 12", DeviceState.HARDWARE_ERROR, "cutter_jam", PaperSupply.FULL),
        ("1A 52 32 12", DeviceState.HARDWARE_ERROR, "unrecoverable", PaperSupply.FULL),
        ("1A 52 52 12", DeviceState.HARDWARE_ERROR, "head_hot", PaperSupply.FULL),
        ("1A 12 12 12", DeviceState.OFFLINE, "offline", PaperSupply.FULL),
        ("1A 36 12 7E", DeviceState.USER_ERROR, "cover_open", PaperSupply.OUT),
    ],
)
def test_real_time_status(answers, device, error, paper):
    status = from_real_time(tuple(bytes.fromhex(answers)), FULL, 1.0)
    assert (status.device, status.error, status.paper) == (device, error, paper)
    assert status.ready is (error is None)
    assert status.as_of == 1.0


@pytest.mark.parametrize(
    ("data", "error", "paper"),
    [
        ("14 00 00 0F", None, PaperSupply.FULL),
        ("10 00 03 0F", None, PaperSupply.LOW),
        ("18 00 0F 0F", "paper_out", PaperSupply.OUT),
        ("38 00 00 0F", "cover_open", PaperSupply.FULL),
        ("18 08 00 0F", "cutter_jam", PaperSupply.FULL),
        ("18 20 00 0F", "unrecoverable", PaperSupply.FULL),
        ("18 04 00 0F", "unrecoverable", PaperSupply.FULL),
        ("18 40 00 0F", "head_hot", PaperSupply.FULL),
    ],
)
def test_automatic_status(data, error, paper):
    status = from_automatic(bytes.fromhex(data), FULL, 1.0)
    assert (status.error, status.paper) == (error, paper)


def test_a_sensor_that_is_not_there_is_none():
    status = from_real_time((0x12, 0x12, 0x12, 0x1E), BARE, 1.0)
    assert status.near_end is None
    assert status.cutter is None
    assert status.paper is PaperSupply.FULL


def test_no_answer_is_never_well():
    status = no_answer(FULL, 1.0)
    assert not status.ready
    assert status.device is DeviceState.UNKNOWN
    assert status.paper is PaperSupply.UNKNOWN
    assert status.cover_open is None
    assert status.cutter is CutterState.UNKNOWN
    assert status.near_end is None
    assert no_answer(BARE, 1.0).cutter is None
