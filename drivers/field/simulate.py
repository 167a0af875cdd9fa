"""``houzhen-devices simulate``: stand in for devices until told to end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from drivers.device_file import write_entries
from drivers.registry import devices_as_toml
from drivers.simulation import SimulationError, Simulators
from drivers.stand_ins import standing

if TYPE_CHECKING:
    from drivers.registry import DeviceEntry


PRINT: Final = Path("-")


async def simulate(entries: list[DeviceEntry], *, parent_stdin: bool, write: Path | None = None) -> int:
    """Run a simulator for each entry; print where each is, one line of JSON; return the exit status.

    Args:
        entries: the devices.
        parent_stdin: end when standard input is closed, as on a signal.
        write: write the configuration that leads to them here, before anything is printed; ``-`` = print it instead.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if parent_stdin:
        loop.add_reader(0, _until_closed, told)
    try:
        async with Simulators(entries) as simulators:
            _tell(entries, simulators.addresses, write)
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


def _tell(entries: list[DeviceEntry], addresses: list[dict[str, Any]], write: Path | None) -> None:
    """Say where each device stands now, and by which control channel it is told what to do."""
    there = [
        replace(standing(entry, announced["url"]), simulator={})
        for entry, announced in zip(entries, addresses, strict=True)
    ]
    if write == PRINT:
        for entry, announced in zip(there, addresses, strict=True):
            print(f"# control: {announced['control']}\n{devices_as_toml([entry])}", flush=True)
        return
    if write is not None:
        write_entries(write, there, anew=True)
    for announced in addresses:
        print(json.dumps(announced), flush=True)


def _until_closed(told: asyncio.Event) -> None:
    if not os.read(0, 4096):
        asyncio.get_running_loop().remove_reader(0)
        told.set()
