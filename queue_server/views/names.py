"""Masked names: full ones are read, masked and let go here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from queue_server.masking import mask

_NAMES_HELD = 50_000
"""More than a day's list has people."""


class Names:
    """Masked names by random reference. Full names are read, masked and let go at once."""

    def __init__(self, name_of: Callable[[str], str | None]) -> None:
        """Read full names with ``name_of``, which gives ``None`` for somebody unknown or erased."""
        self._name_of = name_of
        self._masked: dict[str, str | None] = {}

    def masked(self, person: str | None) -> str | None:
        """The masked name; ``None`` for nobody, somebody unknown, or somebody erased."""
        if person is None:
            return None
        if person not in self._masked:
            name = self._name_of(person)
            self._hold(person, None if name is None else mask(name))
        return self._masked[person]

    def keep(self, person: str, name: str) -> None:
        """Mask the ``name`` that somebody has from now on, so that nobody has to look it up."""
        self._hold(person, mask(name))

    def _hold(self, person: str, masked: str | None) -> None:
        if len(self._masked) >= _NAMES_HELD:
            self._masked.clear()
        self._masked[person] = masked

    def forget(self) -> None:
        """Read anew: names were changed or erased."""
        self._masked.clear()
