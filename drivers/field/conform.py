"""``houzhen-devices conform``: run a driver through what every driver must do."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.conformance import Verdict, conform
from drivers.simulation import Simulators

if TYPE_CHECKING:
    from drivers.registry import DeviceEntry


async def check_conformance(entry: DeviceEntry, *, simulate: bool, as_json: bool) -> int:
    """Print each check as it ends; return 1 where one is broken.

    Args:
        entry: the device.
        simulate: have its simulator stand in for it meanwhile.
        as_json: one object a line.

    Raises:
        ConfigurationError: the driver cannot be made.
        SimulationError: the simulator did not start.
    """
    broken = 0
    async with contextlib.AsyncExitStack() as stack:
        if simulate:
            simulators = await stack.enter_async_context(Simulators([entry]))
            entry = replace(entry, url=_as_the_entry_is(entry.url, simulators.addresses[0]["url"]))
        async for result in conform(entry):
            broken += result.verdict is Verdict.BROKEN
            if as_json:
                facts = {"check": result.name, "verdict": result.verdict.value, "finding": result.finding}
                print(json.dumps({"device": entry.name, **facts, "seconds": round(result.seconds, 3)}), flush=True)
            else:
                said = f": {result.finding}" if result.finding else ""
                print(f"{result.verdict.value:<15} {result.name.replace('_', ' ')}{said}", flush=True)
    if not as_json:
        print(f"{entry.driver}: {'conforms' if not broken else f'does NOT conform: {broken} broken'}")
    return 1 if broken else 0


def _as_the_entry_is(url: str, simulated: str) -> str:
    """Give a simulator's pty the entry's kind of address."""
    scheme = url.partition(":")[0]
    if simulated.startswith("serial:") and scheme in {"usb", "input"}:
        path = simulated.removeprefix("serial:").partition("?")[0]
        return f"{scheme}:{path}{'?grab=0' if scheme == 'input' else ''}"
    return simulated
