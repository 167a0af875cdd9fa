from __future__ import annotations

import msgspec
import pytest
from playwright.sync_api import expect

from tests.web.consoles import STATION, Console, Held
from tests.web.fake_lobby import both, problem

NEXT = "/api/station/call-next"


def numbers(page, selector):
    return page.locator(f"{selector} .ticket .number").all_inner_texts()


def press_when_ready(page, key):
    # The gate opens again a moment after the last press.
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    page.clock.run_for(1000)
    page.keyboard.press(key)


@pytest.fixture
def timed(console, open_page):  # noqa: ARG001  (as for page)
    page = open_page("/station/room3", clock=True)
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    return page


def test_the_list_is_in_order_with_the_reason_for_each_place(page, shoot):
    assert numbers(page, "#waiting") == ["A001", "A002", "A003", "A004", "A005", "A006"]
    expect(page.locator("#waiting .ticket").nth(1)).to_contain_text("08:41 现场取号，按取号时间加 30 分钟排在 09:11。")
    expect(page.locator("#clock")).to_have_text("09:30")
    shoot(page, "station-waiting")


def test_a_morning_by_keyboard(timed, console, shoot):
    page = timed
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    press_when_ready(page, "r")
    expect(page.locator("#current")).to_contain_text("共叫 2 次")
    press_when_ready(page, "s")
    expect(page.locator("#current")).to_contain_text("就诊中")
    shoot(page, "station-serving")
    press_when_ready(page, "f")
    expect(page.locator("#done .ticket")).to_have_count(1)
    press_when_ready(page, " ")
    expect(page.locator("#current .number")).to_have_text("A002")
    press_when_ready(page, "m")
    expect(page.locator("#missed .ticket")).to_have_count(1)
    press_when_ready(page, "u")
    expect(page.locator("#current .number")).to_have_text("A002")
    expect(page.locator("#missed .ticket")).to_have_count(0)
    press_when_ready(page, "m")
    expect(page.locator("#missed .ticket")).to_have_count(1)
    # The place is gone: what is said of it is of before.
    expect(page.locator("#missed .reason")).to_contain_text("原来：")
    expect(page.locator("#waiting .reason").first).not_to_contain_text("原来：")
    press_when_ready(page, "j")
    page.clock.run_for(1000)
    page.keyboard.press("Enter")
    expect(page.locator("#missed .ticket")).to_have_count(0)
    assert numbers(page, "#waiting")[-1] == "A002"
    shoot(page, "station-after-rejoin")
    assert [path for path, _ in console.lobby.asked if path.startswith("POST")] == [
        f"POST {path}"
        for path in (
            NEXT,
            "/api/station/recall",
            "/api/station/start",
            "/api/station/finish",
            NEXT,
            "/api/station/missed",
            "/api/station/undo",
            "/api/station/missed",
            "/api/desk/rejoin",
        )
    ]


def test_a_next_that_leaves_a_call_open_asks_what_became_of_it(timed, console, shoot):
    page = timed
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    press_when_ready(page, " ")
    expect(page.locator("#notices")).to_contain_text("已经看过，还是没有来")
    shoot(page, "station-ask")
    press_when_ready(page, "2")
    expect(page.locator("#current .number")).to_have_text("A002")
    assert numbers(page, "#missed") == ["A001"]
    assert console.lobby.posts(NEXT)[-1]["last_was"] == "missed"
    expect(page.locator("#notices")).to_be_empty()


def test_a_double_press_sends_one_command(timed, console):
    page = timed
    # With the clock stopped, all of these fall into the moment of one press.
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 60)
    page.keyboard.press(" ")
    page.keyboard.press(" ")
    page.locator("#do-next").dblclick()
    expect(page.locator("#current .number")).to_have_text("A001")
    page.keyboard.press(" ")
    expect(page.locator("#do-recall")).to_be_enabled()
    press_when_ready(page, "r")
    console.lobby.wait_for_posts("/api/station/recall", 1)
    assert len(console.lobby.posts(NEXT)) == 1


def test_every_command_has_an_id_of_its_own_and_a_moment_after_which_it_is_not_done(timed, console):
    page = timed
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    press_when_ready(page, "r")
    expect(page.locator("#current")).to_contain_text("共叫 2 次")
    bodies = [body for path, body in console.lobby.asked if path.startswith("POST")]
    assert len({body["command_id"] for body in bodies}) == 2
    assert all(body["expires_at"] for body in bodies)


def test_a_lost_answer_is_asked_for_again_with_the_same_id(page, console):
    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
        else:
            lost.append(route.request.post_data_json["command_id"])
            route.abort()

    page.route(f"**{NEXT}", lose_the_first)
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    assert [body["command_id"] for body in console.lobby.posts(NEXT)] == lost


def test_a_refusal_is_shown_where_the_eye_is(page, console, shoot):
    console.lobby.answers[f"POST {NEXT}"] = lambda _: problem(
        503, "log_unavailable", "服务器暂时不能保存，没有执行。请稍后再试或到人工窗口。", "Nothing was done."
    )
    page.keyboard.press(" ")
    expect(page.locator("#notices .fault")).to_contain_text("没有执行")
    shoot(page, "station-refused")


def test_while_the_server_is_away_calls_are_noted_on_the_dated_list_and_entered_afterwards(page, console, shoot):
    console.lobby.stop()
    expect(page.locator("#away")).to_contain_text("连接中断：下面是")
    expect(page.locator("#do-next")).to_be_disabled()
    assert numbers(page, "#waiting")[:2] == ["A001", "A002"]
    page.locator('[data-number="A001"]').get_by_role("button", name="记下纸上叫号").click()
    page.locator('#waiting [data-number="A002"]').get_by_role("button", name="记下纸上叫号").click()
    expect(page.locator("#paper .paper-note")).to_have_count(2)
    page.locator('#paper [data-number="A002"] select').select_option("missed")
    shoot(page, "station-away")
    console.lobby.start()
    page.get_by_role("button", name="全部补录").wait_for(timeout=15000)
    shoot(page, "station-back")
    page.get_by_role("button", name="全部补录").click()
    expect(page.locator("#done .ticket")).to_have_count(2)
    expect(page.locator("#done")).to_contain_text("补录")
    expect(page.locator("#paper")).to_be_empty()
    entered = console.lobby.posts("/api/station/paper-call")
    assert [(body["ticket"], body["outcome"]) for body in entered] == [("t0", "seen"), ("t1", "missed")]
    assert all(body["called_at"].endswith("+08:00") for body in entered)


def test_a_refused_paper_call_stays_with_its_reason(page, console):
    page.keyboard.press("b")
    page.locator("#paper select[name=ticket]").select_option("t2")
    console.change(waiting=console.view.waiting[:2])
    expect(page.locator("#waiting .ticket")).to_have_count(2)
    page.locator("#paper form button[type=submit]").click()
    expect(page.locator("#paper .paper-note")).to_contain_text("这个号已经结束")


def test_a_paper_call_can_be_entered_at_any_time(page, console, shoot):
    page.keyboard.press("b")
    page.locator("#paper select[name=ticket]").select_option("t1")
    page.locator("#paper input[name=time]").fill("09:12")
    shoot(page, "station-paper-form")
    page.locator("#paper form button[type=submit]").click()
    expect(page.locator("#done .ticket")).to_have_count(1)
    assert console.lobby.posts("/api/station/paper-call")[0]["called_at"] == "2026-03-02T09:12:00+08:00"


def test_a_hidden_page_holds_no_feed(page, console):
    console.lobby.wait_for_feeds(1)
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { value: true, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    console.lobby.wait_for_no_feed(STATION)
    console.change(waiting=console.view.waiting[1:])
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { value: false, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    expect(page.locator("#waiting .ticket")).to_have_count(5)
    console.lobby.wait_for_feeds(2)


def test_a_station_is_opened_with_its_doctor(lobby, open_page, shoot):
    Console(lobby, is_open=False)
    page = open_page("/station/room3")
    page.locator("select[name=doctor]").select_option("d1")
    shoot(page, "station-opening")
    page.get_by_role("button", name="开始叫号").click()
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    assert lobby.posts("/api/station/open")[0]["doctor"] == "d1"


@pytest.mark.parametrize("way", [pytest.param("mouse", marks=pytest.mark.slow), "keys"])
def test_space_calls_from_the_moment_the_station_is_seen_open(lobby, open_page, way):
    Console(lobby, is_open=False)
    page = open_page("/station/room3")
    held = Held(page, "/api/station/open")
    # Pressed as soon as the page has drawn itself, where the focus is then: the browser moves it a frame later.
    page.evaluate(
        """() => new MutationObserver((_, watch) => {
            if (document.getElementById('main').hidden) return;
            watch.disconnect();
            const key = new KeyboardEvent('keydown', { key: ' ', bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(key);
        }).observe(document.getElementById('main'), { attributeFilter: ['hidden'] })"""
    )
    begin = page.get_by_role("button", name="开始叫号")
    if way == "mouse":
        begin.click()
    else:
        begin.press("Enter")
    expect(page.locator("#current .number")).to_have_text("A001")
    # The feed was faster than the answer to the command that opened the station.
    held.release()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.locator("#current .number")).to_have_text("A001")
    assert lobby.posts("/api/station/call-next")[0]["current"] is None


def test_nobody_waiting_is_said_plainly(lobby, open_page, shoot):
    Console(lobby, waiting=0)
    page = open_page("/station/room3", language="en-GB")
    expect(page.locator("#waiting-empty")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.locator("#notices .fault")).to_contain_text("Nobody is waiting.")
    shoot(page, "station-empty-en")


def test_a_name_that_looks_like_markup_stays_text(lobby, open_page):
    console = Console(lobby)
    name = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    console.change(waiting=[msgspec.structs.replace(each, masked_name=name) for each in console.view.waiting])
    page = open_page("/station/room3")
    expect(page.locator("#waiting .ticket").first).to_contain_text("<script>alert(1)</script>")
    assert page.locator("#waiting script, #waiting img").count() == 0


def test_the_choice_of_stations_leads_to_the_console(lobby, open_page, shoot):
    Console(lobby)
    page = open_page("/station")
    expect(page.locator("#stations a")).to_have_count(3)
    shoot(page, "station-choice")
    page.get_by_text("3 号诊室").click()
    expect(page.locator("#waiting .ticket")).to_have_count(6)


def test_without_a_log_in_the_page_sends_to_it_and_comes_back(lobby, open_page, shoot):
    Console(lobby)
    me = lobby.views.pop("/api/auth/me")
    lobby.answers["GET /api/auth/me"] = lambda _: problem(401, "log_in_needed", "请先登录。", "Please log in first.")
    wrong = problem(401, "log_in_failed", "工号或密码不对，请重新输入。", "The name or the password is wrong.")
    lobby.answers["POST /api/auth/log-in"] = lambda _: wrong
    page = open_page("/station/room3")
    page.wait_for_url("**/log-in?next=%2Fstation%2Froom3")
    page.locator("input[name=name]").fill("n01")
    page.locator("input[name=password]").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#notices .fault")).to_contain_text("工号或密码不对")
    shoot(page, "log-in-wrong")

    def right(_):
        del lobby.answers["GET /api/auth/me"]
        lobby.views["/api/auth/me"] = me
        return {"csrf": "token"}

    lobby.answers["POST /api/auth/log-in"] = right
    expect(page.locator("input[name=password]")).to_have_value("")
    page.locator("input[name=password]").fill("right")
    page.keyboard.press("Enter")
    expect(page.locator("#waiting .ticket")).to_have_count(6)


def test_without_a_binding_the_station_is_chosen(console, open_page, shoot):  # noqa: ARG001  (it gives the choices)
    page = open_page("/station")
    expect(page.locator("#stations a")).to_have_count(3)
    page.locator("summary").click()
    shoot(page, "station-choice")


def test_a_bound_computer_goes_to_its_station_without_a_choice(lobby, console, open_page):
    page = open_page("/station")
    expect(page.locator("#stations a")).to_have_count(3)
    page.locator("summary").click()
    page.locator("#bind [name=code]").fill("7QK4M2XH")
    page.locator("#bind [name=name]").fill("3 号诊室电脑")

    def enrol(_):
        lobby.views["/api/station/choices"]["bound"] = "room3"
        return {"device": "d9", "kind": "station", "token": "in a cookie"}

    lobby.answers["POST /api/devices/enrol"] = enrol
    page.keyboard.press("Enter")
    expect(page.locator("#waiting .ticket")).to_have_count(len(console.view.waiting))
    assert page.url.endswith("/station/room3")
    assert lobby.posts("/api/devices/enrol") == [{"code": "7QK4M2XH", "name": "3 号诊室电脑"}]
    page.goto(f"{lobby.url}/station")
    page.wait_for_url("**/station/room3")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (problem(403, "bad_code", "登记码不对、已用过或已过期，请管理员重新发码。", "Wrong."), "登记码不对"),
        ({"device": "d9", "kind": "kiosk", "token": "x"}, "这个码是给别的设备的"),
    ],
)
def test_a_code_that_binds_nothing_is_said(lobby, console, open_page, answer, said):  # noqa: ARG001  (as above)
    lobby.answers["POST /api/devices/enrol"] = lambda _: answer
    page = open_page("/station")
    expect(page.locator("#stations a")).to_have_count(3)
    page.locator("summary").click()
    page.locator("#bind [name=code]").fill("NO")
    page.locator("#bind [name=name]").fill("x")
    page.keyboard.press("Enter")
    expect(page.locator("#notices .fault")).to_contain_text(said)


def test_the_doctor_whose_session_is_in_this_room_is_chosen_beforehand(lobby, open_page, shoot):
    Console(lobby, is_open=False)
    lobby.views["/api/station/choices"]["doctor_due"] = {"room3": "d2"}
    page = open_page("/station/room3")
    expect(page.locator("select[name=doctor]")).to_have_value("d2")
    expect(page.locator("#opening")).to_contain_text("按今天的排班")
    shoot(page, "station-opening-due")
    page.get_by_role("button", name="开始叫号").click()
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    assert lobby.posts("/api/station/open")[0]["doctor"] == "d2"


def test_a_filter_that_meets_no_station_says_so(lobby, open_page, shoot):
    Console(lobby)
    page = open_page("/station")
    expect(page.locator("#stations a")).to_have_count(3)
    page.locator("#filter").fill("眼科")
    expect(page.locator("#stations")).to_have_text("没有名字含“眼科”的叫号点。")
    shoot(page, "station-choice-none")


@pytest.mark.parametrize(("width", "height"), [(683, 384), pytest.param(910, 512, marks=pytest.mark.slow)])
def test_enlarged_it_is_one_column_in_which_nothing_is_cut(lobby, open_page, shoot, width, height):
    Console(lobby)
    page = open_page("/station/room3", width=width, height=height)
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"station-{width}")
    expect(page.locator("#do-next")).to_be_visible()
    # The lists stand whole below, and the page scrolls.
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.scroll')].filter(
            (each) => each.scrollHeight > each.clientHeight + 1).length"""
    )
    assert cut == 0
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")


def test_the_longest_kind_leaves_the_reason_alone(lobby, open_page, shoot):
    console = Console(lobby)
    kinds = [both("预约", "Appointment"), both("顺延", "Carried over")]
    rows = [msgspec.structs.replace(each, kind=kinds[index % 2]) for index, each in enumerate(console.view.waiting)]
    console.change(waiting=rows)
    page = open_page("/station/room3", language="en-GB")
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    overlaps = page.evaluate(
        """() => [...document.querySelectorAll('#waiting .ticket')].filter((row) =>
            row.querySelector('.chip').getBoundingClientRect().right >
            row.querySelector('.reason').getBoundingClientRect().left).length"""
    )
    assert overlaps == 0
    shoot(page, "station-english")


def test_in_two_stages_the_list_says_who_is_at_which_door(page, console, shoot):
    first, second, *rest = console.view.waiting
    at_door = msgspec.structs.replace(first, stage="door", door=both("3 号诊室", "Room 3"))
    in_hall = msgspec.structs.replace(second, stage="hall")
    console.change(waiting=[at_door, in_hall, *rest])
    expect(page.locator("#waiting .ticket").nth(0)).to_contain_text("3 号诊室门口")
    expect(page.locator("#waiting .ticket").nth(1)).not_to_contain_text("门口")
    covered = page.evaluate(
        """() => [...document.querySelectorAll('#waiting .chip')].filter((chip) => {
            const cell = chip.closest('.ticket > *').getBoundingClientRect();
            return chip.getBoundingClientRect().right > cell.right;
        }).length"""
    )
    assert covered == 0
    shoot(page, "station-two-stages")
