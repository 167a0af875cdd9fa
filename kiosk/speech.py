"""Sentences as sound, by two programs: one that renders them (``python -m queue_server.speech``), one that plays them.

Both are processes of their own. The first drives a library under the GPL, of which this program loads nothing; whatever
happens to either costs a sentence that is on the screen anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from kiosk.words import Language

Through: TypeAlias = Literal["aplay", "pw-play"]

_RENDERS: Final = (sys.executable, "-m", "queue_server.speech")
_HOME: Final = Path(__file__).resolve().parents[1]
_VOICES: Final[dict[Language, str]] = {"zh": "cmn", "en": "en-us"}
_PACKAGES: Final[dict[Through, str]] = {"aplay": "alsa-utils", "pw-play": "pipewire-bin"}
_START_S: Final = 10.0
_ANSWER_S: Final = 10.0
_LONGEST_S: Final = 60.0
"""No sentence of a screen is longer; a player that takes longer hangs."""


@dataclass(frozen=True)
class VoicePlan:
    """How the kiosk speaks.

    Attributes:
        through: which program plays.
        device: the sink; ``None``: the usual one.
        words_per_minute: how fast.
    """

    through: Through
    device: str | None
    words_per_minute: int


class SpeechError(Exception):
    """A sentence was not said. The exception's sentence says why and what to do."""


class Renderer:
    """The program that renders sentences. It is started when first needed, and ends with its input.

    Args:
        words_per_minute: how fast it speaks.
        program: its command line.
    """

    def __init__(self, words_per_minute: int, program: Sequence[str] = _RENDERS) -> None:
        self._words_per_minute = words_per_minute
        self._program = program
        self._process: Process | None = None
        self._number = 0

    async def render(self, text: str, language: Language, out: Path) -> None:
        """Write ``text`` to the WAV file ``out``.

        Raises:
            SpeechError: the program is missing, does not answer, or refuses.
        """
        self._number += 1
        request = {"id": self._number, "text": text, "voice": _VOICES[language], "out": str(out)}
        request["words_per_minute"] = self._words_per_minute
        try:
            process = await self._running()
            async with asyncio.timeout(_ANSWER_S):
                reply = await _exchange(process, request)
        except (OSError, ValueError, TimeoutError) as error:
            await self.end()
            raise SpeechError(f"The speaking program failed: {type(error).__name__} {error}".rstrip()) from error
        except BaseException:
            await self.end()  # an answer that nobody read would be taken for the next one
            raise
        if "error" in reply:
            raise SpeechError(f"The speaking program refused: {reply['error']}.")

    async def end(self) -> None:
        """End the program."""
        process, self._process = self._process, None
        if process is not None:
            await _ended(process)

    async def _running(self) -> Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(*self._program, stdin=PIPE, stdout=PIPE, cwd=_HOME)
            async with asyncio.timeout(_START_S):
                ready = await _line(self._process)
            if "ready" not in ready:
                raise ValueError(str(ready.get("error", "it did not say that it is ready")))
        return self._process


@dataclass(frozen=True)
class Player:
    """The program that plays a WAV file.

    Attributes:
        program: its command line, before the file.
        package: the Debian package it is in.
    """

    program: tuple[str, ...]
    package: str

    async def play(self, path: Path) -> None:
        """Play ``path`` to its end; being cancelled stops the sound at once.

        Raises:
            SpeechError: the program is missing, failed or hung.
        """
        name = self.program[0]
        try:
            process = await asyncio.create_subprocess_exec(
                *self.program, str(path), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
            )
        except OSError as error:
            raise SpeechError(
                f"{name} cannot be started. Install the Debian package {self.package}, or take the section [voice] out "
                "of kiosk.toml."
            ) from error
        try:
            async with asyncio.timeout(_LONGEST_S):
                _, said = await process.communicate()
        except TimeoutError as error:
            raise SpeechError(f"{name} did not end within {_LONGEST_S:.0f} s and was stopped.") from error
        finally:
            await _ended(process)
        if process.returncode:
            why = said.decode(errors="replace").strip().partition("\n")[0][:200] or "it gave no reason"
            raise SpeechError(f"{name} ended with {process.returncode}: {why}. Check the loudspeaker's device.")


def make_player(through: Through, device: str | None) -> Player:
    """Make the player for a sink: ALSA's name of it for ``aplay``, PipeWire's for ``pw-play``; ``None``: the usual."""
    quiet, option = (("-q",), "-D") if through == "aplay" else ((), "--target")
    sink = () if device is None else (option, device)
    return Player((through, *quiet, *sink), _PACKAGES[through])


async def _exchange(process: Process, request: dict[str, Any]) -> dict[str, Any]:
    if process.stdin is None:
        raise ValueError("it has no input")
    process.stdin.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")
    await process.stdin.drain()
    reply = await _line(process)
    if reply.get("id") != request["id"]:
        raise ValueError("its answer belongs to another request")
    return reply


async def _line(process: Process) -> dict[str, Any]:
    line = b"" if process.stdout is None else await process.stdout.readline()
    reply = json.loads(line) if line else None
    if not isinstance(reply, dict):
        raise ValueError("it ended" if reply is None else "its answer is no object")  # noqa: TRY004 - one kind of error
    return reply


async def _ended(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
