"""One device of every kind, without hardware: entries that simulators stand in for, and where each then is.

``every_kind`` is a whole lobby's devices; ``drivers.simulation`` starts them, ``standing`` says where they came to
stand, and ``drivers.device_file`` writes that down as the configuration of a kiosk and a server.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from drivers.chip_card.simulator import service
from drivers.registry import DeviceEntry
from drivers.simulation import stands_there

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CARD_KEY: Final = "A0A1A2A3A4A5"
"""The key of the simulated hospital's own chip cards: a published one, which keeps no secret."""
_ANY_PORT: Final = "127.0.0.1:0"


def every_kind(folder: Path) -> list[DeviceEntry]:
    """Return a device of every kind, and a call display of every protocol: lines in ``folder``, networks on loopback.

    Their names: ``reader``, ``chip_card``, ``stripe``, ``scanner``, ``printer``, ``documents``, ``terminal``,
    ``cabinet``, ``board`` (Modbus), ``board_numeric``, ``board_xunpeng`` and ``board_alpha``.
    """
    line = f"serial://{folder.absolute()}"
    of_cards = {"cards": ["social", "block"], "block": 4, "key": CARD_KEY, "number": "[0-9]{4,12}"}
    of_cabinet = {"lights": ["identity_card", "receipt_printer"], "contacts": ["door", "tamper"]}
    of_board = {"unit": 1, "text_at": 0, "text_registers": 16, "columns": 32}
    of_digits = {"digits": 3, "digits_only": True}
    of_sign = {"columns": 16, "confirm": True}
    return [
        DeviceEntry("reader", "identity_card", "resident_id", f"{line}/reader?baud=115200"),
        DeviceEntry("chip_card", "chip_card", "pcsc", f"pcsc:*?socket={folder.absolute()}/chip_card", options=of_cards),
        DeviceEntry("stripe", "magnetic_stripe", "serial_stripe", f"{line}/stripe?baud=9600"),
        DeviceEntry("scanner", "scanner", "serial_scanner", f"{line}/scanner?baud=9600"),
        DeviceEntry("printer", "receipt_printer", "escpos", f"tcp://{_ANY_PORT}"),
        DeviceEntry("documents", "document_printer", "ipp", f"ipp://{_ANY_PORT}/ipp/print"),
        DeviceEntry("terminal", "payment_terminal", "zvt", f"tcp://{_ANY_PORT}"),
        DeviceEntry("cabinet", "cabinet", "cabinet_board", f"{line}/cabinet?baud=115200", options=of_cabinet),
        DeviceEntry("board", "call_display", "modbus_board", f"{line}/board?baud=9600", options=of_board),
        DeviceEntry(
            "board_numeric",
            "call_display",
            "numeric_board",
            f"{line}/board_numeric?baud=9600",
            options=of_digits,
        ),
        DeviceEntry(
            "board_xunpeng",
            "call_display",
            "xunpeng_board",
            f"{line}/board_xunpeng?baud=9600",
            options=of_digits,
        ),
        DeviceEntry(
            "board_alpha",
            "call_display",
            "alpha_board",
            f"{line}/board_alpha?baud=9600&bytesize=7&parity=E",
            options=of_sign,
        ),
    ]


def one_of_each(folder: Path) -> list[DeviceEntry]:
    """Return what this machine can have of ``every_kind``; ``no_chip_cards`` tells why not the chip-card reader."""
    lacking = {"chip_card"} if no_chip_cards() else set()
    return [entry for entry in every_kind(folder) if entry.kind not in lacking]


def no_chip_cards() -> str | None:
    """Say why this machine cannot have simulated chip cards; None = it can."""
    return service.missing()


def standing(entry: DeviceEntry, announced: str) -> DeviceEntry:
    """Return the entry with the address at which its simulator stands, as the entry's driver opens it.

    Args:
        entry: the device.
        announced: the ``url`` that its simulator announced.
    """
    if stands_there(entry.url):
        return entry
    scheme, path = urlsplit(entry.url).scheme, urlsplit(announced).path
    # A pty is announced as the serial line that it is.
    by_scheme: Mapping[str, str] = {"usb": f"usb://{path}", "input": f"input://{path}?grab=0"}
    return replace(entry, url=by_scheme.get(scheme, announced))
