"""The kiosk's voice: says what the screen says, one sentence after the other, and stops at once when told."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Final

import structlog

from kiosk.ports import Clock, VoiceState
from kiosk.speech import Player, Renderer, SpeechError, VoicePlan, make_player
from kiosk.spoken import spoken
from kiosk.words import Catalogue, Language, Words

_log = structlog.get_logger(__name__)

FIRST_REST: Final = 5.0
LONGEST_REST: Final = 300.0
"""Seconds in which nothing is tried after a failure: at first, and at most. A broken loudspeaker costs a log line."""


class SilentVoice:
    """The ``Voice`` port of a kiosk without loudspeaker."""

    @property
    def state(self) -> VoiceState:
        """Always silent."""
        return VoiceState.SILENT

    def say(self, words: Words, language: Language) -> None:
        """Say nothing: the screen says it."""

    def silence(self) -> None:
        """There is nothing to stop."""


class SpokenVoice:
    """The ``Voice`` port of a kiosk with a loudspeaker. ``run`` speaks; ``say`` and ``silence`` never wait.

    Args:
        catalogue: the words.
        renderer: makes sound of them.
        player: plays it.
        clock: for the rest after a failure.
    """

    def __init__(self, catalogue: Catalogue, renderer: Renderer, player: Player, clock: Clock) -> None:
        self._catalogue = catalogue
        self._renderer = renderer
        self._player = player
        self._clock = clock
        self._todo: asyncio.Queue[tuple[str, Language]] = asyncio.Queue()
        self._speaking: asyncio.Task[None] | None = None
        self._rest = FIRST_REST
        self._resting_until: float | None = None

    @property
    def state(self) -> VoiceState:
        """Silent from a failure until something was said again."""
        return VoiceState.SPEAKING if self._resting_until is None else VoiceState.SILENT

    def say(self, words: Words, language: Language) -> None:
        """See ``Voice``."""
        text = spoken(self._catalogue.speak(words, language), language)
        if text:
            self._todo.put_nowait((text, language))

    def silence(self) -> None:
        """See ``Voice``."""
        while not self._todo.empty():
            self._todo.get_nowait()
        if self._speaking is not None:
            self._speaking.cancel()

    async def run(self) -> None:
        """Speak until cancelled. Sentences lie in a folder that is removed, for no longer than they are heard."""
        with tempfile.TemporaryDirectory(prefix="houzhen-voice-") as folder:
            try:
                while True:
                    text, language = await self._todo.get()
                    if self._resting_until is not None and self._clock.now() < self._resting_until:
                        continue
                    self._speaking = asyncio.create_task(self._say(text, language, Path(folder) / "sentence.wav"))
                    await asyncio.wait({self._speaking})
            finally:
                if self._speaking is not None:
                    self._speaking.cancel()
                    await asyncio.gather(self._speaking, return_exceptions=True)
                await self._renderer.end()

    async def _say(self, text: str, language: Language, path: Path) -> None:
        try:
            await self._renderer.render(text, language, path)
            await self._player.play(path)
        except SpeechError as error:
            if self._resting_until is None:
                _log.warning("voice_down", error=str(error))
            self._resting_until = self._clock.now() + self._rest
            self._rest = min(2 * self._rest, LONGEST_REST)
            return
        finally:
            _remove(path)
        if self._resting_until is not None:
            _log.info("voice_back")
        self._resting_until, self._rest = None, FIRST_REST


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def make_voice(plan: VoicePlan, clock: Clock) -> SpokenVoice:
    """Make the voice that ``plan`` asks for. Nothing is started yet."""
    player = make_player(plan.through, plan.device)
    return SpokenVoice(Catalogue.load(), Renderer(plan.words_per_minute), player, clock)
