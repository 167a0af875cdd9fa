"""Whatever reader is dead: who can be known by another one checks in, and is told what works here and what does not."""

from __future__ import annotations

import dataclasses
import itertools

import msgspec
import pytest

from drivers.device import DeviceState
from kiosk.attendant import Attendant
from kiosk.journeys.card_screens import card_screen
from kiosk.journeys.start_screens import service_screen, start_screen
from kiosk.ports import Shown
from kiosk.screen import Drawing, Kind, Part, Shine
from kiosk.ways import WAYS, Ways, is_well
from kiosk.words import LANGUAGES, Catalogue
from tests.kiosk import people
from tests.kiosk.conftest import Visitor
from tests.kiosk.fakes import FakeCards, device_error, settle

CATALOGUE = Catalogue.load()
CODE = "HZ:7Hq2mXw9Kc4RbT1z"
SOCIAL = Shown("id_card", "999999199003070020", "王芳", stays=True)
SWIPED = Shown("hospital_card", "8800000001")
ALL = frozenset(WAYS)
SUBSETS = [frozenset(some) for many in range(len(WAYS) + 1) for some in itertools.combinations(WAYS, many)]


class LineScanner:
    """A scanner with a driver, in a state that a test sets. What is scanned comes through the window."""

    name = "scanner"

    def __init__(self):
        self.present = DeviceState.ONLINE

    def state(self):
        return self.present

    async def codes(self):
        return
        yield


class Hall:
    """A room whose readers a test takes away and brings back."""

    def __init__(self, room):
        self.room = room
        self.cards = FakeCards()
        self.scanner = LineScanner()
        room.world = dataclasses.replace(room.world, other_cards=self.cards, line_scanner=self.scanner)

    def have(self, works):
        self.room.reader.present = DeviceState.ONLINE if "identity" in works else DeviceState.NO_DEVICE
        self.cards.ways = frozenset(works & {"social", "hospital"})
        self.scanner.present = DeviceState.ONLINE if "scan" in works else DeviceState.UNKNOWN

    def use(self, way):
        match way:
            case "identity":
                self.room.reader.lay()
            case "social":
                self.cards.show(SOCIAL)
            case "hospital":
                self.cards.show(SWIPED)
            case "scan":
                self.room.ui.scan(CODE)


@pytest.fixture
def hall(room):
    return Hall(room)


@pytest.fixture
async def visitor(room, hall):
    assert hall.room is room
    visitor = Visitor(room)
    await settle()
    yield visitor
    visitor.task.cancel()
    await settle()


def named(works):
    """The same name in every process: a set is written in another order in each."""
    return "+".join(way for way in WAYS if way in works) or "nothing" if isinstance(works, frozenset) else works


def is_prompt(screen):
    return screen.kind is Kind.PROMPT


@pytest.mark.parametrize(
    ("works", "way"), [(works, way) for works in SUBSETS for way in WAYS if way in works], ids=named
)
async def test_whoever_can_be_known_checks_in_whatever_else_is_dead(room, hall, visitor, works, way):
    hall.have(works)
    await visitor.touch_start()
    await room.ui.until(is_prompt)
    hall.use(way)
    await room.ui.until_kind(Kind.CONFIRM)
    room.ui.tap("confirm")
    await room.ui.until_kind(Kind.TICKET)


@pytest.mark.parametrize("works", SUBSETS, ids=named)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_screen_says_what_works_and_what_does_not(works, language):
    if not works:
        return  # there is no such screen: the fault tells of it
    screen = card_screen(Ways(works, ALL - works))
    names = {way: CATALOGUE.speak(words, language) for way, words in NAMES.items()}
    asked = " ".join(CATALOGUE.speak(words, language) for words in (screen.title, screen.lead, screen.detail))
    notice = CATALOGUE.speak(screen.notice, language)
    for way, name in names.items():
        assert (name.lower() in asked.lower()) == (way in works), (name, asked)
        assert (name.lower() in notice.lower()) == (way not in works), (name, notice)
    assert (notice == "") == (works == ALL)
    assert (screen.staff_code == "R-01") == ("identity" not in works)
    assert (screen.lights.get(Part.SCANNER) is Shine.SLOW) == ("scan" in works)
    assert (Part.IDENTITY_CARD in screen.lights) == ("identity" in works)
    assert (screen.drawing is Drawing.LAY_CARD) == ("identity" in works)


NAMES = {
    "identity": people.Text("身份证", "ID card"),
    "social": people.Text("社保卡", "social security"),
    "hospital": people.Text("就诊卡", "hospital"),
    "scan": people.Text("扫", "scan"),
}


@pytest.mark.parametrize("works", SUBSETS, ids=named)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("queues", [[], people.OPEN_QUEUES], ids=["no queues", "queues"])
def test_the_start_screen_asks_for_nothing_that_cannot_be_read(works, language, queues):
    lobby_hall = msgspec.structs.replace(people.HALL, open_queues=queues)
    screen = start_screen(Ways(works, ALL - works), lobby_hall)
    lead, notice, detail = (
        CATALOGUE.speak(words, language).lower() for words in (screen.lead, screen.notice, screen.detail)
    )
    assert (screen.primary is None) == (not works and not queues)
    assert (screen.staff_code == "R-01") == ("identity" not in works)
    desk = CATALOGUE.speak(people.DESK, language).lower()
    assert desk in (lead if screen.primary is None else detail)
    if screen.primary is None:
        return
    for way, words in BROUGHT.items():
        # An identity card, where it can be read, is what everybody has: the others are told of on the next screen.
        is_asked = way in works and (way == "identity" or "identity" not in works)
        assert (CATALOGUE.speak(words, language) in lead) == is_asked, (way, lead)
    assert (desk in notice) == ("identity" not in works)
    assert (screen.drawing is Drawing.HOLD_CARD) == ("identity" in works)
    assert screen.lights == {}
    check_in = service_screen(people.OPEN_QUEUES, Ways(works, ALL - works), lobby_hall).choices[0]
    assert (check_in.problem is None) == bool(works)


BROUGHT = {
    "identity": people.Text("身份证", "id card"),
    "social": people.Text("社保卡", "social security"),
    "hospital": people.Text("就诊卡", "hospital card"),
    "scan": people.Text("码", "code"),
}


async def test_nothing_works_and_the_start_screen_sends_to_the_staffed_window(room, hall, visitor):
    hall.have(frozenset())
    await room.clock.pass_time(2)
    screen = await room.ui.until_key("away.title")
    assert dict(screen.lead.values)["where"] == people.DESK
    room.ui.tap("start")
    hall.have({"identity"})
    await room.clock.pass_time(2)
    await room.ui.until_kind(Kind.START)
    assert not visitor.attendant.visit.begun


async def test_nothing_works_and_a_number_that_needs_no_card_is_had_all_the_same(room, hall, visitor):
    room.lobby.hall = msgspec.structs.replace(people.HALL, open_queues=people.OPEN_QUEUES)
    hall.have(frozenset())
    await visitor.touch_start()
    screen = await room.ui.until_kind(Kind.CHOOSE)
    assert screen.choices[0].problem is not None
    room.ui.tap("choose", 0)
    fault = await room.ui.until_key("fault.reader_offline.title")
    assert dict(fault.lead.values)["where"] == people.DESK
    room.ui.tap("finish")
    await visitor.ended()


async def test_the_start_screen_follows_what_dies_and_comes_back(room, hall, visitor):
    assert (await room.ui.until_kind(Kind.START)).drawing is Drawing.HOLD_CARD
    hall.have({"hospital", "scan"})
    await room.clock.pass_time(2)
    screen = await room.ui.until(lambda screen: screen.notice is not None)
    assert (screen.kind, screen.drawing) == (Kind.START, Drawing.USE_CARD)
    hall.have(ALL)
    await room.clock.pass_time(2)
    assert (await room.ui.until(lambda screen: screen.notice is None)).drawing is Drawing.HOLD_CARD
    assert not visitor.attendant.visit.begun


async def test_who_has_none_of_what_works_is_sent_to_the_staffed_window(room, hall, visitor):
    hall.have({"hospital", "scan"})
    await visitor.touch_start()
    screen = await room.ui.until(is_prompt)
    assert screen.secondary.label.key == "card.none"
    room.ui.tap("no_card")
    screen = await room.ui.until_key("fault.reader_offline.title")
    room.ui.tap("finish")
    await visitor.ended()


@pytest.mark.parametrize("command", ["wait", "read"])
@pytest.mark.parametrize("error", ["gone", "timeout", "closed"])
async def test_a_reader_that_dies_under_the_card_leaves_the_other_ways(room, hall, visitor, command, error):
    """Before anybody has noticed: its state is still that of one in use."""
    assert hall.room.reader.present is DeviceState.ONLINE
    room.reader.fail(command, error)
    await visitor.touch_start()
    await room.ui.until(is_prompt)
    room.reader.lay()
    screen = await room.ui.until(lambda screen: is_prompt(screen) and screen.notice is not None)
    assert screen.title.key == "card.title_social_hospital"
    hall.use("hospital")
    await room.ui.until_kind(Kind.CONFIRM)
    assert room.lobby.called("identify") == [("hospital_card", SWIPED.value, None)]


async def test_what_dies_and_comes_back_while_the_patient_looks_is_told(room, hall, visitor):
    await visitor.touch_start()
    first = await room.ui.until_key("card.title")
    assert first.notice is None
    hall.have(ALL - {"identity"})
    await room.clock.pass_time(2)
    screen = await room.ui.until_key("card.title_social_hospital")
    assert dict(screen.notice.values)["what"].key == "card.way_identity"
    hall.have(ALL - {"scan"})
    await room.clock.pass_time(2)
    screen = await room.ui.until_key("card.title")
    assert dict(screen.notice.values)["what"].key == "card.way_scan"
    hall.have(ALL)
    await room.clock.pass_time(2)
    assert (await room.ui.until_key("card.title")).notice is None
    room.reader.lay()
    await room.ui.until_kind(Kind.CONFIRM)


async def test_the_start_screen_is_put_up_anew_only_where_it_says_something_else(room, hall, visitor):
    hall.have({"hospital", "scan"})
    await room.clock.pass_time(2)
    await room.ui.until(lambda screen: screen.notice is not None)
    put_up = len(room.ui.screens)
    for _ in range(3):
        room.lobby.turn(online=True)  # the server has told something that this screen does not show
        await settle()
    assert len(room.ui.screens) == put_up, "what is drawn on it comes to rest"
    room.ui.tap("start")
    await room.ui.until(is_prompt)
    assert visitor.attendant.visit.begun


async def test_a_loose_contact_does_not_keep_a_patient_who_has_left(room, hall, visitor):
    await visitor.touch_start()
    await room.ui.until(is_prompt)
    for second in range(200):
        hall.have(ALL - {"scan"} if second % 4 < 2 else ALL)
        await room.clock.pass_time(1)
        if visitor.task.done():
            break
    assert visitor.task.done()
    assert room.ui.wiped == 1


async def test_a_card_that_is_no_card_of_ours_is_told_of_with_the_reader_dead_too(room, hall, visitor):
    hall.have({"social"})
    await visitor.touch_start()
    await room.ui.until_key("card.title_social")
    hall.cards.show(device_error("mute_card"))
    await room.ui.until_key("fault.other_card_unreadable.title")
    room.ui.tap("again")
    await room.ui.until_key("card.title_social")
    hall.use("social")
    await room.ui.until_kind(Kind.CONFIRM)


async def test_two_slips_are_compared_only_where_they_can_be_scanned(room, hall):
    hall.have(ALL - {"scan"})
    visitor = Visitor(room)
    screen = await room.ui.until_kind(Kind.START)
    assert screen.secondary is None
    visitor.task.cancel()
    await settle()


@pytest.mark.parametrize("state", DeviceState)
def test_a_device_is_well_while_it_is_in_use_or_being_taken_into_use(state):
    assert is_well(state) == (state in {DeviceState.ONLINE, DeviceState.STARTING})


async def test_a_kiosk_without_other_readers_has_no_other_ways(room):
    world = dataclasses.replace(room.world, scanner=False)
    assert world.ways == Ways(frozenset({"identity"}), frozenset())
    room.reader.present = DeviceState.UNKNOWN
    assert world.ways == Ways(frozenset(), frozenset({"identity"}))
    assert Attendant(world).visit is None
