"""A QR code as what is dark of it. QML draws it: PySide never lets go of a Python item that QML made, with its code."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import qrcode

QUIET = 4
"""Modules of white around it, as scanners want it (ISO/IEC 18004)."""


def modules_of(payload: str) -> list[list[bool]]:
    """Return its rows of modules, error correction M, with the quiet zone; none where there is no ``payload``."""
    if not payload:
        return []
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET)
    code.add_data(payload)
    rows: list[list[bool]] = code.get_matrix()
    return rows


def runs_of(modules: Sequence[Sequence[bool]]) -> list[tuple[int, int, int]]:
    """Return where dark modules begin in each row, and how many stand together: (column, row, modules)."""
    runs = []
    for row, cells in enumerate(modules):
        for is_dark, group in itertools.groupby(enumerate(cells), key=lambda cell: cell[1]):
            columns = [column for column, _ in group]
            if is_dark:
                runs.append((columns[0], row, len(columns)))
    return runs
