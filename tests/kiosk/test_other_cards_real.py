"""The kiosk's port on the real drivers: the card service with a virtual card, and a simulated stripe reader."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import date

import pytest

from drivers.chip_card.driver import ChipCardReader, Timing
from drivers.device import DeviceError, DeviceState, MediaState
from drivers.magnetic_stripe.driver import SerialStripe
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.supervisor import Pace, Supervisor
from kiosk.other_cards import DriverCards, make_other_cards
from kiosk.ports import Shown
from tests.card_service import CARD_SERVICE, set_to_rights
from tests.drivers.conftest import SimulatorProcess, tell

LIMIT = 60
TODAY = date(2026, 9, 1)
BANK = {"track2": "4111111111111111=2912101"}


@pytest.fixture(scope="module")
def _card(tmp_path_factory):
    yield CARD_SERVICE.begin(tmp_path_factory.mktemp("pcsc"))
    CARD_SERVICE.end()


@pytest.fixture(scope="module")
def _stripe(tmp_path_factory):
    simulator = SimulatorProcess(
        "drivers.magnetic_stripe.simulator", "--link", str(tmp_path_factory.mktemp("line") / "stripe"), "--fast"
    )
    yield simulator
    assert simulator.end() == 0


@pytest.fixture
def card(_card):
    return set_to_rights(_card)


@pytest.fixture
def stripe(_stripe):
    _stripe.tell("clear_fault")
    _stripe.tell("plug")
    return _stripe


@contextlib.asynccontextmanager
async def cards_of(card=None, stripe=None):
    """The port on these far ends."""
    chip = card and ChipCardReader("chip-card", card.url, timing=Timing(answer=20.0, settle=10.0))
    swiper = stripe and SerialStripe("stripe", stripe.url)
    async with Supervisor([one for one in (chip, swiper) if one], pace=Pace(first=0.05, longest=0.1)) as supervisor:
        async with asyncio.timeout(LIMIT):
            for one in (chip, swiper):
                if one is not None:
                    await supervisor.device(one.info.name)
        if chip is not None:  # the last test's card is seen for a moment yet
            await until("the reader without its card", lambda: no_card(chip), lambda: tell(card, "status"))
        yield DriverCards(chip, swiper, supervisor, lambda: TODAY)


async def until(what, holds, look):
    """Look by awaiting ``look()`` until ``holds()``; say ``what`` did not come."""
    try:
        async with asyncio.timeout(LIMIT / 2):
            while not holds():
                await look()
    except TimeoutError:
        pytest.fail(f"{what}: not within {LIMIT / 2} seconds")


async def taken_out(card, cards):
    """Take the card out, and have it noticed."""
    await tell(card, "remove")
    await until("the reader without its card", lambda: no_card(cards._chip), lambda: tell(card, "status"))


def no_card(chip):
    return chip.media is MediaState.NOT_PRESENT


async def test_a_social_security_card_is_shown_and_has_to_be_taken(card, stripe):
    async with cards_of(card, stripe) as cards, asyncio.timeout(LIMIT):
        assert cards.ways == {"social", "hospital"}
        assert [(part.kind, part.state) for part in cards.parts] == [
            ("chip_card", DeviceState.ONLINE),
            ("magnetic_stripe", DeviceState.ONLINE),
        ]
        showing = asyncio.create_task(cards.shown())
        await tell(card, "insert", document={"name": "王芳", "sex": "2"})
        assert await showing == Shown("id_card", "999999199003070020", "王芳", stays=True)
        assert not await cards.wait_removed(0)
        await tell(card, "remove")
        assert await cards.wait_removed(LIMIT)


@pytest.mark.parametrize(("valid_to", "expired"), [("20260831", True), ("20260901", False), ("00000000", False)])
async def test_whether_a_social_security_card_has_expired_is_read_from_it(card, valid_to, expired):
    async with cards_of(card) as cards, asyncio.timeout(LIMIT):
        await tell(card, "insert", document={"valid_to": valid_to})
        assert (await cards.shown()).expired is expired


async def test_a_card_that_could_not_be_read_is_not_tried_again_before_it_was_out(card):
    async with cards_of(card) as cards, asyncio.timeout(LIMIT):
        assert cards.ways == {"social"}
        await tell(card, "insert", kind="other")
        with pytest.raises(DeviceError) as caught:
            await cards.shown()
        assert caught.value.error == "wrong_card"
        before = (await tell(card, "status"))["asked"]
        showing = asyncio.create_task(cards.shown())
        for _ in range(20):
            assert (await tell(card, "status"))["asked"] == before
        assert not showing.done()
        await taken_out(card, cards)
        await tell(card, "insert", document={"name": "李雷"})
        assert (await showing).name == "李雷"


async def test_the_last_patients_card_is_nobodys(card):
    async with cards_of(card) as cards, asyncio.timeout(LIMIT):
        await tell(card, "insert", document={"name": "上一位"})
        assert (await cards.shown()).name == "上一位"
        cards.forget()
        before = (await tell(card, "status"))["asked"]
        showing = asyncio.create_task(cards.shown())
        for _ in range(20):
            assert (await tell(card, "status"))["asked"] == before
        await taken_out(card, cards)
        await tell(card, "insert", document={"name": "下一位"})
        assert (await showing).name == "下一位"


async def test_a_stripe_is_shown_and_a_bank_card_is_told(stripe):
    async with cards_of(stripe=stripe) as cards, asyncio.timeout(LIMIT):
        assert (cards.ways, await cards.wait_removed(0)) == ({"hospital"}, True)
        for swipe, number in ((BANK, None), ({"track2": "8800000001"}, "8800000001")):
            showing = asyncio.create_task(cards.shown())
            await listening(cards)
            await tell(stripe, "swipe", **swipe)
            if number is None:
                with pytest.raises(DeviceError) as caught:
                    await showing
                assert caught.value.error == "bank_card"
            else:
                assert await showing == Shown("hospital_card", number)


async def listening(cards):
    """Wait until the port listens to the stripe reader: what was swiped before is nobody's."""
    await until("the port at the stripe reader", lambda: cards._stripe._ear is not None, lambda: asyncio.to_thread(int))


async def test_while_the_card_service_is_away_the_stripe_still_works(card, stripe):
    async with cards_of(card, stripe) as cards, asyncio.timeout(LIMIT):
        showing = asyncio.create_task(cards.shown())
        await listening(cards)
        await tell(card, "unplug")
        await until(
            "the card service away", lambda: "social" not in cards.ways, lambda: asyncio.to_thread(card.ask, "status")
        )
        assert not showing.done()
        await tell(stripe, "swipe", track2="8800000001")
        assert (await showing).value == "8800000001"
        showing = asyncio.create_task(cards.shown())
        await tell(card, "plug")
        await tell(card, "insert", document={"name": "王芳"})
        assert (await showing).name == "王芳"


def test_the_first_of_each_kind_is_used_and_others_drivers_are_refused():
    entries = [
        DeviceEntry("id", "identity_card", "resident_id", "tcp://127.0.0.1:1"),
        DeviceEntry("chip", "chip_card", "pcsc", "pcsc:*"),
        DeviceEntry("stripe", "magnetic_stripe", "serial_stripe", "serial:///dev/ttyS0"),
    ]
    chip, stripe = make_other_cards(entries)
    assert (chip.info.name, stripe.info.name) == ("chip", "stripe")
    assert make_other_cards(entries[:1]) == (None, None)
    wrong = DeviceEntry("x", "chip_card", "resident_id", "tcp://127.0.0.1:1")
    with pytest.raises(ConfigurationError):
        make_other_cards([wrong])
