"""Log-ins of staff: who is logged in at which browser, until when.

The database holds every log-in until a shift is over; memory holds when each was last used, because every request asks
and a write for every request would be one too many. A log-in that was not used for a while ends for good. After a
restart of the server the time without use begins anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlite_utils import Database

from queue_server.clock import Clock
from queue_server.contract import Role
from queue_server.log import accounts
from queue_server.log.accounts import Staff, token_key

_MINUTE = 60_000_000


@dataclass(frozen=True)
class LogIn:
    """One member of staff at one browser. ``key`` is the hash of the cookie's token, which is kept nowhere."""

    key: bytes
    staff: str
    name: str
    role: Role
    csrf: str
    seen_at: int
    expires_at: int

    @property
    def actor(self) -> str:
        """Who acts, as the log records it."""
        return f"staff:{self.name}"

    @property
    def owner(self) -> str:
        """Who listens to a feed, so that the feed ends with the log-in."""
        return f"log-in:{self.key.hex()}"

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"LogIn(name={self.name!r}, role={self.role!r}, key=<redacted>, csrf=<redacted>)"


def csrf_of(token: str) -> str:
    """The page's token that belongs to a cookie: whoever reads one cannot make the other."""
    mac = hmac.digest(token.encode(), b"houzhen page token", hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


class LogIns:
    """The log-ins that are good now."""

    def __init__(
        self, clock: Clock, reader: Callable[[], Database], *, idle_min: int, ended: Callable[[LogIn], None]
    ) -> None:
        """Keep time by ``clock``.

        Args:
            clock: tells idle and absolute expiry.
            reader: the reading connection of this thread.
            idle_min: minutes without use after which a log-in ends.
            ended: told when a log-in ends, to delete its row and close its feeds.
        """
        self._clock = clock
        self._reader = reader
        self._idle = idle_min * _MINUTE
        self._ended = ended
        self._good: dict[bytes, LogIn] = {}
        self._over: dict[bytes, int] = {}
        """Those that ended before their time, until then: their rows may still be on the way out."""

    def begin(self, token: str, staff: Staff, expires_at: int) -> LogIn:
        """Take in a log-in whose row was just written."""
        key = token_key(token)
        log_in = LogIn(key, staff.staff, staff.name, staff.role, csrf_of(token), self._clock.now(), expires_at)
        self._good[key] = log_in
        return log_in

    def find(self, token: str) -> LogIn | None:
        """The log-in of a cookie's token, if it is still good. Counts as use."""
        key = token_key(token)
        now = self._clock.now()
        log_in = self._good.get(key) or self._read(key, token, now)
        if log_in is None:
            return None
        if not self._is_good(log_in, now):
            self.end(log_in)
            return None
        log_in = self._good[key] = replace(log_in, seen_at=max(now, log_in.seen_at))
        return log_in

    def end(self, log_in: LogIn) -> None:
        """End one log-in. Ending it twice is allowed."""
        if self._good.pop(log_in.key, None) is not None:
            self._over[log_in.key] = log_in.expires_at
            self._ended(log_in)

    def end_of_staff(self, staff: str) -> None:
        """End every log-in of an account: disabled, or given a new password."""
        for log_in in [one for one in self._good.values() if one.staff == staff]:
            self.end(log_in)

    def clock_moved(self, by: int) -> None:
        """A demonstration's clock leaps by so many microseconds: nobody was idle meanwhile."""
        for key, log_in in self._good.items():
            self._good[key] = replace(log_in, seen_at=log_in.seen_at + by, expires_at=log_in.expires_at + by)

    def sweep(self) -> None:
        """End what ran out or was ended in the database, so that open feeds of an abandoned browser end too."""
        now = self._clock.now()
        rows = self._reader().query("SELECT token_hash FROM log_ins JOIN staff USING (staff) WHERE is_active")
        held = {row["token_hash"] for row in rows}
        for log_in in [one for one in self._good.values() if one.key not in held or not self._is_good(one, now)]:
            self.end(log_in)
        self._over = {key: expires_at for key, expires_at in self._over.items() if expires_at > now}

    def _read(self, key: bytes, token: str, now: int) -> LogIn | None:
        if key in self._over:
            return None
        found = accounts.log_in_by_token(self._reader(), token, now)
        return None if found is None else self.begin(token, found.staff, found.expires_at)

    def _is_good(self, log_in: LogIn, now: int) -> bool:
        return now < log_in.expires_at and now - log_in.seen_at < self._idle
