"""The server's end of the speaking program: starts it, asks it, and starts it again when it dies.

The program is given up on for a while after each failure, so that a broken installation costs one log line and not a
process for every call.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)

# Run from where this package lies, so that the program finds its own modules wherever the server was started.
_HOME = Path(__file__).resolve().parents[2]
_PROGRAM = (sys.executable, "-m", "queue_server.speech")
_LONGEST_LINE = 1 << 20
_FIRST_REST_S = 1.0
_LONGEST_REST_S = 60.0


class SpeechError(Exception):
    """Nothing was spoken; the sentence says why."""


class _EndedError(Exception):
    """The program is gone."""


class Speech:
    """One speaking program, started when first needed. Requests queue; each has a deadline."""

    def __init__(self, program: Sequence[str] = _PROGRAM, *, start_s: float = 10.0, answer_s: float = 10.0) -> None:
        """Nothing is started yet.

        Args:
            program: the command line.
            start_s: seconds in which it must say that it is ready.
            answer_s: seconds in which it must answer a request.
        """
        self._program = program
        self._start_s = start_s
        self._answer_s = answer_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._number = 0
        self._rest_s = _FIRST_REST_S
        self._resting_until = 0.0
        self._is_down = False

    @property
    def process_id(self) -> int | None:
        """The running program's process id."""
        return None if self._process is None else self._process.pid

    async def render(self, text: str, voice: str, words_per_minute: int, out: Path) -> list[str]:
        """Write ``text`` to the WAV file ``out`` and return its phonemes, clause by clause.

        Raises:
            SpeechError: the program died, did not answer, or refused; ``out`` may be half written.
        """
        request = {"text": text, "voice": voice, "words_per_minute": words_per_minute, "out": str(out)}
        return list((await self._ask(request))["phonemes"])

    async def phonemes(self, text: str, voice: str) -> list[str]:
        """How ``text`` would be spoken, in espeak-ng's phoneme names. Raises ``SpeechError``."""
        return list((await self._ask({"text": text, "voice": voice}))["phonemes"])

    async def stop(self) -> None:
        """End the program."""
        async with self._turn:
            await self._end()

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        async with self._turn:
            try:
                reply = await self._answered(request)
            except _EndedError:
                # It had worked before, so whatever ended it may be over: one fresh start, at once.
                await self._end()
                log.warning("speech.restarted")
                reply = await self._answered(request)
        self._rest_s = _FIRST_REST_S
        if self._is_down:
            log.info("speech.back")
            self._is_down = False
        if "error" in reply:
            raise SpeechError(str(reply["error"]))
        return reply

    async def _answered(self, request: dict[str, Any]) -> dict[str, Any]:
        had_worked = self._process is not None
        process = await self._running()
        self._number += 1
        try:
            async with asyncio.timeout(self._answer_s):
                return await self._exchange(process, {"id": self._number, **request})
        except (ConnectionError, _EndedError) as error:
            if had_worked:
                raise _EndedError from error
            await self._failed("the speaking program ended at its first sentence")
            raise SpeechError("the speaking program ended") from error
        except (TimeoutError, ValueError) as error:
            await self._failed(f"the speaking program failed: {type(error).__name__} {error}".rstrip())
            raise SpeechError("the speaking program did not answer") from error
        except asyncio.CancelledError:
            # An answer nobody reads would be taken for the next request's.
            await self._end()
            raise

    async def _exchange(self, process: asyncio.subprocess.Process, request: dict[str, Any]) -> dict[str, Any]:
        if process.stdin is None:
            raise ValueError("the program has no input")
        process.stdin.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        await process.stdin.drain()
        reply = await _line(process)
        if reply.get("id") != request["id"]:
            raise ValueError("the answer belongs to another request")
        return reply

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None:
            return self._process
        if asyncio.get_running_loop().time() < self._resting_until:
            raise SpeechError("the speaking program failed a moment ago and is left alone for a while")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._program,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=_HOME,
                limit=_LONGEST_LINE,
            )
            async with asyncio.timeout(self._start_s):
                ready = await _line(self._process)
        except asyncio.CancelledError:
            await self._end()
            raise
        except (TimeoutError, OSError, ValueError, _EndedError) as error:
            await self._failed(f"the speaking program did not start: {type(error).__name__} {error}".rstrip())
            raise SpeechError("the speaking program did not start") from error
        if "ready" not in ready:
            await self._failed(str(ready.get("error", "it did not say that it is ready")))
            raise SpeechError(str(ready.get("error", "the speaking program did not start")))
        return self._process

    async def _failed(self, reason: str) -> None:
        await self._end()
        self._resting_until = asyncio.get_running_loop().time() + self._rest_s
        self._rest_s = min(self._rest_s * 2, _LONGEST_REST_S)
        if not self._is_down:
            log.warning("speech.down", reason=reason, consequence="calls are shown, not spoken")
        self._is_down = True

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    if process.stdout is None:
        raise ValueError("the program has no output")
    line = await process.stdout.readline()
    if not line:
        raise _EndedError("the program ended")
    reply = json.loads(line)
    if not isinstance(reply, dict):
        raise ValueError("the answer is no object")  # noqa: TRY004 - one kind of error: the program misbehaved
    return reply
