"""The scanner that has a driver, behind its port. One that types into the window needs none (``kiosk.scan_keys``)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import structlog

from drivers.device import DeviceError, DeviceState
from drivers.registry import DeviceEntry
from drivers.scanner.listening import BarcodeScanner
from drivers.supervisor import Supervisor
from kiosk.entries import make_first

_log = structlog.get_logger(__name__)

AGAIN: Final = 0.5
"""Seconds until a scanner that was lost is listened to again: the supervisor has noticed by then."""


class DriverScanner:
    """The ``CodeScanner`` port on a supervised scanner, on a serial line or typing where the kernel reads it.

    Args:
        device: the scanner.
        supervisor: who keeps it open; told when the line went while somebody listened.
    """

    def __init__(self, device: BarcodeScanner, supervisor: Supervisor) -> None:
        self._device = device
        self._supervisor = supervisor

    @property
    def name(self) -> str:
        """See ``CodeScanner``."""
        return self._device.info.name

    def state(self) -> DeviceState:
        """See ``CodeScanner``."""
        return self._supervisor.state(self.name)

    async def codes(self) -> AsyncIterator[str]:
        """See ``CodeScanner``."""
        while True:
            await self._supervisor.device(self.name)
            try:
                async with self._device.listen() as listener:
                    while True:
                        scan = await listener.next()
                        if code := scan.text.strip():
                            yield code
            except DeviceError as error:
                _log.info("scanner_lost", error=error.error)
                self._supervisor.report_lost(self.name)
            await asyncio.sleep(AGAIN)


def make_scanner(entries: list[DeviceEntry]) -> BarcodeScanner | None:
    """Make the kiosk's scanner: the first entry of the kind ``scanner``; ``None`` where there is none.

    Raises:
        ConfigurationError: its driver is not one that the kiosk can use.
    """
    return make_first(entries, "scanner", BarcodeScanner)  # type: ignore[type-abstract]  # a driver is only asked
