"""Starting the lobby's programs, waiting until each is ready, and ending those and no others."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

READY_SECONDS = 30.0
GRACE_SECONDS = 10.0
# util-linux: a program is asked to end when the demo is gone, however it went.
WITH_ITS_PARENT = ("setpriv", "--pdeathsig", "TERM", "--")


class ProgramError(Exception):
    """A program did not start, or ended when it should run. The sentence carries the end of what it printed."""


@dataclass
class Program:
    """One child process in a process group of its own, with what it printed kept in a file.

    Attributes:
        name: what the timeline calls it.
        process: the child.
        log: the file that has its output.
    """

    name: str
    process: asyncio.subprocess.Process
    log: Path
    first_line: str = ""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    def tail(self, lines: int = 15) -> str:
        """The end of what it printed."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL to its whole group."""
        if self.running:
            os.killpg(self.process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, and insist after a grace period."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), GRACE_SECONDS)
            except TimeoutError:
                self.kill()
        await self.process.wait()


@dataclass
class Programs:
    """All programs of one demo. ``stop`` ends them."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _started: list[Program] = field(default_factory=list)

    async def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        announces: bool = False,
        keyboard: bool = False,
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Program:
        """Start ``command``.

        Args:
            name: for messages and the log file's name.
            command: program and arguments.
            announces: the program prints one line when it is ready; wait for it and keep it as ``first_line``.
            keyboard: give it a pipe as its standard input.
            environment: variables beside this process's own.
            pass_fds: file descriptors it inherits.

        Raises:
            ProgramError: it could not be started, or ended or stayed silent before it announced itself.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            try:
                process = await asyncio.create_subprocess_exec(
                    *WITH_ITS_PARENT,
                    *command,
                    stdin=asyncio.subprocess.PIPE if keyboard else asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE if announces else output,
                    stderr=output,
                    start_new_session=True,
                    pass_fds=tuple(pass_fds),
                    env={**os.environ, **self.environment, **(environment or {})},
                )
            except OSError as error:
                raise ProgramError(f"{name} could not be started: {error}") from error
        program = Program(name, process, log)
        self._started.append(program)
        if announces:
            program.first_line = await self._announcement(program)
        return program

    async def _announcement(self, program: Program) -> str:
        output = program.process.stdout
        if output is None:
            raise ProgramError(f"{program.name} has no output to announce itself on")
        try:
            line = await asyncio.wait_for(output.readline(), READY_SECONDS)
        except TimeoutError as error:
            raise ProgramError(
                f"{program.name} was not ready after {READY_SECONDS:.0f} s:\n{program.tail()}"
            ) from error
        if not line:
            await program.process.wait()
            raise ProgramError(f"{program.name} ended before it was ready:\n{program.tail()}")
        return line.decode("utf-8", errors="replace").strip()

    async def run(self, name: str, command: Sequence[str], *, stdin: bytes = b"") -> str:
        """Run ``command`` to its end and return what it printed.

        Raises:
            ProgramError: it ended with another status than 0.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment},
        )
        output, errors = await process.communicate(stdin)
        if process.returncode != 0:
            raise ProgramError(f"{name} failed with status {process.returncode}:\n{errors.decode(errors='replace')}")
        return output.decode()

    async def stop(self) -> None:
        """End all that was started here, the last first; nobody waits for another's end."""
        await asyncio.gather(*(program.stop() for program in reversed(self._started)))
        self._started.clear()


def python(*arguments: str) -> list[str]:
    """A command that runs a module of the project with this interpreter: ``python("-m", "kiosk")``."""
    return [sys.executable, *arguments]


def command(name: str) -> str:
    """One of the project's commands, beside this interpreter."""
    return str(Path(sys.executable).parent / name)


async def first_line(read_end: int, seconds: float) -> str:
    """The first line that comes through a pipe, which is closed then; empty where its writer ended or said nothing."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb")
    )
    try:
        return (await asyncio.wait_for(reader.readline(), seconds)).decode().strip()
    except TimeoutError:
        return ""
    finally:
        transport.close()
