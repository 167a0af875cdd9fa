from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from virtual_lobby.browsers import CHROMIUM_FLAGS, program

from queue_server import contract as c
from queue_server.web.pages import static_digest
from tests.web.boards import LOUDSPEAKER, Board
from tests.web.consoles import Console, ticket
from tests.web.fake_lobby import FakeLobby, both


@pytest.fixture(scope="package")
def browser():
    """One browser for all page tests; closed after them: with it a loop runs in the thread, where no other test can."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def port():
    """The port of every fake lobby, one after the other: so the browser keeps the pages' files, as a real one does."""
    with socket.socket() as kept:
        # Bound and not listening: nobody else is given the port while no lobby is there.
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


@pytest.fixture
def lobby(port):
    lobby = FakeLobby(port)
    lobby.start()
    yield lobby
    lobby.stop()


class Profile:
    """A browser profile, with a page of its own so that its process goes on. What a test left in it is taken away."""

    def __init__(self, context, url, *, clock):
        self.context = context
        self.clock = clock
        context.set_default_timeout(8000)
        self.kept = context.new_page()
        self.kept.goto(f"{url}/static/{static_digest()}/icon.svg")

    def page(self):
        """A new page, with the present time on its clock."""
        if self.clock:
            self.context.clock.install()
            # Where another test has stopped it.
            self.context.clock.resume()
        return self.context.new_page()

    def forget(self):
        """Take away what pages keep: cookies and notes. All tests' pages are of one origin, as is the kept one."""
        self.context.clear_cookies()
        self.kept.evaluate("localStorage.clear()")


class Profiles:
    """Browser profiles, one for each way of looking."""

    def __init__(self, browser):
        self.browser = browser
        self.open = {}

    def like(self, url, *, language, clock, script):
        """A profile in ``language``; its pages go by a clock that the test turns, and run ``script`` first."""
        key = (language, clock, script)
        if key not in self.open:
            context = self.browser.new_context(locale=language)
            if clock:
                context.clock.install()
            if script:
                context.add_init_script(script)
            self.open[key] = Profile(context, url, clock=clock)
        return self.open[key]


@pytest.fixture(scope="package")
def profiles(browser):
    return Profiles(browser)


@pytest.fixture
def open_page(profiles, lobby):
    """Open an address; a script error on any page fails the test.

    With ``clock`` the page's clock can be turned: it is the whole profile's, which pages without do not share.
    """
    pages = []
    used = set()
    errors = []

    def go(path, *, width=1366, height=768, language="zh-CN", clock=False, script=None):
        profile = profiles.like(lobby.url, language=language, clock=clock, script=script)
        used.add(profile)
        page = profile.page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto(lobby.url + path)
        return page

    yield go
    for page in pages:
        page.close()
    for profile in used:
        profile.forget()
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


@pytest.fixture
def board(lobby):
    return Board(lobby)


@pytest.fixture
def open_board(open_page):
    def go():
        return open_page("/board/lobby", width=1920, height=1080, clock=True, script=f"({LOUDSPEAKER})()")

    return go


@pytest.fixture
def console(lobby):
    return Console(lobby)


@pytest.fixture
def page(console, open_page):  # noqa: ARG001  (the console must be there before the page opens)
    """One station's console, with its six who wait."""
    page = open_page("/station/room3")
    expect(page.locator("#waiting .ticket")).to_have_count(6)
    return page


@pytest.fixture
def desk(lobby):
    """The nurse desk, where everything that is asked is done."""
    lobby.views["/api/auth/me"] = {"name": "n01", "role": "nurse", "csrf": "token"}
    lobby.views["/api/desk/choices"] = {
        "open_queues": [
            c.Choice("enquiry", both("咨询", "Enquiries"), both("一层大厅", "Ground floor")),
            c.Choice("cashier", both("收费", "Cashier"), both("一层大厅", "Ground floor")),
        ]
    }
    lobby.patients = []
    lobby.answers["POST /api/desk/find"] = lambda _: c.IdentifyReply(lobby.patients, lobby.now, list_is_old=False)
    for path in ("check-in", "join", "rejoin"):
        lobby.answers[f"POST /api/desk/{path}"] = lambda body: c.TicketDone(
            c.Done(body["command_id"], 101), ticket(lobby)
        )
    return lobby
