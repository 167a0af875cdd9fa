"""A code is scanned: the slip of a number, or a booking. Without screen, paper or network."""

from __future__ import annotations

import dataclasses
import gc

import msgspec
import pytest

from kiosk.screen import Kind, Mark, Scan
from tests.kiosk import people
from tests.kiosk.conftest import Visitor
from tests.kiosk.fakes import EXPIRED, settle

CODE = "HZ:7Hq2mXw9Kc4RbT1z"
BOOKING = "BK20261120-0042"


def slip(**changes):
    return people.ticket(qr=CODE, **changes)


def holds(*tickets, **changes):
    return people.reply(people.patient(tickets=list(tickets), **changes))


async def to_start(room):
    await room.ui.until_kind(Kind.START)


async def to_service(room):
    room.lobby.hall = msgspec.structs.replace(people.HALL, open_queues=people.OPEN_QUEUES)
    await room.ui.until_kind(Kind.START)
    room.ui.tap("start")
    await room.ui.until_key("service.title")


async def to_card(room):
    await room.ui.until_kind(Kind.START)
    room.ui.tap("start")
    await room.ui.until_key("card.title")


@pytest.mark.usefixtures("visitor")
@pytest.mark.parametrize("arrive", [to_start, to_service, to_card])
async def test_the_slips_number_is_shown_again_and_can_be_printed_again(room, arrive):
    room.lobby.answer = holds(slip())
    await arrive(room)
    room.ui.scan(CODE)
    screen = await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("identify") == [("code", CODE, None)]
    assert (screen.title.key, screen.lead.key) == ("ticket.title_again", "ticket.shown_again")
    assert room.printer.tickets == []
    room.ui.tap("print")
    await room.ui.until(lambda one: one.kind is Kind.TICKET and one.secondary is None)
    assert [reprint for _, _, reprint in room.printer.tickets] == [True]
    assert room.lobby.called("join") == room.lobby.called("check_in") == []


async def test_a_missed_number_waits_again(visitor, room):
    room.lobby.answer = holds(slip(status="missed", ahead=None, wait=None))
    await to_start(room)
    room.ui.scan(CODE)
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.primary.verb == "rejoin"
    room.ui.tap("rejoin")
    await room.ui.until(lambda one: one.kind is Kind.TICKET and one.primary.verb == "finish")
    assert [values[1] for values in room.lobby.called("rejoin")] == ["t1"]
    room.ui.tap("finish")
    await visitor.ended()  # no card was laid down, and none is asked for


@pytest.mark.usefixtures("visitor")
async def test_a_number_of_an_open_queue_has_nobody_behind_it_and_is_shown(room):
    nobody = people.patient("", masked_name="", hint="E003", hint_en="E003", tickets=[slip(masked_name=None)])
    room.lobby.answer = people.reply(nobody)
    await to_start(room)
    room.ui.scan(CODE)
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.ticket.qr == CODE


@pytest.mark.usefixtures("visitor")
async def test_of_several_numbers_the_scanned_one_is_shown(room):
    room.lobby.answer = holds(people.ticket("t0", number="B001"), slip(), appointments=[people.appointment()])
    await to_start(room)
    room.ui.scan(CODE)
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.ticket.number == "A012"


@pytest.mark.usefixtures("visitor")
@pytest.mark.parametrize("status", ["finished", "cancelled", "no_show", "lapsed"])
async def test_a_number_that_has_ended_is_told_with_the_place_to_go(room, status):
    visited = people.appointment(problem=people.ALREADY)
    room.lobby.answer = holds(slip(status=status), appointments=[visited])
    await to_start(room)
    room.ui.scan(CODE)
    screen = await room.ui.until_key("fault.ticket_over.title")
    assert (screen.mark, screen.staff_code) == (Mark.ATTENTION, "B-05")
    assert dict(screen.lead.values)["where"] == people.DESK


@pytest.mark.usefixtures("visitor")
async def test_a_number_that_has_ended_leads_to_what_else_there_is_today(room):
    room.lobby.answer = holds(slip(status="finished"), appointments=[people.appointment("a2")])
    await to_start(room)
    room.ui.scan(CODE)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("confirm")
    await room.ui.until_kind(Kind.TICKET)
    assert [values[1:] for values in room.lobby.called("check_in")] == [("p1", "a2")]


@pytest.mark.usefixtures("visitor")
@pytest.mark.parametrize("arrive", [to_start, to_service, to_card])
async def test_a_booking_is_checked_in_by_its_code(room, arrive):
    await arrive(room)
    room.ui.scan(BOOKING)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("confirm")
    screen = await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("check_in") == [("intent-1", "p1", "a1")]
    assert screen.lead.key == "ticket.done_take_paper"


@pytest.mark.parametrize("files", [0, 1])
async def test_an_unknown_code_is_told_with_the_place_to_go(visitor, room, files):
    room.lobby.answer = people.reply(*[people.patient()] * files)
    await to_start(room)
    room.ui.scan("6901234567892")
    screen = await room.ui.until_key("fault.code_unknown.title")
    assert (screen.mark, screen.staff_code) == (Mark.ATTENTION, "B-04")
    assert dict(screen.lead.values)["where"] == people.DESK
    room.ui.tap("finish")
    await visitor.ended()


@pytest.mark.usefixtures("visitor")
async def test_a_code_not_found_in_an_old_list_is_told_with_its_time(room):
    room.lobby.answer = people.reply(old=True)
    await to_start(room)
    room.ui.scan(BOOKING)
    await room.ui.until_key("fault.nothing_in_old_list.title")


@pytest.mark.usefixtures("visitor")
async def test_a_scan_on_any_other_screen_does_nothing(room):
    await to_card(room)
    room.reader.lay()
    confirm = await room.ui.until_kind(Kind.CONFIRM)
    room.ui.scan(CODE)
    await settle()
    assert room.ui.screen is confirm
    room.ui.tap("confirm")
    ticket = await room.ui.until_kind(Kind.TICKET)
    room.ui.scan(CODE)
    await settle()
    assert room.ui.screen is ticket
    assert len(room.lobby.called("identify")) == 1


@pytest.mark.usefixtures("visitor")
async def test_a_second_scan_while_the_first_is_looked_up_does_nothing(room):
    await to_start(room)
    room.ui.scan(BOOKING)
    room.ui.scan(CODE)
    await room.ui.until_kind(Kind.CONFIRM)
    await settle()
    assert room.lobby.called("identify") == [("code", BOOKING, None)]


@pytest.mark.usefixtures("visitor")
async def test_while_the_server_is_away_a_scan_does_nothing(room):
    room.lobby.turn(online=False)
    away = await room.ui.until_key("away.title")
    room.ui.scan(CODE)
    await settle()
    assert room.ui.screen is away
    assert room.lobby.calls == []


@pytest.mark.usefixtures("visitor")
async def test_back_from_a_scanned_booking_asks_anew_and_keeps_nothing_of_it(room):
    await to_service(room)
    room.ui.scan(BOOKING)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("back")
    await room.ui.until_key("service.title")
    room.ui.tap("choose", 1)
    await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("join") == [("intent-2", "cashier", None, None)]


@pytest.mark.usefixtures("visitor")
async def test_what_was_said_of_a_card_is_not_said_of_a_scan_after_it(room):
    await to_card(room)
    room.reader.lay(EXPIRED)
    assert (await room.ui.until_kind(Kind.CONFIRM)).notice is not None
    room.reader.take()
    room.ui.tap("back")
    await room.ui.until_key("card.title")
    room.ui.scan(BOOKING)
    assert (await room.ui.until_kind(Kind.CONFIRM)).notice is None


async def test_a_scan_counts_as_a_touch(visitor, room):
    await to_card(room)
    room.reader.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    await room.clock.pass_time(70)
    assert room.ui.counts[-1] is not None
    room.ui.scan(CODE)
    await settle()
    assert room.ui.counts[-1] is None
    assert not visitor.task.done()


async def test_a_visit_that_began_with_a_scan_ends_when_nobody_is_there(visitor, room):
    room.lobby.answer = holds(slip())
    await to_start(room)
    room.ui.scan(CODE)
    await room.ui.until_kind(Kind.TICKET)
    await room.clock.pass_time(60)
    await visitor.ended()
    assert room.ui.wiped == 1


async def test_nothing_of_the_scan_is_held_when_the_server_has_answered(visitor, room):
    await to_start(room)
    room.ui.scan(BOOKING)
    await room.ui.until_kind(Kind.CONFIRM)
    room.lobby.calls.clear()
    await settle()
    gc.collect()
    assert visitor.attendant.visit is not None
    assert [one for one in gc.get_objects() if isinstance(one, Scan)] == []
    assert [one for one in gc.get_objects() if type(one).__name__ == "Identify"] == []


def test_a_scan_that_meets_a_log_says_nothing():
    assert CODE not in repr(Scan(CODE))


@pytest.mark.usefixtures("visitor")
async def test_the_card_prompt_tells_of_the_scanner(room):
    await to_card(room)
    assert room.ui.screen.detail.key == "card.or_scan"


async def test_where_there_is_no_scanner_no_screen_tells_of_one(room):
    room.world = dataclasses.replace(room.world, scanner=False)
    visitor = Visitor(room)
    await to_card(room)
    assert room.ui.screen.detail is None
    room.ui.tap("home")
    await visitor.ended()
