"""The ``devices.toml`` of a kiosk whose devices are simulators: of each, by the name it is given, where it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.registry import devices_as_toml
from drivers.stand_ins import every_kind

if TYPE_CHECKING:
    from collections.abc import Mapping


def devices_toml(urls: Mapping[str, str], options: Mapping[str, Mapping[str, object]] | None = None) -> str:
    """Write the configuration.

    Args:
        urls: where each device is, by its name in ``drivers.stand_ins.every_kind``.
        options: of their drivers, by name; beside the usual ones, or in place of them.

    Raises:
        KeyError: there is no device of a name.
    """
    known = {entry.name: entry for entry in every_kind(Path())}
    given = options or {}
    return devices_as_toml(
        replace(known[name], url=url, options={**known[name].options, **given.get(name, {})})
        for name, url in urls.items()
    )
