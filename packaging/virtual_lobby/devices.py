"""The ``devices.toml`` of a kiosk whose devices are simulators: of each, by the name it is given, where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from drivers.registry import DeviceEntry, devices_as_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

_DRIVERS: Final = {
    "reader": ("identity_card", "resident_id"),
    "printer": ("receipt_printer", "escpos"),
    "cabinet": ("cabinet", "cabinet_board"),
    "scanner": ("scanner", "serial_scanner"),
    "chip_card": ("chip_card", "pcsc"),
    "stripe": ("magnetic_stripe", "serial_stripe"),
    "terminal": ("payment_terminal", "zvt"),
    "documents": ("document_printer", "ipp"),
    "board": ("call_display", "modbus_board"),
}
"""Kind and driver, by name."""
_OPTIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "cabinet": {"lights": ["identity_card", "receipt_printer"], "contacts": ["door", "tamper"]},
    "board": {"unit": 1, "text_at": 0, "text_registers": 16, "columns": 16},
}
"""What a driver is told of its device, where there is anything to tell."""


def devices_toml(urls: Mapping[str, str], options: Mapping[str, Mapping[str, object]] | None = None) -> str:
    """Write the configuration.

    Args:
        urls: where each device is, by its name: one of ``reader``, ``printer``, ``cabinet``, ``scanner``,
            ``chip_card``, ``stripe``, ``terminal``, ``documents`` and ``board``.
        options: of their drivers, by name; beside the usual ones, or in place of them.

    Raises:
        KeyError: there is no device of a name.
    """
    given = options or {}
    return devices_as_toml(
        DeviceEntry(name, *_DRIVERS[name], url, options={**_OPTIONS.get(name, {}), **given.get(name, {})})
        for name, url in urls.items()
    )
