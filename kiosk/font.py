"""The font that every word needs. Without it Chinese would be boxes, silently."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase, QRawFont

FAMILY = "Noto Sans CJK SC"
PACKAGE = "fonts-noto-cjk"


class FontMissingError(RuntimeError):
    """There is no font for Chinese; every word would be a box."""

    def __init__(self) -> None:
        super().__init__(f"The font {FAMILY} is not installed, so nothing could be read. Install {PACKAGE}.")


def require_font() -> None:
    """Make sure that the font is there. Needs a ``QGuiApplication``.

    Raises:
        FontMissingError: it is not; names the package.
    """
    if FAMILY not in QFontDatabase.families():
        raise FontMissingError


def missing_glyphs(text: str) -> str:
    """Return the characters of ``text`` that the font has no glyph for."""
    raw = QRawFont.fromFont(QFont(FAMILY))
    return "".join(sorted({one for one in text if not one.isspace() and not raw.supportsCharacter(ord(one))}))
