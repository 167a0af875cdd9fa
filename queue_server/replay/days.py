"""Finds a service day in the log and reads it, and nothing else of the database: no name is in reach.

Everything here only reads, on a connection that cannot write, while a server may be running.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlite_utils import Database

from queue_server.engine.events import ConfigurationActivated, DayOpened, Recorded, decode
from queue_server.engine.site import Site
from queue_server.log.data import DATABASE
from queue_server.log.database import open_database
from queue_server.log.errors import LogUnusableError
from queue_server.log.migrations import check_schema
from queue_server.replay.past import PastError, effective, past_of
from queue_server.replay.visits import Past

_SITES = "SELECT min(site) FROM events WHERE site > ?"
# The index knows these three types only where the statement names them all.
_MARKS = """
    SELECT position, type, v, CAST(body AS BLOB) FROM events INDEXED BY events_of_days
    WHERE site = ? AND type IN ('ConfigurationActivated', 'DayOpened', 'DayEnded') AND type = ? AND position < ?
    ORDER BY position DESC LIMIT ?
"""
_EVENTS = """
    SELECT position, at, actor, command_id, type, v, CAST(body AS BLOB) FROM events
    WHERE site = ? AND position BETWEEN ? AND ? ORDER BY position
"""
_LAST = 1 << 62
_MOST_DAYS = 4_000
"""More days than anybody keeps."""


class DayFound(msgspec.Struct, frozen=True):
    """A service day in the log: its events lie from ``first`` to ``last``; ``is_over``: it has ended."""

    site: str
    day: str
    first: int
    last: int
    is_over: bool


class LoggedDay(msgspec.Struct, frozen=True):
    """What a day was made of, and its events without those that were taken back."""

    past: Past
    log: list[Recorded]


def days_in(data: Path, limit: int = _MOST_DAYS) -> list[DayFound]:
    """The service days in the data directory ``data``, the latest first, at most ``limit`` of each site.

    Raises:
        LogUnusableError: there is no database, or it cannot be read.
    """
    with _reading(data) as database:
        return [found for site in _sites(database) for found in _days(database, site, limit)]


def read_day(data: Path, day: str, site: str | None = None) -> LoggedDay:
    """The service day ``day`` (``YYYY-MM-DD``) from the data directory ``data``.

    Args:
        data: the data directory, of a server that may be running.
        day: the service day.
        site: whose; ``None``: the one site that has this day.

    Raises:
        LogUnusableError: there is no database, or it cannot be read.
        PastError: the day is not in the log, or is still open.
    """
    with _reading(data) as database:
        sites = [one for one in _sites(database) if site in {None, one}]
        known = [found for one in sites for found in _days(database, one, _MOST_DAYS)]
        found = next((one for one in known if one.day == day), None)
        if found is None:
            raise PastError(f"{day} is not in this log. {_told(known)}")
        if not found.is_over:
            raise PastError(f"{day} is still open; a day can be run again once it has ended. {_told(known)}")
        configured = _configuration(database, found)
        rows = database.conn.execute(_EVENTS, (found.site, found.first, found.last))
        log = [Recorded(row[0], row[1], row[2], row[3], decode(row[4], row[5], row[6])) for row in rows]
    return LoggedDay(past_of(configured, log), effective(log)[0])


def _told(known: list[DayFound]) -> str:
    over = [one.day for one in known if one.is_over]
    if not over:
        return "No day in it has ended yet."
    shown = ", ".join(over[:7])
    return f"The days in it are {shown}" + (f" and {len(over) - 7} before." if len(over) > 7 else ".")  # noqa: PLR2004 - a week


@contextmanager
def _reading(data: Path) -> Iterator[Database]:
    if not (data / DATABASE).is_file():
        raise LogUnusableError(f"{data} holds no {DATABASE}. Nothing was done. Give the right directory.")
    database = open_database(data / DATABASE, read_only=True)
    try:
        check_schema(database)
        yield database
    finally:
        database.close()


def _sites(database: Database) -> Iterator[str]:
    site = ""
    while (found := database.conn.execute(_SITES, (site,)).fetchone()[0]) is not None:
        site = found
        yield site


def _days(database: Database, site: str, limit: int) -> list[DayFound]:
    """The latest first. A day reaches to its end, or to where the next one opens in its place."""
    opened = database.conn.execute(_MARKS, (site, "DayOpened", _LAST, limit)).fetchall()
    ended = [row[0] for row in database.conn.execute(_MARKS, (site, "DayEnded", _LAST, limit + 1))]
    found: list[DayFound] = []
    next_opens = _LAST
    for position, kind, v, body in opened:
        event = decode(kind, v, body)
        if isinstance(event, DayOpened):
            end = min((one for one in ended if position < one < next_opens), default=None)
            # What came after the day before ended belongs here: a room may open before the day does.
            before = max((one for one in ended if one < position), default=0)
            last = end if end is not None else next_opens - 1
            found.append(DayFound(site, event.day, before + 1, last, end is not None))
            next_opens = position
    return found


def _configuration(database: Database, found: DayFound) -> Site:
    row = database.conn.execute(_MARKS, (found.site, "ConfigurationActivated", found.first, 1)).fetchone()
    if row is None:
        row = database.conn.execute(_MARKS, (found.site, "ConfigurationActivated", found.last, 1)).fetchone()
    event = None if row is None else decode(row[1], row[2], row[3])
    if not isinstance(event, ConfigurationActivated):
        raise PastError(f"the log has no configuration before {found.day}")
    return event.site
