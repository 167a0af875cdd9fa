"""Orders at the kiosk: see the stops in their order, take their numbers with one tap, take the slip. No screen."""

from __future__ import annotations

import asyncio
import gc

import msgspec
import pytest

from drivers.device import PrintOutcome
from kiosk.faults import FAULTS
from kiosk.journeys import guide_slip
from kiosk.ports import AnswerLostError, AwayError, Printed, RefusedError
from kiosk.screen import Kind, Mark
from kiosk.words import Catalogue
from queue_server.contract import GuideSlip
from tests.kiosk import people
from tests.kiosk.fakes import settle

CATALOGUE = Catalogue.load()
ORDERS = [people.order("o1"), people.order("o2", name=people.SONO), people.order("o3")]
TICKETS = ("t-o1", "t-o2", "t-o3")


@pytest.fixture(autouse=True)
def orders(room):
    """A patient with three orders and nothing else today."""
    room.lobby.answer = people.reply(people.patient(orders=ORDERS))


async def to_plan(visitor, room):
    await visitor.lay_card()
    return await room.ui.until(lambda one: one.kind is Kind.GUIDE and one.primary.verb == "take")


async def take(visitor, room):
    await to_plan(visitor, room)
    room.ui.tap("take")
    return await room.ui.until(lambda one: one.kind is Kind.GUIDE and one.primary.verb != "take")


async def test_a_patient_with_orders_alone_sees_the_stops_in_their_order(visitor, room):
    screen = await to_plan(visitor, room)
    assert room.lobby.called("look_ahead") == [("p1",)]
    said = [
        tuple(CATALOGUE.speak(words, "zh") for words in (stop.order, stop.name, stop.where, stop.ahead, stop.when))
        for stop in screen.slip.stops
    ]
    assert said == [
        ("1", "血常规、血脂", "二楼检验科", "现在 3 人在等", "预计 09:44–09:52 轮到"),
        ("2", "腹部彩超", "二楼超声科", "现在没有人等", "预计 10:21–10:34 轮到"),
        ("3", "心电图", "二楼心电图室", "现在 5 人在等", "预计 10:32–10:58 轮到"),
    ]
    assert [stop.number for stop in screen.slip.stops] == ["", "", ""]
    assert screen.slip.stops[0].preparation.zh == "空腹，可少量饮水"
    assert screen.slip.stops[1].why.zh == "10:21 以后才能做"
    assert (screen.slip.qr, screen.slip.issued) == ("", "")
    assert screen.back
    assert room.lobby.called("take_slip") == []


async def test_one_tap_takes_all_numbers_and_prints_what_the_screen_shows(visitor, room):
    screen = await take(visitor, room)
    assert room.lobby.called("take_slip") == [("intent-1", "p1", ("o1", "o2", "o3"))]
    assert [stop.number for stop in screen.slip.stops] == ["U001", "V001", "Z001"]
    assert (screen.title.key, screen.mark, screen.lead.key) == ("slip.title", Mark.DONE, "slip.take_both")
    assert CATALOGUE.speak(screen.slip.stops[0].ahead, "zh") == "前面还有 3 人"
    ((face, language, reprint),) = room.printer.tickets
    assert (face, language, reprint) == (screen.slip, "zh", False)
    assert room.lobby.prints == [(ticket, "done", False) for ticket in TICKETS]
    room.reader.take()
    room.ui.tap("finish")
    await visitor.ended()


async def test_back_from_the_stops_takes_nothing(visitor, room):
    await to_plan(visitor, room)
    room.reader.take()
    room.ui.tap("back")
    await room.ui.until_key("card.title")
    assert room.lobby.called("take_slip") == []


async def test_orders_stand_behind_the_appointment_and_a_slip_before_it(visitor, room):
    room.lobby.answer = people.reply(people.patient(orders=ORDERS, appointments=[people.appointment()]))
    await visitor.lay_card()
    screen = await room.ui.until_key("visit.title_any")
    assert [CATALOGUE.speak(one.title, "zh") for one in screen.choices] == ["心血管内科", "检查、检验、取药"]
    room.ui.tap("choose", 1)
    await room.ui.until(lambda one: one.kind is Kind.GUIDE)


async def test_one_who_was_sent_for_exams_finds_them_first(visitor, room):
    away = people.ticket(status="away", ahead=None, wait=None)
    room.lobby.answer = people.reply(people.patient(orders=ORDERS, tickets=[away]))
    await visitor.lay_card()
    screen = await room.ui.until_key("visit.title_any")
    assert [CATALOGUE.speak(one.title, "zh") for one in screen.choices] == ["检查、检验、取药", "心血管内科"]


def with_slip(room, *stops, **changes):
    """The patient has a slip, with its numbers among the live ones."""
    slip = room.lobby.slip = people.slip(stops=list(stops) or people.stops(), **changes)
    held = [people.ticket(stop.ticket, number=stop.number) for stop in slip.stops]
    already = [msgspec.structs.replace(order, problem=people.ALREADY) for order in ORDERS]
    room.lobby.answer = people.reply(people.patient(orders=already, tickets=held, slip="s1"))
    return slip


async def test_a_slip_is_shown_again_and_nothing_is_printed_by_itself(visitor, room):
    printed = [msgspec.structs.replace(stop, printed="done") for stop in people.stops()]
    with_slip(room, *printed)
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.GUIDE)
    assert (screen.lead.key, room.printer.tickets) == ("slip.shown_again", [])
    assert room.lobby.called("take_slip") == room.lobby.called("look_ahead") == []
    room.ui.tap("print")
    screen = await room.ui.until(lambda one: one.kind is Kind.GUIDE and one.secondary is None)
    assert [reprint for _, _, reprint in room.printer.tickets] == [True]
    assert room.lobby.prints == [(ticket, "done", True) for ticket in TICKETS]


async def test_a_copy_of_a_slip_that_did_not_come_out_is_a_copy_the_next_time_too(visitor, room):
    with_slip(room, *[msgspec.structs.replace(stop, printed="done") for stop in people.stops()])
    room.printer.results.append(Printed(PrintOutcome.NOT_DONE, "paper_out"))
    await visitor.lay_card()
    await room.ui.until_kind(Kind.GUIDE)
    room.ui.tap("print")
    await room.ui.until(lambda one: one.kind is Kind.GUIDE and one.staff_code != "")
    room.ui.tap("print")
    await room.ui.until(lambda one: one.kind is Kind.GUIDE and one.secondary is None)
    assert [reprint for _, _, reprint in room.printer.tickets] == [True, True]


async def test_the_code_on_a_slip_leads_to_the_slip(visitor, room):
    slip = with_slip(room)
    first = people.ticket(slip.stops[0].ticket, qr=slip.qr)
    room.lobby.answer = people.reply(people.patient(tickets=[first], slip="s1"))
    await room.ui.until_kind(Kind.START)
    room.ui.scan(slip.qr)
    screen = await room.ui.until_kind(Kind.GUIDE)
    assert [stop.number for stop in screen.slip.stops] == ["U001", "V001", "Z001"]
    room.ui.tap("finish")
    await visitor.ended()


@pytest.mark.usefixtures("visitor")
async def test_the_code_of_a_stop_that_is_over_leads_to_the_rest(room):
    first, *rest = people.stops()
    over = msgspec.structs.replace(first, status="done", why=None, begins=None, ahead=None)
    slip = room.lobby.slip = people.slip(stops=[over, *rest])
    ended = people.ticket(first.ticket, qr=slip.qr, status="finished")
    room.lobby.answer = people.reply(people.patient(tickets=[ended], slip="s1"))
    await room.ui.until_kind(Kind.START)
    room.ui.scan(slip.qr)
    screen = await room.ui.until_kind(Kind.GUIDE)
    assert [stop.number for stop in screen.slip.stops] == ["V001", "Z001"]
    assert CATALOGUE.speak(screen.slip.done, "zh") == "已经做完：血常规、血脂"


async def test_what_is_new_joins_the_slip(visitor, room):
    first, *rest = people.stops()
    ahead = people.slip(
        given=False, stops=[first, *[msgspec.structs.replace(one, number="", ticket="") for one in rest]]
    )
    with_slip(room)
    room.lobby.ahead = ahead
    patient = people.patient(orders=ORDERS, tickets=[people.ticket("t-o1", number="U001")], slip="s1")
    room.lobby.answer = people.reply(patient)
    screen = await to_plan(visitor, room)
    assert [stop.number for stop in screen.slip.stops] == ["U001", "", ""]
    assert dict(screen.primary.label.values)["count"] == 2


async def test_numbers_that_were_taken_elsewhere_meanwhile_are_printed_no_second_time(visitor, room):
    room.lobby.slip = people.slip(stops=[msgspec.structs.replace(stop, printed="done") for stop in people.stops()])
    screen = await take(visitor, room)
    assert (screen.lead.key, room.printer.tickets, room.lobby.prints) == ("slip.shown_again", [], [])


@pytest.mark.parametrize(
    ("printed", "fault"),
    [
        (Printed(PrintOutcome.NOT_DONE, "paper_out"), "paper_out"),
        (Printed(PrintOutcome.NOT_DONE, "cover_open"), "cover_open"),
        (Printed(PrintOutcome.NOT_DONE, "cutter_jam"), "cutter_jam"),
        (Printed(PrintOutcome.NOT_DONE, "no_answer"), "printer_offline"),
        (Printed(PrintOutcome.NOT_DONE, "head_hot"), "print_not_done"),
        (Printed(PrintOutcome.UNKNOWN, "no_confirmation"), "print_unknown"),
    ],
)
async def test_the_numbers_stand_and_the_paper_is_told(visitor, room, printed, fault):
    room.printer.results.append(printed)
    screen = await take(visitor, room)
    assert (screen.mark, screen.staff_code) == (Mark.DONE, FAULTS[fault].code)
    assert [stop.number for stop in screen.slip.stops] == ["U001", "V001", "Z001"]
    assert dict(screen.notice.values)["what"].key == f"slip_paper.{fault}.title"
    assert people.PAPER_DESK.zh in CATALOGUE.speak(screen.notice, "zh")
    assert room.lobby.prints == [(ticket, printed.outcome.value, False) for ticket in TICKETS]
    assert (screen.secondary is not None) == (printed.outcome is PrintOutcome.NOT_DONE)
    if screen.secondary is not None:
        room.ui.tap("print")
        await room.ui.until(lambda one: one.kind is Kind.GUIDE and one.secondary is None)
        assert [reprint for _, _, reprint in room.printer.tickets] == [False, False]
    else:
        assert len(room.printer.tickets) == 1


async def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_intent_and_printed_once(visitor, room):
    room.lobby.fail("take_slip", AnswerLostError("lost"), AwayError("away"))
    await to_plan(visitor, room)
    room.ui.tap("take")
    for _ in range(2):  # what followed an answer that was lost settles nothing
        screen = await room.ui.until_key("fault.slip_unknown.title")
        assert screen.staff_code == "L-02"
        room.ui.tap("again")
        await settle()
    await room.ui.until(lambda one: one.kind is Kind.GUIDE)
    assert {values[0] for values in room.lobby.called("take_slip")} == {"intent-1"}
    assert len(room.printer.tickets) == 1


async def test_a_server_that_is_away_says_that_no_numbers_were_taken(visitor, room):
    room.lobby.fail("take_slip", AwayError("away"))
    await to_plan(visitor, room)
    room.ui.tap("take")
    screen = await room.ui.until_key("fault.slip_not_done.title")
    assert (screen.mark, screen.staff_code) == (Mark.FAULT, "L-01")
    assert room.printer.tickets == []


async def test_a_refusal_is_told_in_the_servers_words(visitor, room):
    room.lobby.fail("take_slip", RefusedError(people.UNPAID))
    await to_plan(visitor, room)
    room.ui.tap("take")
    screen = await room.ui.until(lambda one: one.kind is Kind.OUTCOME)
    assert CATALOGUE.speak(screen.title, "zh") == "这一项还没有付费，没有取号，请先付费"
    assert screen.staff_code == "B-03"


async def test_what_is_not_paid_is_told_and_never_that_there_is_nothing_today(visitor, room):
    unpaid = [msgspec.structs.replace(order, problem=people.UNPAID) for order in ORDERS[:2]]
    room.lobby.answer = people.reply(people.patient(orders=unpaid))
    await visitor.lay_card()
    screen = await room.ui.until_key("fault.orders_wait.title")
    assert CATALOGUE.speak(screen.title, "zh") == "现在还不能取号：血常规、血脂（先付费）、腹部彩超（先付费）"
    assert people.DESK.zh in CATALOGUE.speak(screen.lead, "zh")
    assert screen.staff_code == "B-07"
    assert room.lobby.called("look_ahead") == []


async def test_what_is_left_out_stands_below_the_stops_with_its_reason(visitor, room):
    room.lobby.ahead = people.slip(
        given=False,
        left_out=[people.order("o9", name=people.SONO, problem=people.NEEDS), people.order(problem=people.TOO_EARLY)],
    )
    screen = await to_plan(visitor, room)
    said = CATALOGUE.speak(screen.slip.left_out, "zh")
    assert said == "还没有号：腹部彩超（先做别的项目）、血常规、血脂（现在签到太早，请在 08:00 以后再来）"


async def test_a_patient_who_is_called_is_sent_there_at_once(visitor, room):
    first, *rest = people.stops()
    with_slip(room, msgspec.structs.replace(first, ahead=None, room=people.Text("3 号窗口", "Window 3")), *rest)
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.GUIDE)
    assert (screen.mark, screen.title.key) == (Mark.ATTENTION, "ticket.title_called")
    assert CATALOGUE.speak(screen.lead, "zh") == "请马上到 3 号窗口"
    assert screen.slip.stops[0].urgent


async def test_a_missed_stop_waits_again(visitor, room):
    first, *rest = people.stops()
    with_slip(room, msgspec.structs.replace(first, ahead=None, is_missed=True), *rest)
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.GUIDE)
    assert (screen.primary.verb, screen.mark, screen.number_stays) == ("rejoin", Mark.ATTENTION, False)
    stop = screen.slip.stops[0]
    assert (CATALOGUE.speak(stop.ahead, "zh"), stop.when, stop.why) == ("已经叫过", None, None)
    room.lobby.fail("rejoin", AwayError("away"))
    room.ui.tap("rejoin")
    await room.ui.until_key("fault.rejoin_not_done.title")
    room.lobby.slip = people.slip()
    room.ui.tap("again")
    screen = await room.ui.until(lambda one: one.kind is Kind.GUIDE and one.primary.verb == "finish")
    assert [values[1] for values in room.lobby.called("rejoin")] == ["t-o1"] * 2
    assert len({values[0] for values in room.lobby.called("rejoin")}) == 1
    assert screen.slip.stops[0].number == "U001"


async def test_a_stop_that_is_not_ready_says_from_when(visitor, room):
    first, second, third = people.stops()
    over = msgspec.structs.replace(first, status="done", why=None, begins=None, ahead=None)
    # Who gets there then may still wait for a room, so it is the moment of the preparation that is said and no other.
    soon = msgspec.structs.replace(second, status="next", begins=people.TimeRange(people.at(10, 25), people.at(10, 34)))
    with_slip(room, over, soon, third)
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.GUIDE)
    assert CATALOGUE.speak(screen.title, "zh") == "号已取好，10:21 以后到二楼超声科"


async def test_a_slip_that_is_not_to_be_had_keeps_nobody_from_checking_in(visitor, room):
    room.lobby.answer = people.reply(people.patient(orders=ORDERS, appointments=[people.appointment()]))
    room.lobby.fail("look_ahead", AwayError("away"))
    await visitor.lay_card()
    await room.ui.until_kind(Kind.CONFIRM)


async def test_without_anything_else_it_is_told_that_the_server_is_away(visitor, room):
    room.lobby.fail("look_ahead", AwayError("away"))
    await visitor.lay_card()
    await room.ui.until_key("fault.server_away.title")
    room.ui.tap("again")
    await room.ui.until_kind(Kind.GUIDE)


async def test_a_mistake_after_the_numbers_shows_the_numbers_and_not_a_failure(visitor, room, monkeypatch):
    def fails():
        raise ZeroDivisionError

    monkeypatch.setattr(guide_slip, "printing_slip_screen", fails)
    screen = await take(visitor, room)
    assert (screen.slip.stops[0].number, screen.staff_code) == ("U001", "K-01")
    assert room.lobby.prints == [(ticket, "unknown", False) for ticket in TICKETS]


async def test_paper_that_is_confirmed_late_is_told_for_every_number(visitor, room):
    room.printer.results.append(Printed(PrintOutcome.UNKNOWN, None, "job-1"))
    await take(visitor, room)
    room.lobby.prints.clear()
    late = room.world.late_paper
    task = asyncio.ensure_future(late.run())
    room.printer.confirm(came=True)
    screen = await room.ui.until(lambda one: one.kind is Kind.GUIDE and one.notice is None)
    assert screen.lead.key == "slip.take_both"
    assert room.lobby.prints == [(ticket, "done", False) for ticket in TICKETS]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_nobody_at_the_screen_leads_home_and_nothing_of_the_slip_stays(visitor, room):
    await to_plan(visitor, room)
    room.reader.take()
    await room.clock.pass_time(60 + 21)
    await visitor.ended()
    assert any(room.ui.counts)
    room.lobby.answer = people.reply()
    room.lobby.ahead = room.lobby.slip = None
    gc.collect()
    assert [one for one in gc.get_objects() if isinstance(one, GuideSlip) and one.slip == "s1"] == []
