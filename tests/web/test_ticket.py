from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.consoles import ticket
from tests.web.fake_lobby import both, problem

LINK = "/api/ticket/k3yL"
PHONE = {"width": 390, "height": 844}
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def shown(lobby):
    lobby.views[LINK] = ticket(lobby)
    return lobby


def change(lobby, **changes):
    lobby.push(LINK, msgspec.structs.replace(lobby.views[LINK], position=lobby.next_position(), **changes))


@pytest.mark.usefixtures("shown")
def test_the_page_says_where_one_stands_and_why(open_page, shoot):
    page = open_page("/t/k3yL", **PHONE)
    expect(page.locator(".main-card .number")).to_have_text("A012")
    expect(page.locator(".figures")).to_contain_text("4 人")
    expect(page.locator(".figures")).to_contain_text("15–25 分钟")
    expect(page.locator("#ticket")).to_contain_text("预约 09:00–09:30，09:02 已签到")
    expect(page.locator(".history li")).to_have_count(1)
    shoot(page, "ticket-waiting")


def test_while_nobody_is_called_the_page_says_so_and_why(shown, open_page, shoot):
    page = open_page("/t/k3yL", **PHONE)
    expect(page.locator(".main-card .notice")).to_have_count(0)
    shown.wait_for_feeds(1)
    change(shown, wait=None, paused=both("暂停叫号（设备故障）", "Nobody is called for now (equipment)"))
    expect(page.locator(".main-card .notice")).to_have_text("暂停叫号（设备故障）")
    expect(page.locator(".figures strong").nth(1)).to_have_text("–")
    above, below = (page.locator(f".main-card {each}").bounding_box() for each in (".state", ".notice"))
    assert below["y"] >= above["y"] + above["height"] + 8
    shoot(page, "ticket-paused")


def test_who_stepped_away_sees_until_when_the_place_is_kept(shown, open_page):
    page = open_page("/t/k3yL", **PHONE)
    shown.wait_for_feeds(1)
    change(shown, status="away", ahead=None, wait=None, back_at=shown.now + timedelta(minutes=10))
    expect(page.locator(".main-card")).to_contain_text("位置保留到 09:40")


def test_it_follows_the_call(shown, open_page, shoot):
    page = open_page("/t/k3yL", **PHONE)
    expect(page.locator(".main-card")).to_have_attribute("data-status", "waiting")
    shown.wait_for_feeds(1)
    change(shown, status="called", ahead=None, wait=None, room=both("3 号诊室", "Room 3"))
    expect(page.locator(".state")).to_have_text("请到 3 号诊室")
    expect(page).to_have_title("A012 · 已叫号")
    shoot(page, "ticket-called")


def test_every_state_has_its_sentence_in_both_languages(shown, open_page, shoot, subtests):
    pages = [open_page("/t/k3yL", language=language, **PHONE) for language in ("en-GB", "zh-CN")]
    shown.wait_for_feeds(2)
    for status in ("serving", "finished", "missed", "away", "cancelled", "no_show", "lapsed"):
        with subtests.test(status=status):
            change(shown, status=status, ahead=None, wait=None, room=both("3 号诊室", "Room 3"))
            for page in pages:
                expect(page.locator(".main-card")).to_have_attribute("data-status", status)
            english, chinese = (page.locator(".state").inner_text() for page in pages)
            is_over = status in {"finished", "cancelled", "no_show", "lapsed"}
            expect(pages[1].get_by_text("为什么排在这里")).to_have_count(0 if is_over else 1)
            assert not HAN.search(english)
            assert HAN.search(chinese)
            shoot(pages[1], f"ticket-{status}")


def test_no_clause_of_the_sentence_is_taken_apart(shown, open_page):
    page = open_page("/t/k3yL", **PHONE)
    shown.wait_for_feeds(1)
    for status in ("missed", "no_show", "lapsed"):
        change(shown, status=status, ahead=None, wait=None)
        expect(page.locator(".main-card")).to_have_attribute("data-status", status)
        heights = page.evaluate("() => [...document.querySelectorAll('.state .clause')].map((one) => one.offsetHeight)")
        assert len(heights) == 2
        assert heights[0] == heights[1] < 40


def test_the_language_follows_the_phone_and_the_choice_is_kept(shown, open_page, shoot):
    page = open_page("/t/k3yL", language="en-GB", **PHONE)
    expect(page.locator(".state")).to_have_text("Please wait in Area B, second floor")
    shoot(page, "ticket-english")
    page.get_by_role("link", name="中文").click()
    expect(page.locator(".state")).to_have_text("候诊区：门诊楼二层 B 区")
    page.goto(shown.url + "/t/k3yL")
    expect(page.locator(".state")).to_have_text("候诊区：门诊楼二层 B 区")


def test_a_lost_connection_is_dated(shown, open_page, shoot):
    page = open_page("/t/k3yL", **PHONE)
    expect(page.locator(".main-card")).to_be_visible()
    shown.stop()
    expect(page.locator("#ticket .notice")).to_contain_text("连接中断，下面是 09:30 的情况")
    shoot(page, "ticket-away")
    shown.start()
    expect(page.locator("#ticket .notice")).to_have_count(0, timeout=10000)


def test_an_unknown_link_says_so(lobby, open_page, shoot):
    lobby.answers[f"GET {LINK}"] = lambda _: problem(404, "unknown_ticket", "没有找到这个号。", "Not found.")
    page = open_page("/t/k3yL", **PHONE)
    expect(page.locator("#ticket .notice")).to_contain_text("没有找到这个号")
    expect(page.locator("#ticket .notice")).to_contain_text("请拿小票到分诊台或人工窗口询问")
    shoot(page, "ticket-unknown")


def test_who_looked_too_often_is_shown_the_number_later(shown, open_page):
    answer = problem(429, "too_many_requests", "操作太频繁，请 7 秒后再试。", "Too many requests.")
    answer.headers["Retry-After"] = "7"
    shown.answers[f"GET {LINK}"] = lambda _: answer
    page = open_page("/t/k3yL", clock=True, **PHONE)
    expect(page.locator("#ticket .notice")).to_contain_text("稍后会自动再试")
    del shown.answers[f"GET {LINK}"]
    page.clock.run_for(8000)
    expect(page.locator(".main-card .number")).to_have_text("A012")


def test_the_latest_comes_first_and_no_line_ends_in_a_lonely_word(shown, open_page, shoot):
    lines = [
        c.HistoryLine(shown.now - timedelta(minutes=30), both("签到，取号 A012。", "Checked in, number A012.")),
        c.HistoryLine(shown.now, both("叫号未到：过号 1 次。", "Did not come when called: missed 1")),
    ]
    clinic = both("中医科", "Traditional Chinese Medicine")
    shown.views[LINK] = ticket(shown, history=lines, clinic=clinic, status="serving", room=both("17 号诊室", "Room 17"))
    page = open_page("/t/k3yL", language="en-GB", **PHONE)
    expect(page.locator(".history li").first).to_contain_text("missed\u00a01")
    expect(page.locator(".clinic")).to_have_text("Traditional Chinese Medicine")
    expect(page.locator(".state")).to_have_text("You are being seen in Room\u00a017")
    shoot(page, "ticket-english-serving")


def test_in_two_stages_it_says_hall_and_then_which_door(shown, open_page, shoot):
    page = open_page("/t/k3yL", **PHONE)
    shown.wait_for_feeds(1)
    change(shown, stage="hall")
    expect(page.locator(".main-card")).to_contain_text("先在大厅候诊")
    change(shown, stage="door", door=both("3 号诊室", "Room 3"), door_since=shown.now)
    expect(page.locator(".state")).to_have_text("请到 3 号诊室门口候诊")
    expect(page.locator(".main-card")).to_contain_text("已安排到门口，按排队时刻叫号")
    shoot(page, "ticket-at-the-door")
