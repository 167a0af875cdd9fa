"""The modules of a bar code, and how large they may be on paper. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import barcode
from barcode.charsets import code128

from drivers.receipt_printer.document import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.receipt_printer.document import Barcode

_QUIET_MODULES = {"code128": 10, "ean13": 11, "ean8": 7}
"""White modules that a scanner wants on both sides."""


_START = {False: 104, True: 105}
_CHANGE = {False: 100, True: 99}
"""Symbols that begin, or change to, characters (code set B) and pairs of digits (code set C)."""

_FIRST_OF_B = 0x20
_LAST_BAR = "11"
_WORTH_WITHIN, _WORTH_AT_END = 6, 4
"""Digits in a row from which pairs take fewer symbols: between other characters, and at either end."""


def bars(block: Barcode) -> str:
    """Return the modules of a bar code without its quiet zones; ``1`` is a bar."""
    if block.symbology == "code128":
        return _modules(code128_symbols(block.payload))
    made: list[str] = barcode.get(block.symbology, block.payload).build()
    return made[0]


def code128_symbols(payload: str) -> list[int]:
    """Choose the symbols of a Code 128 from its start to its last character (ISO/IEC 15417, annex E).

    Only the patterns are python-barcode's: its release 0.16.1 takes a first pair 99 for a change of the code set and
    drops it, so that 9912 would be read as 12.
    """
    symbols: list[int] = []
    now: bool | None = None
    for in_pairs, text in _runs(payload):
        if now is not in_pairs:
            symbols.append((_START if now is None else _CHANGE)[in_pairs])
            now = in_pairs
        if in_pairs:
            symbols += [int(text[place : place + 2]) for place in range(0, len(text), 2)]
        else:
            symbols += [ord(character) - _FIRST_OF_B for character in text]
    return symbols


def _runs(payload: str) -> Iterator[tuple[bool, str]]:
    """Split ``payload`` into what is encoded as pairs of digits (True) and what as characters."""
    for found in re.finditer(r"[0-9]+|[^0-9]+", payload):
        run = found.group()
        is_first, is_last = found.start() == 0, found.end() == len(payload)
        even = len(run) // 2 * 2 if run.isdecimal() else 0
        worth = _WORTH_AT_END if is_first or is_last else _WORTH_WITHIN
        if even < worth and even != len(payload):
            yield False, run
            continue
        # An odd digit stands where characters are encoded anyway.
        cut = even if is_first else len(run) - even
        for in_pairs, text in ((is_first, run[:cut]), (not is_first, run[cut:])):
            if text:
                yield in_pairs, text


def _modules(symbols: list[int]) -> str:
    patterns: tuple[str, ...] = code128.CODES
    check = (symbols[0] + sum(place * symbol for place, symbol in enumerate(symbols))) % 103
    return "".join(patterns[symbol] for symbol in (*symbols, check)) + str(code128.STOP) + _LAST_BAR


def module_dots(block: Barcode, modules: int, dots: int) -> int:
    """Return the dots of each of the ``modules`` of ``block`` on paper of ``dots``: 3, or 2 where it is long.

    Raises:
        DocumentError: even so it does not fit with its quiet zones; scanners read nothing finer off thermal paper.
    """
    modules += 2 * _QUIET_MODULES[block.symbology]
    for size in (3, 2):
        if modules * size <= dots:
            return size
    raise DocumentError(
        f"The bar code {block.payload!r} needs {2 * modules} dots, and this paper has {dots}. Use a QR code."
    )
