"""How often a caller may ask: token buckets for requests, and lock-outs for wrong passwords.

All counts live in memory and are bounded; a restart forgets them, which helps an attacker less than a table that
anybody could fill.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from queue_server.api.problems import ProblemError
from queue_server.clock import Clock

_SECOND = 1_000_000
_MOST_KEYS = 10_000


class RateLimit:
    """A token bucket per key: ``burst`` requests at once, ``per_minute`` over time."""

    def __init__(self, clock: Clock, *, per_minute: int, burst: int) -> None:
        """Keep time by ``clock``; both numbers are at least 1."""
        self._clock = clock
        self._refill_us = 60 * _SECOND // per_minute
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Key to (tokens left, when they were counted)."""

    def take(self, key: str, *, tokens: int = 1) -> None:
        """Count one request of ``key``.

        Raises:
            ProblemError: ``too_many_requests``, with the seconds to wait.
        """
        now = self._clock.now()
        left, since = self._buckets.pop(key, (self._burst, now))
        gained = max(0, now - since) // self._refill_us
        left, since = (
            (self._burst, now) if left + gained >= self._burst else (left + gained, since + gained * self._refill_us)
        )
        if left < tokens:
            self._buckets[key] = (left, since)
            seconds = max(1, -(-((tokens - left) * self._refill_us - (now - since)) // _SECOND))
            raise ProblemError("too_many_requests", words={"seconds": str(seconds)}, retry_after_s=seconds)
        self._buckets[key] = (left - tokens, since)
        while len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)


@dataclass
class _Tries:
    """When the latest tries were, oldest first, and until when no further one passes."""

    at: list[int] = field(default_factory=list)
    locked_until: int = 0


class LockOut:
    """Wrong passwords, counted for a name at an address, for a name, and for an address, over the last hour.

    The pair locks first, so that somebody at another desk cannot lock a nurse out of her own with a handful of tries;
    name and address alone allow more, and lock all the same. A try counts before its password is looked at, so that
    many at once are no way around; a right one takes its count back, and those of its pair with it. Tries older than
    an hour count no more: a slip a day never adds up to a lock.
    """

    PAIR, NAME, ADDRESS = 5, 25, 50
    MINUTES = 10
    COUNTED_MIN = 60

    def __init__(self, clock: Clock) -> None:
        """Keep time by ``clock``."""
        self._clock = clock
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()

    def take(self, name: str, address: str) -> None:
        """Count a try and let it pass, or not.

        Raises:
            ProblemError: ``locked_out``, with the minutes to wait. The try was not counted.
        """
        now = self._clock.now()
        keys = self._keys(name, address)
        until = max(self._tries[key].locked_until if key in self._tries else 0 for key, _ in keys)
        if until > now:
            seconds = -(-(until - now) // _SECOND)
            raise ProblemError("locked_out", words={"minutes": str(-(-seconds // 60))}, retry_after_s=seconds)
        for key, allowed in keys:
            tries = self._tries.pop(key, None)
            if tries is None or tries.locked_until:
                tries = _Tries()  # a lock that is over begins anew
            tries.at = [at for at in tries.at if at > now - self.COUNTED_MIN * 60 * _SECOND]
            tries.at.append(now)
            if len(tries.at) >= allowed:
                tries.locked_until = now + self.MINUTES * 60 * _SECOND
            self._tries[key] = tries
        while len(self._tries) > _MOST_KEYS:
            self._tries.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Take back the tries of this name at this address, and from what name and address have counted."""
        mine = self._tries.pop((name, address), _Tries()).at
        for key, allowed in self._keys(name, address)[1:]:
            tries = self._tries.get(key)
            if tries is None:
                continue
            for at in mine:
                if at in tries.at:
                    tries.at.remove(at)
            if len(tries.at) < allowed:
                tries.locked_until = 0

    def _keys(self, name: str, address: str) -> list[tuple[tuple[str, str], int]]:
        return [((name, address), self.PAIR), ((name, ""), self.NAME), (("", address), self.ADDRESS)]
