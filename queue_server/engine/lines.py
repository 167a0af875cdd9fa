"""A lane read forward without changing it, and the ranks that stamps give in it: by time, behind the locked head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_server.engine.stamps import ROUTINE_TIER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from queue_server.engine.events import Rank

Entry = tuple["Rank", str]


class Line:
    """A lane read forward: the state's entries from an index on, together with places given on the way."""

    __slots__ = ("base", "extra", "gone", "index", "lock")

    def __init__(self, base: list[Entry], lock: int) -> None:
        self.base = base
        self.lock = lock
        self.index = 0
        self.gone: set[str] = set()
        self.extra: list[Entry] = []

    def head(self) -> Entry | None:
        """The entry with the smallest rank."""
        base = self.base[self.index] if self.index < len(self.base) else None
        if not self.extra:
            return base
        return self.extra[0] if base is None else min(base, self.extra[0])

    def pop(self) -> None:
        """Take the head away."""
        if self.extra and (self.index >= len(self.base) or self.extra[0] < self.base[self.index]):
            del self.extra[0]
        else:
            self.index += 1

    def entries(self) -> Iterator[Entry]:
        """All entries in order, without the tickets that are ``gone``."""
        base, i, j = self.base, self.index, 0
        while i < len(base) or j < len(self.extra):
            if j >= len(self.extra) or (i < len(base) and base[i] < self.extra[j]):
                entry, i = base[i], i + 1
            else:
                entry, j = self.extra[j], j + 1
            if entry[1] not in self.gone:
                yield entry

    def ranks(self) -> Iterator[Rank]:
        """All ranks in order, without those of the tickets that are ``gone``."""
        return (rank for rank, _ in self.entries())

    def leave(self, ticket_id: str) -> None:
        """A ticket is called from wherever it stands."""
        self.gone.add(ticket_id)
        while self.index < len(self.base) and self.base[self.index][1] in self.gone:
            self.index += 1


def rank_by_time(line: Line, tier: int, key: int, seq: int) -> tuple[Rank, bool]:
    """The rank of a time stamp, and whether the locked head pushed it back."""
    return behind_lock(line, (tier, key, seq), seq)


def behind_lock(line: Line, rank: Rank, seq: int) -> tuple[Rank, bool]:
    """``rank``, or the one that the locked head pushed it back to, and whether it did.

    The first ``lock`` places are not displaced: a smaller rank goes directly behind the last of them.
    """
    if rank[0] < ROUTINE_TIER or line.lock == 0:
        return (rank, False)
    last: Rank | None = None
    for place, other in enumerate(line.ranks()):
        if place == line.lock:
            break
        last = other
    if last is None or rank > last:
        return (rank, False)
    return ((*last, seq), True)


def rank_by_place(ranks: Iterable[Rank], lock: int, seq: int, joined_at: int) -> Rank:
    """The rank directly behind the locked head, and behind those who were put there before.

    With no locked head it is the first of its tier: the same key with a negative order number, which also marks those
    who were put there; in an empty lane it is the moment of joining, so that the order never depends on when one looks.
    Emergencies (tiers 0 and 1) stay in front in any case.
    """
    tier = ROUTINE_TIER
    behind: Rank | None = None
    for place, rank in enumerate(ranks):
        if rank[0] < tier:
            continue
        if place < lock or rank[2] < 0:
            behind = rank
            continue
        if behind is None:
            return (tier, rank[1], -seq) if rank[0] == tier else (tier, joined_at, seq)
        break
    return (tier, joined_at, seq) if behind is None else (*behind, seq)
