"""The panel: how large a pixel is."""

from __future__ import annotations

from dataclasses import dataclass

TOLERANCE = 0.03
"""How far pixels may be from square before the sizes given must be wrong."""


@dataclass(frozen=True)
class Panel:
    """A touch panel: its visible surface in millimetres and in pixels. By default an upright one of 32 inches."""

    width_mm: float = 398.0
    height_mm: float = 708.0
    width_px: int = 1080
    height_px: int = 1920

    def __post_init__(self) -> None:
        """Refuse a panel that cannot be."""
        if min(self.width_mm, self.height_mm, self.width_px, self.height_px) <= 0:
            raise ValueError("panel: every size must be more than nothing.")
        if self.width_px > self.height_px:
            raise ValueError(
                f"panel: {self.width_px} x {self.height_px} pixels lie; the screens are made for upright panels."
            )
        across, down = self.width_px / self.width_mm, self.height_px / self.height_mm
        if abs(across / down - 1) > TOLERANCE:
            raise ValueError(
                f"panel: {across:.2f} pixels a millimetre across and {down:.2f} down; one of the sizes is wrong."
            )

    @property
    def pixels_per_mm(self) -> float:
        """Pixels in a millimetre."""
        return self.width_px / self.width_mm

    def shown_at(self, width_px: int, height_px: int) -> Panel:
        """The same panel, drawn smaller or larger in a window of this size."""
        return Panel(self.width_mm, self.height_mm, width_px, height_px)
