"""``houzhen-devices simulate``: stand in for devices until told to end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING

from drivers.simulation import SimulationError, Simulators

if TYPE_CHECKING:
    from drivers.registry import DeviceEntry


async def simulate(entries: list[DeviceEntry], *, parent_stdin: bool) -> int:
    """Run a simulator for each entry; print where each is, one line of JSON; return the exit status.

    Args:
        entries: the devices.
        parent_stdin: end when standard input is closed, as on a signal.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if parent_stdin:
        loop.add_reader(0, _until_closed, told)
    try:
        async with Simulators(entries) as simulators:
            for addresses in simulators.addresses:
                print(json.dumps(addresses), flush=True)
            by_order = asyncio.create_task(told.wait())
            alone = asyncio.create_task(simulators.until_one_ends())
            try:
                await asyncio.wait({by_order, alone}, return_when=asyncio.FIRST_COMPLETED)
                if not by_order.done():
                    await alone
            finally:
                for task in (by_order, alone):
                    task.cancel()
                await asyncio.wait({by_order, alone})
    except SimulationError as failure:
        print(f"houzhen-devices: {failure}", file=sys.stderr)
        return 1
    return 0


def _until_closed(told: asyncio.Event) -> None:
    if not os.read(0, 4096):
        asyncio.get_running_loop().remove_reader(0)
        told.set()
