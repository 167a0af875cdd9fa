"""How a device of the lobby is, in a few words of Chinese and English, by what its simulator says."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtual_lobby.faults import Status

Words: TypeAlias = tuple[str, str]
"""In Chinese and English."""
_SHINES = (("灭", "out"), ("亮", "on"), ("慢闪", "slow"), ("快闪", "quick"))
"""How a light of the cabinet shines, by its pattern's number."""
_CARDS = {
    "none": ("无卡", "no card"),
    "social": ("社保卡在内", "social-security card"),
    "mifare": ("院内卡在内", "hospital card"),
}
_SUPPLY = {"full": ("有纸", "paper"), "near_end": ("纸将尽", "paper low"), "out": ("没纸", "no paper")}
RED = "red "
"""How the simulated Xunpeng board tells its colour, before the number."""
_READER_LIGHT, _PRINTER_LIGHT = 0, 1


def words_of(name: str, status: Status, cabinet: Status) -> Words:
    """How the device ``name`` is while it is plugged in.

    Args:
        name: as ``faults.DEVICES`` has it.
        status: its simulator's.
        cabinet: the status of the cabinet's board, whose lights shine at readers and printers.
    """
    return _OF_PARTS[name](status, cabinet) if name in _OF_PARTS else _board(status)


def _reader(status: Status, cabinet: Status) -> Words:
    return _with_light(("无卡", "no card") if status["card"] == "none" else ("有卡", "a card"), cabinet, _READER_LIGHT)


def _chip_card(status: Status, _: Status) -> Words:
    return _CARDS.get(status["card"], (status["card"], status["card"]))


def _stripe(status: Status, _: Status) -> Words:
    return f"已刷 {status['scans']} 次", "swiped once" if status["scans"] == 1 else f"swiped {status['scans']} times"


def _scanner(status: Status, _: Status) -> Words:
    return f"已扫 {status['scans']} 次", "scanned once" if status["scans"] == 1 else f"scanned {status['scans']} times"


def _printer(status: Status, cabinet: Status) -> Words:
    zh, en = _SUPPLY.get(status["paper"], (status["paper"], status["paper"]))
    return _with_light(
        (f"{zh}，已打印 {status['tickets']} 张", f"{en}, {status['tickets']} printed"), cabinet, _PRINTER_LIGHT
    )


def _cabinet(status: Status, _: Status) -> Words:
    door, tamper = status["contacts"][:2]
    zh = f"柜门{'开' if door == 'open' else '关'}，防拆回路{'断' if tamper == 'open' else '通'}"
    return zh, f"door {door}, tamper loop {tamper}"


# What the kiosk can do with these two today, and no more.
def _terminal(_: Status, __: Status) -> Words:
    return "自助机照看它，尚不收费", "looked after; takes no payments yet"


def _documents(_: Status, __: Status) -> Words:
    return "自助机照看它，尚不打印文件", "looked after; prints no documents yet"


def _board(status: Status) -> Words:
    if not status["powered"]:
        return "无电", "no power"
    text = str(status["shows"]).removeprefix(RED)
    return f"显示“{text}”", f"shows “{text}”"


_OF_PARTS: dict[str, Callable[[Status, Status], Words]] = {
    "reader": _reader,
    "chip_card": _chip_card,
    "stripe": _stripe,
    "scanner": _scanner,
    "printer": _printer,
    "cabinet": _cabinet,
    "terminal": _terminal,
    "documents": _documents,
}


def _with_light(words: Words, cabinet: Status, number: int) -> Words:
    """With the guide light at that part, where the cabinet's board is there to shine."""
    if not cabinet["plugged"]:
        return words
    zh, en = _SHINES[cabinet["lights"][number][0]]
    return f"{words[0]}，引导灯{zh}", f"{words[1]}, guide light {en}"
