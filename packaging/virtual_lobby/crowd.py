"""A morning's patients and the staff who call them, so that the lobby is alive when somebody looks.

Patients come in the order of their appointments, some early and some late, at a kiosk of their own; staff at every
station but the one left to the visitor call, see and sometimes wait in vain. All of it from a seed.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from virtual_lobby.client import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtual_lobby.client import LobbyClient

NOBODY_COMES = 0.06
AT_OPENING = 60
CALL_SECONDS = 9.0
"""The hall hears one call after the other: chime, number and room take about this long."""


@dataclass(frozen=True)
class Identity:
    """Who stands at the crowd's kiosk: an identity number and the name on the card."""

    number: str
    name: str


@dataclass(frozen=True)
class Pace:
    """How fast the morning goes, in seconds of this machine's clock."""

    between_arrivals: float
    between_calls: float
    consultation: float

    @classmethod
    def of(cls, rooms: int) -> Pace:
        """As fast as a hall with so many ``rooms`` can hear its calls, and as many come as are called."""
        cycle = max(rooms, 1) * CALL_SECONDS
        return cls(CALL_SECONDS, cycle / 3, cycle * 2 / 3)


class Crowd:
    """The patients of one morning.

    Args:
        kiosk: a kiosk's client.
        identities: who comes, in order of arrival.
        seed: decides who is slow and who does not come when called.
    """

    def __init__(self, kiosk: LobbyClient, identities: Sequence[Identity], seed: int = 1) -> None:
        self._kiosk = kiosk
        self._identities = list(identities)
        self._random = random.Random(seed)  # noqa: S311 -- a simulation, not a secret
        self.arrived = 0
        self.turned_away = 0

    async def opening(self) -> None:
        """Those who are there before the doors open, all at once."""
        early, self._identities = self._identities[:AT_OPENING], self._identities[AT_OPENING:]
        await asyncio.gather(*(self.arrive(identity) for identity in early))

    async def run(self, pace: Pace) -> None:
        """The others, one after the other."""
        while self._identities:
            await asyncio.sleep(self._random.expovariate(1 / pace.between_arrivals))
            await self.arrive(self._identities.pop(0))

    async def arrive(self, identity: Identity) -> None:
        """One patient checks in whatever the kiosk offers; a paper that came out is reported."""
        found = await self._kiosk.ask(
            "/api/kiosk/identify", {"kind": "id_card", "value": identity.number, "name": identity.name}
        )
        for patient in found["patients"]:
            for offer in patient["appointments"]:
                if not offer["problem"]:
                    await self._take("/api/kiosk/check-in", person=patient["person"], appointment=offer["appointment"])
            for offer in patient["registrations"]:
                if not offer["problem"]:
                    await self._take(
                        "/api/kiosk/join",
                        queue=offer["queue"],
                        person=patient["person"],
                        registration=offer["registration"],
                    )

    async def _take(self, path: str, **body: Any) -> None:  # noqa: ANN401 -- JSON
        try:
            answer = await self._kiosk.do(path, **body)
        except RefusedError:
            self.turned_away += 1
            return
        self.arrived += 1
        await self._kiosk.do("/api/kiosk/print", ticket=answer["ticket"]["ticket"], outcome="done", reprint=False)


class Staff:
    """One member of staff at one station, calling one patient after the other."""

    def __init__(self, client: LobbyClient, station: str, doctor: str | None, seed: int) -> None:
        self._client = client
        self._station = station
        self._doctor = doctor
        self._random = random.Random(seed)  # noqa: S311 -- a simulation, not a secret

    async def run(self, pace: Pace) -> None:
        """Open the station, and call, see or miss one patient after the other.

        Whoever looks at the demo may press the same buttons at the same station. What was done already is left so, and
        a station that somebody closed is opened again.
        """
        is_open = False
        while True:
            try:
                if not is_open:
                    await self._open()
                is_open = True
                await self._rest(pace.between_calls)
                await self._one(pace)
            except RefusedError as refused:
                is_open = refused.code != "station_closed"

    async def _open(self) -> None:
        try:
            await self._client.do("/api/station/open", station=self._station, doctor=self._doctor, queues=[])
        except RefusedError as refused:
            if refused.code != "station_open":
                raise

    async def _one(self, pace: Pace) -> None:
        await self._client.do("/api/station/call-next", station=self._station)
        await self._rest(pace.between_calls / 2)
        if self._random.random() < NOBODY_COMES:
            await self._client.do("/api/station/recall", station=self._station)
            await self._rest(pace.between_calls)
            await self._client.do("/api/station/missed", station=self._station)
            return
        await self._client.do("/api/station/start", station=self._station)
        await self._rest(pace.consultation)
        await self._client.do("/api/station/finish", station=self._station)

    async def _rest(self, seconds: float) -> None:
        await asyncio.sleep(self._random.uniform(0.5, 1.5) * seconds)
