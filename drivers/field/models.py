"""What ``houzhen-devices setup`` can write down: kinds of device, their way of plugging in, the rates they speak at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from drivers.device import DeviceState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.ports import PortKind

_ANSWERS: Final = frozenset({DeviceState.USER_ERROR, DeviceState.HARDWARE_ERROR, DeviceState.DEVICE_BUSY})


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of device as a technician knows it.

    Attributes:
        words: what it is.
        kind: as configuration says it.
        driver: the same.
        way: how it is plugged in; ``service``: it has a name at a service of the system.
        rates: the rates of a serial one, the usual first.
        settings: what else its line needs, as it stands in an address.
        scheme: of a network one's address.
        port: its usual port.
        path: what follows the port.
        profile: its model.
        options: of its driver's.
        prompt: what a person has to do to see whether it works, where it gives no answers.
        question: what a person is asked then.
        there: the states in which it has answered, well or not: it is the one, at its rate.
    """

    words: str
    kind: str
    driver: str
    way: Literal["serial", "usb", "input", "network", "service"]
    rates: tuple[int, ...] = (9600,)
    settings: str = ""
    scheme: str = "tcp"
    port: int = 9100
    path: str = ""
    profile: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    prompt: str = ""
    question: str = ""
    there: frozenset[DeviceState] = _ANSWERS

    @property
    def port_kind(self) -> PortKind:
        """The kind of port it makes."""
        return {"usb": "printer", "input": "input"}.get(self.way, "serial")  # type: ignore[return-value]


_UP_FROM_SLOW: Final = (9600, 19200, 38400, 57600, 115200)
_DOWN_FROM_FAST: Final = (115200, 57600, 38400, 19200, 9600)
_SCAN: Final = "请扫一个条码。 Hold a code to it."
_SWIPE: Final = "请刷一张卡。 Swipe a card."
_EIGHT: Final = "屏幕显示了 8 吗？ Does the board show an 8?"

MODELS: Final[tuple[Model, ...]] = (
    Model(
        "居民身份证读卡器，串口/USB 串口 resident-card reader, serial",
        "identity_card",
        "resident_id",
        "serial",
        _DOWN_FROM_FAST,
    ),
    Model("热敏小票打印机，USB receipt printer, USB", "receipt_printer", "escpos", "usb", profile="80mm"),
    Model(
        "热敏小票打印机，串口 receipt printer, serial",
        "receipt_printer",
        "escpos",
        "serial",
        _DOWN_FROM_FAST,
        profile="80mm",
    ),
    Model("热敏小票打印机，网络 receipt printer, network", "receipt_printer", "escpos", "network", profile="80mm"),
    Model(
        "扫码器，串口/USB 虚拟串口 scanner, serial", "scanner", "serial_scanner", "serial", (9600, 115200), prompt=_SCAN
    ),
    Model("扫码器，USB 键盘 scanner that types", "scanner", "keyboard_scanner", "input"),
    Model("支付终端，网络 payment terminal, network", "payment_terminal", "zvt", "network", port=20007),
    Model(
        "支付终端，串口 payment terminal, serial",
        "payment_terminal",
        "zvt",
        "serial",
        (9600, 115200),
        settings="&stopbits=2",
    ),
    Model(
        "讯鹏数码屏 Xunpeng board", "call_display", "xunpeng_board", "serial", _UP_FROM_SLOW, options={"colour": "red"}
    ),
    Model(
        "数码屏（只收不答） board of digits that never answers",
        "call_display",
        "numeric_board",
        "serial",
        _UP_FROM_SLOW,
        options={"board": 1, "digits": 3},
        question=_EIGHT,
    ),
    Model(
        "A4 打印机，网络 IPP document printer",
        "document_printer",
        "ipp",
        "network",
        scheme="ipp",
        port=631,
        path="/ipp/print",
    ),
    Model("IC 卡读卡器（PC/SC） chip-card reader", "chip_card", "pcsc", "service", scheme="pcsc"),
    Model(
        "磁条卡读卡器，串口 magnetic-stripe reader, serial",
        "magnetic_stripe",
        "serial_stripe",
        "serial",
        (9600, 19200, 115200),
        prompt=_SWIPE,
    ),
    Model("磁条卡读卡器，USB 键盘 magnetic-stripe reader that types", "magnetic_stripe", "keyboard_stripe", "input"),
    Model(
        "Alpha 协议 LED 屏 sign that speaks Alpha",
        "call_display",
        "alpha_board",
        "serial",
        _UP_FROM_SLOW,
        settings="&bytesize=7&parity=E",
        options={"columns": 14, "confirm": True},
    ),
)
