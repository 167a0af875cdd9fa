"""The one source of time. Due things become commands in the service; nothing else reads a clock.

A moment is an ``int``: microseconds since 1970-01-01 UTC. A wall clock can be set wrong while the server runs; a steady
one only ever tells how much time has passed. Beside each other they show that somebody set the wall clock.
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

    def steady(self) -> int:
        """Microseconds passed since some moment of no meaning; nobody can set it."""
        ...

    async def sleep_until(self, moment: int) -> None:
        """Return once ``now()`` is ``moment`` or later."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """The present moment, UTC microseconds."""
        return time.time_ns() // 1000

    def steady(self) -> int:
        """Microseconds since the machine's start, its sleep included."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000

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
        self._stepped = 0
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

    def steady(self) -> int:
        """The time that has passed on this clock: all but its ``step``."""
        return self.now() - self._stepped

    def step(self, microseconds: int) -> None:
        """Show a moment so much later (or earlier) without that time having passed, as a machine's clock set wrong."""
        self._stepped += microseconds
        self.set(self.now() + microseconds)

    def set(self, moment: int) -> None:
        """Let the time until ``moment`` pass at once and wake everybody who waited. Call it in the loop's thread."""
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


class StepGuard:
    """Tells whether a wall clock was set ahead, by a steady one beside it.

    Args:
        clock: the clock to watch; it is believed as it shows now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.believe()

    def believe(self) -> None:
        """Measure from here: what the wall clock shows now is right."""
        self._wall, self._passed = self._clock.now(), self._clock.steady()

    def ahead(self) -> int:
        """How much further the wall clock went than time has passed since it was last believed, in microseconds."""
        return (self._clock.now() - self._wall) - (self._clock.steady() - self._passed)
