"""Waiting for a card: an identity card on its reader, or another one where the kiosk has readers for it."""

from __future__ import annotations

import asyncio

from drivers.device import DeviceError
from kiosk.faults import other_card_fault
from kiosk.ports import OtherCards, Shown
from kiosk.visit import World


async def card_shown(world: World) -> Shown | bool:
    """Wait until a card is shown: what another card says, or whether an identity card came in time.

    Raises:
        drivers.device.DeviceError: of the identity card's reader.
        FaultError: the other card cannot be used.
    """
    waits = {asyncio.ensure_future(_laid_down(world))}
    if world.other_cards is not None:
        waits.add(asyncio.ensure_future(_other_shown(world.other_cards)))
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result()
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


async def _laid_down(world: World) -> Shown | bool:
    return await world.devices.reader.wait_for_card(world.durations.card)


async def _other_shown(cards: OtherCards) -> Shown | bool:
    try:
        return await cards.shown()
    except DeviceError as error:
        raise other_card_fault(error) from error
