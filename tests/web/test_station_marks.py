"""What the station's console says beside its lists: what stands still, who is over the limit, who is away."""

from __future__ import annotations

import msgspec
from playwright.sync_api import expect

from tests.web.consoles import row
from tests.web.fake_lobby import both


def test_queues_that_stand_still_are_named_until_they_are_called_again(page, console):
    console.change(paused=[both("心内科", "Cardiology"), both("骨科", "Orthopaedics")])
    expect(page.locator("#paused")).to_have_text("心内科、骨科 暂停叫号，恢复前叫不到这些患者")
    console.change(paused=[])
    expect(page.locator("#paused .notice")).to_have_count(0)


def test_numbers_over_the_limit_and_check_ins_by_somebody_else_are_marked(page, console):
    first, second, *rest = console.view.waiting
    extra = both("医生同意", "the doctor agreed")
    marked = [msgspec.structs.replace(first, extra=extra), msgspec.structs.replace(second, by_proxy=True), *rest]
    console.change(waiting=marked)
    expect(page.locator("#waiting .ticket").nth(0)).to_contain_text("加号：医生同意")
    expect(page.locator("#waiting .ticket").nth(1)).to_contain_text("他人代签到")


def test_who_is_at_exams_or_has_stepped_away_is_named_with_until_when(page, console):
    expect(page.locator("#gone")).to_be_hidden()
    gone = [row(console.lobby, 20, status="away"), row(console.lobby, 21, status="away", back_at=console.lobby.now)]
    console.change(away=gone)
    expect(page.locator("#gone")).to_have_text("暂时不在：A021 检查等项目中、A022 保留到 09:30")
    console.change(away=[])
    expect(page.locator("#gone")).to_be_hidden()
