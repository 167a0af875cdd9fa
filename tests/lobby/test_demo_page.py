"""The demo's page in a real browser, before the whole lobby."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import sync_playwright

from tests.drivers.conftest import ROOT

WAIT_MS = 90_000
SIZES = ((1366, 768), (1920, 1080))
PLAN = """
[[fault]]
device = "reader"
action = "mute"
times = 0
"""


@pytest.fixture
def address(tmp_path):
    """The address that the demo prints; whoever runs it has no display."""
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    demo = subprocess.Popen(
        [sys.executable, "packaging/demo.py", "--port", "0", "--data", str(tmp_path / "demo"), "--faults", str(plan)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DISPLAY": "", "QT_QPA_PLATFORM": "", "QT_QUICK_BACKEND": ""},
    )
    with demo:
        said = (re.search(r"http://\S+/enter/\S+", line) for line in demo.stdout)
        yield next(found[0] for found in said if found)
        demo.send_signal(signal.SIGINT)
        demo.stdout.read()
    assert demo.returncode == 0


@pytest.mark.slow
def test_every_device_is_on_the_page_and_its_faults_are_switched_from_it(address):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        troubles = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.goto(address)
        page.locator("#screen canvas").wait_for()
        assert page.locator("#devices details").count() == 12
        assert page.locator("#boards canvas").count() == 4
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        the_fault_of_the_plan_is_taken_back(page)
        the_paper_is_taken_out_and_loaded(page)
        who_shows_a_card_is_seen(page)
        assert page.locator("#trouble").inner_text() == ""
        assert troubles == []
        browser.close()


def the_fault_of_the_plan_is_taken_back(page):
    page.click("#device-reader.bad summary")
    page.locator('#device-reader .switches [aria-pressed="true"]', has_text="不应答").click()
    page.locator("#device-reader:not(.bad)").wait_for()


def the_paper_is_taken_out_and_loaded(page):
    page.click("#device-printer summary")
    out = page.locator("#device-printer .switches button", has_text="没纸")
    out.click()
    page.locator('#device-printer.bad .switches [aria-pressed="true"]', has_text="没纸").wait_for()
    page.locator("#device-printer .why", has_text="打印机没有纸了，请换纸").wait_for()
    out.click()
    page.locator("#device-printer:not(.bad)").wait_for()


def who_shows_a_card_is_seen(page):
    page.locator("#cards li").first.locator("button").click()
    page.locator("#cards li.laid").wait_for()
    page.click("#take")
    page.locator("#cards li:not(.laid)").first.wait_for()
    page.locator("#means button", has_text="院内磁条卡").click()
    page.locator("#cards li").first.locator("button").click()
    page.locator("#device-stripe .how", has_text="已刷 1 次").wait_for()
