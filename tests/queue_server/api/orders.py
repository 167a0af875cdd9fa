"""The orders of the sample hospital's day, and how one changes."""

from __future__ import annotations

import asyncio


def orders(site, status="paid", queue=None):
    """Today's orders of this status."""
    found = [one for one in site.lobby.mirror.orders if one.status == status]
    return [one for one in found if queue is None or one.queue == queue]


async def change(site, order, status):
    """The hospital changes an order, and the mirror hears of it."""
    site.lobby.mirror._hospital.set_order(order, status)
    await site.lobby.mirror.refresh()


async def until(site, holds):
    """Wait until the committed state is as said: by what is committed, and not by a clock."""
    with site.lobby.service.subscribe() as news:
        async with asyncio.timeout(20):
            while not holds():
                await anext(news)


def ticket_of(site, order):
    return site.state.tickets.get(site.state.by_origin.get(order, ""))
