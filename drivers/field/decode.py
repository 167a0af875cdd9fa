"""What passes on a device's line, cut into pieces and said in words, with what may be about a person held back.

Only pieces that are known to say nothing about a person are shown; everything else is hidden until it is asked for:
what is on a card, in a code, on a ticket, on a receipt, and every byte that is not understood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from drivers.field import frames
from drivers.field.ipp import Ipp
from drivers.field.pieces import Hidden, Piece, Plain
from drivers.payment_terminal.codec import Apdu, ApduDecoder, BlockDecoder, Handshake, Instruction, encode_apdu
from drivers.payment_terminal.codec import FrameError as ApduError
from drivers.receipt_printer.codec import (
    AutomaticStatus,
    BuffersCleared,
    Demultiplexer,
    PaperSensorStatus,
    ProcessPrinted,
    RealTimeStatus,
)
from drivers.relay import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.field.pieces import Cutter
    from drivers.receipt_printer.codec import Reply
    from drivers.registry import DeviceEntry


class PrinterReplies:
    """What a receipt printer says; nothing of it is about a person."""

    def __init__(self) -> None:
        self._replies = Demultiplexer()

    def feed(self, data: bytes) -> list[Piece]:
        """See ``Cutter``."""
        words = [self._words(reply) for reply in self._replies.feed(data)]
        return [Piece(data, "; ".join(words) or "the beginning of a reply, or noise")]

    def broken_off(self) -> list[Piece]:
        """See ``Cutter``. A printer speaks when it likes, and a question cuts off nothing."""
        return []

    @staticmethod
    def _words(reply: Reply) -> str:
        match reply:
            case RealTimeStatus(value):
                return f"status byte {value:02X}"
            case AutomaticStatus(data):
                return f"automatic status {data.hex(' ').upper()}"
            case ProcessPrinted(process_id):
                return f"printed up to {process_id.decode('latin-1')}"
            case BuffersCleared():
                return "buffers are clear"
            case PaperSensorStatus(value):
                return f"read up to here, paper {value:02X}"
            case _:
                return "a block that nobody asked for"


class PrinterCommands:
    """What is sent to a receipt printer: its commands are shown, what they print is not."""

    _FIXED: Final = (
        (rb"\x10\x04([\x01-\x04])", "DLE EOT: asks for status"),
        (rb"\x10\x05([\x01\x02])", "DLE ENQ: recover"),
        (rb"\x10\x14\x08.{7}", "DLE DC4 8: clear the buffers"),
        (rb"\x1b@", "ESC @: initialise"),
        (rb"\x1b\$(..)", "ESC $: {} dots from the left"),
        (rb"\x1bJ(.)", "ESC J: feed dots"),
        (rb"\x1bd(.)", "ESC d: feed lines"),
        (rb"\x1b[!EaMGt\-{3RVT](.)", "ESC: style"),
        (rb"\x1b2", "ESC 2: usual line spacing"),
        (rb"\x1d[!aBHhwfb].|\x1d[PLW]..", "GS: setting"),
        (rb"\x1dV[\x00\x01\x30\x31]|\x1dV[\x41\x42].", "GS V: cut"),
        (rb"\x1dr\x01", "GS r: says when it has read up to here"),
        (rb"\x1d\(H\x06\x00\x30\x30.{4}", "GS ( H: says when it has printed up to here"),
        (rb"\x1c[&.]", "FS: Chinese characters on or off"),
    )
    _COMMANDS: Final = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in _FIXED)
    _BAND: Final = re.compile(rb"\x1dv0.(..)(..)", re.DOTALL)
    _BLOCK: Final = re.compile(rb"\x1d\(k(..)", re.DOTALL)
    _BAR_CODE: Final = re.compile(rb"\x1dk[\x41-\x4f](.)", re.DOTALL)
    _BEGINS: Final = re.compile(rb"[\x10\x1b\x1c\x1d]")
    _LONGEST: Final = 11
    """Bytes of the longest command without its data."""

    def __init__(self) -> None:
        self._held = b""
        self._skip = 0
        self._skipped = b""
        self._words = ""
        self._head = 0

    def feed(self, data: bytes) -> list[Piece]:
        """See ``Cutter``. A command that is cut in two by the line is held until it is whole."""
        pieces = []
        data, self._held = self._held + data, b""
        while data:
            if self._skip:
                part, data = data[: self._skip], data[self._skip :]
                self._skip -= len(part)
                self._skipped += part
                if not self._skip:
                    pieces.append(Piece(self._skipped, self._words, personal=True, head=self._head))
                    self._skipped = b""
                continue
            piece, used = self._next(data)
            if self._is_hiding():
                continue
            if not used:
                self._held = data
                break
            data = data[used:]
            if piece is not None:
                pieces.append(piece)
        return pieces

    def broken_off(self) -> list[Piece]:
        """See ``Cutter``. It is the host's side."""
        return []

    def _next(self, data: bytes) -> tuple[Piece | None, int]:
        if found := self._BAND.match(data):
            width, rows = (int.from_bytes(part, "little") for part in found.groups())
            return self._hide(found.end(), width * rows, f"GS v 0: {rows} rows of {width * 8} dots")
        if found := self._BLOCK.match(data):
            return self._hide(found.end(), int.from_bytes(found[1], "little"), "GS ( k: a code")
        if found := self._BAR_CODE.match(data):
            return self._hide(found.end(), found[1][0], "GS k: a bar code")
        for pattern, words in self._COMMANDS:
            if found := pattern.match(data):
                return Piece(
                    found[0], words.format(*(int.from_bytes(g, "little") for g in found.groups()))
                ), found.end()
        if self._BEGINS.match(data) and len(data) < self._LONGEST:
            return None, 0  # the rest of it may be under way
        begin = self._BEGINS.search(data, 1)
        end = begin.start() if begin else len(data)
        return Piece(data[:end], "text, or a command that is not known here", personal=True), end

    def _is_hiding(self) -> bool:
        return self._skip > 0

    def _hide(self, head: int, size: int, words: str) -> tuple[None, int]:
        self._skip, self._words, self._head = head + size, words, head
        return None, 0


class Zvt:
    """A payment terminal's messages, either way; cards, receipts and the till's password are hidden.

    Shown is what is short, and a payment's amount where nothing else stands beside it: a longer message of any kind may
    bring a card's number, or a text that the terminal shows to the patient.
    """

    _SHORT: Final = 3
    _AMOUNT_ALONE: Final = 7
    _SHOWN: Final = frozenset(
        {
            Instruction.POSITIVE,
            Instruction.INTERMEDIATE_STATUS,
            Instruction.ABORT,
            Instruction.HOST_ABORT,
        }
    )

    def __init__(self, direction: Direction, *, blocks: bool) -> None:
        # Over TCP the driver's decoder knows the terminal's messages only.
        self._decoder = BlockDecoder() if blocks else ApduDecoder() if direction is Direction.FROM_DEVICE else None
        self._held = b""

    def feed(self, data: bytes) -> list[Piece]:
        """See ``Cutter``."""
        pieces = []
        for item in self._decoder.feed(data) if self._decoder is not None else self._asked(data):
            if isinstance(item, Handshake):
                pieces.append(Piece(b"\x06" if item.taken else b"\x15", "taken" if item.taken else "not taken: again"))
            elif isinstance(item, ApduError):
                pieces.append(Piece(b"", f"{item.damage.value}: {item.dropped} bytes dropped"))
            else:
                known = item.control in set(Instruction)
                words = Instruction(item.control).name.lower().replace("_", " ") if known else f"{item.control:04X}"
                shown = self._says_nothing_of_anybody(item)
                pieces.append(Piece(encode_apdu(item), words, personal=not shown, head=2))
        return pieces

    def broken_off(self) -> list[Piece]:
        """See ``Cutter``. Both sides ask, so that a question cuts off nothing."""
        return []

    def _says_nothing_of_anybody(self, item: Apdu) -> bool:
        if item.control == Instruction.AUTHORISATION:
            return len(item.data) == self._AMOUNT_ALONE and item.data[0] == 0x04  # noqa: PLR2004 -- the amount's bitmap
        known = item.control in self._SHOWN or item.negative is not None
        return not item.data or (known and len(item.data) <= self._SHORT)

    def _asked(self, data: bytes) -> list[Apdu]:
        """Cut what the till says over TCP: class, instruction, length (FF: two bytes follow), data."""
        self._held += data
        found = []
        while len(self._held) > 2:  # noqa: PLR2004 -- class, instruction and length
            start, size = 3, self._held[2]
            if size == 0xFF:  # noqa: PLR2004 -- the long form
                start, size = 5, int.from_bytes(self._held[3:5], "little")
            if len(self._held) < start + size:
                break
            found.append(Apdu(int.from_bytes(self._held[:2], "big"), self._held[start : start + size]))
            self._held = self._held[start + size :]
        return found


def _blocks(entry: DeviceEntry) -> bool:
    framing = entry.options.get("framing")
    return framing == "serial" if framing else not entry.url.startswith("tcp:")


_CUTTERS: Final[Mapping[str, Callable[[DeviceEntry, Direction], Cutter]]] = {
    "resident_id": lambda _entry, direction: frames.resident_card(direction),
    "escpos": lambda _entry, way: PrinterCommands() if way is Direction.TO_DEVICE else PrinterReplies(),
    "zvt": lambda entry, direction: Zvt(direction, blocks=_blocks(entry)),
    "serial_scanner": lambda _entry, way: Plain() if way is Direction.TO_DEVICE else Hidden("a code, or a part of one"),
    "keyboard_scanner": lambda _entry, _direction: Hidden("keys"),
    "serial_stripe": lambda _entry, _direction: Hidden("a swipe, or a part of one"),
    "keyboard_stripe": lambda _entry, _direction: Hidden("keys"),
    "ipp": lambda _entry, direction: Ipp(direction),
    "modbus_board": lambda _entry, direction: frames.modbus_board(direction),
    "numeric_board": lambda _entry, direction: frames.numeric_board(direction),
    "xunpeng_board": lambda _entry, direction: frames.xunpeng_board(direction),
    "alpha_board": lambda _entry, direction: frames.alpha_board(direction),
    "cabinet_board": lambda _entry, direction: frames.cabinet_board(direction),
}


def cutter_for(entry: DeviceEntry, direction: Direction) -> Cutter:
    """Return what cuts one way of a device's line; of a driver that is not known here nothing is shown."""
    make = _CUTTERS.get(entry.driver)
    return make(entry, direction) if make is not None else Hidden()
