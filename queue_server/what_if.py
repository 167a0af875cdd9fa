"""The server's end of the reckoning program: one question at a time, never in the event loop's thread.

The program is a process of its own that gives way to the server (``queue_server.replay.worker``). A question that
nobody waits for any more ends it in the middle; the next one starts another.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from queue_server.replay.worker import Answer, Asked

log = structlog.get_logger("houzhen.what_if")

# Run from where this package lies, so that the program finds its own modules wherever the server was started.
_HOME = Path(__file__).resolve().parent.parent
_PROGRAM = (sys.executable, "-m", "queue_server.replay.worker")
_LONGEST_LINE = 1 << 24
_DECODER = msgspec.json.Decoder(Answer)


class WhatIfError(Exception):
    """There is no answer: the program ended, or took too long."""


class BusyError(WhatIfError):
    """Another question is being reckoned."""


class WhatIf:
    """One reckoning program, started when first asked."""

    def __init__(self, program: Sequence[str] = _PROGRAM, *, answer_s: float = 60.0) -> None:
        """Nothing is started yet.

        Args:
            program: the command line.
            answer_s: seconds in which it must answer.
        """
        self._program = program
        self._answer_s = answer_s
        self._process: asyncio.subprocess.Process | None = None
        self._is_busy = False

    @property
    def process_id(self) -> int | None:
        """The running program's process id."""
        return None if self._process is None else self._process.pid

    async def ask(self, asked: Asked) -> Answer:
        """Reckon. Cancelled, the program is ended with it.

        Raises:
            BusyError: another question is being reckoned.
            WhatIfError: the program ended, or took longer than it may.
        """
        if self._is_busy:
            raise BusyError("another question is being reckoned")
        self._is_busy = True
        try:
            async with asyncio.timeout(self._answer_s):
                # It ends by itself once it has been quiet for long: that may be just now.
                line = await self._line(asked) or await self._line(asked)
            return _read(line)
        except (TimeoutError, msgspec.MsgspecError, OSError, ValueError) as error:
            await self._end()
            raise WhatIfError(f"the reckoning program gave no answer: {error!r}") from error
        except BaseException:
            await self._end()
            raise
        finally:
            self._is_busy = False

    async def stop(self) -> None:
        """End the program."""
        await self._end()

    async def _line(self, asked: Asked) -> bytes:
        """The program's answer; empty where it has ended, and is gone then."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._program,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_LONGEST_LINE,
                cwd=_HOME,
            )
            log.info("what_if.started", pid=self._process.pid)
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise WhatIfError("the reckoning program has no pipes")
        line = b""
        with contextlib.suppress(ConnectionError):
            process.stdin.write(msgspec.json.encode(asked) + b"\n")
            await process.stdin.drain()
            line = await process.stdout.readline()
        if not line:
            await self._end()
        return line

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _read(line: bytes) -> Answer:
    if not line:
        raise WhatIfError("the reckoning program ended without an answer")
    return _DECODER.decode(line)
