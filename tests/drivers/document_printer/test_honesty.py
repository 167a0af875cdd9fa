"""Whatever goes wrong, and however often: what is said of the paper is what became of it, and it is said in time."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import PrintOutcome
from drivers.document_printer import driver
from drivers.document_printer.driver import DocumentPrinter
from drivers.document_printer.printing import PrintOptions
from drivers.document_printer.simulator import printer as printer_module
from drivers.document_printer.simulator.__main__ import PrinterServer
from drivers.document_printer.simulator.printer import Model
from drivers.faults import Fault
from tests.drivers.document_printer.conftest import QuickPdf
from tests.drivers.document_printer.samples import A4, pdf
from tests.drivers.same_loop import RELAXED, later, run, served

REQUESTS = ["printer", "validate", "create", "send", "print", "job", "jobs", "cancel", "any"]
LONGEST = 1200.0
"""Seconds: every wait of one printing together, and some."""


@dataclass(frozen=True)
class Story:
    """What happens to one printing."""

    faults: list
    creates: bool = True
    counts: bool = True
    times: bool = True
    overruns: bool = False
    queue: int = 5
    pages: int = 2
    copies: int = 1
    cancel_after: float | None = None
    restart_after: float | None = None
    unplug_after: float | None = None
    unplugged_for: float = 5.0
    stuck_for: float | None = None


def on_requests(action, values=None):
    counts = (st.integers(0, 2), st.integers(1, 3))
    return st.builds(
        Fault, st.just(action), st.sampled_from(REQUESTS), *counts, st.none() if values is None else values
    )


SECONDS = st.floats(0.1, 60)
FAULTS = st.one_of(
    on_requests("refuse", st.sampled_from([0x0507, 0x0400, 0x0406, 0x0500, 0x0506])),
    on_requests("http", st.sampled_from([500, 503, 404])),
    *(on_requests(action) for action in ("garbage", "lost", "mute", "half_frame", "bad_checksum", "garbage_prefix")),
    on_requests("torn", st.sampled_from([1, 200, 500])),
    on_requests("taken_for_whole", st.sampled_from([1, 400, 700])),
    on_requests("taken_and_refused", st.sampled_from([0x0504, 0x0508])),
    on_requests("late", SECONDS),
    on_requests("close_line", SECONDS),
    st.builds(
        Fault,
        st.sampled_from(["paper_out", "door", "jam", "toner_out"]),
        st.just("page"),
        st.integers(0, 3),
        st.integers(1, 2),
        st.none() | st.floats(1, 200),
    ),
    st.builds(
        Fault, st.sampled_from(["abort", "cancel_at_panel"]), st.just("page"), st.integers(0, 3), st.just(1), st.none()
    ),
)
STORIES = st.builds(
    Story,
    faults=st.lists(FAULTS, max_size=4),
    creates=st.booleans(),
    counts=st.booleans(),
    times=st.booleans(),
    overruns=st.booleans(),
    queue=st.sampled_from([0, 5]),
    pages=st.integers(1, 3),
    copies=st.integers(1, 2),
    cancel_after=st.none() | st.floats(0, 20),
    restart_after=st.none() | st.floats(0, 20),
    unplug_after=st.none() | st.floats(0, 20),
    unplugged_for=st.floats(1, 100),
    stuck_for=st.none() | st.floats(0, 300),
)


class WatchedPrinter(PrinterServer):
    """Remembers what came out of every job it ever had, also of those that it forgot."""

    def __init__(self, model):
        super().__init__(model)
        self.ever = []

    def _begin(self, name, request, document):
        known = set(self._jobs)
        said = super()._begin(name, request, document)
        self.ever += [job for number, job in self._jobs.items() if number not in known]
        return said


async def tell_it(story):
    """Print through a story.

    Returns:
        How that ended; the sides that came out of each job; how long it took.
    """
    loop = asyncio.get_running_loop()
    document = pdf(*[A4] * story.pages)
    model = Model(
        creates=story.creates, counts=story.counts, times=story.times, overruns=story.overruns, queue=story.queue
    )
    server = WatchedPrinter(model)
    async with served(server) as (simulator, url):
        printer = DocumentPrinter("printer", url)
        await printer.open()
        await printer.claim(1)
        await printer.enable()
        for fault in story.faults:
            server.faults.set(fault)

        async def unplug():
            await simulator._carry_out("unplug", {})
            await asyncio.sleep(story.unplugged_for)
            await simulator._carry_out("plug", {})

        async def restart():
            await server.control("restart", {})

        async def let_go():
            await simulator._carry_out("clear_fault", {"action": "stop_reading"})

        if story.stuck_for is not None:
            server.faults.set(Fault("stop_reading", times=0))
        happenings = [
            asyncio.create_task(later(after, step))
            for after, step in (
                (story.cancel_after, printer.cancel),
                (story.restart_after, restart),
                (story.unplug_after, unplug),
                (story.stuck_for, let_go),
            )
            if after is not None
        ]
        began = loop.time()
        result = await printer.print(document, job="report", options=PrintOptions(copies=story.copies))
        took = loop.time() - began
        # What the printer still holds comes out now, if it does at all.
        await asyncio.gather(*happenings)
        server.faults.clear()
        await server.control("mend", {})
        await asyncio.sleep(100)
        await printer.close()
        return result, [job.out for job in server.ever], took


class CountedPages:
    """A printer that prints what it got, even where its end is missing."""

    def __init__(self, content, _kind):
        self.count = content.count(b"/Type /Page /Parent")

    def __len__(self):
        return self.count


def told(story):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "OpenPdf", QuickPdf)
        patch.setattr(printer_module, "Pages", CountedPages)
        return run(tell_it(story))


def is_honest(story):
    result, out, took = told(story)
    whole = story.pages * story.copies
    assert sum(sides > 0 for sides in out) <= 1, f"sent twice: {result}"
    came_out = whole in out
    if result.outcome is PrintOutcome.DONE:
        assert came_out, f"said to be printed, and was not ({out}): {result}"
    if result.outcome is PrintOutcome.NOT_DONE:
        assert not came_out, f"said not to be printed, and was: {result}"
    assert took < LONGEST, f"it took {took:.0f} s: {result}"
    assert result.message
    assert result.error is None or result.outcome is not PrintOutcome.DONE


def test_a_story_in_which_nothing_happens():
    result, out, _ = told(Story([], pages=3, copies=2))
    assert (result.outcome, out) == (PrintOutcome.DONE, [6])


@pytest.mark.parametrize("overruns", [False, True])
def test_a_page_in_the_paper_path_of_a_cancelled_job_is_not_denied(overruns):
    story = Story([Fault("cancel_at_panel", "page")], counts=False, pages=1, overruns=overruns)
    result, out, _ = told(story)
    assert (result.outcome, out) == (PrintOutcome.UNKNOWN, [int(overruns)])


@given(STORIES)
@settings(max_examples=8, **RELAXED)
def test_what_is_said_is_what_came_out(story):
    is_honest(story)


@pytest.mark.slow
@given(STORIES)
@settings(max_examples=600, **RELAXED)
def test_what_is_said_is_what_came_out_whatever_happens(story):
    is_honest(story)
