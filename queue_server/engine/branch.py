"""A working copy of the state for one decision: as cheap with a hundred thousand tickets as with a hundred.

Large tables are not copied. A branch reads through to the state it comes from, which does not change meanwhile, and
keeps what it writes to itself.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, TypeVar

from queue_server.engine.entries import Lane
from queue_server.engine.events import ListKey, Rank
from queue_server.engine.state import State, copy_into

K = TypeVar("K")
V = TypeVar("V")

LARGE = ("tickets", "history", "by_person", "live_visits", "by_origin", "taken", "seen")
"""The tables that have a row for each ticket of the day."""


class Layered(MutableMapping[K, V]):
    """A dict over another one that stays as it is; in the same order as a copy would have."""

    __slots__ = ("_added", "_base", "_changed", "_gone")

    def __init__(self, base: dict[K, V]) -> None:
        self._base = base
        self._changed: dict[K, V] = {}
        self._added: dict[K, V] = {}
        self._gone: set[K] = set()

    def __getitem__(self, key: K) -> V:
        if key in self._changed:
            return self._changed[key]
        if key in self._added:
            return self._added[key]
        if key in self._gone:
            raise KeyError(key)
        return self._base[key]

    def __setitem__(self, key: K, value: V) -> None:
        if key in self._base and key not in self._gone:
            self._changed[key] = value
        else:
            self._added[key] = value

    def __delitem__(self, key: K) -> None:
        if key in self._added:
            del self._added[key]
        elif key in self._gone or key not in self._base:
            raise KeyError(key)
        else:
            self._gone.add(key)
            self._changed.pop(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._added or (key in self._base and key not in self._gone)

    def __iter__(self) -> Iterator[K]:
        yield from (key for key in self._base if key not in self._gone)
        yield from self._added

    def __len__(self) -> int:
        return len(self._base) - len(self._gone) + len(self._added)

    def copy(self) -> dict[K, V]:
        """Everything in a dict of its own."""
        return dict(self)


class Branch(State):
    """A state whose large tables and lists are those of another one, as far as it has not changed them."""

    __slots__ = ("_own",)

    def __init__(self) -> None:
        super().__init__()
        self._own: set[Lane | ListKey] = set()

    def lane_to_change(self, lane: Lane) -> list[tuple[Rank, str]]:
        """The entries of a lane, copied when they are changed for the first time."""
        if lane not in self._own:
            self._own.add(lane)
            self.lanes[lane] = self.lanes.get(lane, []).copy()
        return self.lanes[lane]

    def list_to_change(self, key: ListKey) -> list[tuple[int, str]]:
        """The members of a list of place stamps, copied when they are changed for the first time."""
        if key not in self._own:
            self._own.add(key)
            self.fifos[key] = self.fifos.get(key, []).copy()
        return self.fifos[key]


def branch(state: State) -> State:
    """A state that can be folded further without changing ``state``, as long as that one is not changed either."""

    def layered(name: str, table: Any) -> Any:  # noqa: ANN401 - one of the state's tables
        return Layered(table) if name in LARGE else table.copy()

    new = Branch()
    copy_into(new, state, layered)
    new.lanes = state.lanes.copy()
    new.fifos = state.fifos.copy()
    return new
