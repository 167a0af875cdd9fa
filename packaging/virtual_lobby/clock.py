"""The demo's clock: a morning that starts when the demo does, and goes on while the server is dead."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


class MorningClock:
    """Today's date at a given time of day, running at the speed of life.

    Args:
        start: ``HH:MM`` in the hospital's zone.
        zone: IANA name.

    Raises:
        ValueError: ``start`` is not a time of day.
    """

    def __init__(self, start: str, zone: str) -> None:
        here = ZoneInfo(zone)
        at = datetime.strptime(start, "%H:%M").time()  # noqa: DTZ007 -- a time of day, put into the zone below
        self._start = datetime.combine(datetime.now(here).date(), at, here)
        self._since = time.monotonic()

    def now(self) -> datetime:
        """The present of the lobby."""
        return self._start + timedelta(seconds=time.monotonic() - self._since)

    def set(self, now: datetime) -> None:
        """Go on from ``now``, for a lobby that has a day already."""
        self._start = now.astimezone(self._start.tzinfo)
        self._since = time.monotonic()

    def at(self, hour: int) -> datetime:
        """Today at ``hour``."""
        return self._start.replace(hour=hour, minute=0, second=0, microsecond=0)

    @property
    def day(self) -> str:
        """The service day, ``YYYY-MM-DD``."""
        return self._start.date().isoformat()
