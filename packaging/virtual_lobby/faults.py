"""The lobby's devices as the demo page lists them, each with its switches and what those tell its simulator.

Whether a switch is on is read from the simulator: a fault that recovers by itself puts its switch off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Status: TypeAlias = "Mapping[str, Any]"
"""A simulator's answer to ``status``."""
Told: TypeAlias = "tuple[str, Mapping[str, str | int]]"
"""A verb of a simulator's control channel, and its arguments."""


class Fault(NamedTuple):
    """One switch.

    Attributes:
        turned_on: what the simulator is told when the switch is put on.
        turned_off: the same when it is put off.
        is_on: whether it is on, by the simulator's status.
    """

    id: str
    zh: str
    en: str
    turned_on: Told
    turned_off: Told
    is_on: Callable[[Status], bool]


class Device(NamedTuple):
    """A device and its faults.

    Attributes:
        name: of its simulator.
    """

    name: str
    zh: str
    en: str
    faults: tuple[Fault, ...]


def _of_the_line(name: str, zh: str, en: str, action: str, on: str = "any", times: int = 0) -> Fault:
    """A fault of the simulator's plan; with ``times`` it is over after so many strikes."""

    def stands(status: Status) -> bool:
        return any(one["action"] == action for one in status["faults"])

    told: dict[str, str | int] = {"action": action, "on": on, "times": times}
    return Fault(name, zh, en, ("fault", told), ("clear_fault", {"action": action}), stands)


def _by_hand(name: str, zh: str, en: str, verb: str, key: str, states: tuple[str, str]) -> Fault:
    """What staff or a passer-by does with a hand, and undoes; ``key`` of the status says how it is."""
    bad, good = states
    return Fault(name, zh, en, (verb, {"state": bad}), (verb, {"state": good}), lambda status: status[key] == bad)


def _contact(number: int, name: str, zh: str, en: str) -> Fault:
    opened, closed = ({"number": number, "state": state} for state in ("open", "closed"))
    return Fault(
        name, zh, en, ("contact", opened), ("contact", closed), lambda status: status["contacts"][number] == "open"
    )


def _trouble(name: str, zh: str, en: str, reason: str) -> Fault:
    told = {"reason": reason}
    return Fault(name, zh, en, ("trouble", told), ("mend", told), lambda status: reason in status["troubles"])


_GONE = Fault("gone", "拔线", "unplugged", ("unplug", {}), ("plug", {}), lambda status: not status["plugged"])
_MUTE = _of_the_line("mute", "不应答", "mute", "mute")
_NOISE = _of_the_line("noise", "线路杂波", "noise on the line", "garbage_prefix")
_NO_POWER = Fault(
    "power", "断电", "no power", ("power", {"on": False}), ("power", {"on": True}), lambda status: not status["powered"]
)
_OUT, _LOW, _LOAD = {"state": "out"}, {"state": "near_end"}, {"state": "load"}

_HALF = "只读到一半"
DEVICES = (
    Device(
        "reader", "身份证读卡器", "ID card reader",
        (_GONE, _MUTE, _NOISE, _of_the_line("pulled", "读时取走", "pulled while read", "pulled", "read", 1)),
    ),
    Device(
        "chip_card", "芯片卡读卡器", "Chip-card reader",
        (
            _GONE,
            _of_the_line("pulled", "读时拔卡", "pulled while read", "pulled", times=1),
            _of_the_line("late", "应答慢", "slow", "late"),
        ),
    ),
    Device(
        "stripe", "磁条读卡器", "Magnetic-stripe reader",
        (_GONE, _of_the_line("half", _HALF, "half a swipe", "half_frame")),
    ),
    Device(
        "scanner", "扫码器", "Scanner",
        (_GONE, _NOISE, _of_the_line("half", _HALF, "half a code", "half_frame")),
    ),
    Device(
        "printer", "小票打印机", "Receipt printer",
        (
            Fault("out", "没纸", "paper out", ("paper", _OUT), ("paper", _LOAD), lambda now: now["paper"] == "out"),
            Fault(
                "low", "纸将尽", "paper low",
                ("paper", _LOW), ("paper", _LOAD), lambda now: now["paper"] == "near_end",
            ),
            _by_hand("cover", "开盖", "cover open", "cover", "cover", ("open", "closed")),
            _by_hand("cutter", "切刀卡住", "cutter jam", "cutter", "cutter", ("jam", "free")),
            _by_hand("hot", "打印头过热", "head too hot", "head", "head", ("hot", "cool")),
            _MUTE, _GONE,
        ),
    ),
    Device(
        "cabinet", "机柜", "Cabinet",
        (_contact(0, "door", "柜门打开", "door open"), _contact(1, "tamper", "防拆触发", "tamper loop"), _MUTE, _GONE),
    ),
    Device(
        "terminal", "支付终端", "Payment terminal",
        (_by_hand("out", "没纸", "paper out", "paper", "paper", ("out", "in")), _MUTE, _GONE),
    ),
    Device(
        "documents", "A4 打印机", "A4 printer",
        (
            _trouble("out", "没纸", "paper out", "media-empty-error"),
            _trouble("jam", "卡纸", "paper jam", "media-jam-error"),
            _trouble("door", "开门", "door open", "door-open-error"),
            _trouble("toner", "碳粉用尽", "toner out", "toner-empty-error"),
            _GONE,
        ),
    ),
    Device(
        "board", "点阵屏 Modbus", "LED board, Modbus",
        (_NO_POWER, _MUTE, _of_the_line("check", "校验错", "wrong check", "bad_checksum"), _GONE),
    ),
    Device("board_numeric", "数码屏", "Board of digits", (_NO_POWER, _GONE)),
    Device("board_xunpeng", "讯鹏数码屏", "Xunpeng board", (_NO_POWER, _MUTE, _GONE)),
    Device("board_alpha", "点阵屏 Alpha", "LED sign, Alpha", (_NO_POWER, _MUTE, _GONE)),
)  # fmt: skip


def device_of(name: str) -> Device:
    """The device of a simulator.

    Raises:
        KeyError: there is none.
    """
    return {device.name: device for device in DEVICES}[name]
