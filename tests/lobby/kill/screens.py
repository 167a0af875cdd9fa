"""Boards that follow their hall's feed across the server's lives."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.lobby.kill.client import Client

CAUGHT_UP_WITHIN_S = 30


@dataclass
class Sitting:
    """One connection to the feed: how it began, and the changes it brought.

    Attributes:
        snapshot: the board it began with, if it did.
        changes: the changes, in order, with their ids.
        cursor: the last id it received.
        was_ended: whether the server ended it properly, and it did not just break off.
    """

    snapshot: dict[str, Any] | None = None
    changes: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    cursor: int = 0
    was_ended: bool = False


class Screen:
    """A board's screen. ``remembers`` its place across lives as browsers do, or begins anew in each.

    Attributes:
        hall: whose board it is.
        sittings: its connections, in order.
    """

    def __init__(self, client: Client, hall: str, *, remembers: bool) -> None:
        self.hall = hall
        self.remembers = remembers
        self.sittings: list[Sitting] = []
        self._client = client
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Follow the feed in every life of the server, for ever."""
        life = 0
        while True:
            life = await self._client.server.life_after(life)
            cursor = self.sittings[-1].cursor if self.remembers and self.sittings else 0
            async with self._client.server.talking():
                try:
                    await self._follow(cursor)
                except httpx.TransportError:
                    continue

    async def reaches(self, position: int) -> None:
        """Wait until this life's sitting has come as far as ``position``."""
        async with asyncio.timeout(CAUGHT_UP_WITHIN_S), self._moved:
            await self._moved.wait_for(lambda: bool(self.sittings) and self.sittings[-1].cursor >= position)

    async def _follow(self, cursor: int) -> None:
        url = f"{self._client.server.url}/api/board/{self.hall}/feed"
        headers = {"Last-Event-ID": str(cursor)} if cursor else {}
        async with self._client.http.stream("GET", url, headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            sitting = Sitting(cursor=cursor)
            self.sittings.append(sitting)
            fields: dict[str, str] = {}
            # What was cut off before its blank line was never said.
            async for line in response.aiter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    continue
                await self._take(sitting, fields["event"], int(fields["id"]), json.loads(fields["data"]))
                fields = {}
            sitting.was_ended = True

    async def _take(self, sitting: Sitting, event: str, position: int, said: dict[str, Any]) -> None:
        if event == "snapshot":
            assert sitting.snapshot is None
            assert not sitting.changes
            sitting.snapshot = said
        elif event == "change":
            sitting.changes.append((position, said))
        async with self._moved:
            sitting.cursor = max(sitting.cursor, position)
            self._moved.notify_all()
