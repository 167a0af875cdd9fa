"""What is wrong with the simulated printer, and how its status bytes say it (``DLE EOT``, ``GS a``, ``GS r``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.faults import Fault


@dataclass(slots=True)
class Sensors:
    """Paper, cover, cutter and head.

    Attributes:
        supply: ``full``, ``near_end`` or ``out``.
        cover_open: whether it is.
        jammed: something holds the cutter.
        cutter_error: told from when a cut failed until the host has it recovered, though the jam was freed before.
        hot: the head, which cools by itself.
        failed: beyond repair.
    """

    supply: str = "full"
    cover_open: bool = False
    jammed: bool = False
    cutter_error: bool = False
    hot: bool = False
    failed: bool = False

    @property
    def offline(self) -> bool:
        """Whether it prints nothing as it is."""
        return self.cover_open or self.supply == "out" or bool(self._errors)

    @property
    def _errors(self) -> int:
        """The error bits that real-time and automatic status share: cutter, beyond repair, mends itself."""
        return 0x08 * self.cutter_error | 0x20 * self.failed | 0x40 * self.hot

    @property
    def _out(self) -> bool:
        return self.supply == "out"

    @property
    def _near_end(self) -> bool:
        return self.supply in {"out", "near_end"}

    def status(self, which: int) -> int:
        """Return the answer to ``DLE EOT which``."""
        bits = {
            1: 0x08 * self.offline,
            2: 0x04 * self.cover_open | 0x20 * self._out | 0x40 * bool(self._errors),
            3: self._errors,
            4: 0x0C * self._near_end | 0x60 * self._out,
        }
        return 0x12 | bits[which]

    def automatic(self) -> bytes:
        """Return what is reported by itself."""
        return bytes(
            [
                0x10 | 0x08 * self.offline | 0x20 * self.cover_open,
                self._errors,
                0x03 * self._near_end | 0x0C * self._out,
                0x0F,
            ]
        )

    def paper(self) -> int:
        """Return the answer to ``GS r 1``."""
        return 0x03 * self._near_end | 0x0C * self._out

    def strike(self, fault: Fault) -> bool:
        """Have a fault strike; tell whether it is one of these."""
        match fault.action:
            case "paper_out":
                self.supply = "out"
            case "near_end":
                self.supply = "near_end"
            case "cover_open":
                self.cover_open = True
            case "cutter_jam":
                self.jammed = not fault.value  # with a value it frees itself when it is tried again
                self.cutter_error = True
            case "head_hot":
                self.hot = True
            case "unrecoverable":
                self.failed = True
            case _:
                return False
        return True
