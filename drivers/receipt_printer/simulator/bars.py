"""How the simulated printer's firmware turns the data of ``GS k`` into bars."""

from __future__ import annotations

import barcode
from barcode.charsets import code128

_EAN = {67: "ean13", 68: "ean8"}
_CODE128 = 73


def bars_of(kind: int, data: bytes) -> tuple[str, str] | None:
    """Return what a bar code reads as, and its modules (``1`` is a bar); None where this printer has no such code.

    Args:
        kind: the symbology's number, as ``GS k`` has it.
        data: its data; for Code 128 with the code set before it, ``{B`` or ``{C``.
    """
    if kind in _EAN and data.isdigit():
        text = data.decode("ascii")
        return text, barcode.get(_EAN[kind], text).build()[0]
    if kind != _CODE128:
        return None
    match data[:2]:
        case b"{B":
            plain = data[2:].replace(b"{{", b"{")
            return plain.decode("ascii", "replace"), _drawn([104, *(byte - 32 for byte in plain)])
        case b"{C":
            return "".join(f"{pair:02d}" for pair in data[2:]), _drawn([105, *data[2:]])
        case _:
            return None


def _drawn(symbols: list[int]) -> str:
    weighted = symbols[0]
    for place, symbol in enumerate(symbols[1:], start=1):
        weighted += place * symbol
    table: tuple[str, ...] = code128.CODES
    return "".join(table[symbol] for symbol in [*symbols, weighted % 103]) + str(code128.STOP) + "11"
