"""``houzhen-devices``: list a machine's devices, check them, or stand in for them with simulators.

``simulate`` starts each device's simulator as a process of its own, where the configuration says the device is: at a
loopback ``tcp`` address, or at a ``serial`` or ``input`` path outside ``/dev``, which it makes a link to its pty. For
other addresses it takes any free one. The model (paper width, clone or not, a scanner's set-up, a board's protocol and
registers) and the line's rate are those of the entry. It prints one line of JSON for each, ``{"name", "kind", "url",
"control"}``, and ends all on a signal, or when standard input closes and ``--parent-stdin`` was given. A device's
``simulator`` table sets ``control``, ``fast`` and ``faults``, the simulator's options of these names.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from drivers.call_display.configuration import simulator_options as board_options
from drivers.device import DeviceError, HealthLevel, HealthReport
from drivers.receipt_printer.profile import PROFILES
from drivers.registry import ConfigurationError, DeviceEntry, make_device, read_devices

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Sequence

_CLAIM_LIMIT = 2.0
_START_LIMIT = 20.0
_END_LIMIT = 5.0
_SIMULATOR_OPTIONS = ("control", "faults")
_WELL = {True: "well", False: "NOT WELL", None: "cannot tell"}
"""A device that gives no answers is neither: all that is known is that its line is open."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 where a device is not well, or 2 for wrong use."""
    given = _parser().parse_args(arguments)
    try:
        entries = read_devices(given.config)
        wanted = getattr(given, "name", None)
        chosen = _choose(entries, None if wanted == "all" else wanted, given.config)
        if given.command == "list":
            return _list(chosen, as_json=given.json)
        if given.command == "check":
            return asyncio.run(_check(chosen, as_json=given.json))
        return asyncio.run(_simulate(chosen, parent_stdin=given.parent_stdin))
    except ConfigurationError as failure:
        print(f"houzhen-devices: {failure}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="houzhen-devices", description="The devices of this machine.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, default=Path("config/devices.toml"), metavar="FILE")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", parents=[shared], help="what is configured")
    listing.add_argument("--json", action="store_true", help="one object a line")
    check = commands.add_parser("check", parents=[shared], help="open each device and ask how it is")
    check.add_argument("name", nargs="?", metavar="NAME")
    check.add_argument("--json", action="store_true", help="one object a line")
    simulate = commands.add_parser("simulate", parents=[shared], help="stand in for devices")
    simulate.add_argument("name", metavar="NAME|all")
    simulate.add_argument("--parent-stdin", action="store_true", help="end when standard input is closed")
    return parser


def _choose(entries: list[DeviceEntry], name: str | None, config: Path) -> list[DeviceEntry]:
    if name is None:
        return entries
    chosen = [entry for entry in entries if entry.name == name]
    if not chosen:
        known = ", ".join(entry.name for entry in entries) or "none"
        raise ConfigurationError(f"{config}: there is no device {name!r}; there are: {known}")
    return chosen


def _list(entries: list[DeviceEntry], *, as_json: bool) -> int:
    for entry in entries:
        facts = {"name": entry.name, "kind": entry.kind, "driver": entry.driver, "url": entry.url}
        if as_json:
            print(json.dumps({**facts, "profile": entry.profile}))
        else:
            print(f"{entry.name:<20} {entry.kind:<16} {entry.driver:<14} {entry.url}")
    return 0


async def _check(entries: list[DeviceEntry], *, as_json: bool) -> int:
    healthy = True
    for entry in entries:
        report, sentence = await _check_one(entry)
        healthy = healthy and report.healthy is not False
        if as_json:
            state = report.state.value if report.state is not None else None
            facts = {"name": entry.name, "healthy": report.healthy, "state": state}
            print(json.dumps({**facts, "findings": list(report.findings), "message": sentence}))
        else:
            print(f"{entry.name}: {_WELL[report.healthy]}: {', '.join(report.findings)}")
            if sentence:
                print(f"  {sentence}")
    return 0 if healthy else 1


async def _check_one(entry: DeviceEntry) -> tuple[HealthReport, str | None]:
    device = make_device(entry)
    try:
        await device.open()
        await device.claim(_CLAIM_LIMIT)
        await device.enable()
        return await device.check_health(HealthLevel.INTERNAL), None
    except DeviceError as failure:
        return HealthReport(HealthLevel.INTERNAL, healthy=False, findings=(failure.error,)), failure.message
    finally:
        await device.close()


def simulator_command(entry: DeviceEntry) -> list[str]:
    """Return the command line of the simulator that stands in for a device.

    Raises:
        ConfigurationError: the entry's ``simulator`` table holds something unknown.
    """
    command = [sys.executable, "-m", f"drivers.{entry.kind}.simulator", "--parent-stdin"]
    parts = urlsplit(entry.url)
    if parts.scheme == "tcp" and parts.hostname in {"127.0.0.1", "localhost"} and parts.port:
        command += ["--tcp", f"127.0.0.1:{parts.port}"]
    elif (
        parts.scheme in {"serial", "input", "usb"} and parts.path.startswith("/") and not parts.path.startswith("/dev/")
    ):
        Path(parts.path).parent.mkdir(parents=True, exist_ok=True)
        command += ["--pty", "--link", parts.path]
    elif parts.scheme == "tcp":
        command += ["--tcp", "127.0.0.1:0"]
    else:
        command += ["--pty"]
    command += _as_the_model_is(entry, parse_qs(parts.query).get("baud", []))
    for key, value in entry.simulator.items():
        if key == "fast" and isinstance(value, bool):
            command += ["--fast"] if value else []
        elif key in _SIMULATOR_OPTIONS and isinstance(value, str):
            command += [f"--{key}", value]
        else:
            raise ConfigurationError(f"{entry.where}: simulator.{key} = {value!r} is not understood")
    return command


def _as_the_model_is(entry: DeviceEntry, baud: list[str]) -> list[str]:
    """The options by which a simulator is of the model, and its line of the rate, that the entry says."""
    options = []
    for rate in baud:
        if not rate.isdecimal():
            raise ConfigurationError(f"{entry.where}: url = {entry.url!r}: baud = {rate!r} is not a rate")
        options += ["--baud", rate]
    # A driver of somebody else's has profiles of its own; of those nothing is known here.
    profile = PROFILES.get(entry.profile or "") if entry.kind == "receipt_printer" else None
    if profile is not None:
        options += ["--width", str(profile.paper_mm)]
        options += [] if profile.process_id else ["--basic"]
    if entry.driver == "keyboard_scanner":
        options += ["--keyboard"]
    if entry.driver == "serial_scanner":
        for key in ("suffix", "prefix"):
            options += [f"--{key}", str(entry.options[key]).encode("latin-1").hex()] if key in entry.options else []
        options += ["--trigger"] if entry.options.get("trigger") else []
    if entry.driver == "cabinet_board":
        for key in ("lights", "contacts"):
            named = entry.options.get(key, [])
            options += [f"--{key}", str(len(named) if isinstance(named, list) else 0)]
    if entry.driver == "zvt" and "framing" in entry.options:
        options += ["--framing", str(entry.options["framing"])]
    return options + (board_options(entry) if entry.kind == "call_display" else [])


async def _simulate(entries: list[DeviceEntry], *, parent_stdin: bool) -> int:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if parent_stdin:
        loop.add_reader(0, _until_closed, told)
    running: list[tuple[DeviceEntry, Process]] = []
    try:
        for entry in entries:
            # Its standard input stays open as long as this process lives, and so does it.
            process = await asyncio.create_subprocess_exec(*simulator_command(entry), stdin=PIPE, stdout=PIPE)
            running.append((entry, process))
        for entry, process in running:
            addresses = await _addresses(process)
            if addresses is None:
                print(f"houzhen-devices: {entry.where}: its simulator did not start", file=sys.stderr)
                return 1
            print(json.dumps({"name": entry.name, "kind": entry.kind, **addresses}), flush=True)
        return await _until_ended(running, told)
    finally:
        for _, process in running:
            await _end(process)


def _until_closed(told: asyncio.Event) -> None:
    if not os.read(0, 4096):
        asyncio.get_running_loop().remove_reader(0)
        told.set()


async def _addresses(process: Process) -> dict[str, Any] | None:
    """Read what a simulator announces; None = it ended, or said nothing in time."""
    if process.stdout is None:
        return None
    try:
        async with asyncio.timeout(_START_LIMIT):
            line = await process.stdout.readline()
    except TimeoutError:
        return None
    return dict(json.loads(line)) if line else None


async def _until_ended(running: list[tuple[DeviceEntry, Process]], told: asyncio.Event) -> int:
    """Wait for the signal to end, or for a simulator that ends by itself."""
    by_order = asyncio.create_task(told.wait())
    alone = {asyncio.create_task(process.wait()): entry for entry, process in running}
    try:
        ended, _ = await asyncio.wait({by_order, *alone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (by_order, *alone):
            task.cancel()
    if by_order in ended:
        return 0
    for task, entry in alone.items():
        if task in ended:
            print(f"houzhen-devices: {entry.where}: its simulator ended by itself", file=sys.stderr)
    return 1


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_END_LIMIT):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


if __name__ == "__main__":
    sys.exit(main())
