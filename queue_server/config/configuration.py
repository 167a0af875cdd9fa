"""A checked configuration, and the digest by which the log names it."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from queue_server.config.days import day_starts_at, local_time
from queue_server.config.settings import DisplaySettings, HallSettings, HospitalSettings, ServerSettings, VoiceSettings
from queue_server.engine.site import Site
from queue_server.engine.triage_table import TriageTable


class Configuration(msgspec.Struct, frozen=True):
    """A checked configuration. ``digest`` is that of ``site``; ``folder`` is where its file lies."""

    site: Site
    digest: str
    server: ServerSettings
    hospital: HospitalSettings
    voice: VoiceSettings
    halls: dict[str, HallSettings]
    folder: Path
    triage: TriageTable | None = None
    """What emergency queues go by; ``None`` where there is no ``triage.toml`` beside the file and no such queue."""
    displays: dict[str, DisplaySettings] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The hospital's time zone."""
        return ZoneInfo(self.site.time_zone)

    def service_day(self, now: int) -> str:
        """The service day (``YYYY-MM-DD``) of the moment ``now`` (UTC microseconds)."""
        hour, minute = (int(part) for part in self.site.day_opens.split(":"))
        local = local_time(now, self.zone)
        opened = (local.hour, local.minute) >= (hour, minute)
        return (local.date() if opened else local.date() - timedelta(days=1)).isoformat()

    def day_starts_at(self, day: str) -> int:
        """When the service day ``day`` opens, in UTC microseconds."""
        return day_starts_at(self.site, date.fromisoformat(day))

    def utc_offset_min(self, day: str) -> int:
        """The hospital's offset from UTC when ``day`` opens, in minutes."""
        offset = local_time(self.day_starts_at(day), self.zone).utcoffset() or timedelta()
        return int(offset.total_seconds()) // 60


def digest(site: Site) -> str:
    """The SHA-256 of the canonical encoding (JSON, sorted keys, UTF-8) of ``site``, in hex."""
    return hashlib.sha256(msgspec.json.encode(site, order="sorted")).hexdigest()
