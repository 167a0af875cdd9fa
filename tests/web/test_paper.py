"""Calls made on paper: noted, kept, entered."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.web.consoles import Held
from tests.web.fake_lobby import ZONE, problem

PAPER = "/api/station/paper-call"


def note(page, number):
    page.locator(f'#waiting [data-number="{number}"]').get_by_role("button", name="记下纸上叫号").click()


def test_notes_outlive_the_page_and_name_nobody(page, console, shoot):
    lobby = console.lobby
    lobby.stop()
    expect(page.locator("#away")).to_contain_text("连接中断")
    note(page, "A001")
    note(page, "A002")
    expect(page.locator("#paper")).to_contain_text("存在这台电脑里")
    shoot(page, "paper-noted")
    kept = page.evaluate("localStorage.getItem('houzhen.paper.room3')")
    assert "t0" in kept
    assert "王" not in kept
    lobby.start()
    page.get_by_role("button", name="全部补录").wait_for(timeout=15_000)
    page.reload()
    expect(page.locator("#paper .paper-note")).to_have_count(2)
    expect(page.locator("#paper")).to_contain_text("连接已恢复，有 2 次纸上叫号待补录")
    page.get_by_role("button", name="全部补录").click()
    expect(page.locator("#notices .done")).to_have_text("已补录 A001、A002。")
    expect(page.locator("#done .ticket")).to_have_count(2)
    assert page.evaluate("localStorage.getItem('houzhen.paper.room3')") is None
    moments = [body["called_at"] for body in lobby.posts(PAPER)]
    assert all(moment.startswith("2026-03-02T09:3") for moment in moments)


def test_notes_of_another_station_are_not_shown_here(page, console):
    console.lobby.stop()
    expect(page.locator("#away")).to_contain_text("连接中断")
    note(page, "A001")
    assert page.evaluate("Object.keys(localStorage)") == ["houzhen.paper.room3"]


def test_a_refused_entry_says_what_was_not_done_and_speaks_of_no_lost_connection(page, console, shoot):
    console.lobby.answers[f"POST {PAPER}"] = lambda _: problem(
        409, "bad_time", "补录的时间不对。", "The time is wrong."
    )
    page.keyboard.press("b")
    page.locator("#paper select[name=ticket]").select_option("t1")
    page.locator("#paper form button[type=submit]").click()
    expect(page.locator("#paper .paper-note .fault")).to_have_text("没有补录 A002：补录的时间不对。")
    expect(page.locator("#paper .attention")).to_have_text("还有 1 次补录没有办成，原因见下。")
    shoot(page, "paper-refused")


def test_what_was_said_before_goes_when_notes_are_entered(page, console):
    console.lobby.answers["POST /api/station/call-next"] = lambda _: problem(409, "day_not_open", "还没有开始。", "No.")
    page.keyboard.press(" ")
    expect(page.locator("#notices .fault")).to_be_visible()
    page.keyboard.press("b")
    page.locator("#paper form button[type=submit]").click()
    expect(page.locator("#notices")).to_have_text("已补录 A001。")


@pytest.mark.parametrize("way", ["Escape", pytest.param("button", marks=pytest.mark.slow)])
def test_the_form_can_be_closed_from_its_fields(page, way):
    page.keyboard.press("b")
    expect(page.locator("#paper select[name=ticket]")).to_be_focused()
    page.locator("#paper input[name=time]").focus()
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="取消").click()
    expect(page.locator("#paper")).to_be_empty()


def test_the_form_stands_on_a_small_screen_whatever_was_asked(page, shoot):
    page.keyboard.press(" ")
    expect(page.locator("#current .number")).to_have_text("A001")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    page.locator("#do-recall").click()
    expect(page.locator("#current")).to_contain_text("共叫 2 次")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    page.keyboard.press(" ")
    expect(page.locator("#notices")).to_contain_text("已经看过，还是没有来")
    page.keyboard.press("b")
    expect(page.locator("#paper form button[type=submit]")).to_be_in_viewport(ratio=1)
    shoot(page, "paper-form")


def test_a_call_before_midnight_entered_after_it_was_yesterday(console, open_page, shoot):
    lobby = console.lobby
    lobby.now = datetime(2026, 3, 3, 0, 5, 15, tzinfo=ZONE)
    console.change(server_time=lobby.now)
    page = open_page("/station/room3")
    expect(page.locator("#clock")).to_have_text("00:05")
    lobby.answers[f"POST {PAPER}"] = lambda _: problem(409, "bad_time", "补录的时间不对。", "The time is wrong.")
    page.keyboard.press("b")
    page.locator("#paper input[name=time]").fill("23:58")
    page.locator("#paper form button[type=submit]").click()
    expect(page.locator("#paper .paper-note")).to_contain_text("03-02")
    shoot(page, "paper-yesterday")
    # Corrected, it stays in its own night.
    page.locator("#paper .paper-note input").fill("23:50")
    page.locator("#paper .paper-note input").blur()
    page.get_by_role("button", name="全部补录").click()
    lobby.wait_for_posts(PAPER, 2)
    assert [body["called_at"] for body in lobby.posts(PAPER)] == [
        "2026-03-02T23:58:00+08:00",
        "2026-03-02T23:50:00+08:00",
    ]


def test_a_note_cannot_be_changed_while_it_is_on_its_way(page, console):
    lobby = console.lobby
    lobby.answers[f"POST {PAPER}"] = lambda _: problem(409, "bad_time", "补录的时间不对。", "The time is wrong.")
    held = Held(page, PAPER)
    page.keyboard.press("b")
    page.locator("#paper form button[type=submit]").click()
    everything = page.get_by_role("button", name="全部补录")
    expect(everything).to_have_attribute("aria-busy", "true")
    for one in [everything, *page.locator("#paper .paper-note").locator("input, select, button").all()]:
        expect(one).to_be_disabled()
    # One that is made meanwhile goes with the others.
    page.keyboard.press("b")
    page.locator("#paper select[name=ticket]").select_option("t1")
    page.locator("#paper form button[type=submit]").click()
    held.release()
    expect(page.locator("#paper .paper-note .fault")).to_have_count(2)
    expect(everything).to_be_enabled()
    expect(page.locator("#paper .paper-note input").first).to_be_enabled()


def test_what_is_being_typed_outlives_the_loss_of_the_connection(page, console):
    page.keyboard.press("b")
    page.locator("#paper select[name=ticket]").select_option("t2")
    page.locator("#paper input[name=time]").press_sequentially("1")
    typed = page.locator("#paper input[name=time]").input_value()
    console.lobby.stop()
    expect(page.locator("#paper form button[type=submit]")).to_have_text("记下纸上叫号")
    expect(page.locator("#paper select[name=ticket]")).to_have_value("t2")
    expect(page.locator("#paper input[name=time]")).to_have_value(typed)
    expect(page.locator("#paper input[name=time]")).to_be_focused()


def test_a_note_keeps_the_moment_it_was_made(page, console):
    lobby = console.lobby
    lobby.stop()
    expect(page.locator("#away")).to_contain_text("连接中断")
    note(page, "A001")
    lobby.now += timedelta(days=1)
    console.unnoticed(server_time=lobby.now)
    lobby.start()
    page.get_by_role("button", name="全部补录").click(timeout=15_000)
    lobby.wait_for_posts(PAPER, 1)
    assert lobby.posts(PAPER)[0]["called_at"].startswith("2026-03-02T09:3")
