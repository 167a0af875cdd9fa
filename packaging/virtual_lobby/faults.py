"""The demo page's switches, and what each tells a simulator."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Told: TypeAlias = tuple[str, dict[str, str | int]]
"""A verb of a simulator's control channel, and its arguments."""


class Fault(NamedTuple):
    """One switch.

    Attributes:
        device: the simulator that is told.
        turned_on: what it is told when the switch is put on.
        turned_off: the same when it is put off.
    """

    id: str
    zh: str
    en: str
    device: str
    turned_on: Told
    turned_off: Told


_NEW_ROLL: Told = ("paper", {"state": "load"})
FAULTS = (
    Fault("paper_out", "没纸了", "Paper out", "printer", ("paper", {"state": "out"}), _NEW_ROLL),
    Fault("near_end", "纸快用完", "Paper low", "printer", ("paper", {"state": "near_end"}), _NEW_ROLL),
    Fault("cover", "纸仓盖打开", "Cover open", "printer", ("cover", {"state": "open"}), ("cover", {"state": "closed"})),
    Fault("cutter", "切刀卡住", "Cutter jam", "printer", ("cutter", {"state": "jam"}), ("cutter", {"state": "free"})),
    Fault("printer_gone", "打印机拔线", "Printer unplugged", "printer", ("unplug", {}), ("plug", {})),
    Fault(
        "door", "机柜门打开", "Cabinet door open", "cabinet",
        ("contact", {"number": 0, "state": "open"}), ("contact", {"number": 0, "state": "closed"}),
    ),
    Fault("scanner_gone", "扫码器拔线", "Scanner unplugged", "scanner", ("unplug", {}), ("plug", {})),
    Fault("reader_gone", "读卡器拔线", "Reader unplugged", "reader", ("unplug", {}), ("plug", {})),
)  # fmt: skip
