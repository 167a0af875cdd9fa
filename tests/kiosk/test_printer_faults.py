"""Paper: the number is the patient's whatever the printer does, and the screen says where to get paper."""

from __future__ import annotations

import dataclasses

import pytest

from drivers.device import PaperSupply, PrintOutcome
from drivers.receipt_printer.profile import PROFILES
from kiosk.devices import Printer
from kiosk.journeys import check_in
from kiosk.ports import Printed, PrinterReport
from kiosk.screen import Kind, Mark
from kiosk.ticket_face import face_of
from kiosk.words import Catalogue
from tests.kiosk import people

CATALOGUE = Catalogue.load()


@pytest.mark.parametrize(
    ("printed", "fault"),
    [
        (Printed(PrintOutcome.NOT_DONE, "paper_out"), "paper_out"),
        (Printed(PrintOutcome.NOT_DONE, "cover_open"), "cover_open"),
        (Printed(PrintOutcome.NOT_DONE, "cutter_jam"), "cutter_jam"),
        (Printed(PrintOutcome.NOT_DONE, "no_answer"), "printer_offline"),
        (Printed(PrintOutcome.NOT_DONE, "no_device"), "printer_offline"),
        (Printed(PrintOutcome.NOT_DONE, "offline"), "printer_offline"),
        (Printed(PrintOutcome.NOT_DONE, "head_hot"), "print_not_done"),
        (Printed(PrintOutcome.UNKNOWN, "no_confirmation"), "print_unknown"),
    ],
)
async def test_the_number_stands_and_the_paper_is_told(visitor, room, printed, fault):
    room.printer.results.append(printed)
    await visitor.confirm()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.mark is Mark.DONE
    assert screen.ticket.number == "A012"
    words = CATALOGUE.speak(screen.notice, "zh")
    assert CATALOGUE.speak(dict(screen.notice.values)["what"], "zh") in words
    assert people.PAPER_DESK.zh in words
    assert dict(screen.notice.values)["what"].key == f"fault.{fault}.title"
    assert room.lobby.prints == [("t1", printed.outcome.value, False)]


async def test_a_mistake_while_printing_leaves_the_number_and_its_paper_unknown(visitor, room):
    room.printer.mistakes.append(ZeroDivisionError())
    await visitor.confirm()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert (screen.ticket.number, screen.mark, screen.staff_code) == ("A012", Mark.DONE, "P-06")
    assert screen.secondary is None
    assert room.lobby.prints == [("t1", "unknown", False)]


async def test_a_mistake_after_the_number_shows_the_number_and_not_a_failure(visitor, room, monkeypatch):
    def fails(_number):
        raise ZeroDivisionError

    monkeypatch.setattr(check_in, "printing_screen", fails)
    await visitor.confirm()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert (screen.ticket.number, screen.staff_code) == ("A012", "K-01")
    assert room.lobby.prints == [("t1", "unknown", False)]
    room.reader.take()
    room.ui.tap("finish")
    await visitor.ended()


async def test_a_mistake_on_the_ticket_itself_shows_it_once_more(visitor, room):
    room.lobby.answer = people.reply(people.patient(tickets=[people.ticket(status="missed", ahead=None, wait=None)]))
    room.lobby.fail("rejoin", ZeroDivisionError())
    await visitor.lay_card()
    await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("rejoin")
    screen = await room.ui.until(lambda one: one.kind is Kind.TICKET and one.staff_code != "")
    assert (screen.ticket.number, screen.staff_code) == ("A012", "K-01")
    assert room.lobby.prints == []


class Untouched:
    """A printer that nothing may be sent to."""

    profile = PROFILES["80mm"]


async def test_a_ticket_that_cannot_be_composed_was_certainly_not_printed():
    printer = Printer(Untouched(), None, CATALOGUE)
    face = dataclasses.replace(face_of(people.ticket()), qr="x" * 400)
    assert await printer.print(face, "zh", reprint=False) == Printed(PrintOutcome.NOT_DONE, "bad_document")


async def test_an_unknown_outcome_is_never_printed_again_by_the_kiosk(visitor, room):
    room.printer.results.append(Printed(PrintOutcome.UNKNOWN, "no_confirmation"))
    await visitor.confirm()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.secondary is None
    assert len(room.printer.tickets) == 1
    room.reader.take()
    room.ui.tap("finish")
    await visitor.ended()
    assert len(room.printer.tickets) == 1


async def test_no_back_no_home_and_no_countdown_while_paper_moves(visitor, room):
    room.printer.hold.clear()
    await visitor.confirm()
    screen = await room.ui.until_key("wait.printing")
    assert not screen.back
    assert not screen.home
    room.ui.tap("home")
    room.ui.tap("back")
    await room.clock.pass_time(500)
    assert room.ui.screen is screen
    assert not any(room.ui.counts)
    room.printer.hold.set()
    await room.ui.until_kind(Kind.TICKET)


async def test_paper_near_its_end_is_for_staff_alone(visitor, room):
    room.printer.present = PrinterReport(PaperSupply.LOW, None)
    await visitor.confirm()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.notice is None
