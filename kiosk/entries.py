"""The kiosk's devices as devices.toml lists them: of each kind the kiosk uses the first."""

from __future__ import annotations

from typing import TypeVar

from drivers.registry import ConfigurationError, DeviceEntry, make_device

_Kind = TypeVar("_Kind")


def first_entry(entries: list[DeviceEntry], kind: str) -> DeviceEntry | None:
    """The first entry of ``kind``; ``None`` where there is none."""
    return next((one for one in entries if one.kind == kind), None)


def make_first(entries: list[DeviceEntry], kind: str, wanted: type[_Kind]) -> _Kind | None:
    """Make the first device of ``kind``; ``None`` where there is none.

    Raises:
        ConfigurationError: its driver is not one that the kiosk can use as a ``wanted``.
    """
    entry = first_entry(entries, kind)
    if entry is None:
        return None
    device = make_device(entry)
    if not isinstance(device, wanted):
        raise ConfigurationError(f"{entry.where}: the kiosk cannot use the driver {entry.driver} as {kind}.")
    return device
