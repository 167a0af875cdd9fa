"""From a configuration entry to a driver.

``config/devices.toml`` lists the devices of one machine::

    [[device]]
    name = "identity-card"
    kind = "identity_card"
    driver = "resident_id"
    url = "serial:by-id/usb-*"

Keys beyond these, ``profile`` and ``simulator`` (a table, see ``drivers.simulation``) are the driver's own. A
driver of somebody else's is an entry point of the group
``houzhen.drivers``: its name is the ``driver`` of the configuration, its object a function from ``DeviceEntry`` to a
``Device``. A driver's module is imported only when an entry asks for it.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Final, cast

from drivers.device import Device, DeviceError
from drivers.line import split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

ENTRY_POINT_GROUP: Final = "houzhen.drivers"
KINDS: Final = (
    "identity_card",
    "chip_card",
    "magnetic_stripe",
    "receipt_printer",
    "scanner",
    "call_display",
    "payment_terminal",
    "cabinet",
    "document_printer",
)

_OWN_DRIVERS = {
    "resident_id": "drivers.identity_card.driver:from_entry",
    "pcsc": "drivers.chip_card.configuration:from_entry",
    "serial_stripe": "drivers.magnetic_stripe.driver:serial_from_entry",
    "keyboard_stripe": "drivers.magnetic_stripe.driver:keyboard_from_entry",
    "escpos": "drivers.receipt_printer.configuration:from_entry",
    "keyboard_scanner": "drivers.scanner.driver:keyboard_from_entry",
    "serial_scanner": "drivers.scanner.driver:serial_from_entry",
    "modbus_board": "drivers.call_display.configuration:modbus_from_entry",
    "numeric_board": "drivers.call_display.configuration:numeric_from_entry",
    "xunpeng_board": "drivers.call_display.configuration:xunpeng_from_entry",
    "alpha_board": "drivers.call_display.configuration:alpha_from_entry",
    "zvt": "drivers.payment_terminal.configuration:zvt_from_entry",
    "cabinet_board": "drivers.cabinet.configuration:from_entry",
    "ipp": "drivers.document_printer.configuration:ipp_from_entry",
}
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCHEMES = ("serial", "tcp", "rfc2217", "usb", "input", "ipp", "ipps", "pcsc")


class ConfigurationError(ValueError):
    """The device configuration cannot be used. The message names the file, the entry, the key and the value."""


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """One ``[[device]]``.

    Attributes:
        name: what the rest of the system calls it; unique in the file.
        kind: what it is, one of ``KINDS``.
        driver: which driver speaks to it.
        url: where it is (see ``drivers.transport``).
        profile: the model's profile, where the driver knows several.
        simulator: how ``houzhen-devices simulate`` stands in for it.
        options: the driver's own keys.
        where: how an error names the entry.
    """

    name: str
    kind: str
    driver: str
    url: str
    profile: str | None = None
    simulator: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    where: str = "device"

    def refuse_unknown_options(self, known: frozenset[str]) -> None:
        """Raise ``ConfigurationError`` if there is an option that the driver does not know.

        ``profile`` is one of them unless the driver knows several and has it among ``known``.
        """
        if self.profile is not None and "profile" not in known:
            raise ConfigurationError(
                f"{self.where}: profile = {self.profile!r}: driver {self.driver!r} has no profiles; take the key out"
            )
        for key in self.options:
            if key not in known:
                raise ConfigurationError(f"{self.where}: driver {self.driver!r} has no option {key!r}")


def read_devices(path: Path) -> list[DeviceEntry]:
    """Read the device configuration.

    Raises:
        ConfigurationError: naming the file, the entry, the key and the value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failure:
        raise ConfigurationError(f"{path}: {failure}") from failure
    entries = content.get("device", [])
    if set(content) - {"device"} or not isinstance(entries, list):
        raise ConfigurationError(f"{path}: it holds [[device]] entries and nothing else")
    devices = [_entry(entry, f"{path}: device {number}") for number, entry in enumerate(entries, start=1)]
    seen: set[str] = set()
    for device in devices:
        if device.name in seen:
            raise ConfigurationError(f"{device.where}: name = {device.name!r} is already another device's")
        seen.add(device.name)
    return devices


def devices_as_toml(entries: Iterable[DeviceEntry]) -> str:
    """Write entries as ``read_devices`` reads them."""
    return "\n\n".join(_as_toml(entry) for entry in entries) + "\n"


def _as_toml(entry: DeviceEntry) -> str:
    keys: dict[str, object] = {"name": entry.name, "kind": entry.kind, "driver": entry.driver, "url": entry.url}
    keys |= {"profile": entry.profile} if entry.profile is not None else {}
    keys |= {"simulator": entry.simulator} if entry.simulator else {}
    keys |= entry.options
    return "\n".join(["[[device]]", *(f"{_key(key)} = {_value(value)}" for key, value in keys.items())])


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, float):
        return repr(value)
    # A text, a whole number, true or false in JSON is one in TOML, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _entry(data: Mapping[str, object], where: str) -> DeviceEntry:
    given = dict(data)
    text = {}
    for key in ("name", "kind", "driver", "url"):
        value = given.pop(key, None)
        if not isinstance(value, str) or not value:
            raise ConfigurationError(f"{where}: {key} = {value!r} must be a text that is not empty")
        text[key] = value
    where = f"{where} ({text['name']})"
    if text["kind"] not in KINDS:
        raise ConfigurationError(f"{where}: kind = {text['kind']!r} is not one of {', '.join(KINDS)}")
    try:
        scheme = split_url(text["url"]).scheme
    except DeviceError as failure:
        raise ConfigurationError(f"{where}: url: {failure.message}") from failure
    # How a maker's library calls its devices is its driver's to know.
    if text["driver"] in _OWN_DRIVERS and scheme not in _SCHEMES:
        raise ConfigurationError(
            f"{where}: url = {text['url']!r} begins with none of {', '.join(f'{s}:' for s in _SCHEMES)}"
        )
    if not scheme:
        raise ConfigurationError(f"{where}: url = {text['url']!r} has nothing before a colon that says what line it is")
    profile = given.pop("profile", None)
    if profile is not None and not isinstance(profile, str):
        raise ConfigurationError(f"{where}: profile = {profile!r} must be a text")
    simulator = given.pop("simulator", {})
    if not isinstance(simulator, dict):
        raise ConfigurationError(f"{where}: simulator = {simulator!r} must be a table")
    return DeviceEntry(**text, profile=profile, simulator=simulator, options=given, where=where)


def make_device(entry: DeviceEntry) -> Device:
    """Make the driver that an entry asks for; nothing is opened.

    Raises:
        ConfigurationError: there is no such driver, it is none, or it refuses the entry's options.
    """
    if entry.driver in _OWN_DRIVERS:
        device = cast("Callable[[DeviceEntry], Device]", resolve_name(_OWN_DRIVERS[entry.driver]))(entry)
    else:
        device = _made_by_a_package(entry)
    if device.info.kind != entry.kind:
        raise ConfigurationError(
            f"{entry.where}: kind = {entry.kind!r}, but driver {entry.driver!r} is for {device.info.kind!r}"
        )
    return device


def _made_by_a_package(entry: DeviceEntry) -> Device:
    """Make the driver that a package beside Houzhen brings.

    Raises:
        ConfigurationError: no package brings it, or several do; it cannot be loaded, or is no driver.
    """
    found = list(entry_points(group=ENTRY_POINT_GROUP, name=entry.driver))
    if not found:
        known = sorted({*_OWN_DRIVERS, *entry_points(group=ENTRY_POINT_GROUP).names})
        raise ConfigurationError(
            f"{entry.where}: driver = {entry.driver!r} is not installed; known are {', '.join(known)}"
        )
    packages = sorted({point.dist.name for point in found if point.dist is not None})
    if len(packages) > 1:
        raise ConfigurationError(
            f"{entry.where}: driver = {entry.driver!r} is in {' and in '.join(packages)}: keep one of them installed"
        )
    where = f"{entry.where}: driver = {entry.driver!r} of the package {', '.join(packages) or 'that brings it'}"
    try:
        maker = found[0].load()
    except Exception as failure:  # somebody else's module: whatever it raises, it is not there
        raise ConfigurationError(f"{where} cannot be loaded: {type(failure).__name__}: {failure}") from failure
    if not callable(maker):
        raise ConfigurationError(f"{where} is no function from an entry to a device")
    device = maker(entry)
    if not isinstance(device, Device):
        raise ConfigurationError(f"{where} made a {type(device).__name__}, which is no device")
    return device
