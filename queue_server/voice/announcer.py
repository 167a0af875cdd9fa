"""Calls for the ear: what is said, and the sound files in which it is said.

A call never waits for its voice. The address of a sound file is a digest of what it says, so a board can be told where
the file will be before it exists; whoever fetches it waits a little, and where no voice comes the call stands on the
board in writing, as it does anyway.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

import structlog

from queue_server.config import VoiceSettings
from queue_server.engine.site import Text
from queue_server.voice.sound import measure, write_chime
from queue_server.voice.speech import Speech, SpeechError
from queue_server.voice.wording import Language, call_sentence

log = structlog.get_logger(__name__)

VOICES: dict[Language, str] = {"zh": "cmn", "en": "en-us"}
"""espeak-ng's names of the voices."""

_ENGINE = "espeak-ng 1.52"  # part of every digest: another engine, another file
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHORTEST_MS = 300
_LONGEST_MS = 60_000
_SILENCE_RMS = 100
_REMEMBERED = 2_000
_FETCH_WAIT_S = 3.0


class Renderer(Protocol):
    """What turns text into a WAV file."""

    async def render(self, text: str, voice: str, words_per_minute: int, out: Path) -> list[str]:
        """Write the file. Raises ``SpeechError``."""
        ...

    async def stop(self) -> None:
        """Let go of everything."""
        ...


class Announcer:
    """Words calls and keeps their sound files in ``folder``, at most ``cache_mb`` of them, least used first out.

    Attributes:
        chime: the digest under which ``wav`` gives the chime, once ``start`` has run.
    """

    def __init__(self, settings: VoiceSettings, folder: Path, speech: Renderer | None = None) -> None:
        """Nothing is written or started before ``start``."""
        self._settings = settings
        self._folder = folder
        self._speech = speech or Speech()
        self._said: OrderedDict[str, tuple[str, Language]] = OrderedDict()
        self._rendering: dict[str, asyncio.Task[Path | None]] = {}
        self._is_silent = False
        self.chime = hashlib.sha256(b"chime 1").hexdigest()

    async def start(self) -> None:
        """Make the folder and the chime. A disk that refuses is logged; calls then go without sound."""
        try:
            await asyncio.to_thread(self._make_chime)
        except OSError as error:
            log.error("voice.no_chime", reason=str(error), consequence="calls are shown without a sound")  # noqa: TRY400 - a full disk is no bug

    async def stop(self) -> None:
        """End the speaking program; what is being rendered is given up."""
        tasks = list(self._rendering.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._speech.stop()

    def for_call(
        self, number: str, room: Text, masked_name: str | None, lang: Language, *, at_door: bool = False
    ) -> str:
        """What is said at a call, or (``at_door``) at a second-stage call.

        The name is left out unless the hospital has names spoken.
        """
        name = masked_name if self._settings.speak_names else None
        sentence = self._settings.door_sentence if at_door else self._settings.sentence
        return call_sentence(sentence, number, room, name, lang, self._settings.digit_one)

    def announce(self, number: str, room: Text, masked_name: str | None = None) -> list[str]:
        """The digests of a call's sound files, one a language, in order; rendering begins in the background.

        Returns at once. Empty where the hospital has its voice switched off.
        """
        if not self._settings.enabled:
            return []
        return [
            self.prepare(self.for_call(number, room, masked_name, language), language)
            for language in self._settings.languages
        ]

    def announce_door(self, number: str, room: Text, masked_name: str | None = None) -> list[str]:
        """The same of a second-stage call; empty where the hospital has those shown and not spoken."""
        if not (self._settings.enabled and self._settings.speak_doors):
            return []
        return [
            self.prepare(self.for_call(number, room, masked_name, language, at_door=True), language)
            for language in self._settings.languages
        ]

    def prepare(self, text: str, lang: Language) -> str:
        """The digest of the file that says ``text``; rendering begins in the background. Returns at once."""
        digest = self.digest(text, lang)
        self._said[digest] = (text, lang)
        self._said.move_to_end(digest)
        while len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        self._begin(digest)
        return digest

    def digest(self, text: str, lang: Language) -> str:
        """The name of the file that says ``text``: SHA-256, in hex, of everything its sound depends on."""
        parts = [_ENGINE, VOICES[lang], str(self._settings.words_per_minute), text]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    async def wav(self, digest: str, *, within_s: float = _FETCH_WAIT_S) -> Path | None:
        """The file behind a digest, waiting at most ``within_s`` for it; ``None`` where there is none."""
        if not _DIGEST.fullmatch(digest):
            return None
        task = self._begin(digest)
        if task is None:
            return None
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(task)
        except TimeoutError:
            log.info("voice.late", digest=digest)
            return None

    def _begin(self, digest: str) -> asyncio.Task[Path | None] | None:
        task = self._rendering.get(digest)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._make(digest), name=f"voice {digest[:8]}")
            self._rendering[digest] = task
            task.add_done_callback(lambda _: self._rendering.pop(digest, None))
        return task

    async def _make(self, digest: str) -> Path | None:
        path = self._folder / f"{digest}.wav"
        try:
            if await asyncio.to_thread(_touch, path):
                return path
            said = self._said.get(digest)
            if said is None:
                return None
            text, language = said
            draft = path.with_suffix(".part")
            await self._speech.render(text, VOICES[language], self._settings.words_per_minute, draft)
            await asyncio.to_thread(self._accept, draft, path)
        except (SpeechError, OSError, ValueError) as error:
            self._silent(str(error))
            return None
        if self._is_silent:
            log.info("voice.back")
            self._is_silent = False
        return path

    def _silent(self, reason: str) -> None:
        # Once when the voice goes and once when it is back, not at every call.
        if not self._is_silent:
            log.warning("voice.silent", reason=reason, consequence="calls are shown, not spoken")
        self._is_silent = True

    def _accept(self, draft: Path, path: Path) -> None:
        """Take a rendered file into the cache if it is speech, and make room for it."""
        found = measure(draft)
        if not _SHORTEST_MS <= found.duration_ms <= _LONGEST_MS or found.rms < _SILENCE_RMS:
            draft.unlink()
            raise ValueError(f"the rendered sound is no speech: {found.duration_ms} ms, loudness {found.rms}")
        draft.replace(path)
        self._make_room(path)

    def _make_room(self, newest: Path) -> None:
        files = [(file.stat(), file) for file in self._folder.glob("*.wav")]
        total = sum(stat.st_size for stat, _ in files)
        for stat, file in sorted(files, key=lambda row: row[0].st_mtime_ns):
            if total <= self._settings.cache_mb * 1_000_000:
                return
            if file != newest and file.stem != self.chime:
                file.unlink(missing_ok=True)
                total -= stat.st_size

    def _make_chime(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Drafts of a process that ended in the middle.
        for draft in self._folder.glob("*.part"):
            draft.unlink(missing_ok=True)
        path = self._folder / f"{self.chime}.wav"
        if not path.exists():
            draft = path.with_suffix(".part")
            write_chime(draft)
            draft.replace(path)


def _touch(path: Path) -> bool:
    """Whether the file is there; if so, it now counts as used."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True
