"""How the simulated printer reads what it was sent: one command after the other, in order, as its buffer empties.

Commands and lengths as in the manuals of Epson's TM-T88III, HPRT's TP80K and Citizen's PPU-231II.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from drivers.receipt_printer.simulator.bars import bars_of
from drivers.receipt_printer.simulator.paper import (
    LINE_SPACING,
    Bars,
    Style,
    draw_bars,
    draw_code,
    draw_line,
    misprint,
    readable,
)

if TYPE_CHECKING:
    from drivers.receipt_printer.simulator.paper import Paper

DLE, ESC, FS, GS = 0x10, 0x1B, 0x1C, 0x1D
_DOUBLE_BYTE = range(0x81, 0xFF)
_MOST_ROWS = 2303  # GS v 0: yL + 256 yH (Epson TM-T81 manual p. 124)
_MODULES = range(1, 17)

_IGNORED = {
    # Modes that change nothing this paper shows, with the number of operands each takes.
    (ESC, "-"): 1, (ESC, "{"): 1, (ESC, "M"): 1, (ESC, "R"): 1, (ESC, "t"): 1, (ESC, "2"): 0, (ESC, "3"): 1,
    (GS, "b"): 1, (GS, "B"): 1, (GS, "P"): 2, (GS, "L"): 2, (GS, "W"): 2, (FS, "."): 0, (FS, "!"): 1,
}  # fmt: skip


class Mechanism(Protocol):
    """What the interpreter needs of the printer around it."""

    paper: Paper

    async def take(self, count: int) -> bytes:
        """Take bytes from the receive buffer; waits while there are none or the printer is offline."""
        ...

    async def move(self, rows: list[bytes]) -> None:
        """Burn rows at the printer's speed; waits while there is no paper or the cover is open."""
        ...

    async def cut(self, *, partial: bool) -> None:
        """Cut, if the cutter can."""
        ...

    def begin_job(self) -> None:
        """Take note that something is to be printed."""
        ...

    def report_automatically(self, events: int) -> None:
        """Switch automatic status on or off."""
        ...

    async def answer_sensor(self) -> None:
        """Answer ``GS r 1``."""
        ...

    async def answer_process(self, process_id: bytes) -> None:
        """Answer ``GS ( H`` function 48."""
        ...

    def reject(self, what: str) -> None:
        """Count something that is no command."""
        ...


class Interpreter:
    """Reads commands and moves the mechanism. A new one begins after power-on and after a clearing of buffers."""

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism
        self._reset()

    def _reset(self) -> None:
        self._style = Style()
        self._chinese = False
        self._position = 0
        self._line: list[tuple[str, Style]] = []
        self._code = b""
        self._module = 3
        self._bars = Bars()

    def forget(self) -> None:
        """Lose the line begun; the modes stay (``DLE ENQ 2`` keeps them, HPRT TP80K manual p. 74)."""
        self._line = []
        self._position = 0

    async def step(self) -> None:
        """Carry out the next command or print the next character."""
        byte = (await self._mechanism.take(1))[0]
        match byte:
            case 0x0A:
                await self._end_line()
            case 0x00 | 0x0D:
                pass
            case 0x1B | 0x1C | 0x1D:
                await self._command(byte)
            case _ if byte in _DOUBLE_BYTE:
                await self._double(byte)
            case _ if 0x20 <= byte < 0x7F:  # noqa: PLR2004 -- printable ASCII
                self._character(chr(byte))
            case _:
                self._mechanism.reject(f"{byte:02X}")

    async def _byte(self) -> int:
        return (await self._mechanism.take(1))[0]

    async def _word(self) -> int:
        return int.from_bytes(await self._mechanism.take(2), "little")

    async def _double(self, lead: int) -> None:
        if not self._chinese:
            self._mechanism.reject(f"{lead:02X} outside Chinese mode")
            self._character(misprint())
            return
        character = readable(bytes([lead, await self._byte()]))
        if character is None:
            self._mechanism.reject(f"no double-byte character at {lead:02X}")
        self._character(character or misprint())

    def _character(self, character: str) -> None:
        self._mechanism.begin_job()
        self._line.append((character, self._style))

    async def _end_line(self) -> None:
        if not self._line:
            await self._feed(LINE_SPACING)
            return
        line, self._line = self._line, []
        self._mechanism.paper.note_text("".join(character for character, _ in line))
        await self._mechanism.move(draw_line(line, self._mechanism.paper.dots))

    async def _feed(self, rows: int) -> None:
        await self._mechanism.move([b""] * rows)

    async def _command(self, lead: int) -> None:
        letter = chr(await self._byte())
        if (lead, letter) in _IGNORED:
            await self._mechanism.take(_IGNORED[lead, letter])
            return
        match lead:
            case 0x1B:
                await self._escape(letter)
            case 0x1D:
                await self._group(letter)
            case _ if letter == "&":
                self._chinese = True
            case _:
                self._mechanism.reject(f"{lead:02X} {ord(letter):02X}")

    async def _escape(self, letter: str) -> None:
        match letter:
            case "@":
                self._reset()
            case "$":
                self._position = await self._word()
            case "J":
                await self._feed(await self._byte())
            case "d":
                if self._line:
                    await self._end_line()
                await self._feed(await self._byte() * LINE_SPACING)
            case "a" | "E" | "!":
                self._style = _styled(self._style, letter, await self._byte())
            case _:
                self._mechanism.reject(f"1B {ord(letter):02X}")

    async def _group(self, letter: str) -> None:
        match letter:
            case "!":
                size = await self._byte()
                self._style = replace(self._style, width=(size >> 4 & 7) + 1, height=(size & 7) + 1)
            case "a":
                self._mechanism.report_automatically(await self._byte())
            case "r":
                await self._sensor()
            case "v":
                await self._raster()
            case "V":
                await self._cut()
            case "(":
                await self._extended()
            case "h" | "w" | "H" | "f":
                self._bars = _set_bars(self._bars, letter, await self._byte())
            case "k":
                await self._bar_code()
            case _:
                self._mechanism.reject(f"1D {ord(letter):02X}")

    async def _sensor(self) -> None:
        which = await self._byte()
        if which in {1, 49}:
            await self._mechanism.answer_sensor()
        else:
            self._mechanism.reject(f"GS r {which}")

    async def _raster(self) -> None:
        kind, mode = await self._mechanism.take(2)
        width, height = await self._word(), await self._word()
        if kind != ord("0") or mode not in {0, 48} or not width or not 0 < height <= _MOST_ROWS:
            self._mechanism.reject(f"GS v {kind:02X} {mode:02X} {width} x {height}")
            return
        if self._line:
            self._mechanism.reject("GS v 0 with text in the line")
            return
        self._mechanism.begin_job()
        start, self._position = self._position, 0
        for _ in range(height):
            data = await self._mechanism.take(width)
            await self._mechanism.move([_shifted(data, start)])

    async def _cut(self) -> None:
        how = await self._byte()
        if how in {65, 66}:
            await self._feed(await self._byte())
        elif how not in {0, 1, 48, 49}:
            self._mechanism.reject(f"GS V {how}")
            return
        if self._line:
            await self._end_line()
        await self._mechanism.cut(partial=how in {1, 49, 66})

    async def _bar_code(self) -> None:
        """``GS k``, second kind: symbology, length, data."""
        kind = await self._byte()
        data = await self._mechanism.take(await self._byte())
        drawn = bars_of(kind, data)
        if drawn is None:
            self._mechanism.reject(f"GS k {kind} {data.hex()}")
            return
        payload, modules = drawn
        dots = self._mechanism.paper.dots
        rows = draw_bars(modules, self._bars, self._style.align, dots)
        if rows is None:
            self._mechanism.reject(f"GS k {kind}: wider than the paper")
            return
        self._mechanism.begin_job()
        self._mechanism.paper.note_code(payload)
        await self._mechanism.move(rows)
        if self._bars.text:
            self._mechanism.paper.note_text(payload)
            text = [(character, replace(Style(), align=self._style.align)) for character in payload]
            await self._mechanism.move(draw_line(text, dots))

    async def _extended(self) -> None:
        family = chr(await self._byte())
        body = await self._mechanism.take(await self._word())
        match family, body[:2]:
            case "H", b"\x30\x30" if len(body) == 6:  # noqa: PLR2004 -- fn, m and four bytes of id
                await self._mechanism.answer_process(body[2:])
            case "k", b"1C" if len(body) == 3 and body[2] in _MODULES:  # noqa: PLR2004 -- cn, fn, n
                self._module = body[2]
            case "k", b"1P":
                self._code = body[3:]
            case "k", b"1Q" if self._code:
                self._mechanism.begin_job()
                self._mechanism.paper.note_code(self._code.decode(errors="replace"))
                await self._mechanism.move(
                    draw_code(self._code, self._module, self._style.align, self._mechanism.paper.dots)
                )
            case "k", b"1A" | b"1E":
                pass
            case _:
                self._mechanism.reject(f"GS ( {family} {body[:2].hex()}")


def _set_bars(bars: Bars, letter: str, value: int) -> Bars:
    """Apply ``GS h``, ``GS w``, ``GS H`` or ``GS f``."""
    match letter:
        case "h":
            return replace(bars, height=value)
        case "w":
            return replace(bars, module=value)
        case "H":
            return replace(bars, text=bool(value % 48))
        case _:
            return bars  # one font


def _shifted(data: bytes, dots: int) -> bytes:
    """Move a row to the right by ``dots``."""
    if dots % 8 == 0:
        return bytes(dots // 8) + data
    bits = int.from_bytes(data, "big") << (8 - dots % 8)
    return bytes(dots // 8) + bits.to_bytes(len(data) + 1, "big")


def _styled(style: Style, letter: str, value: int) -> Style:
    """Apply ``ESC a``, ``ESC E`` or ``ESC !``."""
    match letter:
        case "a":
            return replace(style, align=value % 48 % 3)
        case "E":
            return replace(style, bold=bool(value & 1))
        case _:
            return replace(style, bold=bool(value & 8), height=1 + (value >> 4 & 1), width=1 + (value >> 5 & 1))
