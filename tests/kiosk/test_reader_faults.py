"""The card reader and the card: every fault has its screen, its words and a way on.

The kiosk here has no other reader; what one with others does while this one is dead is in ``test_ways``.
"""

from __future__ import annotations

import dataclasses

import pytest

from drivers.device import CompletionCode, DeviceError
from kiosk.device_errors import reader_fault
from kiosk.screen import Kind
from tests.kiosk import people
from tests.kiosk.fakes import Room


@pytest.fixture
async def room():
    room = Room()
    room.world = dataclasses.replace(room.world, scanner=False)
    return room


@pytest.mark.parametrize(
    ("command", "error", "fault"),
    [
        ("wait", "no_device", "reader_offline"),
        ("wait", "closed", "reader_offline"),
        ("wait", "gone", "reader_offline"),
        ("read", "timeout", "reader_offline"),
        ("read", "garbled", "reader_failed"),
        ("read", "self_test", "reader_failed"),
        ("read", "no_media", "card_pulled"),
        ("wait", "card_not_removed", "card_left"),
        ("read", "authentication", "card_unreadable"),
        ("read", "bad_document", "card_unreadable"),
        ("read", "wrong_card", "card_wrong"),
        ("read", "never_heard_of", "reader_failed"),
    ],
)
async def test_the_fault_is_told_and_nobody_is_checked_in(visitor, room, command, error, fault):
    room.reader.fail(command, error)
    await visitor.lay_card()
    screen = await room.ui.until_key(f"fault.{fault}.title")
    assert screen.kind is Kind.OUTCOME
    assert screen.staff_code
    assert room.lobby.called("identify") == []
    assert room.lobby.called("check_in") == []


@pytest.mark.parametrize("error", ["no_media", "card_not_removed", "garbled", "wrong_card", "bad_document"])
async def test_trying_again_leads_to_the_number(visitor, room, error):
    room.reader.fail("wait" if error == "card_not_removed" else "read", error)
    await visitor.lay_card()
    screen = await room.ui.until_kind(Kind.OUTCOME)
    assert screen.primary.verb == "again"
    room.ui.tap("again")
    await room.ui.until_kind(Kind.CONFIRM)


async def test_no_card_in_time_asks_again(visitor, room):
    room.reader.no_card_in_time = 1
    await visitor.touch_start()
    await room.ui.until_key("fault.no_card.title")
    room.ui.tap("again")
    await room.ui.until_key("card.title")


async def test_somebody_without_a_card_is_sent_to_the_staffed_window(visitor, room):
    await visitor.touch_start()
    await room.ui.until_key("card.title")
    room.ui.tap("no_card")
    screen = await room.ui.until_key("fault.no_document.title")
    assert dict(screen.lead.values)["where"] == people.DESK
    room.ui.tap("finish")
    await visitor.ended()
    assert room.ui.wiped == 1


async def test_a_reader_that_is_gone_sends_to_the_staffed_window(visitor, room):
    room.reader.fail("wait", "no_device")
    await visitor.touch_start()
    screen = await room.ui.until_key("fault.reader_offline.title")
    assert screen.primary.verb == "finish"
    assert dict(screen.lead.values)["where"] == people.DESK


async def test_a_card_left_lying_is_asked_for_after_a_fault_too(visitor, room):
    room.reader.fail("read", "bad_document")
    await visitor.lay_card()
    await room.ui.until_kind(Kind.OUTCOME)
    room.ui.tap("finish")
    await room.ui.until_key("take_card.title")
    room.reader.take()
    await visitor.ended()


async def test_a_reader_that_dies_while_the_card_is_asked_for_ends_the_visit(visitor, room):
    await visitor.confirm()
    await room.ui.until_kind(Kind.TICKET)
    room.reader.fail("removed", "gone")
    room.ui.tap("finish")
    await visitor.ended()
    assert room.ui.wiped == 1


def test_the_line_being_mute_is_the_readers_fault_and_not_the_patients():
    mute = DeviceError(CompletionCode.TIMEOUT, "timeout", "no answer")
    assert reader_fault(mute).kind.name == "reader_offline"
