"""Which commands were surely never carried out, told without asking the disk.

Every command has to be looked up before it is decided, since it may be a repeat, and nearly none is. A Bloom filter of
one hash (Bloom 1970, doi 10.1145/362686.362692) answers "surely new" from memory; "perhaps not" is for the log to say.
"""

from __future__ import annotations

from collections.abc import Iterable

_BITS = 1 << 26
# 8 MiB, most of it untouched memory at first. A million ids make 1.5 % of new ones a look-up, ten million 14 %.


class IdFilter:
    """The ids that may have been seen. It forgets none; some that are new it takes for seen."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        """Begin with ``ids``."""
        self._marks = bytearray(_BITS >> 3)
        for one in ids:
            self.add(one)

    def add(self, one: str) -> None:
        """``one`` has been seen."""
        # A string's hash is keyed anew in every process, so that nobody chooses ids that fall together.
        at = hash(one) & (_BITS - 1)
        self._marks[at >> 3] |= 1 << (at & 7)

    def __contains__(self, one: object) -> bool:
        """False: never seen. True: look it up."""
        at = hash(one) & (_BITS - 1)
        return bool(self._marks[at >> 3] >> (at & 7) & 1)
