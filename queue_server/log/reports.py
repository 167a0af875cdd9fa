"""Reports over days, from the tables that the log derives: what the fee rules spared, and bookings nobody came to.

Persons are random references, and no report but that of one person names any.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlite_utils import Database


class DayBounds(NamedTuple):
    """A service day (``YYYY-MM-DD``) and when it begins and ends, UTC microseconds."""

    day: str
    starts_at: int
    ends_at: int


class Saving(NamedTuple):
    """What one rule spared patients of one clinic on one day: visits that cost less, and integer fen."""

    day: str
    clinic: str | None
    rule: str
    visits: int
    fen: int


class Unkept(NamedTuple):
    """Of one clinic and day: bookings nobody came to, and patients who checked in and were not there when called."""

    day: str
    clinic: str | None
    never_came: int
    missed_their_call: int


_SAVINGS = """
    SELECT days.value ->> 0, fees.clinic, fees.rule, count(*), sum(fees.saved_fen)
    FROM json_each(?) AS days
    JOIN fees ON fees.issued_at >= days.value ->> 1 AND fees.issued_at < days.value ->> 2
    JOIN tickets ON tickets.ticket = fees.ticket
    WHERE fees.saved_fen > 0 AND tickets.status <> 'cancelled'
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
# Who was never called waited in vain: that is nobody's no-show. Whoever missed the call and checked in again came.
_UNKEPT = """
    WITH found (at, clinic, never_came) AS (
        SELECT slot_start, clinic, 1 FROM unkept
        UNION ALL
        SELECT slot_start, clinic, 0 FROM tickets
        WHERE issued_at >= :first AND origin = 'appointment' AND status IN ('no_show', 'lapsed') AND misses > 0
            AND NOT EXISTS (
                SELECT 1 FROM tickets AS later
                WHERE later.person = tickets.person AND later.session IS tickets.session
                    AND later.issued_at > tickets.issued_at
            )
    )
    SELECT days.value ->> 0, clinic, sum(never_came), count(*) - sum(never_came)
    FROM json_each(:days) AS days JOIN found ON at >= days.value ->> 1 AND at < days.value ->> 2
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_OF_PERSON = """
    SELECT slot_start FROM unkept WHERE person = :person
    UNION ALL
    SELECT slot_start FROM tickets
    WHERE person = :person AND origin = 'appointment' AND status IN ('no_show', 'lapsed') AND misses > 0
        AND NOT EXISTS (
            SELECT 1 FROM tickets AS later
            WHERE later.person = :person AND later.session IS tickets.session AND later.issued_at > tickets.issued_at
        )
    ORDER BY 1
"""
_DAY = 86_400_000_000


def savings(database: Database, days: Sequence[DayBounds]) -> list[Saving]:
    """What the fee rules spared, by day, clinic and rule: each registration once, and none that was given back."""
    return [Saving(*row) for row in database.execute(_SAVINGS, [json.dumps(days)])]


def unkept(database: Database, days: Sequence[DayBounds]) -> list[Unkept]:
    """Bookings that were not kept, by day and clinic."""
    if not days:
        return []
    # A ticket of a day was given on it or in the night before.
    words = {"days": json.dumps(days), "first": days[0].starts_at - _DAY}
    return [Unkept(*row) for row in database.execute(_UNKEPT, words)]


def no_shows_of(database: Database, person: str, day_of: Callable[[int], str]) -> list[str]:
    """The days on which a person did not keep a booking, each booking once, oldest first.

    Args:
        database: to read from.
        person: our random reference.
        day_of: the service day of a moment in UTC microseconds.
    """
    return [day_of(row[0]) for row in database.execute(_OF_PERSON, {"person": person})]
