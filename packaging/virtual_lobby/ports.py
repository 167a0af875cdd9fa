"""Ports of this machine's own address."""

from __future__ import annotations

import socket


def bound(wanted: int) -> socket.socket:
    """A socket at this machine's own address: at ``wanted`` where that port is free, else at any free one."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", wanted))
    except OSError:
        listener.bind(("127.0.0.1", 0))
    return listener


def free_port(wanted: int) -> int:
    """``wanted`` where it is free, else any free port of this machine's own address."""
    with bound(wanted) as probe:
        return int(probe.getsockname()[1])
