"""Who is called first, and why: two slips scanned one after the other. Without screen or network."""

from __future__ import annotations

import dataclasses
import gc

import pytest

from kiosk.codes import CodeRules, code_rule
from kiosk.journeys.check_in_screens import ticket_screen
from kiosk.journeys.compare import Compare
from kiosk.journeys.start_screens import start_screen
from kiosk.ports import AwayError, RefusedError
from kiosk.screen import Kind, Mark, Part, Shine
from kiosk.ways import Ways
from kiosk.words import LANGUAGES, Catalogue
from queue_server.contract import WhyReply
from tests.kiosk import people
from tests.kiosk.conftest import Visitor
from tests.kiosk.fakes import settle

CATALOGUE = Catalogue.load()
ONE, OTHER = "HZ:one", "HZ:other"
SAME = people.problem("same_ticket", "两次扫的是同一个号。", "Both codes are of the same number.")
UNKNOWN = people.problem("unknown_ticket", "没有找到这个号。", "This number was not found.")


async def first_scanned(room):
    await room.ui.until_kind(Kind.START)
    room.ui.tap("why")
    await room.ui.until_key("why.title_first")
    room.ui.scan(ONE)
    return await room.ui.until_key("why.title_second")


async def answered(room):
    await first_scanned(room)
    room.ui.scan(OTHER)
    return await room.ui.until_kind(Kind.COMPARE)


def said_on(screen, language):
    words = [
        screen.title,
        screen.lead,
        *(part for fact in screen.facts for part in (fact.value, fact.label, fact.reason)),
    ]
    return [CATALOGUE.speak(one, language) for one in words]


async def test_two_slips_say_who_is_first_and_why(visitor, room):
    screen = await answered(room)
    assert room.lobby.called("why") == [(ONE, OTHER)]
    assert said_on(screen, "zh") == [
        *("A002 先叫", "按排队时刻先后"),
        *("A002", "先叫", "预约 09:00，08:55 签到，按 09:00 排"),
        *("A001", "后叫", "08:50 现场签到，按 09:20 排"),
    ]
    assert said_on(screen, "en")[:2] == ["A002 is called first", "By the queueing moment"]
    assert [fact.strong for fact in screen.facts] == [True, False]
    assert (screen.mark, screen.back, screen.home) == (Mark.NONE, False, True)
    assert room.lobby.called("identify") == []
    room.ui.tap("finish")
    await visitor.ended()


@pytest.mark.usefixtures("visitor")
async def test_the_scanner_is_shown_and_lit_and_nothing_is_to_be_touched(room):
    await room.ui.until_kind(Kind.START)
    room.ui.tap("why")
    screen = await room.ui.until_key("why.title_first")
    assert screen.lights == {Part.SCANNER: Shine.SLOW}
    assert (screen.scans, screen.primary, screen.secondary) == (True, None, None)


async def test_another_two_can_be_compared(visitor, room):
    await answered(room)
    room.ui.tap("again")
    await room.ui.until_key("why.title_first")
    room.ui.scan(OTHER)
    await room.ui.until_key("why.title_second")
    room.ui.scan(ONE)
    await room.ui.until_kind(Kind.COMPARE)
    assert room.lobby.called("why") == [(ONE, OTHER), (OTHER, ONE)]
    room.ui.tap("finish")
    await visitor.ended()


async def test_back_leads_to_the_first_slip_and_then_home(visitor, room):
    await first_scanned(room)
    room.ui.tap("back")
    await room.ui.until_key("why.title_first")
    room.ui.tap("back")
    await visitor.ended()
    assert room.lobby.called("why") == []


@pytest.mark.parametrize(
    ("reply", "said", "strong"),
    [
        (
            people.why(None, "other_queue", reasons=[], rule=people.Text("分别排队。", "Apart.")),
            "这两个号不分先后",
            False,
        ),
        (people.why(because="ended", reasons=[], rule=people.Text("A001 已结束", "Ended")), "A002 还在排队", True),
        (people.why(because="not_here", reasons=[], rule=people.Text("不在队列中", "Away")), "A002 先叫", True),
    ],
)
@pytest.mark.usefixtures("visitor")
async def test_what_is_not_compared_says_so(room, reply, said, strong):
    room.lobby.because = reply
    screen = await answered(room)
    assert said_on(screen, "zh")[:2] == [said, reply.rule.zh.removesuffix("。")]
    assert [fact.strong for fact in screen.facts] == [strong, False]
    for language in LANGUAGES:
        assert len(set(said_on(screen, language))) > 1


async def test_the_same_slip_twice_is_told_and_the_other_one_scanned_again(visitor, room):
    room.lobby.fail("why", RefusedError(SAME))
    await first_scanned(room)
    room.ui.scan(ONE)
    screen = await room.ui.until_key("fault.same_slip.title")
    assert screen.staff_code == "B-08"
    room.ui.tap("again")
    await room.ui.until_key("why.title_second")
    room.ui.scan(OTHER)
    await room.ui.until_kind(Kind.COMPARE)
    assert room.lobby.called("why") == [(ONE, ONE), (ONE, OTHER)]
    room.ui.tap("finish")
    await visitor.ended()


@pytest.mark.usefixtures("visitor")
async def test_a_code_of_no_number_asks_for_both_again(room):
    room.lobby.fail("why", RefusedError(UNKNOWN))
    await first_scanned(room)
    room.ui.scan("6901234567892")
    screen = await room.ui.until_key("fault.slip_unreadable.title")
    assert screen.staff_code == "B-04"
    assert "您的号没有变化" in CATALOGUE.speak(screen.lead, "zh")
    room.ui.tap("again")
    await room.ui.until_key("why.title_first")


@pytest.mark.parametrize("first", [True, False])
async def test_a_voucher_is_no_slip_and_goes_nowhere(room, first):
    room.world = dataclasses.replace(room.world, codes=CodeRules([code_rule("insurance_code", "28[0-9]{18}", "codes")]))
    visiting = Visitor(room)
    if first:
        await room.ui.until_kind(Kind.START)
        room.ui.tap("why")
        await room.ui.until_key("why.title_first")
    else:
        await first_scanned(room)
    room.ui.scan("28012345678901234567")
    await room.ui.until_key("fault.slip_unreadable.title")
    assert room.lobby.calls == []
    room.ui.tap("again")
    await room.ui.until_key("why.title_first" if first else "why.title_second")
    room.ui.tap("home")
    await visiting.ended()


@pytest.mark.usefixtures("visitor")
async def test_a_server_that_is_away_says_that_nothing_was_compared(room):
    room.lobby.fail("why", AwayError("away"))
    await first_scanned(room)
    room.ui.scan(OTHER)
    screen = await room.ui.until_key("fault.not_compared.title")
    assert (screen.mark, screen.staff_code) == (Mark.FAULT, "L-01")


def shown(room, **changes):
    ticket = people.ticket(qr=ONE, **changes)
    room.lobby.answer = people.reply(people.patient(tickets=[ticket]))


async def test_a_ticket_that_is_shown_can_be_compared_and_comes_back(visitor, room):
    shown(room)
    await room.ui.until_kind(Kind.START)
    room.ui.scan(ONE)
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.tertiary.verb == "why"
    room.ui.tap("why")
    screen = await room.ui.until_key("why.title_second")
    assert (screen.back, screen.secondary.verb) == (False, "leave")
    assert CATALOGUE.speak(screen.lead, "zh") == "已经有 A012，再扫一张来比"
    room.ui.tap("leave")
    await room.ui.until_kind(Kind.TICKET)
    room.ui.tap("why")
    await room.ui.until_key("why.title_second")
    room.ui.scan(OTHER)
    await room.ui.until_kind(Kind.COMPARE)
    assert room.lobby.called("why") == [(ONE, OTHER)]
    room.ui.tap("finish")
    await visitor.ended()


@pytest.mark.usefixtures("visitor")
@pytest.mark.parametrize(
    "changes", [{"status": "missed", "ahead": None, "wait": None}, {"status": "serving", "ahead": None}]
)
async def test_a_number_that_does_not_wait_is_not_offered_for_comparing(room, changes):
    shown(room, **changes)
    await room.ui.until_kind(Kind.START)
    room.ui.scan(ONE)
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.tertiary is None


def test_without_a_scanner_nothing_is_offered():
    assert start_screen(Ways(frozenset({"identity"}), frozenset()), people.HALL).secondary is None
    screen = ticket_screen(people.ticket(), None, people.HALL, card="identity", again=True, scanner=False)
    assert screen.tertiary is None


async def test_nobody_at_the_screen_leads_home_and_no_code_stays(visitor, room):
    room.lobby.because = people.why(sentence=people.Text("句", "left behind?"))
    await answered(room)
    await room.clock.pass_time(60 + 21)
    await visitor.ended()
    assert any(room.ui.counts)
    assert room.ui.screens == []
    room.lobby.because = None
    gc.collect()
    assert [one for one in gc.get_objects() if isinstance(one, WhyReply) and one.sentence.zh == "句"] == []
    assert [one for one in gc.get_objects() if isinstance(one, Compare)] == []


def test_a_code_is_in_no_representation():
    assert ONE not in repr(Compare(ONE, "A012"))


@pytest.mark.usefixtures("visitor")
async def test_a_late_touch_of_the_answer_does_nothing(room):
    await answered(room)
    serial = room.ui.serial
    room.ui.tap("again")
    await room.ui.until_key("why.title_first")
    room.ui.tap("finish", serial=serial)
    await settle()
    assert room.ui.screen.title.key == "why.title_first"
