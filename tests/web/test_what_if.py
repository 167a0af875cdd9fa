"""The administrator's page of what would have been, with a day that is really reckoned."""

from __future__ import annotations

import re

import msgspec
import pytest
from litestar import Response
from playwright.sync_api import expect

from queue_server.replay.changes import MoreRoom, Plan
from queue_server.replay.worker import SIMULATED, Asked, Desk
from tests.web.fake_lobby import problem

ADDRESS = "/api/admin/what-if"
DESK = Desk()


def reckoned(body):
    """As the server does it, in this process."""
    more = body.get("more")
    plan = Plan(
        allowance_min=body.get("allowance_min"),
        walk_in_ratio=body.get("walk_in_ratio"),
        return_ratio=body.get("return_ratio"),
        lock=body.get("lock"),
        more=(MoreRoom(more["queue"], more["opens"]),) if more else (),
    )
    asked = Asked("", SIMULATED, None if plan == Plan() else plan)
    return Response(msgspec.json.encode(DESK.answer(asked).report), media_type="application/json")


@pytest.fixture
def admin(lobby):
    lobby.views["/api/auth/me"] = {"name": "root", "role": "administrator", "csrf": "token"}
    lobby.views[ADDRESS] = {"days": ["2026-03-02", "2026-03-01"], "simulated": "simulated"}
    lobby.answers[f"POST {ADDRESS}"] = reckoned
    return lobby


A_DAY_RUN_MS = 20_000
# The page asks at once, and a day is really run again behind it.


@pytest.mark.parametrize(
    ("language", "doctor", "fixed"),
    [("zh-CN", "多一位医生", "锁定"), pytest.param("en-GB", "One more", "fixed", marks=pytest.mark.slow)],
)
def test_who_waits_less_and_who_more_is_shown(admin, open_page, shoot, language, doctor, fixed):
    page = open_page("/admin/what-if", language=language)
    expect(page.locator("#answer table tbody tr")).to_have_count(4, timeout=A_DAY_RUN_MS)
    assert admin.posts(ADDRESS) == [{"day": "2026-03-02"}]
    base = DESK.answer(Asked("", SIMULATED, None)).report.base.figures["all"]
    half, most = f"{base.median:.0f}", f"{base.p95:.0f}"
    expect(page.locator("#answer h2")).to_contain_text(f"{half}–{most}")
    expect(page.locator(".chart text.end", has_text=f"{half}–{most}")).to_be_visible()
    shoot(page, f"what-if-before-{language[:2]}")
    page.locator("#do").click()
    expect(page.locator("#answer h2")).to_contain_text(doctor)
    expect(page.locator("#answer h2")).to_contain_text(f"{half}–{most}")
    expect(page.locator("#answer h2")).to_contain_text(re.compile(r"\d+–\d+.*\d+–\d+"))
    expect(page.locator("#answer td.less")).to_have_count(4)
    expect(page.locator(".chart .dot").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") <= 768, "all of it in one view"
    shoot(page, f"what-if-{language[:2]}")
    page.locator("[name=more]").uncheck()
    page.locator("[name=allowance]").check()
    page.locator("[name=walk_in]").check()
    expect(page.locator("[name=allowance]")).not_to_be_checked()
    page.locator("[name=walk_in_ratio]").fill("4")
    expect(page.locator("output[data-of=walk_in_ratio]")).to_have_text("4 : 1")
    page.locator("[name=locked]").check()
    page.locator("#do").click()
    expect(page.locator("#answer h2")).to_contain_text(fixed)
    expect(page.locator("#answer tr.walk_in td.more")).to_contain_text("+")
    shoot(page, f"what-if-ratio-{language[:2]}")
    assert admin.posts(ADDRESS)[-1] == {"day": "2026-03-02", "walk_in_ratio": 4, "lock": 2}


def test_what_is_refused_is_said_and_the_last_answer_stays(admin, open_page):
    page = open_page("/admin/what-if")
    expect(page.locator("#answer table tbody tr")).to_have_count(4, timeout=A_DAY_RUN_MS)
    admin.answers[f"POST {ADDRESS}"] = lambda _: problem(409, "what_if_busy", "另一个计算还没有结束。", "Busy.")
    page.locator("#do").click()
    expect(page.locator("#notices .fault")).to_contain_text("另一个计算还没有结束。")
    expect(page.locator("#answer table tbody tr")).to_have_count(4)
    expect(page.locator("#do")).to_be_enabled()


def test_a_nurse_is_told_whose_page_it_is(admin, open_page):
    admin.views["/api/auth/me"] = {"name": "n01", "role": "nurse", "csrf": "token"}
    page = open_page("/admin/what-if")
    expect(page.locator("#notices .attention")).to_be_visible()
    expect(page.locator("#ask")).to_be_hidden()
    assert admin.posts(ADDRESS) == []
