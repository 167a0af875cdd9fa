"""The driver on a line that does its worst: noise, damage, silence, and a plug that is pulled."""

import asyncio

import pytest

from drivers.device import DeviceError, DeviceState, HealthLevel, Lifecycle
from drivers.payment_terminal import codec
from drivers.payment_terminal.driver import ZvtTerminal
from drivers.payment_terminal.port import PaymentOutcome
from drivers.supervisor import Supervisor
from tests.drivers.conftest import tell
from tests.drivers.payment_terminal.conftest import IMPATIENT, PATIENT, booked, enabled

LONG = 60.0


@pytest.mark.parametrize("action", ["garbage_prefix", "byte_by_byte", "slow"])
async def test_noise_and_slowness_change_nothing(terminal, far_end, action):
    await tell(far_end, "fault", action=action, on="pay_result", times=0)
    result = await terminal.authorise(1250, "visit-1")
    assert result.outcome is PaymentOutcome.DONE


async def test_a_mute_terminal_is_not_enabled_and_not_well(far_end):
    await tell(far_end, "fault", action="mute", on="register", times=0)
    device = ZvtTerminal("terminal", far_end.url, timing=IMPATIENT)
    await device.open()
    await device.claim(1)
    with pytest.raises(DeviceError) as caught:
        await device.enable()
    assert caught.value.error == "timeout"
    await tell(far_end, "clear_fault")
    await device.enable()
    await tell(far_end, "fault", action="mute", on="health")
    report = await device.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state) == (False, DeviceState.UNKNOWN)
    await device.close()
    with pytest.raises(DeviceError) as caught:
        await device.authorise(1250, "visit-1")
    assert caught.value.error == "not_enabled"


async def test_the_supervisor_brings_it_back(far_end):
    device = ZvtTerminal("terminal", far_end.url, timing=PATIENT)
    async with Supervisor([device]) as supervisor:
        await asyncio.wait_for(supervisor.device("terminal"), LONG)
        await tell(far_end, "unplug")
        assert not (await device.check_health(HealthLevel.INTERNAL)).healthy
        await tell(far_end, "plug")
        supervisor.report_lost("terminal")
        async with asyncio.timeout(LONG):
            while device.lifecycle is not Lifecycle.ENABLED:
                await tell(far_end, "status")
        assert (await device.authorise(1250, "visit-1")).outcome is PaymentOutcome.DONE


@pytest.mark.parametrize("on", ["pay_taken", "pay_doing", "pay_result", "pay_line", "pay_done"])
async def test_a_damaged_block_is_asked_for_again(serial, on):
    async with enabled(serial, PATIENT) as device:
        await tell(serial, "fault", action="bad_checksum", on=on, times=2)
        assert (await device.authorise(1250, "visit-1")).outcome is PaymentOutcome.DONE
    assert await booked(serial) == [("pay", 1250, 0)]


async def test_a_terminal_refuses_a_wrong_checksum_and_the_driver_says_so(serial, monkeypatch):
    async with enabled(serial, PATIENT) as device:
        before = (await tell(serial, "status"))["refused"]
        right = codec.crc16
        wrong = []

        def crc16(data):
            if data[:2] == b"\x06\x01":
                wrong.append(data)
                return right(data) ^ 1
            return right(data)

        monkeypatch.setattr(codec, "crc16", crc16)
        result = await device.authorise(1250, "visit-1")
        assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, "garbled")
        assert "refuses what is sent to it as damaged" in result.message
        assert wrong
        assert (await tell(serial, "status"))["refused"] == before + 3
        assert await booked(serial) == []
        assert device.unsettled is None


async def test_a_block_that_was_refused_once_is_sent_again_and_paid_once(serial):
    async with enabled(serial, PATIENT) as device:
        await tell(serial, "fault", action="nak", on="block", after=2, times=2)
        assert (await device.authorise(1250, "visit-1")).outcome is PaymentOutcome.DONE
    assert await booked(serial) == [("pay", 1250, 0)]


async def test_blocks_that_stay_damaged_leave_it_unknown_and_are_said(serial):
    async with enabled(serial, IMPATIENT) as device:
        await device.authorise(500, "visit-0")
        await tell(serial, "fault", action="bad_checksum", on="pay_result", times=0)
        await tell(serial, "fault", action="bad_checksum", on="last_result", after=1, times=0)
        result = await device.authorise(1250, "visit-1")
        assert result.outcome is PaymentOutcome.UNKNOWN
        assert result.error == "garbled"
        await tell(serial, "clear_fault")
        assert device.lifecycle is Lifecycle.CLOSED, "a line that only fails is given up"
        await device.open()
        await device.claim(1)
        await device.enable()
        assert (await device.enquire(result.attempt)).outcome is PaymentOutcome.DONE
