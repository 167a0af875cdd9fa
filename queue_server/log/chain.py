"""The chain of hashes over the log: an event that is altered, dropped or moved afterwards breaks every later value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from sqlite_utils import Database

GENESIS = bytes(32)
"""What the first event's chain value is computed from."""

_ROWS = """
    SELECT site, position, decided_at, stream, at, actor, command_id, type, v, CAST(body AS BLOB), chain
    FROM events WHERE (site, position) > (?, ?) ORDER BY site, position LIMIT 1000
"""


class Row(NamedTuple):
    """Everything a row of the log says."""

    site: str
    position: int
    decided_at: int
    stream: str
    at: int
    actor: str
    command_id: str
    type: str
    v: int
    body: bytes


def link(previous: bytes, row: Row) -> bytes:
    """The chain value of a row: SHA-256 over the value before it and everything the row says."""
    return hashlib.sha256(previous + msgspec.json.encode(row[:-1]) + row.body).digest()


def rows(database: Database) -> Iterator[tuple[Row, bytes]]:
    """Every row of the log with its chain value, site by site. It may be written while this reads."""
    after: tuple[str, int] = ("", 0)
    while found := database.conn.execute(_ROWS, after).fetchall():
        for *values, chain in found:
            yield Row(*values), chain
        after = (found[-1][0], found[-1][1])
