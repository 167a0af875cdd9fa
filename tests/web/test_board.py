"""Calls on the board: shown, spoken in order, never twice, and what it says when it has lost its news."""

from __future__ import annotations

import msgspec
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.boards import BOARD, call, settled, until_shown
from tests.web.fake_lobby import problem


def test_two_calls_of_one_instant_are_both_shown_and_spoken_in_order(board, open_board, shoot):
    page = settled(board, open_board())
    one = call(101, "A012", "room3", lobby=board.lobby)
    two = call(102, "B003", "room4", lobby=board.lobby, name="欧**明")
    board.change(calls=[two, one])
    until_shown(page, "A012")
    expect(page.locator("#pop")).to_contain_text("请到 3 号诊室")
    expect(page.locator("#pop")).to_contain_text("后面还有 1 位")
    page.clock.run_for(500)
    shoot(page, "board-pop")
    page.clock.run_for(8000)  # the page's clock also goes by itself, so that no shorter time is sure to be too short
    until_shown(page, "B003")
    page.clock.run_for(8500)
    expect(page.locator("#pop")).to_be_hidden()
    assert page.evaluate("played") == [
        "/api/board/voice/chime.wav",
        "/api/board/voice/A012-0.wav",
        "/api/board/voice/chime.wav",
        "/api/board/voice/B003-0.wav",
    ]
    shoot(page, "board-two-calls")


def test_a_recall_is_announced_again_and_keeps_its_row(board, open_board):
    page = settled(board, open_board())
    first = board.call("A012", "room3")
    until_shown(page, "A012")
    page.clock.run_for(9000)
    board.call("B003", "room4")
    until_shown(page, "B003")
    page.clock.run_for(9000)
    again = msgspec.structs.replace(first, repeat=1)
    board.change(calls=[again, *[each for each in board.view.calls if each.station != "room3"]])
    until_shown(page, "A012")
    assert page.locator("#calls .call .number").all_inner_texts() == ["A012", "B003"]


def test_a_call_taken_back_before_its_turn_is_not_announced(board, open_board):
    page = settled(board, open_board())
    board.call("A012", "room3")
    until_shown(page, "A012")
    board.call("B003", "room4")
    board.call("A013", "room5")
    expect(page.locator("#calls .call")).to_have_count(3)
    board.change(calls=[each for each in board.view.calls if each.number != "B003"])
    expect(page.locator("[data-number=B003]")).to_have_count(0)
    page.clock.run_for(9000)
    until_shown(page, "A013")
    page.clock.run_for(9000)
    assert "/api/board/voice/B003-0.wav" not in page.evaluate("played")


def test_a_board_that_starts_shows_the_present_in_silence_then_announces_open_calls(board, open_board):
    seen = call(90, "A001", "room1", status="serving", lobby=board.lobby)
    waiting = call(95, "A007", "room2", lobby=board.lobby)
    board.change(calls=[waiting, seen])
    page = open_board()
    expect(page.locator("#calls .call")).to_have_count(2)
    expect(page.locator("#pop")).to_be_hidden()
    page.clock.run_for(2000)
    until_shown(page, "A007")
    page.clock.run_for(9000)
    expect(page.locator("#pop")).to_be_hidden()
    assert page.evaluate("played") == ["/api/board/voice/chime.wav", "/api/board/voice/A007-0.wav"]


def test_after_a_gap_only_open_calls_that_were_not_announced_are(board, open_board):
    page = settled(board, open_board())
    board.call("A012", "room3")
    until_shown(page, "A012")
    page.clock.run_for(9000)
    board.lobby.stop()
    board.view = msgspec.structs.replace(
        board.view,
        position=board.lobby.next_position() + 5,
        calls=[
            call(105, "A020", "room6", lobby=board.lobby),
            call(104, "A019", "room5", status="serving", lobby=board.lobby),
            *board.view.calls,
        ],
    )
    board.lobby.views[BOARD] = board.view
    board.lobby.start()
    # The feed is tried again after a moment of the page's clock.
    page.clock.run_for(1000)
    expect(page.locator("#calls .call")).to_have_count(3)
    expect(page.locator("#pop")).to_be_hidden()
    page.clock.run_for(2000)
    until_shown(page, "A020")
    page.clock.run_for(9000)
    expect(page.locator("#pop")).to_be_hidden()
    spoken = [each for each in page.evaluate("played") if "chime" not in each]
    assert spoken == ["/api/board/voice/A012-0.wav", "/api/board/voice/A020-0.wav"]


def test_old_news_is_marked_over_the_whole_board_with_its_time(board, open_board, shoot):
    board.change(calls=[call(99, "A012", "room3", status="serving", lobby=board.lobby)])
    page = settled(board, open_board())
    expect(page.locator("#stale")).to_be_hidden()
    page.route("**/api/board/**", lambda route: route.abort())
    board.lobby.stop()
    page.clock.run_for(30_000)
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("#stale")).to_contain_text("显示暂停更新，最后更新 09:30")
    shoot(page, "board-stale")
    page.unroute("**/api/board/**")
    board.lobby.start()
    page.clock.run_for(9000)
    # The next try may have been set after that; the page's clock goes on by itself, and eight seconds is the longest.
    expect(page.locator("#stale")).to_be_hidden(timeout=20_000)


def test_blocked_sound_is_said_and_the_calls_go_on_in_writing(board, open_board, shoot):
    page = settled(board, open_board())
    page.evaluate("() => { window.soundIsBlocked = true; }")
    board.call("A012", "room3")
    until_shown(page, "A012")
    page.clock.run_for(9000)
    expect(page.locator("#muted")).to_be_visible()
    board.call("A013", "room3")
    until_shown(page, "A013")
    page.clock.run_for(9000)
    shoot(page, "board-muted")
    page.evaluate("() => { window.soundIsBlocked = false; }")
    page.locator("#muted").click()
    page.clock.run_for(1500)
    expect(page.locator("#muted")).to_be_hidden()


def test_a_voice_that_fails_holds_nothing_up(board, open_board):
    page = settled(board, open_board())
    page.evaluate("() => { window.soundFails = true; }")
    board.call("A012", "room3")
    until_shown(page, "A012")
    page.clock.run_for(9000)
    expect(page.locator("#pop")).to_be_hidden()
    board.call("A013", "room3")
    until_shown(page, "A013")


def test_one_call_that_cannot_be_shown_holds_up_no_other(board, open_board):
    page = settled(board, open_board())
    page.evaluate(
        "() => { const play = Audio; window.Audio = function () { window.Audio = play; throw new Error('x'); }; }"
    )
    board.call("A012", "room3")
    board.call("A013", "room4")
    until_shown(page, "A013")
    board.call("A014", "room5")
    page.clock.run_for(9000)
    until_shown(page, "A014")


def test_a_screen_that_is_not_enrolled_shows_its_code_until_it_is_confirmed(board, open_board, shoot):
    lobby = board.lobby
    lobby.answers[f"GET {BOARD}"] = lambda _: problem(401, "credential_needed", "这台设备没有登记。", "Not enrolled.")
    lobby.answers["POST /api/devices/screen-code"] = lambda _: {"screen_code": "HK7 4QX", "poll": "secret"}
    lobby.answers["GET /api/devices/screen-code/secret"] = lambda _: None
    page = open_board()
    expect(page.locator("#enrol .code")).to_have_text("HK7 4QX")
    shoot(page, "board-enrol")
    del lobby.answers[f"GET {BOARD}"]
    lobby.answers["GET /api/devices/screen-code/secret"] = lambda _: c.Credential("d1", "board", "token")
    page.clock.run_for(3000)
    expect(page.locator("#frame")).to_be_visible()
    assert lobby.posts("/api/devices/screen-code") == [{"kind": "board", "name": "lobby"}]
