"""A print of which nobody knew is confirmed late: the server hears of it, and nothing is printed again."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers.device import PrintOutcome
from drivers.receipt_printer.result import PrintResult
from kiosk.devices import Printer
from kiosk.late_paper import MOST, PAUSE, TRIES, LatePaper
from kiosk.ports import Printed
from kiosk.screen import Kind
from kiosk.ticket_face import face_of
from kiosk.words import Catalogue
from tests.kiosk import people
from tests.kiosk.fakes import settle

UNKNOWN = Printed(PrintOutcome.UNKNOWN, "no_confirmation", "job-1")


@contextlib.asynccontextmanager
async def running(late):
    task = asyncio.ensure_future(late.run())
    try:
        yield late
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def late(room):
    async with running(LatePaper(room.printer, room.lobby, room.clock)) as late:
        yield late


async def test_a_late_confirmation_is_told_to_the_server(room, late):
    came = late.note(["t1"], UNKNOWN, reprint=True)
    await settle()
    assert room.lobby.prints == []
    room.printer.confirm(came=True)
    await settle()
    assert came.is_set()
    assert room.lobby.prints == [("t1", "done", True)]
    assert room.printer.tickets == []


async def test_one_paper_may_have_several_numbers_and_a_later_print_of_one_of_them_ends_it(room, late):
    came = late.note(["t1", "t2"], UNKNOWN, reprint=False)
    room.printer.confirm(came=True)
    await settle()
    assert came.is_set()
    assert room.lobby.prints == [("t1", "done", False), ("t2", "done", False)]
    came = late.note(["t1", "t2"], UNKNOWN, reprint=False)
    await settle()
    assert late.note(["t2"], Printed(PrintOutcome.DONE), reprint=True) is None
    room.printer.confirm(came=True)
    await settle()
    assert not came.is_set()


async def test_it_is_not_waited_for_without_end(room, late):
    came = late.note(["t1"], UNKNOWN, reprint=False)
    for _ in range(TRIES):
        room.printer.confirm(came=False)
        await room.clock.pass_time(PAUSE)
    await room.clock.pass_time(1000)
    assert len(room.printer.asked_to_confirm) == TRIES
    assert (came.is_set(), room.lobby.prints) == (False, [])


async def test_one_is_waited_for_after_the_other(room, late):
    late.note(["t1"], UNKNOWN, reprint=False)
    late.note(["t2"], Printed(PrintOutcome.UNKNOWN, None, "job-2"), reprint=False)
    await settle()
    assert room.printer.asked_to_confirm == ["job-1"]
    for _ in range(2):
        room.printer.confirm(came=True)
        await settle()
    assert room.lobby.prints == [("t1", "done", False), ("t2", "done", False)]


async def test_a_printer_that_never_confirms_does_not_add_up(room, late):
    for number in range(MOST + 5):
        late.note([f"t{number}"], Printed(PrintOutcome.UNKNOWN, None, f"job-{number}"), reprint=False)
    for _ in range(MOST + 5):
        room.printer.confirm(came=True)
        await settle()
    assert [ticket for ticket, _, _ in room.lobby.prints] == [f"t{number}" for number in range(5, MOST + 5)]


async def test_what_became_of_a_later_print_counts(room, late):
    came = late.note(["t1"], UNKNOWN, reprint=False)
    await settle()
    assert late.note(["t1"], Printed(PrintOutcome.NOT_DONE, "paper_out"), reprint=False) is None
    room.printer.confirm(came=True)
    await settle()
    assert (came.is_set(), room.lobby.prints) == (False, [])


@pytest.mark.parametrize(
    "printed", [Printed(PrintOutcome.DONE), Printed(PrintOutcome.NOT_DONE, "paper_out"), Printed(PrintOutcome.UNKNOWN)]
)
async def test_what_cannot_be_confirmed_is_not_waited_for(room, late, printed):
    assert late.note(["t1"], printed, reprint=False) is None
    await settle()
    assert room.printer.asked_to_confirm == []


async def test_a_ticket_that_still_stands_says_that_its_paper_came(visitor, room):
    room.printer.results.append(UNKNOWN)
    async with running(room.world.late_paper):
        await visitor.confirm()
        screen = await room.ui.until_kind(Kind.TICKET)
        assert screen.staff_code == "P-06"
        room.printer.confirm(came=True)
        screen = await room.ui.until(lambda one: one.kind is Kind.TICKET and one.notice is None)
        assert (screen.ticket.number, screen.lead.key, screen.staff_code) == ("A012", "ticket.done_take_both", "")
    assert room.lobby.prints == [("t1", "unknown", False), ("t1", "done", False)]
    assert len(room.printer.tickets) == 1
    room.reader.take()
    room.ui.tap("finish")
    await visitor.ended()


async def test_a_patient_who_has_left_sees_nothing_of_it(visitor, room):
    room.printer.results.append(UNKNOWN)
    async with running(room.world.late_paper):
        await visitor.confirm()
        await room.ui.until_kind(Kind.TICKET)
        room.reader.take()
        room.ui.tap("finish")
        await visitor.ended()
        room.printer.confirm(came=True)
        await settle()
    assert room.lobby.prints == [("t1", "unknown", False), ("t1", "done", False)]
    assert room.ui.screens == []


class SlowDevice:
    """A driver whose prints end when a test says so."""

    def __init__(self):
        self.ends = asyncio.Queue()
        self.settled = []

    async def print(self, _document, *, job):
        return PrintResult(job, await self.ends.get(), None, "")

    async def settle(self, job, *, timeout):  # noqa: ASYNC109 - the driver's own
        del timeout
        self.settled.append(job)
        return PrintOutcome.DONE


async def test_a_confirmation_is_asked_about_between_prints():
    device = SlowDevice()
    printer = Printer(device, None, Catalogue.load())
    device.ends.put_nowait(PrintOutcome.UNKNOWN)
    unknown = await printer.print(face_of(people.ticket()), "zh", reprint=False)
    next_print = asyncio.ensure_future(printer.print(face_of(people.ticket()), "zh", reprint=False))
    await settle()
    confirmed = asyncio.ensure_future(printer.confirmed(unknown.job, 1))
    await settle()
    assert device.settled == []
    device.ends.put_nowait(PrintOutcome.DONE)
    assert (await next_print).job is None
    assert await confirmed
    assert device.settled == [unknown.job]
