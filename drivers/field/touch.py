"""How a touch screen is turned against its picture: three touches tell.

Linux tells of touches as absolute positions (kernel: Documentation/input/multi-touch-protocol.rst); libinput maps them
to the picture by a matrix that udev sets (``LIBINPUT_CALIBRATION_MATRIX``).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from drivers.descriptor import FdTransport
from drivers.line import deadline_in
from drivers.ports import ROOTS, Roots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Point: TypeAlias = tuple[float, float]
"""Across and down, from 0 to 1."""

CORNERS: Final[tuple[tuple[Point, str], ...]] = (
    ((0.0, 0.0), "左上角 upper left"),
    ((1.0, 0.0), "右上角 upper right"),
    ((0.0, 1.0), "左下角 lower left"),
)
"""What is to be touched, in this order."""

_EVENT: Final = struct.Struct("@llHHi")
_EV_KEY, _EV_ABS = 1, 3
_BTN_TOUCH: Final = 0x14A
_ACROSS, _DOWN = frozenset({0x00, 0x35}), frozenset({0x01, 0x36})
"""``ABS_X`` and ``ABS_MT_POSITION_X``; ``ABS_Y`` and ``ABS_MT_POSITION_Y``."""
_EVIOCGABS: Final = 0x80184540
_PROP_DIRECT: Final = 1 << 1
_FAR_OFF: Final = 0.3
"""How far from its corner a touch may be, as a part of the panel."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """How touches have to be turned.

    Attributes:
        matrix: six numbers, as udev's rule wants them; across and down of the picture from those of the touch.
        words: the same in Chinese and English.
    """

    matrix: tuple[int, int, int, int, int, int]
    words: str

    @property
    def straight(self) -> bool:
        """Whether nothing has to be turned."""
        return self.matrix == (1, 0, 0, 0, 1, 0)

    @property
    def rule(self) -> str:
        """The rule for ``/etc/udev/rules.d/99-touch.rules``."""
        numbers = " ".join(str(number) for number in self.matrix)
        return f'ENV{{ID_INPUT_TOUCHSCREEN}}=="1", ENV{{LIBINPUT_CALIBRATION_MATRIX}}="{numbers}"'


_WORDS: Final = {
    (False, False, False): "方向正确 straight",
    (False, True, True): "旋转 180° turned by 180°",
    (True, False, True): "逆时针旋转 90° turned by 90° to the left",
    (True, True, False): "顺时针旋转 90° turned by 90° to the right",
    (False, True, False): "左右镜像 mirrored left and right",
    (False, False, True): "上下镜像 mirrored up and down",
    (True, False, False): "沿对角线镜像 mirrored along a diagonal",
    (True, True, True): "沿另一对角线镜像 mirrored along the other diagonal",
}
"""By: across and down are swapped, across is reversed, down is reversed."""


def orientation(touches: Sequence[Point]) -> Orientation | None:
    """Tell from touches of ``CORNERS`` how the screen is turned; None = they were too far from any corners."""
    for (swap, across, down), words in _WORDS.items():
        turned = [_turn(touch, swap=swap, across=across, down=down) for touch in touches]
        off = [max(abs(x - u), abs(y - v)) for (x, y), ((u, v), _) in zip(turned, CORNERS, strict=True)]
        if max(off) <= _FAR_OFF:
            a, b = (0, 1) if swap else (1, 0)
            first = (-a, -b, 1) if across else (a, b, 0)
            second = (-b, -a, 1) if down else (b, a, 0)
            return Orientation((*first, *second), words)
    return None


def _turn(touch: Point, *, swap: bool, across: bool, down: bool) -> Point:
    x, y = (touch[1], touch[0]) if swap else touch
    return 1 - x if across else x, 1 - y if down else y


class TouchDecoder:
    """Finds where a finger was lifted, in a stream of the kernel's input events.

    Args:
        across: the least and the greatest value of the horizontal axis.
        down: of the vertical one.
    """

    def __init__(self, across: tuple[int, int], down: tuple[int, int]) -> None:
        self._ranges = across, down
        self._now: list[int | None] = [None, None]
        self._held = b""

    def feed(self, data: bytes) -> list[Point]:
        """Take bytes; return the touches they complete."""
        self._held += data
        found = []
        while len(self._held) >= _EVENT.size:
            _, _, kind, code, value = _EVENT.unpack(self._held[: _EVENT.size])
            self._held = self._held[_EVENT.size :]
            if kind == _EV_ABS and code in _ACROSS | _DOWN:
                self._now[code in _DOWN] = value
            elif kind == _EV_KEY and code == _BTN_TOUCH and not value and None not in self._now:
                found.append(self._point())
                self._now = [None, None]
        return found

    def _point(self) -> Point:
        x, y = (
            ((value or 0) - low) / max(1, high - low)
            for value, (low, high) in zip(self._now, self._ranges, strict=True)
        )
        return x, y


def touch_screens(roots: Roots | None = None) -> list[Path]:
    """List the nodes of the touch screens that are there: pointers on a picture (``INPUT_PROP_DIRECT``)."""
    roots = roots or ROOTS
    found = []
    for entry in sorted((roots.sys / "class" / "input").glob("event*")):
        try:
            properties = (entry / "device" / "properties").read_text(encoding="ascii").split()
        except OSError:
            continue
        if properties and int(properties[-1], 16) & _PROP_DIRECT:
            found.append(roots.dev / "input" / entry.name)
    return found


async def read_touch(node: Path, timeout: float) -> Point | None:
    """Wait for one touch of a screen; None = none came in time.

    Raises:
        OSError: the node cannot be opened, or is no touch screen.
        DeviceError: it went.
    """
    fd = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        decoder = TouchDecoder(_range(fd, _ACROSS), _range(fd, _DOWN))
    except OSError:
        os.close(fd)
        raise
    line = FdTransport(f"input://{node}", fd, lambda: os.close(fd))
    deadline = deadline_in(timeout)
    try:
        async with asyncio.timeout_at(deadline):
            while True:
                if touches := decoder.feed(await line.read(4096, deadline + 1.0)):
                    return touches[0]
    except TimeoutError:
        return None
    finally:
        await line.close()


def _range(fd: int, codes: frozenset[int]) -> tuple[int, int]:
    """Ask for an axis's least and greatest value (``EVIOCGABS``)."""
    for code in sorted(codes, reverse=True):
        answer = fcntl.ioctl(fd, _EVIOCGABS + code, bytes(24))
        _, low, high = struct.unpack("@iii", answer[:12])
        if high > low:
            return low, high
    raise OSError(0, "it has no positions")
