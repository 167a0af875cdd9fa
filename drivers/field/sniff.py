"""``houzhen-devices sniff``: see what passes between a driver and its device, in hexadecimal and in words.

What may be about a person is hidden unless it is asked for (``drivers.field.decode``). Either the device is checked
here and the tool stands between, or the tool only stands between, and another program is given its address.
"""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TextIO

from drivers.claims import Claim, take_claim
from drivers.device import DeviceError, HealthLevel
from drivers.field.check import examine, tell
from drivers.field.decode import cutter_for
from drivers.relay import SCHEMES, Direction, Relay

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivers.field.console import Console
    from drivers.field.pieces import Piece
    from drivers.registry import DeviceEntry


_CLAIM: Final = 2.0
"""Seconds to wait for a program that is just giving the device back."""


class Sniffer:
    """Turns what passes into lines.

    Args:
        entry: whose line it is.
        write: is given each line.
        show: also what may be about a person.
        clock: seconds; the first piece is the moment 0.
    """

    def __init__(
        self, entry: DeviceEntry, write: Callable[[str], None], *, show: bool, clock: Callable[[], float]
    ) -> None:
        self._cutters = {direction: cutter_for(entry, direction) for direction in Direction}
        self._write = write
        self._show = show
        self._clock = clock
        self._began: float | None = None

    def watch(self, direction: Direction, data: bytes) -> None:
        """Take what passes."""
        now = self._clock()
        if self._began is None:
            self._began = now
        if direction is Direction.TO_DEVICE:
            self._tell(Direction.FROM_DEVICE, self._cutters[Direction.FROM_DEVICE].broken_off(), now)
        self._tell(direction, self._cutters[direction].feed(data), now)

    def _tell(self, direction: Direction, pieces: list[Piece], now: float) -> None:
        for piece in pieces:
            self._write(f"{now - (self._began or 0):9.3f} {direction.value} {piece.text(show=self._show)}")


async def sniff(
    entry: DeviceEntry,
    console: Console,
    *,
    level: HealthLevel = HealthLevel.INTERNAL,
    proxy: bool = False,
    show: bool = False,
    out: Path | None = None,
) -> int:
    """Show what passes on a device's line.

    Args:
        entry: the device.
        console: is told each line, and asked where the check needs a person.
        level: which check to watch.
        proxy: check nothing, but stand between until a signal; the address for the other program is said first.
        show: also what may be about a person.
        out: where to write the lines too, readable by this account only.

    Returns:
        1 where the device is not there, or the check found it not well; else 0.
    """
    scheme = entry.url.partition(":")[0]
    if scheme not in SCHEMES:
        console.say(f"{entry.name}: 这种线路（{scheme}:）不能监听。 A line of this kind ({scheme}:) cannot be watched.")
        return 1
    file = _private(out) if out is not None else None

    def write(line: str) -> None:
        console.say(line)
        if file is not None:
            file.write(f"{line}\n")
            file.flush()

    sniffer = Sniffer(entry, write, show=show, clock=asyncio.get_running_loop().time)
    claim: Claim | None = None
    try:
        claim = await take_claim(entry.url, _CLAIM)
        async with Relay(entry.url, watch=sniffer.watch) as relay:
            if proxy:
                console.say(f'{entry.name}: url = "{relay.url}"')
                await _until_signal()
                return 0
            examined = await examine(replace(entry, url=relay.url), level, console)
            tell(examined, as_json=False)
            return 1 if examined.report.healthy is False else 0
    except DeviceError as failure:
        console.say(f"{entry.name}: {failure}")
        return 1
    finally:
        if claim is not None:
            claim.release()
        if file is not None:
            file.close()


def _private(path: Path) -> TextIO:
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8")
    os.fchmod(file.fileno(), 0o600)  # one that was there had its own
    file.truncate()
    return file


async def _until_signal() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
