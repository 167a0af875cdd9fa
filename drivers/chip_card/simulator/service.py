"""A card service of the simulator's own: Debian's ``pcscd`` with the virtual reader ``vpcd``.

``vpcd`` listens on every address, and ``pcscd`` has one socket a machine. So both run in a network and a mount
namespace of their own (``drivers.simulator.apart``): nobody outside reaches the one, and the other's ``/run`` is a
folder of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from drivers.simulator import apart
from drivers.simulator.process import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

READER: Final = "Virtual PCD 00 00"
_DRIVER: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_START_LIMIT: Final = 20.0
_LOOK: Final = 0.02
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
"""Linux ``include/uapi/linux/sockios.h`` and ``if.h``."""

_CONFIGURATION: Final = f"""\
FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:0x8C7B
LIBPATH {_DRIVER}
CHANNELID 0x8C7B
"""


def missing() -> str | None:
    """Say what this machine lacks for a service of the simulator's own; None = nothing."""
    if not Path("/usr/sbin/pcscd").exists() or not _DRIVER.exists():
        return "pcscd or its virtual reader is not installed: apt-get install pcscd vsmartcard-vpcd"
    if shutil.which("setpriv") is None:
        return "setpriv is not installed: apt-get install util-linux"
    return apart.missing()


def begin_anew_apart(module: str, arguments: Sequence[str]) -> NoReturn:
    """Begin this program anew in namespaces of its own, in this very process."""
    command = [*apart.command(), sys.executable, "-m", module, *arguments, "--apart"]
    os.execv(command[0], command)  # noqa: S606 -- no shell


class CardService:
    """``pcscd`` for as long as a block runs, in the namespaces that this process is in.

    Args:
        link: where its socket is to be found; it must not be there yet, but for what an earlier run left.
    """

    def __init__(self, link: Path) -> None:
        self._link = link
        self._folder = Path(tempfile.mkdtemp(prefix="houzhen-pcscd-"))
        (self._folder / "conf").mkdir()
        (self._folder / "conf" / "vpcd").write_text(_CONFIGURATION, encoding="ascii")
        (self._folder / "run").mkdir()
        _switch_loopback_on()
        subprocess.run(  # noqa: S603 -- a fixed command
            ["/usr/bin/mount", "--bind", self._folder / "run", "/run"], check=True
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        """Run the service while the block runs.

        Raises:
            OSError: it did not start.
        """
        process = await asyncio.create_subprocess_exec(
            "/usr/bin/setpriv", "--pdeathsig", "KILL",
            "/usr/sbin/pcscd", "--foreground", "--config", str(self._folder / "conf"),
            stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
        )  # fmt: skip
        try:
            await self._until_up(process)
            fresh = self._link.with_name(self._link.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self._folder / "run" / "pcscd" / "pcscd.comm")
            fresh.replace(self._link)
            yield process
        finally:
            await end(process)

    async def _until_up(self, process: Process) -> None:
        up = self._folder / "run" / "pcscd" / "pcscd.comm"
        async with asyncio.timeout(_START_LIMIT):
            while not up.exists():
                if process.returncode is not None:
                    raise OSError(f"pcscd ended with status {process.returncode} as it started")
                await asyncio.sleep(_LOOK)

    def remove(self) -> None:
        """Remove what it left behind."""
        self._link.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def _switch_loopback_on() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
