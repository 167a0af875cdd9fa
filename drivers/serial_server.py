"""A serial port behind a serial server that speaks RFC 2217.

The protocol's client is pyserial's, which blocks; one thread reads and one writes, and neither outlives
``close``.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import serial

from drivers.line import open_error, transport_error

if TYPE_CHECKING:
    from drivers.line import LineSettings

_SLICE = 0.05
"""Seconds the reading thread waits at a time, and so the longest that ``close`` takes."""


class Rfc2217Transport:
    """``drivers.transport.Transport`` over pyserial's RFC 2217 client."""

    def __init__(self, url: str, port: serial.SerialBase, settings: LineSettings) -> None:
        self._url = url
        self._port = port
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._held = bytearray()
        self._arrived = asyncio.Event()
        self._sent = 0
        self._open = True
        self._gone = False
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="rfc2217")
        self._reader = self._loop.run_in_executor(self._threads, self._pump)
        self._writing: asyncio.Future[object] | None = None

    @property
    def url(self) -> str:
        """See ``Transport``."""
        return self._url

    @property
    def bits_per_second(self) -> int | None:
        """See ``Transport``."""
        return self._settings.baud

    @property
    def bytes_sent(self) -> int:
        """See ``Transport``."""
        return self._sent

    def line_time(self, nbytes: int) -> float:
        """See ``Transport``."""
        return nbytes * self._settings.bits_per_byte / self._settings.baud

    def _pump(self) -> None:
        """Carry what arrives to the loop, until closed or lost. Runs in the reading thread."""
        try:
            while not self._stop.is_set():
                data = self._port.read(1)
                if data:
                    data += self._port.read(_waiting(self._port))
                    self._loop.call_soon_threadsafe(self._receive, data)
        except OSError:  # SerialException is one; a dead line may also raise a plain one
            self._loop.call_soon_threadsafe(self._lose)

    def _receive(self, data: bytes) -> None:
        self._held += data
        self._arrived.set()

    def _lose(self) -> None:
        self._gone = True
        self._arrived.set()

    def _require_open(self) -> None:
        if not self._open:
            raise transport_error("closed", self._url)

    async def _hold(self, n: int, deadline: float) -> None:
        """Wait until ``n`` bytes are held."""
        while True:
            self._require_open()
            if len(self._held) >= n:
                return
            if self._gone:
                raise transport_error("gone", self._url)
            self._arrived.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._arrived.wait()
            except TimeoutError as late:
                raise transport_error("timeout", self._url) from late

    def _take(self, n: int) -> bytes:
        data = bytes(self._held[:n])
        del self._held[:n]
        return data

    async def read(self, n_max: int, deadline: float) -> bytes:
        """See ``Transport``."""
        await self._hold(1, deadline)
        return self._take(n_max)

    async def read_exactly(self, n: int, deadline: float) -> bytes:
        """See ``Transport``."""
        await self._hold(n, deadline)
        return self._take(n)

    async def write(self, data: bytes, deadline: float) -> None:
        """See ``Transport``. ``bytes_sent`` counts whole writes: the thread tells no more."""
        self._require_open()
        if self._writing is not None and not self._writing.done():
            raise transport_error("closed", self._url)
        if self._gone:
            raise transport_error("gone", self._url)
        self._writing = self._loop.run_in_executor(self._threads, self._port.write, data)
        self._writing.add_done_callback(_observe)
        await self._written(self._writing, deadline)
        self._sent += len(data)

    async def drain(self, deadline: float) -> None:
        """See ``Transport``. RFC 2217 has no such question: a write that returned has left here."""
        self._require_open()
        if self._writing is not None and not self._writing.done():
            await self._written(self._writing, deadline)

    async def _written(self, writing: asyncio.Future[object], deadline: float) -> None:
        """Wait for a write; the thread goes on with one that is given up."""
        try:
            async with asyncio.timeout_at(deadline):
                await asyncio.shield(writing)
        except TimeoutError as late:
            raise transport_error("timeout", self._url) from late
        except OSError as failure:
            raise transport_error("gone", self._url) from failure

    def flush_input(self) -> int:
        """See ``Transport``."""
        self._require_open()
        thrown = len(self._held)
        self._held.clear()
        return thrown

    async def close(self) -> None:
        """See ``Transport``."""
        if not self._open:
            return
        self._open = False
        self._stop.set()
        self._arrived.set()
        await self._reader
        with contextlib.suppress(OSError):
            await self._loop.run_in_executor(None, self._port.close)
        self._threads.shutdown(wait=False)


def _waiting(port: serial.SerialBase) -> int:
    """Count the bytes already here (the attribute is missing from the published types)."""
    return int(getattr(port, "in_waiting", 0))


def _observe(future: asyncio.Future[object]) -> None:
    """Take note of a write's failure even where the writer gave up waiting for it."""
    if not future.cancelled():
        future.exception()


async def open_rfc2217(url: str, host: str, port: int, settings: LineSettings, timeout: float) -> Rfc2217Transport:
    """Connect to a serial server and set the line's rate.

    Raises:
        DeviceError: ``no_device`` or ``timeout``.
    """
    loop = asyncio.get_running_loop()

    def connect() -> serial.SerialBase:
        return serial.serial_for_url(
            f"rfc2217://{host}:{port}?timeout={timeout}",
            baudrate=settings.baud,
            bytesize=settings.bytesize,
            parity=settings.parity,
            stopbits=settings.stopbits,
            rtscts=settings.rtscts,
            xonxoff=settings.xonxoff,
            timeout=_SLICE,
        )

    connecting = loop.run_in_executor(None, connect)
    try:
        async with asyncio.timeout(timeout):
            line = await asyncio.shield(connecting)
    except TimeoutError as late:
        connecting.add_done_callback(_close_late)
        raise transport_error("timeout", url) from late
    except asyncio.CancelledError:
        connecting.add_done_callback(_close_late)
        raise
    except OSError as failure:
        raise open_error(url, failure) from failure
    return Rfc2217Transport(url, line, settings)


def _close_late(connecting: asyncio.Future[serial.SerialBase]) -> None:
    """Close a connection that came after its caller had gone."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()
