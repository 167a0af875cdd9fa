"""Talking to a simulated device: cards on and off, paper in and out, faults, unplugging."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

ANSWER_SECONDS = 5.0
LARGEST_ANSWER = 1 << 24
UNIX = "unix://"


class SimulatorError(Exception):
    """A simulator refused a request or did not answer."""


@dataclass(frozen=True)
class Simulated:
    """A running simulator: where a driver finds it, and where it is told what to do.

    Attributes:
        url: what the driver opens.
        control: the control channel's address, ``tcp://host:port`` or ``unix://path``.
    """

    url: str
    control: str

    @classmethod
    def from_announcement(cls, line: str) -> Simulated:
        """Read the line of JSON with which a simulator announces itself."""
        said = json.loads(line)
        return cls(said["url"], said["control"])

    async def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON values
        """One request, one answer.

        Raises:
            SimulatorError: it said no, or nothing.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await self._connected()
                try:
                    writer.write(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
                    await writer.drain()
                    line = await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError) as error:
            raise SimulatorError(f"the simulator did not answer {verb!r}: {error}") from error
        answer: dict[str, Any] = json.loads(line or b"{}")
        if not answer.get("ok"):
            raise SimulatorError(f"the simulator refused {verb!r}: {answer.get('error', 'no reason given')}")
        return answer

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.control.startswith(UNIX):
            return await asyncio.open_unix_connection(self.control.removeprefix(UNIX), limit=LARGEST_ANSWER)
        host, _, port = self.control.removeprefix("tcp://").rpartition(":")
        return await asyncio.open_connection(host, int(port), limit=LARGEST_ANSWER)
