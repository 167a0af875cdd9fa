"""Where the mirrored lists outlive a restart: one small file a day, without a name or a number of anybody.

A list carries our random references and facts only (see ``Mirrored``); who a reference is stands in the erasable
tables alone.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Protocol

import msgspec

from queue_server.engine.site import Appointment, ClinicSession, Order, Registration

_FILE = re.compile(r"(\d{4}-\d{2}-\d{2})\.json")


class Mirrored(msgspec.Struct, frozen=True):
    """A day's list as taken over at ``as_of`` (UTC microseconds); ``person`` is our reference everywhere.

    ``guardians``: for a child's reference, the references of those whose card may stand for it.
    """

    day: str
    as_of: int
    sessions: list[ClinicSession]
    appointments: list[Appointment]
    registrations: list[Registration]
    guardians: dict[str, list[str]] = {}
    orders: list[Order] = []


class DayStoreError(Exception):
    """A list could not be written or read; the sentence says which and why. The list in memory is unharmed."""


class DayListStore(Protocol):
    """Keeps the latest list of each day."""

    async def save(self, mirrored: Mirrored) -> None:
        """Keep ``mirrored`` in place of that day's former list. Raises ``DayStoreError``."""
        ...

    async def load(self, day: str) -> Mirrored | None:
        """The list of ``day``, or ``None`` where there is none. Raises ``DayStoreError`` when it is damaged."""
        ...

    async def drop_before(self, day: str) -> None:
        """Delete the lists of days before ``day``. Raises ``DayStoreError``."""
        ...


class FolderStore:
    """A folder with a file for each day. A file is replaced whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def save(self, mirrored: Mirrored) -> None:
        """Write, flush to disk, rename. Raises ``DayStoreError``."""
        await asyncio.to_thread(self._save, mirrored)

    async def load(self, day: str) -> Mirrored | None:
        """Read ``day``'s file. Raises ``DayStoreError`` when it cannot be read."""
        return await asyncio.to_thread(self._load, day)

    async def drop_before(self, day: str) -> None:
        """Delete older files. Raises ``DayStoreError``."""
        await asyncio.to_thread(self._drop_before, day)

    def _save(self, mirrored: Mirrored) -> None:
        target = self._folder / f"{mirrored.day}.json"
        draft = target.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(mirrored))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except OSError as error:
            raise DayStoreError(f"{target}: today's list was not saved: {error}") from error

    def _load(self, day: str) -> Mirrored | None:
        file = self._folder / f"{day}.json"
        try:
            return msgspec.json.decode(file.read_bytes(), type=Mirrored)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise DayStoreError(f"{file}: the saved list cannot be read: {error}") from error

    def _drop_before(self, day: str) -> None:
        try:
            for file in self._folder.glob("*.json"):
                match = _FILE.fullmatch(file.name)
                if match and match[1] < day:
                    file.unlink()
        except OSError as error:
            raise DayStoreError(f"{self._folder}: an old list was not deleted: {error}") from error
