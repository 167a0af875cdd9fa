"""Each bit of a printer's real-time status, with its meaning (sources: ``drivers.receipt_printer.status``)."""

from __future__ import annotations

from typing import Final

from drivers.device import StatusBit

_BITS: Final = (
    (1, 0x04, "钱箱接口第 3 脚为高电平", "drawer kick-out pin 3 is high", False),
    (1, 0x08, "打印机脱机", "the printer is offline", True),
    (2, 0x04, "上盖打开", "the cover is open", True),
    (2, 0x08, "正按住走纸键", "paper is being fed by the key", False),
    (2, 0x20, "因缺纸停止打印", "printing stopped: no paper", True),
    (2, 0x40, "发生错误", "an error occurred", True),
    (3, 0x08, "切刀故障", "the cutter is jammed", True),
    (3, 0x20, "不可恢复的错误", "an error it cannot clear", True),
    (3, 0x40, "可自动恢复的错误（打印头过热）", "an error that clears itself (head too hot)", True),
    (4, 0x0C, "纸将尽", "paper near its end", False),
    (4, 0x60, "缺纸", "no paper", True),
)
"""Which question, which bits, what they mean set, and whether that is in the way of printing."""


def status_bits(answers: tuple[int, int, int, int]) -> list[StatusBit]:
    """Tell each bit of the answers to ``DLE EOT 1`` to ``4``."""
    return [
        StatusBit(f"DLE EOT {question}", mask, bool(answers[question - 1] & mask), zh, en, trouble)
        for question, mask, zh, en, trouble in _BITS
    ]
