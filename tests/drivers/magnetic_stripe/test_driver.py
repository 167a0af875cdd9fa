"""Stripe readers against their simulator, on a serial line and typing."""

import asyncio
import re

import pytest
import structlog

from drivers.device import CompletionCode, DeviceError
from drivers.magnetic_stripe.codec import Reading
from drivers.magnetic_stripe.driver import KeyboardStripe, SerialStripe
from drivers.registry import ConfigurationError, DeviceEntry, make_device
from drivers.scanner.driver import Timing
from tests.drivers.conftest import taken_into_use
from tests.drivers.magnetic_stripe.test_codec import TEST_PAN

BANK = {"track1": f"B{TEST_PAN}^SAMPLE/ANN^2912101", "track2": f"{TEST_PAN}=2912101"}


@pytest.fixture
async def stripe(far_end):
    device = await taken_into_use(SerialStripe("stripe", far_end.url, timing=Timing(idle=1.0)))
    yield device
    await device.close()


@pytest.fixture
async def typing(keyboard):
    url = f"input:{keyboard.url.removeprefix('serial:').partition('?')[0]}?grab=0"
    device = await taken_into_use(KeyboardStripe("stripe", url))
    yield device
    await device.close()


async def test_a_swipe_gives_the_number_and_nothing_else(stripe, far_end):
    async with stripe.listen() as listener:
        far_end.tell("swipe", track1="WANG/FANG", track2="00042=9912")
        scan = await listener.next(20)
    assert (scan.text, scan.symbology) == ("00042", "magnetic_stripe")
    assert "00042" not in repr(scan)
    assert (stripe.info.kind, stripe.info.driver) == ("magnetic_stripe", "serial_stripe")


async def test_a_refused_swipe_is_told_once_and_the_next_is_read(stripe, far_end):
    with structlog.testing.capture_logs() as logs:
        async with stripe.listen() as listener:
            for swipe, code, error in (
                (BANK, CompletionCode.USER_ERROR, "bank_card"),
                ({"track2": None}, CompletionCode.COMMAND_ERROR, "unreadable"),
                ({"track2": "0004200042000"}, CompletionCode.COMMAND_ERROR, "wrong_card"),
            ):
                far_end.tell("swipe", **swipe)
                with pytest.raises(DeviceError) as caught:
                    await listener.next(20)
                assert (caught.value.code, caught.value.error) == (code, error)
                assert not any(character.isdigit() for character in caught.value.message)
            far_end.tell("swipe", track2="00042")
            assert (await listener.next(20)).text == "00042"
    assert stripe.counts.refused == {"bank_card": 1, "unreadable": 1, "no_number": 1}
    assert TEST_PAN not in str(logs)
    assert "00042" not in str(logs)


async def test_tracks_that_are_ended_each_by_itself(stripe, far_end):
    async with stripe.listen() as listener:
        far_end.tell("swipe", track1="WANG/FANG", track2="00042", apart=True)
        assert (await listener.next(20)).text == "00042"
    assert stripe.counts.refused == {"other_track": 1}


async def test_a_swipe_while_nobody_listens_is_nobodys(stripe, far_end):
    far_end.tell("swipe", track2="00041")
    far_end.tell("swipe", **BANK)
    async with asyncio.timeout(60):
        while (stripe.counts.dropped, stripe.counts.refused) != (1, {"bank_card": 1}):
            await asyncio.to_thread(far_end.tell, "status")  # the driver reads meanwhile
    async with stripe.listen() as listener:
        far_end.tell("swipe", track2="00042")
        assert (await listener.next(20)).text == "00042"


async def test_check_characters(far_end):
    card = Reading((2,), re.compile("[0-9]+"), lrc=True)
    device = await taken_into_use(SerialStripe("stripe", far_end.url, card=card))
    try:
        async with device.listen() as listener:
            far_end.tell("swipe", track2="00042", lrc=True)
            assert (await listener.next(20)).text == "00042"
            far_end.tell("swipe", track2="00042")
            with pytest.raises(DeviceError, match="with a mistake") as caught:
                await listener.next(20)
            assert caught.value.error == "unreadable"
    finally:
        await device.close()


@pytest.mark.parametrize("action", ["split", "byte_by_byte", "slow"])
async def test_a_swipe_in_pieces_is_whole(stripe, far_end, action):
    far_end.tell("fault", action=action, on="scan", value=0.01 if action == "split" else None)
    async with stripe.listen() as listener:
        far_end.tell("swipe", track1="WANG/FANG", track2="00042")
        assert (await listener.next(20)).text == "00042"


async def test_swipes_that_come_together_are_two(stripe, far_end):
    far_end.tell("fault", action="merged", on="scan")
    async with stripe.listen() as listener:
        far_end.tell("swipe", track2="00042")
        far_end.tell("swipe", track2="00043")
        assert [(await listener.next(20)).text, (await listener.next(20)).text] == ["00042", "00043"]


async def test_half_a_swipe_is_none(stripe, far_end):
    async with stripe.listen() as listener:
        far_end.tell("fault", action="half_frame", on="scan")
        far_end.tell("swipe", track2="00042")
        with pytest.raises(DeviceError) as caught:
            await listener.next(1.5)
        assert caught.value.error == "no_scan"
        far_end.tell("swipe", track2="00043")
        assert (await listener.next(20)).text == "00043"


async def test_unplugged_while_somebody_listens(stripe, far_end):
    async with stripe.listen() as listener:
        far_end.tell("unplug")
        for _ in range(2):
            with pytest.raises(DeviceError) as caught:
                await listener.next(20)
            assert caught.value.error == "gone"


async def test_it_types_too(typing, keyboard):
    async with typing.listen() as listener:
        keyboard.tell("swipe", track1="WANG/FANG^A;B", track2="00042=9912")
        assert (await listener.next(20)).text == "00042"
        keyboard.tell("swipe", **BANK)
        with pytest.raises(DeviceError) as caught:
            await listener.next(20)
        assert caught.value.error == "bank_card"
    assert typing.info.driver == "keyboard_stripe"


def entry(driver="serial_stripe", **options):
    url = "input:by-id/usb-*-event-kbd" if driver == "keyboard_stripe" else "serial:by-id/usb-*"
    return DeviceEntry("stripe", "magnetic_stripe", driver, url, options=options)


def test_an_entry_becomes_its_driver():
    device = make_device(entry(tracks=[1, 2], number="H(?P<number>[0-9]+)", lrc=True, idle=0.5))
    assert isinstance(device, SerialStripe)
    assert device._card == Reading((1, 2), re.compile("H(?P<number>[0-9]+)"), lrc=True)
    assert isinstance(make_device(entry("keyboard_stripe", gap=0.02)), KeyboardStripe)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"colour": 1}, "has no option 'colour'"),
        ({"tracks": [4]}, r"tracks = \[4\] must be a list of 1, 2 and 3"),
        ({"tracks": []}, "tracks = "),
        ({"number": "("}, r"number = '\(' must be a regular expression"),
        ({"lrc": 1}, "lrc = 1 must be true or false"),
        ({"idle": 0}, "idle = 0 must be a number above 0"),
        ({"driver": "keyboard_stripe", "gap": 2}, "gap = 2.0 must be shorter than rest"),
    ],
)
def test_a_wrong_option_is_named(options, words):
    with pytest.raises(ConfigurationError, match=words):
        make_device(entry(**options))
