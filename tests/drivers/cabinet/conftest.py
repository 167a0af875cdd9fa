"""A simulated cabinet board as a process, shared by all tests of this folder and set to rights before each."""

import pytest

from drivers.cabinet.driver import CabinetBoard, Plan
from drivers.cabinet.line import Timing
from tests.drivers.conftest import in_use, plugged_in, shared

SIMULATOR = "drivers.cabinet.simulator"
PATIENT = Timing(connect=10, answer=10)
IMPATIENT = Timing(connect=10, answer=0.2)
PLAN = Plan(
    lights=("identity_card", "receipt_printer"),
    contacts=("door", "tamper", "service_key"),
    normally_open=frozenset({"service_key"}),
    debounce_ms=5,
)


@pytest.fixture(scope="session")
def _on_pty(tmp_path_factory):
    with shared(SIMULATOR, "--pty", "--link", str(tmp_path_factory.mktemp("line") / "cabinet")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _on_tcp():
    with shared(SIMULATOR, "--tcp", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _hasty():
    """A board whose seconds last a hundredth."""
    with shared(SIMULATOR, "--pty", "--scale", "0.01") as simulator:
        yield simulator


def set_to_rights(simulator):
    plugged_in(simulator)
    for number in range(3):
        simulator.tell("contact", number=number, state="open" if number == 2 else "closed")
    simulator.tell("power_cycle")
    return simulator


@pytest.fixture(params=["pty", pytest.param("tcp", marks=pytest.mark.slow)])
def board(request):
    """The board on its usual line, a serial one; under the slow mark on the other one too."""
    return set_to_rights(request.getfixturevalue(f"_on_{request.param}"))


@pytest.fixture
def hasty(_hasty):
    return set_to_rights(_hasty)


def opened(simulator, *, plan=PLAN, timing=PATIENT):
    return in_use(CabinetBoard("cabinet", simulator.url, plan, timing=timing))
