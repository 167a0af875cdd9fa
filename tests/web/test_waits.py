from __future__ import annotations

from datetime import timedelta

import msgspec
from playwright.sync_api import expect

from queue_server import contract as c
from queue_server.engine.rules import rules_of
from queue_server.web.pages import QueueRules, Rules
from tests.sites import small_site
from tests.web.consoles import Console, ticket
from tests.web.fake_lobby import both

STATION = "/api/station/room3"
PHONE = {"width": 390, "height": 844}
TOLD = both("09:35 以后签到的患者不会在您之前叫到", "Nobody who checks in after 09:35 is called before you")


def test_the_ticket_page_tells_the_promise_and_leads_to_the_rules(lobby, open_page, shoot):
    site = small_site(lock=2)
    lobby.rules = Rules(site.name, [QueueRules(queue.id, queue.name, rules_of(site, queue)) for queue in site.queues])
    lobby.views["/api/ticket/k3yL"] = ticket(lobby, promise=TOLD)
    page = open_page("/t/k3yL", **PHONE)
    expect(page.locator(".promise")).to_have_text(TOLD.zh)
    page.get_by_role("link", name="排队规则").click()
    expect(page.locator("h1")).to_have_text("排队规则")
    expect(page.locator("section.card")).to_have_count(len(site.queues))
    expect(page.locator("#q-im dd[data-about=bound]")).to_contain_text("35 分钟")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shoot(page, "rules")
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("How the queue is ordered")
    shoot(page, "rules-english")


def test_a_wait_past_its_limit_and_the_track_record_are_on_the_console(lobby, open_page, shoot):
    console = Console(lobby)
    page = open_page("/station/room3")
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    expect(page.locator("#alarms")).to_be_empty()
    first = console.view.waiting[0]
    alarm = c.AlarmView(
        first.ticket, first.number, "heart", first.clinic, None, lobby.now, 45, lobby.now - timedelta(minutes=45)
    )
    further = [msgspec.structs.replace(alarm, ticket=row.ticket, number=row.number) for row in console.view.waiting[1:]]
    lobby.wait_for_feeds(1)
    record = c.TrackRecord(86, 100, 86)
    shown = msgspec.structs.replace(
        lobby.views[STATION], position=lobby.next_position(), alarms=[alarm, *further], track_record=record
    )
    lobby.push(STATION, shown)
    expect(page.locator("#alarms .notice")).to_have_count(4)
    expect(page.locator("#alarms .notice").last).to_contain_text("还有 3 人超过等候限度")
    expect(page.locator("#alarms .notice").first).to_contain_text(f"{first.number} 从 08:45 等起")
    expect(page.locator("#record")).to_have_text("预计等候本周 86% 准确（100 次）")
    shoot(page, "station-alarm")


def test_the_administration_sees_how_expected_waits_turned_out(lobby, open_page, shoot):
    lobby.views["/api/auth/me"] = {"name": "root", "role": "administrator", "csrf": "token"}
    lobby.views["/api/admin/devices"] = lobby.views["/api/admin/staff"] = []
    lobby.views["/api/admin/places"] = {"halls": [], "stations": []}
    lobby.views["/api/admin/waits"] = [
        c.QueueWaits("heart", both("心内科", "Cardiology"), c.TrackRecord(43, 50, 86)),
        c.QueueWaits("skin", both("皮肤科", "Dermatology"), c.TrackRecord(0, 0, None)),
    ]
    page = open_page("/admin", height=1200)
    expect(page.locator("#waits p")).to_have_count(1)
    expect(page.locator("#waits")).to_have_text("心内科 预计等候本周 86% 准确（50 次）")
    shoot(page, "admin-waits")
