"""The ports of this machine: what is plugged in where, and the port that a stable name means.

A port's node (``/dev/ttyUSB0``) is given out anew at each plugging in, so an address names something that stays:

* ``by-id/usb-FTDI_...`` the maker's, model's and serial number's name, as udev makes it;
* ``by-path/pci-...`` the USB socket it is plugged into, for chips without a serial number (CH340, PL2303);
* ``by-usb/VENDOR:PRODUCT[:SERIAL][@SOCKET]`` the USB numbers themselves, four hexadecimal digits each, and the
  socket as the kernel numbers it (``1-2.3``). USB printers have no other stable name.

udev gives two adapters of one kind without a serial number the *same* name under ``by-id``, and one of them wins. Such
a name is refused, with the names of both sockets.

Facts are read from ``/dev`` and ``/sys`` (kernel: Documentation/ABI/testing/sysfs-bus-usb, sysfs-tty); a test passes
folders of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from drivers.line import ambiguous, bad_url, split_url, transport_error

if TYPE_CHECKING:
    from collections.abc import Iterator

PortKind: TypeAlias = Literal["serial", "printer", "input"]

_USB_NAME: Final = re.compile(
    r"(?P<vendor>[0-9a-f]{4}):(?P<product>[0-9a-f]{4})(?::(?P<serial>[^@]+))?(?:@(?P<socket>[0-9][0-9.-]*))?",
    re.IGNORECASE,
)
_NAME_FOLDERS: Final = {"serial": "serial", "input": "input"}
"""Under ``/dev``, where udev keeps ``by-id`` and ``by-path`` of a kind of port."""
_SCHEMES: Final = {"serial": "serial", "printer": "usb", "input": "input"}
_OF_EVERYBODY: Final = frozenset({"", "1"})
"""What is left, without its zeros, of a serial number that a whole make has."""
_DEPTH: Final = 8
"""Folders from a port's up to its USB device's, at most: port, interface, device, and hubs between."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Where the system tells of its devices."""

    dev: Path = Path("/dev")
    sys: Path = Path("/sys")


ROOTS = Roots()
"""This machine's own."""


@dataclass(frozen=True, slots=True)
class UsbFacts:
    """What the USB device behind a port says of itself.

    Attributes:
        vendor: four hexadecimal digits, small letters.
        product: the same.
        serial: its serial number; None = it has none.
        socket: where it is plugged in, as the kernel numbers it: bus, then the ports down the hubs (``1-2.3``).
        interface: which of its interfaces the port is.
        maker: its maker's name, where it tells it.
        model: its own.
    """

    vendor: str
    product: str
    serial: str | None
    socket: str
    interface: str = ""
    maker: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Port:
    """One port.

    Attributes:
        kind: ``serial``, ``printer`` (``usblp``) or ``input`` (a keyboard).
        node: what is opened now.
        names: its names under ``by-id`` and ``by-path``, the folder with them.
        usb: of the USB device behind it; None = it is not on USB.
        alike: another port that is there now says the same of itself, serial number and all.
    """

    kind: PortKind
    node: Path
    names: tuple[str, ...] = ()
    usb: UsbFacts | None = None
    alike: bool = False

    @property
    def stable(self) -> str:
        """The name by which an address should call it: one that stays, and that no other device can get."""
        by_id, by_path = (
            next((name for name in self.names if name.startswith(way)), None) for way in ("by-id", "by-path")
        )
        if self.usb is None:
            return by_id or by_path or f"//{self.node}"
        # Some makers give each of their chips the same number (a CP2102 comes as 0001): it tells none from the others.
        has_number = self.usb.serial and self.usb.serial.strip("0") not in _OF_EVERYBODY and not self.alike
        if has_number and by_id:
            return by_id
        numbers = f"by-usb/{self.usb.vendor}:{self.usb.product}"
        if has_number:
            return f"{numbers}:{self.usb.serial}"
        return by_path or f"{numbers}@{self.usb.socket}"

    @property
    def url(self) -> str:
        """Its address, without a line's settings."""
        return f"{_SCHEMES[self.kind]}:{self.stable}"

    def __str__(self) -> str:
        if self.usb is None:
            return str(self.node)
        what = " ".join(part for part in (self.usb.maker, self.usb.model) if part) or "USB"
        return f"{self.node} ({what}, {self.usb.vendor}:{self.usb.product}, socket {self.usb.socket})"


def list_ports(roots: Roots | None = None) -> list[Port]:
    """List the ports that are there now: serial ones, USB printers and keyboards, each kind in the order of names."""
    roots = roots or ROOTS
    printers = ((roots.dev / "usb" / p.name, p) for p in _folder(roots.sys / "class" / "usbmisc", "lp*"))
    ports = [
        *_ports("serial", roots, _serial_nodes(roots)),
        *_ports("printer", roots, printers),
        *_keyboards(roots),
    ]
    same = Counter((port.kind, _identity(port.usb)) for port in ports if port.usb is not None)
    return [
        replace(port, alike=True) if port.usb is not None and same[port.kind, _identity(port.usb)] > 1 else port
        for port in ports
    ]


def find_port(kind: PortKind, url: str, name: str, roots: Roots | None = None) -> Path:
    """Find the node that a stable name means now.

    Args:
        kind: of which kind.
        url: the address, for errors.
        name: ``by-id/...``, ``by-path/...`` (patterns as in a shell) or ``by-usb/...``.
        roots: where to look; None = on this machine.

    Raises:
        DeviceError: ``no_device`` where nothing matches; ``ambiguous``, naming them, where several do; ``bad_url``.
    """
    roots = roots or ROOTS
    folder, _, pattern = name.partition("/")
    if folder == "by-usb":
        return _by_usb(kind, url, pattern, roots)
    if folder not in {"by-id", "by-path"} or not pattern or kind not in _NAME_FOLDERS:
        scheme = _SCHEMES[kind]
        ways = ("by-usb",) if kind == "printer" else ("by-id", "by-path", "by-usb")
        raise bad_url(url, f"it needs {scheme}:///dev/... or {' or '.join(f'{scheme}:{way}/...' for way in ways)}")
    links = sorted((roots.dev / _NAME_FOLDERS[kind] / folder).glob(pattern))
    # Newer versions of udev give one port two names by-path.
    nodes = {link.resolve(): link for link in reversed(links)}
    if not nodes:
        raise transport_error("no_device", url)
    if len(nodes) > 1:
        raise ambiguous(url, sorted(link.name for link in nodes.values()))
    node = next(iter(nodes))
    if folder == "by-id":
        _refuse_twins(kind, url, node, roots)
    return links[0]


def find_input(url: str) -> tuple[Path, bool]:
    """Turn an ``input:`` address into a node and whether it is to be grabbed.

    Raises:
        DeviceError: ``no_device`` where nothing matches, ``ambiguous`` where several do; ``bad_url``.
    """
    parts = split_url(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    grab = options.pop("grab", "1")
    if parts.scheme != "input" or options or grab not in {"0", "1"}:
        raise bad_url(url, "it needs input:///dev/input/event..., or input:by-id/..., and knows grab=0 only")
    if parts.path.startswith("/"):
        return Path(parts.path), grab == "1"
    return find_port("input", url, parts.path), grab == "1"


def _refuse_twins(kind: PortKind, url: str, node: Path, roots: Roots) -> None:
    """Raise ``ambiguous`` where another port would have had the same name by-id: udev kept one of the two."""
    ports = [port for port in list_ports(roots) if port.kind == kind]
    mine = next((port for port in ports if port.node.resolve() == node), None)
    if mine is None or mine.usb is None:
        return
    alike = [port for port in ports if port.usb is not None and _identity(port.usb) == _identity(mine.usb)]
    if len(alike) > 1:
        raise ambiguous(url, [_socket_name(port) for port in alike])


def _identity(usb: UsbFacts) -> tuple[str, str, str | None, str]:
    return usb.vendor, usb.product, usb.serial, usb.interface


def _socket_name(port: Port) -> str:
    by_path = next((name for name in port.names if name.startswith("by-path/")), None)
    if by_path is None and port.usb is not None:
        return f"by-usb/{port.usb.vendor}:{port.usb.product}@{port.usb.socket}"
    return by_path or str(port.node)


def _by_usb(kind: PortKind, url: str, name: str, roots: Roots) -> Path:
    wanted = _USB_NAME.fullmatch(name)
    if wanted is None:
        raise bad_url(url, "after by-usb/ it needs VENDOR:PRODUCT, and may have :SERIAL and @SOCKET")
    found = []
    for port in list_ports(roots):
        usb = port.usb
        if port.kind != kind or usb is None:
            continue
        same = (usb.vendor, usb.product) == (wanted["vendor"].lower(), wanted["product"].lower())
        if same and wanted["serial"] in {None, usb.serial} and wanted["socket"] in {None, usb.socket}:
            found.append(port)
    if not found:
        raise transport_error("no_device", url)
    if len(found) > 1:
        raise ambiguous(url, [_socket_name(port) for port in found])
    return found[0].node


def _serial_nodes(roots: Roots) -> Iterator[tuple[Path, Path]]:
    for entry in _folder(roots.sys / "class" / "tty", "tty*"):
        # The kernel keeps ttyS0 to ttyS3 also where there is no such chip: their type is 0.
        if (entry / "device").exists() and _text(entry / "type") != "0":
            yield roots.dev / entry.name, entry


def _ports(kind: PortKind, roots: Roots, nodes: Iterator[tuple[Path, Path]]) -> list[Port]:
    names = _names(roots.dev / _NAME_FOLDERS[kind]) if kind in _NAME_FOLDERS else {}
    return [
        Port(kind, node, tuple(names.get(node.resolve(), ())), _usb(entry / "device"))
        for node, entry in nodes
        if node.exists()
    ]


def _keyboards(roots: Roots) -> list[Port]:
    found = []
    for node, names in sorted(_names(roots.dev / "input").items()):
        if any(name.endswith("-event-kbd") for name in names):
            usb = _usb(roots.sys / "class" / "input" / node.name / "device")
            found.append(Port("input", node, tuple(name for name in names if name.endswith("-event-kbd")), usb))
    return found


def _names(folder: Path) -> dict[Path, list[str]]:
    """Return the stable names in a folder by the nodes that they mean."""
    names: dict[Path, list[str]] = {}
    for way in ("by-id", "by-path"):
        for link in _folder(folder / way, "*"):
            names.setdefault(link.resolve(), []).append(f"{way}/{link.name}")
    return names


def _usb(device: Path) -> UsbFacts | None:
    """Read what the USB device says of itself, from the folder of its port upwards."""
    folder = device.resolve()
    interface = part = ""
    for _ in range(_DEPTH):
        interface = interface or _text(folder / "bInterfaceNumber") or ""
        part = part or _text(folder / "port_number") or ""
        vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
        if vendor and product:
            serial, maker, model = (_text(folder / name) or None for name in ("serial", "manufacturer", "product"))
            return UsbFacts(vendor, product, serial, folder.name, f"{interface}.{part}", maker, model)
        folder = folder.parent
    return None


def _folder(path: Path, pattern: str) -> list[Path]:
    return sorted(path.glob(pattern))


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
