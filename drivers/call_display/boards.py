"""The four kinds of board: which texts they can show, what is sent for one, and which answer means that it stands.

A board is asked nothing here; ``drivers.call_display.driver`` carries the requests out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from drivers.call_display import alpha, codec, modbus
from drivers.call_display.content import encode, pages, refused_text
from drivers.device import CompletionCode, DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

_SETTLING = 0.1
"""Seconds an Alpha sign is left alone between writing a file and asking for it."""
_ALPHA_FRAME = 64
"""Bytes of an Alpha sign's answer beside the text, the NULs before it among them."""


@dataclass(frozen=True, slots=True)
class Request:
    """Bytes for a board, and what it does with them.

    Attributes:
        data: the bytes.
        answer: bytes of its longest answer; 0 = none comes.
        settles: tells whether a whole frame is the answer; raises ``DeviceError`` where it is a refusal.
        rest: seconds that the board is left alone afterwards.
    """

    data: bytes
    answer: int = 0
    settles: Callable[[bytes], bool] = lambda _: False
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class Content:
    """A text as it goes to the board: its pages, shown in turn where there are several.

    Attributes:
        pages: one, or more where the text is longer than the board and the board does not scroll.
        scrolls: the board scrolls it by itself.
    """

    pages: tuple[bytes, ...]
    scrolls: bool = False


def _not_taken(what: str) -> DeviceError:
    return DeviceError(
        CompletionCode.HARDWARE_ERROR,
        "not_taken",
        f"The {what} holds another text than was sent: it did not take it. It is sent again.",
    )


class Board(Protocol):
    """A kind of board."""

    @property
    def driver(self) -> str:
        """The driver's name in the configuration."""
        ...

    @property
    def shape(self) -> codec.Shape | None:
        """How its answers look; None = it gives none."""
        ...

    def content(self, text: str) -> Content:
        """Make a text ready; the empty text makes the board dark.

        Raises:
            DeviceError: ``unsupported_text``.
        """
        ...

    def show(self, content: Content, page: int, *, doubtful: bool) -> tuple[Request, ...]:
        """Return the requests that bring up a page; the last one's answer means that it stands.

        ``doubtful``: an earlier answer is missing, and may come now; it must not be taken for this one's.
        """
        ...

    def dim(self, percent: int) -> tuple[Request, ...]:
        """Return the requests that set the brightness; none where the board has no such thing."""
        ...

    def ask(self) -> tuple[Request, ...]:
        """Return a question that changes nothing; none where the board answers none."""
        ...


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """Where a Modbus board keeps what; every address is the one on the wire, counted from 0.

    Attributes:
        text_at: the first register of the text.
        text_registers: how many registers the text has, two bytes in each.
        columns: half-width columns that it shows at once; a Chinese character takes two.
        low_first: the first byte of two is in the low half of its register.
        padding: the byte after the end of the text.
        brightness_at: the register of the brightness; None = it has none.
        brightness_full: what stands there for full brightness.
        scroll_at: the register that makes it scroll (1) or stand (0); None = it does not scroll.
    """

    text_at: int = 0
    text_registers: int = 16
    columns: int = 16
    low_first: bool = False
    padding: int = 0x20
    brightness_at: int | None = None
    brightness_full: int = 100
    scroll_at: int | None = None


class ModbusBoard:
    """A board with text in Modbus registers, in GBK."""

    driver: Final = "modbus_board"

    def __init__(self, unit: int, registers: RegisterMap) -> None:
        self.shape = modbus.ModbusShape()
        self._unit = unit
        self._map = registers

    def content(self, text: str) -> Content:
        """See ``Board``."""
        whole = encode(text, "gbk")
        if len(whole) > self._map.columns and self._map.scroll_at is not None:
            if len(whole) > 2 * self._map.text_registers:
                raise refused_text(f"it has {len(whole)} bytes, and the board holds {2 * self._map.text_registers}.")
            return Content((whole,), scrolls=True)
        return Content(pages(text, self._map.columns, "gbk"))

    def show(self, content: Content, page: int, *, doubtful: bool) -> tuple[Request, ...]:
        """See ``Board``."""
        text = content.pages[page].ljust(2 * self._map.text_registers, bytes([self._map.padding]))
        values = modbus.registers(text, low_first=self._map.low_first)
        bring_up = self._write(self._map.text_at, values)
        scroll = () if self._map.scroll_at is None else (self._write(self._map.scroll_at, (int(content.scrolls),)),)
        # The answer to a write says where was written, not what: an old one looks the same. So it is read back.
        return (*scroll, bring_up, self._read_back(values)) if doubtful else (*scroll, bring_up)

    def dim(self, percent: int) -> tuple[Request, ...]:
        """See ``Board``."""
        if self._map.brightness_at is None:
            return ()
        return (self._write(self._map.brightness_at, (round(percent * self._map.brightness_full / 100),)),)

    def ask(self) -> tuple[Request, ...]:
        """See ``Board``: one register of the text is read."""
        data = modbus.encode_read(self._unit, self._map.text_at, 1)

        def settles(frame: bytes) -> bool:
            answer = self._parse(frame)
            return isinstance(answer, modbus.Held) and answer.unit == self._unit and len(answer.values) == 1

        return (Request(data, modbus.READ_OVERHEAD + 2, settles),)

    def _write(self, address: int, values: tuple[int, ...]) -> Request:
        wanted = modbus.Written(self._unit, address, len(values))
        return Request(modbus.encode_write(self._unit, address, values), 8, lambda frame: self._parse(frame) == wanted)

    def _read_back(self, values: tuple[int, ...]) -> Request:
        def settles(frame: bytes) -> bool:
            answer = self._parse(frame)
            if not isinstance(answer, modbus.Held) or answer.unit != self._unit or len(answer.values) != len(values):
                return False
            if answer.values != values:
                raise _not_taken("board")
            return True

        data = modbus.encode_read(self._unit, self._map.text_at, len(values))
        return Request(data, modbus.READ_OVERHEAD + 2 * len(values), settles)

    def _parse(self, frame: bytes) -> modbus.Answer:
        answer = modbus.parse(frame)
        if isinstance(answer, modbus.Refused) and answer.unit == self._unit:
            raise DeviceError(
                CompletionCode.COMMAND_ERROR,
                "refused",
                f"The board refused with Modbus exception {answer.code}; the text was not shown. Compare the "
                "register map of its configuration with its manual.",
            )
        return answer


def _value(text: str, digits: int, *, digits_only: bool) -> int:
    """Read the number that a board of digits shows for a text.

    Raises:
        DeviceError: ``unsupported_text``.
    """
    shown = "".join(character for character in text if "0" <= character <= "9") if digits_only else text
    if not (shown.isascii() and shown.isdecimal()):
        raise refused_text(f"{text!r} is no number, and this board has digits alone.")
    if len(shown) > digits or int(shown) > codec.LARGEST_VALUE:
        raise refused_text(f"{shown} does not fit a board of {digits} digits.")
    return int(shown)


class NumericBoard:
    """A board of digits that never answers."""

    driver: Final = "numeric_board"
    shape: None = None

    def __init__(self, number: int, digits: int, *, digits_only: bool) -> None:
        self._number = number
        self._digits = digits
        self._digits_only = digits_only

    def content(self, text: str) -> Content:
        """See ``Board``. It cannot be dark: the empty text shows 0."""
        value = _value(text or "0", self._digits, digits_only=self._digits_only)
        return Content((codec.encode_numeric(self._number, value),))

    def show(self, content: Content, page: int, *, doubtful: bool) -> tuple[Request, ...]:
        """See ``Board``."""
        del doubtful  # nothing is answered at all
        return (Request(content.pages[page]),)

    def dim(self, percent: int) -> tuple[Request, ...]:
        """See ``Board``."""
        del percent
        return ()

    def ask(self) -> tuple[Request, ...]:
        """See ``Board``."""
        return ()


class XunpengBoard:
    """A board of digits by Xunpeng (讯鹏), in one of three colours."""

    driver: Final = "xunpeng_board"

    def __init__(self, colour: codec.Colour, digits: int, *, digits_only: bool, confirms: bool) -> None:
        self.shape = codec.XunpengShape() if confirms else None
        self._colour = colour
        self._digits = digits
        self._digits_only = digits_only

    def content(self, text: str) -> Content:
        """See ``Board``. It cannot be dark: the empty text shows 0."""
        value = _value(text or "0", self._digits, digits_only=self._digits_only)
        return Content((codec.encode_xunpeng(self._colour, value),))

    def show(self, content: Content, page: int, *, doubtful: bool) -> tuple[Request, ...]:
        """See ``Board``."""
        del doubtful  # the answer repeats the value
        data = content.pages[page]
        value = int.from_bytes(data[2:4], "little")
        wanted = (codec.XunpengAnswer(self._colour, value), codec.XunpengAnswer(None, None))
        if self.shape is None:
            return (Request(data),)
        return (Request(data, self.shape.longest, lambda frame: codec.parse_xunpeng(frame) in wanted),)

    def dim(self, percent: int) -> tuple[Request, ...]:
        """See ``Board``."""
        del percent
        return ()

    def ask(self) -> tuple[Request, ...]:
        """See ``Board``. There is no question: only showing again has an answer."""
        return ()


class AlphaBoard:
    """A sign that speaks the Alpha protocol, in printable ASCII.

    It confirms nothing by itself. With ``confirms`` the text is read back, and counts as shown when it is the same.
    """

    driver: Final = "alpha_board"

    def __init__(self, kind: str, address: str, label: str, columns: int, *, confirms: bool) -> None:
        self.shape = alpha.AlphaShape() if confirms else None
        self._kind = kind
        self._address = address
        self._label = label
        self._columns = columns

    def content(self, text: str) -> Content:
        """See ``Board``."""
        whole = encode(text, "ascii")
        if len(whole) > alpha.LARGEST_TEXT:
            raise refused_text(f"it has {len(whole)} characters, and a sign is given {alpha.LARGEST_TEXT} at most.")
        return Content((whole,), scrolls=len(whole) > self._columns)

    def show(self, content: Content, page: int, *, doubtful: bool) -> tuple[Request, ...]:
        """See ``Board``."""
        del doubtful  # the text is read back in any case
        text = content.pages[page]
        mode = alpha.ROTATE if content.scrolls else alpha.HOLD
        data = alpha.encode_text(self._kind, self._address, self._label, text.decode("ascii"), mode)
        if self.shape is None:
            return (Request(data),)

        def settles(frame: bytes) -> bool:
            found = alpha.parse_text(frame)
            if found is None or found.label != self._label:
                return False
            if found.text != text:
                raise _not_taken("sign")
            return True

        return Request(data, rest=_SETTLING), self._question(settles, len(text) + _ALPHA_FRAME)

    def dim(self, percent: int) -> tuple[Request, ...]:
        """See ``Board``."""
        del percent
        return ()

    def ask(self) -> tuple[Request, ...]:
        """See ``Board``: its text is read."""
        if self.shape is None:
            return ()
        return (self._question(lambda frame: alpha.parse_text(frame) is not None, self.shape.longest),)

    def _question(self, settles: Callable[[bytes], bool], answer: int) -> Request:
        return Request(alpha.encode_read_text(self._kind, self._address, self._label), answer, settles)
