"""A place for the kiosk to appear: the machine's display, or a virtual one that a browser can touch.

The virtual display is Xtigervnc on a Unix socket that only its owner may open: no port listens on any address.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virtual_lobby.processes import ProgramError, first_line

if TYPE_CHECKING:
    from litestar.connection import WebSocket

    from virtual_lobby.processes import Program, Programs

# Half the panel: in a browser it is shown about as large, and a picture that is scaled far down is rough.
WIDTH, HEIGHT = 540, 960
NOVNC = Path("/usr/share/novnc")
READY_SECONDS = 20.0
X11_SOCKET = "/tmp/.X11-unix/X"  # noqa: S108 -- where every X server has it
X11_PORT = 6000
X11_SECONDS = 2.0


@dataclass(frozen=True)
class Display:
    """An X display and, where it is virtual, the socket on which it speaks RFB (RFC 6143)."""

    name: str
    rfb: Path | None = None


def machine_display() -> Display | None:
    """The display this session has, if it has one that answers: a variable may outlive its display."""
    name = os.environ.get("DISPLAY", "")
    return Display(name) if _answers(name) else None


def _answers(name: str) -> bool:
    """Whether an X server listens at ``host:display.screen``; without a host, on this machine."""
    host, colon, rest = name.rpartition(":")
    number = rest.partition(".")[0]
    if not colon or not number.isdecimal():
        return False
    if host in ("", "unix"):
        family, addresses = socket.AF_UNIX, [f"{start}{X11_SOCKET}{number}" for start in ("\0", "")]
        return any(_connects(family, address) for address in addresses)
    return _connects(socket.AF_INET, (host, X11_PORT + int(number)))


def _connects(family: int, address: str | tuple[str, int]) -> bool:
    with socket.socket(family) as probe:
        probe.settimeout(X11_SECONDS)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True


async def virtual_display(programs: Programs, folder: Path) -> Display:
    """Start a virtual display for the kiosk, of its panel's proportions.

    Raises:
        ProgramError: Xtigervnc or noVNC is not installed, or it did not come up.
    """
    server = shutil.which("Xtigervnc")
    if server is None or not NOVNC.is_dir():
        raise ProgramError(
            "There is no display, and a virtual one needs the packages tigervnc-standalone-server and novnc."
        )
    rfb = folder / "kiosk.rfb"
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)  # noqa: FBT003 -- the library's own signature
    command = [
        server, "-displayfd", str(write_end), "-rfbport", "-1", "-rfbunixpath", str(rfb), "-rfbunixmode", "384",
        "-SecurityTypes", "None", "-geometry", f"{WIDTH}x{HEIGHT}", "-depth", "24", "-nolisten", "tcp",
        "-AlwaysShared", "-desktop", "Houzhen kiosk",
    ]  # fmt: skip
    try:
        program = await programs.start("display", command, pass_fds=(write_end,))
    finally:
        os.close(write_end)
    number = await _display_number(read_end, program)
    return Display(f":{number}", rfb)


async def _display_number(read_end: int, program: Program) -> str:
    # The number and its line end come in two pieces, and the server ends itself where the second finds nobody.
    number = await first_line(read_end, READY_SECONDS)
    if not number:
        raise ProgramError(f"the virtual display did not come up:\n{program.tail()}")
    return number


async def relay(browser: WebSocket[Any, Any, Any], rfb: Path) -> None:
    """Carry RFB between a browser's WebSocket and the display until either side ends."""
    reader, writer = await asyncio.open_unix_connection(rfb)

    async def to_browser() -> None:
        while data := await reader.read(1 << 16):
            await browser.send_bytes(data)

    async def to_display() -> None:
        async for data in browser.iter_data("binary"):
            writer.write(data)
            await writer.drain()

    tasks = [asyncio.create_task(to_browser()), asyncio.create_task(to_display())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
