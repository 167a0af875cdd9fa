"""Simulated scanners as processes, shared by all tests of this folder and set to rights before each."""

import pytest

from tests.drivers.conftest import plugged_in, shared

SIMULATOR = "drivers.scanner.simulator"


@pytest.fixture(scope="session")
def _serial_on_pty(tmp_path_factory):
    with shared(SIMULATOR, "--pty", "--link", str(tmp_path_factory.mktemp("line") / "scanner")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _serial_on_tcp():
    with shared(SIMULATOR, "--tcp", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _triggered():
    with shared(SIMULATOR, "--pty", "--trigger") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _keyboard(tmp_path_factory):
    with shared(SIMULATOR, "--keyboard", "--link", str(tmp_path_factory.mktemp("input") / "event5")) as simulator:
        yield simulator


@pytest.fixture(params=["pty", pytest.param("tcp", marks=pytest.mark.slow)])
def far_end(request):
    """The scanner on its usual line, a serial one; under the slow mark on the other one too."""
    return plugged_in(request.getfixturevalue(f"_serial_on_{request.param}"))


@pytest.fixture
def triggered(_triggered):
    return plugged_in(_triggered)


@pytest.fixture
def keyboard(_keyboard):
    return plugged_in(_keyboard)
