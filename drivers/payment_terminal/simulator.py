"""A simulated ZVT terminal: ``python -m drivers.payment_terminal.simulator [--framing serial|tcp] [--manual] [...]``.

It shares no code with the driver's codec. APDUs go bare over TCP and in blocks on a pty; ``--framing`` says otherwise.
With ``--manual`` a payment waits for its card until ``card`` lays one on. Beside the verbs of
``drivers.simulator`` its control channel knows:

* ``card``: a card is presented to the payment that waits;
* ``stop``: its stop key is pressed;
* ``paper``: ``state`` is ``in`` or ``out``; without paper nothing is paid;
* ``clear``: forget all transactions;
* ``status``: ``registered``, ``running`` (the command), ``waiting`` (for a card), ``paper``, ``transactions``,
  ``asked`` (commands), ``refused`` (blocks with a wrong checksum) and ``unanswered`` (dialogues that the till broke
  off).

Faults strike on commands (``register``, ``pay``, ``reverse``, ``last``, ``health``, ``close_day``, ``stop``) before
anything is done: ``mute``, ``close_line`` and ``refuse`` (84 and ``value``, 9C by default); on ``pay`` and ``reverse``
also ``decline`` (with result code ``value``, 5 by default), ``other_amount`` (``value`` fen are booked) and
``no_result`` (booked, but the result is left out). They strike on its messages, as ``pay_taken``, ``pay_doing``,
``pay_result``, ``pay_line``, ``pay_done``, after what they tell of was done: all faults of a line. On ``block``, any of
a serial line's, ``nak`` refuses one that was right.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from drivers.faults import LINE_ACTIONS, Delivery, Fault, FaultPlan, deliver
from drivers.simulator import ControlError, run_simulator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.simulator import DeviceLine

BAUD: Final = 9600
_TERMINAL_ID = bytes.fromhex("29001006")
_COMMANDS: Final = {
    b"\x06\x00": "register",
    b"\x06\x01": "pay",
    b"\x06\x30": "reverse",
    b"\x06\x20": "last",
    b"\x05\x01": "health",
    b"\x06\x50": "close_day",
    b"\x06\xb0": "stop",
}
_MOVES: Final = frozenset({"pay", "reverse"})
_STOPPED, _BUSY, _UNKNOWN, _PAPER, _NOT_POSSIBLE = 0x6C, 0x9C, 0x83, 0xCC, 0xB5
_CARD = "22f0f86225880000001234"  # an invented number, in full, as no terminal of today would say it
_LINES: Final = ("SAMPLE HOSPITAL", "CARD 6225 8800 0000 1234", "")


@dataclass(slots=True)
class Transaction:
    """What the terminal has booked, or tried to."""

    receipt: int
    kind: str
    fen: int
    code: int
    reversed: bool = False


def frame_block(apdu: bytes) -> bytes:
    """Put a message into a block: DLE STX, the message with every DLE twice, DLE ETX, and the check."""
    body = b"".join(b"\x10\x10" if byte == 0x10 else bytes([byte]) for byte in apdu)  # noqa: PLR2004 -- DLE
    check = checksum(apdu + b"\x03")
    return b"\x10\x02" + body + b"\x10\x03" + bytes([check & 0xFF, check >> 8])


def checksum(data: bytes) -> int:
    """CRC-16/KERMIT, bit by bit."""
    register = 0
    for byte in data:
        for bit in range(8):
            carry = (register ^ (byte >> bit)) & 1
            register = (register >> 1) ^ (0x8408 * carry)
    return register


def message(control: str, data: bytes = b"") -> bytes:
    """Write a message of the terminal."""
    size = bytes([len(data)]) if len(data) < 255 else b"\xff" + len(data).to_bytes(2, "little")  # noqa: PLR2004
    return bytes.fromhex(control) + size + data


def _digits(number: int, size: int) -> bytes:
    return bytes.fromhex(str(number).rjust(2 * size, "0"))


class SimulatedTerminal:
    """The terminal's behaviour (``drivers.simulator.SimulatedDevice``)."""

    def __init__(self, *, blocks: bool, manual: bool) -> None:
        own = {"decline", "other_amount", "refuse", "no_result", "nak"}
        self.faults = FaultPlan(LINE_ACTIONS | own)
        self._blocks = blocks
        self._manual = manual
        self._line: DeviceLine | None = None
        self._heard = b""
        self._to_say: deque[tuple[str, bytes]] = deque()
        self._waiting: tuple[str, bytes, tuple[Fault, ...]] | None = None
        self._running = ""
        self._registered = False
        self._prints = False
        self._paper = True
        self._transactions: list[Transaction] = []
        self._blocks_out: deque[tuple[str, bytes]] = deque()
        """What is to go out in blocks; the first is out and waits for its ACK."""
        self._asked: Counter[str] = Counter()
        self._refused = self._unanswered = 0

    def attached(self, line: DeviceLine) -> None:
        """See ``SimulatedDevice``."""
        self._line = line
        self._heard = b""

    def detached(self) -> None:
        """See ``SimulatedDevice``. What it had to say is lost; what was booked stays."""
        self._line = None
        self._unanswered += bool(self._to_say)
        self._end()

    async def receive(self, data: bytes) -> None:
        """Take what the till says."""
        self._heard += data
        while (apdu := await self._cut()) is not None:
            if apdu[:2] == b"\x80\x00" or apdu[:1] == b"\x84":
                await self._go_on()
            else:
                await self._obey(apdu)

    # -- the line

    async def _cut(self) -> bytes | None:
        """Cut the first message off what was heard."""
        if self._blocks:
            return await self._cut_block()
        if len(self._heard) < 3:  # noqa: PLR2004 -- control field and length
            return None
        size = 3 + self._heard[2]
        if len(self._heard) < size:
            return None
        apdu, self._heard = self._heard[:size], self._heard[size:]
        return apdu

    async def _cut_block(self) -> bytes | None:
        while self._heard:
            if self._heard[:2] != b"\x10\x02":
                if self._heard == b"\x10":
                    return None
                first, self._heard = self._heard[:1], self._heard[1:]
                await self._block_answered(first)
                continue
            end = self._block_end()
            if end is None:
                return None
            body, given = self._heard[2 : end - 2], self._heard[end : end + 2]
            self._heard = self._heard[end + 2 :]
            apdu = body.replace(b"\x10\x10", b"\x10")
            check = checksum(apdu + b"\x03")
            right = given == bytes([check & 0xFF, check >> 8])
            if not right or any(fault.action == "nak" for fault in self.faults.strike("block")):
                self._refused += not right
                await self._put(b"\x15", ())
                continue
            await self._put(b"\x06", ())
            return apdu
        return None

    async def _block_answered(self, answer: bytes) -> None:
        """Take ACK, NAK or noise: send the next block, or the same once more."""
        if answer == b"\x06" and self._blocks_out:
            self._blocks_out.popleft()
        elif answer != b"\x15":
            return
        if self._blocks_out:
            await self._deliver(*self._blocks_out[0])

    def _block_end(self) -> int | None:
        """Find where a block's check begins; None = not all of it is there."""
        at = 2
        while at + 1 < len(self._heard):
            if self._heard[at] != 0x10:  # noqa: PLR2004 -- DLE
                at += 1
                continue
            at += 2
            if self._heard[at - 1] == 0x03:  # noqa: PLR2004 -- ETX
                return at if at + 2 <= len(self._heard) else None
        return None

    async def _put(self, data: bytes, faults: Iterable[Fault]) -> None:
        if self._line is not None:
            await self._line.send(deliver(data, faults) if faults else Delivery(((0.0, data),)))

    async def _say(self, name: str, apdu: bytes) -> None:
        if not self._blocks:
            await self._deliver(name, apdu)
            return
        self._blocks_out.append((name, frame_block(apdu)))
        if len(self._blocks_out) == 1:
            await self._deliver(*self._blocks_out[0])

    async def _deliver(self, name: str, data: bytes) -> None:
        faults = self.faults.strike(name)
        await self._put(data, faults)
        if any(fault.action in {"mute", "close_line"} for fault in faults):
            self._end()

    # -- what it is told

    async def _obey(self, apdu: bytes) -> None:
        name = _COMMANDS.get(apdu[:2], "unknown")
        self._asked[name] += 1
        faults = self.faults.strike(name)
        acts = {fault.action: fault.value for fault in faults}
        if acts.keys() & {"mute", "close_line"}:
            await self._put(b"", faults)
            return
        refusal = self._refusal(name, acts)
        if name != "stop" and self._waiting is None:
            self._unanswered += bool(self._running)  # the till has given up what was under way
            self._end()
        answer = message("8000") if refusal is None else message(f"84{refusal:02x}")
        await self._say(f"{name}_taken", answer)
        if refusal is not None:
            return
        if name == "stop":
            await self._stop()
            return
        self._running = name
        data = apdu[5:] if apdu[2:3] == b"\xff" else apdu[3:]
        if name in _MOVES and self._manual:
            self._waiting = (name, data, faults)
            self._to_say.append(("doing", message("04ff", b"\x0a")))
        else:
            self._carry_out(name, data, acts)
        await self._go_on(first=True)

    def _refusal(self, name: str, acts: dict[str, float | None]) -> int | None:
        if "refuse" in acts:
            value = acts["refuse"]
            return _BUSY if value is None else int(value)
        if name == "unknown":
            return _UNKNOWN
        if name == "stop":
            return None if self._waiting is not None else _UNKNOWN
        return _BUSY if self._waiting is not None else None

    async def _stop(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._fail(waiting[0], 0, _STOPPED)
            await self._go_on(first=True)

    def _carry_out(self, name: str, data: bytes, acts: dict[str, float | None]) -> None:
        """Do what a command says, and line up what is to be said about it."""
        match name:
            case "register":
                self._registered, self._prints = True, not data[3] & 0x02
                self._to_say.append(("done", message("060f", b"\x19\x00\x29" + _TERMINAL_ID + b"\x49" + data[4:6])))
            case "health":
                self._to_say.append(("done", message("060f", b"\x00" if self._paper else bytes([_PAPER]))))
            case "last":
                self._last(data)
            case "close_day":
                total = sum(t.fen for t in self._transactions if t.kind == "pay" and not t.code and not t.reversed)
                self._to_say.append(("result", message("040f", b"\x27\x00\x04" + _digits(total, 6))))
                self._to_say.append(("done", message("060f")))
            case _:
                self._move(name, data, acts)

    def _move(self, name: str, data: bytes, acts: dict[str, float | None]) -> None:
        fen = int(data[1:7].hex()) if name == "pay" else int(data[7:13].hex())
        code = self._obstacle(name, data)
        if "decline" in acts:
            code = 5 if acts["decline"] is None else int(acts["decline"] or 0)
        if code:
            self._fail(name, fen, code)
            return
        if acts.get("other_amount"):
            fen = int(acts["other_amount"] or 0)
        if name == "reverse":
            self._named(data).reversed = True  # type: ignore[union-attr]  # an obstacle, had there been none
        done = self._book(name, fen, 0)
        self._to_say.append(("doing", message("04ff", b"\x0a")))
        self._to_say.append(("doing", message("04ff", b"\x04")))
        if "no_result" not in acts:
            self._to_say.append(("result", self._result(done)))
        if not self._prints:
            self._to_say += [("line", message("06d1", b"\x00" + line.encode("cp437"))) for line in _LINES]
        self._to_say.append(("done", message("060f")))

    def _obstacle(self, name: str, data: bytes) -> int:
        if not self._registered:
            return 0x6B
        if not self._paper:
            return _PAPER
        if name == "reverse":
            booked = self._named(data)
            if booked is None or booked.reversed:
                return 0xB4 if booked is not None else _NOT_POSSIBLE
        return 0

    def _named(self, data: bytes) -> Transaction | None:
        receipt = int(data[4:6].hex())
        return next((t for t in self._transactions if t.receipt == receipt and t.kind == "pay" and not t.code), None)

    def _fail(self, name: str, fen: int, code: int) -> None:
        failed = self._book(name, fen, code)
        self._to_say.append(("result", self._result(failed)))
        self._to_say.append(("done", message("061e", bytes([code]))))

    def _book(self, name: str, fen: int, code: int) -> Transaction:
        self._transactions.append(Transaction(len(self._transactions) + 1, name, fen, code))
        return self._transactions[-1]

    def _last(self, data: bytes) -> None:
        if not self._transactions:
            self._to_say.append(("done", message("061e", bytes([_UNKNOWN]))))
            return
        if data[3:] and data[4] & 0x01:
            self._to_say.append(("result", self._result(self._transactions[-1])))
        self._to_say.append(("done", message("060f")))

    @staticmethod
    def _result(done: Transaction) -> bytes:
        numbers = b"\x87" + _digits(done.receipt, 2) + b"\x0b" + _digits(done.receipt, 3)
        moment = b"\x0c\x12\x00" + _digits(done.receipt % 60, 1) + b"\x0d\x11\x25"
        card = bytes.fromhex(_CARD) if not done.code else b""
        amount = b"\x04" + _digits(done.fen, 6)
        tail = b"\x8a\x06\x8b\xf1\xf0UnionPay\x00\x00"
        return message(
            "040f", b"\x27" + bytes([done.code]) + amount + numbers + moment + b"\x29" + _TERMINAL_ID + card + tail
        )

    async def _go_on(self, *, first: bool = False) -> None:
        """Say the next thing, once the one before has been answered."""
        if self._to_say:
            what, apdu = self._to_say.popleft()
            await self._say(f"{self._running}_{what}", apdu)
        elif not first and self._waiting is None:
            self._end()

    def _end(self) -> None:
        self._to_say.clear()
        self._blocks_out.clear()
        self._waiting = None
        self._running = ""

    # -- the control channel

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """See ``SimulatedDevice``; the verbs are at the module's head."""
        match verb:
            case "card":
                await self._present()
            case "stop":
                if self._waiting is None:
                    raise ControlError("nothing waits that could be stopped")
                await self._stop()
            case "paper":
                if arguments.get("state") not in {"in", "out"}:
                    raise ControlError("state must be in or out")
                self._paper = arguments["state"] == "in"
            case "clear":
                self._transactions.clear()
                self._asked.clear()
                self._end()
            case "status":
                return self._status()
            case _:
                raise ControlError(f"there is no verb {verb!r}")
        return {}

    async def _present(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            raise ControlError("no payment waits for a card")
        name, data, faults = waiting
        quiet = not self._to_say
        self._carry_out(name, data, {fault.action: fault.value for fault in faults})
        if quiet:
            await self._go_on(first=True)

    def _status(self) -> dict[str, object]:
        return {
            "kind": "payment_terminal",
            "registered": self._registered,
            "running": self._running,
            "waiting": self._waiting is not None,
            "paper": "in" if self._paper else "out",
            "transactions": [asdict(t) for t in self._transactions],
            "asked": dict(self._asked),
            "refused": self._refused,
            "unanswered": self._unanswered,
        }


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator as a program."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, usage="options of the terminal:")
    parser.add_argument("--framing", choices=("serial", "tcp"), help="blocks or bare; by default as the line is")
    parser.add_argument("--manual", action="store_true", help="a payment waits for its card")
    given, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
    network = any(word.startswith("--tcp") for word in rest)
    blocks = given.framing == "serial" if given.framing else not network
    return run_simulator("payment_terminal", SimulatedTerminal(blocks=blocks, manual=given.manual), BAUD, rest)


if __name__ == "__main__":
    sys.exit(main())
