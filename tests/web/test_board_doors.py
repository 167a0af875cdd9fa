"""Second-stage calls on the board: to a room's door."""

from __future__ import annotations

import msgspec
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.boards import BOARD, call, settled, until_shown, upcoming
from tests.web.fake_lobby import both


def to_the_door(number, room, at):
    waiting = msgspec.structs.replace(upcoming(number), room=both(f"{room} 号诊室", f"Room {room}"), stage="door")
    told = c.DoorCallView(
        at,
        waiting.ticket,
        number,
        "李*",
        waiting.clinic,
        waiting.room,
        f"room{room}",
        [f"/api/board/voice/door-{at}.wav"],
    )
    return waiting, told


def tell_door(board, waiting, *told, **changes):
    position = board.lobby.next_position()
    rest = [each for each in board.view.next_up if each.ticket not in {one.ticket for one in waiting}]
    board.view = msgspec.structs.replace(board.view, position=position, next_up=[*waiting, *rest], **changes)
    news = [c.Change(position, "RoomAssigned", ticket=one.ticket, number=one.number, door=one) for one in told]
    board.lobby.push(BOARD, board.view, *news)


def test_a_second_stage_call_is_announced_once_no_call_waits_and_its_row_names_the_door(board, open_board, shoot):
    page = settled(board, open_board())
    waiting, told = to_the_door("A013", 3, 101)
    one = call(102, "A012", "room3", lobby=board.lobby)
    tell_door(board, [waiting], told)
    until_shown(page, "A013")
    expect(page.locator("#pop")).to_contain_text("请到 3 号诊室 门口候诊")
    lines = page.evaluate(
        """() => {
            const words = document.querySelector('#pop .go').firstChild;
            const range = document.createRange();
            range.setStart(words, words.data.indexOf('门口'));
            range.setEnd(words, words.data.length);
            return range.getClientRects().length;
        }"""
    )
    assert lines == 1, "门口候诊 is taken apart"
    shoot(page, "board-pop-door")
    later, more = to_the_door("A014", 4, 103)
    tell_door(board, [later], more)
    board.change(calls=[one])
    expect(page.locator("#calls")).to_contain_text("A012")
    page.clock.run_for(8500)
    until_shown(page, "A012")
    page.clock.run_for(8500)
    until_shown(page, "A014")
    page.clock.run_for(8500)
    expect(page.locator("#pop")).to_be_hidden()
    assert [each for each in page.evaluate("played") if "chime" not in each] == [
        "/api/board/voice/door-101.wav",
        "/api/board/voice/A012-0.wav",
        "/api/board/voice/door-103.wav",
    ]
    expect(page.locator("#next")).to_contain_text("3 号诊室 门口")


def test_who_is_at_that_door_no_more_is_not_sent_there(board, open_board):
    page = settled(board, open_board())
    board.call("A012", "room3")
    until_shown(page, "A012")
    waiting, told = to_the_door("A013", 3, 101)
    tell_door(board, [waiting], told)
    expect(page.locator("#next")).to_contain_text("3 号诊室 门口")
    tell_door(board, [upcoming("A013")])
    expect(page.locator("#next")).not_to_contain_text("门口")
    page.clock.run_for(9000)
    expect(page.locator("#pop")).to_be_hidden()
    assert not any("door" in each for each in page.evaluate("played"))
