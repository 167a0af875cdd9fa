"""Simulated terminals as processes, shared by all tests of this folder and set to rights before each."""

import pytest

from drivers.payment_terminal.driver import ZvtTerminal
from drivers.payment_terminal.link import Timing
from tests.drivers.conftest import in_use, plugged_in, shared, tell

PATIENT = Timing(connect=30, answer=30, gap=5, life=30, after_abort=30, enquiry=30, again=0.02, believe=0.02, margin=30)
"""For what must happen, however busy the machine is."""

IMPATIENT = Timing(
    connect=30, answer=0.4, gap=0.2, life=0.4, after_abort=0.4, enquiry=1.5, again=0.02, believe=0.05, margin=5
)
"""For what must not happen: an answer that does not come."""


SIMULATOR = "drivers.payment_terminal.simulator"


def set_to_rights(simulator):
    plugged_in(simulator)
    simulator.tell("paper", state="in")
    simulator.tell("clear")
    return simulator


@pytest.fixture(scope="session")
def _terminal_on_tcp():
    with shared(SIMULATOR, "--tcp", "127.0.0.1:0") as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _terminal_on_pty(tmp_path_factory):
    with shared(SIMULATOR, "--pty", "--link", str(tmp_path_factory.mktemp("line") / "terminal")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _manual():
    with shared(SIMULATOR, "--tcp", "127.0.0.1:0", "--manual") as simulator:
        yield simulator


@pytest.fixture(params=["tcp", pytest.param("pty", marks=pytest.mark.slow)])
def far_end(request):
    """The terminal on its usual line, a network; under the slow mark on the other one too."""
    return set_to_rights(request.getfixturevalue(f"_terminal_on_{request.param}"))


@pytest.fixture
def serial(_terminal_on_pty):
    """The terminal on its serial line: what only blocks and checksums can suffer is tested there every day."""
    return set_to_rights(_terminal_on_pty)


@pytest.fixture
def manual(_manual):
    return set_to_rights(_manual)


def enabled(simulator, timing, **options):
    return in_use(ZvtTerminal("terminal", simulator.url, timing=timing, **options))


async def booked(simulator):
    """What the terminal has on its books: kind, fen and result code of each transaction."""
    return [(t["kind"], t["fen"], t["code"]) for t in (await tell(simulator, "status"))["transactions"]]


@pytest.fixture
async def terminal(far_end):
    async with enabled(far_end, PATIENT) as device:
        yield device


@pytest.fixture
async def impatient(far_end):
    async with enabled(far_end, IMPATIENT) as device:
        yield device
