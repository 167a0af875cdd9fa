"""The simulated board: a screen, a power switch and its faults, around one of the protocols."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from drivers.call_display.simulator.wires import MORE, NOTHING_HERE, Screen
from drivers.faults import LINE_ACTIONS, FaultPlan, deliver
from drivers.simulator import ControlError

if TYPE_CHECKING:
    from drivers.call_display.simulator.wires import Wire
    from drivers.simulator import DeviceLine

_OWN_ACTIONS = frozenset({"refuse", "wrong_unit", "other_value", "damage_request", "lose_request"})


class SimulatedBoard:
    """A board as its host and a passer-by see it. See ``drivers.simulator.SimulatedDevice``."""

    def __init__(self, wire: Wire) -> None:
        self.faults = FaultPlan(LINE_ACTIONS | _OWN_ACTIONS)
        self._wire = wire
        self._screen = Screen()
        self._line: DeviceLine | None = None
        self._heard = self._written = b""
        self._asked: Counter[str] = Counter()
        self._rejected = 0
        self._powered = True
        self._changed = asyncio.Condition()

    def attached(self, line: DeviceLine) -> None:
        """See ``SimulatedDevice``."""
        self._line = line
        self._heard = b""

    def detached(self) -> None:
        """See ``SimulatedDevice``."""
        self._line = None

    async def receive(self, data: bytes) -> None:
        """Carry out every whole request in what was heard so far."""
        if not self._powered:
            return
        self._heard += data
        while self._heard:
            size = self._wire.size(self._heard)
            if size == MORE:
                return
            if size == NOTHING_HERE:
                self._heard = self._heard[1:]
                continue
            request = self._heard[:size]
            if not self._wire.right(request):
                self._rejected += 1
                self._heard = self._heard[1:]
                continue
            self._heard = self._heard[size:]
            await self._answer(request)

    async def _answer(self, request: bytes) -> None:
        name = self._wire.name(request)
        faults = self.faults.strike(name)
        own = {fault.action: fault.value for fault in faults if fault.action in _OWN_ACTIONS}
        if "lose_request" in own:
            return
        if "damage_request" in own and not self._wire.right(request[:-2] + bytes([request[-2] ^ 1]) + request[-1:]):
            self._rejected += 1
            return
        before = self._screen.history
        answer = self._wire.carry_out(request, self._screen, own)
        if self._screen.history is not before:
            self._written = request
        async with self._changed:
            self._asked[name] += 1
            self._changed.notify_all()
        if self._line is not None:
            await self._line.send(deliver(answer, faults))

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """See ``SimulatedDevice``; the verbs are told at the head of ``__main__``."""
        match verb:
            case "power":
                self._powered = arguments.get("on") is True
                if not self._powered:
                    self._heard = b""
                    self._wire.lose_power(self._screen)
            case "wait_shows":
                async with self._changed:
                    await self._changed.wait_for(lambda: self._screen.text == arguments.get("text"))
            case "wait_asked":
                await self._wait_asked(arguments)
            case "status":
                return {
                    "kind": "call_display",
                    "shows": self._screen.text,
                    "scrolls": self._screen.scrolls,
                    "brightness": self._screen.brightness,
                    "history": self._screen.history,
                    "wire": self._written.hex(" ").upper(),
                    "rejected": self._rejected,
                    "powered": self._powered,
                    "asked": dict(self._asked),
                }
            case _:
                raise ControlError(f"there is no verb {verb!r}")
        return {}

    async def _wait_asked(self, arguments: dict[str, object]) -> None:
        name, count = arguments.get("name"), arguments.get("count")
        if not isinstance(name, str) or not isinstance(count, int):
            raise ControlError("wait_asked needs a name and a count")
        async with self._changed:
            await self._changed.wait_for(lambda: self._asked[name] >= count)
