"""A lane read forward without changing it, and the ranks that stamps give in it: by time, behind the locked head."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from queue_server.engine.stamps import ROUTINE_TIER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from queue_server.engine.events import Rank

Entry = tuple["Rank", str]

BY_MOMENT = 1 << 53
"""Stands in a rank where the locked head pushed it back, before the own moment; greater than any order number.

So whoever was put directly behind the head by a place stamp or by hand comes first, and the others by their moments.
"""
_OF_A_MOMENT = 3
"""Parts of a rank that are one step: tier or mark, key, order number."""
MOST_GONE = 32
"""So many that left from behind others are passed over at every look, before the entries are written down anew."""


class Line:
    """A lane read forward: the state's entries from an index on, together with places given on the way.

    ``takes``: of the lane, those whom the station calls at all; ``None``: everybody.
    """

    __slots__ = ("base", "extra", "gone", "index", "lock", "takes")

    def __init__(self, base: list[Entry], lock: int, takes: Callable[[str], bool] | None = None) -> None:
        self.base = base
        self.lock = lock
        self.takes = takes
        self.index = 0
        self.gone: set[str] = set()
        self.extra: list[Entry] = []

    def head(self, held: Collection[str] = ()) -> Entry | None:
        """The entry with the smallest rank, of those that are not ``held``."""
        if held:
            return next((entry for entry in self.entries() if entry[1] not in held), None)
        if self.takes is not None:
            while self.index < len(self.base) and not self._may_be(self.base[self.index][1]):
                self.index += 1
        base = self.base[self.index] if self.index < len(self.base) else None
        if not self.extra:
            return base
        return self.extra[0] if base is None else min(base, self.extra[0])

    def _may_be(self, ticket_id: str) -> bool:
        return ticket_id not in self.gone and (self.takes is None or self.takes(ticket_id))

    def entries(self) -> Iterator[Entry]:
        """All entries in order, without the tickets that are ``gone``."""
        base, i, j = self.base, self.index, 0
        while i < len(base) or j < len(self.extra):
            if j >= len(self.extra) or (i < len(base) and base[i] < self.extra[j]):
                entry, i = base[i], i + 1
            else:
                entry, j = self.extra[j], j + 1
            if entry[1] not in self.gone and (self.takes is None or self.takes(entry[1])):
                yield entry

    def ranks(self) -> Iterator[Rank]:
        """All ranks in order, without those of the tickets that are ``gone``."""
        return (rank for rank, _ in self.entries())

    def leave(self, ticket_id: str) -> None:
        """A ticket goes from wherever it stands."""
        self.gone.add(ticket_id)
        self.extra = [entry for entry in self.extra if entry[1] != ticket_id]
        while self.index < len(self.base) and self.base[self.index][1] in self.gone:
            self.gone.discard(self.base[self.index][1])
            self.index += 1
        if len(self.gone) > MOST_GONE:
            self.base = [entry for entry in islice(self.base, self.index, None) if entry[1] not in self.gone]
            self.index = 0
            self.gone.clear()


def rank_by_time(line: Line, tier: int, key: int, seq: int) -> tuple[Rank, bool]:
    """The rank of a time stamp, and whether the locked head pushed it back."""
    return behind_lock(line, (tier, key, seq))


def behind_lock(line: Line, rank: Rank) -> tuple[Rank, bool]:
    """``rank``, or the one that the locked head pushed it back to, and whether it did.

    The first ``lock`` places are not displaced: a smaller rank goes behind the last of them, and there by its own
    moment among those who were pushed back as well.
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
    pushed = ((*last[:end], BY_MOMENT, *rank[1:]) for end in _levels(last))
    return (next(behind for behind in pushed if behind > last), True)


def _levels(rank: Rank) -> Iterator[int]:
    """Where a rank may be continued: behind whom it was put at first, then behind whom within that, and so on."""
    end = _OF_A_MOMENT
    while end < len(rank):
        yield end
        end += _OF_A_MOMENT if rank[end] == BY_MOMENT else 1
    yield len(rank)


def rank_by_place(ranks: Iterable[Rank], lock: int, seq: int, joined_at: int) -> Rank:
    """The rank directly behind the locked head, and behind those who were put there before.

    With no locked head it is the first of its tier: the same key with a negative order number, which also marks those
    who were put there; with nobody there it is the moment of joining, so that the order never depends on when one
    looks. Emergencies (tiers 0 and 1) stay in front in any case.
    """
    return rank_in_several([((rank, True) for rank in ranks)], lock, seq, joined_at)


def rank_in_several(orders: Iterable[Iterable[tuple[Rank, bool]]], lock: int, seq: int, joined_at: int) -> Rank:
    """The same where several rooms call the ticket, each together with other lanes.

    It is behind those of its own lane who stand in the locked head of what any of the rooms calls.

    Args:
        orders: the ranks that each room calls, in order, and whether they are of the ticket's own lane.
        lock: how many first places are not displaced.
        seq: the order number to give.
        joined_at: when the ticket came.
    """
    behind: list[Rank] = []
    first: list[Rank] = []
    for ranks in orders:
        begins: Rank | None = None
        for place, (rank, is_own) in enumerate(ranks):
            if rank[0] < ROUTINE_TIER:
                continue
            was_put_first = rank[2] < 0 and BY_MOMENT not in rank
            if was_put_first or (place < lock and is_own):
                behind.append(rank)
            elif begins is None and rank[0] == ROUTINE_TIER:
                begins = rank
            if place >= lock and not was_put_first:
                break
        if begins is not None:
            first.append(begins)
    if behind:
        return (*max(behind), seq)
    return (ROUTINE_TIER, min(first)[1], -seq) if first else (ROUTINE_TIER, joined_at, seq)
