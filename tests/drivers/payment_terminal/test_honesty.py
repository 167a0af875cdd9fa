"""Whatever goes wrong, and whenever: what is said of the money is what the terminal booked, and it is said in time."""

import asyncio
import contextlib
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import DeviceError
from drivers.faults import Fault
from drivers.payment_terminal.driver import ZvtTerminal
from drivers.payment_terminal.port import PaymentOutcome
from drivers.payment_terminal.simulator import SimulatedTerminal
from drivers.simulator import ControlError
from tests.drivers.same_loop import RELAXED, later, run, served

FEN = 1250
LONGEST = 900.0
"""Seconds: every wait of one payment together, and some."""


@dataclass(frozen=True)
class Story:
    """What happens to one payment."""

    faults: list
    blocks: bool = False
    manual: bool = False
    card_after: float | None = None
    stop_after: float | None = None
    cancel_after: float | None = None
    unplug_after: float | None = None
    unplugged_for: float = 5.0


COMMANDS = st.sampled_from(["register", "pay", "last", "health", "stop"])
MESSAGES = st.sampled_from(["pay_taken", "pay_doing", "pay_result", "pay_line", "pay_done", "last_result", "any"])
SECONDS = st.floats(0.1, 40)


def struck(action, on, value=None):
    return st.builds(
        Fault, st.just(action), on, st.integers(0, 2), st.integers(1, 4), st.none() if value is None else value
    )


FAULTS = st.one_of(
    struck("mute", st.one_of(COMMANDS, MESSAGES)),
    struck("close_line", st.one_of(COMMANDS, MESSAGES), SECONDS),
    struck("refuse", COMMANDS, st.sampled_from([0x9C, 0x6C, 0x83])),
    struck("decline", st.just("pay"), st.sampled_from([0x05, 0x6C, 0x7D])),
    struck("no_result", st.just("pay")),
    *(struck(action, MESSAGES) for action in ("half_frame", "garbage_prefix", "bad_checksum", "byte_by_byte")),
    struck("late", MESSAGES, SECONDS),
)
MOMENTS = st.none() | st.floats(0, 60)
STORIES = st.builds(
    Story,
    faults=st.lists(FAULTS, max_size=3),
    blocks=st.booleans(),
    manual=st.booleans(),
    card_after=MOMENTS,
    stop_after=MOMENTS,
    cancel_after=MOMENTS,
    unplug_after=MOMENTS,
    unplugged_for=SECONDS,
)


async def tell_it(story):
    """Pay through a story; return how that ended, what was booked, and how long it took."""
    loop = asyncio.get_running_loop()
    device = SimulatedTerminal(blocks=story.blocks, manual=story.manual)
    async with served(device) as (simulator, url):
        terminal = ZvtTerminal("terminal", url, blocks=story.blocks)
        await terminal.open()
        await terminal.claim(1)
        await terminal.enable()
        for fault in story.faults:
            device.faults.set(fault)

        async def unplug():
            await simulator._carry_out("unplug", {})
            await asyncio.sleep(story.unplugged_for)
            await simulator._carry_out("plug", {})

        async def done_by_hand(verb):
            with contextlib.suppress(ControlError):  # nothing waits for it
                await device.control(verb, {})

        happenings = [
            asyncio.create_task(later(after, step))
            for after, step in (
                (story.card_after, lambda: done_by_hand("card")),
                (story.stop_after, lambda: done_by_hand("stop")),
                (story.cancel_after, terminal.cancel),
                (story.unplug_after, unplug),
            )
            if after is not None
        ]
        began = loop.time()
        try:
            result = await terminal.authorise(FEN, "visit")
        except DeviceError as failure:  # before anything was sent
            result = failure
        took = loop.time() - began
        await asyncio.gather(*happenings)
        device.faults.clear()
        await done_by_hand("card")  # whoever still waits for one gets it
        await asyncio.sleep(60)
        await terminal.close()
        return result, [one.fen for one in device._transactions if one.code == 0], took


def is_honest(story):
    result, booked, took = run(tell_it(story))
    assert len(booked) <= 1, f"paid twice: {result}"
    assert took < LONGEST, f"it took {took:.0f} s: {result}"
    outcome = PaymentOutcome.NOT_DONE if isinstance(result, DeviceError) else result.outcome
    if outcome is PaymentOutcome.DONE:
        assert booked == [FEN], f"said to be paid, and was not: {result}"
    if outcome is PaymentOutcome.NOT_DONE:
        assert not booked, f"said not to be paid, and was: {result}"


@pytest.mark.parametrize("blocks", [False, True])
def test_a_story_in_which_nothing_happens(blocks):
    result, booked, _ = run(tell_it(Story([], blocks)))
    assert (result.outcome, booked) == (PaymentOutcome.DONE, [FEN])


@given(STORIES)
@settings(max_examples=10, **RELAXED)
def test_what_is_said_is_what_was_booked(story):
    is_honest(story)


@pytest.mark.slow
@given(STORIES)
@settings(max_examples=500, **RELAXED)
def test_what_is_said_is_what_was_booked_whatever_happens(story):
    is_honest(story)
