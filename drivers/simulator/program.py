"""A simulator as a program: its command line, its announcement, its end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.faults import FaultPlanError
from drivers.simulator.server import Simulator, SimulatorOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.simulator.line import SimulatedDevice
    from drivers.simulator.network import NetworkDevice


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def address_or_path(text: str) -> tuple[str, int] | Path:
    """Read an address of a control channel, as an option of a command line."""
    return Path(text) if "/" in text else _address(text)


def run_simulator(
    kind: str, device: SimulatedDevice | NetworkDevice, baud: int, arguments: Sequence[str] | None = None
) -> int:
    """Run a simulator as a program, from its command line until a signal; return the exit status.

    Args:
        kind: what it simulates, for ``--help``.
        device: its behaviour.
        baud: the device's usual rate in bits per second.
        arguments: the command line; None = this process's.
    """
    parser = argparse.ArgumentParser(prog=f"python -m drivers.{kind}.simulator")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--tcp", type=_address, metavar="HOST:PORT", help="listen here; port 0 = any free one")
    way.add_argument("--pty", action="store_true", help="be a serial port (the default)")
    parser.add_argument("--link", type=Path, metavar="PATH", help="a symbolic link that follows the pty")
    parser.add_argument("--control", type=address_or_path, default=("127.0.0.1", 0), metavar="HOST:PORT|PATH")
    parser.add_argument("--baud", type=int, default=baud)
    parser.add_argument("--fast", action="store_true", help="as fast as the machine goes, not at the baud rate")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan in TOML")
    parser.add_argument("--name", default="", help="the device's name, by which a fault plan for several means it")
    parser.add_argument("--parent-stdin", action="store_true", help="end when standard input is closed")
    given = parser.parse_args(arguments)
    if given.baud <= 0:
        parser.error(f"--baud {given.baud} is not a rate")
    if given.faults is not None:
        try:
            device.faults.load(given.faults, given.name)
        except FaultPlanError as failure:
            parser.error(str(failure))
    ended = 0
    options = SimulatorOptions(given.tcp, given.link, given.control, given.fast, given.baud)
    try:
        asyncio.run(run_until_told(Simulator(device, options), parent_stdin=given.parent_stdin))
    except* OSError as failures:
        for reason in failures.exceptions:
            print(f"{parser.prog}: cannot open its line: {reason}", file=sys.stderr)  # noqa: T201 -- its error
        ended = 1
    return ended


async def run_until_told(simulator: Simulator, *, parent_stdin: bool) -> None:
    """Announce a simulator and serve it until a signal, or until standard input closes."""
    loop = asyncio.get_running_loop()
    serving = loop.create_task(simulator.run(_announce))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    if parent_stdin:

        def heard() -> None:
            if not os.read(0, 4096):
                loop.remove_reader(0)
                serving.cancel()

        loop.add_reader(0, heard)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _announce(addresses: dict[str, str]) -> None:
    print(json.dumps(addresses), flush=True)  # noqa: T201 -- what the starter waits for
