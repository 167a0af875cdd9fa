"""Simulated scanners as processes, shared by all tests of this folder and set to rights before each."""

import contextlib

import pytest

from tests.drivers.conftest import SimulatorProcess

SIMULATOR = "drivers.scanner.simulator"


@contextlib.contextmanager
def shared(*options):
    simulator = SimulatorProcess(SIMULATOR, *options, "--fast")
    yield simulator
    assert simulator.end() == 0


def set_to_rights(simulator):
    simulator.tell("clear_fault")
    simulator.tell("plug")
    return simulator


@pytest.fixture(scope="session")
def _serial_on_pty(tmp_path_factory):
    with shared("--pty", "--link", str(tmp_path_factory.mktemp("line") / "scanner")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _serial_on_tcp():
    with shared("--tcp", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _triggered():
    with shared("--pty", "--trigger") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _keyboard(tmp_path_factory):
    with shared("--keyboard", "--link", str(tmp_path_factory.mktemp("input") / "event5")) as simulator:
        yield simulator


@pytest.fixture(params=["pty", pytest.param("tcp", marks=pytest.mark.slow)])
def far_end(request):
    """The scanner on its usual line, a serial one; under the slow mark on the other one too."""
    return set_to_rights(request.getfixturevalue(f"_serial_on_{request.param}"))


@pytest.fixture
def triggered(_triggered):
    return set_to_rights(_triggered)


@pytest.fixture
def keyboard(_keyboard):
    return set_to_rights(_keyboard)
