"""Reports for the administration: what fee rules spared patients, and bookings that were not kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, timedelta
from typing import Literal, TypeVar

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlite_utils import Database

from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.config import service_days
from queue_server.engine.booking import banned_until, counted
from queue_server.log import reports
from queue_server.log.data import DATABASE
from queue_server.log.database import open_database
from queue_server.log.reports import DayBounds

T = TypeVar("T")

MOST_DAYS = 366
"""So many days of one report."""
USUAL_DAYS = 30


class SavingRow(msgspec.Struct, frozen=True):
    """What one rule spared on one day: visits that cost less, and integer fen."""

    day: str
    clinic: str | None
    rule: Literal["same_day", "covered"]
    visits: int
    fen: int


class SavingsReport(msgspec.Struct, frozen=True):
    """What the fee rules spared: one fee a day and clinic (``same_day``), one fee for several days (``covered``)."""

    first: str
    last: str
    visits: int
    fen: int
    rows: list[SavingRow]


class NoShowRow(msgspec.Struct, frozen=True):
    """Bookings of a clinic and day: nobody came, or checked in and was not there when called."""

    day: str
    clinic: str | None
    never_came: int
    missed_their_call: int


class NoShowReport(msgspec.Struct, frozen=True):
    """Bookings that were not kept."""

    first: str
    last: str
    bookings: int
    rows: list[NoShowRow]


class PersonNoShows(msgspec.Struct, frozen=True):
    """Of one person: the days of bookings not kept, how many of them count today, and until when none can be booked."""

    person: str
    days: list[str]
    counted: int
    limit: int
    """So many bring a ban; 0: no number does."""
    banned_until: str | None


@get("/savings", sync_to_thread=True)
def savings(
    lobby: NamedDependency[Lobby], first: FromQuery[date | None] = None, last: FromQuery[date | None] = None
) -> SavingsReport:
    """What the fee rules spared patients, by day, clinic and rule; the last thirty days where none are named."""
    days = _days(lobby, first, last)
    rows = [msgspec.convert(row._asdict(), SavingRow) for row in _read(lobby, reports.savings, days)]
    return SavingsReport(days[0].day, days[-1].day, sum(row.visits for row in rows), sum(row.fen for row in rows), rows)


@get("/no-shows", sync_to_thread=True)
def no_shows(
    lobby: NamedDependency[Lobby], first: FromQuery[date | None] = None, last: FromQuery[date | None] = None
) -> NoShowReport:
    """Bookings that were not kept, by day and clinic; the last thirty days where none are named."""
    days = _days(lobby, first, last)
    rows = [NoShowRow(*row) for row in _read(lobby, reports.unkept, days)]
    return NoShowReport(days[0].day, days[-1].day, sum(row.never_came + row.missed_their_call for row in rows), rows)


@get("/no-shows/{person:str}", sync_to_thread=False)
def no_shows_of(lobby: NamedDependency[Lobby], person: FromPath[str]) -> PersonNoShows:
    """Whether somebody may book, by the bookings that were not kept: asked before one is made."""
    configuration = lobby.configuration
    rules = configuration.site.booking
    days = reports.no_shows_of(lobby.service.reader, person, configuration.service_day)
    today = configuration.service_day(lobby.clock.now())
    until = banned_until(rules, days)
    return PersonNoShows(
        person,
        days,
        counted(rules, days, today),
        rules.no_shows,
        until if until is not None and until >= today else None,
    )


def _read(
    lobby: Lobby, report: Callable[[Database, Sequence[DayBounds]], list[T]], days: Sequence[DayBounds]
) -> list[T]:
    """A report over many days takes a while: it is read in a thread, by a connection of its own."""
    with closing(open_database(lobby.data / DATABASE, read_only=True)) as database:
        return report(database, days)


def _days(lobby: Lobby, first: date | None, last: date | None) -> list[DayBounds]:
    """The service days of a report.

    Raises:
        ProblemError: ``invalid_request``, for days in the wrong order or too many.
    """
    configuration = lobby.configuration
    until = last or date.fromisoformat(configuration.service_day(lobby.clock.now()))
    wrong = ProblemError("invalid_request", detail=f"first, last: 1 to {MOST_DAYS} days, the first day first")
    try:
        since = first or until - timedelta(days=USUAL_DAYS - 1)
        if not 0 <= (until - since).days < MOST_DAYS:
            raise wrong
        return [DayBounds(*day) for day in service_days(configuration.site, since, until)]
    except OverflowError:
        raise wrong from None
