"""A line that is a non-blocking file descriptor: a tty, a socket or ``usblp``. No threads."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import select
import struct
import termios
from typing import TYPE_CHECKING

from drivers.line import LineSettings, transport_error

if TYPE_CHECKING:
    from collections.abc import Callable

_DRAIN_STEP = 0.005
"""Seconds between two looks at the kernel's output queue, which offers no event when it is empty."""

_FLUSH_READS = 64
"""Reads of 4 kB that a flush takes at most: a device that never stops sending cannot be emptied."""


class FdTransport:
    """A line that is a non-blocking file descriptor: a tty, a socket or ``usblp``. No threads."""

    def __init__(self, url: str, fd: int, release: Callable[[], None], settings: LineSettings | None = None) -> None:
        self._url = url
        self._fd = fd
        self._release = release
        self._settings = settings
        self._held = bytearray()
        self._sent = 0
        self._open = True
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._end: select.epoll | None = None

    @property
    def url(self) -> str:
        """See ``Transport``."""
        return self._url

    @property
    def bits_per_second(self) -> int | None:
        """See ``Transport``."""
        return self._settings.baud if self._settings else None

    @property
    def bytes_sent(self) -> int:
        """See ``Transport``."""
        return self._sent

    def line_time(self, nbytes: int) -> float:
        """See ``Transport``."""
        return nbytes * self._settings.bits_per_byte / self._settings.baud if self._settings else 0.0

    async def read(self, n_max: int, deadline: float) -> bytes:
        """See ``Transport``."""
        await asyncio.sleep(0)  # a device that never stops sending must not keep the loop to itself
        while True:
            self._require_open()
            if self._held:
                data = bytes(self._held[:n_max])
                del self._held[:n_max]
                return data
            data = self._read_now(n_max)
            if data:
                return data
            await self._wait_readable(deadline)

    async def read_exactly(self, n: int, deadline: float) -> bytes:
        """See ``Transport``."""
        data = bytearray()
        try:
            while len(data) < n:
                data += await self.read(n - len(data), deadline)
        except BaseException:
            self._held[:0] = data
            raise
        return bytes(data)

    async def write(self, data: bytes, deadline: float) -> None:
        """See ``Transport``."""
        rest = memoryview(data)
        while rest:
            self._require_open()
            try:
                taken = os.write(self._fd, rest)
            except (BlockingIOError, InterruptedError):
                taken = 0
            except OSError as failure:
                raise transport_error("gone", self._url) from failure
            self._sent += taken
            rest = rest[taken:]
            if rest and taken == 0:
                await self._wait_writable(deadline)
            elif rest:
                await asyncio.sleep(0)

    async def drain(self, deadline: float) -> None:
        """See ``Transport``."""
        while True:
            self._require_open()
            try:
                queued: int = struct.unpack("i", fcntl.ioctl(self._fd, termios.TIOCOUTQ, bytes(4)))[0]
            except OSError as failure:
                if failure.errno in {errno.ENOTTY, errno.EINVAL}:
                    return  # usblp keeps no queue of its own: a write that returned has been taken
                raise transport_error("gone", self._url) from failure
            if queued == 0:
                return
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise transport_error("timeout", self._url)
            await asyncio.sleep(min(left, max(_DRAIN_STEP, self.line_time(queued))))

    def flush_input(self) -> int:
        """See ``Transport``."""
        self._require_open()
        thrown = len(self._held)
        self._held.clear()
        for _ in range(_FLUSH_READS):
            data = self._read_now(4096)
            if not data:
                break
            thrown += len(data)
        return thrown

    def watch_end(self, told: Callable[[], None]) -> None:
        """Have ``told`` called, once, when the far end is gone, also while nobody reads or writes."""
        self._require_open()
        # An epoll of its own, asked for no data: hang-up and error it is told all the same (epoll_ctl(2)).
        end = select.epoll()
        try:
            end.register(self._fd, select.EPOLLRDHUP)
        except OSError:  # a file, which has no far end
            end.close()
            return
        self._end = end
        asyncio.get_running_loop().add_reader(end.fileno(), self._ended, told)

    def _ended(self, told: Callable[[], None]) -> None:
        self._watch_no_more()
        told()

    def _watch_no_more(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            asyncio.get_running_loop().remove_reader(end.fileno())
            end.close()

    async def close(self) -> None:
        """See ``Transport``."""
        if not self._open:
            return
        self._open = False
        self._watch_no_more()
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        loop.remove_writer(self._fd)
        for waiter in (self._reading, self._writing):
            if waiter is not None and not waiter.done():
                waiter.set_exception(transport_error("closed", self._url))
        self._release()

    def _require_open(self) -> None:
        if not self._open:
            raise transport_error("closed", self._url)

    def _read_now(self, n_max: int) -> bytes:
        """Read without waiting: ``b""`` means nothing there yet."""
        try:
            data = os.read(self._fd, n_max)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as failure:
            raise transport_error("gone", self._url) from failure
        if not data:
            raise transport_error("gone", self._url)
        return data

    async def _wait_readable(self, deadline: float) -> None:
        if self._reading is not None:
            raise transport_error("closed", self._url)
        loop = asyncio.get_running_loop()
        self._reading = loop.create_future()
        loop.add_reader(self._fd, _settle, self._reading)
        try:
            await self._until(self._reading, deadline)
        finally:
            self._reading = None
            if self._open:
                loop.remove_reader(self._fd)

    async def _wait_writable(self, deadline: float) -> None:
        if self._writing is not None:
            raise transport_error("closed", self._url)
        loop = asyncio.get_running_loop()
        self._writing = loop.create_future()
        loop.add_writer(self._fd, _settle, self._writing)
        try:
            await self._until(self._writing, deadline)
        finally:
            self._writing = None
            if self._open:
                loop.remove_writer(self._fd)

    async def _until(self, waiter: asyncio.Future[None], deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await waiter
        except TimeoutError as late:
            raise transport_error("timeout", self._url) from late


def _settle(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
