"""The one source of time. Due things become commands in the service; nothing else reads a clock.

A moment is an ``int``: microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

SECOND = 1_000_000
"""One second in the unit of every moment."""

_LONGEST_NAP_S = 1.0
# A wall clock can be stepped while somebody sleeps, so a long sleep is cut into naps and looked at again.


class Clock(Protocol):
    """What tells the time and waits for a time."""

    def now(self) -> int:
        """The present moment, UTC microseconds."""
        ...

    async def sleep_until(self, moment: int) -> None:
        """Return once ``now()`` is ``moment`` or later."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """The present moment, UTC microseconds."""
        return time.time_ns() // 1000

    async def sleep_until(self, moment: int) -> None:
        """Return once the wall clock shows ``moment``, also when it is stepped meanwhile."""
        while (left := moment - self.now()) > 0:  # noqa: ASYNC110 - nothing tells when a wall clock is stepped
            await asyncio.sleep(min(left / SECOND, _LONGEST_NAP_S))


class SettableClock:
    """A clock that is told the time: for tests, the demo and simulation.

    Args:
        start: the moment it shows at first.
        rate: how many of its seconds pass in one real second; 0 stands still until it is moved.
    """

    def __init__(self, start: int, rate: float = 0.0) -> None:
        self._base = start
        self._rate = rate
        self._since = time.monotonic_ns()
        self._sleepers: set[asyncio.Event] = set()

    @classmethod
    def today_at(cls, hour_minute: str, zone: str, rate: float = 1.0) -> SettableClock:
        """Today's date in ``zone`` at ``hour_minute`` (``HH:MM``), running at ``rate``.

        Raises:
            ValueError: ``hour_minute`` is not a time of day.
        """
        wanted = datetime.strptime(hour_minute, "%H:%M").replace(tzinfo=UTC).time()
        local = datetime.combine(datetime.now(ZoneInfo(zone)).date(), wanted, ZoneInfo(zone))
        return cls(round(local.timestamp()) * SECOND, rate)

    def now(self) -> int:
        """The moment this clock shows, UTC microseconds."""
        return self._base + int((time.monotonic_ns() - self._since) * self._rate) // 1000

    def set(self, moment: int) -> None:
        """Show ``moment`` from now on and wake everybody who waited for it. Call it in the event loop's thread."""
        self._base = moment
        self._since = time.monotonic_ns()
        for sleeper in self._sleepers:
            sleeper.set()

    def advance(self, microseconds: int) -> None:
        """Move the clock on by ``microseconds``."""
        self.set(self.now() + microseconds)

    async def sleep_until(self, moment: int) -> None:
        """Return once this clock shows ``moment`` or later."""
        moved = asyncio.Event()
        self._sleepers.add(moved)
        try:
            while (left := moment - self.now()) > 0:
                moved.clear()
                nap = left / SECOND / self._rate if self._rate else None
                try:
                    await asyncio.wait_for(moved.wait(), nap)
                except TimeoutError:
                    continue
        finally:
            self._sleepers.discard(moved)
