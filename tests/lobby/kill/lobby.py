"""A whole lobby around a server that is about to be killed: kiosks, stations, boards, and an audit of its log."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter, deque
from contextlib import asynccontextmanager
from pathlib import Path

from queue_server.config import load
from queue_server.hospital import sample
from tests.lobby.kill.audit import Audit, check_screen, check_snapshot, news_of, projections
from tests.lobby.kill.client import Client, Record
from tests.lobby.kill.load import Kiosk, Station
from tests.lobby.kill.screens import Screen
from tests.lobby.kill.server import CONFIG, Server

HALL, OTHER_HALL = "main", "women_children"
KIOSKS = 4
STATIONS = {
    "r101": "d103", "r111": "d111", "r115": "d113", "r301": None,
    "enquiry1": None, "cashier1": None, "cashier2": None, "pharmacy1": None,
}  # fmt: skip
"""Stations that call, and the doctor who sits there; ``r301`` is in the other hall."""


class Lobby:
    """Everybody in the lobby; make it with ``opened``."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng = random.Random(seed)
        self.server = Server(folder)
        self.record = Record()
        self.audit = Audit(self.server.data)
        self.screens: list[Screen] = []
        self._closing = asyncio.Event()
        self._clients: list[Client] = []
        self._busy: list[asyncio.Task[None]] = []
        self._watching: list[asyncio.Task[None]] = []

    def client(self) -> Client:
        """Somebody new."""
        client = Client(self.server, self.record)
        self._clients.append(client)
        return client

    async def open(self, tasks: asyncio.TaskGroup) -> None:
        """Start the server, enrol the devices, log the staff in, open the stations, and let the day begin."""
        await self.server.start()
        await self.server.let_in()
        administrator, nurse = self.client(), self.client()
        await administrator.log_in("admin")
        await nurse.log_in("nurse")
        code = await self.server.run("enrol-code", "--kind", "kiosk", "--hall", HALL)

        async def device(kind: str, hall: str) -> Client:
            made = await administrator.ask("/api/admin/enrolment-codes", kind=kind, place=hall)
            client = self.client()
            await client.enrol(made["code"], f"{kind} in {hall}")
            return client

        first = self.client()
        await first.enrol(code, "kiosk of the command line")
        kiosks = [first, *[await device("kiosk", HALL) for _ in range(KIOSKS - 1)]]
        self.screens = [
            Screen(await device("board", HALL), HALL, remembers=True),
            Screen(await device("board", OTHER_HALL), OTHER_HALL, remembers=True),
            Screen(await device("board", HALL), HALL, remembers=False),
        ]
        self._watching = [tasks.create_task(screen.run()) for screen in self.screens]
        for screen in self.screens:
            await screen.reaches(1)
        stations = [Station(nurse, name, doctor, self.rng) for name, doctor in STATIONS.items()]
        for station in stations:
            await station.open()
        identities = deque(self._identities())
        crowd = [Kiosk(client, identities, self.rng) for client in kiosks]
        self._busy = [tasks.create_task(one.run(self._closing)) for one in (*crowd, *stations)]

    def _identities(self) -> list[tuple[str, str]]:
        configuration = load(CONFIG)
        hospital = sample.from_options(
            {"folder": "sample_hospital", "seed": 1}, configuration.folder, configuration.zone
        )
        cards = [(card.face.number, card.face.name) for card in hospital.cards("2026-11-23")]
        self.rng.shuffle(cards)
        return cards

    async def lose_the_server(self, steps: int, number: signal.Signals = signal.SIGKILL) -> int:
        """Let the lobby live for so many requests and answers, then send the signal; the exit status."""
        self.server.burn(steps, number)
        return await self.server.ended()

    async def start_in_vain(self) -> None:
        """Start the server and kill it the moment it is ready, while it still takes over the hospital's list."""
        await self.server.start()
        self.server.send(signal.SIGKILL)
        assert await self.server.ended() == -signal.SIGKILL

    async def get_it_back(self) -> None:
        """Start the server again, hold what was promised against the log, and let everybody go on."""
        await self.server.start()
        self.audit.check(self.record)
        for client in self._clients:
            await client.repeat_last(3)
        self.audit.check(self.record)
        await self.server.let_in()

    async def settle(self) -> None:
        """Let everybody finish and every screen catch up, stop the server, and hold everything against the log."""
        self._closing.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*self._busy)
        self.audit.check(self.record)
        self.audit.check_end(self.record)
        for screen in self.screens:
            await screen.reaches(news_of(screen.hall, self.audit)[-1].position)
        self.server.send(signal.SIGTERM)
        assert await self.server.ended() == 0
        assert [screen.sittings[-1].was_ended for screen in self.screens] == [True] * len(self.screens)
        self.audit.check(self.record)
        for screen in self.screens:
            check_screen(screen, self.audit)
        check_snapshot(self.server.data, self.audit.state)
        rows = projections(self.server.data)
        assert f"log of {len(self.audit.events)} events is whole" in await self.server.run("rebuild")
        assert projections(self.server.data) == rows
        assert self.server.complaints() == []

    def told(self) -> str:
        """What there was of it, in a line."""
        kinds = Counter(type(recorded.event).__name__ for recorded in self.audit.events)
        return (
            f"{self.server.life} lives; commands: {len(self.record.answers)} acknowledged, {self.record.repeated} of "
            f"them sent more than once, {len(self.record.refused)} refused; "
            f"events: {len(self.audit.events)}, {dict(kinds)}"
        )

    async def clean_up(self) -> None:
        """Leave nothing running or open."""
        await self.server.clean_up()
        for client in self._clients:
            await client.http.aclose()


@asynccontextmanager
async def opened(folder: Path, seed: int):
    """An open lobby. Whoever fails in it fails the test."""
    lobby = Lobby(folder, seed)
    try:
        async with asyncio.TaskGroup() as tasks:
            await lobby.open(tasks)
            yield lobby
            for task in lobby._watching:
                task.cancel()
    finally:
        await lobby.clean_up()
