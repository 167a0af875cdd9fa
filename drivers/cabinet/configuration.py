"""From an entry of ``devices.toml`` to the cabinet board's driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.cabinet.codec import MOST_CONTACTS, MOST_LIGHTS
from drivers.cabinet.driver import CabinetBoard, Plan
from drivers.registry import ConfigurationError

if TYPE_CHECKING:
    from drivers.registry import DeviceEntry

_OPTIONS = frozenset({"lights", "contacts", "normally_open", "debounce_ms"})
_DEBOUNCE_MS = range(5, 1001)


def from_entry(entry: DeviceEntry) -> CabinetBoard:
    """Make the driver for a configuration entry.

    Raises:
        ConfigurationError: an option or a value that cannot be; names it.
    """
    entry.refuse_unknown_options(_OPTIONS)
    lights = _names(entry, "lights", MOST_LIGHTS)
    contacts = _names(entry, "contacts", MOST_CONTACTS)
    normally_open = _names(entry, "normally_open", MOST_CONTACTS)
    for name in normally_open:
        if name not in contacts:
            raise ConfigurationError(f"{entry.where}: normally_open names {name!r}, which is none of its contacts")
    debounce = entry.options.get("debounce_ms", Plan().debounce_ms)
    if not isinstance(debounce, int) or isinstance(debounce, bool) or debounce not in _DEBOUNCE_MS:
        raise ConfigurationError(f"{entry.where}: debounce_ms = {debounce!r} is not 5 to 1000 milliseconds")
    return CabinetBoard(entry.name, entry.url, Plan(lights, contacts, frozenset(normally_open), debounce))


def _names(entry: DeviceEntry, key: str, most: int) -> tuple[str, ...]:
    value = entry.options.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ConfigurationError(f"{entry.where}: {key} = {value!r} must be a list of names")
    if len(set(value)) != len(value) or len(value) > most:
        raise ConfigurationError(f"{entry.where}: {key} = {value!r} must be at most {most} names, each once")
    return tuple(value)
