"""Whatever goes wrong, and whenever: what is said of a ticket is what came out of the printer, and is said in time."""

import asyncio
import contextlib
import functools
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import DeviceError, PrintOutcome
from drivers.faults import Fault
from drivers.receipt_printer.document import Document, Text
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.simulator.paper import Paper
from drivers.receipt_printer.simulator.printer import Make, SimulatedPrinter
from tests.drivers.same_loop import RELAXED, later, run, served

TICKET = Document((Text("A1", size="number"), Text("B2", size="title")))
LONGEST = 120.0
"""Seconds: every wait of one ticket together, and some."""


@dataclass(frozen=True)
class Story:
    """What happens to one ticket."""

    faults: list
    profile: str = "80mm"
    mode: str = "raster"
    cancel_after: float | None = None
    unplug_after: float | None = None
    unplugged_for: float = 5.0
    off_after: float | None = None
    mend_after: float | None = None


class WatchedPaper(Paper):
    """Remembers the inked rows of each piece that was cut off."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.pieces, self.last_ink = [], 0

    def cut(self, *, partial):
        self.pieces.append(self.inked())
        self.last_ink = max((at for at, row in enumerate(self._rows) if any(row)), default=self.last_ink)
        return super().cut(partial=partial)

    def inked(self):
        return [row for row in self._rows if any(row)]


def struck(action, on, after, value=None):
    return st.builds(Fault, st.just(action), on, after, st.integers(1, 3), st.none() if value is None else value)


ROWS = st.integers(0, 260)
ANSWERS = st.sampled_from(["status", "automatic", "sensor", "process_id", "cleared", "any"])
SECONDS = st.floats(0.1, 15)
FAULTS = st.one_of(
    *(
        struck(action, st.just("row"), ROWS)
        for action in ("paper_out", "cover_open", "head_hot", "unrecoverable", "near_end")
    ),
    struck("cutter_jam", st.just("cut"), st.integers(0, 1), st.none() | st.just(1.0)),
    struck("cover_open", st.just("cut"), st.just(0)),
    struck("lose_job", st.just("job"), st.just(0)),
    *(
        struck(action, ANSWERS, st.integers(0, 4))
        for action in ("mute", "half_frame", "garbage_prefix", "bad_checksum", "byte_by_byte")
    ),
    struck("late", ANSWERS, st.integers(0, 4), SECONDS),
    struck("close_line", ANSWERS, st.integers(0, 4), SECONDS),
)
MOMENTS = st.none() | st.floats(0, 4)
STORIES = st.builds(
    Story,
    faults=st.lists(FAULTS, max_size=3),
    profile=st.sampled_from(sorted(PROFILES)),
    mode=st.sampled_from(["raster", "text"]),
    cancel_after=MOMENTS,
    unplug_after=MOMENTS,
    unplugged_for=SECONDS,
    off_after=MOMENTS,
    mend_after=st.none() | st.floats(0, 20),
)


async def mended(device):
    for verb, state in (("paper", "load"), ("cover", "closed"), ("cutter", "free"), ("head", "cool")):
        await device.control(verb, {"state": state})


async def tell_it(story):
    """Print through a story.

    Returns:
        How that ended; the inked rows of every piece of paper; how long it took; which row was the last with ink.
    """
    loop = asyncio.get_running_loop()
    profile = PROFILES[story.profile]
    device = SimulatedPrinter(Make(profile.paper_mm, profile.speed_mm_s, basic=not profile.process_id))
    device.paper = WatchedPaper(profile.paper_mm, profile.dots, None)
    async with served(device) as (simulator, url):
        printer = EscPosPrinter("printer", url, profile, mode=story.mode)
        await printer.open()
        await printer.claim(1)
        await printer.enable()
        for fault in story.faults:
            device.faults.set(fault)

        async def unplug():
            await simulator._carry_out("unplug", {})
            await asyncio.sleep(story.unplugged_for)
            await simulator._carry_out("plug", {})

        async def switch_off_and_on():
            await device.control("power_cycle", {})
            await unplug()

        happenings = [
            asyncio.create_task(later(after, step))
            for after, step in (
                (story.cancel_after, printer.cancel),
                (story.unplug_after, unplug),
                (story.off_after, switch_off_and_on),
                (story.mend_after, functools.partial(mended, device)),
            )
            if after is not None
        ]
        began = loop.time()
        result = await printer.print(TICKET, job="ticket")
        took = loop.time() - began
        await asyncio.gather(*happenings)
        # What the printer still holds comes out now, if it does at all.
        device.faults.clear()
        await mended(device)
        await asyncio.sleep(30)
        with contextlib.suppress(DeviceError):
            await printer.close()
        return result, [*device.paper.pieces, device.paper.inked()], took, device.paper.last_ink


def told(story):
    return run(tell_it(story))


@functools.cache
def whole_ticket(profile, mode):
    """A ticket to which nothing happens: its inked rows, and which of all rows is the last of them."""
    result, pieces, _, last = told(Story([], profile, mode))
    assert result.outcome is PrintOutcome.DONE
    return next(piece for piece in pieces if piece), last


def is_honest(story):
    result, pieces, took, _ = told(story)
    came_out = pieces.count(whole_ticket(story.profile, story.mode)[0])
    assert came_out <= 1, f"it came out twice: {result}"
    if result.outcome is PrintOutcome.DONE:
        assert came_out, f"said to be printed, and was not: {result}"
    if result.outcome is PrintOutcome.NOT_DONE:
        assert not came_out, f"said not to be printed, and was: {result}"
    assert took < LONGEST, f"it took {took:.0f} s: {result}"


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("mode", ["raster", "text"])
def test_a_story_in_which_nothing_happens(profile, mode):
    assert whole_ticket(profile, mode)


@pytest.mark.parametrize("mode", ["raster", "text"])
def test_paper_that_ends_below_the_last_ink_denies_no_ticket(mode):
    rows, last = whole_ticket("58mm", mode)
    for missing, outcome in ((-40, PrintOutcome.NOT_DONE), (1, PrintOutcome.UNKNOWN), (3, PrintOutcome.UNKNOWN)):
        result, pieces, *_ = told(Story([Fault("paper_out", "row", last + missing)], "58mm", mode))
        assert (result.outcome, pieces.count(rows)) == (outcome, int(missing > 0))


@given(STORIES)
@settings(max_examples=6, **RELAXED)
def test_what_is_said_is_what_came_out(story):
    is_honest(story)


@pytest.mark.slow
@given(STORIES)
@settings(max_examples=400, **RELAXED)
def test_what_is_said_is_what_came_out_whatever_happens(story):
    is_honest(story)
