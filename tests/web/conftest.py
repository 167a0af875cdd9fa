from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.web.fake_lobby import FakeLobby

BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="module")
def browser():
    """One browser a module. While it is open an event loop runs in this thread, where no other test could run one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def lobby():
    lobby = FakeLobby()
    lobby.start()
    yield lobby
    lobby.stop()


@pytest.fixture
def open_page(browser, lobby):
    """Open an address in a fresh browser profile; a script error on any page fails the test."""
    contexts = []
    errors = []

    def go(path, *, width=1366, height=768, language="zh-CN", prepare=None, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language, **options)
        context.set_default_timeout(8000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None,
        )
        if prepare:
            prepare(page)
        page.goto(lobby.url + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def shoot():
    """Keep a picture of a page for whoever judges it, where HOUZHEN_SHOTS names a folder."""
    folder = os.environ.get("HOUZHEN_SHOTS")

    def shot(page, name):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"), animations="disabled")

    return shot
