"""Asking the hospital again and again, with growing pauses while nobody answers."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from queue_server import background
from queue_server.clock import SECOND, Clock
from queue_server.hospital.port import BadAnswer, HospitalError
from queue_server.hospital.references import PeopleUnavailable
from queue_server.logs import places

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S = 2
_LONGEST_PAUSE_S = 60


class Kept(Protocol):
    """What is kept up to date."""

    @property
    def day(self) -> str:
        """Today's service day."""
        ...

    @property
    def as_of(self) -> int:
        """When today's list was taken over, UTC microseconds; 0 while there is none."""
        ...

    async def refresh(self) -> None:
        """One round. Raises ``HospitalError`` or ``PeopleUnavailable``."""
        ...


class Rounds:
    """The background task that asks."""

    def __init__(self, kept: Kept, clock: Clock, every_s: int) -> None:
        """Refresh ``kept`` every ``every_s`` seconds while all is well; nothing happens before ``start``."""
        self._kept = kept
        self._clock = clock
        self._every_s = every_s
        self._pause_s = _FIRST_PAUSE_S
        self._failing: str | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def failing(self) -> str | None:
        """Why the last round failed; ``None`` when it did not."""
        return self._failing

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="hospital mirror")

    async def stop(self) -> None:
        """End."""
        await background.end(self._task)
        self._task = None

    def soon(self) -> None:
        """Go now instead of at the next round."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            pause_s = self._every_s
            try:
                await self._kept.refresh()
            except Exception as error:  # noqa: BLE001 - a defect in one answer must not end the asking
                pause_s = self._pause_s
                self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
                self._note_failure(error)
            else:
                self._pause_s = _FIRST_PAUSE_S
                if self._failing is not None:
                    log.info("hospital.back", day=self._kept.day)
                self._failing = None
            await self._sleep(pause_s)

    async def _sleep(self, seconds: int) -> None:
        """Until then, or until somebody asks for news."""
        await background.nap(self._clock.sleep_until(self._clock.now() + seconds * SECOND), self._wake.wait())
        # Not before: somebody may have asked while the last round was under way.
        self._wake.clear()

    def _note_failure(self, error: Exception) -> None:
        # Once when it goes away, not at every attempt.
        if not isinstance(error, HospitalError | PeopleUnavailable):
            # A defect's message may quote a patient's file: its type and the places are all that is kept.
            kind = type(error).__name__
            if self._failing != kind:
                log.error("hospital.refresh_failed", error=kind, at=places(error), list_as_of=self._kept.as_of)
            self._failing = kind
            return
        if self._failing is None:
            level = log.error if isinstance(error, BadAnswer) else log.warning
            level("hospital.away", kind=type(error).__name__, reason=str(error), list_as_of=self._kept.as_of)
        self._failing = str(error)
