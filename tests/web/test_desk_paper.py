"""A ticket on the desk's own paper: what is on it, that a copy says so, and that its outcome is a person's word."""

from __future__ import annotations

import pytest
from litestar import Response
from playwright.sync_api import expect

from queue_server import contract as c
from queue_server.api.desk_paper import code_drawing
from tests.web.consoles import ticket

PRINTS = """() => {
window.papers = [];
window.print = () => {
  const seen = [...document.body.children].filter((one) => getComputedStyle(one).display !== "none");
  const paper = document.getElementById("sheet");
  const code = paper.querySelector("img");
  window.papers.push([seen.map((one) => one.id), paper.innerText, code.naturalWidth > 0]);
};
}"""


@pytest.fixture
def desk(lobby):
    lobby.views["/api/auth/me"] = {"name": "n01", "role": "nurse", "csrf": "token"}
    lobby.views["/api/desk/choices"] = {"open_queues": []}
    lobby.views["/api/desk/devices"] = []
    lobby.kept = ticket(lobby)
    person = lambda: c.PatientView("p1", "王*芳", "0312", "0312", [], [], [lobby.kept])  # noqa: E731
    lobby.answers["POST /api/desk/find"] = lambda _: c.IdentifyReply([person()], lobby.now, list_is_old=False)
    lobby.answers["POST /api/desk/print"] = lambda body: c.Done(body["command_id"], 101)
    lobby.answers["GET /api/desk/tickets/t9/code"] = lambda _: Response(
        code_drawing("HZ:abc"), media_type="image/svg+xml"
    )
    return lobby


def found(page):
    page.evaluate(PRINTS)
    page.emulate_media(media="print")
    page.locator("#value").fill("A012")
    page.keyboard.press("Enter")
    return page.get_by_role("button", name="小票")


def papers(page, count):
    page.wait_for_function("(count) => window.papers.length === count", arg=count)
    return page.evaluate("window.papers")


def test_a_copy_says_so_and_has_all_that_the_patient_needs(desk, open_page):
    page = open_page("/desk", clock=True)
    button = found(page)
    expect(button).to_have_text("补打小票")
    button.click()
    ((seen, text, has_code),) = papers(page, 1)
    assert (seen, has_code) == (["sheet"], True)
    assert text.split("\n")[0].strip() == "补打"
    for part in (
        "市第一医院",
        "A012",
        "心内科",
        "门诊楼二层 B 区",
        "前面还有 4 人",
        "15–25",
        "王*芳",
        "09:05 取号",
        "供自助机、分诊台扫码",
    ):
        assert part in text
    page.emulate_media(media="screen")
    expect(page.locator("#notices")).to_contain_text("A012 的小票打印出来了吗？")
    expect(page.locator("#sheet")).to_be_empty()
    page.clock.run_for(1000)
    page.get_by_role("button", name="出来了", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("A012 的小票已打印。")
    (body,) = desk.posts("/api/desk/print")
    assert (body["ticket"], body["outcome"], body["reprint"]) == ("t9", "done", True)


@pytest.mark.parametrize(
    ("printed", "copy"),
    [("not_done", False), pytest.param("pending", False, marks=pytest.mark.slow), ("unknown", True)],
)
def test_paper_that_never_came_makes_no_copy(desk, open_page, printed, copy):
    desk.kept = ticket(desk, printed=printed)
    page = open_page("/desk", clock=True)
    button = found(page)
    expect(button).to_have_text("补打小票" if copy else "打印小票")
    button.click()
    ((_, text, _),) = papers(page, 1)
    assert ("补打" in text) is copy
    page.emulate_media(media="screen")
    page.clock.run_for(1000)
    page.get_by_role("button", name="没有出来").click()
    expect(page.locator("#notices")).to_contain_text("没有打印。号码仍然有效")
    (body,) = desk.posts("/api/desk/print")
    assert (body["outcome"], body["reprint"]) == ("not_done", copy)


def test_without_its_code_nothing_is_printed(desk, open_page):
    del desk.answers["GET /api/desk/tickets/t9/code"]
    page = open_page("/desk")
    found(page).click()
    page.emulate_media(media="screen")
    expect(page.locator("#notices")).to_contain_text("没有打印：小票上的二维码没有取到")
    assert page.evaluate("window.papers") == []
    assert desk.posts("/api/desk/print") == []
