"""The file ``devices.toml``: replaced only once what stands in the new one can be read."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from drivers.registry import DeviceEntry, devices_as_toml, read_devices

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write_entries(path: Path, entries: Iterable[DeviceEntry], *, anew: bool = False) -> None:
    """Add entries to a configuration; what stands in it stays, and it is replaced only once the new one can be read.

    It keeps its owner and who may read it: a card's key or a terminal's password may stand in it.

    Args:
        path: the configuration.
        entries: what is added.
        anew: nothing that stands in it stays.

    Raises:
        ConfigurationError: the result would not be a configuration.
    """
    before = path.read_text(encoding="utf-8").rstrip() if path.exists() and not anew else ""
    fresh = path.with_name(f".{path.name}.new")
    try:
        if path.exists():
            fresh.touch(mode=0o600)
            _own_as(path, fresh)
        fresh.write_text((before + "\n\n" if before else "") + devices_as_toml(entries), encoding="utf-8")
        read_devices(fresh)
        os.replace(fresh, path)  # noqa: PTH105 -- says that it replaces
    finally:
        fresh.unlink(missing_ok=True)


def _own_as(path: Path, fresh: Path) -> None:
    """Give ``fresh`` the mode of ``path``, and its owner where this account may."""
    there = path.stat()
    with contextlib.suppress(PermissionError):
        os.chown(fresh, there.st_uid, there.st_gid)
    shutil.copymode(path, fresh)
