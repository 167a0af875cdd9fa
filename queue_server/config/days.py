"""Service days: when they begin, by the hospital's own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from queue_server.engine.site import Site


def day_starts_at(site: Site, day: date) -> int:
    """When a service day of ``site`` opens, in UTC microseconds."""
    hour, minute = (int(part) for part in site.day_opens.split(":"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(site.time_zone))
    return round(local.timestamp()) * 1_000_000


def service_days(site: Site, first: date, last: date) -> list[tuple[str, int, int]]:
    """The service days from ``first`` to ``last``: each with when it begins and ends, UTC microseconds."""
    days = [first + timedelta(days=after) for after in range((last - first).days + 2)]
    starts = [day_starts_at(site, day) for day in days]
    return [(day.isoformat(), start, end) for day, start, end in zip(days, starts, starts[1:], strict=False)]


def local_time(now: int, zone: ZoneInfo) -> datetime:
    """A moment (UTC microseconds) by a zone's clock."""
    return datetime.fromtimestamp(now // 1_000_000, UTC).astimezone(zone)
