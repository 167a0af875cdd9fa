"""Patients at kiosks and staff at stations, who go on with what they were doing whenever the server is back."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import Any

from tests.lobby.kill.client import Client, RefusedError

OPEN_QUEUES = ("enquiry", "cashier")
TALES = ("seen", "seen", "called_twice", "missed_and_back", "call_undone", "finish_undone", "next_means_seen")


class Kiosk:
    """Patients at one kiosk, one after the other: some with an appointment, some for a number."""

    def __init__(self, client: Client, identities: deque[tuple[str, str]], rng: random.Random) -> None:
        self._client = client
        self._identities = identities
        self._rng = rng

    async def run(self, closing: asyncio.Event) -> None:
        """Serve patients until ``closing``."""
        while not closing.is_set():
            if self._identities and self._rng.random() < 0.6:
                await self._with_card(*self._identities.popleft())
            else:
                await self._take("/api/kiosk/join", queue=self._rng.choice(OPEN_QUEUES))

    async def _with_card(self, number: str, name: str) -> None:
        try:
            found = await self._client.ask("/api/kiosk/identify", kind="id_card", value=number, name=name)
        except RefusedError as refused:
            refused.must_be("too_many_requests")
            return
        for patient in found["patients"]:
            for offer in patient["appointments"]:
                if not offer["problem"]:
                    who = {"person": patient["person"], "appointment": offer["appointment"]}
                    await self._take("/api/kiosk/check-in", **who)
            for offer in patient["registrations"]:
                if not offer["problem"]:
                    who = {"person": patient["person"], "registration": offer["registration"]}
                    await self._take("/api/kiosk/join", queue=offer["queue"], **who)

    async def _take(self, path: str, **body: Any) -> None:
        try:
            answer = await self._client.do(path, **body)
        except RefusedError as refused:
            # A child's card at one kiosk and the guardian's at another: the second is told so. Had it been the same
            # command, forgotten by the server, the audit would find it both refused and carried out.
            refused.must_be("already_checked_in")
            return
        assert answer["done"]["ticket"] == answer["ticket"]["ticket"]
        if self._rng.random() < 0.3:
            done = await self._client.do("/api/kiosk/print", ticket=answer["ticket"]["ticket"], outcome="done")
            assert done["ticket"] == answer["ticket"]["ticket"]


class Station:
    """A member of staff alone at a station: what is done next concerns whom the last answer named, kill or no kill."""

    def __init__(self, client: Client, station: str, doctor: str | None, rng: random.Random) -> None:
        self._client = client
        self._station = station
        self._doctor = doctor
        self._rng = rng
        self._tales = rng.sample(TALES, len(TALES))

    async def open(self) -> None:
        """Take it into use."""
        await self._client.do("/api/station/open", station=self._station, doctor=self._doctor)

    async def run(self, closing: asyncio.Event) -> None:
        """Call patients until ``closing``; where nobody waits, give somebody a number instead."""
        tale = 0
        while not closing.is_set():
            try:
                called = await self._do("call-next")
            except RefusedError as refused:
                refused.must_be("nobody_waiting")
                await self._client.do("/api/desk/join", queue=self._rng.choice(OPEN_QUEUES))
                continue
            if called["ticket"] is None:
                continue  # Nobody was waiting, and the one before was settled.
            await getattr(self, f"_{self._tales[tale % len(self._tales)]}")(called["ticket"], called["position"])
            tale += 1

    async def _seen(self, ticket: str, _: int) -> None:
        await self._do("start", ticket)
        await self._do("finish", ticket)

    async def _called_twice(self, ticket: str, position: int) -> None:
        await self._do("recall", ticket)
        await self._seen(ticket, position)

    async def _missed_and_back(self, ticket: str, _: int) -> None:
        await self._do("missed", ticket)
        # Whoever misses too often has to begin again.
        await self._allowing("ticket_over", self._client.do("/api/desk/rejoin", ticket=ticket))

    async def _call_undone(self, ticket: str, position: int) -> None:
        if not await self._undone(position):
            await self._seen(ticket, position)

    async def _finish_undone(self, ticket: str, _: int) -> None:
        await self._do("start", ticket)
        finished = await self._do("finish", ticket)
        if await self._undone(finished["position"]):
            await self._do("finish", ticket)

    async def _next_means_seen(self, ticket: str, position: int) -> None:
        try:
            following = await self._do("call-next", last_was="seen")
        except RefusedError as refused:
            refused.must_be("nobody_waiting")
            await self._seen(ticket, position)
            return
        assert following["ticket"] != ticket
        if following["ticket"] is not None:
            await self._seen(following["ticket"], position)

    async def _undone(self, position: int) -> bool:
        undo = self._client.do("/api/station/undo", station=self._station, position=position)
        return await self._allowing("cannot_undo", undo)

    async def _do(self, verb: str, ticket: str | None = None, **body: Any) -> dict[str, Any]:
        answer = await self._client.do(f"/api/station/{verb}", station=self._station, **body)
        assert ticket is None or answer["ticket"] == ticket
        return answer

    @staticmethod
    async def _allowing(code: str, command: Any) -> bool:
        try:
            await command
        except RefusedError as refused:
            refused.must_be(code)
            return False
        return True
