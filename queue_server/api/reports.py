"""How kiosks' own devices are, as each told it last: in memory, since it is about the present."""

from __future__ import annotations

from datetime import datetime

import msgspec
import structlog

from queue_server import contract as c
from queue_server.api.lobby import Lobby
from queue_server.log import accounts

log = structlog.get_logger("houzhen.kiosks")

AWAY_AFTER_S = 60
"""How long a kiosk may be without a feed, as while it finds its server again, before it counts as not connected."""


class KioskState(msgspec.Struct, frozen=True):
    """A kiosk that was heard of, for staff."""

    device: str
    name: str
    hall: c.Text
    lost_since: datetime | None
    """When it was last heard of, where it is not connected now; what it said before is then of that time."""
    reports: list[c.DeviceReport]


def kiosks(lobby: Lobby) -> list[KioskState]:
    """Every enrolled kiosk that was ever heard of."""
    lobby.devices.sweep(lobby.hub.owners())
    halls = {one.id: c.Text(one.name.zh, one.name.en) for one in lobby.configuration.site.halls}
    found = []
    for row in accounts.devices(lobby.service.reader):  # those that were withdrawn are not among them
        seen = max(row.seen_at or 0, lobby.devices.seen.get(row.device, 0))
        if row.kind == "kiosk" and seen:
            hall = halls.get(row.place or "", c.Text(row.place or "", row.place or ""))
            is_lost = lobby.clock.now() - seen >= AWAY_AFTER_S * 1_000_000
            lost_since = lobby.views.moment(seen) if is_lost else None
            found.append(KioskState(row.device, row.name, hall, lost_since, reports_of(lobby, row.device)))
    return found


def keep(lobby: Lobby, device: str, told: list[c.DeviceReport]) -> None:
    """Keep what a kiosk tells of its own devices, and log what changed: a door that was opened is asked about later."""
    before = {one.kind: one.trouble for one in lobby.reports.get(device, ())}
    for one in told:
        if one.trouble != before.get(one.kind):
            log.warning("kiosk_device_changed", kiosk=device, kind=one.kind, trouble=one.trouble, since=str(one.since))
    lobby.reports[device] = told


def reports_of(lobby: Lobby, device: str) -> list[c.DeviceReport]:
    """What a kiosk told last; a moment that is still to come, by a clock that is wrong, is the present."""
    now = lobby.views.server_time
    return [msgspec.structs.replace(one, since=min(one.since, now)) for one in lobby.reports.get(device, ())]
