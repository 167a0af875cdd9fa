"""The server away, its answer lost, or its answer no."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from kiosk.ports import AnswerLostError, AwayError, BusyError, CredentialError, RefusedError
from kiosk.screen import Kind, Mark
from tests.kiosk import people


@pytest.mark.usefixtures("visitor")
async def test_while_the_server_is_away_the_start_screen_says_so_and_where_to_go(room):
    room.lobby.online = False
    room.lobby.turn(online=False)
    screen = await room.ui.until_key("away.title")
    assert dict(screen.lead.values)["where"] == people.DESK
    room.ui.tap("start")
    room.lobby.turn(online=True)
    await room.ui.until_kind(Kind.START)
    assert room.lobby.calls == []


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


@pytest.mark.parametrize("after", [AwayError("stopping"), BusyError("429"), CredentialError("401")])
async def test_after_a_lost_answer_a_try_that_did_nothing_leaves_it_unknown(visitor, room, after):
    room.lobby.fail("check_in", AnswerLostError("lost"), after)
    await visitor.confirm()
    first = await room.ui.until_key("fault.answer_lost.title")
    room.ui.tap("again")
    await room.ui.until(lambda one: one is not first and one.kind is Kind.OUTCOME)
    assert room.ui.screen.title.key == "fault.answer_lost.title"
    assert [values[0] for values in room.lobby.called("check_in")] == ["intent-1", "intent-1"]


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
