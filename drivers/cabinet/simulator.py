"""A simulated cabinet board: ``python -m drivers.cabinet.simulator [--lights N] [--contacts N] [--scale FACTOR]``.

It shares no code with the driver's codec: stuffing and check are written here a second time, from docs/cabinet.md. Its
own options:

* ``--lights`` (4) and ``--contacts`` (4): how many it has; ``--no-watchdog``: without the wire to the machine's reset;
* ``--scale``: how long one of its seconds lasts (1.0), for tests that do not want to wait for a watchdog.

All contacts are closed when it starts. Beside the verbs of ``drivers.simulator`` its control channel knows:

* ``contact``: ``number`` and ``state`` (``open``, ``closed``): somebody moves it; answers when it counts;
* ``bounce``: ``number`` and ``times``: it flutters faster than the board takes for a change, and is as it was;
* ``power_cycle``: the board loses its settings, its lights and its counters;
* ``wait_light``: ``number`` and ``pattern``: answers when that light shines so;
* ``wait_reset``: ``count``: answers when the watchdog has pulled so many times;
* ``wait_watchdog``: ``seconds``: answers when it is armed for so long, or put off (0);
* ``status``: ``lights`` (pattern and brightness), ``contacts``, ``latched``, ``debounce_ms``, ``watchdog`` (seconds,
  0 = off), ``fed`` (how often), ``resets`` (how often it pulled), ``rejected`` (frames that were damaged).

Its faults beside the line's: ``refuse`` (``value`` is the result, 3), ``other_version`` (of the protocol),
``lose_event``. Answers are named ``identify``, ``light``, ``state``, ``debounce``, ``watchdog``, ``clear``, and what it
tells by itself ``event`` and ``heartbeat``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.faults import LINE_ACTIONS, FaultPlan, deliver
from drivers.simulator import ControlError, run_simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from drivers.simulator import DeviceLine

BAUD: Final = 115_200
_HEARTBEAT: Final = 1.0
_LIGHTS_OUT: Final = 30.0
_COMMANDS: Final = {1: "identify", 2: "light", 3: "state", 4: "debounce", 5: "watchdog", 6: "clear"}
_MOST_HELD: Final = 256


def crc(data: bytes) -> int:
    """Reckon CRC-16/IBM-3740, bit by bit."""
    register = 0xFFFF
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ 0x1021) & 0xFFFF if register & 0x8000 else register << 1
    return register


def packed(body: bytes) -> bytes:
    """Put check, stuffing and the zeros around ``body``."""
    plain = body + crc(body).to_bytes(2, "big")
    frame = bytearray([0])
    mark = 0
    for byte in plain:
        if byte:
            frame.append(byte)
        else:
            frame[mark] = len(frame) - mark
            mark = len(frame)
            frame.append(0)
    frame[mark] = len(frame) - mark
    return b"\0" + bytes(frame) + b"\0"


def unpacked(frame: bytes) -> bytes | None:
    """Take stuffing and check off a frame without its zero; None where it is damaged."""
    body = bytearray()
    left = 0
    for index, byte in enumerate(frame):
        if left == 0:
            if index:
                body.append(0)
            left = byte
        else:
            body.append(byte)
        left -= 1
    if left or len(body) < 4 or crc(bytes(body)):  # noqa: PLR2004 -- kind, sequence and check
        return None  # a check over itself leaves nothing
    return bytes(body[:-2])


@dataclass(slots=True)
class _Contact:
    raw: bool = True
    closed: bool = True
    latched: bool = False
    changes: int = 0
    debounce_ms: int = 50
    settling: asyncio.TimerHandle | None = None


class SimulatedCabinet:
    """The board's behaviour (``drivers.simulator.SimulatedDevice``)."""

    def __init__(self, lights: int, contacts: int, *, has_watchdog: bool, scale: float) -> None:
        self.faults = FaultPlan(LINE_ACTIONS | {"refuse", "other_version", "lose_event"})
        self._lights = [(0, 0)] * lights
        self._contacts = [_Contact() for _ in range(contacts)]
        self._has_watchdog = has_watchdog
        self._scale = scale
        self._line: DeviceLine | None = None
        self._heard = b""
        self._sequence = 0
        self._started = 0.0
        self._watchdog = self._fed = self._resets = self._rejected = 0
        self._asked: Counter[str] = Counter()
        self._bark: asyncio.TimerHandle | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._beating: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()

    # -- the line

    def attached(self, line: DeviceLine) -> None:
        """See ``SimulatedDevice``."""
        self._line = line
        self._heard = b""
        if not self._started:
            self._started = asyncio.get_running_loop().time()
        if self._beating is None:
            self._beating = asyncio.get_running_loop().create_task(self._beat())

    def detached(self) -> None:
        """See ``SimulatedDevice``. The board goes on: it has its own supply."""
        self._line = None

    async def receive(self, data: bytes) -> None:
        """Carry out every whole question."""
        self._heard = (self._heard + data)[-_MOST_HELD:]
        while b"\0" in self._heard:
            frame, _, self._heard = self._heard.partition(b"\0")
            if frame:
                await self._obey(unpacked(frame))

    async def _obey(self, body: bytes | None) -> None:
        if body is None:
            self._rejected += 1
            return
        self._silence = self._later(self._silence, _LIGHTS_OUT, self._go_dark)
        kind, sequence, payload = body[0], body[1], body[2:]
        name = _COMMANDS.get(kind, "unknown")
        self._asked[name] += 1
        faults = self.faults.strike(name)
        refused = [fault for fault in faults if fault.action == "refuse"]
        result, data = (int(refused[0].value or 3), b"") if refused else self._carry_out(name, payload)
        if any(fault.action == "other_version" for fault in faults):
            data = bytes([data[0] + 1]) + data[1:]
        async with self._changed:
            self._changed.notify_all()
        if self._line is not None:
            await self._line.send(deliver(packed(bytes([kind | 0x80, sequence, result]) + data), faults))

    def _carry_out(self, name: str, payload: bytes) -> tuple[int, bytes]:
        sizes = {"identify": 0, "light": 3, "state": 0, "debounce": 3, "watchdog": 1, "clear": 1}
        if len(payload) != sizes.get(name):
            return 2 if name in sizes else 1, b""
        match name:
            case "identify":
                facts = [1, 2, 7, len(self._lights), len(self._contacts), int(self._has_watchdog)]
                return 0, bytes(facts) + bytes.fromhex("00C0FFEE")
            case "state":
                return 0, self._state(0)
            case "light":
                return self._light(*payload)
            case "watchdog":
                return self._feed(payload[0])
            case _:
                return self._set_contact(name, payload)

    def _light(self, number: int, pattern: int, brightness: int) -> tuple[int, bytes]:
        if number >= len(self._lights):
            return 4, b""
        if pattern > 3 or brightness > 100:  # noqa: PLR2004 -- four patterns, percent
            return 3, b""
        self._lights[number] = (pattern, brightness if pattern else 0)
        return 0, b""

    def _feed(self, seconds: int) -> tuple[int, bytes]:
        if not self._has_watchdog:
            return 4, b""
        if 0 < seconds < 10:  # noqa: PLR2004 -- a machine takes longer to start
            return 3, b""
        self._watchdog = seconds
        self._fed += seconds > 0
        self._bark = self._later(self._bark, float(seconds), self._pull)
        return 0, b""

    def _set_contact(self, name: str, payload: bytes) -> tuple[int, bytes]:
        if payload[0] >= len(self._contacts):
            return 4, b""
        contact = self._contacts[payload[0]]
        if name == "clear":
            contact.latched = not contact.closed
            return 0, b""
        milliseconds = int.from_bytes(payload[1:], "big")
        if not 5 <= milliseconds <= 1000:  # noqa: PLR2004 -- as documented
            return 3, b""
        contact.debounce_ms = milliseconds
        return 0, b""

    # -- what it does by itself

    def _state(self, cause: int) -> bytes:
        uptime = int((asyncio.get_running_loop().time() - self._started) / self._scale)
        closed = sum(one.closed << number for number, one in enumerate(self._contacts))
        latched = sum(one.latched << number for number, one in enumerate(self._contacts))
        head = uptime.to_bytes(4, "big") + bytes([cause]) + closed.to_bytes(2, "big") + latched.to_bytes(2, "big")
        return head + bytes(one.changes % 256 for one in self._contacts)

    async def _tell(self, cause: int, name: str) -> None:
        faults = self.faults.strike(name)
        if self._line is None or any(fault.action == "lose_event" for fault in faults):
            return
        self._sequence = (self._sequence + 1) % 256
        await self._line.send(deliver(packed(bytes([0xC0, self._sequence]) + self._state(cause)), faults))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT * self._scale)
            await self._tell(1, "heartbeat")

    def _later(
        self, before: asyncio.TimerHandle | None, seconds: float, act: Callable[[], None]
    ) -> asyncio.TimerHandle | None:
        if before is not None:
            before.cancel()
        return asyncio.get_running_loop().call_later(seconds * self._scale, act) if seconds else None

    def _go_dark(self) -> None:
        self._lights = [(0, 0)] * len(self._lights)
        self._notify()

    def _pull(self) -> None:
        """Pull the machine's reset. The machine starts; until it feeds again the watchdog sleeps."""
        self._resets += 1
        self._watchdog = 0
        self._notify()

    def _notify(self) -> None:
        self._spawn(self._wake())

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    # -- hands

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """See ``SimulatedDevice``; the verbs are at the module's head."""
        match verb:
            case "contact":
                state = arguments.get("state")
                if state not in {"open", "closed"}:
                    raise ControlError(f"state = {state!r} is not open or closed")
                await self._move(_number(arguments, "number", len(self._contacts)), closed=state == "closed")
            case "bounce":
                await self._bounce(arguments)
            case "power_cycle":
                await self._power_cycle()
            case "wait_light":
                number, pattern = _number(arguments, "number", len(self._lights)), _number(arguments, "pattern", 4)
                await self._until(lambda: self._lights[number][0] == pattern)
            case "wait_reset":
                count = _number(arguments, "count", _MOST_HELD)
                await self._until(lambda: self._resets >= count)
            case "wait_watchdog":
                seconds = _number(arguments, "seconds", _MOST_HELD)
                await self._until(lambda: self._watchdog == seconds)
            case "status":
                return self._report()
            case _:
                raise ControlError(f"there is no verb {verb!r}")
        return {}

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(holds)

    async def _move(self, number: int, *, closed: bool) -> None:
        contact = self._contacts[number]
        self._touch(contact, closed=closed)
        await self._until(lambda: contact.closed == closed)

    def _touch(self, contact: _Contact, *, closed: bool) -> None:
        """Move the metal; the change counts when it has held still for the debounce time."""
        contact.raw = closed
        hold = contact.debounce_ms / 1000 / self._scale  # _later scales; debouncing is real time
        contact.settling = self._later(contact.settling, hold, lambda: self._settle(contact))

    def _settle(self, contact: _Contact) -> None:
        if contact.raw != contact.closed:
            contact.closed = contact.raw
            contact.changes += 1
            contact.latched = contact.latched or not contact.closed
            self._spawn(self._tell(2, "event"))
        self._notify()

    async def _bounce(self, arguments: dict[str, object]) -> None:
        contact = self._contacts[_number(arguments, "number", len(self._contacts))]
        for _ in range(_number(arguments, "times", _MOST_HELD)):
            self._touch(contact, closed=not contact.closed)
            self._touch(contact, closed=contact.closed)
            await asyncio.sleep(0)
        await asyncio.sleep(2 * contact.debounce_ms / 1000)

    async def _power_cycle(self) -> None:
        for contact in self._contacts:
            contact.changes, contact.latched, contact.debounce_ms = 0, False, 50
        self._lights = [(0, 0)] * len(self._lights)
        self._watchdog = 0
        self._bark = self._later(self._bark, 0, self._pull)
        self._started = asyncio.get_running_loop().time()
        await self._tell(3, "event")

    def _report(self) -> dict[str, object]:
        return {
            "lights": [list(one) for one in self._lights],
            "contacts": ["closed" if one.closed else "open" for one in self._contacts],
            "latched": [one.latched for one in self._contacts],
            "debounce_ms": [one.debounce_ms for one in self._contacts],
            "watchdog": self._watchdog,
            "fed": self._fed,
            "resets": self._resets,
            "rejected": self._rejected,
            "asked": dict(self._asked),
        }


def _number(arguments: dict[str, object], key: str, below: int) -> int:
    value = arguments.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < below:
        raise ControlError(f"{key} = {value!r} is not a number from 0 to {below - 1}")
    return value


def main(arguments: list[str]) -> int:
    """Run the simulator until it is told to end; return the exit status."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, usage="options of the cabinet board:")
    parser.add_argument("--lights", type=int, default=4, help="how many lights it has, at most 16")
    parser.add_argument("--contacts", type=int, default=4, help="how many contacts it has, at most 16")
    parser.add_argument("--no-watchdog", action="store_true", help="no wire to the machine's reset")
    parser.add_argument("--scale", type=float, default=1.0, help="how long one of its seconds lasts")
    given, rest = parser.parse_known_args(arguments)
    if {"-h", "--help"} & set(rest):
        parser.print_help()
    if not 0 <= given.lights <= 16 or not 0 <= given.contacts <= 16 or given.scale <= 0:  # noqa: PLR2004
        parser.error("--lights and --contacts are 0 to 16, --scale is positive")
    board = SimulatedCabinet(given.lights, given.contacts, has_watchdog=not given.no_watchdog, scale=given.scale)
    return run_simulator("cabinet", board, BAUD, rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
