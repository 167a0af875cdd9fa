"""The whole lobby as ``make demo`` starts it: real processes, real drivers, simulated devices, a real browser."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright
from virtual_lobby.browsers import CHROMIUM_FLAGS, program
from virtual_lobby.processes import WITH_ITS_PARENT

ROOT = Path(__file__).parents[2]
DEMO = str(ROOT / "packaging" / "demo.py")

pytestmark = pytest.mark.timeout(240)


def descendants(pid: int) -> set[int]:
    """Every process below ``pid``."""
    children: dict[int, set[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(int(fields[1]), set()).add(int(stat.parent.name))
    found: set[int] = set()
    todo = [pid]
    while todo:
        below = children.get(todo.pop(), set())
        found |= below
        todo += below
    return found


def test_the_story_holds(tmp_path):
    ran = subprocess.run(
        [*WITH_ITS_PARENT, sys.executable, DEMO, "--check", "--json", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=220,
    )
    steps = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert all(step["holds"] for step in steps)
    cuts = [step["saw"] for step in steps if "power" in step["step"]]
    assert len(cuts) == 4
    assert all("doubled 0" in cut for cut in cuts)
    # Whoever is acknowledged grows from cut to cut: the last one counts the whole story.
    assert int(re.search(r"acknowledged (\d+) = logged (\d+)", cuts[-1])[1]) > 30


@pytest.fixture
def demo(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "QT_QPA_PLATFORM"}}
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    process = subprocess.Popen(
        [
            *WITH_ITS_PARENT,
            sys.executable,
            DEMO,
            "--quiet-lobby",
            "--data",
            str(tmp_path / "demo"),
            "--port",
            "0",
            "--faults",
            str(plan),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if "Ctrl-C" in line:
            break
    yield process, "".join(said)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    process.stdout.close()


def test_ctrl_c_ends_a_demo_that_is_still_starting(tmp_path):
    process = subprocess.Popen(
        [*WITH_ITS_PARENT, sys.executable, DEMO, "--quiet-lobby", "--data", str(tmp_path), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert "Starting" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "Ending ...\n")
    assert descendants(process.pid) == set()


SIZES = ((1920, 1080), (1366, 768))
PLAN = """
[[fault]]
device = "cabinet"
action = "mute"
times = 0
"""
PICTURE = "() => document.querySelector('#screen canvas').toDataURL()"


def look_at(base, cookie):
    """The page as a visitor uses it: the kiosk answers a touch, cards are laid, faults are switched, power is cut."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=list(CHROMIUM_FLAGS))
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "houzhen_demo", "value": cookie, "url": base}])
        page = context.new_page()
        troubles = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(base)
        screen = page.locator("#screen canvas")
        screen.wait_for()
        # Black until the first picture has come.
        page.wait_for_function(
            "() => document.querySelector('#screen canvas').getContext('2d').getImageData(9, 9, 1, 1).data[0] > 200"
        )
        before = page.evaluate(PICTURE)
        screen.click()
        page.wait_for_function(
            "(before) => document.querySelector('#screen canvas').toDataURL() !== before", arg=before
        )

        expect(page.locator("#devices details")).to_have_count(12)
        expect(page.locator("#boards canvas")).to_have_count(4)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width

        page.locator("#cards button").first.click()
        expect(page.locator("#cards li.laid")).to_have_count(1)
        expect(page.locator("#device-reader")).to_contain_text("a card")
        page.locator("#take").click()
        expect(page.locator("#cards li.laid")).to_have_count(0)
        expect(page.locator("#papers")).to_contain_text("还没有小票")
        page.locator("#means button", has_text="院内磁条卡").click()
        page.locator("#cards button").first.click()
        expect(page.locator("#device-stripe .how")).to_have_text("已刷 1 次swiped once")

        switch_faults(page)
        page.locator("#power").click()
        expect(page.locator("#count")).to_contain_text("重复 0 条", timeout=30_000)
        expect(page.locator("#power")).to_be_enabled()
        assert troubles == []
        browser.close()


def switch_faults(page):
    """Faults are switched, also one of the plan; staff are told; what is focused stays so while the page changes."""
    expect(page.locator("#device-cabinet.bad .how")).to_have_text("不应答mute")  # by the plan, until it is taken back
    expect(page.locator("#device-reader .how")).to_contain_text("guide light")
    page.locator("#device-cabinet summary").click()
    page.locator("#device-cabinet .switches button", has_text="不应答").click()
    expect(page.locator("#device-cabinet:not(.bad)")).to_have_count(1)
    door = page.locator("#device-cabinet .switches button", has_text="柜门打开")
    door.click()
    expect(door).to_have_attribute("aria-pressed", "true")

    page.locator("#device-printer summary").click()
    fault = page.locator("#device-printer .switches button", has_text="没纸")
    fault.click()
    expect(fault).to_have_attribute("aria-pressed", "true")
    fault.focus()
    expect(page.locator("#device-printer .why")).to_contain_text("打印机没有纸了，请换纸", timeout=60_000)
    for _ in range(2):
        then = page.locator("#clock").inner_text()
        expect(page.locator("#clock")).not_to_have_text(then)
    expect(fault).to_be_focused()


def test_the_page_is_for_whoever_started_it_and_ctrl_c_ends_everything(demo):
    process, said = demo
    entry = re.search(r"http://127\.0\.0\.1:\d+/enter/\S+", said)
    assert entry is not None, said
    base = entry[0].partition("/enter/")[0]
    with httpx.Client(base_url=base, headers={"Origin": base}) as stranger:
        assert stranger.get("/state").status_code == 401
        assert stranger.post("/do", json={"action": "power"}).status_code == 401
    with httpx.Client(base_url=base, headers={"Origin": base}) as visitor:
        assert visitor.get(entry[0]).status_code == 302
        state = visitor.get("/state").json()
        assert state["kiosk"] == "virtual"
        told = visitor.post("/do", json={"action": "fault", "value": "scanner:gone"})
        assert told.json() == {"done": True}
        scanner = next(one for one in visitor.get("/state").json()["devices"] if one["id"] == "scanner")
        assert next(one for one in scanner["faults"] if one["id"] == "gone")["on"]
        assert visitor.post("/do", json={"action": "dance"}).status_code == 409
        evil = visitor.post("/do", json={"action": "power"}, headers={"Origin": "http://evil.example"})
        assert evil.status_code == 401
        cookie = visitor.cookies["houzhen_demo"]
    with httpx.Client(base_url=base) as second:
        assert second.get(entry[0]).status_code == 401
    look_at(base, cookie)

    started = descendants(process.pid)
    assert len(started) >= 5
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert not {pid for pid in started if Path(f"/proc/{pid}").exists()}
