"""``houzhen-devices``: the devices of this machine, for who installs and mends them (docs/field-tools.md)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from drivers.device import DeviceError, HealthLevel
from drivers.field.acceptance import check_devices
from drivers.field.bench import bench
from drivers.field.conform import check_conformance
from drivers.field.console import Terminal
from drivers.field.setup import Setup
from drivers.field.simulate import simulate
from drivers.field.sniff import sniff
from drivers.ports import list_ports
from drivers.registry import ConfigurationError, DeviceEntry, read_devices
from drivers.simulation import SimulationError, check_plan, scripted
from drivers.stand_ins import no_chip_cards, one_of_each

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 where a device is not well, or 2 for wrong use."""
    given = _parser().parse_args(arguments)
    if not structlog.is_configured():
        structlog.configure(logger_factory=lambda *_: _ErrorOutput())
    try:
        if given.command == "setup":
            return _setup(given.config)
        if given.command == "ports":
            return _ports(as_json=given.json)
        entries = _one_of_each(given) if getattr(given, "one_of_each", None) else read_devices(given.config)
        wanted = getattr(given, "name", None)
        given.known = [entry.name for entry in entries]
        run: Callable[[argparse.Namespace, list[DeviceEntry]], int] = given.run
        return run(given, _choose(entries, None if wanted == "all" else wanted, given.config))
    except ConfigurationError as failure:
        print(f"houzhen-devices: {failure}", file=sys.stderr)
        return 2
    except SimulationError as failure:
        print(f"houzhen-devices: {failure}", file=sys.stderr)
        return 1


class _ErrorOutput:
    """Where log lines go: what a tool found goes to standard output, and nothing else."""

    def msg(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    debug = info = warning = error = critical = exception = msg


def _ports(*, as_json: bool) -> int:
    for port in list_ports():
        if as_json:
            usb = asdict(port.usb) if port.usb is not None else None
            print(json.dumps({"url": port.url, "node": str(port.node), "kind": port.kind, "usb": usb}))
        else:
            print(f"{port.url:<60} {port}")
    return 0


def _setup(config: Path) -> int:
    try:
        return asyncio.run(Setup(config, Terminal()).run())
    except (EOFError, KeyboardInterrupt):
        print("\n没有写入。 Nothing was written.")
        return 1


def _list_them(given: argparse.Namespace, chosen: list[DeviceEntry]) -> int:
    return _list(chosen, as_json=given.json)


def _check(given: argparse.Namespace, chosen: list[DeviceEntry]) -> int:
    level = HealthLevel(given.level)
    return asyncio.run(check_devices(chosen, level, Terminal(), as_json=given.json, report=given.report))


def _conform(given: argparse.Namespace, chosen: list[DeviceEntry]) -> int:
    return asyncio.run(check_conformance(chosen[0], simulate=given.simulate, as_json=given.json))


def _sniff(given: argparse.Namespace, chosen: list[DeviceEntry]) -> int:
    level = HealthLevel(given.level)
    show, out = given.show_personal_data, given.out
    return asyncio.run(sniff(chosen[0], Terminal(), level=level, proxy=given.proxy, show=show, out=out))


def _bench(given: argparse.Namespace, chosen: list[DeviceEntry]) -> int:
    try:
        return asyncio.run(bench(chosen[0], Terminal(), rounds=given.rounds, as_json=given.json))
    except DeviceError as failure:
        print(f"houzhen-devices: {failure}", file=sys.stderr)
        return 1


def _one_of_each(given: argparse.Namespace) -> list[DeviceEntry]:
    folder: Path = given.one_of_each
    folder.mkdir(parents=True, exist_ok=True)
    given.write = given.write or folder / "devices.toml"
    if (lack := no_chip_cards()) is not None:
        print(f"houzhen-devices: no chip-card reader: {lack}", file=sys.stderr)
    return one_of_each(folder)


def _simulate(given: argparse.Namespace, chosen: list[DeviceEntry]) -> int:
    if given.faults is not None:
        check_plan(given.faults, given.known)
    told = [scripted(entry, faults=given.faults, fast=given.fast or None) for entry in chosen]
    return asyncio.run(simulate(told, parent_stdin=given.parent_stdin, write=given.write))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="houzhen-devices", description="The devices of this machine.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, default=Path("config/devices.toml"), metavar="FILE")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "setup", parents=[shared], help="write the configuration, with a technician who plugs in devices"
    )
    ports = commands.add_parser("ports", help="what is plugged in, by the address that stays")
    ports.add_argument("--json", action="store_true", help="one object a line")
    listing = commands.add_parser("list", parents=[shared], help="what is configured")
    listing.set_defaults(run=_list_them)
    listing.add_argument("--json", action="store_true", help="one object a line")
    check = commands.add_parser("check", parents=[shared], help="open each device and ask how it is")
    check.set_defaults(run=_check)
    check.add_argument("name", nargs="?", metavar="NAME")
    levels = [level.value for level in HealthLevel]
    check.add_argument(
        "--level", choices=levels, default="internal", help="ask only; print and light up; with a person"
    )
    check.add_argument("--report", type=Path, metavar="FILE", help="write an acceptance sheet, a PDF")
    check.add_argument("--json", action="store_true", help="one object a line")
    conform = commands.add_parser("conform", parents=[shared], help="run a driver through what every driver must do")
    conform.set_defaults(run=_conform)
    conform.add_argument("name", metavar="NAME")
    conform.add_argument("--simulate", action="store_true", help="have its simulator stand in for the device")
    conform.add_argument("--json", action="store_true", help="one object a line")
    sniffing = commands.add_parser("sniff", parents=[shared], help="see what passes on a device's line")
    sniffing.set_defaults(run=_sniff)
    sniffing.add_argument("name", metavar="NAME")
    sniffing.add_argument("--level", choices=levels, default="internal", help="which check to watch")
    sniffing.add_argument(
        "--proxy", action="store_true", help="only stand between; another program is given the address"
    )
    sniffing.add_argument("--show-personal-data", action="store_true", help="also what is on cards, codes and paper")
    sniffing.add_argument("--out", type=Path, metavar="FILE", help="write the lines there too")
    timing = commands.add_parser("bench", parents=[shared], help="how long a device takes, beside what its line allows")
    timing.set_defaults(run=_bench)
    timing.add_argument("name", metavar="NAME")
    timing.add_argument("--rounds", type=int, default=3, help="tickets that are printed, cards that are laid")
    timing.add_argument("--json", action="store_true", help="one object a line")
    standing_in = commands.add_parser("simulate", parents=[shared], help="stand in for devices")
    standing_in.set_defaults(run=_simulate)
    standing_in.add_argument("name", metavar="NAME|all")
    standing_in.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan in TOML, for all or by name")
    standing_in.add_argument(
        "--one-of-each", type=Path, metavar="DIR", help="not the configuration's but one of every kind, in this folder"
    )
    standing_in.add_argument(
        "--write", type=Path, metavar="FILE", help="a devices.toml of where they stand (- = print it instead)"
    )
    standing_in.add_argument("--fast", action="store_true", help="as fast as the machine goes, not at the line's rate")
    standing_in.add_argument("--parent-stdin", action="store_true", help="end when standard input is closed")
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


if __name__ == "__main__":
    sys.exit(main())
