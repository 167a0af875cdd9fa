"""Claims of network devices: one program of this machine at a time has one.

Ports and USB printers the system itself gives to one program (``TIOCEXCL``, ``usblp``), readers of the card service are
claimed for each card, and a document printer queues. Of a network device nobody keeps a second program out: ``check``
beside a running kiosk would get, and spoil, the kiosk's answers.

A claim is a socket's name in Linux's abstract namespace (unix(7)): it needs no file and no right, and the system gives
it back when its program ends, however it ends. Other machines are not kept out.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import socket
from dataclasses import dataclass
from typing import Final

from drivers.line import deadline_in, split_url, transport_error

_EXCLUSIVE: Final = frozenset({"tcp", "rfc2217"})
_STEP: Final = 0.05
"""Seconds between two tries; nobody tells when a name is free."""


@dataclass(slots=True)
class Claim:
    """A claim that is held; one without a socket is of a line that needs none."""

    _held: socket.socket | None

    def release(self) -> None:
        """Give it back. Safe to call twice."""
        held, self._held = self._held, None
        if held is not None:
            held.close()


async def take_claim(url: str, timeout: float) -> Claim:
    """Claim the device at ``url`` for this program.

    Args:
        url: its address; host and port count, as they are written.
        timeout: seconds to wait for another program to give it back.

    Raises:
        DeviceError: ``claimed``; ``bad_url``.
    """
    parts = split_url(url)
    if parts.scheme not in _EXCLUSIVE:
        return Claim(None)
    name = hashlib.sha256(parts.netloc.lower().encode()).hexdigest()[:32]
    deadline = deadline_in(timeout)
    while True:
        held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            held.bind(f"\0houzhen-device-{name}")
        except OSError as failure:
            held.close()
            if failure.errno != errno.EADDRINUSE:
                raise
        else:
            return Claim(held)
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise transport_error("claimed", url)
        await asyncio.sleep(min(_STEP, left))
