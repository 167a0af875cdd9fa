"""How kiosks and their devices are, on the desk and on the administration page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from queue_server.api.reports import KioskState
from tests.web.fake_lobby import both


def report(lobby, kind, trouble):
    return c.DeviceReport(kind, kind, "online", trouble, lobby.now - timedelta(minutes=18))


def kiosk(number, *reports, lost_since=None):
    hall = both("门诊一楼", "Ground floor")
    return KioskState(f"d{number}", f"{number} 号机", hall, lost_since, list(reports))


@pytest.fixture
def desk(lobby):
    lobby.views["/api/auth/me"] = {"name": "n01", "role": "nurse", "csrf": "token"}
    lobby.views["/api/desk/choices"] = {"open_queues": []}
    lobby.views["/api/desk/devices"] = []
    return lobby


def test_paper_near_its_end_is_a_quiet_line_and_what_stops_printing_is_not(desk, open_page, shoot):
    desk.views["/api/desk/devices"] = [
        kiosk(1, report(desk, "receipt_printer", "paper_low"), report(desk, "identity_card", None)),
        kiosk(2, report(desk, "receipt_printer", "paper_out"), report(desk, "identity_card", "offline")),
        kiosk(3, report(desk, "receipt_printer", None)),
        kiosk(4, report(desk, "receipt_printer", "paper_out"), lost_since=desk.now - timedelta(days=2)),
    ]
    page = open_page("/desk")
    expect(page.locator("#kiosks > *")).to_have_text(
        [
            "门诊一楼 2 号机：打印机没有纸了，请换纸（09:12 起）",
            "门诊一楼 2 号机：身份证读卡器没有应答，请检查电源和连线（09:12 起）",
            "门诊一楼 1 号机：打印机的纸快用完了（09:12 起）",
            "门诊一楼 4 号机：没有连接，最后联系 2026-02-28 09:30",
        ]
    )
    expect(page.locator("#kiosks > .attention")).to_have_count(2)
    shoot(page, "desk-kiosks")


def test_the_desk_stays_fresh_by_itself_and_what_stays_is_not_read_out_anew(desk, open_page):
    low = kiosk(1, report(desk, "receipt_printer", "paper_low"))
    desk.views["/api/desk/devices"] = [low]
    page = open_page("/desk", clock=True)
    expect(page.locator("#kiosks > *")).to_have_count(1)
    page.evaluate("document.querySelector('#kiosks > *').dataset.same = 'yes'")
    desk.views["/api/desk/devices"] = [low, kiosk(2, report(desk, "receipt_printer", "paper_low"))]
    page.clock.run_for(11_000)
    expect(page.locator("#kiosks > *")).to_have_count(2)
    expect(page.locator("#kiosks > [data-same]")).to_have_count(1)
    desk.views["/api/desk/devices"] = []
    page.clock.run_for(11_000)
    expect(page.locator("#kiosks > *")).to_have_count(0)


def test_it_is_told_in_english_too(desk, open_page):
    desk.views["/api/desk/devices"] = [kiosk(1, report(desk, "receipt_printer", "paper_low"))]
    page = open_page("/desk", language="en-GB")
    expect(page.locator("#kiosks")).to_have_text("Ground floor, 1 号机: printer is low on paper (since 09:12)")


def test_every_trouble_has_its_words(desk, open_page):
    troubles = list(c.Trouble.__args__)
    desk.views["/api/desk/devices"] = [
        kiosk(number, report(desk, kind, trouble))
        for number, trouble in enumerate(troubles)
        for kind in c.PartKind.__args__
    ]
    page = open_page("/desk")
    expect(page.locator("#kiosks > *")).to_have_count(len(c.PartKind.__args__) * len(troubles))


def test_the_administrator_reads_it_beside_the_kiosks_name(lobby, open_page, shoot):
    lobby.views["/api/auth/me"] = {"name": "root", "role": "administrator", "csrf": "token"}
    lobby.views["/api/admin/places"] = {"halls": [], "stations": []}
    lobby.views["/api/admin/staff"] = []
    row = {"kind": "kiosk", "place": "lobby", "enrolled_at": lobby.now, "seen_at": lobby.now}
    jam = report(lobby, "receipt_printer", "cutter_jam")
    lobby.views["/api/admin/devices"] = [
        {"device": "d1", "name": "1 号机", "reports": [jam], "lost_since": None, **row},
        {"device": "d2", "name": "2 号机", "reports": [jam], "lost_since": lobby.now, **row},
    ]
    page = open_page("/admin")
    names = page.locator("#devices td:first-child")
    expect(names).to_have_text(["1 号机打印机的切刀卡住了（09:12 起）", "2 号机没有连接，最后联系 09:30"])
    shoot(page, "admin-kiosks")
