"""The model of line and paper: as fast as both allow, and never more under way than the printer takes."""

import pytest

from drivers.receipt_printer.commands import Unit
from drivers.receipt_printer.pacing import Pacer
from drivers.receipt_printer.profile import Profile

PROFILE = Profile(name="model", paper_mm=80, dots=576, speed_mm_s=100.0, receive_buffer=4096)
BAND = Unit(bytes(2048), rows=80, ink=True)
BAND_S = 0.1
"""Seconds that the paper takes for ``BAND``: 80 rows, 8 a millimetre, 100 mm a second."""


def test_without_a_slow_line_the_paper_alone_takes_time():
    pacer = Pacer(PROFILE, 10.0)
    for _ in range(3):
        pacer.sent(BAND, 0.0, 10.0)
    assert pacer.finished_at == pytest.approx(10.0 + 3 * BAND_S)


@pytest.mark.parametrize("line_time", [0.02, 0.1, 0.3])
def test_while_one_band_is_printed_the_line_carries_the_next(line_time):
    pacer = Pacer(PROFILE, 0.0)
    for _ in range(4):
        pacer.sent(BAND, line_time, 0.0)
    slower, other = max(line_time, BAND_S), min(line_time, BAND_S)
    assert pacer.finished_at == pytest.approx(4 * slower + other)


def test_after_a_pause_time_begins_anew():
    pacer = Pacer(PROFILE, 0.0)
    pacer.sent(BAND, 0.02, 0.0)
    pacer.sent(BAND, 0.02, 50.0)
    assert pacer.finished_at == pytest.approx(50.0 + 0.02 + BAND_S)


def test_what_is_under_way_while_the_printer_stands_still_comes_so_much_later():
    pacer = Pacer(PROFILE, 0.0)
    for _ in range(3):
        pacer.sent(BAND, 0.0, 0.0)
    pacer.stood_still(8.0, 8.0 + 1.5 * BAND_S)  # in the middle of the second
    assert pacer.finished_at == pytest.approx(8.0 + 3 * BAND_S)
    pacer = Pacer(PROFILE, 0.0)
    for _ in range(2):
        pacer.sent(BAND, 0.0, 0.0)
    pacer.stood_still(8.0, 8.0)
    assert pacer.room_at(BAND, 8.0) == pytest.approx(8.0 + BAND_S), "both are in its buffer still"
    pacer.stood_still(3.0, 20.0)
    assert pacer.finished_at == pytest.approx(8.0 + 2 * BAND_S), "all was on paper before"


def test_no_more_is_under_way_than_the_buffer_takes():
    pacer = Pacer(PROFILE, 0.0)
    assert pacer.room_at(BAND, 0.0) == 0.0
    pacer.sent(BAND, 0.0, 0.0)
    assert pacer.room_at(BAND, 0.0) == 0.0
    pacer.sent(BAND, 0.0, 0.0)
    assert pacer.room_at(BAND, 0.0) == pytest.approx(BAND_S)  # when the first is on paper
    assert pacer.room_at(BAND, 5.0) == 5.0
