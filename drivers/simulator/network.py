"""Simulated devices that are servers on a network."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.faults import Delivery, FaultPlan


class NetworkDevice(ABC):
    """A device that is a server on a network: it takes several connections at once.

    Attributes:
        scheme: what its address begins with.
        path: what its address ends with.
        faults: what can go wrong.
        unplug: pulls the device's plug, from within; set while it is plugged in.
        fault_cleared: set when faults are taken back.
    """

    scheme: str
    path: str
    faults: FaultPlan
    unplug: Callable[[Delivery], None]
    fault_cleared: asyncio.Event

    @abstractmethod
    async def work(self) -> None:
        """Do what the device does by itself, for ever."""

    @abstractmethod
    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end. Cancelled when the device is unplugged."""

    @abstractmethod
    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """Carry out one of the simulator's own verbs; ``status`` asks for its state."""


async def serve_network(
    device: NetworkDevice,
    address: tuple[str, int],
    opened: Callable[[tuple[str, int]], None],
    unplugged: asyncio.Future[Delivery],
) -> Delivery:
    """Take connections for a device until it is unplugged.

    Args:
        device: what serves them.
        address: host and port to listen at; 0 = any free one.
        opened: told the address once it listens.
        unplugged: how it ends.
    """
    attending: set[asyncio.Task[None]] = set()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                await device.attend(reader, writer)
        finally:
            writer.close()

    def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(attend(reader, writer))
        attending.add(task)
        task.add_done_callback(attending.discard)

    server = await asyncio.start_server(taken, *address)
    opened(server.sockets[0].getsockname()[:2])
    try:
        return await unplugged
    finally:
        server.close()
        for task in attending:
            task.cancel()
        await asyncio.gather(*attending, return_exceptions=True)
