"""What a printer can do: the facts of a model that the driver cannot find out from the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

DOTS_PER_MM = 8
"""203 dpi heads have 8 dots a millimetre."""

Clearing: TypeAlias = Literal["acknowledged", "trusted", "none"]
"""Whether a printer out of paper can be made to forget the rest of a ticket.

``acknowledged``: it knows ``DLE DC4 8`` and answers ``37 25 00`` when its buffers are empty (Epson TM-T88III
specification p. 395; Citizen CT-S300 manual p. 119). ``trusted``: it has only ``DLE ENQ 2``, and the acceptance test in
docs/receipt-printer.md showed that this works at paper end. ``none``: many manuals limit ``DLE ENQ 2`` to cutter errors
(Citizen iDP-3221 manual p. 62, HPRT TP80K manual p. 74).
"""


Hanzi: TypeAlias = Literal["gb2312", "gb18030"]
"""Double-byte characters that a printer's own font has."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A model of printer.

    Attributes:
        name: how configuration calls it.
        paper_mm: width of the roll.
        dots: printable dots across, a multiple of 8.
        process_id: answers ``GS ( H`` function 48 when a ticket is printed.
        asb: sends automatic status (``GS a``).
        near_end: has a sensor for the end of the roll coming near.
        cutter: has a cutter; without one, paper is fed to the tear bar.
        clearing: see ``Clearing``.
        speed_mm_s: paper speed while printing.
        cutter_to_head_mm: distance from head to cutter, fed before a cut (python-escpos feeds six lines).
        receive_buffer: bytes the printer is sure to take while it prints; no more are ever under way.
        hanzi: double-byte characters in its font: ``gb2312`` or the ``gb18030`` double-byte areas.
    """

    name: str
    paper_mm: int
    dots: int
    process_id: bool = True
    asb: bool = True
    near_end: bool = True
    cutter: bool = True
    clearing: Clearing = "acknowledged"
    speed_mm_s: float = 150.0
    cutter_to_head_mm: float = 22.5
    receive_buffer: int = 4096
    hanzi: Hanzi = "gb18030"

    def __post_init__(self) -> None:
        if self.dots % 8 or not 0 < self.dots <= self.paper_mm * DOTS_PER_MM:
            raise ValueError(f"{self.name}: {self.dots} dots do not fit {self.paper_mm} mm of paper.")
        if self.speed_mm_s <= 0 or self.receive_buffer <= 0:
            raise ValueError(f"{self.name}: speed and receive buffer must be positive.")

    @property
    def columns(self) -> int:
        """Columns of the printer's own 12-dot font; a Chinese character takes two."""
        return self.dots // 12


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(name="80mm", paper_mm=80, dots=576),
        Profile(name="58mm", paper_mm=58, dots=384, speed_mm_s=90.0),
        # Clones often lack the process-id response, and their manuals promise no clearing at paper end.
        Profile(name="80mm-basic", paper_mm=80, dots=576, process_id=False, clearing="none"),
        Profile(
            name="58mm-basic",
            paper_mm=58,
            dots=384,
            process_id=False,
            asb=False,
            near_end=False,
            cutter=False,
            clearing="none",
            speed_mm_s=60.0,
            hanzi="gb2312",
        ),
    )
}
"""The profiles that configuration may name; a hospital's own model is one more ``Profile``."""
