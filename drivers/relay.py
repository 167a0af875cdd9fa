"""A line between a driver and its device: what passes can be seen, held back or cut off.

``Relay`` offers a line of the same kind as the device's (a pty for a serial port, a USB printer or an input device; a
TCP port for a network device), opens the device itself, and carries bytes both ways. The driver is given ``url`` and
does not know. ``houzhen-devices sniff`` watches so, and the conformance checks take the device away so.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import pty
import socket
import tty
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from drivers.descriptor import FdTransport
from drivers.device import DeviceError
from drivers.line import deadline_in, open_error
from drivers.ports import find_input
from drivers.transport import open_transport

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from drivers.transport import Transport

_READ: Final = 4096
_FOR_EVER: Final = 3600.0
_CONNECT: Final = 5.0
_WRITE: Final = 5.0
_NOISE: Final = bytes.fromhex("FF00AAAA13AA0096551B7FC3") * 5
_NOISE_STEP: Final = 0.1
NETWORK_SCHEMES: Final = ("tcp", "rfc2217", "ipp")
SCHEMES: Final = ("serial", "usb", "input", *NETWORK_SCHEMES)
"""The kinds of line that can be stood in for."""


class Mode(enum.Enum):
    """What a relay does with the bytes."""

    PASS = "pass"  # noqa: S105 -- no password
    MUTE = "mute"
    """What the device says is lost; what the driver says still arrives."""
    DEAF = "deaf"
    """Nothing is taken from the driver, and nothing said to it."""
    NOISE = "noise"
    """Instead of the device there is noise without end."""


class Direction(enum.StrEnum):
    """Which way bytes go."""

    TO_DEVICE = ">"
    FROM_DEVICE = "<"


class Relay:
    """Stands before the device at ``device_url`` while its ``async with`` block runs.

    Args:
        device_url: where the device is; None = there is none, and ``kind`` says what its line would be.
        kind: the scheme of the line to offer.
        watch: told of each piece of bytes as it passes.

    Raises:
        DeviceError: on entering, what opening the device's own serial line ended in. A network device is reached only
            when the driver connects.
    """

    def __init__(
        self,
        device_url: str | None,
        *,
        kind: str | None = None,
        watch: Callable[[Direction, bytes], None] | None = None,
    ) -> None:
        self._device_url = device_url
        parts = urlsplit(device_url or "")
        self._scheme = kind or parts.scheme
        self._path = parts.path if self._scheme == "ipp" else ""
        self._query = parts.query
        self._watch = watch or (lambda _direction, _data: None)
        self._mode = Mode.PASS if device_url is not None else Mode.MUTE
        self._mode_changed = asyncio.Event()
        self._listener: socket.socket | None = None
        self._device: Transport | None = None
        self._near: set[FdTransport] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    async def __aenter__(self) -> Self:
        if self._scheme in NETWORK_SCHEMES:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self._listener.setblocking(False)  # noqa: FBT003 -- the library's own signature
            query = f"?{self._query}" if self._query else ""
            self.url = f"{self._scheme}://127.0.0.1:{self._listener.getsockname()[1]}{self._path}{query}"
            self._start(self._accept(self._listener))
            return self
        if self._device_url is not None:
            self._device = await _open(self._device_url)
        self._offer_pty()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cut()

    @property
    def mode(self) -> Mode:
        """What is done with the bytes now."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        self._mode_changed.set()

    async def cut(self) -> None:
        """Take the line away, as if it were unplugged. It does not come back."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        for near in list(self._near):
            await near.close()
        self._near.clear()
        if self._device is not None:
            await self._device.close()
            self._device = None
        if tasks:
            await asyncio.wait(tasks)

    # -- the line

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="relay")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _offer_pty(self) -> None:
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        path = os.ttyname(theirs)
        query = self._query
        if self._scheme == "input":
            query = "grab=0"  # a pty has no keys to grab
        self.url = f"{self._scheme}://{path}{f'?{query}' if query else ''}"

        def release() -> None:
            # Holding the far end open keeps the near one quiet while no driver is there.
            os.close(ours)
            os.close(theirs)

        near = FdTransport(self.url, ours, release)
        self._near.add(near)
        self._start(self._serve(near, self._device))

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                link, _ = await loop.sock_accept(listener)
            except OSError:
                return  # it was cut
            link.setblocking(False)  # noqa: FBT003 -- the library's own signature
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            near = FdTransport(self.url, link.fileno(), link.close)
            self._near.add(near)
            self._start(self._serve_connection(near))

    async def _serve_connection(self, near: FdTransport) -> None:
        device = None
        try:
            if self._device_url is not None:
                device = await _open(self._device_url)
            await self._serve(near, device)
        except DeviceError:
            pass  # the device refuses: so does this
        finally:
            self._near.discard(near)
            await near.close()
            if device is not None:
                await device.close()

    async def _serve(self, near: FdTransport, device: Transport | None) -> None:
        """Carry both ways until either end is lost."""
        ways = [
            asyncio.ensure_future(self._to_device(near, device)),
            asyncio.ensure_future(self._from_device(near, device)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
            await near.close()

    async def _to_device(self, near: FdTransport, device: Transport | None) -> None:
        with contextlib.suppress(DeviceError):
            while True:
                while self._mode is Mode.DEAF:
                    await self._until_mode_changes()
                data = await _read(near)
                if data is None:
                    continue
                self._watch(Direction.TO_DEVICE, data)
                if device is not None:
                    await device.write(data, deadline_in(_WRITE + device.line_time(len(data))))

    async def _from_device(self, near: FdTransport, device: Transport | None) -> None:
        with contextlib.suppress(DeviceError):
            while True:
                if self._mode is Mode.NOISE:
                    await asyncio.sleep(_NOISE_STEP)
                    with contextlib.suppress(DeviceError):
                        await near.write(_NOISE, deadline_in(_NOISE_STEP))
                    continue
                if device is None:
                    await self._until_mode_changes()
                    continue
                data = await _read(device)
                if data is not None and self._mode is Mode.PASS:
                    self._watch(Direction.FROM_DEVICE, data)
                    await near.write(data, deadline_in(_WRITE))

    async def _until_mode_changes(self) -> None:
        self._mode_changed.clear()
        await self._mode_changed.wait()


async def _read(line: Transport) -> bytes | None:
    """Read what comes; None = nothing came for very long."""
    try:
        return await line.read(_READ, deadline_in(_FOR_EVER))
    except DeviceError as failure:
        if failure.error == "timeout":
            return None
        raise


async def _open(url: str) -> Transport:
    parts = urlsplit(url)
    if parts.scheme == "input":
        path, _ = find_input(url)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as failure:
            raise open_error(url, failure) from failure
        return FdTransport(url, fd, lambda: os.close(fd))
    # Behind RFC 2217, and to a document printer, the driver's own client speaks: here only its bytes pass.
    if parts.scheme == "ipp":
        return await open_transport(f"tcp://{parts.netloc}", timeout=_CONNECT)
    return await open_transport(url.replace("rfc2217:", "tcp:", 1), timeout=_CONNECT)
