"""The driver against the simulator's process, over a pty and (slow: all of it) over TCP: every fault at the wire."""

import asyncio
from datetime import date

import pytest

from drivers.device import CompletionCode, DeviceError, DeviceState, HealthLevel, Lifecycle
from drivers.identity_card.driver import ResidentIdReader, Timing
from drivers.identity_card.simulator import write_card
from tests.drivers.conftest import spewing, taken_into_use

PATIENT = Timing(margin=10.0, poll=0.02, gap=0.3)
"""Where an answer comes: a busy machine must not look like a mute reader."""
IMPATIENT = Timing(margin=0.4, poll=0.02, gap=0.3)
"""Where none comes: the test waits for the deadline."""


async def enabled(reader, timing):
    return await taken_into_use(ResidentIdReader("id-card", reader.url, timing=timing))


@pytest.fixture
async def device(reader):
    device = await enabled(reader, PATIENT)
    yield device
    await device.close()


@pytest.fixture
async def impatient(reader):
    device = await enabled(reader, IMPATIENT)
    yield device
    await device.close()


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
async def test_it_reads_a_card(device, reader):
    reader.tell("lay", document={"name": "王秀英", "sex": "2", "birth": "19560229", "valid_to": "长期"})
    document = await device.read(5)
    assert (document.name, document.birth, document.valid_to) == ("王秀英", date(1956, 2, 29), None)
    assert reader.tell("status")["card"] == "read"


@pytest.mark.parametrize("kind", ["foreigner_2017", "hong_kong_macau_taiwan", "foreigner_2023"])
async def test_it_reads_every_kind_of_card(device, reader, kind):
    reader.tell("lay", document={"kind": kind})
    assert (await device.read(5)).kind == kind


async def test_enabling_asks_for_the_readers_number(device):
    assert device.lifecycle is Lifecycle.ENABLED
    assert device.info.serial == "05000100" + "E5D63401" + "6712000000000000"


async def test_without_a_card_reading_ends_in_time(device):
    with pytest.raises(DeviceError) as caught:
        await device.read(0.05)
    assert (caught.value.code, caught.value.error) == (CompletionCode.TIMEOUT, "no_media")
    assert not await device.wait_for_card(0.0)


async def test_it_waits_for_the_card(device, reader):
    before = asked(reader, "find")
    waiting = asyncio.create_task(device.wait_for_card(60))
    await asked_again(reader, "find", before)
    reader.tell("lay")
    assert await waiting


def asked(reader, command):
    return reader.tell("status")["asked"].get(command, 0)


async def asked_again(reader, command, before):
    """Wait until the driver has put a command once more than ``before``; each turn asks the simulator."""
    async with asyncio.timeout(60):
        while await asyncio.to_thread(asked, reader, command) == before:
            pass


async def test_a_card_that_stays_must_be_removed_first(device, reader):
    reader.tell("lay")
    await device.read(5)
    for command in (device.read, device.wait_for_card):
        with pytest.raises(DeviceError) as caught:
            await command(5)
        assert (caught.value.code, caught.value.error) == (CompletionCode.USER_ERROR, "card_not_removed")
    assert not await device.wait_removed(0.05)
    before = asked(reader, "read_added_address")
    removing = asyncio.create_task(device.wait_removed(60))
    await asked_again(reader, "read_added_address", before)
    reader.tell("remove")
    assert await removing
    reader.tell("lay", document={"name": "下一位"})
    assert (await device.read(5)).name == "下一位"


async def test_the_address_that_was_added_is_read_while_the_card_lies_there(device, reader):
    with pytest.raises(DeviceError) as caught:
        await device.read_added_address()
    assert caught.value.error == "no_media"
    reader.tell("lay", added_address="北京市样本路3号")
    await device.read(5)
    assert await device.read_added_address() == "北京市样本路3号"
    reader.tell("remove")
    with pytest.raises(DeviceError) as caught:
        await device.read_added_address()
    assert caught.value.error == "no_media"
    reader.tell("lay")
    await device.read(5)
    assert await device.read_added_address() is None
    reader.tell("remove")
    reader.tell("lay", added_address="")
    await device.read(5)
    with pytest.raises(DeviceError) as caught:
        await device.read_added_address()
    assert caught.value.error == "bad_document"


async def test_the_next_card_is_found_though_nobody_waited_for_removal(device, reader):
    reader.tell("lay", added_address="北京市样本路3号")
    await device.read(5)
    assert not await device.wait_removed(0.0)
    reader.tell("remove")
    reader.tell("lay")
    assert await device.wait_for_card(5)
    assert not await device.wait_removed(0.0), "found, not read: it still lies there"
    reader.tell("remove")
    assert await device.wait_removed(5)


@pytest.mark.parametrize("on", ["find", "select", "read"])
@pytest.mark.parametrize("action", ["garbage_prefix", "bad_checksum", "half_frame", "false_length"])
async def test_damage_is_survived_once(device, reader, on, action):
    reader.tell("lay")
    reader.tell("fault", action=action, on=on)
    assert (await device.read(5)).kind == "resident"


@pytest.mark.parametrize("value", [5, 0x100, 2314])
async def test_a_length_that_is_false_but_possible_is_survived(device, reader, value):
    reader.tell("lay")
    reader.tell("fault", action="false_length", on="select", value=value)
    assert (await device.read(5)).kind == "resident"


@pytest.mark.parametrize("action", ["bad_checksum", "half_frame"])
async def test_damage_that_stays_is_an_error(device, reader, action):
    reader.tell("lay")
    reader.tell("fault", action=action, on="select", times=0)
    with pytest.raises(DeviceError) as caught:
        await device.read(5)
    assert (caught.value.code, caught.value.error) == (CompletionCode.HARDWARE_ERROR, "garbled")


@pytest.mark.parametrize(("action", "value"), [("byte_by_byte", None), ("slow", 57600), ("late", 0.3)])
async def test_slow_answers_are_waited_for(device, reader, action, value):
    reader.tell("lay")
    reader.tell("fault", action=action, on="read", value=value)
    assert (await device.read(5)).kind == "resident"


async def test_a_mute_reader_is_a_timeout_and_not_well(impatient, reader):
    reader.tell("fault", action="mute", on="find")
    with pytest.raises(DeviceError) as caught:
        await impatient.read(5)
    assert (caught.value.code, caught.value.error) == (CompletionCode.TIMEOUT, "timeout")
    reader.tell("fault", action="mute", on="status")
    report = await impatient.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state, report.findings) == (False, DeviceState.UNKNOWN, ("timeout",))
    assert (await impatient.check_health(HealthLevel.INTERNAL)).healthy


async def test_a_late_answer_is_not_taken_for_the_next_ones(impatient, reader):
    reader.tell("lay")
    reader.tell("fault", action="late", on="find", value=1.2)
    with pytest.raises(DeviceError) as caught:
        await impatient.wait_for_card(5)
    assert caught.value.error == "timeout"
    assert (await impatient.read(5)).kind == "resident"


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
async def test_a_cancelled_read_leaves_the_line_clean(device, reader):
    reader.tell("lay")
    reader.tell("fault", action="late", on="read", value=1.0)
    before = asked(reader, "read")
    reading = asyncio.create_task(device.read(5))
    await asked_again(reader, "read", before)
    assert not reading.done()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    reader.tell("remove")
    reader.tell("lay", document={"name": "别人"})
    assert (await device.read(5)).name == "别人"


@pytest.mark.parametrize("on", ["select", "read"])
async def test_a_card_pulled_away_gives_no_partial_patient(device, reader, on):
    reader.tell("lay")
    reader.tell("fault", action="pulled", on=on)
    with pytest.raises(DeviceError) as caught:
        await device.read(5)
    assert (caught.value.code, caught.value.error) == (CompletionCode.COMMAND_ERROR, "no_media")
    reader.tell("lay")
    assert (await device.read(5)).kind == "resident"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (0x10, "garbled"),
        (0x21, "unsupported"),
        (0x31, "authentication"),
        (0x33, "verification"),
        (0x40, "wrong_card"),
        (0x41, "no_media"),
        (0x47, "security_module"),
        (0x66, "unauthorised"),
        (0x99, "unknown"),
    ],
)
async def test_the_readers_refusals_are_told_apart(device, reader, status, error):
    reader.tell("lay")
    reader.tell("fault", action="refuse", on="read", value=status)
    with pytest.raises(DeviceError) as caught:
        await device.read(5)
    assert caught.value.error == error
    assert caught.value.message.endswith(".")


async def test_bad_data_on_a_card_identifies_nobody(device, reader):
    card = bytearray(write_card({"name": "王芳"}))
    card[122 + 34] = ord("0") if card[122 + 34] != ord("0") else ord("1")
    reader.tell("lay", text=card.hex())
    with pytest.raises(DeviceError) as caught:
        await device.read(5)
    assert (caught.value.code, caught.value.error) == (CompletionCode.INVALID_DATA, "bad_document")
    assert "王芳" not in str(caught.value)
    with pytest.raises(DeviceError) as caught:
        await device.read(5)
    assert caught.value.error == "card_not_removed"


async def test_waiting_that_is_cancelled_is_not_a_timeout(device, reader):
    before = asked(reader, "find")
    waiting = asyncio.create_task(device.read(60))
    await asked_again(reader, "find", before)
    assert await device.cancel()
    with pytest.raises(DeviceError) as caught:
        await waiting
    assert (caught.value.code, caught.value.error) == (CompletionCode.CANCELED, "canceled")
    reader.tell("lay")
    assert (await device.read(5)).kind == "resident"


async def test_each_level_of_the_check_goes_deeper(device, reader, monkeypatch):
    assert (await device.check_health(HealthLevel.INTERNAL)).findings == ("answers", "self_test")
    assert (await device.check_health(HealthLevel.EXTERNAL)).findings == ("answers", "self_test", "no_card")
    reader.tell("lay")
    assert (await device.check_health(HealthLevel.EXTERNAL)).findings[-1] == "card"
    report = await device.check_health(HealthLevel.INTERACTIVE)
    assert (report.healthy, report.findings[-1]) == (True, "card_read")
    reader.tell("remove")
    monkeypatch.setattr("drivers.identity_card.driver.INTERACTIVE_LIMIT", 0.01)
    report = await device.check_health(HealthLevel.INTERACTIVE)
    assert (report.healthy, report.findings[-1], report.state) == (None, "no_media", DeviceState.ONLINE)


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
async def test_unplugged_during_a_command(device, reader):
    reader.tell("lay")
    reader.tell("fault", action="close_line", on="select")
    with pytest.raises(DeviceError) as caught:
        await device.read(5)
    assert caught.value.error == "gone"
    assert device.lifecycle is Lifecycle.CLOSED
    report = await device.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state) == (False, DeviceState.NO_DEVICE)


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
async def test_unplugged_between_commands_is_noticed_by_the_health_check(device, reader):
    reader.tell("unplug")
    assert not (await device.check_health(HealthLevel.INTERNAL)).healthy
    assert device.lifecycle is Lifecycle.CLOSED


async def test_noise_without_end_is_an_error_in_time_and_holds_up_nobody():
    async with spewing(b"\xaa\xaa\xaa\x96\x69\x00\x10noise") as url:
        device = ResidentIdReader("id-card", url, timing=Timing(patience=0.1, margin=0.1))
        await device.open()
        with pytest.raises(DeviceError) as caught:
            await device.read(1)
        assert caught.value.error == "garbled"
        await device.close()


async def test_a_slow_line_is_given_the_time_it_needs(start_simulator):
    # 1,295 bytes at 9,600 baud take 1.35 s: longer than this reader is given to think and more.
    slow = start_simulator("drivers.identity_card.simulator", "--tcp", "127.0.0.1:0", "--baud", "9600")
    assert slow.url.endswith("?baud=9600")
    slow.tell("lay")
    device = ResidentIdReader("id-card", slow.url, timing=Timing(patience=0.5, margin=0.5, gap=2.0))
    await device.open()
    assert (await device.read(5)).kind == "resident"
    await device.close()


async def test_commands_are_carried_out_in_the_order_they_were_asked(device, reader):
    reader.tell("lay")
    first = asyncio.create_task(device.read(5))
    second = asyncio.create_task(device.wait_removed(0.0))
    assert (await first).kind == "resident"
    assert not await second


async def test_a_closed_reader_says_so(reader):
    device = ResidentIdReader("id-card", reader.url, timing=PATIENT)
    with pytest.raises(DeviceError) as caught:
        await device.read(1)
    assert caught.value.code is CompletionCode.SEQUENCE_ERROR
    with pytest.raises(DeviceError):
        await device.claim(1)
    await device.open()
    with pytest.raises(DeviceError) as caught:
        await device.enable()
    assert caught.value.error == "not_claimed"
    await device.close()
    await device.close()


async def test_a_mute_reader_is_never_enabled(reader):
    reader.tell("fault", action="mute", on="status")
    device = ResidentIdReader("id-card", reader.url, timing=IMPATIENT)
    await device.open()
    await device.claim(1)
    with pytest.raises(DeviceError) as caught:
        await device.enable()
    assert caught.value.error == "timeout"
    assert device.lifecycle is Lifecycle.CLAIMED
    await device.close()
