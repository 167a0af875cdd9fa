"""The device's end of a line, and what a simulator brings to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from drivers.device import DeviceError
from drivers.faults import Delivery, FaultPlan
from drivers.line import LineSettings, deadline_in

if TYPE_CHECKING:
    from drivers.descriptor import FdTransport

_SEND_LIMIT = 5.0
"""Seconds until a simulator gives up on a host that reads nothing; the bytes are lost, as on a real wire."""
_IDLE = 3600.0
_PACE = 64
"""Bytes put on the wire at a time at true speed: 5.6 ms at 115,200 baud."""


class SimulatedDevice(Protocol):
    """What a simulator brings: its behaviour. Everything else is here."""

    faults: FaultPlan

    def attached(self, line: DeviceLine) -> None:
        """Take note that a host's line is there; answers go to ``line.send``."""
        ...

    async def receive(self, data: bytes) -> None:
        """Take bytes from the host."""
        ...

    def detached(self) -> None:
        """Take note that the line is gone: what was half received is lost."""
        ...

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """Carry out one of the simulator's own verbs; ``status`` asks for its state.

        Raises:
            ControlError: the verb is unknown, or its arguments are wrong.
        """
        ...


class DeviceLine:
    """The device's end of a line, paced at the line's rate or as fast as the machine goes."""

    def __init__(self, transport: FdTransport, settings: LineSettings, *, fast: bool) -> None:
        self._transport = transport
        self._settings = settings
        self._fast = fast
        self._sending = asyncio.Lock()
        self._sent_at = self._read_at = 0.0
        """When the wire has carried what was put on it, and what was taken from it."""
        self.unplugged: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()

    async def send(self, delivery: Delivery) -> None:
        """Put an answer on the wire, whole and in order; returns when the last byte is out."""
        async with self._sending:
            due = asyncio.get_running_loop().time()
            for wait, piece in delivery.pieces:
                due += wait
                await self._wait_until(due)
                await self._put(piece)
                due += self._wire_time(len(piece))
            if delivery.unplug and not self.unplugged.done():
                self.unplugged.set_result(delivery)

    async def _put(self, data: bytes) -> None:
        step = len(data) if self._fast else _PACE
        self._sent_at = max(self._sent_at, asyncio.get_running_loop().time())
        for start in range(0, len(data), step):
            part = data[start : start + step]
            # A byte has arrived when the wire has carried it, and no sooner.
            self._sent_at += self._wire_time(len(part))
            await self._wait_until(self._sent_at)
            try:
                await self._transport.write(part, deadline_in(_SEND_LIMIT))
            except DeviceError:
                return  # nobody reads: the bytes are lost, as on a real wire; a lost line shows at the next read

    async def read(self) -> bytes:
        """Take what the host sent, no faster than the wire carries it."""
        idle = False
        while True:
            try:
                data = await self._transport.read(4096 if self._fast else _PACE, deadline_in(_IDLE if idle else 0.0))
            except DeviceError as failure:
                if failure.error == "timeout":
                    idle = True
                    continue
                raise
            if idle:
                self._read_at = max(self._read_at, asyncio.get_running_loop().time())
            self._read_at += self._wire_time(len(data))
            await self._wait_until(self._read_at)
            return data

    def _wire_time(self, nbytes: int) -> float:
        return 0.0 if self._fast else nbytes * self._settings.bits_per_byte / self._settings.baud

    @staticmethod
    async def _wait_until(instant: float) -> None:
        """Wait by the clock, not by the step: a step that came late is made up for by the next, and none is early."""
        left = instant - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)

    async def close(self) -> None:
        """Close the line."""
        await self._transport.close()
