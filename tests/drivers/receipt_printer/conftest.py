"""Simulated printers as processes, shared by all tests of this folder and set to rights before each."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, replace

import pytest

from drivers.receipt_printer.document import Document, Pair, QrCode, Rule, Space, Text
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.job import Timing
from drivers.receipt_printer.profile import PROFILES
from tests.drivers.conftest import in_use, shared

PATIENT = Timing(connect=10, answer=10, stall=10, margin=20, look=0.02, resume=0)
"""For what must happen, however busy the machine is."""

IMPATIENT = Timing(connect=10, answer=0.4, stall=1, margin=0.4, look=0.02, resume=0)
"""For what must not happen: an answer that does not come, a confirmation that is missing."""


@dataclass
class Simulated:
    url: str
    control: str
    width: int
    basic: bool
    before: int = 0

    async def ask(self, verb, **arguments):
        host, port = self.control.removeprefix("tcp://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 22)
        try:
            writer.write(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
            async with asyncio.timeout(10):
                return json.loads(await reader.readline())
        finally:
            writer.close()
            await writer.wait_closed()

    async def do(self, verb, **arguments):
        answer = await self.ask(verb, **arguments)
        assert answer.pop("ok"), answer
        return answer

    async def jobs(self):
        return (await self.do("jobs"))["jobs"][self.before :]

    async def wait_jobs(self, count):
        await self.do("wait_jobs", count=self.before + count)
        return await self.jobs()

    async def until(self, condition):
        async with asyncio.timeout(10):
            while True:
                status = await self.do("status")
                if condition(status):
                    return status

    async def set_to_rights(self):
        await self.do("clear_fault")
        await self.do("plug")
        await self.do("cutter", state="free")
        await self.do("power_cycle")
        await self.do("paper", state="load")
        await self.do("cover", state="closed")
        await self.do("head", state="cool")
        await self.do("tear")
        self.before = (await self.do("status"))["tickets"]


@contextlib.contextmanager
def simulator(*arguments):
    width = 58 if "58" in arguments else 80
    with shared("drivers.receipt_printer.simulator", *arguments) as process:
        yield Simulated(process.url, process.control_url, width, "--basic" in arguments)


@pytest.fixture(scope="session")
def _tcp():
    with simulator("--tcp", "127.0.0.1:0") as simulated:
        yield simulated


@pytest.fixture(scope="session")
def _pty(tmp_path_factory):
    with simulator("--pty", "--link", str(tmp_path_factory.mktemp("line") / "printer")) as simulated:
        yield simulated


@pytest.fixture(scope="session")
def _basic():
    with simulator("--tcp", "127.0.0.1:0", "--basic") as simulated:
        yield simulated


@pytest.fixture
async def tcp(_tcp):
    await _tcp.set_to_rights()
    return _tcp


@pytest.fixture
async def basic(_basic):
    await _basic.set_to_rights()
    return _basic


@pytest.fixture(params=["tcp", pytest.param("pty", marks=pytest.mark.slow)])
async def far_end(request):
    """The printer on its usual line, a network; under the slow mark on the other one too.

    What the line itself may change is tested on both every day: there the test names both.
    """
    simulated = request.getfixturevalue(f"_{request.param}")
    await simulated.set_to_rights()
    return simulated


def profile_for(simulated, **changes):
    name = f"{simulated.width}mm" + ("-basic" if simulated.basic else "")
    return replace(PROFILES[name], **{"speed_mm_s": 5000.0, **changes})


def opened(simulated, *, profile=None, timing=PATIENT, mode="raster", url=None, on_event=None):
    profile = profile or profile_for(simulated)
    # At 115,200 baud a drawn ticket takes three seconds; the faults are the same at a rate that takes none.
    url = url or simulated.url.replace("baud=115200", "baud=4000000")
    return in_use(EscPosPrinter("printer", url, profile, timing=timing, mode=mode, on_event=on_event))


def ticket(number="A023"):
    """A short ticket: enough dots for a fault to strike among them."""
    return Document(
        (
            Text(number, size="number", align="center", bold=True),
            Text("心血管内科", size="title", align="center", bold=True),
            Pair("前面还有", "7 人", bold=True),
        )
    )


def full_ticket(number="A023"):
    return Document(
        (
            Text("华东第一医院", size="title", align="center", bold=True),
            Rule(),
            Text("您的号码", align="center"),
            Text(number, size="number", align="center", bold=True),
            Text("心血管内科", size="title", align="center", bold=True),
            Space(1.5),
            Pair("姓名", "欧**明"),
            Pair("前面还有", "7 人", bold=True),
            Pair("大约等候", "25–40 分钟", bold=True),
            Text("请留意叫号屏和广播。离开时请告诉分诊台：回来后，号码仍然有效。"),
            QrCode("https://hospital.example/t/8fK2mQ7xZp4W", "扫码看排队进度"),
            Text("2026-11-22 08:31", size="caption", align="center"),
        )
    )
