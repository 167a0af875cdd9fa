"""The devices that were heard of, in memory because every request asks. Only hashes of credentials are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlite_utils import Database

from queue_server.clock import Clock
from queue_server.contract import DeviceKind
from queue_server.log import accounts
from queue_server.log.accounts import token_key

SEEN_EVERY_MIN = 5
"""How exactly the database knows when a device was last heard of; memory knows better."""


@dataclass(frozen=True)
class Device:
    """An enrolled device. ``place`` is its hall, for a station's device its station."""

    id: str
    kind: DeviceKind
    place: str
    name: str

    @property
    def actor(self) -> str:
        """Who acts, as the log records it; also who listens to a feed."""
        return f"device:{self.id}"


class Devices:
    """Finds a device by its credential."""

    def __init__(self, clock: Clock, reader: Callable[[], Database], ended: Callable[[Device], None]) -> None:
        """Read what is not held yet.

        Args:
            clock: tells when a device was heard of.
            reader: the reading connection of this thread.
            ended: told when a device's credential is withdrawn, to close its feeds.
        """
        self._clock = clock
        self._reader = reader
        self._ended = ended
        self._held: dict[bytes, Device] = {}
        self.seen: dict[str, int] = {}
        """When each was last heard of since the server started, UTC microseconds, by device."""

    def find(self, token: str) -> Device | None:
        """The device with this credential, unless it was withdrawn."""
        key = token_key(token)
        device = self._held.get(key)
        if device is None:
            found = accounts.device_by_token(self._reader(), token)
            if found is None:
                return None
            device = self._held[key] = Device(found.device, found.kind, found.place or "", found.name)
        self.seen[device.id] = self._clock.now()
        return device

    def end(self, device_id: str) -> None:
        """Let a device in no longer, once its row is deleted."""
        for key, device in [(key, one) for key, one in self._held.items() if one.id == device_id]:
            del self._held[key]
            self.seen.pop(device.id, None)
            self._ended(device)

    def sweep(self, listening: Collection[str] = ()) -> dict[str, int]:
        """End what another process withdrew, and see those whose feeds are open.

        Args:
            listening: the owners of open feeds.

        Returns:
            Whom to write down as heard of, and when: those whose row is older than ``SEEN_EVERY_MIN``.
        """
        rows = {device.device: device.seen_at or 0 for device in accounts.devices(self._reader())}
        for device in {one.id for one in self._held.values()} - set(rows):
            self.end(device)
        for one in self._held.values():
            if one.actor in listening:
                self.seen[one.id] = self._clock.now()
        due = SEEN_EVERY_MIN * 60_000_000
        return {device: at for device, at in self.seen.items() if at - rows.get(device, at) >= due}
