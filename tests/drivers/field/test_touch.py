import struct

import pytest

from drivers.field.touch import CORNERS, TouchDecoder, orientation, touch_screens
from drivers.ports import Roots

EVENT = struct.Struct("@llHHi")


def turned(matrix, point):
    a, b, c, d, e, f = matrix
    return a * point[0] + b * point[1] + c, d * point[0] + e * point[1] + f


@pytest.mark.parametrize(
    ("raw", "words", "matrix"),
    [
        ([(0, 0), (1, 0), (0, 1)], "straight", (1, 0, 0, 0, 1, 0)),
        ([(1, 1), (0, 1), (1, 0)], "180", (-1, 0, 1, 0, -1, 1)),
        ([(0, 1), (0, 0), (1, 1)], "to the right", (0, -1, 1, 1, 0, 0)),
        ([(1, 0), (1, 1), (0, 0)], "to the left", (0, 1, 0, -1, 0, 1)),
        ([(1, 0), (0, 0), (1, 1)], "mirrored left and right", (-1, 0, 1, 0, 1, 0)),
        ([(0, 1), (1, 1), (0, 0)], "mirrored up and down", (1, 0, 0, 0, -1, 1)),
    ],
)
def test_three_touches_tell_how_a_screen_is_turned(raw, words, matrix):
    """The matrices are those of libinput's documentation."""
    near = [(x * 0.9 + 0.05, y * 0.9 + 0.05) for x, y in raw]
    found = orientation(near)
    assert words in found.words
    assert found.matrix == matrix
    assert found.straight is (words == "straight")
    assert [turned(found.matrix, point) for point in raw] == [corner for corner, _ in CORNERS]
    assert " ".join(map(str, matrix)) in found.rule


def test_touches_in_the_middle_tell_nothing():
    assert orientation([(0.5, 0.5)] * 3) is None


def test_a_touch_is_where_the_finger_was_lifted():
    decoder = TouchDecoder((0, 4095), (0, 1000))
    events = [(1, 0x14A, 1), (3, 0x35, 100), (3, 0x36, 10), (0, 0, 0), (3, 0x35, 4095), (3, 0x36, 500), (1, 0x14A, 0)]
    data = b"".join(EVENT.pack(0, 0, kind, code, value) for kind, code, value in events)
    assert decoder.feed(data[:30]) == []
    assert decoder.feed(data[30:]) == [(1.0, 0.5)]
    assert decoder.feed(EVENT.pack(0, 0, 1, 0x14A, 0)) == []


def test_touch_screens_are_pointers_on_a_picture(tmp_path):
    for name, properties in (("event3", "2"), ("event4", "1"), ("event5", "0 6")):
        device = tmp_path / "sys" / "class" / "input" / name / "device"
        device.mkdir(parents=True)
        (device / "properties").write_text(properties)
    assert [node.name for node in touch_screens(Roots(tmp_path / "dev", tmp_path / "sys"))] == ["event3", "event5"]
