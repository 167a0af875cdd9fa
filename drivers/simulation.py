"""Simulators that stand in for the devices of a configuration, each a process of its own.

A simulator runs where the configuration says the device is: at a loopback ``tcp`` or ``ipp`` address, or at a
``serial``, ``usb`` or ``input`` path outside ``/dev`` (or in ``/dev/shm``), which it makes a link to its pty. For
other addresses it takes any free one. The model (paper width, clone or not, a scanner's set-up, a board's protocol and
registers) and the line's rate are those of the entry. A device's ``simulator`` table sets ``control``, ``fast`` and
``faults``, the simulator's options of these names, and ``module``, the simulator of somebody else's driver; a document
printer's also ``pages`` and ``formats``, a receipt printer's ``paper-dir``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from drivers.call_display.configuration import simulator_options as board_options
from drivers.faults import FaultPlanError, read_plan
from drivers.receipt_printer.configuration import profile_of
from drivers.receipt_printer.profile import PROFILES
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.simulator.process import end

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

_NARROW_MM: Final = 58
_START_LIMIT: Final = 20.0
_OPTIONS: Final = ("control", "faults")
_OWN_OPTIONS: Final = {"document_printer": ("pages", "formats"), "receipt_printer": ("paper-dir",)}


class SimulationError(RuntimeError):
    """A simulator did not start, or ended by itself. The message names the device."""


def simulator_command(entry: DeviceEntry) -> list[str]:
    """Return the command line of the simulator that stands in for a device.

    Raises:
        ConfigurationError: the entry's ``simulator`` table holds something unknown.
    """
    module = entry.simulator.get("module", f"drivers.{entry.kind}.simulator")
    if not isinstance(module, str) or not module:
        raise ConfigurationError(f"{entry.where}: simulator.module = {module!r} must be a module's name")
    command = [sys.executable, "-m", module, "--parent-stdin"]
    command += _where(entry)
    command += _as_the_model_is(
        entry, parse_qs(urlsplit(entry.url).query).get("baud", []), own="module" not in entry.simulator
    )
    for key, value in entry.simulator.items():
        if key == "fast" and isinstance(value, bool):
            command += ["--fast"] if value else []
        elif key in (*_OPTIONS, *_OWN_OPTIONS.get(entry.kind, ())) and isinstance(value, str):
            command += [f"--{key}", value, *(["--name", entry.name] if key == "faults" else [])]
        elif key != "module":
            raise ConfigurationError(f"{entry.where}: simulator.{key} = {value!r} is not understood")
    return command


def stands_there(url: str) -> bool:
    """Tell whether a simulator stands at the very address that is configured, and not at any free one."""
    parts = urlsplit(url)
    if parts.scheme in {"tcp", "ipp"}:
        return parts.hostname in {"127.0.0.1", "localhost"} and bool(parts.port)
    # Device nodes are the system's to make; what is in memory stands among them and is a folder like any other.
    is_node = parts.path.startswith("/dev/") and not parts.path.startswith("/dev/shm/")  # noqa: S108 -- only named
    return parts.scheme in {"serial", "input", "usb"} and parts.path.startswith("/") and not is_node


def _where(entry: DeviceEntry) -> list[str]:
    """The options by which a simulator is where the entry says that the device is."""
    parts = urlsplit(entry.url)
    there = stands_there(entry.url)
    if parts.scheme in {"tcp", "ipp", "ipps"}:
        return ["--tcp", f"127.0.0.1:{parts.port if there else 0}"]
    if parts.scheme != "pcsc":
        if not there:
            return ["--pty"]
        Path(parts.path).parent.mkdir(parents=True, exist_ok=True)
        return ["--pty", "--link", parts.path]
    # Without a socket of its own the card goes into the virtual reader of this machine's service.
    sockets = parse_qs(parts.query).get("socket", [])
    for socket in sockets:
        Path(socket).parent.mkdir(parents=True, exist_ok=True)
    return [option for socket in sockets for option in ("--socket", socket)]


def _as_the_model_is(entry: DeviceEntry, baud: list[str], *, own: bool) -> list[str]:
    """The options by which a simulator is of the model, and its line of the rate, that the entry says."""
    options = []
    for rate in baud:
        if not rate.isdecimal():
            raise ConfigurationError(f"{entry.where}: url = {entry.url!r}: baud = {rate!r} is not a rate")
        options += ["--baud", rate]
    # A driver of somebody else's has options of its own; of those nothing is known here.
    model = _MODELS.get(entry.driver) if own else None
    return options + (model(entry) if model is not None else [])


def _printer(entry: DeviceEntry) -> list[str]:
    if entry.profile not in PROFILES:
        return []
    profile = profile_of(entry)
    width = "80" if profile.paper_mm > _NARROW_MM else "58"
    return ["--width", width, *([] if profile.process_id else ["--basic"])]


def _serial_scanner(entry: DeviceEntry) -> list[str]:
    options = []
    for key in ("suffix", "prefix"):
        options += [f"--{key}", str(entry.options[key]).encode("latin-1").hex()] if key in entry.options else []
    return options + (["--trigger"] if entry.options.get("trigger") else [])


def _keyboard_scanner(_entry: DeviceEntry) -> list[str]:
    return ["--keyboard"]


def _cabinet(entry: DeviceEntry) -> list[str]:
    options = []
    for key in ("lights", "contacts"):
        named = entry.options.get(key, [])
        options += [f"--{key}", str(len(named) if isinstance(named, list) else 0)]
    return options


def _terminal(entry: DeviceEntry) -> list[str]:
    return ["--framing", str(entry.options["framing"])] if "framing" in entry.options else []


_MODELS: Final[Mapping[str, Callable[[DeviceEntry], list[str]]]] = {
    "escpos": _printer,
    "serial_scanner": _serial_scanner,
    "keyboard_scanner": _keyboard_scanner,
    "keyboard_stripe": _keyboard_scanner,
    "cabinet_board": _cabinet,
    "zvt": _terminal,
    "modbus_board": board_options,
    "numeric_board": board_options,
    "xunpeng_board": board_options,
    "alpha_board": board_options,
}
"""By driver, what of its entry a simulator is told."""


def check_plan(faults: Path, known: Iterable[str]) -> None:
    """Check a fault plan as far as it is the same for every simulator.

    Args:
        faults: the plan, in TOML.
        known: the names of the devices that it may name.

    Raises:
        ConfigurationError: it cannot be understood, or names a device that is not there.
    """
    try:
        read_plan(faults, names=frozenset(known))
    except FaultPlanError as failure:
        raise ConfigurationError(str(failure)) from failure


def scripted(entry: DeviceEntry, *, faults: Path | None = None, fast: bool | None = None) -> DeviceEntry:
    """Return the entry with another fault plan, or another speed, for its simulator.

    Args:
        entry: the device.
        faults: a fault plan in TOML, already checked.
        fast: whether it is as fast as the machine goes; None = as the entry says.
    """
    table = dict(entry.simulator)
    if faults is not None:
        table["faults"] = str(faults.absolute())
    if fast is not None:
        table["fast"] = fast
    return replace(entry, simulator=table)


class Simulators:
    """The simulators of several devices, while the block runs.

    Args:
        entries: the devices.

    Raises:
        ConfigurationError: on entering, an entry's ``simulator`` table holds something unknown.
        SimulationError: one did not start.
    """

    def __init__(self, entries: list[DeviceEntry]) -> None:
        self._entries = entries
        self._running: list[tuple[DeviceEntry, Process]] = []
        self.addresses: list[dict[str, Any]] = []
        """What each announced: ``name``, ``kind``, ``url``, ``control``."""

    async def __aenter__(self) -> Self:
        try:
            for entry in self._entries:
                # Its standard input stays open as long as this process lives, and so does it. An interrupt at the
                # keyboard is this process's alone: what ended before it was told to would seem to have failed.
                process = await asyncio.create_subprocess_exec(
                    *simulator_command(entry), stdin=PIPE, stdout=PIPE, start_new_session=True
                )
                self._running.append((entry, process))
            for entry, process in self._running:
                addresses = await _addresses(entry, process)
                self.addresses.append({"name": entry.name, "kind": entry.kind, **addresses})
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def until_one_ends(self) -> None:
        """Wait for a simulator that ends by itself.

        Raises:
            SimulationError: always, when one did.
        """
        alone = {asyncio.create_task(process.wait()): entry for entry, process in self._running}
        try:
            ended, _ = await asyncio.wait(alone, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in alone:
                task.cancel()
        raise SimulationError(f"{alone[next(iter(ended))].where}: its simulator ended by itself")

    async def _end(self) -> None:
        for _, process in self._running:
            await end(process)
        self._running.clear()


async def _addresses(entry: DeviceEntry, process: Process) -> dict[str, Any]:
    """Read what a simulator announces.

    Raises:
        SimulationError: it ended, or said nothing in time.
    """
    line = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_START_LIMIT):
            line = await process.stdout.readline() if process.stdout is not None else b""
    if not line:
        raise SimulationError(f"{entry.where}: its simulator did not start")
    return dict(json.loads(line))
