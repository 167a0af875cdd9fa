"""A whole server for tests, with the demonstration hospital and a clock that stands still."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import uuid
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import httpx
import msgspec
from argon2 import PasswordHasher
from litestar import Litestar
from litestar.di import Provide

from queue_server import app, serving
from queue_server.api import passwords
from queue_server.clock import SettableClock
from queue_server.config import HospitalSettings, VoiceSettings, load
from queue_server.hospital import sample
from queue_server.log import accounts
from queue_server.log.data import DATABASE, IDENTITY_KEY

CONFIG = Path(__file__).parents[3] / "config"
PASSWORD = "correct horse battery"
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD_HASH = QUICK_HASHER.hash(PASSWORD)
MONDAY = "2026-11-23T08:50:00+08:00"


def microseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp()) * 1_000_000


class Site:
    """A running server and ways to talk to it."""

    def __init__(self, lobby, base, transport):
        self.lobby = lobby
        self.configuration = lobby.configuration
        self.data = lobby.data
        self.clock = lobby.clock
        self._base = base
        self._transport = transport
        self._clients = []
        self.cards = cards()

    @property
    def state(self):
        return self.lobby.service.committed

    def client(self, **options):
        # Without TLS, the world's authorities need not be read for every client.
        given = {"base_url": self._base, "transport": self._transport, "timeout": 20, "verify": False, **options}
        client = httpx.AsyncClient(**given)
        self._clients.append(client)
        return client

    async def close(self):
        for client in self._clients:
            await client.aclose()

    async def code(self, kind, place):
        code, _ = await self.lobby.write(
            lambda database: accounts.make_enrolment_code(database, kind, place, self.clock.now())
        )
        return code

    async def device(self, kind, place="main"):
        client = self.client()
        answer = await client.post("/api/devices/enrol", json={"code": await self.code(kind, place), "name": kind})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        client.device = answer.json()["device"]
        return client

    async def staff(self, role="nurse", name=None):
        name = name or role
        if accounts.staff_by_name(self.lobby.service.reader, name) is None:
            await self.lobby.write(
                lambda database: accounts.add_staff(database, name, role, PASSWORD_HASH, self.clock.now())
            )
        client = self.client()
        answer = await client.post("/api/auth/log-in", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    async def check_in(self, client, index=0, audience="kiosk"):
        """Check in the booking of this index; the ticket's view."""
        person, appointment = self.bookings()[index]
        body = command(person=person, appointment=appointment.id)
        answer = await client.post(f"/api/{audience}/check-in", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["ticket"]

    async def open_for(self, staff, ticket):
        """Open a station that calls this ticket; its id."""
        held = self.state.tickets[ticket["ticket"]]
        station = next(
            one
            for one in self.configuration.site.stations
            if held.queue in one.queues and not (one.id in self.state.stations and self.state.stations[one.id].is_open)
        )
        answer = await staff.post("/api/station/open", json=command(station=station.id, doctor=held.doctor))
        assert answer.status_code == 200, answer.text
        return station.id

    def bookings(self):
        """Every appointment that can be checked in at once: (person, appointment)."""
        mirror = self.lobby.mirror
        people = {person["person"] for person in self.lobby.service.reader.query("SELECT person FROM people")}
        found = []
        for person in sorted(people):
            found += [(person, one) for one in mirror.appointments_of(person) if one.status == "booked"]
        return sorted(found, key=lambda pair: (pair[1].slot_start, pair[1].id))


def command(**fields):
    return {"command_id": str(uuid.uuid4()), **fields}


@cache
def loaded_configuration():
    return load(CONFIG)


@cache
def cards():
    """What the demonstration hospital's patients carry on that Monday."""
    loaded = configuration()
    hospital = sample.from_options(dict(loaded.hospital.options), loaded.folder, loaded.zone)
    return hospital.cards("2026-11-23")


def configuration(*, hospital=None, displays=None, **server):
    loaded = loaded_configuration()
    options = {"folder": "sample_hospital", "seed": 1, "answer_ms": 0, **(hospital or {})}
    return msgspec.structs.replace(
        loaded,
        hospital=HospitalSettings("sample", options),
        voice=VoiceSettings(enabled=False),
        server=msgspec.structs.replace(loaded.server, **server),
        displays=displays or {},
    )


class Routes:
    """The framework's routes, made once and used by one server after the other: each takes longer than most tests.

    All a server has of its own is its lobby, which the handlers are given at every request.
    """

    def __init__(self, serves, lobby):
        self.serves = serves
        self.lobby = lobby
        with patch.object(app, "Litestar", self._framework):
            self.made = create_routes(self)

    def __getattr__(self, name):
        """What the routes themselves ask of the lobby that they are made for: the one they serve now."""
        return getattr(self.lobby, name)

    def _framework(self, **given):
        dependencies = {"lobby": Provide(lambda: self.lobby, sync_to_thread=False)}
        return Litestar(**{**given, "dependencies": dependencies})

    def serve(self, lobby):
        """These routes, for ``lobby``, or for nobody."""
        self.lobby = self.made.state["lobby"] = lobby
        return self.made


create_routes = app.create_routes
ADAPTER = app.ADAPTERS["sample"]
idle = []
"""Routes that no server uses now."""


@cache
def read_hospital(options, folder, zone):
    """The demonstration hospital; its days are made when somebody asks."""
    return sample.from_options(dict(options), folder, zone)


def hospital_of(loaded):
    """The demonstration hospital as on its first day: nothing has been paid or moved. What never changes is shared."""
    read = read_hospital(tuple(sorted(loaded.hospital.options.items())), loaded.folder, loaded.zone)
    made = copy(read)
    made._changed, made._changed_orders = {}, {}
    return made


@contextmanager
def made_once():
    """Let servers that are made meanwhile use routes that others have left, a hospital read before, and weak hashes."""
    taken = []

    def take(lobby):
        serves = (lobby.configuration.halls, lobby.configuration.server.public_url, lobby.is_secure)
        routes = next((one for one in idle if one.serves == serves), None)
        if routes is None:
            routes = Routes(serves, lobby)
        else:
            idle.remove(routes)
        taken.append(routes)
        return routes.serve(lobby)

    # A test may have put an adapter of its own there.
    adapter = hospital_of if app.ADAPTERS["sample"] is ADAPTER else app.ADAPTERS["sample"]
    with (
        patch.object(app, "create_routes", take),
        patch.dict(app.ADAPTERS, sample=adapter),
        patch.object(passwords, "_HASHER", QUICK_HASHER),
    ):
        yield
    for routes in taken:
        routes.serve(None)
    idle.extend(taken)


async def first_day(loaded, folder):
    """What the first start on ``MONDAY`` leaves in the data directory: the files' contents, by name.

    The database, its key and the chime are kept. The hospital's lists are not: every server asks for them.
    """
    with patch.dict(app.ADAPTERS, sample=hospital_of):
        async with app.running(loaded, folder, SettableClock(microseconds(MONDAY))):
            pass
    kept = [folder / DATABASE, folder / IDENTITY_KEY, *(folder / "voice").iterdir()]
    return {path.relative_to(folder): path.read_bytes() for path in kept}


first_days = {}
"""As ``first_day`` gave them, by what is configured: to make a database of three hundred people takes longer than most
tests take."""


async def begin(loaded, data):
    """Let a server that starts on ``MONDAY`` in ``data`` find what its first start would have made."""
    if loaded.digest not in first_days:
        with TemporaryDirectory() as folder:
            first_days[loaded.digest] = await first_day(loaded, Path(folder) / "data")
    for name, content in first_days[loaded.digest].items():
        path = data / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)


@asynccontextmanager
async def running(data, clock, server):
    """The parts of a server; how it is reached is the caller's."""
    loaded = configuration(**server)
    with made_once():
        if clock is None:
            clock = SettableClock(microseconds(MONDAY))
            if not server and not data.exists():
                await begin(loaded, data)
        async with app.running(loaded, data, clock) as lobby:
            yield lobby


@asynccontextmanager
async def in_process(data, clock=None, **server):
    """The application without a socket: for everything but feeds."""
    async with running(data, clock, server) as lobby:
        transport = httpx.ASGITransport(app.create_app(lobby), raise_app_exceptions=False, client=("10.0.0.7", 5000))
        site = Site(lobby, "http://lobby.test", transport)
        try:
            yield site
        finally:
            await site.close()


@asynccontextmanager
async def listening(data, clock=None, **server):
    """The application behind a real socket on a free port of this machine."""
    async with running(data, clock, server) as lobby:
        address = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serving.serve(lobby, "127.0.0.1", 0, tls=None, told=address.set_result))
        async with asyncio.timeout(20):
            await asyncio.wait([task, address], return_when=asyncio.FIRST_COMPLETED)
        site = Site(lobby, await address, None)
        try:
            yield site
        finally:
            await site.close()
            lobby.hub.close_all()
            os.kill(os.getpid(), signal.SIGTERM)
            await task


class Feed:
    """An open feed, read one event at a time."""

    def __init__(self, response):
        self._response = response
        self._lines = response.aiter_lines()

    async def next(self, *kinds):
        """The next event of one of these kinds, or of any: (kind, id, data); ``None`` when the feed has ended."""
        async with asyncio.timeout(15):
            while (event := await self._read()) is not None:
                if not kinds or event[0] in kinds:
                    return event
        return None

    async def _read(self):
        fields = {}
        async for line in self._lines:
            if not line:
                return fields["event"], int(fields["id"]), json.loads(fields["data"])
            name, _, value = line.partition(": ")
            fields[name] = value
        return None


@asynccontextmanager
async def feed(client, path, cursor=None):
    headers = {} if cursor is None else {"Last-Event-ID": str(cursor)}
    async with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Feed(response)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """``answer`` is the problem ``code``."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), f"{answer.request.url}: {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
