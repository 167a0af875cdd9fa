"""How often a caller may ask: token buckets for requests, and lock-outs for wrong passwords.

All counts live in memory and are bounded; a restart forgets them, which helps an attacker less than a table that
anybody could fill.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Failures:
    count: int
    locked_until: int


class LockOut:
    """Wrong passwords, counted for a name at an address, for a name, and for an address.

    The pair locks first, so that somebody at another desk cannot lock a nurse out of her own with a handful of tries;
    name and address alone allow more, and lock all the same.
    """

    PAIR, NAME, ADDRESS = 5, 25, 50
    MINUTES = 10

    def __init__(self, clock: Clock) -> None:
        """Keep time by ``clock``."""
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def check(self, name: str, address: str) -> None:
        """Let a try pass or not.

        Raises:
            ProblemError: ``locked_out``, with the minutes to wait.
        """
        now = self._clock.now()
        until = max(
            (self._failures[key].locked_until for key, _ in self._keys(name, address) if key in self._failures),
            default=0,
        )
        if until > now:
            seconds = -(-(until - now) // _SECOND)
            raise ProblemError("locked_out", words={"minutes": str(-(-seconds // 60))}, retry_after_s=seconds)

    def failed(self, name: str, address: str) -> None:
        """Count a wrong password."""
        until = self._clock.now() + self.MINUTES * 60 * _SECOND
        for key, allowed in self._keys(name, address):
            before = self._failures.pop(key, _Failures(0, 0))
            count = 1 if 0 < before.locked_until <= self._clock.now() else before.count + 1
            self._failures[key] = _Failures(count, until if count >= allowed else 0)
        while len(self._failures) > _MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the tries of this name at this address."""
        self._failures.pop((name, address), None)

    def _keys(self, name: str, address: str) -> list[tuple[tuple[str, str], int]]:
        return [((name, address), self.PAIR), ((name, ""), self.NAME), (("", address), self.ADDRESS)]
