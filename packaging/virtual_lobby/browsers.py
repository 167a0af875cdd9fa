"""The nurse's console and the hall's board in a real browser, without a display."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from virtual_lobby.processes import ProgramError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

CHROMIUM = "chromium-headless-shell"
"""Debian's Chromium without its windows: a page in it takes half the work of one in the whole browser."""
CHROMIUM_FLAGS = (
    # As few processes as there can be: what is looked at is the pages, and each process costs more than a page.
    "--in-process-gpu", "--renderer-process-limit=1", "--enable-features=NetworkServiceInProcess2",
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
CONSOLE = {"width": 1366, "height": 768}
BOARD = {"width": 1920, "height": 1080}


def program() -> str:
    """Where the browser is.

    Raises:
        ProgramError: it is not installed.
    """
    found = shutil.which(CHROMIUM)
    if found is None:
        raise ProgramError(f"Chromium is needed to look at the pages: install the package {CHROMIUM}.")
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A Chromium that shows nothing. All of its pages are in front: none rests as a hidden page does.

    Raises:
        ProgramError: it is not installed.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=list(CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def log_in(page: Page, url: str, name: str, password: str) -> None:
    """Log in as a member of staff would."""
    await page.goto(f"{url}/log-in")
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", password)
    await page.click("button[type=submit]")
    await page.wait_for_url(lambda there: not there.endswith("/log-in"))
