"""Who is called first, and why, at the nurse desk: two numbers or two scanned slips, and an answer without names."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.consoles import ticket
from tests.web.desks import find, patient
from tests.web.fake_lobby import both, problem

RULE = both("按排队时刻先后", "By the queueing moment")
REASONS = [
    both("预约 09:00，08:55 签到，按 09:00 排", "Booked for 09:00, checked in at 08:55: queued from 09:00"),
    both("08:50 现场签到，按 09:20 排", "Walk-in at 08:50: queued from 09:20"),
]


def told(lobby, first="A002", because="key", *, rule=RULE, reasons=REASONS, numbers=("A002", "A001")):
    return c.WhyReply(first, because, both("一句话"), 101, lobby.now, list(numbers), rule, list(reasons))


def compare(page, one, other):
    page.locator("#why-one").fill(one)
    page.keyboard.press("Enter")
    expect(page.locator("#why-other")).to_be_focused()
    page.locator("#why-other").fill(other)
    page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-CN", ("A002 先叫", "先叫", "后叫")),
        pytest.param("en-GB", ("A002 is called first", "First", "Later"), marks=pytest.mark.slow),
    ],
)
def test_two_numbers_say_who_is_first_and_why(desk, open_page, shoot, language, said):
    desk.answers["POST /api/desk/why"] = lambda _: told(desk)
    page = open_page("/desk", language=language)
    compare(page, "a002", "A001")
    answer = page.locator("#why-answer")
    side = 0 if language == "zh-CN" else 1
    expect(answer).to_contain_text(said[0])
    expect(answer).to_contain_text((RULE.zh, RULE.en)[side])
    for number, reason, place in zip(("A002", "A001"), REASONS, said[1:], strict=True):
        row = answer.locator(f"[data-number={number}]")
        expect(row).to_contain_text((reason.zh, reason.en)[side])
        expect(row.locator(".chip")).to_have_text(place)
    assert desk.posts("/api/desk/why") == [{"one": "a002", "other": "A001"}]
    shoot(page, f"desk-why-{language}")


def test_codes_are_gone_from_the_fields_once_there_is_an_answer(desk, open_page):
    desk.answers["POST /api/desk/why"] = lambda _: told(desk)
    page = open_page("/desk")
    compare(page, "HZ:one", "https://queue.example.org/t/other")
    expect(page.locator("#why-answer")).to_contain_text("A002 先叫")
    for field in ("#why-one", "#why-other"):
        expect(page.locator(field)).to_have_value("")
    expect(page.locator("#why-one")).to_be_focused()
    assert desk.posts("/api/desk/why") == [{"one": "HZ:one", "other": "https://queue.example.org/t/other"}]


@pytest.mark.parametrize(
    ("reply", "title", "places"),
    [
        ({"first": None, "because": "other_queue", "reasons": []}, "这两个号不分先后", []),
        ({"because": "ended", "reasons": []}, "A002 还在排队", ["还在排队", "已经结束"]),
        ({"because": "not_here", "reasons": []}, "A002 先叫", ["先叫", "暂时离开"]),
    ],
)
def test_what_is_not_compared_says_so(desk, open_page, reply, title, places):
    desk.answers["POST /api/desk/why"] = lambda _: told(desk, **reply)
    page = open_page("/desk")
    compare(page, "A002", "A001")
    expect(page.locator("#why-answer strong").first).to_have_text(title)
    expect(page.locator("#why-answer .chip")).to_have_text(places)


def test_a_refusal_stands_beside_the_fields_which_keep_what_was_typed(desk, open_page):
    desk.answers["POST /api/desk/why"] = lambda _: problem(
        409, "number_repeated", "A001 今天有几张，不能确定是哪一张。", "A001 is on several tickets today."
    )
    page = open_page("/desk")
    compare(page, "A002", "A001")
    expect(page.locator("#why-answer .notice")).to_contain_text("A001 今天有几张")
    expect(page.locator("#notices")).to_be_empty()
    expect(page.locator("#why-one")).to_have_value("A002")


def test_numbers_that_were_found_are_compared_by_their_codes(desk, open_page, shoot):
    desk.answers["POST /api/desk/why"] = lambda _: told(desk, numbers=("A001", "A002"), first="A001")
    desk.patients = [patient("p1", "病案号尾号 0312", tickets=[ticket(desk, number="A001", qr="HZ:one")])]
    page = open_page("/desk")
    find(page, "A001")
    page.get_by_role("button", name="用来比较").click()
    expect(page.locator("#why-one")).to_have_value("A001")
    expect(page.locator("#why-other")).to_be_focused()
    shoot(page, "desk-why-chosen")
    desk.patients = [patient("p2", "病案号尾号 7718", tickets=[ticket(desk, number="A002", qr="HZ:other")])]
    find(page, "A002")
    page.get_by_role("button", name="用来比较").click()
    expect(page.locator("#why-answer")).to_contain_text("A001 先叫")
    assert desk.posts("/api/desk/why") == [{"one": "HZ:one", "other": "HZ:other"}]


def test_a_number_that_is_typed_over_is_asked_for_as_typed(desk, open_page):
    desk.answers["POST /api/desk/why"] = lambda _: told(desk)
    desk.patients = [patient("p1", "病案号尾号 0312", tickets=[ticket(desk, number="A001", qr="HZ:one")])]
    page = open_page("/desk")
    find(page, "A001")
    page.get_by_role("button", name="用来比较").click()
    compare(page, "A007", "A002")
    expect(page.locator("#why-answer")).to_contain_text("A002 先叫")
    assert desk.posts("/api/desk/why") == [{"one": "A007", "other": "A002"}]
