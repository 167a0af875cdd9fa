"""Idle time, the countdown, Home, and what is left when a visit is over."""

from __future__ import annotations

import gc
import weakref

import msgspec
import pytest

from kiosk.attendant import LOOK_FOR_CARD
from kiosk.durations import Durations
from kiosk.screen import Kind
from tests.kiosk import people
from tests.kiosk.conftest import Visitor
from tests.kiosk.fakes import settle


@pytest.mark.usefixtures("visitor")
async def test_nobody_is_counted_down_before_the_first_touch(room):
    await room.ui.until_kind(Kind.START)
    await room.clock.pass_time(10_000)
    assert room.ui.counts == []


async def test_idle_counts_down_twenty_seconds_and_then_ends_the_visit(visitor, room):
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    await room.clock.pass_time(59)
    assert room.ui.counts == []
    await room.clock.pass_time(2)
    assert room.ui.counts[0] == 20
    await room.clock.pass_time(25)
    await visitor.ended()
    assert (room.ui.wiped, room.lobby.visits) == (1, 1)


async def test_one_touch_goes_on(visitor, room):
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    await room.clock.pass_time(70)
    assert room.ui.counts[-1] is not None
    room.ui.tap("continue")
    await settle()
    assert room.ui.counts[-1] is None
    await room.clock.pass_time(30)
    assert room.ui.counts[-1] is None
    assert not visitor.task.done()


async def test_senior_mode_waits_twice_as_long(visitor, room):
    await room.ui.until_kind(Kind.START)
    room.ui.tap("senior")
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    await room.clock.pass_time(119)
    assert room.ui.counts == []
    await room.clock.pass_time(2)
    assert room.ui.counts[0] == 20


async def test_the_ticket_goes_after_half_a_minute_and_a_countdown(visitor, room):
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    room.reader.take()
    await room.clock.pass_time(29)
    assert not any(room.ui.counts)
    await room.clock.pass_time(25)
    await visitor.ended()


async def test_a_language_chosen_and_left_goes_back_to_the_usual_one(visitor, room):
    await room.ui.until_kind(Kind.START)
    room.ui.tap("language")
    await settle()
    assert room.ui.language == "en"
    await room.clock.pass_time(59)
    assert not visitor.task.done()
    await room.clock.pass_time(1)
    await visitor.ended()
    assert room.ui.language == "zh"
    assert not any(room.ui.counts)
    assert room.voice.said == []


async def test_the_screen_that_says_nobody_can_check_in_is_left_without_a_countdown(visitor, room):
    room.lobby.turn(online=False)
    await room.ui.until_key("away.title")
    room.ui.tap("help")
    await room.clock.pass_time(60)
    await visitor.ended()
    assert not any(room.ui.counts)
    assert not room.ui.help_shown


async def test_the_countdown_is_said_once_as_it_begins_and_silenced_by_a_touch(visitor, room):
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    await settle()
    room.voice.said.clear()
    await room.clock.pass_time(65)
    assert [(words.key, words.values, language) for words, language in room.voice.said] == [
        ("frame.countdown", (("seconds", 20),), "zh")
    ]
    room.ui.tap("continue")
    await settle()
    assert room.voice.silenced == 1
    assert room.voice.said == []
    assert not visitor.task.done()


async def test_on_the_ticket_the_countdown_says_that_the_number_stays(visitor, room):
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    room.reader.take()
    await room.clock.pass_time(35)
    assert [words.key for words, _ in room.voice.said] == ["card.title", "frame.countdown_number"]


@pytest.mark.usefixtures("visitor")
async def test_of_a_missed_number_nothing_is_promised(room):
    room.lobby.answer = people.reply(people.patient(tickets=[people.ticket(status="missed", ahead=None, wait=None)]))
    await room.ui.until_kind(Kind.START)
    room.ui.tap("start")
    await room.ui.until_key("card.title")
    room.reader.lay()
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.leaving == "frame.countdown"


async def test_a_countdown_shorter_than_patients_need_is_refused():
    with pytest.raises(ValueError, match="20 s"):
        Durations(countdown=10)


async def test_back_from_the_first_question_leads_home(visitor, room):
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    room.ui.tap("back")
    await visitor.ended()
    assert room.ui.wiped == 1


async def test_the_voice_is_silent_after_every_visit(visitor, room):
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    await settle()
    assert room.voice.said
    room.ui.tap("home")
    await visitor.ended()
    assert room.voice.said == []
    assert room.voice.silenced == 1


async def test_a_card_that_was_laid_and_never_read_is_not_for_the_next_patient(visitor, room):
    room.lobby.hall = msgspec.structs.replace(people.HALL, open_queues=people.OPEN_QUEUES)
    await visitor.touch_start()
    await room.ui.until_key("service.title")
    room.reader.lay()
    room.ui.tap("choose", 2)
    await room.ui.until_kind(Kind.TICKET)
    assert room.ui.screen.lead.key == "ticket.done_take_paper"
    room.ui.tap("finish")
    await room.ui.until_key("take_card.title")
    await settle()
    assert not visitor.task.done()
    room.reader.take()
    await visitor.ended()
    again = Visitor(room)
    await again.touch_start()
    await room.ui.until_key("service.title")
    room.ui.tap("choose", 0)
    await room.ui.until_key("card.title")
    await settle()
    assert room.ui.screen.title.key == "card.title"
    assert room.lobby.called("identify") == []
    room.ui.tap("home")
    await again.ended()


async def test_a_mute_reader_keeps_nobody_waiting_at_the_end(visitor, room):
    room.reader.mute = True
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    room.ui.tap("home")
    await settle()
    assert not visitor.task.done()
    await room.clock.pass_time(LOOK_FOR_CARD)
    await visitor.ended()


async def test_an_unforeseen_failure_ends_one_visit_and_not_the_day(visitor, room):
    room.lobby.fail("identify", ZeroDivisionError())
    await visitor.lay_card()
    screen = await room.ui.until_key("fault.kiosk_failed.title")
    assert screen.staff_code == "K-01"
    room.reader.take()
    room.ui.tap("finish")
    await visitor.ended()
    again = Visitor(room)
    await again.lay_card()
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("home")
    room.reader.take()
    await again.ended()


async def test_nothing_of_the_visit_is_held_when_it_is_over(visitor, room):
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    visit = weakref.ref(visitor.attendant.visit)
    screen = weakref.ref(room.ui.screen)
    face = weakref.ref(room.ui.screen.ticket)
    room.reader.take()
    room.ui.tap("finish")
    await visitor.ended()
    room.printer.tickets.clear()
    await settle()
    gc.collect()
    assert visit() is None
    assert screen() is None
    assert face() is None


async def test_the_identity_is_dropped_as_soon_as_the_server_has_answered(visitor, room):
    await visitor.lay_card()
    await room.ui.until_kind(Kind.CONFIRM)
    room.lobby.calls.clear()
    room.reader.holder = None
    gc.collect()
    holders = [one for one in gc.get_objects() if type(one).__name__ == "CardHolder"]
    from tests.kiosk import fakes  # noqa: PLC0415 - its two invented holders are the only ones left

    assert {id(one) for one in holders} <= {id(fakes.HOLDER), id(fakes.EXPIRED)}


async def test_senior_mode_reads_every_screen_out_from_the_one_that_stands_on(visitor, room):
    await room.ui.until_kind(Kind.START)
    assert room.voice.said == []
    room.ui.tap("senior")
    await settle()
    assert [words.key for words, _ in room.voice.said] == ["start.title", "start.lead"]
    room.ui.tap("language")
    await settle()
    assert [(words.key, language) for words, language in room.voice.said] == [
        ("start.title", "en"),
        ("start.lead", "en"),
    ]
    room.ui.tap("start")
    await room.ui.until_key("card.title")
    assert [words.key for words, _ in room.voice.said] == ["card.title", "card.lead"], "once, and nothing of before"
    room.reader.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    assert [words.key for words, _ in room.voice.said] == ["confirm.title"], "no name is said aloud"
    room.ui.tap("senior")
    await settle()
    assert room.voice.said == []
    assert not visitor.task.done()
