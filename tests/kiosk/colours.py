"""Contrast and colour-blind distance, for tests.

Contrast: WCAG 2.2. Deuteranopia and protanopia: Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
"""

from __future__ import annotations

from PySide6.QtGui import QColor

DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))

Linear = tuple[float, float, float]


def linear(colour: QColor) -> Linear:
    def one(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return one(colour.redF()), one(colour.greenF()), one(colour.blueF())


def luminance(colour: QColor) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def seen_by(colour: QColor, sight: tuple[Linear, ...]) -> Linear:
    parts = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, parts, strict=True)))) for row in sight
    )
    return red, green, blue


def lab(rgb: Linear) -> Linear:
    def bent(part: float) -> float:
        return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116

    red, green, blue = rgb
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    return 116 * bent(y) - 16, 500 * (bent(x) - bent(y)), 200 * (bent(y) - bent(z))


def distance(one: QColor, other: QColor, sight: tuple[Linear, ...]) -> float:
    """CIE76 between two colours as somebody with ``sight`` sees them."""
    first, second = lab(seen_by(one, sight)), lab(seen_by(other, sight))
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5
