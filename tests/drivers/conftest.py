"""Simulators as they are in the field: processes of their own, behind a pty or TCP."""

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
    with shared_reader("--pty", "--link", str(tmp_path_factory.mktemp("reader") / "id-card")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _reader_on_tcp():
    with shared_reader("--tcp", "127.0.0.1:0") as simulator:
        yield simulator


@contextlib.contextmanager
def shared_reader(*line):
    """One reader process for all tests on this line; ``reader`` gives it out as new."""
    simulator = SimulatorProcess("drivers.identity_card.simulator", *line, "--fast")
    yield simulator
    assert simulator.end() == 0


@pytest.fixture(params=["pty", pytest.param("tcp", marks=pytest.mark.slow)])
def reader(request):
    """The reader on its usual line, a serial one; under the slow mark on the other one too.

    What the line itself may change is tested on both every day: there the test names both.
    """
    shared = request.getfixturevalue(f"_reader_on_{request.param}")
    shared.tell("clear_fault")
    shared.tell("remove")
    shared.tell("plug")
    return shared
