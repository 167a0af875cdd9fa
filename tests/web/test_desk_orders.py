"""The nurse desk gives numbers with orders to those who have no card, and says of a number why it is not called."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.consoles import ticket
from tests.web.desks import find, order, patient
from tests.web.fake_lobby import both

UNPAID = c.Problem(
    "urn:houzhen:problem:order_unpaid", "", 409, "order_unpaid", both("还没有付费，没有取号。", "Not paid.")
)
HELD = c.Problem("urn:houzhen:problem:already_checked_in", "", 409, "already_checked_in", both("已有号。", "Has one."))


@pytest.fixture
def ordered(desk):
    orders = [order(1, "血常规"), order(2, "腹部彩超", refusal=UNPAID), order(3, "心电图", refusal=HELD)]
    desk.patients = [patient("p1", "病案号尾号 0312", orders=orders)]
    number = ticket(desk, number="U003")
    desk.answers["POST /api/desk/check-in-order"] = lambda body: c.TicketDone(c.Done(body["command_id"], 7), number)
    return desk


def test_an_order_gets_its_number_at_the_desk(ordered, open_page, shoot):
    page = open_page("/desk")
    find(page, "11010519491231002X")
    expect(page.locator(".thing")).to_have_count(2)
    expect(page.locator(".thing").nth(0)).to_contain_text("血常规")
    expect(page.locator(".thing").nth(0)).to_contain_text("二楼检验科")
    expect(page.locator(".thing").nth(1)).to_contain_text("还没有付费，没有取号。")
    shoot(page, "desk-orders")
    page.locator(".thing").nth(0).get_by_role("button", name="取号").click()
    expect(page.locator("#outcome .number")).to_have_text("U003")
    (sent,) = ordered.posts("/api/desk/check-in-order")
    assert (sent["person"], sent["order"]) == ("p1", "o1")


def test_why_a_number_is_not_called_for_now_stands_with_it(desk, open_page):
    still = both("暂停叫号（设备故障）", "Nobody is called for now (equipment)")
    desk.patients = [patient("p1", "病案号尾号 0312", tickets=[ticket(desk, paused=still, wait=None)])]
    page = open_page("/desk")
    find(page, "A012")
    expect(page.locator(".thing")).to_contain_text("暂停叫号（设备故障）")


def test_among_several_files_the_orders_tell_which_is_meant(ordered, open_page):
    ordered.patients.append(patient("p2", "病案号尾号 7740"))
    page = open_page("/desk")
    find(page, "11010519491231002X")
    expect(page.locator(".file").nth(0)).to_contain_text("血常规")
    expect(page.locator(".file").nth(1)).to_contain_text("今天没有")
