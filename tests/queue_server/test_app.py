"""The server as a process: first start, readiness, TLS, signals, a second start; and the day it keeps."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import ssl
import sys
from datetime import datetime, timedelta

import httpx
import msgspec
import pytest
import structlog
from virtual_lobby.processes import WITH_ITS_PARENT

from queue_server import app, certificates, serving
from queue_server.app import running
from queue_server.clock import SettableClock
from queue_server.config import HospitalSettings
from queue_server.engine.events import DayOpened, SessionsUpdated
from queue_server.log.data import DATABASE
from queue_server.log.database import open_database
from queue_server.log.migrations import schema
from queue_server.toml_reader import ConfigurationError
from tests.queue_server.api.rig import CONFIG, MONDAY, command, configuration, feed, in_process, microseconds


class Process:
    """A server process and what it wrote."""

    def __init__(self, process, address):
        self.process = process
        self.address = address

    @classmethod
    async def start(cls, data, *options):
        read, write = os.pipe()
        process = await asyncio.create_subprocess_exec(
            *WITH_ITS_PARENT,
            sys.executable, "-m", "queue_server.cli", "serve", "--config", str(CONFIG), "--data", str(data),
            "--port", "0", "--clock", "08:50", "--ready-fd", str(write), *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, pass_fds=[write],
        )  # fmt: skip
        os.close(write)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(30):
            address = await loop.run_in_executor(None, os.read, read, 200)
        os.close(read)
        assert address, (await process.communicate())[1].decode()
        return cls(process, address.decode().strip())

    async def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        async with asyncio.timeout(30):
            out, err = await self.process.communicate()
        return self.process.returncode, out.decode(), err.decode()


@pytest.fixture
async def start():
    """Starts servers; none outlives its test."""
    started = []

    async def begin(*arguments):
        started.append(await Process.start(*arguments))
        return started[-1]

    yield begin
    for server in started:
        if server.process.returncode is None:
            server.process.kill()
            await server.process.communicate()


async def test_a_server_from_first_start_to_signal(tmp_path, start):
    server = await start(tmp_path / "data")
    async with httpx.AsyncClient(base_url=server.address) as client:
        assert (await client.get("/health")).json()["issuing"] is True
        out = (await server.process.stdout.readuntil(b"nurse)\n")).decode()
        passwords = dict(re.findall(r"^  (\w+)  (\S+)  \(", out, re.MULTILINE))
        assert set(passwords) == {"admin", "nurse"}
        answer = await client.post("/api/auth/log-in", json={"name": "nurse", "password": passwords["nurse"]})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        async with feed(client, "/api/station/r101/feed") as events:
            await events.next("snapshot")
            stopping = asyncio.create_task(server.stop())
            assert await events.next() is None
        status, _, err = await stopping
    assert status == 0
    lines = [json.loads(line) for line in err.splitlines()]
    assert {line["route"] for line in lines if line["event"] == "request"} >= {"/health", "/api/station/{station}/feed"}
    assert passwords["nurse"] not in err

    again = await start(tmp_path / "data")
    status, out, _ = await again.stop(signal.SIGINT)
    assert status == 0
    assert "First start" not in out


async def test_a_second_server_on_the_same_data_is_refused(tmp_path):
    async with in_process(tmp_path / "data"):
        second = await asyncio.create_subprocess_exec(
            *WITH_ITS_PARENT, sys.executable, "-m", "queue_server.cli", "serve", "--config", str(CONFIG),
            "--data", str(tmp_path / "data"), "--port", "0", "--clock", "08:50",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(30):
            _, err = await second.communicate()
    assert second.returncode == 1
    assert b"Another process already uses the data directory" in err


async def test_tls_from_the_own_authority(tmp_path, start):
    files = certificates.issue(tmp_path / "data" / "tls", ["127.0.0.1"])
    server = await start(tmp_path / "data", "--tls")
    assert server.address.startswith("https://")
    trusting = ssl.create_default_context(cafile=str(files.root))
    async with httpx.AsyncClient(base_url=server.address, verify=trusting) as client:
        assert (await client.get("/health")).status_code == 200
    async with httpx.AsyncClient(base_url=server.address) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/health")
    assert (await server.stop())[0] == 0


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("lobby.lan", False), ("::", False)],
)
def test_which_addresses_are_this_machines_own(host, is_own):
    assert serving.is_loopback(host) is is_own


async def test_an_unknown_adapter_is_told(tmp_path):

    odd = msgspec.structs.replace(configuration(), hospital=HospitalSettings("telegraph"))
    with pytest.raises(ConfigurationError, match=r"'telegraph' is none of sample"):
        async with running(odd, tmp_path / "data", SettableClock(microseconds(MONDAY))):
            pass


async def until(service, condition):
    """Wait for the commit after which ``condition`` holds."""
    async with asyncio.timeout(15):
        with service.subscribe() as news:
            while not condition():
                await anext(news)


async def test_the_next_day_opens_at_its_hour(tmp_path):
    async with in_process(tmp_path / "data") as site:
        assert site.state.day.day == "2026-11-23"
        assert site.state.sessions
        site.clock.set(microseconds("2026-11-23T20:00:00+08:00"))
        await until(site.lobby.service, lambda: site.state.now >= microseconds("2026-11-23T20:00:00+08:00"))
        site.clock.set(microseconds("2026-11-24T05:00:00+08:00"))
        await until(site.lobby.service, lambda: site.state.day.day == "2026-11-24")
        kiosk = await site.device("kiosk")
        answer = await kiosk.post("/api/kiosk/join", json=command(queue="enquiry"))
        assert answer.status_code == 200, answer.text


async def test_a_database_of_a_newer_version_is_refused_with_the_way_out(tmp_path):
    data = tmp_path / "data"
    async with in_process(data):
        pass
    database = open_database(data / DATABASE)
    database.table(schema.migrations_table).insert(
        {"migration_set": schema.name, "name": "payments", "applied_at": "2030-01-01"}
    )
    database.close()
    before = (data / DATABASE).read_bytes()
    process = await asyncio.create_subprocess_exec(
        *WITH_ITS_PARENT,
        sys.executable, "-m", "queue_server.cli", "serve", "--config", str(CONFIG), "--data", str(data), "--port", "0",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        _, err = await process.communicate()
    assert process.returncode != 0
    said = " ".join(err.decode().split())
    assert "was written by a newer version of Houzhen (it has the step payments). Nothing was changed." in said
    assert "'houzhen-server restore'" in said
    assert "Traceback" not in said
    assert (data / DATABASE).read_bytes() == before


async def test_a_second_start_writes_nothing_again(tmp_path):
    async with in_process(tmp_path / "data") as site:
        clock = site.clock
    # Only now is everything written that the first one had begun.
    position = site.state.position
    async with in_process(tmp_path / "data", clock) as site:
        assert site.state.position == position


async def test_a_cancelled_session_reaches_the_lobby(site_with_mirror):
    site, day_list = site_with_mirror
    cancelled = day_list.cancel_one()
    site.lobby.mirror.refresh_soon()
    await until(site.lobby.service, lambda: site.state.sessions[cancelled].status == "cancelled")
    events = [recorded.event for recorded in site.lobby.service.since(0)]
    assert [type(event) for event in events if isinstance(event, DayOpened | SessionsUpdated)] == [
        DayOpened, SessionsUpdated,
    ]  # fmt: skip


@pytest.fixture
async def site_with_mirror(tmp_path, monkeypatch):

    class Changing:
        """The demonstration hospital, which may cancel a session."""

        def __init__(self, configuration):
            self.inner = original(configuration)
            self.cancelled = None
            made.append(self)

        async def today(self, day):
            listed = await self.inner.today(day)
            self.sessions = listed.sessions
            changed = [
                msgspec.structs.replace(one, status="cancelled") if one.id == self.cancelled else one
                for one in listed.sessions
            ]
            return msgspec.structs.replace(listed, sessions=changed)

        def cancel_one(self):
            self.cancelled = next(iter(site_.state.sessions))
            return self.cancelled

        async def close(self):
            await self.inner.close()

    made = []
    original = app.ADAPTERS["sample"]
    monkeypatch.setitem(app.ADAPTERS, "sample", Changing)
    async with in_process(tmp_path / "data") as site_:
        yield site_, made[0]


async def test_a_certificate_that_is_about_to_end_is_logged(tmp_path):
    now = datetime.fromisoformat(MONDAY)
    for days, said in ((31, []), (29, ["certificate_ends"])):
        with structlog.testing.capture_logs() as lines:
            async with running(
                configuration(), tmp_path / "data", SettableClock(microseconds(MONDAY)),
                is_secure=True, certificate_ends_at=now + timedelta(days=days),
            ):  # fmt: skip
                await asyncio.sleep(0)
        assert [line["event"] for line in lines if line["event"] == "certificate_ends"] == said
