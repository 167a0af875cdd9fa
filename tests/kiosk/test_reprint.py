"""A ticket is printed again on the patient's wish: the same number, marked 补打, read off the simulated paper."""

from __future__ import annotations

import asyncio

import pytest

from kiosk.screen import Kind
from queue_server.engine.events import PrintReported
from tests.kiosk.test_wire_with_server import kiosk_of
from tests.kiosk.wire import DEADLINE, FarEnds
from tests.queue_server.api.rig import listening

MARK = "补打"


@pytest.fixture(scope="module")
def far_ends(tmp_path_factory):
    far_ends = FarEnds(tmp_path_factory.mktemp("line"))
    yield far_ends
    far_ends.end()


@pytest.fixture
async def site(tmp_path):
    async with listening(tmp_path / "server") as site:
        yield site


@pytest.fixture
async def room(site, far_ends, tmp_path):
    async with kiosk_of(site, far_ends, tmp_path / "kiosk") as room:
        room.printer_driver._mode = "text"  # so that the paper can be read
        yield room


def papers(far_ends):
    return [job["texts"] for job in far_ends.printer.tell("jobs")["jobs"][far_ends._cut_before :]]


async def reported(site, count):
    """The outcomes that the log holds, once there are so many."""
    batches = site.lobby.service.subscribe()
    told = []
    async with asyncio.timeout(DEADLINE):
        async for batch in batches:
            told += [one.event for one in batch if isinstance(one.event, PrintReported)]
            if len(told) >= count:
                return told
    raise LookupError("The log ended.")


async def test_a_slip_scanned_again_is_printed_with_its_number_and_the_mark(site, far_ends, room):
    watching = asyncio.ensure_future(reported(site, 3))
    await room.ui.until_kind(Kind.START)
    room.ui.tap("start")
    await room.ui.until_kind(Kind.CHOOSE)
    room.ui.tap("choose", 1)  # an open queue: no card
    screen = await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("finish")
    (ticket,) = site.state.tickets.values()
    for _ in range(2):
        await room.ui.until_kind(Kind.START)
        room.ui.scan(screen.ticket.qr)
        await room.ui.until(lambda one: one.kind is Kind.TICKET and one.secondary is not None)
        room.ui.tap("print")
        await room.ui.until(lambda one: one.kind is Kind.TICKET and one.secondary is None)
        room.ui.tap("finish")
    told = await watching
    assert [(one.outcome, one.reprint) for one in told] == [("done", False), ("done", True), ("done", True)]
    first, *again = papers(far_ends)
    assert MARK not in "".join(first)
    for paper in again:
        assert MARK in paper[0]
        assert ticket.number in paper
    assert ticket.number in first
    assert site.state.tickets[ticket.id].copies == 2


async def test_paper_that_did_not_come_is_no_copy_when_it_is_printed_after_all(site, far_ends, room):
    watching = asyncio.ensure_future(reported(site, 2))
    await room.ui.until_kind(Kind.START)
    far_ends.printer.tell("cover", state="open")
    room.ui.tap("start")
    await room.ui.until_kind(Kind.CHOOSE)
    room.ui.tap("choose", 1)
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.staff_code == "P-02"
    far_ends.printer.tell("cover", state="closed")
    room.ui.tap("print")
    await room.ui.until(lambda one: one.kind is Kind.TICKET and not one.staff_code)
    told = await watching
    assert [(one.outcome, one.reprint) for one in told] == [("not_done", False), ("done", False)]
    (paper,) = papers(far_ends)
    assert MARK not in "".join(paper)
    (ticket,) = site.state.tickets.values()
    assert (ticket.print, ticket.copies) == ("done", 0)
