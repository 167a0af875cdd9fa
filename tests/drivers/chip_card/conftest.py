"""A virtual card in the real pcscd, processes of their own, shared by all tests here and set to rights before each.

libpcsclite reads once a process where its service is, so there is one far end, and every test goes there.
"""

import pytest

from drivers.chip_card.driver import ChipCardReader, Timing
from drivers.chip_card.simulator import service
from tests.drivers.conftest import SimulatorProcess

SIMULATOR = "drivers.chip_card.simulator"
PATIENT = Timing(answer=20.0, settle=10.0)
"""Where an answer comes: a busy machine must not look like a mute card."""


@pytest.fixture(scope="session")
def _service(tmp_path_factory):
    if (lack := service.missing()) is not None:
        pytest.skip(f"No card service for tests on this machine: {lack}")
    simulator = SimulatorProcess(SIMULATOR, "--socket", str(tmp_path_factory.mktemp("pcsc") / "socket"))
    yield simulator
    assert simulator.end() == 0


@pytest.fixture
def far_end(_service):
    """The virtual reader, empty."""
    _service.tell("clear_fault")
    _service.tell("speak")
    _service.tell("plug")
    _service.tell("remove")
    return _service


async def enabled(far_end, **options):
    device = ChipCardReader("chip-card", far_end.url, **{"timing": PATIENT, **options})
    await device.open()
    await device.claim(1)
    await device.enable()
    return device


@pytest.fixture
async def device(far_end):
    device = await enabled(far_end)
    assert await device.wait_removed(20), "the last test's card is still seen"
    yield device
    await device.close()
