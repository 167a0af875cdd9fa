"""Calls on LED boards: the present after every commit, late where a board was silent, and never waited for."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
from structlog.testing import capture_logs
from virtual_lobby.processes import WITH_ITS_PARENT

from queue_server.boards import make_displays
from queue_server.clock import SettableClock
from queue_server.config import DisplaySettings
from queue_server.toml_reader import ConfigurationError
from tests.drivers.conftest import SimulatorProcess
from tests.queue_server.api.rig import CONFIG, MONDAY, command, listening, microseconds

LIMIT = 30
DEVICE = """
[[device]]
name = "{name}"
kind = "call_display"
driver = "{driver}"
url = "{url}"
{options}
"""
MODBUS = "unit = 7\nbrightness_at = 100\nrefresh = 0.5\nnight = {from = '00:00', to = '23:59', brightness = 20}"


class Board:
    """A simulated board: one on a serial line, which the server reaches through its link."""

    def __init__(self, process):
        self.process = process
        self.url = process.url

    async def tell(self, verb, **arguments):
        async with asyncio.timeout(LIMIT):
            return await asyncio.to_thread(partial(self.process.tell, verb, **arguments))

    async def shows(self, text):
        await self.tell("wait_shows", text=text)


@pytest.fixture(scope="module")
def far_end(tmp_path_factory):
    link = tmp_path_factory.mktemp("boards") / "door"
    simulator = SimulatorProcess(
        "drivers.call_display.simulator", "--protocol", "modbus", "--board", "7", "--brightness-at", "100",
        "--pty", "--link", str(link), "--fast",
    )  # fmt: skip
    yield simulator
    assert simulator.end() == 0


@pytest.fixture
def board(far_end):
    far_end.tell("clear_fault")
    far_end.tell("plug")
    far_end.tell("power", on=False)
    far_end.tell("power", on=True)
    return Board(far_end)


def devices_file(tmp_path, board, driver="modbus_board", options=MODBUS, name="door"):
    file = tmp_path / "devices.toml"
    file.write_text(DEVICE.format(name=name, driver=driver, url=board.url, options=options), encoding="utf-8")
    return file


def hospital(tmp_path, devices, settings, clock=None):
    """A server whose board at the door shows what ``settings`` say."""
    return listening(tmp_path / "data", clock, devices=str(devices), displays={"door": settings})


@asynccontextmanager
async def at_work(tmp_path, board, **settings):
    """A nurse at the enquiry desk, two numbers waiting there, and the board."""
    shown = DisplaySettings(["enquiry1"], **settings)
    async with hospital(tmp_path, devices_file(tmp_path, board), shown) as site:
        nurse = await site.staff()
        desk = partial(do, nurse)
        site.numbers = [(await desk("desk/join", queue="enquiry"))["ticket"]["number"] for _ in range(2)]
        await desk("station/open", station="enquiry1")
        yield site, nurse, desk


async def do(client, what, **fields):
    answer = await client.post(f"/api/{what}", json=command(**fields))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def times_shown(board, number):
    return sum(number in text for text in (await board.tell("status"))["history"])


def room(site):
    index = site.state.index
    return index.rooms[index.stations["enquiry1"].room].name


async def test_a_call_stands_on_the_board_until_its_patient_was_seen(tmp_path, board):
    async with at_work(tmp_path, board, idle="请稍候") as (site, _, desk):
        await board.shows("请稍候")
        await desk("station/call-next", station="enquiry1")
        await board.shows(f"请{site.numbers[0]}号到{room(site).zh}")
        await desk("station/start", station="enquiry1")
        await desk("station/finish", station="enquiry1")
        await board.shows("请稍候")
        await desk("station/call-next", station="enquiry1")
        await board.shows(f"请{site.numbers[1]}号到{room(site).zh}")
        undo = site.state.position
        await desk("station/undo", station="enquiry1", position=undo)
        await board.shows("请稍候")
        assert (await board.tell("status"))["brightness"] == 20


async def test_a_silent_board_delays_no_call_and_shows_the_present_once_it_is_back(tmp_path, board):
    async with at_work(tmp_path, board) as (site, nurse, desk):
        admin = await site.staff("administrator")
        await board.shows("")
        before = await times_shown(board, site.numbers[0])
        await board.tell("power", on=False)
        with capture_logs() as logs:
            await desk("station/call-next", station="enquiry1")
            await desk("station/start", station="enquiry1")
            await desk("station/call-next", station="enquiry1")
            assert site.state.stations["enquiry1"].current is not None

            async def display(until):
                async with asyncio.timeout(LIMIT):
                    while True:
                        [shown] = (await admin.get("/api/admin/displays")).json()
                        if until(shown):
                            return shown

            shown = await display(lambda one: one["trouble"] == "silent")
            text = f"请{site.numbers[1]}号到{room(site).zh}"
            assert (shown["name"], shown["text"], shown["shown"]) == ("door", text, "pending")
            assert [one["id"] for one in shown["stations"]] == ["enquiry1"]
            assert shown["message"]
            assert shown["error"] == "timeout"
            await board.tell("power", on=True)
            await board.shows(text)
            shown = await display(lambda one: one["trouble"] is None)
            assert shown["shown"] == "shown"
        assert (await nurse.get("/api/admin/displays")).status_code == 403
        # The call that was over is not shown late.
        assert await times_shown(board, site.numbers[0]) == before
        assert not [log for log in logs if log["log_level"] == "error"]


async def test_a_line_that_is_pulled_and_plugged_again(tmp_path, board):
    async with at_work(tmp_path, board) as (site, _, desk):
        await board.tell("unplug")
        await desk("station/call-next", station="enquiry1")
        await board.tell("plug")
        await board.shows(f"请{site.numbers[0]}号到{room(site).zh}")


async def test_the_end_of_the_day_clears_the_board(tmp_path, board):
    clock = SettableClock(microseconds(MONDAY))
    async with hospital(
        tmp_path, devices_file(tmp_path, board), DisplaySettings(["enquiry1"], idle="候诊"), clock
    ) as site:
        await board.shows("候诊")
        clock.set(site.state.day.ends_at)
        admin = await site.staff("administrator")
        await do(admin, "admin/clock/confirm")  # so far a jump stops the issuing
        await board.shows("")


async def test_a_text_that_a_board_cannot_show_is_told(tmp_path):
    simulator = SimulatorProcess("drivers.call_display.simulator", "--protocol", "numeric", "--board", "5", "--fast")
    devices = devices_file(tmp_path, simulator, "numeric_board", "board = 5")
    with capture_logs() as logs:
        async with hospital(tmp_path, devices, DisplaySettings(["enquiry1"], shows="{number}", idle="请")) as site:
            admin = await site.staff("administrator")
            [shown] = (await admin.get("/api/admin/displays")).json()
            assert (shown["trouble"], shown["shown"]) == ("refused", "refused")
            assert shown["error"] == "unsupported_text"
    assert [log["error"] for log in logs if log["event"] == "boards.text_refused"] == ["unsupported_text"]
    assert simulator.end() == 0


def test_a_board_that_is_in_no_file_is_refused_with_those_that_are(tmp_path):
    class Nowhere:
        url = "tcp://127.0.0.1:1"

    settings = {"hall": DisplaySettings(["enquiry1"])}
    with pytest.raises(ConfigurationError, match=r"^displays.hall: devices.toml has no .*; it has \"door\"$"):
        make_displays(settings, devices_file(tmp_path, Nowhere))
    with pytest.raises(ConfigurationError, match="unit"):
        make_displays({"door": settings["hall"]}, devices_file(tmp_path, Nowhere, options="unit = 900"))
    with pytest.raises(ConfigurationError, match=r"nothing\.toml"):
        make_displays(settings, tmp_path / "nothing.toml")
    assert make_displays({}, tmp_path / "nothing.toml") == []


class Server:
    """A server process that can be killed and comes back with the same data."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.url = ""
        self.said = ""

    async def start(self):
        read, write = os.pipe()
        with (self.folder / "said").open("a") as said:
            self.process = await asyncio.create_subprocess_exec(
                *WITH_ITS_PARENT,
                sys.executable, "-m", "queue_server.cli", "serve", "--config", str(self.folder / "config"),
                "--data", str(self.folder / "data"), "--port", "0", "--clock", "09:10", "--ready-fd", str(write),
                stdout=said, stderr=asyncio.subprocess.STDOUT, pass_fds=[write],
            )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as ready:
            self.url = (await asyncio.to_thread(ready.readline)).strip()
        self.said = (self.folder / "said").read_text()
        assert self.url, self.said

    async def end(self, number):
        self.process.send_signal(number)
        async with asyncio.timeout(LIMIT):
            return await self.process.wait()


async def test_the_real_server_shows_a_call_and_shows_it_again_after_it_was_killed(tmp_path, board):
    folder = tmp_path / "config"
    folder.mkdir()
    for file in CONFIG.iterdir():
        if file.name not in {"hospital.toml", "devices.toml"}:
            (folder / file.name).symlink_to(file)
    written = (CONFIG / "hospital.toml").read_text(encoding="utf-8")
    written += '\n[displays.door]\nstations = ["enquiry1"]\nshows = "{number} {room}"\n'
    (folder / "hospital.toml").write_text(written, encoding="utf-8")
    devices_file(folder, board)
    server = Server(tmp_path)
    await server.start()
    password = re.search(r"^  nurse\s+(\S+)\s", server.said, re.MULTILINE)[1]
    async with httpx.AsyncClient(base_url=server.url, timeout=LIMIT) as nurse:
        answer = await nurse.post("/api/auth/log-in", json={"name": "nurse", "password": password})
        nurse.headers["X-CSRF-Token"] = answer.json()["csrf"]
        number = (await do(nurse, "desk/join", queue="enquiry"))["ticket"]["number"]
        await do(nurse, "station/open", station="enquiry1")
        await do(nurse, "station/call-next", station="enquiry1")
    async with asyncio.timeout(LIMIT):
        while not (text := (await board.tell("status"))["shows"]).startswith(number):
            pass
    assert await server.end(signal.SIGKILL) == -signal.SIGKILL
    await board.tell("power", on=False)
    await board.tell("power", on=True)
    await server.start()
    await board.shows(text)
    assert await server.end(signal.SIGTERM) == 0
