"""What is still to come while a past day runs again, each at its moment, and in a fixed order at the same one."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

(
    NEWS, SERVED, MISSED, CAME, TURNED_AWAY, ARRIVES, BACK, LEAVES, PAPER, ACTS, CLOSES, OPENS, PRESSES,
) = range(13)  # fmt: skip


class Agenda:
    """Happenings by moment, then by kind, then by whom they are about."""

    def __init__(self) -> None:
        self._coming: list[tuple[int, int, int, int]] = []

    @property
    def next_at(self) -> int | None:
        """The next moment at which something is due, UTC microseconds; ``None``: nothing is to come."""
        return self._coming[0][0] if self._coming else None

    def add(self, at: int, kind: int, n: int, which: int = 0) -> None:
        """Let ``kind`` happen at ``at`` (UTC microseconds) to the ``n``-th visit, room or news, its ``which``-th."""
        heappush(self._coming, (at, kind, n, which))

    def due(self, now: int) -> Iterator[tuple[int, int, int]]:
        """What is due at ``now``, also what is added to it meanwhile: kind, whom it is about, which of theirs."""
        while self._coming and self._coming[0][0] == now:
            _, kind, n, which = heappop(self._coming)
            yield kind, n, which
