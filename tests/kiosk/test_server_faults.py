"""The server away, its answer lost, or its answer no."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from kiosk.ports import AnswerLostError, Away, AwayError, BusyError, CredentialError, RefusedError
from kiosk.screen import Kind, Mark
from tests.kiosk import people
from tests.kiosk.fakes import settle


@pytest.mark.usefixtures("visitor")
async def test_while_the_server_is_away_the_start_screen_says_so_and_where_to_go(room):
    room.lobby.turn(online=False)
    screen = await room.ui.until_key("away.title")
    assert dict(screen.lead.values)["where"] == people.DESK
    room.ui.tap("start")
    room.lobby.turn(online=True)
    await room.ui.until_kind(Kind.START)
    assert room.lobby.calls == []


@pytest.mark.usefixtures("visitor")
@pytest.mark.parametrize(
    ("because", "code"), [(Away.UNREACHED, "L-01"), (Away.NOT_ENROLLED, "L-03"), (Away.NOT_ISSUING, "L-05")]
)
async def test_staff_see_why_nobody_can_check_in(room, because, code):
    room.lobby.turn(online=False, because=because)
    assert (await room.ui.until_key("away.title")).staff_code == code


@pytest.mark.usefixtures("visitor")
async def test_since_when_there_is_no_connection_is_told_where_it_is_known(room):
    room.lobby.turn(online=False)
    assert (await room.ui.until_key("away.title")).detail.key == "away.detail"
    room.lobby.away_since = people.at(9, 5)
    room.lobby.turn(online=False)
    screen = await room.ui.until(lambda one: one.detail.key == "away.since")
    assert screen.detail.values == (("time", "09:05"),)


async def test_a_server_that_goes_while_looking_up_is_told_and_can_be_tried_again(visitor, room):
    room.lobby.fail("identify", AwayError("gone"))
    await visitor.lay_card()
    await room.ui.until_key("fault.server_away.title")
    room.ui.tap("again")
    await room.ui.until_kind(Kind.CONFIRM)
    assert len(room.lobby.called("identify")) == 2


async def test_a_lost_answer_is_told_as_unknown_and_repeats_the_same_intent(visitor, room):
    room.lobby.fail("check_in", AnswerLostError("lost"))
    await visitor.confirm()
    screen = await room.ui.until_key("fault.answer_lost.title")
    assert screen.mark is Mark.ATTENTION
    room.ui.tap("again")
    await room.ui.until_kind(Kind.TICKET)
    assert [values[0] for values in room.lobby.called("check_in")] == ["intent-1", "intent-1"]
    assert len(room.printer.tickets) == 1


@pytest.mark.parametrize("after", [AwayError, BusyError, CredentialError])
async def test_after_a_lost_answer_a_try_that_did_nothing_leaves_it_unknown(visitor, room, after):
    room.lobby.fail("check_in", AnswerLostError("lost"), after("nothing done"))
    await visitor.confirm()
    first = await room.ui.until_key("fault.answer_lost.title")
    room.ui.tap("again")
    await room.ui.until(lambda one: one is not first and one.kind is Kind.OUTCOME)
    assert room.ui.screen.title.key == "fault.answer_lost.title"
    assert [values[0] for values in room.lobby.called("check_in")] == ["intent-1", "intent-1"]


def missed_ticket():
    return people.reply(people.patient(tickets=[people.ticket(status="missed", ahead=None, wait=None)]))


@pytest.mark.usefixtures("visitor")
async def test_waiting_again_after_a_lost_answer_is_the_same_intent(visitor, room):
    room.lobby.answer = missed_ticket()
    room.lobby.fail("rejoin", AnswerLostError("lost"), AwayError("gone"))
    await visitor.lay_card()
    await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("rejoin")
    first = await room.ui.until_key("fault.rejoin_unknown.title")
    room.ui.tap("again")
    await room.ui.until(lambda one: one is not first and one.kind is Kind.OUTCOME)
    assert room.ui.screen.title.key == "fault.rejoin_unknown.title"
    room.ui.tap("again")
    screen = await room.ui.until(lambda one: one.kind is Kind.TICKET and one.primary.verb == "finish")
    assert screen.ticket.ahead.values == (("count", 9),)
    assert [values[0] for values in room.lobby.called("rejoin")] == [room.lobby.called("rejoin")[0][0]] * 3
    assert len(room.printer.tickets) == 1


async def test_another_miss_is_another_intent(visitor, room):
    room.lobby.answer = missed_ticket()
    room.lobby.rejoined = people.ticket(status="missed", ahead=None, wait=None)
    await visitor.lay_card()
    for times in range(2):
        await room.ui.until(lambda one, n=times: one.kind is Kind.TICKET and len(room.printer.tickets) == n)
        room.ui.tap("rejoin")
    await room.ui.until(lambda one: one.kind is Kind.TICKET and len(room.printer.tickets) == 2)
    intents = [values[0] for values in room.lobby.called("rejoin")]
    assert len(set(intents)) == len(intents) == 2


async def test_one_who_waits_again_already_is_shown_so(visitor, room):
    room.lobby.answer = missed_ticket()
    room.lobby.fail("rejoin", RefusedError(people.problem("not_missed", "没有过号。", "Not missed.", "t1")))
    await visitor.lay_card()
    await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("rejoin")
    screen = await room.ui.until(lambda one: one.kind is Kind.TICKET and one.primary.verb == "finish")
    assert (screen.ticket.number, screen.title.key) == ("A012", "ticket.title_again")
    assert room.printer.tickets == []


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (AwayError, "rejoin_not_done"),
        (BusyError, "rejoin_not_done"),
        (CredentialError, "rejoin_not_done"),
        (lambda _: RefusedError(people.problem("clock_jump", "时钟", "clock")), "rejoin_not_done"),
        (lambda _: RefusedError(people.problem("in_service", "这位", "this")), "rejoin_refused"),
    ],
)
async def test_waiting_again_that_came_to_nothing_says_so_and_not_that_nobody_is_checked_in(
    visitor, room, error, fault
):
    room.lobby.answer = missed_ticket()
    room.lobby.fail("rejoin", error("nothing done"))
    await visitor.lay_card()
    await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("rejoin")
    await room.ui.until_key(f"fault.{fault}.title")


async def test_a_refusal_to_wait_again_is_told_in_the_servers_words(visitor, room):
    room.lobby.answer = missed_ticket()
    room.lobby.fail("rejoin", RefusedError(people.problem("ticket_over", "这个号已经结束。", "It has ended.")))
    await visitor.lay_card()
    await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("rejoin")
    screen = await room.ui.until_kind(Kind.OUTCOME)
    assert (screen.title.zh, screen.lead.key) == ("这个号已经结束", "fault.rejoin_refused.next")


async def test_one_who_is_checked_in_is_never_told_otherwise_when_the_number_cannot_be_had(visitor, room):
    room.lobby.fail("check_in", RefusedError(people.ALREADY))
    room.lobby.fail("ticket", AwayError("gone"))
    await visitor.confirm()
    screen = await room.ui.until_key("fault.number_not_shown.title")
    assert screen.staff_code == "B-06"
    room.lobby.fail("check_in", RefusedError(people.ALREADY))
    room.ui.tap("again")
    assert (await room.ui.until_kind(Kind.TICKET)).ticket.number == "A012"


async def test_a_server_asked_too_often_is_told_as_a_short_wait(visitor, room):
    room.lobby.fail("identify", BusyError("429"))
    await visitor.lay_card()
    screen = await room.ui.until_key("fault.busy.title")
    assert screen.staff_code == "L-04"
    room.ui.tap("again")
    await room.ui.until_kind(Kind.CONFIRM)


@pytest.mark.parametrize("problem", [people.TOO_EARLY, people.NOT_TODAY, people.SESSION_CANCELLED])
async def test_a_refusal_is_told_in_the_servers_words(visitor, room, problem):
    room.lobby.fail("check_in", RefusedError(problem))
    await visitor.confirm()
    with capture_logs() as logs:
        screen = await room.ui.until_kind(Kind.OUTCOME)
    assert (screen.title.zh, screen.title.en) == (problem.message.zh[:-1], problem.message.en[:-1])
    assert screen.staff_code == "B-03"
    assert problem.code in [log.get("code") for log in logs]
    assert room.printer.tickets == []


@pytest.mark.parametrize("problem", [people.TOO_EARLY, people.NOT_TODAY, people.SESSION_CANCELLED])
async def test_an_appointment_that_cannot_be_had_now_says_why_before_anything_is_asked(visitor, room, problem):
    room.lobby.answer = people.reply(people.patient(appointments=[people.appointment(problem=problem)]))
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.OUTCOME)
    assert screen.title.zh == problem.message.zh[:-1]
    assert room.lobby.called("check_in") == []


async def test_of_several_visits_one_that_cannot_be_had_leads_back_to_the_others(visitor, room):
    visits = [people.appointment("a1"), people.appointment("a2", problem=people.SESSION_CANCELLED)]
    room.lobby.answer = people.reply(people.patient(appointments=visits))
    await visitor.lay_card()
    await room.ui.until_key("visit.title")
    room.ui.tap("choose", 1)
    screen = await room.ui.until_kind(Kind.OUTCOME)
    assert (screen.primary.label.key, screen.secondary.label.key) == ("action.another", "action.leave")
    room.ui.tap("again")
    await room.ui.until_key("visit.title")
    room.ui.tap("choose", 0)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("back")
    await room.ui.until_key("visit.title")


@pytest.mark.usefixtures("visitor")
async def test_the_only_visit_there_is_cannot_be_exchanged(visitor, room):
    room.lobby.answer = people.reply(people.patient(appointments=[people.appointment(problem=people.TOO_EARLY)]))
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.OUTCOME)
    assert (screen.primary.label.key, screen.secondary) == ("action.understood", None)


async def test_one_who_is_checked_in_already_sees_the_live_ticket_and_may_print_it_again(visitor, room):
    room.lobby.fail("check_in", RefusedError(people.ALREADY))
    await visitor.confirm()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.title.key == "ticket.title_again"
    assert screen.ticket.number == "A012"
    assert room.printer.tickets == []
    assert screen.secondary.verb == "print"


async def test_a_known_live_ticket_behind_an_appointment_is_shown(visitor, room):
    room.lobby.answer = people.reply(people.patient(appointments=[people.appointment(problem=people.ALREADY)]))
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.ticket.number == "A012"
    assert room.lobby.called("check_in") == []


async def test_a_number_that_is_looked_up_is_announced_as_a_wait(visitor, room):
    room.lobby.answer = people.reply(
        people.patient(appointments=[people.appointment(problem=people.ALREADY), people.appointment("a2")])
    )
    room.lobby.hold.clear()
    await visitor.lay_card()
    await room.ui.until_key("visit.title")
    room.ui.tap("choose", 1)
    await room.ui.until_key("wait.looking_up")
    await settle()
    assert room.ui.screen.title.key == "wait.looking_up"
    room.lobby.hold.set()
    await room.ui.until_kind(Kind.TICKET)


@pytest.mark.parametrize("old", [False, True])
async def test_nothing_for_today_is_told_with_the_age_of_the_list(visitor, room, old):
    room.lobby.answer = people.reply(people.patient(), old=old)
    await visitor.lay_card()
    screen = await room.ui.until_key("fault.nothing_in_old_list.title" if old else "fault.nothing_today.title")
    assert screen.mark is Mark.ATTENTION


async def test_a_kiosk_that_lost_its_credential_sends_patients_on(visitor, room):
    room.lobby.fail("identify", CredentialError("401"))
    await visitor.lay_card()
    screen = await room.ui.until_key("fault.not_enrolled.title")
    assert screen.staff_code == "L-03"
