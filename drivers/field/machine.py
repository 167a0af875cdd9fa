"""The machine a device is plugged into: what may be opened, what else reaches for its ports, what screen it has."""

from __future__ import annotations

import grp
import os
import platform
import pwd
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.ports import ROOTS, Roots

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS: Final = {"serial": "dialout", "usb": "lp", "input": "input"}
"""The group that may open a kind of line, as Debian and its relatives have it."""

_THIEVES: Final = {
    "brltty": (
        "brltty 会占用 CH340、CP210x 等串口（当作盲文显示器）：sudo apt purge brltty",
        "brltty takes CH340 and CP210x ports for braille displays: sudo apt purge brltty",
    ),
    "ModemManager": (
        "ModemManager 会向新插入的串口发 AT 命令：sudo systemctl disable --now ModemManager",
        "ModemManager sends AT commands to new ports: sudo systemctl disable --now ModemManager",
    ),
}
_EDID_HEADER: Final = bytes.fromhex("00FFFFFFFFFFFF00")
_DETAILED: Final = 54
_EDID_SIZE: Final = 128


@dataclass(frozen=True, slots=True)
class Concern:
    """Something about the machine that is in the way, in Chinese and English, with what to do."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A screen, by its own description (EDID).

    Attributes:
        connector: where it is plugged in.
        width_mm: of the visible surface; 0 where it does not say.
        height_mm: the same.
        width_px: of its preferred mode.
        height_px: the same.
    """

    connector: str
    width_mm: int
    height_mm: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What an acceptance sheet says of the machine."""

    host: str
    system: str
    kernel: str
    houzhen: str


def facts() -> MachineFacts:
    """Return the facts of this machine."""
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        system = "Linux"
    try:
        houzhen = version("houzhen")
    except PackageNotFoundError:
        houzhen = "?"
    return MachineFacts(platform.node(), system, platform.release(), houzhen)


def own_groups() -> frozenset[str]:
    """Return the groups of this process."""
    names = set()
    for number in {os.getgid(), *os.getgroups()}:
        try:
            names.add(grp.getgrgid(number).gr_name)
        except KeyError:
            continue
    return frozenset(names)


def missing_groups(schemes: Sequence[str], groups: frozenset[str], *, uid: int | None = None) -> list[Concern]:
    """Tell which groups this account lacks for lines of these schemes; root needs none."""
    number = os.geteuid() if uid is None else uid
    if number == 0:
        return []
    try:
        account = pwd.getpwuid(number).pw_name
    except KeyError:
        account = str(number)
    lacking = sorted({GROUPS[scheme] for scheme in schemes if scheme in GROUPS} - groups)
    return [
        Concern(
            f"账户 {account} 不在 {group} 组，不能打开端口：sudo adduser {account} {group}，然后重新登录",
            f"{account} is not in the group {group}: sudo adduser {account} {group}, then log in anew",
        )
        for group in lacking
    ]


def port_thieves(proc: Path = Path("/proc"), rules: Sequence[Path] | None = None) -> list[Concern]:
    """Tell which services reach for serial ports: those that run, and those that udev starts for a port."""
    running = set()
    for entry in proc.glob("[0-9]*/comm"):
        try:
            running.add(entry.read_text(encoding="utf-8", errors="replace").strip())
        except OSError:
            continue
    folders = rules if rules is not None else [Path("/lib/udev/rules.d"), Path("/etc/udev/rules.d")]
    by_rule = {
        name
        for name in _THIEVES
        for folder in folders
        if any(folder.glob(f"*{name.lower()}*.rules")) and name == "brltty"
    }
    return [Concern(*_THIEVES[name]) for name in sorted(running & set(_THIEVES) | by_rule)]


def panels(roots: Roots | None = None) -> list[Panel]:
    """List the screens that are plugged in, by what they say of themselves."""
    found = []
    for edid in sorted((roots or ROOTS).sys.glob("class/drm/*/edid")):
        try:
            data = edid.read_bytes()
        except OSError:
            continue
        panel = read_edid(edid.parent.name, data)
        if panel is not None:
            found.append(panel)
    return found


def read_edid(connector: str, data: bytes) -> Panel | None:
    """Read a screen's description (VESA E-EDID 1.4, 3.10.2: the first detailed timing has millimetres).

    Returns:
        None where it is none, or its sum is wrong.
    """
    if len(data) < _EDID_SIZE or data[:8] != _EDID_HEADER or sum(data[:_EDID_SIZE]) % 256:
        return None
    timing = data[_DETAILED : _DETAILED + 18]
    if not timing[0] and not timing[1]:
        return None  # no preferred mode: a projector's switch, perhaps
    width_px = timing[2] | (timing[4] & 0xF0) << 4
    height_px = timing[5] | (timing[7] & 0xF0) << 4
    width_mm = timing[12] | (timing[14] & 0xF0) << 4
    height_mm = timing[13] | (timing[14] & 0x0F) << 8
    if not width_mm or not height_mm:
        width_mm, height_mm = data[21] * 10, data[22] * 10
    return Panel(connector, width_mm, height_mm, width_px, height_px)
