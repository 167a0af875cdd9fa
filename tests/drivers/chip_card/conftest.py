"""A virtual card in the real pcscd, processes of their own, shared by all tests here and set to rights before each."""

import pytest

from drivers.chip_card.driver import ChipCardReader, Timing
from tests.card_service import CARD_SERVICE, set_to_rights
from tests.drivers.conftest import taken_into_use

PATIENT = Timing(connect=20.0, answer=20.0, margin=20.0, settle=10.0)
"""Where an answer comes: a busy machine must not look like a mute card, nor like a service that hangs."""


@pytest.fixture(scope="session")
def _service(tmp_path_factory):
    yield CARD_SERVICE.begin(tmp_path_factory.mktemp("pcsc"))
    CARD_SERVICE.end()


@pytest.fixture
def far_end(_service):
    """The virtual reader, empty."""
    return set_to_rights(_service)


async def enabled(far_end, **options):
    return await taken_into_use(ChipCardReader("chip-card", far_end.url, **{"timing": PATIENT, **options}))


@pytest.fixture
async def device(far_end):
    device = await enabled(far_end)
    assert await device.wait_removed(20), "the last test's card is still seen"
    yield device
    await device.close()
