"""What every simulated device shares: a line, a control channel, a process that ends cleanly.

A simulator is a process of its own. It prints one line of JSON, ``{"url": ..., "control": ...}``, and then
serves:

* ``url`` is what a driver opens: a pty (``serial:///dev/pts/3``, or the ``--link``) or
  ``tcp://127.0.0.1:PORT``;
* ``control`` takes a JSON object a line, ``{"verb": ..., ...}``, and answers each with ``{"ok": true, ...}``
  or ``{"ok": false, "error": ...}``. Every simulator knows ``status``, ``fault`` (the keys of
  ``drivers.faults``), ``clear_fault`` (``action`` or all), ``unplug`` and ``plug``; the rest are its own.

After ``unplug`` a pty comes back under another name, as a USB adapter does; only its link stays the same.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import pty
import signal
import socket
import sys
import tty
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from drivers.descriptor import FdTransport
from drivers.device import DeviceError
from drivers.faults import Delivery, FaultPlan, FaultPlanError, parse_fault
from drivers.line import LineSettings, deadline_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SEND_LIMIT = 5.0
"""Seconds until a simulator gives up on a host that reads nothing; the bytes are lost, as on a real wire."""
_IDLE = 3600.0
_BY_HAND = Delivery((), unplug=True)
_PACE = 64
"""Bytes put on the wire at a time at true speed: 5.6 ms at 115,200 baud."""
_TICK = 0.001
"""Seconds below which sleeping is not worth it: the system's own timers are no finer."""
_LONGEST_REQUEST = 1 << 20


class ControlError(ValueError):
    """A request on the control channel cannot be carried out. The message says why."""


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
            try:
                await self._transport.write(part, deadline_in(_SEND_LIMIT))
            except DeviceError:
                return  # nobody reads: the bytes are lost, as on a real wire; a lost line shows at the next read
            self._sent_at += self._wire_time(len(part))
            await self._wait_until(self._sent_at)

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
        """Wait by the clock, not by the step: a step that came late is made up for by the next."""
        left = instant - asyncio.get_running_loop().time()
        if left > _TICK:
            await asyncio.sleep(left)

    async def close(self) -> None:
        """Close the line."""
        await self._transport.close()


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

    def __init__(self, device: SimulatedDevice, options: SimulatorOptions) -> None:
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
        control, address = await self._open_control()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._serve_line())
                await self._up.wait()
                announce({"url": self._url, "control": address})
                tasks.create_task(control.serve_forever())
        finally:
            control.close()
            if isinstance(self._options.control, Path):
                self._options.control.unlink(missing_ok=True)
            if self._options.link is not None:
                self._options.link.unlink(missing_ok=True)

    # -- the line

    async def _serve_line(self) -> None:
        while True:
            await self._plugged.wait()
            again = await (self._serve_tcp() if self._tcp else self._serve_pty())
            self._up.clear()
            self._down.set()
            if again is not _BY_HAND and again.unplug:
                self._plugged.clear()
            if again.replug_after is not None:
                asyncio.get_running_loop().call_later(again.replug_after, self._plugged.set)

    def _opened(self, url: str) -> None:
        self._url = url
        self._down.clear()
        self._up.set()

    async def _serve_pty(self) -> Delivery:
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
            # Holding the far end open keeps the near one quiet while no driver is there.
            os.close(ours)
            os.close(theirs)

        self._opened(f"serial://{path}?baud={self._options.baud}")
        try:
            return await self._attend(FdTransport(self._url, ours, release))
        finally:
            if self._options.link is not None:
                self._options.link.unlink(missing_ok=True)

    async def _serve_tcp(self) -> Delivery:
        """Take one connection at a time, as a printer does, until unplugged."""
        loop = asyncio.get_running_loop()
        with socket.create_server(self._tcp or ("127.0.0.1", 0), backlog=1) as listener:
            listener.setblocking(False)  # noqa: FBT003 -- the library's own signature
            self._tcp = listener.getsockname()[:2]
            rate = "" if self._options.fast else f"?baud={self._options.baud}"
            self._opened(f"tcp://{self._tcp[0]}:{self._tcp[1]}{rate}")
            while True:
                taken = loop.create_task(loop.sock_accept(listener))
                unplugged = self._until_unplugged()
                try:
                    waiting: set[asyncio.Future[Any]] = {taken, unplugged}
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    if unplugged.done():  # maybe in the same moment as somebody connects: then he is cut off
                        if taken.done():
                            taken.result()[0].close()
                        return unplugged.result()
                    link, _ = taken.result()
                finally:
                    taken.cancel()
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ended = await self._attend(FdTransport(self._url, link.fileno(), link.close))
                if ended.unplug:
                    return ended

    def _until_unplugged(self) -> asyncio.Future[Delivery]:
        unplugged: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()

        def unplug(how: Delivery) -> None:
            if not unplugged.done():
                unplugged.set_result(how)

        self._unplug = unplug
        return unplugged

    async def _attend(self, transport: FdTransport) -> Delivery:
        """Serve one line until it is unplugged or lost."""
        line = DeviceLine(transport, self._settings, fast=self._options.fast)
        by_hand = self._until_unplugged()
        self._device.attached(line)
        reading = asyncio.create_task(self._carry(line))
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
            self._device.detached()
            await line.close()

    async def _carry(self, line: DeviceLine) -> None:
        for fault in self._device.faults.strike("connect"):
            if fault.action == "close_line":
                await line.send(Delivery((), unplug=True, replug_after=fault.value or None))
        while True:
            while self._device.faults.holds("stop_reading"):
                self._fault_changed.clear()
                await self._fault_changed.wait()
            try:
                data = await line.read()
            except DeviceError:
                return  # the host closed its end
            await self._device.receive(data)

    # -- the control channel

    async def _open_control(self) -> tuple[asyncio.Server, str]:
        where = self._options.control
        if isinstance(where, Path):
            server = await asyncio.start_unix_server(self._attend_control, where, limit=_LONGEST_REQUEST)
            return server, f"unix://{where.absolute()}"
        server = await asyncio.start_server(self._attend_control, *where, limit=_LONGEST_REQUEST)
        host, port = server.sockets[0].getsockname()[:2]
        return server, f"tcp://{host}:{port}"

    async def _attend_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                while line := await reader.readline():
                    writer.write(json.dumps(await self._answer(line), ensure_ascii=False).encode() + b"\n")
                    await writer.drain()
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict) or not isinstance(request.get("verb"), str):
                raise ControlError('a request is an object with a "verb"')
            arguments = {key: value for key, value in request.items() if key != "verb"}
            return {"ok": True, **await self._carry_out(request["verb"], arguments)}
        except ValueError as failure:  # ControlError, FaultPlanError and broken JSON
            return {"ok": False, "error": str(failure)}

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


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def _address_or_path(text: str) -> tuple[str, int] | Path:
    return Path(text) if "/" in text else _address(text)


def run_simulator(kind: str, device: SimulatedDevice, baud: int, arguments: Sequence[str] | None = None) -> int:
    """Run a simulator as a program, from its command line until a signal; return the exit status.

    Args:
        kind: what it simulates, for ``--help``.
        device: its behaviour.
        baud: the device's usual rate in bits per second.
        arguments: the command line; None = this process's.
    """
    parser = argparse.ArgumentParser(prog=f"python -m drivers.{kind}.simulator")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--tcp", type=_address, metavar="HOST:PORT", help="listen here; port 0 = any free one")
    way.add_argument("--pty", action="store_true", help="be a serial port (the default)")
    parser.add_argument("--link", type=Path, metavar="PATH", help="a symbolic link that follows the pty")
    parser.add_argument("--control", type=_address_or_path, default=("127.0.0.1", 0), metavar="HOST:PORT|PATH")
    parser.add_argument("--baud", type=int, default=baud)
    parser.add_argument("--fast", action="store_true", help="as fast as the machine goes, not at the baud rate")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan in TOML")
    parser.add_argument("--parent-stdin", action="store_true", help="end when standard input is closed")
    given = parser.parse_args(arguments)
    if given.baud <= 0:
        parser.error(f"--baud {given.baud} is not a rate")
    if given.faults is not None:
        try:
            device.faults.load(given.faults)
        except FaultPlanError as failure:
            parser.error(str(failure))
    ended = 0
    options = SimulatorOptions(given.tcp, given.link, given.control, given.fast, given.baud)
    try:
        asyncio.run(_run_until_told(device, options, parent_stdin=given.parent_stdin))
    except* OSError as failures:
        for reason in failures.exceptions:
            print(f"{parser.prog}: cannot open its line: {reason}", file=sys.stderr)  # noqa: T201 -- its error
        ended = 1
    return ended


async def _run_until_told(device: SimulatedDevice, options: SimulatorOptions, *, parent_stdin: bool) -> None:
    loop = asyncio.get_running_loop()
    serving = loop.create_task(Simulator(device, options).run(_announce))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    if parent_stdin:

        def heard() -> None:
            if not os.read(0, 4096):
                loop.remove_reader(0)
                serving.cancel()

        loop.add_reader(0, heard)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _announce(addresses: dict[str, str]) -> None:
    print(json.dumps(addresses), flush=True)  # noqa: T201 -- what the starter waits for
