"""What ``houzhen-devices setup`` can write down: kinds of device, their way of plugging in, the rates they speak at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from drivers.device import DeviceState
from drivers.field.questions import Question

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
        other_settings: what its line may need instead, tried at all rates in turn.
        at_server: options of its driver's besides, where its line is at a serial server.
        scheme: of a network one's address.
        port: its usual port.
        path: what follows the port.
        profile: its model.
        options: of its driver's.
        questions: options that a person is asked for.
        prompt: what a person has to do to see whether it works, where it gives no answers.
        question: what a person is asked then.
        look: what a person is asked of one that answers, once it has done something by itself: that it answers does
            not prove that its options are right.
        there: the states in which it has answered, well or not: it is the one, at its rate.
    """

    words: str
    kind: str
    driver: str
    way: Literal["serial", "usb", "input", "network", "service"]
    rates: tuple[int, ...] = (9600,)
    settings: str = ""
    other_settings: tuple[str, ...] = ()
    at_server: Mapping[str, object] = field(default_factory=dict)
    scheme: str = "tcp"
    port: int = 9100
    path: str = ""
    profile: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    prompt: str = ""
    question: str = ""
    look: str = ""
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
_DIGITS_ONLY: Final = Question(
    "digits_only", "号码有字母时只显示数字？ Digits only, where a number has letters? (y/n)", "y", "flag"
)
_REGISTERS: Final = (
    Question("unit", "站号 Its Modbus unit, 1-247:", "1"),
    Question("text_at", "文字的第一个寄存器，从 0 数起 First register of the text, counted from 0:", "0"),
    Question("text_registers", "文字占几个寄存器 How many registers the text has:", "16"),
    Question("columns", "一屏几个半角字（回车：寄存器所能容纳） Half-width columns at once (Enter: all that fit):"),
)
_WIRED: Final = (
    Question(
        "lights",
        "灯，按接线顺序 Lights, in the order of the terminals (identity_card, receipt_printer, scanner, other_...):",
        "identity_card, receipt_printer",
        "names",
    ),
    Question(
        "contacts",
        "触点，按接线顺序 Contacts, in the order of the terminals (door, tamper, service_key, other_...):",
        "door, tamper",
        "names",
    ),
    Question("normally_open", "其中常开的（回车：没有） Those open at rest (Enter: none):", "", "names"),
)

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
        at_server={"framing": "serial"},
    ),
    Model(
        "LED 屏，Modbus 寄存器 board with text in Modbus registers",
        "call_display",
        "modbus_board",
        "serial",
        _UP_FROM_SLOW,
        other_settings=("&parity=E",),
        questions=_REGISTERS,
        look=_EIGHT,
    ),
    Model(
        "讯鹏数码屏 Xunpeng board",
        "call_display",
        "xunpeng_board",
        "serial",
        _UP_FROM_SLOW,
        questions=(
            Question("colour", "颜色 Colour, red, yellow or green:", "red", "text"),
            Question("digits", "几位数字 How many digits:", "3"),
            _DIGITS_ONLY,
        ),
    ),
    Model(
        "数码屏（只收不答） board of digits that never answers",
        "call_display",
        "numeric_board",
        "serial",
        _UP_FROM_SLOW,
        questions=(
            Question("board", "屏号 Its number on the bus:", "1"),
            Question("digits", "几位数字 How many digits:", "3"),
            _DIGITS_ONLY,
        ),
        question=_EIGHT,
    ),
    Model(
        "机柜板：引导灯、门与防拆触点 cabinet board: guide lights, door, tamper loop",
        "cabinet",
        "cabinet_board",
        "serial",
        _DOWN_FROM_FAST,
        questions=_WIRED,
        prompt="请看各部位的灯，然后打开机柜门。 Watch the lights, then open the cabinet's door.",
        look="各部位的灯是否按顺序对应，柜门是否被认出？ Did the lights flash, and was the door noticed?",
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
        options={"confirm": True},
        questions=(Question("columns", "一屏几个字符 How many characters it shows at once:", "14"),),
    ),
)
