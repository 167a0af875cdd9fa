from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from queue_server.web.pages import static_digest
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


HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Page tests come last: while the browser is open a loop runs in the thread, in which no other test can run one."""
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.fixture(scope="session")
def browser():
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


class Profiles:
    """Browser profiles, one for each way of looking. Each holds a page of its own, so that its process goes on.

    Every test has a server at a port of its own, and so storage of its own; cookies are taken away after each.
    """

    def __init__(self, browser):
        self.browser = browser
        self.open = {}

    def like(self, url, **options):
        """A profile with ``options``."""
        key = repr(sorted(options.items()))
        if key not in self.open:
            self.open[key] = self.browser.new_context(**options)
            self.open[key].new_page().goto(f"{url}/static/{static_digest()}/icon.svg")
        return self.open[key]

    def forget(self):
        """End what a test may have left."""
        for context in self.open.values():
            context.clear_cookies()


@pytest.fixture(scope="session")
def profiles(browser):
    return Profiles(browser)


@pytest.fixture
def open_page(browser, profiles, lobby):
    """Open an address; a script error on any page fails the test.

    What ``prepare`` does to a page, such as stopping its clock, it does to the whole profile: that is then a fresh one.
    """
    pages = []
    errors = []

    def go(path, *, width=1366, height=768, language="zh-CN", prepare=None, **options):
        options |= {"viewport": {"width": width, "height": height}, "locale": language}
        context = browser.new_context(**options) if prepare else profiles.like(lobby.url, **options)
        context.set_default_timeout(8000)
        page = context.new_page()
        pages.append(context if prepare else page)
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
    for page in pages:
        page.close()
    profiles.forget()
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
