"""Amounts of money as they are shown."""

from __future__ import annotations


def yuan(fen: int) -> str:
    """``fen`` in yuan: ¥12.50."""
    return f"¥{fen // 100}.{fen % 100:02d}"
