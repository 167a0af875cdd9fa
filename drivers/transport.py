"""The line to a device: bytes in and out, every wait with a deadline, every end a typed error.

Four kinds of line, chosen by URL:

* ``serial:///dev/ttyUSB0?baud=115200`` a serial port (or a pty); ``serial:by-id/usb-FTDI*`` finds it by a stable name
  (``drivers.ports``). Options: ``baud`` (115200), ``bytesize`` (8), ``parity`` (N, E, O), ``stopbits`` (1, 2),
  ``rtscts`` and ``xonxoff`` (0, 1).
* ``tcp://192.0.2.7:9100`` a network device; ``?baud=9600`` says how slow the line behind a serial server is.
* ``rfc2217://192.0.2.7:2217?baud=9600`` a serial server that can also set the rate (RFC 2217).
* ``usb:///dev/usb/lp0`` a USB printer through the kernel's ``usblp``; ``usb:by-usb/04b8:0202`` by its USB numbers.

Deadlines are instants of the running event loop's clock (``deadline_in``), so one deadline can cover several
steps.
All errors are ``DeviceError`` with ``error`` one of:

====================  ====================  ===================================================
``error``             ``code``              meaning
====================  ====================  ===================================================
``bad_url``           ``invalid_data``      the address cannot be understood
``ambiguous``         ``invalid_data``      the name means several devices, which the sentence names
``no_device``         ``device_not_ready``  nothing is there, or it refuses the connection
``access``            ``device_not_ready``  this account may not open it
``claimed``           ``device_not_ready``  another program holds it
``gone``              ``device_not_ready``  it was there and went (unplugged, power cut, far end closed)
``one_way``           ``hardware_error``    a USB printer that can be written to and never answers
``closed``            ``sequence_error``    this program closed the line, or uses it twice at once
``timeout``           ``timeout``           the deadline passed
====================  ====================  ===================================================
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import termios
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult

import serial

from drivers.descriptor import FdTransport
from drivers.device import DeviceError
from drivers.line import bad_url, deadline_in, host_port, open_error, parse_line_settings, split_url, transport_error
from drivers.ports import PortKind, find_port
from drivers.usb_printer import UsbPrinterTransport

__all__ = ["Transport", "deadline_in", "open_transport", "settle", "transport_error"]

_SETTLE_READ = 4096


class Transport(Protocol):
    """An open line to a device. Reading and writing may overlap; two reads, or two writes, may not."""

    @property
    def url(self) -> str:
        """The address it was opened with."""
        ...

    @property
    def bits_per_second(self) -> int | None:
        """The line's rate in baud, or None where the line has none that matters (TCP, USB)."""
        ...

    @property
    def bytes_sent(self) -> int:
        """Bytes the system accepted since the line was opened: after a failed write, how far it got."""
        ...

    def line_time(self, nbytes: int) -> float:
        """Seconds that ``nbytes`` take on the wire; 0.0 where the line has no rate."""
        ...

    async def read(self, n_max: int, deadline: float) -> bytes:
        """Read what is there, at least one byte and at most ``n_max``.

        Raises:
            DeviceError: ``timeout``, ``gone`` or ``closed``.
        """
        ...

    async def read_exactly(self, n: int, deadline: float) -> bytes:
        """Read exactly ``n`` bytes. What had come before a timeout is put back, not lost.

        Raises:
            DeviceError: ``timeout``, ``gone`` or ``closed``.
        """
        ...

    async def write(self, data: bytes, deadline: float) -> None:
        """Hand all of ``data`` to the system.

        Raises:
            DeviceError: ``timeout`` (the far end does not take it; see ``bytes_sent``), ``gone``, ``closed``.
        """
        ...

    async def drain(self, deadline: float) -> None:
        """Wait until the system's own output queue is empty (TCP: until the far end acknowledged).

        Raises:
            DeviceError: ``timeout``, ``gone`` or ``closed``.
        """
        ...

    def flush_input(self) -> int:
        """Throw away what has arrived and was not read; return how many bytes that was. Never waits."""
        ...

    async def close(self) -> None:
        """Close the line; a waiting read or write ends with ``closed``. Safe to call twice."""
        ...


async def settle(line: Transport, *, quiet: float, at_most: float) -> None:
    """Throw away what still comes until there was silence for ``quiet`` seconds, or ``at_most`` seconds have passed.

    Raises:
        DeviceError: ``gone`` or ``closed``.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(at_most):
            while True:
                try:
                    await line.read(_SETTLE_READ, deadline_in(quiet))
                except DeviceError as failure:
                    if failure.error == "timeout":
                        return
                    raise


def _node(kind: PortKind, url: str, parts: SplitResult) -> Path:
    """Turn the path of an address into the node to open, resolving stable names and patterns."""
    return Path(parts.path) if parts.path.startswith("/") else find_port(kind, url, parts.path)


_PTYS = range(136, 144)
"""The numbers of Linux's pty drivers (admin-guide/devices.txt)."""


def _open_serial(url: str, parts: SplitResult) -> FdTransport:
    settings = parse_line_settings(url, parts.query)
    path = _node("serial", url, parts)
    try:
        # A pty has neither parity nor short bytes, and refuses to be asked for nothing else (EINVAL), as it is the
        # second time it is opened.
        has_framing = os.major(path.stat().st_rdev) not in _PTYS
        port = serial.Serial(
            port=str(path),
            baudrate=settings.baud,
            bytesize=settings.bytesize if has_framing else serial.EIGHTBITS,
            parity=settings.parity if has_framing else serial.PARITY_NONE,
            stopbits=settings.stopbits,
            rtscts=settings.rtscts,
            xonxoff=settings.xonxoff,
            exclusive=True,
        )
        fd = port.fileno()
        # pyserial sets VMIN to 0, where "nothing yet" reads as b"" like a hang-up; with 1 they differ.
        modes = termios.tcgetattr(fd)
        modes[6][termios.VMIN] = 1
        modes[6][termios.VTIME] = 0
        termios.tcsetattr(fd, termios.TCSANOW, modes)
        os.set_blocking(fd, False)
    except (OSError, termios.error, ValueError) as failure:  # SerialException is an OSError
        raise open_error(url, failure if isinstance(failure, OSError) else OSError(errno.ENXIO, "")) from failure

    def release() -> None:
        # Closing a tty waits for its output, for up to 30 s on a stuck line: throw that away first.
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(fd, termios.TCOFLUSH)
        with contextlib.suppress(OSError):
            port.close()

    return FdTransport(url, fd, release, settings)


def _open_usb(url: str, parts: SplitResult) -> FdTransport:
    if parts.query:
        raise bad_url(url, "a USB printer has no options")
    path = _node("printer", url, parts)
    try:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as failure:
        raise open_error(url, failure) from failure
    return UsbPrinterTransport(url, fd)


def _host_port(url: str, parts: SplitResult) -> tuple[str, int]:
    host, port = host_port(url, parts)
    if not host or not port or parts.path not in {"", "/"}:
        raise bad_url(url, f"it needs {parts.scheme}://HOST:PORT")
    return host, port


async def _open_tcp(url: str, parts: SplitResult, timeout: float) -> FdTransport:
    host, port = _host_port(url, parts)
    settings = parse_line_settings(url, parts.query) if parts.query else None
    loop = asyncio.get_running_loop()
    failure: OSError = OSError(errno.ENOENT, "no address")
    try:
        async with asyncio.timeout(timeout):
            for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                link = socket.socket(family, kind, protocol)
                link.setblocking(False)  # noqa: FBT003 -- the library's own signature
                try:
                    await loop.sock_connect(link, address)
                except OSError as refused:
                    link.close()
                    failure = refused
                    continue
                except BaseException:
                    link.close()
                    raise
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                return FdTransport(url, link.fileno(), link.close, settings)
    except TimeoutError as late:
        raise transport_error("timeout", url) from late
    except OSError as unknown_host:
        raise open_error(url, unknown_host) from unknown_host
    raise open_error(url, failure) from failure


async def open_transport(url: str, *, timeout: float) -> Transport:
    """Open the line that ``url`` names, for this process alone where the system can promise that.

    Args:
        url: see the module's description.
        timeout: seconds to wait for a connection.

    Raises:
        DeviceError: ``bad_url``, ``ambiguous``, ``no_device``, ``access``, ``claimed`` or ``timeout``.
    """
    parts = split_url(url)
    match parts.scheme:
        case "serial":
            return _open_serial(url, parts)
        case "usb":
            return _open_usb(url, parts)
        case "tcp":
            return await _open_tcp(url, parts, timeout)
        case "rfc2217":
            from drivers.serial_server import open_rfc2217  # noqa: PLC0415 -- threads for those who ask

            host, port = _host_port(url, parts)
            return await open_rfc2217(url, host, port, parse_line_settings(url, parts.query), timeout)
        case _:
            raise bad_url(url, "it begins with none of serial:, tcp:, rfc2217:, usb:")
