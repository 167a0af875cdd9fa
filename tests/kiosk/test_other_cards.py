"""Check-in with a chip card or a magnetic stripe in place of an identity card: the journey, without any device."""

import dataclasses

import pytest

from drivers.device import DeviceState
from kiosk.attendant import Attendant
from kiosk.device_errors import other_card_fault
from kiosk.device_watch import DeviceWatch
from kiosk.journeys.card_screens import card_screen
from kiosk.ports import Shown
from kiosk.screen import Kind
from kiosk.ways import Ways
from kiosk.words import LANGUAGES, Catalogue
from tests.kiosk import people
from tests.kiosk.conftest import Visitor
from tests.kiosk.fakes import FakeCards, device_error, settle

SOCIAL = Shown("id_card", "999999199003070020", "王芳", stays=True)
SWIPED = Shown("hospital_card", "8800000001")


@pytest.fixture
def cards():
    return FakeCards()


@pytest.fixture
async def visitor(room, cards):
    room.world = dataclasses.replace(room.world, other_cards=cards)
    visitor = Visitor(room)
    yield visitor
    visitor.task.cancel()
    await settle()


async def to_card(room, visitor):
    await visitor.touch_start()
    return await room.ui.until_key("card.title")


async def test_a_social_security_card_checks_in_and_is_given_back(room, visitor, cards):
    await to_card(room, visitor)
    cards.show(SOCIAL)
    await room.ui.until_kind(Kind.CONFIRM)
    assert room.lobby.called("identify") == [("id_card", SOCIAL.value, SOCIAL.name)]
    room.ui.tap("confirm")
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.lead.key == "ticket.done_take_both_card"
    room.ui.tap("finish")
    assert (await room.ui.until_key("take_other_card.title")).home is False
    assert not visitor.task.done()
    cards.take()
    await visitor.ended()
    assert cards.forgotten == 1


async def test_an_expired_social_security_card_is_told_as_such_and_does_not_stop_anybody(room, visitor, cards):
    await to_card(room, visitor)
    cards.show(dataclasses.replace(SOCIAL, expired=True))
    screen = await room.ui.until_kind(Kind.CONFIRM)
    assert screen.notice.key == "notice.social_card_expired"
    room.ui.tap("confirm")
    await room.ui.until_kind(Kind.TICKET)


async def test_the_next_card_is_not_taken_for_the_expired_one(room, visitor, cards):
    await to_card(room, visitor)
    cards.show(dataclasses.replace(SOCIAL, expired=True))
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("back")
    await room.ui.until_key("card.title")
    cards.show(SWIPED)
    assert (await room.ui.until_kind(Kind.CONFIRM)).notice is None


async def test_a_stripe_checks_in_and_there_is_no_card_to_take(room, visitor, cards):
    await to_card(room, visitor)
    cards.show(SWIPED)
    await room.ui.until_kind(Kind.CONFIRM)
    assert room.lobby.called("identify") == [("hospital_card", SWIPED.value, None)]
    room.ui.tap("confirm")
    screen = await room.ui.until_kind(Kind.TICKET)
    assert screen.lead.key == "ticket.done_take_paper"
    room.ui.tap("finish")
    await visitor.ended()


async def test_one_card_with_several_files_is_asked_about(room, visitor, cards):
    both = [people.patient("p1"), people.patient("p2", appointments=[people.appointment("a2")])]
    room.lobby.answer = people.reply(*both)
    await to_card(room, visitor)
    cards.show(SWIPED)
    await room.ui.until_key("patient.title")
    room.ui.tap("choose", 1)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("confirm")
    await room.ui.until_kind(Kind.TICKET)
    assert room.lobby.called("check_in")[0][1:] == ("p2", "a2")


async def test_nothing_today_with_a_card_is_said_as_of_a_person(room, visitor, cards):
    room.lobby.answer = people.reply()
    await to_card(room, visitor)
    cards.show(SWIPED)
    await room.ui.until_key("fault.nothing_today.title")


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("no_media", "other_card_pulled"),
        ("bank_card", "bank_card"),
        ("wrong_card", "other_card_wrong"),
        ("card_blocked", "other_card_wrong"),
        ("authentication", "other_card_wrong"),
        ("mute_card", "other_card_unreadable"),
        ("bad_document", "other_card_unreadable"),
        ("unreadable", "other_card_unreadable"),
        ("never heard of", "other_card_unreadable"),
    ],
)
async def test_a_card_that_cannot_be_used_is_told_and_the_next_is_taken(room, visitor, cards, error, fault):
    assert other_card_fault(device_error(error)).kind.name == fault
    await to_card(room, visitor)
    cards.show(device_error(error))
    screen = await room.ui.until_key(f"fault.{fault}.title")
    assert screen.primary.verb == "again"
    room.ui.tap("again")
    await room.ui.until_key("card.title")
    cards.show(SWIPED)
    await room.ui.until_kind(Kind.CONFIRM)


async def test_the_identity_card_still_does(room, visitor, cards):
    await to_card(room, visitor)
    room.reader.lay()
    await room.ui.until_kind(Kind.CONFIRM)
    assert room.lobby.called("identify")[0][0] == "id_card"
    assert cards.forgotten == 0


async def test_a_reader_that_cannot_say_keeps_nobody(room, visitor, cards):
    async def lost(seconds):
        del seconds
        raise device_error("gone")

    cards.wait_removed = lost
    await to_card(room, visitor)
    room.ui.tap("home")
    await visitor.ended()
    assert cards.forgotten == 1


WAYS = {
    frozenset(): None,
    frozenset({"social"}): "card.or_social",
    frozenset({"hospital"}): "card.or_hospital",
    frozenset({"social", "hospital"}): "card.or_social_hospital",
}


@pytest.mark.parametrize("ways", WAYS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_screen_says_what_can_be_used(ways, language):
    catalogue = Catalogue.load()
    alone = card_screen(Ways(ways | {"identity"})).detail
    assert (alone and alone.key) == WAYS[ways]
    both = catalogue.speak(card_screen(Ways(ways | {"identity", "scan"})).detail, language)
    scan = catalogue.speak(card_screen(Ways(frozenset({"identity", "scan"}))).detail, language)
    assert both.endswith(scan)
    assert alone is None or both.startswith(catalogue.speak(alone, language))


async def test_a_reader_that_is_away_is_not_spoken_of(room, visitor, cards):
    cards.ways = frozenset({"hospital"})
    await settle()
    screen = await to_card(room, visitor)
    assert dict(screen.detail.values)["cards"].key == "card.or_hospital"


async def test_staff_hear_of_readers_in_trouble(room, cards):
    cards.states["chip_card"] = DeviceState.UNKNOWN
    await DeviceWatch(room.devices, room.lobby, room.clock, cards=cards).look()
    told = {report.kind: report.trouble for report in room.lobby.devices[-1]}
    assert (told["chip_card"], told["magnetic_stripe"]) == ("offline", None)
    assert Attendant(dataclasses.replace(room.world, other_cards=cards)).visit is None


def test_what_was_shown_hides_itself():
    assert "9999" not in repr(SOCIAL)
    assert "王芳" not in repr(SOCIAL)
