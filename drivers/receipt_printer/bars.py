"""The modules of a bar code, and how large they may be on paper. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import barcode

from drivers.receipt_printer.document import DocumentError

if TYPE_CHECKING:
    from drivers.receipt_printer.document import Barcode

_QUIET_MODULES = {"code128": 10, "ean13": 11, "ean8": 7}
"""White modules that a scanner wants on both sides."""


def bars(block: Barcode) -> str:
    """Return the modules of a bar code without its quiet zones; ``1`` is a bar."""
    made: list[str] = barcode.get(block.symbology, block.payload).build()
    return made[0]


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
