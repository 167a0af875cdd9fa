"""The chip-card reader keeps what every driver must, as far as the system's card service can be stood in for."""

from drivers.conformance import Verdict, conform
from drivers.registry import DeviceEntry
from tests.drivers.chip_card.conftest import enabled


async def test_it_keeps_what_every_driver_must(far_end):
    before = await enabled(far_end)
    assert await before.wait_removed(20), "the last test's card is still seen"
    await before.close()
    entry = DeviceEntry("chip-card", "chip_card", "pcsc", far_end.url)
    results = {result.name: result async for result in conform(entry)}
    assert {name: result.finding for name, result in results.items() if result.verdict is Verdict.BROKEN} == {}
    kept = {name for name, result in results.items() if result.verdict is Verdict.KEPT}
    assert {"keeps_the_order", "can_be_opened_again", "ends_a_command_that_is_cancelled"} <= kept
