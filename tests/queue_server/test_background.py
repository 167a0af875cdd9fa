from __future__ import annotations

import asyncio

import pytest

from queue_server import background


class Never:
    """Waited for, and never there; knows when it was given up."""

    is_given_up = False

    async def come(self):
        try:
            await asyncio.Event().wait()
        finally:
            self.is_given_up = True


async def at_once(value=None):
    return value


async def test_a_nap_ends_with_the_news_and_gives_up_the_rest():
    rest = Never()
    assert await background.nap(rest.come(), at_once("news")) == "news"
    assert rest.is_given_up


async def test_a_nap_that_is_over_brings_nothing_and_gives_up_the_news():
    news = Never()
    assert await background.nap(at_once(), news.come()) is None
    assert news.is_given_up


async def test_news_that_fail_are_told():
    async def broken():
        raise ValueError("no news")

    rest = Never()
    with pytest.raises(ValueError, match="no news"):
        await background.nap(rest.come(), broken())
    assert rest.is_given_up


async def test_who_ends_a_nap_ends_both():
    rest, news = Never(), Never()
    napping = asyncio.create_task(background.nap(rest.come(), news.come()))
    await asyncio.sleep(0)
    await background.end(napping)
    assert napping.cancelled()
    await background.end(None)
