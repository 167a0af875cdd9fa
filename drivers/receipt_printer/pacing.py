"""How far the paper is behind the line: so that little is under way, and every wait is long enough."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.receipt_printer.commands import Unit
    from drivers.receipt_printer.profile import Profile

_DOTS_PER_MM = 8


class Pacer:
    """A model of the printer: when what was sent will be on paper.

    A printer out of paper can only be told to forget the rest of a ticket if that request reaches it, and it reaches it
    only if nothing is stuck before it. So no more is sent than the printer's own buffer takes.
    """

    def __init__(self, profile: Profile, now: float) -> None:
        self._profile = profile
        self._under_way: deque[tuple[float, int]] = deque()
        self._carried_at = now
        """The instant at which the line will have carried all that was sent."""
        self.finished_at = now
        """The instant at which all that was sent will be on paper."""

    def sent(self, unit: Unit, line_time: float, now: float) -> None:
        """Take note that ``unit`` was sent, which takes the line ``line_time`` seconds.

        While one unit is printed the line carries the next; what is here in full is printed.
        """
        printing = unit.rows / _DOTS_PER_MM / self._profile.speed_mm_s
        self._carried_at = max(self._carried_at, now) + line_time
        self.finished_at = max(self.finished_at, self._carried_at) + printing
        self._under_way.append((self.finished_at, len(unit.data)))

    def stood_still(self, seconds: float, now: float) -> None:
        """Take note that the printer stood still for the last ``seconds``: what was not on paper yet comes later."""
        since = now - seconds
        self._under_way = deque((end + seconds if end > since else end, size) for end, size in self._under_way)
        if self.finished_at > since:
            self.finished_at += seconds

    def room_at(self, unit: Unit, now: float) -> float:
        """Return the instant at which the printer has room for ``unit``."""
        under_way = sum(size for end, size in self._under_way if end > now)
        for end, size in self._under_way:
            if end <= now:
                continue
            if under_way + len(unit.data) <= self._profile.receive_buffer:
                return now
            under_way -= size
            now = end
        return now
