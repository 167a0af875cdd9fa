"""Simulators as they are in the field: processes of their own, behind a pty or TCP."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 60
READER = "drivers.identity_card.simulator"


class SimulatorProcess:
    """A running simulator and its control channel."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments, "--parent-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        announced = json.loads(self.process.stdout.readline())
        self.url, self.control_url = announced["url"], announced["control"]
        if self.control_url.startswith("unix://"):
            self._link = socket.socket(socket.AF_UNIX)
            self._link.connect(self.control_url.removeprefix("unix://"))
        else:
            host, port = self.control_url.removeprefix("tcp://").rsplit(":", 1)
            self._link = socket.create_connection((host, int(port)), timeout=START_LIMIT)
        self._link.settimeout(START_LIMIT)
        self._answers = self._link.makefile("rb")

    def ask(self, verb, **arguments):
        """Put a verb; return the answer, whatever it says."""
        self._link.sendall(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
        return json.loads(self._answers.readline())

    def tell(self, verb, **arguments):
        """Put a verb that must succeed."""
        answer = self.ask(verb, **arguments)
        assert answer["ok"], answer
        return answer

    def end(self):
        """Close its standard input, and return how it ended."""
        self._answers.close()
        self._link.close()
        self.process.stdin.close()
        try:
            return self.process.wait(timeout=START_LIMIT)
        finally:
            self.process.kill()
            self.process.stdout.close()


@pytest.fixture
def links(tmp_path):
    """A folder for links to lines, and for nothing else."""
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


@contextlib.contextmanager
def shared(module, *options):
    """One simulator for many tests, as fast as the machine goes; it has to end well."""
    simulator = SimulatorProcess(module, *options, "--fast")
    yield simulator
    assert simulator.end() == 0


def plugged_in(simulator):
    """Take back a simulator's faults and have it plugged in, as a test that shares it expects it."""
    simulator.tell("clear_fault")
    simulator.tell("plug")
    return simulator


async def tell(simulator, verb, **arguments):
    """Put a verb without holding up the driver, which is in this process."""
    return await asyncio.to_thread(simulator.tell, verb, **arguments)


async def taken_into_use(device):
    """Open, claim and enable a device, and return it."""
    await device.open()
    await device.claim(1)
    await device.enable()
    return device


@contextlib.asynccontextmanager
async def in_use(device):
    """Have a device in use while the block runs."""
    try:
        yield await taken_into_use(device)
    finally:
        await device.close()


@contextlib.asynccontextmanager
async def spewing(noise):
    """A far end on TCP that sends noise without end; yields its address."""

    async def spew(_, writer):
        while not writer.is_closing():
            writer.write(noise * 500)
            try:
                await writer.drain()
            except ConnectionError:
                break
        writer.close()

    server = await asyncio.start_server(spew, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@dataclass
class Started:
    """What a test starts is ended with it."""

    running: list = field(default_factory=list)

    def __call__(self, *arguments):
        """Start a simulator: its module and its options."""
        simulator = SimulatorProcess(*arguments)
        self.running.append(simulator)
        return simulator


@pytest.fixture
def start_simulator():
    started = Started()
    yield started
    for simulator in started.running:
        if simulator.process.poll() is None:
            simulator.end()


@pytest.fixture(scope="session")
def _reader_on_pty(tmp_path_factory):
    with shared(READER, "--pty", "--link", str(tmp_path_factory.mktemp("reader") / "id-card")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _reader_on_tcp():
    with shared(READER, "--tcp", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(params=["pty", pytest.param("tcp", marks=pytest.mark.slow)])
def reader(request):
    """The reader on its usual line, a serial one; under the slow mark on the other one too.

    What the line itself may change is tested on both every day: there the test names both.
    """
    simulator = request.getfixturevalue(f"_reader_on_{request.param}")
    simulator.tell("clear_fault")
    simulator.tell("remove")
    return plugged_in(simulator)
