from __future__ import annotations

from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.consoles import ticket
from tests.web.desks import appointment, find, patient
from tests.web.fake_lobby import both, problem


def test_what_is_typed_or_scanned_is_recognised(desk, open_page, subtests):
    page = open_page("/desk")
    for value, kind in (
        ("A012", "number"),
        ("王秀英", "name"),
        ("11010519491231002X", "id_card"),
        ("HZ:0f3a", "code"),
        ("https://queue.example.org/t/0f3a", "code"),
    ):
        with subtests.test(value=value):
            with page.expect_response("**/api/desk/find"):
                find(page, value)
            expect(page.locator("#patients")).to_contain_text("今天没有查到")
            assert desk.posts("/api/desk/find")[-1] == {"kind": kind, "value": value}
            # An identity number does not stay on the screen.
            expect(page.locator("#value")).to_have_value("")
    assert len(desk.posts("/api/desk/find")) == 5


def test_what_an_input_method_makes_wide_is_taken_as_it_was_meant(desk, open_page, subtests):
    """With a Chinese input method on, keyboards and scanners that type give full-width letters, digits and colons."""
    page = open_page("/desk")
    for typed, kind, value in (
        ("Ａ０１２", "number", "A012"),
        ("ＨＺ：0f3a", "code", "HZ:0f3a"),
        ("　王秀英　", "name", "王秀英"),
    ):
        with subtests.test(typed=typed):
            with page.expect_response("**/api/desk/find"):
                find(page, typed)
            assert desk.posts("/api/desk/find")[-1] == {"kind": kind, "value": value}
            expect(page.locator("#value")).to_have_value("")


def test_one_identity_with_two_files_is_asked_about_and_never_guessed(desk, open_page, shoot):
    desk.patients = [
        patient("p1", "病案号尾号 0312，1968 年生", appointments=[appointment(desk, 1, "心内科")]),
        patient("p2", "病案号尾号 7740，2019 年生", appointments=[appointment(desk, 2, "儿科")]),
    ]
    page = open_page("/desk", clock=True)
    find(page, "11010519491231002X")
    expect(page.locator("#patients")).to_contain_text("查到 2 位患者")
    expect(page.get_by_role("button", name="签到")).to_have_count(0)
    shoot(page, "desk-which")
    page.locator(".file", has_text="7740").get_by_role("button", name="是这位").click()
    page.clock.run_for(500)
    page.get_by_role("button", name="签到").click()
    expect(page.locator("#outcome .number")).to_have_text("A012")
    assert desk.posts("/api/desk/check-in")[0]["person"] == "p2"
    assert desk.posts("/api/desk/check-in")[0]["appointment"] == "a2"
    shoot(page, "desk-outcome")


def test_what_cannot_be_done_says_why(desk, open_page, shoot):
    too_early = c.Problem(
        "urn:houzhen:problem:too_early", "", 409, "too_early", both("现在签到太早，请在 13:30 以后再来。", "Too early.")
    )
    registration = c.RegistrationView("r1", "q1", both("心内科"), None, both("B 区"), both("上午"))
    desk.patients = [
        patient(
            "p1",
            "病案号尾号 0312",
            appointments=[appointment(desk, 1, "内分泌科", refusal=too_early)],
            registrations=[registration],
            tickets=[ticket(desk, number="B007", status="missed", reason=both("09:05 叫号未到。"))],
        )
    ]
    page = open_page("/desk")
    find(page, "王秀英")
    expect(page.locator(".problem")).to_contain_text("现在签到太早")
    parts = page.locator(".thing[data-number=B007] > div")
    words, buttons = (parts.nth(at).bounding_box() for at in (0, 1))
    assert words["width"] > 300, "the number's words are squeezed beside what can be done with it"
    assert buttons["y"] >= words["y"] + words["height"]
    shoot(page, "desk-one-file")
    page.get_by_role("button", name="取号").click()
    expect(page.locator("#outcome .number")).to_have_text("A012")
    body = desk.posts("/api/desk/join")[0]
    assert (body["queue"], body["registration"], body["person"]) == ("q1", "r1", "p1")


def test_a_check_in_from_paper_is_entered_after_the_sessions_end_too(desk, open_page, shoot):
    over = c.Problem("urn:houzhen:problem:session_over", "", 409, "session_over", both("这个门诊已经结束。", "Over."))
    cancelled = c.Problem("urn:houzhen:problem:cancelled", "", 409, "session_cancelled", both("停诊。", "Cancelled."))
    appointments = [appointment(desk, 1, "内分泌科", refusal=over), appointment(desk, 2, "心内科", refusal=cancelled)]
    desk.patients = [patient("p1", "病案号尾号 0312", appointments=appointments)]
    page = open_page("/desk")
    find(page, "王秀英")
    expect(page.locator(".problem")).to_have_count(2)
    expect(page.locator("#patients button")).to_have_count(0)
    page.get_by_label("补录：停机时已在纸上签到").check()
    shoot(page, "desk-from-paper")
    page.get_by_role("button", name="补录签到").click()
    expect(page.locator("#outcome .number")).to_have_text("A012")
    asked = desk.posts("/api/desk/check-in")[0]
    assert (asked["appointment"], asked["from_paper"]) == ("a1", True)
    # It holds for one number: the next patient stands here.
    expect(page.get_by_label("补录：停机时已在纸上签到")).not_to_be_checked()
    find(page, "王秀")
    expect(page.locator(".problem")).to_have_count(2)
    expect(page.locator("#patients button")).to_have_count(0)


def test_a_missed_patient_is_let_back_in(desk, open_page):
    desk.patients = [patient("p1", "0312", tickets=[ticket(desk, number="B007", status="missed")])]
    page = open_page("/desk")
    find(page, "B007")
    page.get_by_role("button", name="重新候诊").click()
    expect(page.locator("#outcome .where")).to_have_text("候诊区：门诊楼二层 B 区")
    assert desk.posts("/api/desk/rejoin")[0]["ticket"] == "t9"


def test_a_cancelled_number_can_be_taken_back(desk, open_page, shoot):
    desk.patients = [patient("p1", "0312", tickets=[ticket(desk)])]
    desk.answers["POST /api/desk/cancel"] = lambda body: c.TicketDone(c.Done(body["command_id"], 140), ticket(desk))
    desk.answers["POST /api/desk/undo"] = lambda body: c.Done(body["command_id"], 141)
    page = open_page("/desk", clock=True)
    find(page, "A012")
    page.get_by_role("button", name="取消这个号").click()
    expect(page.locator("#notices")).to_contain_text("A012 已取消")
    shoot(page, "desk-cancelled")
    page.clock.run_for(1000)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("#notices")).to_contain_text("A012 已恢复")
    assert desk.posts("/api/desk/undo")[0]["position"] == 140


def test_an_open_queue_numbers_anybody(desk, open_page):
    page = open_page("/desk")
    page.get_by_role("button", name="咨询").click()
    expect(page.locator("#outcome .number")).to_have_text("A012")
    assert desk.posts("/api/desk/join")[0]["queue"] == "enquiry"


def test_a_refusal_says_what_did_not_happen(desk, open_page, shoot):
    desk.answers["POST /api/desk/join"] = lambda _: problem(
        409, "queue_closed", "这个队列现在不取号，请到人工窗口询问。", "This queue gives no numbers now."
    )
    page = open_page("/desk")
    page.get_by_role("button", name="收费").click()
    expect(page.locator("#notices .fault")).to_contain_text("这个队列现在不取号")
    shoot(page, "desk-refused")


def test_a_search_without_an_answer_keeps_what_was_typed(desk, open_page, shoot):
    page = open_page("/desk")
    expect(page.locator("#link")).to_have_text("已连接")
    page.route("**/api/desk/find", lambda route: route.abort())
    find(page, "王秀英")
    expect(page.locator("#notices")).to_contain_text("服务器没有答复，还没有查。")
    expect(page.locator("#value")).to_have_value("王秀英")
    expect(page.locator("#link")).to_contain_text("连接中断，最后联系")
    shoot(page, "desk-find-no-answer")
    page.unroute("**/api/desk/find")
    desk.patients = [patient("p1", "0312", tickets=[ticket(desk)])]
    find(page, "王秀英 ")
    expect(page.locator("#patients")).to_contain_text("A012")
    expect(page.locator("#value")).to_have_value("")
    expect(page.locator("#link")).to_have_text("已连接")


def test_the_page_says_by_itself_that_the_server_is_away(desk, open_page):
    page = open_page("/desk", clock=True)
    expect(page.locator("#link")).to_have_text("已连接")
    desk.stop()
    page.clock.run_for(11_000)
    expect(page.locator("#link")).to_contain_text("连接中断")
    desk.start()
    page.clock.run_for(11_000)
    expect(page.locator("#link")).to_have_text("已连接")


def test_one_found_by_a_part_of_a_name_is_asked_about(desk, open_page, shoot):
    desk.patients = [patient("p1", "病案号尾号 0312，1968 年生", appointments=[appointment(desk, 1, "心内科")])]
    desk.answers["POST /api/desk/find"] = lambda _: c.IdentifyReply(
        desk.patients, desk.now, list_is_old=False, is_sure=False
    )
    page = open_page("/desk", clock=True)
    find(page, "王")
    expect(page.get_by_role("button", name="签到")).to_have_count(0)
    expect(page.locator(".file")).to_contain_text("心内科")
    shoot(page, "desk-by-name")
    page.get_by_role("button", name="是这位").click()
    page.clock.run_for(500)
    expect(page.get_by_role("button", name="签到")).to_be_visible()


def test_too_many_of_a_name_are_not_listed(desk, open_page):
    desk.answers["POST /api/desk/find"] = lambda _: c.IdentifyReply(
        [], desk.now, list_is_old=False, is_sure=False, is_too_many=True
    )
    page = open_page("/desk")
    find(page, "王")
    expect(page.locator("#patients")).to_contain_text("请输入更多字")


def test_what_was_done_appears_where_the_eye_is(desk, open_page, shoot):
    desk.patients = [patient("p1", "0312", appointments=[appointment(desk, 1, "心内科")])]
    page = open_page("/desk")
    find(page, "11010519491231002X")
    button = page.get_by_role("button", name="签到")
    before = button.bounding_box()
    button.click()
    outcome = page.locator("#outcome .card").bounding_box()
    assert outcome["x"] <= before["x"] <= outcome["x"] + outcome["width"]
    expect(page.locator("#outcome")).to_contain_text("前面还有 4 人，预计等候 15–25 分钟")
    shoot(page, "desk-done")


def test_an_appointment_that_has_its_number_is_not_offered_again(desk, open_page, shoot):
    again = c.Problem(
        "urn:houzhen:problem:already_checked_in",
        "",
        409,
        "already_checked_in",
        both("您已经签到。", "Already."),
        ticket="t9",
    )
    one = appointment(desk, 1, "心内科", refusal=again)
    desk.patients = [patient("p1", "0312", appointments=[one], tickets=[ticket(desk)])]
    page = open_page("/desk")
    find(page, "A012")
    expect(page.locator(".thing")).to_have_count(1)
    expect(page.locator("#patients .attention")).to_have_count(0)
    shoot(page, "desk-number")
