"""Cutting the power, and counting afterwards: what was acknowledged, what is in the log, what is there twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from virtual_lobby.client import Acknowledged, LobbyClient

WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Count:
    """What a power cut left.

    Attributes:
        acknowledged: commands somebody was told were done.
        logged: those of them whose outcome is in the log.
        missing: ids of acknowledged commands that are not.
        doubled: commands, tickets or numbers that are there more than once.
        back_seconds: from the kill to the first answer.
        caught_up_seconds: from the kill until every screen showed the log's last position.
    """

    acknowledged: int
    logged: int
    missing: tuple[str, ...]
    doubled: int
    back_seconds: float
    caught_up_seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing is missing and nothing is doubled."""
        return not self.missing and self.doubled == 0 and self.acknowledged == self.logged

    def sentence(self) -> str:
        """The result in one line."""
        return (
            f"acknowledged {self.acknowledged} = logged {self.logged}, doubled {self.doubled}, "
            f"server back in {self.back_seconds:.1f} s, screens caught up in {self.caught_up_seconds:.1f} s"
        )

    def in_chinese(self) -> str:
        """The same for whoever reads Chinese."""
        return (
            f"已确认 {self.acknowledged} 条 = 日志中 {self.logged} 条，重复 {self.doubled} 条；"
            f"{self.back_seconds:.1f} 秒后服务器恢复，{self.caught_up_seconds:.1f} 秒后各屏跟上"
        )


@dataclass
class Screen:
    """A board's feed, as a screen follows it: it reconnects by itself and knows how far it has come."""

    client: LobbyClient
    path: str
    position: int = 0
    seen: list[int] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        """Follow the feed for ever."""
        while True:
            with contextlib.suppress(httpx.TransportError):
                await self._follow()
            self.connected.clear()
            await asyncio.sleep(0.1)

    async def _follow(self) -> None:
        headers = {"Last-Event-ID": str(self.position)} if self.position else {}
        async with self.client.http.stream("GET", self.path, headers=headers, timeout=httpx.Timeout(30.0)) as feed:
            if feed.is_error:
                return
            self.connected.set()
            event, data = "message", ""
            async for line in feed.aiter_lines():
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "event":
                    event = value
                elif name == "data":
                    data += value
                elif not line:
                    if data:
                        await self._take(event, json.loads(data))
                    event, data = "message", ""

    async def _take(self, event: str, said: dict[str, object]) -> None:
        position = said.get("position")
        if not isinstance(position, int):
            return
        if event == "change":
            self.seen.append(position)
        async with self.moved:
            self.position = max(self.position, position)
            self.moved.notify_all()

    async def reaches(self, position: int) -> None:
        """Return once the screen has come as far as ``position``."""
        async with self.moved:
            await self.moved.wait_for(lambda: self.position >= position)


async def answered(url: str) -> dict[str, Any]:
    """Wait until the server answers, and return what it says of its health: position, time."""
    async with asyncio.timeout(WAIT_SECONDS), httpx.AsyncClient(base_url=url, timeout=2.0) as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                response = await http.get("/health")
                if response.is_success:
                    said: dict[str, Any] = response.json()
                    return said
            await asyncio.sleep(0.02)


def now() -> float:
    """Seconds of a clock that only measures."""
    return time.monotonic()


def read_log(database: Path) -> tuple[set[str], int]:
    """Read the log as it lies on the disk.

    Returns:
        The command ids with a recorded outcome, and how many things are there twice: commands whose events were decided
        more than once, and numbers given to two tickets of one day, queue, doctor and clinic session.
    """
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        outcomes = {row[0] for row in connection.execute("SELECT command_id FROM outcomes")}
        (commands,) = connection.execute(
            "SELECT count(*) FROM "
            "(SELECT 1 FROM events GROUP BY actor, command_id HAVING count(DISTINCT decided_at) > 1)"
        ).fetchone()
        numbers: Counter[tuple[int, str, str | None, str | None, str]] = Counter()
        day = 0
        for (body,) in connection.execute("SELECT body FROM events ORDER BY position"):
            event = json.loads(body)
            if event["type"] == "DayOpened":
                day += 1
            elif event["type"] == "TicketIssued":
                numbers[day, event["queue"], event.get("doctor"), event.get("session"), event["number"]] += 1
    finally:
        connection.close()
    return outcomes, commands + sum(given - 1 for given in numbers.values())


def count(record: Iterable[Acknowledged], database: Path, *, back_seconds: float, caught_up_seconds: float) -> Count:
    """Compare what was acknowledged with what is in the log."""
    acknowledged = {done.command_id for done in record}
    outcomes, doubled = read_log(database)
    return Count(
        acknowledged=len(acknowledged),
        logged=len(acknowledged & outcomes),
        missing=tuple(sorted(acknowledged - outcomes)),
        doubled=doubled,
        back_seconds=back_seconds,
        caught_up_seconds=caught_up_seconds,
    )
