from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.fake_lobby import both, problem


@pytest.fixture
def admin(lobby):
    lobby.views["/api/auth/me"] = {"name": "root", "role": "administrator", "csrf": "token"}
    lobby.views["/api/admin/devices"] = [
        {
            "device": "d1",
            "kind": "kiosk",
            "name": "一层 1 号机",
            "place": "lobby",
            "enrolled_at": lobby.now,
            "seen_at": lobby.now,
        },
        {"device": "d2", "kind": "board", "name": "lobby", "place": "lobby", "enrolled_at": lobby.now},
    ]
    lobby.views["/api/admin/places"] = {
        "halls": [
            c.Choice("lobby", both("一层大厅", "Ground floor")),
            c.Choice("second", both("二层大厅", "Second floor")),
        ],
        "stations": [c.Choice("room3", both("3 号诊室", "Room 3"))],
    }
    lobby.views["/api/admin/staff"] = [
        {"name": "root", "role": "administrator", "is_active": True},
        {"name": "n01", "role": "nurse", "is_active": True},
        {"name": "n02", "role": "nurse", "is_active": False},
    ]
    return lobby


def test_a_screen_is_let_in_by_its_code(admin, open_page, shoot):
    admin.answers["POST /api/admin/devices/confirm"] = lambda _: None
    admin.views["/api/admin/devices/pending/HK7-4QX"] = {"kind": "board", "name": "大厅东墙"}
    page = open_page("/admin", height=1200, clock=True)
    expect(page.locator("#devices tr")).to_have_count(2)
    expect(page.locator("#devices tr").first.locator("td").nth(2)).to_have_text("一层大厅")
    expect(page.locator("#devices tr").first.locator("td").nth(4)).to_have_text("2026-03-02 09:30")
    expect(page.locator("#devices tr").last).to_contain_text("还没有")
    expect(page.locator("#health")).to_contain_text("服务器正常取号")
    shoot(page, "admin")
    page.locator("#confirm-screen [name=place]").select_option("lobby")
    page.locator("#confirm-screen [name=screen_code]").fill(" HK7-4QX ")
    page.keyboard.press("Enter")
    expect(page.locator("#claim")).to_contain_text("屏幕自称：候诊屏，大厅东墙")
    assert admin.posts("/api/admin/devices/confirm") == [], "nothing is let in before its words were read"
    shoot(page, "admin-claim")
    page.clock.run_for(1000)  # a double press is one press
    page.get_by_role("button", name="再点一次：确认").click()
    expect(page.locator("#notices .done")).to_contain_text("屏幕已登记到 lobby")
    expect(page.locator("#claim")).to_be_empty()
    assert admin.posts("/api/admin/devices/confirm") == [{"screen_code": "HK7-4QX", "place": "lobby"}]


def test_another_code_is_read_anew(admin, open_page):
    for code, name in (("AAAA", "one"), ("BBBB", "two")):
        admin.views[f"/api/admin/devices/pending/{code}"] = {"kind": "board", "name": name}
    page = open_page("/admin", clock=True)
    page.locator("#confirm-screen [name=place]").select_option("lobby")
    for code, name in (("AAAA", "one"), ("BBBB", "two")):
        page.locator("#confirm-screen [name=screen_code]").fill(code)
        expect(page.locator("#claim")).to_be_empty()
        page.clock.run_for(1000)
        page.locator("#confirm-screen-do").click()
        expect(page.locator("#claim")).to_contain_text(name)
    assert admin.posts("/api/admin/devices/confirm") == []


def test_what_needs_looking_after_stands_under_the_servers_health(admin, open_page):
    admin.warnings = [both("服务器证书 2026-03-20 到期，请更新证书并重新启动服务器。", "The certificate ends.")]
    page = open_page("/admin")
    expect(page.locator("#health .done")).to_contain_text("服务器正常取号")
    expect(page.locator("#health .attention")).to_contain_text("服务器证书 2026-03-20 到期")


@pytest.mark.usefixtures("admin")
def test_times_are_the_hospitals_wherever_the_browser_stands(open_page, subtests):
    page = open_page("/admin")
    browser = page.context.new_cdp_session(page)
    for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles"):
        with subtests.test(zone=zone):
            browser.send("Emulation.setTimezoneOverride", {"timezoneId": zone})
            page.reload()
            assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == zone
            expect(page.locator("#devices tr").first.locator("td").nth(4)).to_have_text("2026-03-02 09:30")


def test_a_wrong_code_is_said_at_the_top(admin, open_page):
    admin.answers["GET /api/admin/devices/pending/NO"] = lambda _: problem(
        403, "bad_code", "登记码不对、已用过或已过期，请管理员重新发码。", "The code is wrong, used or expired."
    )
    page = open_page("/admin")
    page.locator("#confirm-screen [name=place]").select_option("lobby")
    page.locator("#confirm-screen [name=screen_code]").fill("NO")
    page.keyboard.press("Enter")
    expect(page.locator("#notices .fault")).to_contain_text("登记码不对")


def test_an_enrolment_code_is_shown_large(admin, open_page, shoot):
    admin.answers["POST /api/admin/enrolment-codes"] = lambda _: {"code": "7QK4-M2XH", "expires_at": admin.now}
    page = open_page("/admin", height=1200)
    page.locator("#make-code [name=place]").select_option("lobby")
    page.get_by_role("button", name="发一个码").click()
    expect(page.locator("#code .code")).to_have_text("7QK4-M2XH")
    shoot(page, "admin-code")


def test_revoking_asks_in_place_because_it_cannot_be_taken_back(admin, open_page):
    admin.answers["DELETE /api/admin/devices/d1"] = lambda _: None
    page = open_page("/admin")
    row = page.locator("#devices tr").first
    row.get_by_role("button").click()
    assert ("DELETE /api/admin/devices/d1", None) not in admin.asked
    row.get_by_role("button", name="再点一次").click()
    expect(page.locator("#notices .done")).to_contain_text("一层 1 号机 的登记已取消")


def test_accounts_are_added_disabled_and_given_new_passwords(admin, open_page):
    for path in ("staff", "staff/n01/disable", "staff/n01/reset"):
        admin.answers[f"POST /api/admin/{path}"] = lambda _: None
    page = open_page("/admin")
    page.locator("#add-staff [name=name]").fill("n03")
    page.locator("#add-staff [name=password]").fill("correct horse")
    page.keyboard.press("Enter")
    expect(page.locator("#notices .done")).to_contain_text("账号 n03 已建立")
    row = page.locator("#staff tr").nth(1)
    row.get_by_role("button", name="停用").click()
    row.get_by_role("button", name="再点一次").click()
    expect(page.locator("#notices .done")).to_contain_text("账号 n01 已停用")
    row.get_by_role("button", name="重设密码").click()
    row.locator("input").fill("battery staple")
    page.keyboard.press("Enter")
    expect(page.locator("#notices .done")).to_contain_text("密码已更换")
    assert admin.posts("/api/admin/staff/n01/reset") == [{"password": "battery staple"}]


def test_a_password_that_is_being_typed_outlives_a_change_of_the_list(admin, open_page):
    for path in ("staff", "staff/n01/reset"):
        admin.answers[f"POST /api/admin/{path}"] = lambda _: None
    page = open_page("/admin")
    row = page.locator("#staff tr").nth(1)
    row.get_by_role("button", name="重设密码").click()
    page.keyboard.type("battery ")
    # Somebody's account is added from another place on the page while the field has the focus.
    with page.expect_response(lambda answer: answer.url.endswith("/staff") and answer.request.method == "GET"):
        page.evaluate(
            """() => {
                const form = document.querySelector("#add-staff");
                form.elements.name.value = "n03";
                form.elements.password.value = "correct horse";
                form.requestSubmit();
            }"""
        )
    expect(page.locator("#notices .done")).to_contain_text("账号 n03 已建立")
    page.keyboard.type("staple")
    page.keyboard.press("Enter")
    expect(page.locator("#notices .done")).to_contain_text("密码已更换")
    assert admin.posts("/api/admin/staff/n01/reset") == [{"password": "battery staple"}]


def test_what_was_done_is_said_even_where_the_list_cannot_be_shown_again(admin, open_page):
    admin.answers["POST /api/admin/staff"] = lambda _: None
    page = open_page("/admin")
    expect(page.locator("#staff tr")).to_have_count(3)
    admin.answers["GET /api/admin/staff"] = lambda _: problem(
        503, "log_unavailable", "服务器暂时不能保存，没有执行。", "Nothing was done."
    )
    page.locator("#add-staff [name=name]").fill("n03")
    page.locator("#add-staff [name=password]").fill("correct horse")
    page.keyboard.press("Enter")
    expect(page.locator("#notices .done")).to_contain_text("账号 n03 已建立")
    expect(page.locator("#notices .fault")).to_contain_text("服务器暂时不能保存")


def test_places_are_chosen_from_the_configuration_by_the_kind_of_device(admin, open_page):
    admin.answers["POST /api/admin/enrolment-codes"] = lambda _: {"code": "7QK4-M2XH", "expires_at": admin.now}
    page = open_page("/admin")
    places = page.locator("#make-code [name=place]")
    expect(places.locator("option")).to_have_text(["一层大厅 · lobby", "二层大厅 · second"])
    page.locator("#make-code [name=kind]").select_option("station")
    expect(places.locator("option")).to_have_text(["3 号诊室 · room3"])
    page.get_by_role("button", name="发一个码").click()
    admin.wait_for_posts("/api/admin/enrolment-codes", 1)
    assert admin.posts("/api/admin/enrolment-codes") == [{"kind": "station", "place": "room3"}]
    expect(page.locator("#confirm-screen optgroup")).to_have_count(2)


def test_a_nurse_is_told_that_this_is_for_administrators_and_sees_no_form(admin, open_page, shoot):
    admin.views["/api/auth/me"]["role"] = "nurse"
    page = open_page("/admin")
    expect(page.locator("#notices")).to_contain_text("这里由管理员使用")
    expect(page.locator("#administration")).to_be_hidden()
    shoot(page, "admin-nurse")
    with admin.heard:
        assert ("GET /api/admin/staff", None) not in admin.asked


def test_call_displays_are_listed_with_what_stands_there_and_what_is_wrong(admin, open_page, shoot):
    assert open_page("/admin").locator("#displays-card").is_hidden()
    room = [c.Choice("room3", both("3 号诊室", "Room 3"))]
    common = {"stations": room, "text": "请A001号到3号诊室", "since": admin.now, "error": None}
    admin.views["/api/admin/displays"] = [
        {**common, "name": "door-1", "shown": "shown", "trouble": None},
        {**common, "name": "door-2", "shown": "sent", "trouble": None},
        {**common, "name": "door-3", "shown": "pending", "trouble": "silent", "error": "timeout"},
        {**common, "name": "door-4", "shown": "refused", "trouble": "refused", "error": "unsupported_text"},
        {**common, "name": "door-5", "shown": "shown", "trouble": None, "text": ""},
    ]
    page = open_page("/admin", height=1200)
    rows = page.locator("#displays tr")
    expect(rows).to_have_count(5)
    said = ["已显示", "已发送", "从 09:30 起没有应答", "显示不了这段文字", "（空）"]
    for row, words in zip(rows.all(), said, strict=True):
        expect(row).to_contain_text(words)
        expect(row).to_contain_text("3 号诊室")
    expect(rows.nth(2)).to_contain_text("叫号和语音照常")
    shoot(page, "admin-displays")


_ERRORS = (
    *("no_device", "access", "claimed", "ambiguous", "gone", "timeout", "garbled", "not_taken", "refused"),
    *("unsupported_text", "an error of a driver to come"),
)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_what_is_wrong_with_a_call_display_is_said_plainly_in_the_pages_language(admin, open_page, shoot, language):
    room = [c.Choice("room3", both("3 号诊室", "Room 3"))]
    common = {"stations": room, "text": "A001", "since": admin.now, "shown": "pending", "trouble": "silent"}
    admin.views["/api/admin/displays"] = [
        common | {"name": f"door-{at}", "error": error} for at, error in enumerate(_ERRORS)
    ]
    page = open_page("/admin", height=1500, language=language)
    rows = page.locator("#displays .problem")
    expect(rows).to_have_count(len(_ERRORS))
    said = rows.all_inner_texts()
    for sentence in said:
        assert re.search("请|核对" if language == "zh-CN" else "Check|Ask|have the board", sentence), "what to do"
        jargon = "change shows|[a-z]+_[a-z]+" if language == "en-GB" else "[A-Za-z_]{2,}"
        assert not re.search(jargon, sentence)
    assert len(set(said)) >= len(_ERRORS) - 2
    shoot(page, f"admin-displays-{language}")
