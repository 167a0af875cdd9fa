"""The server as the demo's own patients and staff use it, with a record of all that was acknowledged.

Every command keeps its id until it is answered: a server that was killed in between is asked again with the same id,
and so nothing is done twice.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RETRY_SECONDS = 0.25
GIVE_UP_SECONDS = 60.0


class RefusedError(Exception):
    """The server said no. ``code`` is its problem document's."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"{code} ({status})")
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Acknowledged:
    """One command the server said was done: its id and the last log position it wrote."""

    command_id: str
    position: int


@dataclass
class Record:
    """What was acknowledged to anybody in this demo."""

    acknowledged: list[Acknowledged] = field(default_factory=list)

    def __iter__(self) -> Iterator[Acknowledged]:
        return iter(self.acknowledged)

    def __len__(self) -> int:
        return len(self.acknowledged)


def told_to_kiosk(log: Path) -> list[Acknowledged]:
    """What the real kiosk wrote into its log when it was told that a command was done."""
    if not log.exists():
        return []
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if '"event": "acknowledged"' in line]
    return [Acknowledged(said["command"], said["position"]) for said in map(json.loads, lines)]


class LobbyClient:
    """One device or member of staff.

    Args:
        url: the server's address, for example ``http://127.0.0.1:8600``.
        record: where acknowledged commands are written down.
        token: a device's credential; staff log in instead.
    """

    def __init__(self, url: str, record: Record, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Staff send the address their page would have come from; the server compares it.
        self.http = httpx.AsyncClient(base_url=url, headers={"Origin": url, **headers}, timeout=10.0)
        self._record = record

    async def log_in(self, name: str, password: str) -> None:
        """Log in as staff; the cookie and the CSRF token go with every later request."""
        answer = await self._until_answered("POST", "/api/auth/log-in", {"name": name, "password": password})
        self.http.headers["X-CSRF-Token"] = answer["csrf"]

    async def get(self, path: str) -> Any:  # noqa: ANN401 -- JSON
        """Read something."""
        return await self._until_answered("GET", path, None)

    async def ask(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON
        """Ask something that is no command: identify, find."""
        return await self._until_answered("POST", path, body)

    async def do(self, path: str, **body: Any) -> Any:  # noqa: ANN401 -- JSON
        """Post a command and write down its acknowledgement.

        Raises:
            RefusedError: the server said no; nothing changed.
        """
        answer = await self._until_answered("POST", path, {"command_id": str(uuid.uuid4()), **body})
        done = answer.get("done", answer)
        self._record.acknowledged.append(Acknowledged(done["command_id"], done["position"]))
        return answer

    async def _until_answered(self, method: str, path: str, body: dict[str, Any] | None) -> Any:  # noqa: ANN401 -- JSON
        async with asyncio.timeout(GIVE_UP_SECONDS):
            while True:
                try:
                    response = await self.http.request(method, path, json=body)
                except httpx.TransportError:
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if response.is_error:
                    problem = response.json()
                    raise RefusedError(problem.get("code", "unknown"), response.status_code)
                return response.json()

    async def close(self) -> None:
        """Close its connections."""
        await self.http.aclose()
