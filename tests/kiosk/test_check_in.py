"""The journey from the first touch to goodbye, without screen, paper or network."""

from __future__ import annotations

import msgspec
import pytest

from drivers.device import PrintOutcome
from kiosk.ports import Printed
from kiosk.screen import Drawing, Kind, Mark
from tests.kiosk import people
from tests.kiosk.fakes import EXPIRED, HOLDER


async def test_one_appointment_takes_a_card_and_one_tap(visitor, room):
    await visitor.confirm()
    screen = await room.ui.until_kind(Kind.TICKET)

    assert room.lobby.called("identify") == [("id_card", HOLDER.number, HOLDER.name)]
    assert room.lobby.called("check_in") == [("intent-1", "p1", "a1")]
    assert [(face.number, language, reprint) for face, language, reprint in room.printer.tickets] == [
        ("A012", "zh", False)
    ]
    assert room.lobby.prints == [("t1", "done", False)]
    assert screen.mark is Mark.DONE
    assert screen.ticket is not None
    assert screen.ticket.number == "A012"
    assert screen.lead.key == "ticket.done_take_both"

    room.ui.tap("finish")
    assert (await room.ui.until_key("take_card.title")).drawing is Drawing.TAKE_CARD
    room.reader.take()
    await visitor.ended()
    assert room.ui.wiped == 1


async def test_a_card_taken_early_needs_no_reminder(visitor, room):
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    room.reader.take()
    room.ui.tap("finish")
    await visitor.ended()
    assert room.ui.wiped == 1


async def test_the_confirmation_shows_the_facts(visitor, room):
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.CONFIRM)
    assert [fact.value for fact in screen.facts][:2] == ["王*英", people.appointment().clinic]
    assert screen.back


async def test_several_patients_are_asked_for(visitor, room):
    second = people.patient("p2", masked_name="王*", appointments=[people.appointment("a9")])
    room.lobby.answer = people.reply(people.patient(appointments=[people.appointment()]), second)
    await visitor.lay_card()
    screen = await room.ui.until_key("patient.title")
    assert [choice.title for choice in screen.choices] == ["王*英", "王*"]
    room.ui.tap("choose", 1)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("confirm")
    await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("check_in") == [("intent-1", "p2", "a9")]


async def test_several_appointments_are_asked_for_and_back_returns_to_the_question(visitor, room):
    two = [people.appointment("a1"), people.appointment("a2")]
    room.lobby.answer = people.reply(people.patient(appointments=two))
    await visitor.lay_card()
    await room.ui.until_key("visit.title")
    room.ui.tap("choose", 0)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("back")
    await room.ui.until_key("visit.title")
    room.ui.tap("choose", 1)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("confirm")
    await room.ui.until_kind(Kind.TICKET)
    assert [values[1:] for values in room.lobby.called("check_in")] == [("p1", "a2")]


async def test_a_registration_joins_its_queue(visitor, room):
    room.lobby.answer = people.reply(people.patient(registrations=[people.registration()]))
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("join") == [("intent-1", "ent", "p1", "r1")]


async def test_a_card_laid_down_where_services_are_offered_says_what_for(visitor, room):
    room.lobby.hall = msgspec.structs.replace(people.HALL, open_queues=people.OPEN_QUEUES)
    await visitor.touch_start()
    await room.ui.until_key("service.title")
    room.reader.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    assert room.lobby.called("identify") == [("id_card", HOLDER.number, HOLDER.name)]
    room.ui.tap("back")
    await room.ui.until_key("service.title")
    room.ui.tap("choose", 2)  # the card lies there still, and is not taken for an answer again
    await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("join") == [("intent-2", "enquiry", None, None)]


async def test_a_card_that_cannot_be_read_there_is_told(visitor, room):
    room.lobby.hall = msgspec.structs.replace(people.HALL, open_queues=people.OPEN_QUEUES)
    room.reader.fail("read", "bad_document")
    await visitor.touch_start()
    await room.ui.until_key("service.title")
    room.reader.lay()
    await room.ui.until_key("fault.card_unreadable.title")


@pytest.mark.parametrize("error", ["gone", "card_not_removed"])
async def test_a_reader_that_fails_while_services_are_offered_disturbs_nobody(visitor, room, error):
    room.lobby.hall = msgspec.structs.replace(people.HALL, open_queues=people.OPEN_QUEUES)
    room.reader.fail("wait", error)
    await visitor.touch_start()
    await room.ui.until_key("service.title")
    room.ui.tap("choose", 2)
    await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("join") == [("intent-1", "enquiry", None, None)]


async def test_an_open_queue_needs_no_card(visitor, room):
    room.lobby.hall = msgspec.structs.replace(people.HALL, open_queues=people.OPEN_QUEUES)
    await visitor.touch_start()
    screen = await room.ui.until_key("service.title")
    assert len(screen.choices) == 3
    room.ui.tap("choose", 2)
    await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("join") == [("intent-1", "enquiry", None, None)]
    assert room.lobby.called("identify") == []
    room.ui.tap("finish")
    await visitor.ended()


async def test_a_copy_that_did_not_come_out_is_a_copy_the_next_time_too(visitor, room):
    room.lobby.answer = people.reply(people.patient(tickets=[people.ticket()]))
    room.printer.results.append(Printed(PrintOutcome.NOT_DONE, "paper_out"))
    await visitor.lay_card()
    await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("print")
    await room.ui.until(lambda one: one.kind is Kind.TICKET and one.staff_code != "")
    room.ui.tap("print")
    await room.ui.until(lambda one: one.kind is Kind.TICKET and one.secondary is None)
    assert [reprint for _, _, reprint in room.printer.tickets] == [True, True]
    assert room.lobby.prints == [("t1", "not_done", True), ("t1", "done", True)]


async def test_a_live_ticket_is_shown_again_and_can_be_printed_again(visitor, room):
    room.lobby.answer = people.reply(people.patient(tickets=[people.ticket()]))
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.title.key == "ticket.title_again"
    assert room.printer.tickets == []
    assert screen.secondary is not None
    room.ui.tap("print")
    await room.ui.until(lambda one: one.kind is Kind.TICKET and one.secondary is None)
    assert [reprint for _, _, reprint in room.printer.tickets] == [True]
    assert room.lobby.prints == [("t1", "done", True)]


async def test_a_missed_ticket_can_wait_again(visitor, room):
    missed = people.ticket(status="missed", ahead=None, wait=None)
    room.lobby.answer = people.reply(people.patient(tickets=[missed]))
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.primary.verb == "rejoin"
    room.ui.tap("rejoin")
    again = await room.ui.until(lambda one: one.kind is Kind.TICKET and one.primary.verb == "finish")
    assert [values[1] for values in room.lobby.called("rejoin")] == ["t1"]
    assert again.ticket.ahead.values == (("count", 9),)


async def test_an_expired_card_is_told_and_does_not_stop_anybody(visitor, room):
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    room.reader.lay(EXPIRED)
    screen = await room.ui.until_kind(Kind.CONFIRM)
    assert screen.notice.key == "notice.card_expired"
    room.ui.tap("confirm")
    await room.ui.until_kind(Kind.TICKET)


async def test_an_old_list_is_told_with_its_time(visitor, room):
    room.lobby.answer = people.reply(people.patient(appointments=[people.appointment()]), old=True)
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.CONFIRM)
    assert screen.notice.key == "notice.list_old"
    assert screen.notice.values == (("time", "09:30"),)


async def test_the_paper_speaks_the_patients_language(visitor, room):
    await room.ui.until_kind(Kind.START)
    room.ui.tap("language")
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    assert room.printer.tickets[0][1] == "en"


async def test_a_ticket_that_was_not_printed_can_be_tried_again(visitor, room):
    room.printer.results.append(Printed(PrintOutcome.NOT_DONE, "paper_out"))
    await visitor.confirm()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.secondary.verb == "print"
    room.ui.tap("print")
    await room.ui.until(lambda one: one.kind is Kind.TICKET and one.secondary is None)
    assert room.lobby.prints == [("t1", "not_done", False), ("t1", "done", False)]
