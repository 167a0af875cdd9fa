"""The board's letters, rows and pages."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.boards import call, settled, until_shown, upcoming
from tests.web.fake_lobby import both


def test_letters_are_as_large_as_panel_and_distance_ask(board, open_board):
    board.change(calls=[call(99, "A012", "room3", status="serving", lobby=board.lobby)])
    page = settled(board, open_board())
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
    page = settled(board, open_board())
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
    page = settled(board, open_board())
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


def test_missed_and_next_take_turns_and_say_whose_number_it_is(board, open_board, shoot):
    missed = [
        msgspec.structs.replace(upcoming(f"B00{index}"), clinic=both("骨科", "Orthopaedics"), doctor=both("何平"))
        for index in range(1, 6)
    ]
    twin = msgspec.structs.replace(upcoming("A013"), ticket="t-other", clinic=both("儿科"), period=both("下午"))
    following = [msgspec.structs.replace(upcoming("A013"), doctor=both("周敏"), period=both("上午")), twin]
    following += [msgspec.structs.replace(upcoming(f"C00{index}"), room=both("3 号诊室")) for index in range(1, 6)]
    board.change(missed=missed, next_up=following)
    page = settled(board, open_board())
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


def test_what_staff_tell_the_hall_and_what_stands_still_take_turns_at_the_foot(board, open_board, shoot):
    text = both("请戴口罩，咳嗽时请遮住口鼻", "Please wear a mask")
    board.change(
        broadcasts=[c.BroadcastView(7, text, board.lobby.now + timedelta(minutes=30))],
        paused=[both("骨科", "Orthopaedics")],
        cancelled=[both("内科 赵示山 上午停诊", "Internal Medicine, Zhao Shishan, morning: cancelled")],
    )
    page = settled(board, open_board())
    said = set()
    for _ in range(3):
        said.add(page.locator("#told").inner_text())
        page.clock.run_for(8000)
    assert said == {
        "请戴口罩，咳嗽时请遮住口鼻\nPlease wear a mask",
        "骨科 暂停叫号\nOrthopaedics: nobody is called for now",
        "内科 赵示山 上午停诊\nInternal Medicine, Zhao Shishan, morning: cancelled",
    }
    foot = page.locator("#told").bounding_box()
    assert foot["y"] + foot["height"] <= page.viewport_size["height"]
    shoot(page, "board-told")
    board.change(broadcasts=[], paused=[], cancelled=[])
    expect(page.locator("#told")).to_be_hidden()


LONG = both(
    "今天下午两点到四点门诊楼一楼大厅进行消防演练，届时会有警报声，请不要惊慌，请听从工作人员指挥，就诊照常进行，叫号不受影响，感谢您的配合和理解。",
    "There is a fire drill in the ground floor hall from two to four this afternoon. You will hear an alarm; please "
    "stay calm and follow the staff. Patients are seen as usual, and calls go on.",
)


def test_a_long_text_takes_a_line_and_a_call_leaves_the_list_its_rows(board, open_board, shoot):
    standing = [
        call(80 + at, f"A00{at}", f"room{at}", status="serving", lobby=board.lobby, name=None) for at in range(1, 4)
    ]
    text = c.BroadcastView(7, LONG, board.lobby.now + timedelta(minutes=30))
    board.change(calls=list(reversed(standing)), missed=[upcoming("B001")], broadcasts=[text])
    page = settled(board, open_board())
    expect(page.locator("#told")).to_be_visible()
    beside = "() => [...document.querySelectorAll('.side .number')].map((each) => each.getBoundingClientRect().top)"
    before = page.evaluate(beside)
    shoot(page, "board-told-long")
    board.call("A012", "room2", name="欧**明")
    until_shown(page, "A012")
    page.clock.run_for(500)
    shoot(page, "board-told-long-pop")
    pop = page.locator("#pop").bounding_box()
    assert pop["y"] + pop["height"] <= page.viewport_size["height"] + 0.5
    for number in ("A001", "A012", "A003"):
        row = page.locator(f"#calls [data-number={number}]").bounding_box()
        assert row["y"] + row["height"] <= pop["y"] + 1, "every row is there, as without the text"
    expect(page.locator("#told span").first).not_to_be_visible()
    assert page.evaluate(beside) == before, "the lists beside stay where they are"
    page.clock.run_for(9000)
    expect(page.locator("#told span").first).to_be_visible()


def test_the_parts_of_a_long_text_take_turns(board, open_board):
    text = c.BroadcastView(7, LONG, board.lobby.now + timedelta(minutes=30))
    board.change(broadcasts=[text])
    page = settled(board, open_board())
    main, second = (page.locator(f"#told span:nth-child({at})") for at in (1, 2))
    said, spoken, heights = [], [], set()
    for _ in range(12):
        heights.add(round(page.locator("#told").bounding_box()["height"]))
        said += [part for part in [main.inner_text()] if part not in said]
        spoken += [part for part in [second.inner_text()] if part not in spoken]
        for line in (main, second):
            assert line.evaluate("(span) => span.scrollWidth <= span.clientWidth"), "nothing is cut"
        page.clock.run_for(8000)
    assert len(heights) == 1
    first = next(at for at, part in enumerate(said) if LONG.zh.startswith(part))
    assert "".join(said[first:] + said[:first]) == LONG.zh
    assert sum(map(len, spoken)) + len(spoken) - 1 == len(LONG.en)
    assert all(part in LONG.en for part in spoken)


def test_who_wants_no_motion_sees_none(board, open_board):
    page = settled(board, open_board())
    page.emulate_media(reduced_motion="reduce")
    board.call("A012", "room3")
    until_shown(page, "A012")
    assert page.evaluate("() => getComputedStyle(document.getElementById('pop')).animationDuration") == "0s"


def test_an_empty_board_is_composed(board, open_board, shoot):
    board.change(next_up=[], waiting=0)
    page = settled(board, open_board())
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
    page = settled(board, open_board())
    until_shown(page, "B003")
    page.clock.run_for(9000)
    expect(page.locator("#pop")).to_be_hidden()
    expect(page.locator(".call.fresh .number")).to_have_text("B003")
    shoot(page, "board-at-rest")


def test_a_name_that_looks_like_markup_stays_text(board, open_board):
    page = settled(board, open_board())
    board.call("A012", "room3", name="<img src=x onerror=alert(1)>")
    until_shown(page, "A012")
    expect(page.locator("#pop .name")).to_have_text("<img src=x onerror=alert(1)>")
