"""The console where something goes wrong: another console, no answer, no log-in, no such station."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.consoles import STATION, Console
from tests.web.fake_lobby import both, problem

NEXT = "/api/station/call-next"
LOGGED_OUT = problem(401, "log_in_needed", "请先登录。", "Please log in first.")


@pytest.fixture
def timed(console, open_page):  # noqa: ARG001  (the console must be there before the page opens)
    page = open_page("/station/room3", clock=True)
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    return page


def press_when_ready(page, key):
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    page.clock.run_for(1000)
    page.keyboard.press(key)


def test_a_command_that_comes_after_somebody_elses_is_refused_and_the_list_is_shown_anew(timed, console, shoot):
    page = timed
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    # Another console at this station has noted the miss and called the next one.
    second, *rest = console.view.waiting
    gone = msgspec.structs.replace(console.view.current, status="missed", misses=1)
    console.unnoticed(current=msgspec.structs.replace(second, status="called", calls=1), waiting=rest, missed=[gone])
    press_when_ready(page, "m")
    expect(page.locator("#notices .attention")).to_contain_text("列表已变化，现在是 A002。")
    expect(page.locator("#current .number")).to_have_text("A002")
    assert [each.number for each in console.view.missed] == ["A001"]
    assert console.lobby.posts("/api/station/missed")[0]["current"] == "t0"
    shoot(page, "station-moved-on")
    press_when_ready(page, "s")
    expect(page.locator("#current")).to_contain_text("就诊中")
    assert console.lobby.posts("/api/station/start")[0]["current"] == "t1"


def test_an_answer_about_the_last_call_means_the_patient_who_was_asked_about(timed, console):
    page = timed
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    press_when_ready(page, " ")
    expect(page.locator("#notices")).to_contain_text("已经看过，还是没有来")
    second, *rest = console.view.waiting
    console.change(current=msgspec.structs.replace(second, status="called", calls=1), waiting=rest)
    expect(page.locator("#current .number")).to_have_text("A002")
    # The question was about somebody else; it goes, and its keys with it.
    expect(page.locator("#notices")).to_be_empty()
    posts = len(console.lobby.posts(NEXT))
    press_when_ready(page, "2")
    press_when_ready(page, "r")
    console.lobby.wait_for_posts("/api/station/recall", 1)
    assert len(console.lobby.posts(NEXT)) == posts


def test_next_with_nobody_waiting_says_who_was_finished(timed, console, shoot):
    page = timed
    serving = msgspec.structs.replace(console.view.waiting[0], status="serving", calls=1)
    console.change(current=serving, waiting=[])
    expect(page.locator("#current")).to_contain_text("就诊中")

    def settle(body):
        return console.acted(f"看完 {serving.number}", body, current=None, done=[serving])

    console.lobby.answers[f"POST {NEXT}"] = settle
    page.keyboard.press(" ")
    expect(page.locator("#notices .done")).to_have_text("没有人在等；A001 已看完。")
    expect(page.locator("#current")).to_contain_text("现在没有叫到的患者")
    shoot(page, "station-nobody-after")


def test_a_command_without_an_answer_says_what_is_under_way_and_then_that_the_server_is_away(timed, console, shoot):
    page = timed
    page.route("**/api/**", lambda _: None)
    page.keyboard.press(" ")
    expect(page.locator("#do-next")).to_have_attribute("aria-busy", "true")
    page.clock.run_for(2000)
    expect(page.locator("#notices")).to_have_text("正在执行：下一位")
    expect(page.locator("#link")).to_contain_text("已连接")
    shoot(page, "station-under-way")
    page.clock.run_for(7000)
    expect(page.locator("#link")).to_contain_text("连接中断")
    expect(page.locator("#do-next")).to_be_disabled()
    page.unroute("**/api/**")
    # The request under way is given up, and the next one is answered.
    page.clock.run_for(8500)
    expect(page.locator("#current .number")).to_have_text("A001")
    expect(page.locator("#notices")).to_be_empty()
    assert len({body["command_id"] for body in console.lobby.posts(NEXT)}) == 1


def test_a_lapsed_log_in_is_renewed_without_leaving_the_page(page, console, shoot):
    lobby = console.lobby
    lobby.stop()
    expect(page.locator("#away")).to_contain_text("连接中断")
    page.locator('[data-number="A001"]').get_by_role("button", name="记下纸上叫号").click()
    lobby.answers[f"GET {STATION}"] = lambda _: LOGGED_OUT
    lobby.start()
    expect(page.locator("#again")).to_contain_text("登录已过期", timeout=15_000)
    expect(page.locator("#link")).to_contain_text("登录已过期")
    expect(page.locator("#do-next")).to_be_disabled()
    # Calls go on being noted meanwhile.
    page.locator('#waiting [data-number="A002"]').get_by_role("button", name="记下纸上叫号").click()
    shoot(page, "station-log-in-again")
    lobby.answers["POST /api/auth/log-in"] = lambda _: problem(401, "log_in_failed", "密码不对。", "Wrong.")
    page.locator("#again [name=password]").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#again .fault")).to_have_text("密码不对。")

    def right(_):
        lobby.answers.pop(f"GET {STATION}", None)
        return {"csrf": "token"}

    lobby.answers["POST /api/auth/log-in"] = right
    page.locator("#again [name=password]").fill("right")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="全部补录").click()
    expect(page.locator("#done .ticket")).to_have_count(2)
    expect(page.locator("#again")).to_be_empty()
    assert lobby.posts("/api/auth/log-in")[-1] == {"name": "n01", "password": "right"}


def test_a_command_after_the_log_in_lapsed_asks_for_it_in_place(page, console):
    console.lobby.answers[f"POST {NEXT}"] = lambda _: LOGGED_OUT
    page.keyboard.press(" ")
    expect(page.locator("#again")).to_contain_text("登录已过期")
    assert page.url.endswith("/station/room3")


def test_a_refusal_is_seen_before_the_console_is_open(lobby, open_page, shoot):
    console = Console(lobby, is_open=False)
    refused = problem(409, "station_open", "这个叫号点已经由别人使用。", "Already in use.")
    lobby.answers["POST /api/station/open"] = lambda _: refused
    page = open_page("/station/room3", clock=True)
    page.get_by_role("button", name="开始叫号").click()
    expect(page.get_by_text("这个叫号点已经由别人使用。")).to_be_visible()
    shoot(page, "station-open-refused")
    lobby.answers["POST /api/station/open"] = console.open
    page.clock.run_for(1000)
    page.get_by_role("button", name="开始叫号").click()
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    expect(page.locator("#notices")).to_be_empty()


def test_an_unknown_station_says_so_and_leads_to_the_choice(lobby, open_page, shoot):
    Console(lobby)
    unknown = problem(404, "unknown_station", "没有这个叫号点。", "There is no such station.")
    lobby.answers["GET /api/station/nope"] = lambda _: unknown
    page = open_page("/station/nope")
    expect(page.get_by_text("没有“nope”这个叫号点")).to_be_visible()
    expect(page.locator("#link")).to_be_hidden()
    shoot(page, "station-unknown")
    page.get_by_role("link", name="去选择叫号点").click()
    expect(page.locator("#stations a")).to_have_count(3)


def test_a_server_that_is_away_at_first_is_asked_again(console, open_page):
    console.lobby.answers["GET /api/auth/me"] = lambda _: problem(503, "stopping", "服务器正在停止。", "Stopping.")
    page = open_page("/station/room3")
    expect(page.get_by_text("服务器正在停止。")).to_be_visible()
    del console.lobby.answers["GET /api/auth/me"]
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    expect(page.locator("#notices")).to_be_empty()


def notices_the_loss(page):
    """Let the page's clock go on until it has: when the browser tells it of a closed line is the browser's affair."""
    link = page.locator("#link")
    for _ in range(4):
        page.clock.run_for(1000)
        with contextlib.suppress(AssertionError):
            expect(link).to_contain_text("连接中断", timeout=2500)
            return
    expect(link).to_contain_text("连接中断")


def test_who_asked_too_often_asks_again_when_told(timed, console):
    page = timed
    answer = problem(429, "too_many_requests", "操作太频繁，请 20 秒后再试。", "Too many requests.")
    answer.headers["Retry-After"] = "20"
    console.lobby.answers[f"GET {STATION}"] = lambda _: answer
    console.lobby.stop()
    console.lobby.start()
    notices_the_loss(page)
    asked = 2  # as the page was opened, and now
    with console.lobby.heard:
        assert console.lobby.heard.wait_for(lambda: console.lobby.asked.count((f"GET {STATION}", None)) == asked, 10)
    del console.lobby.answers[f"GET {STATION}"]
    page.clock.run_for(15_000)
    with console.lobby.heard:
        assert console.lobby.asked.count((f"GET {STATION}", None)) == asked
    page.clock.run_for(6000)
    expect(page.locator("#link")).to_contain_text("已连接")


def test_j_and_escape_leave_the_space_bar_to_mean_next(timed, console):
    page = timed
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    press_when_ready(page, "m")
    expect(page.locator("#missed .ticket")).to_have_count(1)
    press_when_ready(page, "j")
    page.keyboard.press("Escape")
    press_when_ready(page, " ")
    expect(page.locator("#current .number")).to_have_text("A002")
    assert console.lobby.posts("/api/desk/rejoin") == []


def test_a_rejoin_is_taken_back_where_it_was_done(timed, console, shoot):
    page = timed
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    press_when_ready(page, "m")
    expect(page.locator("#missed .ticket")).to_have_count(1)

    def rejoin(body):
        done = console.rejoin(body).done
        console.change(undo=None)  # the desk's command is none of the station's
        return c.TicketDone(done, None)

    console.lobby.answers["POST /api/desk/rejoin"] = rejoin
    press_when_ready(page, "j")
    page.keyboard.press("Enter")
    expect(page.locator("#missed .ticket")).to_have_count(0)
    expect(page.locator("#undo-what")).to_have_text("重新候诊 A001")
    shoot(page, "station-undo-rejoin")
    press_when_ready(page, "Escape")
    press_when_ready(page, "u")
    expect(page.locator("#missed .ticket")).to_have_count(1)
    assert len(console.lobby.posts("/api/desk/undo")) == 1
    expect(page.locator("#undo-what")).to_have_text("没有可以撤销的操作")


def test_a_number_of_another_half_of_the_day_is_marked(console, open_page, shoot):
    rows = [msgspec.structs.replace(each, period=both("下午", "Afternoon")) for each in console.view.waiting]
    rows[1] = msgspec.structs.replace(rows[1], period=both("上午", "Morning"))
    console.change(waiting=rows)
    page = open_page("/station/room3")
    expect(page.locator("#waiting .period")).to_have_text(["上午"])
    shoot(page, "station-periods")
