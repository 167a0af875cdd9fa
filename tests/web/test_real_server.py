"""The pages against the server itself: nothing in between is invented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect
from virtual_lobby.processes import WITH_ITS_PARENT

ROOT = Path(__file__).parents[2]


class Server:
    """A server process on a port of its own, with a day that begins at ten past nine."""

    def __init__(self, data: Path) -> None:
        read, write = os.pipe()
        command = [
            *WITH_ITS_PARENT,
            sys.executable,
            "-m",
            "queue_server.cli",
            "serve",
            "--config",
            str(ROOT / "config"),
        ]
        command += ["--port", "0"]
        command += ["--data", str(data), "--clock", "09:10", "--ready-fd", str(write)]
        self.output = (data.parent / "output").open("w+")
        self.process = subprocess.Popen(
            command, cwd=ROOT, pass_fds=(write,), stdout=self.output, stderr=subprocess.STDOUT
        )
        os.close(write)
        # The pipe ends when the address is written, or when the process ends without.
        with os.fdopen(read) as ready:
            self.url = ready.readline().strip()
        said = self.said()
        assert self.url, said
        self.passwords = dict(re.findall(r"^  (\w+)\s+(\S+)\s+\(", said, re.MULTILINE))

    def said(self) -> str:
        self.output.flush()
        return Path(self.output.name).read_text()

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0, self.said()
        self.output.close()


@pytest.fixture
def server(tmp_path):
    (tmp_path / "data").mkdir()
    server = Server(tmp_path / "data")
    yield server
    server.stop()


@pytest.fixture
def logged_in(server, browser):
    contexts = []

    def go(name, path):
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.goto(server.url + path)
        page.wait_for_url("**/log-in?next=*")
        page.locator("[name=name]").fill(name)
        page.locator("[name=password]").fill(server.passwords[name])
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{path}")
        return page

    yield go
    for context in contexts:
        context.close()


def test_a_number_from_the_desk_is_called_shown_spoken_and_finished(server, browser, logged_in):
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    board = context.new_page()
    fetched = []
    board.on("response", lambda answer: fetched.append((answer.url.rpartition("/")[2], answer.status)))
    board.goto(server.url + "/board/main")
    admin = logged_in("admin", "/admin")
    admin.locator("#confirm-screen [name=place]").select_option("main")
    admin.locator("#confirm-screen [name=screen_code]").fill(board.locator("#enrol .code").inner_text())
    admin.clock.install()
    admin.keyboard.press("Enter")
    expect(admin.locator("#claim")).to_contain_text("候诊屏，main")
    admin.clock.run_for(1_000)  # a double press is one press
    admin.locator("#confirm-screen-do").click()
    expect(admin.locator("#notices .done")).to_be_visible()
    expect(board.locator("#frame")).to_be_visible(timeout=10_000)
    admin.clock.run_for(5_000)  # it looks at the list again once the screen has had time to ask
    expect(admin.locator("#devices tr")).to_have_count(1, timeout=10_000)

    desk = logged_in("nurse", "/desk")
    desk.get_by_role("button", name="咨询").first.click()
    number = desk.locator("#outcome .number").inner_text()

    station = desk.context.new_page()
    station.goto(server.url + "/station/enquiry1")
    station.get_by_role("button", name="开始叫号").click()
    expect(station.locator("#waiting .ticket .number")).to_have_text([number])
    station.keyboard.press(" ")
    expect(station.locator("#current .number")).to_have_text(number)
    expect(board.locator("#pop .number")).to_have_text(number)
    board.wait_for_event(
        "response", lambda answer: "/voice/" in answer.url and "chime" not in answer.url, timeout=15_000
    )
    expect(station.locator("[aria-busy=true]")).to_have_count(0)
    station.keyboard.press("s")
    expect(station.locator("#current")).to_contain_text("就诊中")
    expect(station.locator("[aria-busy=true]")).to_have_count(0)
    station.keyboard.press("f")
    expect(station.locator("#done .ticket .number")).to_have_text([number])
    voices = [(name, status) for name, status in fetched if name.endswith(".wav")]
    assert voices[0][0] == "chime.wav"
    assert all(status in {200, 206} for _, status in voices)
    context.close()


def do(page, command, **fields):
    page.select_option("#which", command)
    for name, given in fields.items():
        node = page.locator(f"#fields [name={name}]")
        if node.evaluate("node => node.tagName") == "SELECT":
            node.select_option(given)
        else:
            node.fill(given)
    page.get_by_role("button", name="执行").click()


def test_a_morning_with_plain_forms(logged_in, shoot):
    page = logged_in("nurse", "/commands")
    expect(page.locator("#which option")).not_to_have_count(0)
    shoot(page, "commands")
    done = page.locator("#notices .notice.done")
    do(page, "/api/desk/join", queue="enquiry")
    expect(done).to_contain_text("已执行：取号")
    do(page, "/api/station/open", station="enquiry1")
    expect(done).to_contain_text("已执行：开始叫号")
    do(page, "/api/station/call-next", station="enquiry1")
    expect(done).to_contain_text("已执行：叫下一位")
    refused = page.locator("#notices .notice.attention")
    do(page, "/api/desk/rejoin", ticket="Z999")
    expect(refused).to_have_text("现在没有 Z999 这个号，没有执行。")
    do(page, "/api/desk/pause", queues="enquiry", reason="break")
    expect(done).to_contain_text("已执行：暂停叫号")
    do(page, "/api/station/close", station="enquiry1")
    expect(refused).to_contain_text("请先结束")
    shoot(page, "commands-refused")
