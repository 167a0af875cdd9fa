"""The kiosk is fed for only while both its threads live; a hung one is really hung here, in a process of its own."""

from __future__ import annotations

import asyncio
import configparser
import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from virtual_lobby.processes import WITH_ITS_PARENT

from kiosk.data import DataFolder
from kiosk.watchdog import HANGS, LATE, WELL, ServiceManager, Watchdog
from queue_server.contract import Credential
from tests.kiosk.conftest import SCREEN
from tests.kiosk.fakes import FakeClock

ROOT = Path(__file__).parents[2]
LIMIT = 60


class Listener:
    """The service manager's end of its socket."""

    def __init__(self, address):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(LIMIT)
        self.heard = []

    def hear(self):
        word = self._socket.recv(4096).decode().split("\n")
        self.heard.append(word)
        return word

    def until(self, word):
        while word not in self.hear():
            pass

    def rest(self):
        """What has come and was not heard yet."""
        self._socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.hear()
        self._socket.settimeout(LIMIT)

    def close(self):
        self._socket.close()


@pytest.fixture
def listener(tmp_path):
    listener = Listener(str(tmp_path / "notify"))
    yield listener
    listener.close()


@pytest.fixture
def manager(tmp_path, listener):
    del listener
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "12000000"})
    yield manager
    manager.close()


class Body:
    """A clock, a pulse and a board in a test's hands."""

    def __init__(self):
        self.clock = FakeClock()
        self.beat = 0.0
        self.fed = []

    async def feed(self, seconds):
        self.fed.append(seconds)

    @contextlib.asynccontextmanager
    async def running(self, watchdog):
        task = asyncio.ensure_future(watchdog.run())
        await self.clock.pass_time(0)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_while_both_live_it_is_fed_in_time_and_put_off_at_the_end(listener, manager):
    body = Body()
    watchdog = Watchdog(manager, body.clock, body.clock.now, body.feed, 60)
    assert watchdog.interval == 4.0
    async with body.running(watchdog):
        await body.clock.pass_time(4)
    listener.rest()
    assert listener.heard == [["READY=1", f"STATUS={WELL}"], ["WATCHDOG=1"], ["WATCHDOG=1"], ["STOPPING=1"]]
    assert body.fed == [60, 60, 0]


async def test_while_the_screen_hangs_nobody_is_fed_and_that_is_told_once(listener, manager):
    body = Body()
    watchdog = Watchdog(manager, body.clock, lambda: body.beat, body.feed, 60)
    with capture_logs() as logs:
        async with body.running(watchdog):
            await body.clock.pass_time(12)  # at 4 s the beat is just not late
            assert body.fed == [60, 60]
            body.beat = body.clock.now()
            await body.clock.pass_time(4)
            assert body.fed == [60, 60, 60]
    listener.rest()
    assert listener.heard[1:-1] == [
        ["WATCHDOG=1"], ["WATCHDOG=1"], [f"STATUS={HANGS}"], ["WATCHDOG=1"], [f"STATUS={WELL}"]
    ]  # fmt: skip
    assert [one["event"] for one in logs] == ["screen_hangs", "screen_moves_again"]


async def test_without_a_service_manager_the_board_is_fed_all_the_same():
    body = Body()
    watchdog = Watchdog(ServiceManager({}), body.clock, None, body.feed, 30)
    async with body.running(watchdog):
        assert body.fed == [30]
    watchdog = Watchdog(ServiceManager({}), body.clock, None, body.feed, 0)
    async with body.running(watchdog):
        assert body.fed == [30, 0]  # no limit: the board is left alone
    assert watchdog.interval >= LATE


def test_a_service_manager_that_is_gone_is_told_of_once(tmp_path):
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "nowhere"), "WATCHDOG_USEC": "no"})
    assert manager.watchdog is None
    with capture_logs() as logs:
        manager.say("READY=1")
        manager.say("WATCHDOG=1")
    assert [one["event"] for one in logs] == ["service_manager_not_reached"]
    manager.close()


def test_an_abstract_address_begins_with_a_zero():
    name = f"houzhen-test-{os.getpid()}"
    listener = Listener("\0" + name)
    manager = ServiceManager({"NOTIFY_SOCKET": f"@{name}"})
    manager.say("READY=1", "STATUS=ok")
    assert listener.hear() == ["READY=1", "STATUS=ok"]
    manager.close()
    listener.close()


# -- a kiosk that really hangs


KIOSK = """
import os, sys, threading, time
from pathlib import Path
from PySide6.QtCore import QSocketNotifier
from kiosk import cli

def tick():
    while True:
        time.sleep(0.05)
        print("tick", flush=True)

def hang():
    print("hangs", flush=True)
    threading.Thread(target=tick, daemon=True).start()
    os.read(os.pipe()[0], 1)  # what never comes

def shown(screens):
    def told():
        if os.read(0, 1) == b"s":
            hang()
        screens.bridge._call(hang)
    screens.listening = QSocketNotifier(0, QSocketNotifier.Type.Read)
    screens.listening.activated.connect(told)

raise SystemExit(cli.run(Path("config"), Path(sys.argv[1]), windowed=True, shown=shown))
"""


@pytest.fixture
def kiosk(tmp_path, listener):
    """A kiosk as a process, with its window, under a service manager that waits 0.3 seconds."""
    DataFolder(tmp_path / "kiosk").keep_credential(Credential(device="d1", kind="kiosk", token="secret"))
    environment = {
        "QT_QPA_PLATFORM": f"offscreen:configfile={SCREEN}",
        "QT_QUICK_BACKEND": "software",
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "300000",
    }
    process = subprocess.Popen(
        [*WITH_ITS_PARENT, sys.executable, "-c", KIOSK, str(tmp_path / "kiosk")],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    listener.until("READY=1")
    listener.until("WATCHDOG=1")
    listener.until("WATCHDOG=1")
    yield process
    process.kill()
    process.wait(LIMIT)
    process.stdin.close()
    process.stdout.close()


def ticks(kiosk, count):
    """Let the process itself say that ``count`` times 0.05 seconds have passed."""
    for _ in range(count):
        assert kiosk.stdout.readline() == b"tick\n"


def stays_hungry(kiosk, listener):
    """While a second passes, of a limit of 0.3 seconds, nobody is fed."""
    listener.rest()
    fed = listener.heard.count(["WATCHDOG=1"])
    ticks(kiosk, 20)
    listener.rest()
    return listener.heard.count(["WATCHDOG=1"]) == fed and kiosk.poll() is None


def hang(kiosk, thread):
    kiosk.stdin.write(thread)
    kiosk.stdin.flush()
    assert kiosk.stdout.readline() == b"hangs\n"


def test_a_kiosk_whose_screen_hangs_is_fed_for_no_longer(kiosk, listener):
    hang(kiosk, b"s")
    listener.until(f"STATUS={HANGS}")
    assert stays_hungry(kiosk, listener)


@pytest.mark.slow
def test_a_kiosk_whose_journeys_hang_is_fed_for_no_longer(kiosk, listener):
    hang(kiosk, b"j")
    assert stays_hungry(kiosk, listener)


@pytest.mark.slow
def test_a_kiosk_that_is_told_to_end_says_so(kiosk, listener):
    kiosk.terminate()
    listener.until("STOPPING=1")
    assert kiosk.wait(LIMIT) == 0


# -- the unit


def test_the_unit_waits_for_the_kiosk_and_starts_it_again():
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(ROOT / "packaging" / "systemd" / "houzhen-kiosk.service", encoding="utf-8")
    service = unit["Service"]
    assert (service["Type"], service["NotifyAccess"], service["Restart"]) == ("notify", "all", "always")
    interval = Watchdog(
        ServiceManager({"WATCHDOG_USEC": str(int(service["WatchdogSec"]) * 1_000_000)}), FakeClock(), None
    ).interval
    assert 3 * interval <= int(service["WatchdogSec"])
    assert "houzhen-kiosk run" in service["ExecStart"]


def test_the_unit_has_freed_memory_written_over():
    unit = (ROOT / "packaging" / "systemd" / "houzhen-kiosk.service").read_text(encoding="utf-8")
    given = dict(
        line.removeprefix("Environment=").split("=", 1) for line in unit.splitlines() if "Environment=" in line
    )
    code = (
        "import ctypes, time\n"
        "text = 'x' * 40 + str(time.time_ns()); address = id(text) + len(text); del text\n"
        "assert b'x' not in ctypes.string_at(address - 30, 30)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ, **given}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode != 0
