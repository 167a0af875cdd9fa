"""A simulated scanner: ``python -m drivers.scanner.simulator [--keyboard | --trigger] [...]``.

It shares no code with the driver's codec and key table. Its own options:

* ``--suffix HEX`` (``0d0a``) and ``--prefix HEX``: what it puts around a code;
* ``--trigger``: it looks for a code only between ``16 54 0D`` and ``16 55 0D``, and once for each;
* ``--keyboard``: instead of a code's bytes it sends the kernel's input events for the keys that type it, stamped with
  this machine's monotonic clock, as ``/dev/input/event*`` would. Open its pty as ``input:///path?grab=0``.

Beside the verbs of ``drivers.simulator`` its control channel knows:

* ``scan``: hold a code to it: ``text`` with ``encoding`` (``utf-8``), or ``hex``; ``identifier`` (``Q3``) goes before
  it as ``]Q3``. Answers whether it was ``sent``. On a keyboard ``gap`` is the seconds from key to key (0.005).
* ``type``: a person types ``text`` at a ``gap`` of 0.15 seconds (keyboard only).
* ``status``: ``scans`` sent, whether it is ``triggered``, and whether a line is ``attended``: on TCP, a host's.

Of the faults of every line it knows all but ``bad_checksum``; on ``scan`` also ``split`` (in three pieces, ``value``
seconds apart), ``merged`` (held back and sent with the next), ``overlong`` (``value`` bytes, 4,096 by default),
``no_suffix``, and on a keyboard ``lost`` (the kernel's buffer overflows in the middle).
"""

from __future__ import annotations

import argparse
import struct
import sys
import time
from typing import TYPE_CHECKING, Final

from drivers.faults import LINE_ACTIONS, Delivery, Fault, FaultPlan, deliver
from drivers.simulator import ControlError, run_simulator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.simulator import DeviceLine

BAUD: Final = 9600
_START, _STOP = b"\x16T\r", b"\x16U\r"
_OVERLONG: Final = 4096

# The rows of a US keyboard, each with the kernel's number of its first key.
_ROWS: Final = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
_KEYS: Final = {
    **{c: (first + i, True) for first, _, upper in _ROWS for i, c in enumerate(upper)},
    **{c: (first + i, False) for first, lower, _ in _ROWS for i, c in enumerate(lower)},
    "\r": (28, False),
    "\t": (15, False),
}
_LEFT_SHIFT: Final = 42


class SimulatedScanner:
    """The scanner's behaviour (``drivers.simulator.SimulatedDevice``)."""

    def __init__(self, suffix: bytes, prefix: bytes, *, by_trigger: bool, keyboard: bool) -> None:
        own = {"split", "merged", "overlong", "no_suffix", "lost"}
        self.faults = FaultPlan((LINE_ACTIONS - {"bad_checksum"}) | own)
        self._suffix = suffix
        self._prefix = prefix
        self._by_trigger = by_trigger
        self._keyboard = keyboard
        self._triggered = False
        self._heard = b""
        self._kept_back = b""
        self._scans = 0
        self._line: DeviceLine | None = None

    def attached(self, line: DeviceLine) -> None:
        """See ``SimulatedDevice``."""
        self._line = line
        self._heard = b""
        self._triggered = False

    def detached(self) -> None:
        """See ``SimulatedDevice``."""
        self._line = None

    async def receive(self, data: bytes) -> None:
        """Take commands; what is none is passed over."""
        self._heard = (self._heard + data)[-64:]
        while (at := self._heard.find(b"\r")) >= 0:
            command, self._heard = self._heard[: at + 1], self._heard[at + 1 :]
            if command.endswith(_START):
                self._triggered = True
            elif command.endswith(_STOP):
                self._triggered = False

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """See ``SimulatedDevice``; the verbs are at the module's head."""
        match verb:
            case "scan":
                return {"sent": await self._scan(arguments)}
            case "type":
                if not self._keyboard:
                    raise ControlError("nobody types on a serial scanner")
                await self._send(self._keystrokes(_text(arguments), _gap(arguments, 0.15)), ())
                return {}
            case "status":
                attended = self._line is not None
                return {"kind": "scanner", "scans": self._scans, "triggered": self._triggered, "attended": attended}
            case _:
                raise ControlError(f"there is no verb {verb!r}")

    async def _scan(self, arguments: dict[str, object]) -> bool:
        known = {"text", "encoding", "hex", "identifier", "gap"}
        if unknown := sorted(set(arguments) - known):
            raise ControlError(f"scan has no argument {unknown[0]!r}")
        self._encode(arguments, ())  # what cannot be is told also where nothing is sent
        if self._line is None or (self._by_trigger and not self._triggered):
            return False
        self._triggered = False
        self._scans += 1
        faults = self.faults.strike("scan")
        sent = self._encode(arguments, faults)
        if any(fault.action == "merged" for fault in faults):
            self._kept_back += sent
            return True
        sent, self._kept_back = self._kept_back + sent, b""
        await self._send(sent, faults)
        return True

    def _encode(self, arguments: dict[str, object], faults: Iterable[Fault]) -> bytes:
        if self._keyboard:
            return self._keystrokes(self._words(arguments, faults), _gap(arguments, 0.005), faults)
        return self._bytes(arguments, faults)

    def _bytes(self, arguments: dict[str, object], faults: Iterable[Fault]) -> bytes:
        if "hex" in arguments:
            content = bytes.fromhex(str(arguments["hex"]))
        else:
            try:
                content = _text(arguments).encode(str(arguments.get("encoding", "utf-8")))
            except (LookupError, UnicodeEncodeError) as failure:
                raise ControlError(str(failure)) from failure
        if "identifier" in arguments:
            content = f"]{arguments['identifier']}".encode("ascii") + content
        suffix = self._suffix
        for fault in faults:
            if fault.action == "overlong":
                content = b"8" * int(_OVERLONG if fault.value is None else fault.value)
            elif fault.action == "no_suffix":
                suffix = b""
        return self._prefix + content + suffix

    def _words(self, arguments: dict[str, object], faults: Iterable[Fault]) -> str:
        text = _text(arguments)
        for fault in faults:
            if fault.action == "overlong":
                text = "8" * int(_OVERLONG if fault.value is None else fault.value)
        ending = "" if any(fault.action == "no_suffix" for fault in faults) else "\r"
        return text + ending

    @staticmethod
    def _keystrokes(text: str, gap: float, faults: Iterable[Fault] = ()) -> bytes:
        """Write the events of typing ``text``; the last key is struck now, the others before."""
        lost_at = len(text) // 2 if any(fault.action == "lost" for fault in faults) else -1
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        out = b""
        for i, character in enumerate(text):
            if character not in _KEYS:
                raise ControlError(f"no key types {character!r}")
            stamp = now - round((len(text) - 1 - i) * gap * 1e6)
            key, shifted = _KEYS[character]
            if i == lost_at:
                out += _event(stamp, 0, 3, 0)
            shift = _event(stamp, 1, _LEFT_SHIFT, 1) if shifted else b""
            unshift = _event(stamp, 1, _LEFT_SHIFT, 0) if shifted else b""
            out += shift + _event(stamp, 1, key, 1) + _event(stamp, 0, 0, 0)
            out += _event(stamp, 1, key, 0) + unshift + _event(stamp, 0, 0, 0)
        return out

    async def _send(self, sent: bytes, faults: Iterable[Fault]) -> None:
        if self._line is None:
            raise ControlError("nobody is connected")
        delivery = deliver(sent, faults)
        for fault in faults:
            if fault.action == "split":
                third = max(1, len(sent) // 3)
                wait = fault.value or 0.0
                pieces = (sent[:third], sent[third : 2 * third], sent[2 * third :])
                delivery = Delivery(tuple((0.0 if i == 0 else wait, piece) for i, piece in enumerate(pieces) if piece))
        await self._line.send(delivery)


_EVENT: Final = "@llHHi"
"""The kernel's struct input_event: a C long is what the machine's is."""


def _event(micros: int, kind: int, code: int, value: int) -> bytes:
    return struct.pack(_EVENT, *divmod(micros, 1_000_000), kind, code, value)


def _text(arguments: dict[str, object]) -> str:
    text = arguments.get("text")
    if not isinstance(text, str):
        raise ControlError("text must be a text")
    return text


def _gap(arguments: dict[str, object], usual: float) -> float:
    gap = arguments.get("gap", usual)
    if not isinstance(gap, int | float) or isinstance(gap, bool) or gap < 0:
        raise ControlError(f"gap = {gap!r} is not a number of seconds")
    return float(gap)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as failure:
        raise argparse.ArgumentTypeError(f"{text!r} is not hexadecimal") from failure


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator as a program."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, usage="options of the scanner:")
    parser.add_argument("--suffix", type=_hex, default=b"\r\n", metavar="HEX", help="what ends a code")
    parser.add_argument("--prefix", type=_hex, default=b"", metavar="HEX", help="what begins a code")
    parser.add_argument("--trigger", action="store_true", help="look only when told to")
    parser.add_argument("--keyboard", action="store_true", help="send input events instead of bytes")
    given, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
    scanner = SimulatedScanner(given.suffix, given.prefix, by_trigger=given.trigger, keyboard=given.keyboard)
    return run_simulator("scanner", scanner, BAUD, rest)


if __name__ == "__main__":
    sys.exit(main())
