"""The real ``houzhen-server`` on one data directory, through all its lives, with a fuse that kills it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from virtual_lobby.processes import WITH_ITS_PARENT

from queue_server import clock_file
from queue_server.clock import SettableClock

CONFIG = Path(__file__).parents[3] / "config"
PROGRAM = Path(sys.executable).with_name("houzhen-server")
MONDAY = round(datetime.fromisoformat("2026-11-23T08:50:00+08:00").timestamp()) * 1_000_000
"""A full morning, whatever day the tests run on."""

READY_WITHIN_S = 60
ACCOUNT = re.compile(r"^  (\w+)  (\S+)  \(", re.MULTILINE)


class Server:
    """One data directory and the processes that serve it, one after the other.

    Attributes:
        life: how often it was started.
        url: the present life's address; every life has a port of its own.
        accounts: the passwords that the first start printed, by name.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.life = 0
        self.url = ""
        self.accounts: dict[str, str] = {}
        self._log = folder / "server.log"
        self._process: asyncio.subprocess.Process | None = None
        self._fuse: int | None = None
        self._signal = signal.SIGKILL
        self._open = 0
        self._news = asyncio.Condition()
        clock_file.write(self.data, SettableClock(MONDAY))

    # --- lives --------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start it where its clock is, and wait until it is ready. Nobody is let through before ``let_in``."""
        read, write = os.pipe()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *WITH_ITS_PARENT,
                PROGRAM, "serve", "--config", CONFIG, "--data", self.data, "--port", "0", "--clock", "continue",
                "--ready-fd", str(write),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log, pass_fds=[write],
                start_new_session=True,
            )  # fmt: skip
        os.close(write)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read, "rb")
        )
        async with asyncio.timeout(READY_WITHIN_S):
            self.url = (await reader.readline()).decode().strip()
            assert self.url, self.said()
            if not self.accounts:
                out = await self._process.stdout.readuntil(b"(nurse)\n")
                self.accounts = dict(ACCOUNT.findall(out.decode()))

    async def let_in(self) -> None:
        """Let everybody go on who waits for this life."""
        async with self._news:
            self.life += 1
            self._news.notify_all()

    def burn(self, steps: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the signal after so many more requests sent and answers heard."""
        self._fuse, self._signal = steps, number

    def step(self) -> None:
        """A request is about to leave, or an answer was heard."""
        if self._fuse is None:
            return
        self._fuse -= 1
        if self._fuse <= 0:
            self._fuse = None
            self.send(self._signal)

    def send(self, number: signal.Signals) -> None:
        """Send a signal: ``SIGKILL`` to the process and what it started, as a power cut; others to the process."""
        assert self._process is not None
        assert self._process.returncode is None, self.said()
        (os.killpg if number == signal.SIGKILL else os.kill)(self._process.pid, number)

    async def ended(self) -> int:
        """Wait for the process's end and for everybody who was talking to it to have noticed; its exit status."""
        assert self._process is not None
        async with asyncio.timeout(READY_WITHIN_S):
            await self._process.communicate()
            async with self._news:
                await self._news.wait_for(lambda: self._open == 0)
        status = self._process.returncode
        assert status is not None
        return status

    async def clean_up(self) -> None:
        """Leave no process behind."""
        if self._process is not None and self._process.returncode is None:
            self.send(signal.SIGKILL)
            await self._process.communicate()

    # --- whoever talks to it ------------------------------------------------------------------------------------------

    async def life_after(self, life: int) -> int:
        """Wait for a life later than ``life``, and return it."""
        async with asyncio.timeout(READY_WITHIN_S), self._news:
            await self._news.wait_for(lambda: self.life > life)
            return self.life

    @asynccontextmanager
    async def talking(self):
        """Somebody is talking to it; ``ended`` waits until all have stopped."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            async with self._news:
                self._news.notify_all()

    # --- what it said -------------------------------------------------------------------------------------------------

    def said(self, lines: int = 20) -> str:
        """The end of what all lives wrote to standard error."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def complaints(self) -> list[str]:
        """What it wrote that is more than news: warnings, errors, tracebacks. A kill may cut one line in two."""
        return [
            line
            for line in self._log.read_text(errors="replace").splitlines()
            if not line.startswith("{") or ('"level"' in line and line.endswith("}") and not _is_news(line))
        ]

    async def run(self, command: str, *options: str) -> str:
        """Run another ``houzhen-server`` command on the data; what it printed."""
        process = await asyncio.create_subprocess_exec(
            *WITH_ITS_PARENT, PROGRAM, command, "--data", self.data, *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(READY_WITHIN_S):
            out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode().strip()


def _is_news(line: str) -> bool:
    try:
        return json.loads(line)["level"] in {"debug", "info"}
    except ValueError:
        return line.startswith('{"caller"')
