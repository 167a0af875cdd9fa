"""The driver against the real card service, with a virtual card in its virtual reader."""

import asyncio
import re
from dataclasses import replace

import pytest

from drivers.chip_card.cards import HospitalCard
from drivers.chip_card.driver import ChipCardReader, Timing
from drivers.chip_card.pcsc import Address, Context
from drivers.chip_card.reading import MemoryCard
from drivers.device import CompletionCode, DeviceError, DeviceState, HealthLevel, Lifecycle, MediaState
from drivers.supervisor import Pace, Supervisor
from tests.drivers.chip_card.conftest import PATIENT, enabled

WANG = {"name": "王芳", "sex": "2", "birth": "19900307"}


async def until_asked(far_end, command, before=0):
    """Wait until the card was told ``command`` once more than ``before``; the loop goes on meanwhile."""
    async with asyncio.timeout(60):
        while (await asyncio.to_thread(far_end.tell, "status"))["asked"].get(command, 0) <= before:
            pass


def asked(far_end, command):
    return far_end.tell("status")["asked"].get(command, 0)


async def test_cards_come_are_read_and_go(device, far_end):
    events = []
    device.on_event = lambda event: events.append((event.kind, event.value))
    assert device.media is MediaState.NOT_PRESENT
    far_end.tell("insert", document=WANG)
    assert await device.wait_for_card(20)
    assert device.media is MediaState.PRESENT
    card = await device.read(5)
    assert (card.number, card.name, card.card_number) == ("999999199003070020", "王芳", "A00000001")
    assert await device.read(5) == card, "a chip card may stay"
    assert not await device.wait_removed(0)
    far_end.tell("remove")
    assert await device.wait_removed(20)
    assert events == [("media_inserted", "present"), ("media_removed", "not_present")]


@pytest.mark.parametrize(("manner", "protocol"), [("t0", 1), ("t1", 2)])
async def test_both_protocols_are_spoken(device, far_end, manner, protocol):
    far_end.tell("insert", manner=manner, document=WANG)
    assert (await device.read(20)).name == "王芳"
    await device._connection.commands.call(int, limit=20)  # the card has been let go of
    other = Context(Address.parse(far_end.url))
    await asyncio.to_thread(other.open)
    link = await asyncio.to_thread(other.connect)
    assert link.protocol == protocol, "PC/SC part 5: T=0 is 1, T=1 is 2"
    await asyncio.to_thread(link.close)
    await asyncio.to_thread(other.close)


async def test_a_health_check_tells_of_reader_and_card(device, far_end):
    report = await device.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state, report.findings) == (True, DeviceState.ONLINE, ("reader_present", "no_card"))
    assert device.info.model == "Virtual PCD 00 00"
    far_end.tell("insert")
    assert await device.wait_for_card(20)
    assert (await device.check_health(HealthLevel.INTERNAL)).findings[1] == "card"
    assert (await device.check_health(HealthLevel.INTERACTIVE)).findings == ("reader_present", "card", "card_read")
    far_end.tell("change", kind="other")
    report = await device.check_health(HealthLevel.INTERACTIVE)
    assert (report.healthy, report.findings) == (False, ("wrong_card",))


async def test_without_a_card_reading_ends_in_time(device):
    with pytest.raises(DeviceError) as caught:
        await device.read(0.01)
    assert (caught.value.code, caught.value.error) == (CompletionCode.TIMEOUT, "no_media")
    waiting = asyncio.create_task(device.read(60))
    await asyncio.sleep(0)  # it takes its turn
    assert await device.cancel()
    with pytest.raises(DeviceError) as caught:
        await waiting
    assert caught.value.code is CompletionCode.CANCELED


async def test_every_manner_and_mistake_of_a_card_that_stays(device, far_end):
    """One card, changed while it lies there: each insertion costs what pcscd takes to look."""
    far_end.tell("insert")
    assert await device.wait_for_card(20)
    far_end.tell("change", manner="t0", document={"name": "李雷"})
    assert (await device.read(5)).name == "李雷", "answers that are fetched, lengths that are corrected"
    far_end.tell("change", shuffled=True, document={"name": "韩梅梅"})
    assert (await device.read(5)).name == "韩梅梅", "records in another order"
    far_end.tell("fault", action="late", on="read_record", value=0.2, after=3)
    assert (await device.read(5)).name == "韩梅梅", "a slow answer is waited for"

    async def fails(error, code):
        with pytest.raises(DeviceError) as caught:
            await device.read(5)
        assert (caught.value.error, caught.value.code) == (error, code)
        assert caught.value.message.endswith(".")
        return caught.value.message

    far_end.tell("change", blocked=True)
    await fails("card_blocked", CompletionCode.COMMAND_ERROR)
    far_end.tell("change", kind="other")
    await fails("wrong_card", CompletionCode.COMMAND_ERROR)
    far_end.tell("change", document={"number": "999999199003070021"})
    assert "9999" not in await fails("bad_document", CompletionCode.INVALID_DATA)
    far_end.tell("change")
    for action, value, error, code in (
        ("refuse", 0x6982, "authentication", CompletionCode.COMMAND_ERROR),
        ("refuse", 0x6F00, "unknown", CompletionCode.HARDWARE_ERROR),
        ("refuse", 0x6D00, "wrong_card", CompletionCode.COMMAND_ERROR),
        ("false_length", None, "garbled", CompletionCode.INVALID_DATA),
        ("short", None, "garbled", CompletionCode.INVALID_DATA),
    ):
        far_end.tell("fault", action=action, on="read_record", after=8, value=value)
        await fails(error, code)
        assert (await device.read(5)).number, "the next reading is whole again"


@pytest.mark.parametrize("after", [pytest.param(0, marks=pytest.mark.slow), 8])
async def test_a_card_pulled_in_the_middle_gives_no_partial_patient(device, far_end, after):
    far_end.tell("insert", document=WANG)
    assert await device.wait_for_card(20)
    far_end.tell("fault", action="pulled", on="read_record", after=after)
    with pytest.raises(DeviceError) as caught:
        await device.read(5)
    assert (caught.value.code, caught.value.error) == (CompletionCode.COMMAND_ERROR, "no_media")
    assert device.lifecycle is Lifecycle.ENABLED
    far_end.tell("insert", document={"name": "别人"})
    assert (await device.read(20)).name == "别人"


async def test_a_card_that_another_program_holds(device, far_end):
    far_end.tell("insert")
    assert await device.wait_for_card(20)
    other = Context(Address.parse(far_end.url))
    await asyncio.to_thread(other.open)
    link = await asyncio.to_thread(other.connect)
    with pytest.raises(DeviceError, match="Another program holds the card") as caught:
        await device.read(5)
    assert caught.value.error == "claimed"
    await asyncio.to_thread(link.close)
    await asyncio.to_thread(other.close)
    assert (await device.read(5)).number


async def test_a_reader_that_another_program_has_is_busy_and_one_that_we_had_is_not(device, far_end):
    far_end.tell("insert")
    assert await device.wait_for_card(20)
    await device.read(5)
    await device._connection.commands.call(int, limit=20)  # the card has been let go of
    # The watching thread may look while we have the card, and looks again a moment later only.
    device._connection.seen = replace(device._connection.seen, exclusive=True)
    report = await device.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state) == (True, DeviceState.ONLINE)
    other = Context(Address.parse(far_end.url))
    await asyncio.to_thread(other.open)
    link = await asyncio.to_thread(other.connect)
    device._connection.seen = replace(device._connection.seen, exclusive=True)
    report = await device.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state, report.findings) == (False, DeviceState.DEVICE_BUSY, ("claimed",))
    await asyncio.to_thread(link.close)
    await asyncio.to_thread(other.close)


async def test_the_loop_goes_on_while_a_card_thinks(device, far_end):
    far_end.tell("insert")
    assert await device.wait_for_card(20)
    before = asked(far_end, "select")
    far_end.tell("fault", action="mute", on="select")
    reading = asyncio.create_task(device.read(5))
    await until_asked(far_end, "select", before)
    assert not reading.done()
    assert (await device.check_health(HealthLevel.INTERNAL)).healthy, "it is we who have the card"
    far_end.tell("speak")
    assert (await reading).number


async def test_a_reading_that_is_given_up_leaves_the_card_to_the_next(device, far_end):
    far_end.tell("insert", document=WANG)
    assert await device.wait_for_card(20)
    before = asked(far_end, "select")
    far_end.tell("fault", action="mute", on="select")
    reading = asyncio.create_task(device.read(5))
    await until_asked(far_end, "select", before)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    far_end.tell("speak")
    assert (await device.read(5)).name == "王芳"


async def read_or_none(device):
    """Read the card; None while the command that nobody waits for any more still has it."""
    try:
        return (await device.read(5)).number
    except DeviceError as failure:
        if failure.error != "mute_card":
            raise
        return None


async def test_a_card_that_never_answers(far_end):
    device = await enabled(far_end, timing=Timing(answer=0.2))
    try:
        assert await device.wait_removed(20)
        far_end.tell("insert")
        assert await device.wait_for_card(20)
        far_end.tell("fault", action="mute", on="select")
        with pytest.raises(DeviceError) as caught:
            await device.read(5)
        assert (caught.value.code, caught.value.error) == (CompletionCode.TIMEOUT, "timeout")
        device._timing = PATIENT  # from here on every answer comes that is waited for
        assert device.lifecycle is Lifecycle.CLOSED
        assert (await device.check_health(HealthLevel.INTERNAL)).state is DeviceState.UNKNOWN
        await device.open()
        await device.claim(1)
        await device.enable()
        with pytest.raises(DeviceError) as caught:
            await device.read(5)
        assert caught.value.error == "mute_card", "it is this program that still waits for it, and no other"
        await asyncio.to_thread(far_end.tell, "speak")
        async with asyncio.timeout(60):
            while (number := await read_or_none(device)) is None:
                pass
        assert number == "999999199003070012"
    finally:
        far_end.tell("speak")
        far_end.tell("remove")
        await device.close()


async def test_a_hospitals_own_card(far_end):
    number = re.compile(r"H[0-9]{7}")
    device = await enabled(far_end, memory=MemoryCard(number, 4, bytes.fromhex("A0A1A2A3A4A5")))
    try:
        assert await device.wait_removed(20)
        far_end.tell("insert", kind="mifare", block="H0000042")
        assert await device.read(20) == HospitalCard("H0000042")
        assert (await device.read_uid(5)).hex() == "04a1b2c3"
        far_end.tell("change", kind="mifare", block="X")
        with pytest.raises(DeviceError) as caught:
            await device.read(5)
        assert caught.value.error == "bad_document"
        far_end.tell("change", kind="mifare", key="FFFFFFFFFFFF")
        with pytest.raises(DeviceError, match="without its key") as caught:
            await device.read(5)
        assert caught.value.error == "authentication"
    finally:
        await device.close()
    by_uid = await enabled(far_end, social=False, memory=MemoryCard(re.compile("[0-9A-F]{8}")))
    try:
        assert await by_uid.read(20) == HospitalCard("04A1B2C3")
    finally:
        await by_uid.close()
    social_only = await enabled(far_end)
    try:
        for _ in range(20):  # the service may let go of the card a moment after the reader before was closed
            with pytest.raises(DeviceError) as caught:
                await social_only.read(20)
            if caught.value.error != "claimed":
                break
        assert caught.value.error == "wrong_card"
    finally:
        await social_only.close()


async def test_the_service_goes_and_comes_back(far_end):
    device = ChipCardReader("chip-card", far_end.url, timing=PATIENT)
    async with Supervisor([device], pace=Pace(first=0.05, longest=0.1)) as supervisor:
        async with asyncio.timeout(60):
            assert await supervisor.device("chip-card") is device
            events = supervisor.events()
            assert await device.wait_removed(20)
            waiting = asyncio.create_task(device.wait_for_card(60))
            await asyncio.to_thread(far_end.tell, "unplug")
            with pytest.raises(DeviceError) as caught:
                await waiting
            assert caught.value.error in {"gone", "no_service"}
            async for event in events:
                if event.kind == "gone":
                    break
            with pytest.raises(DeviceError, match=r"pcscd\) does not run.*systemctl start") as caught:
                await ChipCardReader("other", far_end.url, timing=PATIENT).open()
            assert (caught.value.code, caught.value.error) == (CompletionCode.DEVICE_NOT_READY, "no_service")
            await asyncio.to_thread(far_end.tell, "plug")
            async for event in events:
                if event.kind == "back":
                    break
            far_end.tell("insert", document=WANG)
            assert (await device.read(20)).name == "王芳"
