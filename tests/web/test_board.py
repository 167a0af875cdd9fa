from __future__ import annotations

import msgspec
import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.fake_lobby import both, problem

BOARD = "/api/board/lobby"

# An Audio that says what it was asked to play; it ends after a second of the page's clock.
LOUDSPEAKER = """() => {
    window.played = [];
    window.Audio = class extends EventTarget {
        constructor(address) { super(); this.address = address; }
        pause() {}
        async play() {
            if (window.soundIsBlocked) throw new DOMException("no gesture yet", "NotAllowedError");
            window.played.push(this.address);
            if (window.soundFails) this.dispatchEvent(new Event("error"));
            else setTimeout(() => this.dispatchEvent(new Event("ended")), 1000);
        }
    };
}"""


def call(position, number, station, *, status="called", repeat=0, name="王*芳", lobby=None):
    room = station.removeprefix("room")
    return c.CallView(
        call=position,
        ticket=f"t-{number}",
        number=number,
        masked_name=name,
        clinic=both("心内科", "Cardiology"),
        room=both(f"{room} 号诊室", f"Room {room}"),
        station=station,
        called_at=lobby.now if lobby else None,
        status=status,
        repeat=repeat,
        voice=[f"/api/board/voice/{number}-{repeat}.wav"],
    )


def upcoming(number, name="李*"):
    return c.NextView(f"t-{number}", number, name, both("心内科", "Cardiology"), None, None)


class Board:
    def __init__(self, lobby):
        self.lobby = lobby
        self.view = c.BoardView(
            hall="lobby",
            name=both("二层候诊大厅", "Second floor hall"),
            hospital=both("市第一医院", "First Hospital"),
            calls=[],
            next_up=[upcoming("A013"), upcoming("B004", "欧**明"), upcoming("A014", "张*"), upcoming("B005", "陈*英")],
            missed=[],
            waiting=23,
            position=lobby.position,
            server_time=lobby.now,
        )
        lobby.views[BOARD] = self.view

    def change(self, **changes):
        position = self.lobby.next_position()
        before = {(each.call, each.repeat) for each in self.view.calls}
        self.view = msgspec.structs.replace(self.view, position=position, **changes)
        fresh = [each for each in self.view.calls if (each.call, each.repeat) not in before]
        told = [c.Change(position, "Called", ticket=each.ticket, number=each.number, call=each) for each in fresh]
        self.lobby.push(BOARD, self.view, *told)

    def call(self, number, station, **more):
        made = call(self.lobby.position + 1, number, station, lobby=self.lobby, **more)
        rest = [each for each in self.view.calls if each.station != station]
        self.change(calls=[made, *rest])
        return made


@pytest.fixture
def board(lobby):
    return Board(lobby)


@pytest.fixture
def open_board(open_page):
    def go():
        return open_page("/board/lobby", width=1920, height=1080, clock=True, script=f"({LOUDSPEAKER})()")

    return go


def settled(page):
    """Past the silence after a gap."""
    expect(page.locator("#frame")).to_be_visible()
    page.clock.run_for(2000)
    return page


def until_shown(page, number):
    expect(page.locator("#pop .number")).to_have_text(number)


def test_two_calls_of_one_instant_are_both_shown_and_spoken_in_order(board, open_board, shoot):
    page = settled(open_board())
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
    page = settled(open_board())
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
    page = settled(open_board())
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
    page = settled(open_board())
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
    page = settled(open_board())
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
    page = settled(open_board())
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
    page = settled(open_board())
    page.evaluate("() => { window.soundFails = true; }")
    board.call("A012", "room3")
    until_shown(page, "A012")
    page.clock.run_for(9000)
    expect(page.locator("#pop")).to_be_hidden()
    board.call("A013", "room3")
    until_shown(page, "A013")


def test_letters_are_as_large_as_panel_and_distance_ask(board, open_board):
    board.change(calls=[call(99, "A012", "room3", status="serving", lobby=board.lobby)])
    page = settled(open_board())
    # 1,218 mm across 1,920 pixels, read from 8 m: capitals of 40 mm are 63.1 pixels, Chinese of 50 mm 78.9.
    sizes = page.evaluate(
        """() => ['.call .number', '.call b', '.call .name', '.next-row .number', '.next-row span:nth-child(2)'].map(
            (each) => parseFloat(getComputedStyle(document.querySelector(each)).fontSize))"""
    )
    assert all(size * 0.733 >= 63.05 for size in sizes), sizes
    assert all(size * 0.92 >= 78.8 for size in sizes), sizes


@pytest.mark.usefixtures("board")
def test_sizes_follow_the_panel(open_board):
    page = open_board()
    sizes = page.evaluate(
        """async (address) => {
            const { legible } = await import(address);
            const panel = { widthMm: 1218, widthPx: 1920 };
            return [legible({ ...panel, distanceM: 8 }), legible({ ...panel, distanceM: 4 })];
        }""",
        page.locator("script[src$='board.js']").get_attribute("src").replace("board.js", "legible.js"),
    )
    assert round(sizes[0]["letter"]) == 63
    assert round(sizes[0]["han"]) == 79
    assert sizes[1]["letter"] * 2 == pytest.approx(sizes[0]["letter"])


def test_more_calls_than_rows_turn_pages_and_no_call_moves(board, open_board, shoot):
    calls = [
        call(80 + index, f"A{index:03d}", f"room{index}", status="serving", lobby=board.lobby) for index in range(1, 10)
    ]
    missed = [upcoming(f"B{index:03d}") for index in range(1, 8)]
    board.change(calls=list(reversed(calls)), missed=missed)
    page = settled(open_board())
    expect(page.locator("#pages")).to_have_text("第 1 页，共 2 页")
    first = page.locator("#calls .call .number").all_inner_texts()
    assert first == [f"A{index:03d}" for index in range(1, len(first) + 1)]
    shoot(page, "board-many")
    board.change(calls=[each for each in board.view.calls if each.number != "A002"])
    expect(page.locator("[data-number=A002]")).to_have_count(0)
    assert page.locator("#calls .call .number").all_inner_texts() == [each for each in first if each != "A002"]
    assert page.locator("#calls .call").count() == len(first)
    page.clock.run_for(8000)
    expect(page.locator("[data-number=A009]")).to_be_visible()


def test_a_new_call_leaves_the_calls_that_stand_readable(board, open_board, shoot):
    standing = [
        call(80 + index, f"A00{index}", f"room{index}", status="serving", lobby=board.lobby) for index in range(1, 4)
    ]
    board.change(calls=list(reversed(standing)), missed=[upcoming("B001")])
    page = settled(open_board())
    places = "() => [...document.querySelectorAll('#calls .call')].map((each) => each.getBoundingClientRect().top)"
    before = page.evaluate(places)
    board.call("A012", "room2", name="欧**明")
    until_shown(page, "A012")
    page.clock.run_for(500)
    assert page.evaluate(places) == before, "no call moves"
    pop = page.locator("#pop").bounding_box()
    for number in ("A001", "A012", "A003"):
        row = page.locator(f"#calls [data-number={number}]").bounding_box()
        assert row["y"] + row["height"] <= pop["y"] + 1
    shoot(page, "board-pop-over")


def test_one_call_that_cannot_be_shown_holds_up_no_other(board, open_board):
    page = settled(open_board())
    page.evaluate(
        "() => { const play = Audio; window.Audio = function () { window.Audio = play; throw new Error('x'); }; }"
    )
    board.call("A012", "room3")
    board.call("A013", "room4")
    until_shown(page, "A013")
    board.call("A014", "room5")
    page.clock.run_for(9000)
    until_shown(page, "A014")


def test_missed_and_next_take_turns_and_say_whose_number_it_is(board, open_board, shoot):
    missed = [
        msgspec.structs.replace(upcoming(f"B00{index}"), clinic=both("骨科", "Orthopaedics"), doctor=both("何平"))
        for index in range(1, 6)
    ]
    twin = msgspec.structs.replace(upcoming("A013"), ticket="t-other", clinic=both("儿科"), period=both("下午"))
    following = [msgspec.structs.replace(upcoming("A013"), doctor=both("周敏"), period=both("上午")), twin]
    following += [msgspec.structs.replace(upcoming(f"C00{index}"), room=both("3 号诊室")) for index in range(1, 6)]
    board.change(missed=missed, next_up=following)
    page = settled(open_board())
    expect(page.locator("#missed .missed-one").first).to_have_text("B001骨科 何平")
    expect(page.locator("#next .of").first).to_have_text("心内科 周敏 上午")
    expect(page.locator("#next .of").nth(1)).to_have_text("儿科 下午")
    expect(page.locator("#missed-page")).to_have_text("1/3")
    shoot(page, "board-whose")
    seen = set()
    for _ in range(3):
        seen |= set(page.locator("#missed .number, #next .number").all_inner_texts())
        page.clock.run_for(8000)
    assert seen >= {f"B00{index}" for index in range(1, 6)} | {f"C00{index}" for index in range(1, 6)}


def test_who_wants_no_motion_sees_none(board, open_board):
    page = settled(open_board())
    page.emulate_media(reduced_motion="reduce")
    board.call("A012", "room3")
    until_shown(page, "A012")
    assert page.evaluate("() => getComputedStyle(document.getElementById('pop')).animationDuration") == "0s"


def test_an_empty_board_is_composed(board, open_board, shoot):
    board.change(next_up=[], waiting=0)
    page = settled(open_board())
    expect(page.locator("#nobody")).to_be_visible()
    shoot(page, "board-empty")


def test_a_full_board_at_rest(board, open_board, shoot):
    board.change(
        calls=[
            call(94, "B003", "room4", lobby=board.lobby, name="欧**明"),
            call(93, "A012", "room3", status="serving", lobby=board.lobby),
            call(92, "A011", "room12", status="serving", lobby=board.lobby, name=None),
        ],
        missed=[upcoming("A003"), upcoming("B001")],
    )
    page = settled(open_board())
    until_shown(page, "B003")
    page.clock.run_for(9000)
    expect(page.locator("#pop")).to_be_hidden()
    expect(page.locator(".call.fresh .number")).to_have_text("B003")
    shoot(page, "board-at-rest")


def test_a_name_that_looks_like_markup_stays_text(board, open_board):
    page = settled(open_board())
    board.call("A012", "room3", name="<img src=x onerror=alert(1)>")
    until_shown(page, "A012")
    expect(page.locator("#pop .name")).to_have_text("<img src=x onerror=alert(1)>")


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
    page = settled(open_board())
    waiting, told = to_the_door("A013", 3, 101)
    one = call(102, "A012", "room3", lobby=board.lobby)
    tell_door(board, [waiting], told)
    until_shown(page, "A013")
    expect(page.locator("#pop")).to_contain_text("请到 3 号诊室 门口候诊")
    shoot(page, "board-pop-door")
    later, more = to_the_door("A014", 4, 103)
    tell_door(board, [later], more)
    board.change(calls=[one])
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
    page = settled(open_board())
    board.call("A012", "room3")
    until_shown(page, "A012")
    waiting, told = to_the_door("A013", 3, 101)
    tell_door(board, [waiting], told)
    tell_door(board, [upcoming("A013")])
    page.clock.run_for(9000)
    expect(page.locator("#pop")).to_be_hidden()
    assert not any("door" in each for each in page.evaluate("played"))
