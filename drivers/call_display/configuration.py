"""From a configuration entry to a call display: one function for each kind of board.

Options of every board: ``refresh`` (seconds), and, where a text can be longer than the board, ``columns`` and
``page_seconds``. The rest is the board's own; see ``docs/call-displays.md``.
"""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING

from drivers.call_display.boards import AlphaBoard, ModbusBoard, NumericBoard, RegisterMap, XunpengBoard
from drivers.call_display.codec import Colour
from drivers.call_display.content import Brightness
from drivers.call_display.driver import CallDisplay, Timing
from drivers.call_display.modbus import MOST_WRITTEN
from drivers.registry import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.call_display.boards import Board
    from drivers.registry import DeviceEntry

_REGISTERS = 0xFFFF
_MOST_DIGITS = 5
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class _Options:
    """Reads options; what is wrong is told by entry, key and value."""

    def __init__(self, entry: DeviceEntry, where: str, options: Mapping[str, object]) -> None:
        self._entry = entry
        self._where = where
        self._options = options

    def wrong(self, key: str, why: str) -> ConfigurationError:
        return ConfigurationError(f"{self._where}: {key} = {self._options.get(key)!r} {why}")

    def whole(self, key: str, usual: int, least: int, most: int) -> int:
        value = self._options.get(key, usual)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, f"must be a whole number from {least} to {most}")
        return value

    def register(self, key: str) -> int | None:
        return self.whole(key, 0, 0, _REGISTERS) if key in self._options else None

    def seconds(self, key: str, usual: float) -> float:
        value = self._options.get(key, usual)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
            raise self.wrong(key, "must be a number of seconds")
        return float(value)

    def flag(self, key: str, *, usual: bool) -> bool:
        value = self._options.get(key, usual)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def text(self, key: str, usual: str, pattern: str, what: str) -> str:
        value = self._options.get(key, usual)
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise self.wrong(key, f"must be {what}")
        return value

    def clock(self, key: str) -> time:
        value = self._options.get(key)
        found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.wrong(key, "must be a time of day like 21:30")
        return time(int(found[1]), int(found[2]))


def _read(entry: DeviceEntry, *known: str) -> _Options:
    entry.refuse_unknown_options(frozenset({"refresh", *known}))
    return _Options(entry, entry.where, entry.options)


def _display(
    entry: DeviceEntry, options: _Options, board: Board, brightness: Brightness | None = None, *, refresh: float = 30.0
) -> CallDisplay:
    timing = Timing(refresh=options.seconds("refresh", refresh), page=options.seconds("page_seconds", 2.0))
    if timing.page == 0:
        raise options.wrong("page_seconds", "must be above 0")
    return CallDisplay(entry.name, entry.url, board, timing=timing, brightness=brightness)


def _brightness(entry: DeviceEntry, options: _Options) -> Brightness | None:
    """Read ``brightness`` (percent) and the table ``night`` with ``from``, ``to`` and ``brightness``."""
    if not {"brightness", "night"} & set(entry.options):
        return None
    if "brightness_at" not in entry.options:
        raise ConfigurationError(f"{entry.where}: brightness and night need brightness_at, the board's register for it")
    day = options.whole("brightness", 100, 0, 100)
    if "night" not in entry.options:
        return Brightness(day, day)
    night = entry.options["night"]
    if not isinstance(night, dict) or set(night) != {"from", "to", "brightness"}:
        raise options.wrong("night", "must be a table of from, to and brightness")
    dark = _Options(entry, f"{entry.where}: night", night)
    return Brightness(day, dark.whole("brightness", 0, 0, 100), dark.clock("from"), dark.clock("to"))


def modbus_from_entry(entry: DeviceEntry) -> CallDisplay:
    """Make the driver of a Modbus RTU board.

    Raises:
        ConfigurationError: an unknown option, or a value that cannot be.
    """
    options = _read(
        entry, "unit", "text_at", "text_registers", "columns", "byte_order", "padding", "brightness_at",
        "brightness_full", "scroll_at", "brightness", "night", "page_seconds",
    )  # fmt: skip
    count = options.whole("text_registers", 16, 1, MOST_WRITTEN)
    registers = RegisterMap(
        text_at=options.whole("text_at", 0, 0, _REGISTERS + 1 - count),
        text_registers=count,
        columns=options.whole("columns", 2 * count, 2, 2 * count),
        low_first=options.text("byte_order", "big", "big|little", "big or little") == "little",
        padding=options.whole("padding", 0x20, 0, 0xFF),
        brightness_at=options.register("brightness_at"),
        brightness_full=options.whole("brightness_full", 100, 1, _REGISTERS),
        scroll_at=options.register("scroll_at"),
    )
    board = ModbusBoard(options.whole("unit", 1, 1, 247), registers)
    return _display(entry, options, board, _brightness(entry, options))


def numeric_from_entry(entry: DeviceEntry) -> CallDisplay:
    """Make the driver of a numeric board.

    Raises:
        ConfigurationError: an unknown option, or a value that cannot be.
    """
    options = _read(entry, "board", "digits", "digits_only")
    board = NumericBoard(
        options.whole("board", 1, 0, 0xFF),
        options.whole("digits", 3, 1, _MOST_DIGITS),
        digits_only=options.flag("digits_only", usual=False),
    )
    return _display(entry, options, board)


def xunpeng_from_entry(entry: DeviceEntry) -> CallDisplay:
    """Make the driver of a Xunpeng (讯鹏) board.

    Raises:
        ConfigurationError: an unknown option, or a value that cannot be.
    """
    options = _read(entry, "colour", "digits", "digits_only", "confirm")
    colour = options.text("colour", "red", "green|yellow|red", "green, yellow or red")
    board = XunpengBoard(
        Colour[colour.upper()],
        options.whole("digits", 3, 1, _MOST_DIGITS),
        digits_only=options.flag("digits_only", usual=False),
        confirms=options.flag("confirm", usual=True),
    )
    return _display(entry, options, board)


def alpha_from_entry(entry: DeviceEntry) -> CallDisplay:
    """Make the driver of a sign that speaks the Alpha protocol.

    Raises:
        ConfigurationError: an unknown option, or a value that cannot be.
    """
    options = _read(entry, "sign_type", "address", "label", "columns", "confirm")
    board = AlphaBoard(
        options.text("sign_type", "Z", r"[!-~]", "one character"),
        options.text("address", "00", r"[0-9A-F]{2}", "two hexadecimal digits"),
        options.text("label", "A", r"[!-/6->@-~]", "one character, not 0 to 5 and not ?"),
        options.whole("columns", 16, 1, 1024),
        confirms=options.flag("confirm", usual=False),
    )
    return _display(entry, options, board, refresh=60.0)  # each time, a text that wanders begins anew


_SIMULATED = {"modbus_board": "modbus", "numeric_board": "numeric", "xunpeng_board": "xunpeng", "alpha_board": "alpha"}
_SIMULATED_OPTIONS = {
    "unit": "--board",
    "board": "--board",
    "text_at": "--text-at",
    "text_registers": "--text-registers",
    "brightness_at": "--brightness-at",
    "scroll_at": "--scroll-at",
}


def simulator_options(entry: DeviceEntry) -> list[str]:
    """Return the options by which the simulated board is the one that an entry says.

    A driver of somebody else's says nothing here, and gets the simulator's usual board.
    """
    if entry.driver not in _SIMULATED:
        return []
    options = ["--protocol", _SIMULATED[entry.driver]]
    for key, option in _SIMULATED_OPTIONS.items():
        if key in entry.options:
            options += [option, str(entry.options[key])]
    options += ["--little"] if entry.options.get("byte_order") == "little" else []
    options += (
        ["--answers", "none"] if entry.driver == "xunpeng_board" and entry.options.get("confirm") is False else []
    )
    if entry.driver == "alpha_board" and entry.options.get("address", "00") != "00":
        options += ["--address", str(entry.options["address"])]
    return options
