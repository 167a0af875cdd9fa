"""A simulated device in service: its line, plugged in and out, and what is told it by its control channel."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import socket
import tty
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.descriptor import FdTransport
from drivers.device import DeviceError
from drivers.faults import Delivery, parse_fault
from drivers.line import LineSettings
from drivers.simulator.control import ControlChannel
from drivers.simulator.line import DeviceLine, SimulatedDevice
from drivers.simulator.network import NetworkDevice, serve_network

if TYPE_CHECKING:
    from collections.abc import Callable

_BY_HAND = Delivery((), unplug=True)


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """How a simulator is reached and how fast it is. ``tcp`` and ``control`` are (host, port)."""

    tcp: tuple[str, int] | None = None
    link: Path | None = None
    control: tuple[str, int] | Path = ("127.0.0.1", 0)
    fast: bool = False
    baud: int = 115200


class Simulator:
    """A simulated device on its line, with its control channel."""

    def __init__(self, device: SimulatedDevice | NetworkDevice, options: SimulatorOptions) -> None:
        self._device = device
        self._options = options
        self._settings = LineSettings(baud=options.baud)
        self._url = ""
        self._tcp = options.tcp
        self._plugged = asyncio.Event()
        self._unplug: Callable[[Delivery], None] | None = None
        self._fault_changed = asyncio.Event()
        self._up = asyncio.Event()
        self._down = asyncio.Event()

    @property
    def url(self) -> str:
        """Where a driver reaches the device now."""
        return self._url

    async def run(self, announce: Callable[[dict[str, str]], None]) -> None:
        """Serve until cancelled. ``announce`` is given the addresses once both are open."""
        self._plugged.set()
        channel = ControlChannel(self._options.control, self._carry_out)
        control, address = await channel.open()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.serve_line())
                if isinstance(self._device, NetworkDevice):
                    tasks.create_task(self._device.work())
                await self._up.wait()
                announce({"url": self._url, "control": address})
                tasks.create_task(control.serve_forever())
        finally:
            control.close()
            channel.remove()
            if self._options.link is not None:
                self._options.link.unlink(missing_ok=True)

    # -- the line

    async def serve_line(self) -> None:
        """Serve the line, again and again while it is plugged in. A simulator may bring a kind of line of its own."""
        while True:
            await self.until_plugged()
            device = self._device
            if isinstance(device, NetworkDevice):
                again = await self._serve_network(device)
            else:
                again = await (self._serve_tcp(device) if self._tcp else self._serve_pty(device))
            self.went_down(again)

    async def until_plugged(self) -> None:
        """Wait until the device is plugged in."""
        await self._plugged.wait()

    def went_down(self, how: Delivery) -> None:
        """Take note that the line is gone, and whether, and when, it is plugged in again."""
        self._up.clear()
        self._down.set()
        if how is not _BY_HAND and how.unplug:
            self._plugged.clear()
        if how.replug_after is not None:
            asyncio.get_running_loop().call_later(how.replug_after, self._plugged.set)

    def came_up(self, url: str) -> None:
        """Take note that a driver reaches the device at ``url`` from now on."""
        self._url = url
        self._down.clear()
        self._up.set()

    async def _serve_network(self, device: NetworkDevice) -> Delivery:
        unplugged = self.until_unplugged()
        device.fault_cleared = self._fault_changed
        if self._unplug is not None:
            device.unplug = self._unplug

        def opened(address: tuple[str, int]) -> None:
            self._tcp = address
            self.came_up(f"{device.scheme}://{address[0]}:{address[1]}{device.path}")

        return await serve_network(device, self._tcp or ("127.0.0.1", 0), opened, unplugged)

    async def _serve_pty(self, device: SimulatedDevice) -> Delivery:
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        path = os.ttyname(theirs)
        if self._options.link is not None:
            fresh = self._options.link.with_name(self._options.link.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(path)
            fresh.replace(self._options.link)
            path = str(self._options.link.absolute())

        def release() -> None:
            # The name goes first: the pty's number may be another program's in the next moment.
            if self._options.link is not None:
                self._options.link.unlink(missing_ok=True)
            # Holding the far end open keeps the near one quiet while no driver is there.
            os.close(ours)
            os.close(theirs)

        self.came_up(f"serial://{path}?baud={self._options.baud}")
        return await self._attend(device, FdTransport(self._url, ours, release))

    async def _serve_tcp(self, device: SimulatedDevice) -> Delivery:
        """Take one connection at a time, as a printer does, until unplugged."""
        loop = asyncio.get_running_loop()
        with socket.create_server(self._tcp or ("127.0.0.1", 0), backlog=1) as listener:
            listener.setblocking(False)  # noqa: FBT003 -- the library's own signature
            self._tcp = listener.getsockname()[:2]
            rate = "" if self._options.fast else f"?baud={self._options.baud}"
            self.came_up(f"tcp://{self._tcp[0]}:{self._tcp[1]}{rate}")
            while True:
                taken = loop.create_task(loop.sock_accept(listener))
                unplugged, served = self.until_unplugged(), False
                try:
                    waiting: set[asyncio.Future[Any]] = {taken, unplugged}
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    if unplugged.done():
                        return unplugged.result()
                    link, served = taken.result()[0], True
                finally:
                    # Who connects in the moment in which this is unplugged, or ends, is cut off.
                    if not taken.cancel() and not served and taken.exception() is None:
                        taken.result()[0].close()
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ended = await self._attend(device, FdTransport(self._url, link.fileno(), link.close))
                if ended.unplug:
                    return ended

    def until_unplugged(self) -> asyncio.Future[Delivery]:
        """Return what is done once the device is unplugged by hand."""
        unplugged: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()

        def unplug(how: Delivery) -> None:
            if not unplugged.done():
                unplugged.set_result(how)

        self._unplug = unplug
        return unplugged

    async def _attend(self, device: SimulatedDevice, transport: FdTransport) -> Delivery:
        """Serve one line until it is unplugged or lost."""
        line = DeviceLine(transport, self._settings, fast=self._options.fast)
        by_hand = self.until_unplugged()
        device.attached(line)
        reading = asyncio.create_task(self._carry(device, line))
        try:
            waiting: set[asyncio.Future[Any]] = {reading, by_hand, line.unplugged}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for end in (by_hand, line.unplugged):
                if end.done():
                    return end.result()
            reading.result()
            return Delivery(())
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            device.detached()
            await line.close()

    async def _carry(self, device: SimulatedDevice, line: DeviceLine) -> None:
        for fault in device.faults.strike("connect"):
            if fault.action == "close_line":
                await line.send(Delivery((), unplug=True, replug_after=fault.value or None))
        while True:
            while device.faults.holds("stop_reading"):
                self._fault_changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(device.faults.left("stop_reading")):
                        await self._fault_changed.wait()
            try:
                data = await line.read()
            except DeviceError:
                return  # the host closed its end
            await device.receive(data)

    # -- what it is told

    async def _carry_out(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        faults = self._device.faults
        match verb:
            case "fault":
                faults.set(parse_fault(arguments, faults.actions))
            case "clear_fault":
                action = arguments.get("action")
                faults.clear(str(action) if action is not None else None)
                self._fault_changed.set()
            case "unplug":
                if self._unplug is not None and self._plugged.is_set():
                    self._plugged.clear()
                    self._unplug(_BY_HAND)
                await self._down.wait()
            case "plug":
                self._plugged.set()
                await self._up.wait()
            case "status":
                own = await self._device.control(verb, arguments)
                return {"url": self._url, "plugged": self._plugged.is_set(), "faults": faults.as_data(), **own}
            case _:
                return await self._device.control(verb, arguments)
        return {}
