"""A USB printer through the kernel's ``usblp``, which is not quite a line like others (drivers/usb/class/usblp.c).

* A printer whose interface has no way back (protocol 1, or a cheap adapter) answers every reading with ``EINVAL``.
* An empty packet reads as nothing, which on any other descriptor would mean that the far end is gone.
* Once unplugged, reading and writing fail with ``ENODEV``, and it is polled as hung up.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select

from drivers.descriptor import FdTransport
from drivers.line import transport_error

_PAUSE_AFTER_NOTHING = 0.02
"""Seconds between two readings of a printer that sends empty packets: the kernel calls it readable all the while."""


class UsbPrinterTransport(FdTransport):
    """A line to a USB printer. Its errors are those of ``drivers.transport``, and ``one_way``."""

    def __init__(self, url: str, fd: int) -> None:
        super().__init__(url, fd, lambda: os.close(fd))
        self._came_empty = False

    def _read_now(self, n_max: int) -> bytes:
        """Read without waiting: ``b""`` means nothing there yet, also where an empty packet came."""
        try:
            data = os.read(self._fd, n_max)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as failure:
            error = "one_way" if failure.errno == errno.EINVAL else "gone"
            raise transport_error(error, self._url) from failure
        self._came_empty = not data
        if not data and self._is_hung_up():
            raise transport_error("gone", self._url)
        return data

    def _is_hung_up(self) -> bool:
        look = select.poll()
        look.register(self._fd, select.POLLIN)
        return any(events & (select.POLLHUP | select.POLLERR) for _, events in look.poll(0))

    async def _wait_readable(self, deadline: float) -> None:
        if self._came_empty:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise transport_error("timeout", self._url)
            await asyncio.sleep(min(left, _PAUSE_AFTER_NOTHING))
            self._came_empty = False
            return
        await super()._wait_readable(deadline)
