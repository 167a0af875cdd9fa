"""The four protocols as a board speaks them: what is a request, what it does to the screen, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING_HERE = -1
"""``Wire.size``: no request begins with this byte."""
MORE = 0
"""``Wire.size``: it cannot be told yet."""

_HISTORY = 100


@dataclass
class Screen:
    """What a passer-by sees. ``history`` holds the latest texts, the present one last."""

    text: str = ""
    scrolls: bool = False
    brightness: int | None = None
    history: list[str] = field(default_factory=list)

    def show(self, text: str, *, scrolls: bool = False) -> None:
        """Show a text."""
        self.text, self.scrolls = text, scrolls
        self.history = [*self.history, text][-_HISTORY:]


class Wire(Protocol):
    """A protocol, from the board's side."""

    def size(self, heard: bytes) -> int:
        """Tell how long the request is that ``heard`` begins with; or ``MORE``, or ``NOTHING_HERE``."""
        ...

    def right(self, request: bytes) -> bool:
        """Tell whether a request's check is right."""
        ...

    def name(self, request: bytes) -> str:
        """Name a request, for the fault plan."""
        ...

    def carry_out(self, request: bytes, screen: Screen, own: Mapping[str, float | None]) -> bytes:
        """Do what a request says, and return the answer, nothing for none. ``own`` are the faults of the board."""
        ...

    def lose_power(self, screen: Screen) -> None:
        """Forget what is forgotten without power."""
        ...


def _low_byte(data: bytes) -> int:
    total = 0
    for byte in data:
        total = (total + byte) % 256
    return total


class NumericWire:
    """Four bytes: number, high, low, sum. No answers."""

    def __init__(self, number: int) -> None:
        self._number = number

    def size(self, heard: bytes) -> int:
        """See ``Wire``."""
        return 4 if len(heard) >= 4 else MORE  # noqa: PLR2004 -- the size itself

    def right(self, request: bytes) -> bool:
        """See ``Wire``."""
        return _low_byte(request[:3]) == request[3]

    def name(self, request: bytes) -> str:
        """See ``Wire``."""
        return "show" if request[0] == self._number else "other_board"

    def carry_out(self, request: bytes, screen: Screen, own: Mapping[str, float | None]) -> bytes:
        """See ``Wire``."""
        del own
        if request[0] == self._number:
            screen.show(str(request[1] * 256 + request[2]))
        return b""

    def lose_power(self, screen: Screen) -> None:
        """See ``Wire``."""
        screen.show("")


class XunpengWire:
    """``3A colour low high 01 sum 0A``; ``answers`` is ``echo``, ``short`` or ``none``."""

    def __init__(self, answers: str) -> None:
        self._answers = answers

    def size(self, heard: bytes) -> int:
        """See ``Wire``."""
        if heard[0] != 0x3A:  # noqa: PLR2004 -- the start
            return NOTHING_HERE
        return 7 if len(heard) >= 7 else MORE  # noqa: PLR2004 -- the size itself

    def right(self, request: bytes) -> bool:
        """See ``Wire``."""
        return request[4:] == bytes([1, _low_byte(request[:5]), 0x0A])

    def name(self, request: bytes) -> str:
        """See ``Wire``."""
        del request
        return "show"

    def carry_out(self, request: bytes, screen: Screen, own: Mapping[str, float | None]) -> bytes:
        """See ``Wire``. The text is the colour and the number."""
        _, colour, low, high, *_ = request
        screen.show(f"{('green', 'yellow', 'red')[colour % 3]} {high * 256 + low}")
        if self._answers == "none":
            return b""
        if self._answers == "short":
            return bytes([0x3A, 0x01, 0x3B, 0x0A])
        body = bytes([0x2A, colour, low ^ ("other_value" in own), high, 1])
        return body + bytes([_low_byte(body), 0x0A])

    def lose_power(self, screen: Screen) -> None:
        """See ``Wire``."""
        screen.show("")


def _remainder(data: bytes) -> int:
    """The remainder of ``data`` as a polynomial over two, bits in the order of the wire, by CRC-16/MODBUS."""
    register = 0xFFFF
    for byte in data:
        for place in range(8):
            out = (register ^ (byte >> place)) & 1
            register >>= 1
            if out:
                register ^= 0b1010_0000_0000_0001
    return register


def _checked(body: bytes) -> bytes:
    check = _remainder(body)
    return body + bytes([check & 0xFF, check >> 8])


@dataclass(frozen=True)
class Registers:
    """Where the simulated board keeps what."""

    text_at: int = 0
    text_registers: int = 16
    little: bool = False
    brightness_at: int | None = None
    scroll_at: int | None = None


class ModbusWire:
    """A Modbus RTU slave with 65,536 registers, of which some are the screen."""

    def __init__(self, unit: int, layout: Registers) -> None:
        self._unit = unit
        self._layout = layout
        self._memory: dict[int, bytes] = {}

    def size(self, heard: bytes) -> int:
        """See ``Wire``."""
        if len(heard) > 1 and heard[1] not in {3, 6, 16}:
            return NOTHING_HERE
        if len(heard) > 1 and heard[1] != 16:  # noqa: PLR2004 -- write multiple registers
            return 8 if len(heard) >= 8 else MORE  # noqa: PLR2004 -- the size itself
        if len(heard) < 7:  # noqa: PLR2004 -- as far as the byte count
            return MORE
        return 9 + heard[6] if len(heard) >= 9 + heard[6] else MORE

    def right(self, request: bytes) -> bool:
        """See ``Wire``."""
        return _remainder(request) == 0

    def name(self, request: bytes) -> str:
        """See ``Wire``."""
        if request[0] != self._unit:
            return "other_board"
        return {3: "read", 6: "write_one", 16: "write"}[request[1]]

    def carry_out(self, request: bytes, screen: Screen, own: Mapping[str, float | None]) -> bytes:
        """See ``Wire``."""
        if request[0] != self._unit:
            return b""
        unit = (self._unit % 247 + 1) if "wrong_unit" in own else self._unit
        function = request[1]
        if "refuse" in own or function == 6:  # noqa: PLR2004 -- writing one register is not among its functions
            code = 1 if function == 6 else int(own["refuse"] or 4)  # noqa: PLR2004 -- the same
            return _checked(bytes([unit, function + 128, code]))
        first, count = request[2] * 256 + request[3], request[4] * 256 + request[5]
        if count == 0 or first + count > 1 << 16:
            return _checked(bytes([unit, function + 128, 2]))
        if function == 3:  # noqa: PLR2004 -- read
            held = b"".join(self._memory.get(at, b"\0\0") for at in range(first, first + count))
            return _checked(bytes([unit, 3, len(held)]) + held)
        if request[6] != 2 * count:
            return _checked(bytes([unit, function + 128, 3]))
        for place in range(count):
            self._memory[first + place] = request[7 + 2 * place : 9 + 2 * place]
        self._show(screen, range(first, first + count))
        return _checked(bytes([unit]) + request[1:6])

    def _show(self, screen: Screen, written: range) -> None:
        layout = self._layout
        if layout.brightness_at is not None:
            screen.brightness = int.from_bytes(self._memory.get(layout.brightness_at, b"\0\0"), "big")
        if layout.scroll_at is not None:
            screen.scrolls = self._memory.get(layout.scroll_at, b"\0\0") != b"\0\0"
        places = range(layout.text_at, layout.text_at + layout.text_registers)
        if set(places) & set(written):
            pairs = [self._memory.get(at, b"\0\0") for at in places]
            text = b"".join(pair[::-1] if layout.little else pair for pair in pairs)
            screen.show(text.decode("gbk", "replace").rstrip(" \0"), scrolls=screen.scrolls)

    def lose_power(self, screen: Screen) -> None:
        """See ``Wire``."""
        self._memory.clear()
        screen.show("")


class AlphaWire:
    """An Alpha sign with its TEXT files; file ``A`` is on show. The files outlast a power cut."""

    def __init__(self, address: str) -> None:
        self._address = address.encode()
        self._files: dict[int, bytes] = {}

    def size(self, heard: bytes) -> int:
        """See ``Wire``."""
        if heard[0] != 1:
            return NOTHING_HERE
        for place, byte in enumerate(heard[1:], start=1):
            if byte == 1:
                return NOTHING_HERE
            if byte == 4:  # noqa: PLR2004 -- EOT
                return place + 1
        return MORE

    def right(self, request: bytes) -> bool:
        """See ``Wire``."""
        head, _, rest = request.partition(b"\x02")
        body, etx, check = rest.partition(b"\x03")
        if len(head) != 4 or not body:  # noqa: PLR2004 -- SOH, type and address
            return False
        if not etx:  # a packet without a checksum
            return body.endswith(b"\x04")
        total = 2 + 3
        for byte in body:
            total += byte
        return check == b"%04X\x04" % (total % 65536)

    def name(self, request: bytes) -> str:
        """See ``Wire``."""
        if request[2:4] not in {b"00", self._address}:
            return "other_board"
        return {b"A": "write_text", b"B": "read_text"}.get(request[5:6], "other")

    def carry_out(self, request: bytes, screen: Screen, own: Mapping[str, float | None]) -> bytes:
        """See ``Wire``."""
        del own
        name = self.name(request)
        body = request.partition(b"\x02")[2].partition(b"\x03")[0].rstrip(b"\x04")
        if name == "write_text":
            self._files[body[1]] = body[2:]
            if body[1] == 0x41:  # noqa: PLR2004 -- file A
                screen.show(body[5:].decode("ascii", "replace"), scrolls=body[4:5] == b"a")
        if name != "read_text":
            return b""
        text = b"A" + body[1:2] + self._files.get(body[1], b"")
        total = 2 + 3
        for byte in text:
            total += byte
        return bytes(20) + b"\x01000\x02" + text + b"\x03%04X\x04" % (total % 65536)

    def lose_power(self, screen: Screen) -> None:
        """See ``Wire``."""
