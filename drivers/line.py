"""What lines to devices share: settings, deadlines and the errors of ``drivers.transport``'s table."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urlsplit

from drivers.device import CompletionCode, DeviceError

if TYPE_CHECKING:
    from collections.abc import Sequence


def deadline_in(seconds: float) -> float:
    """Return the instant ``seconds`` from now on the running loop's clock."""
    return asyncio.get_running_loop().time() + seconds


def transport_error(error: str, url: str) -> DeviceError:
    """Make the ``DeviceError`` of this module's table that ``error`` names, with its sentence."""
    code, sentence = _ERRORS[error]
    return DeviceError(code, error, sentence.format(url=url))


_ERRORS = {
    "no_device": (
        CompletionCode.DEVICE_NOT_READY,
        "There is no device at {url}. Check its plug, its power and the address.",
    ),
    "access": (
        CompletionCode.DEVICE_NOT_READY,
        "This account may not open {url}. Add it to the group that owns the port (dialout, lp).",
    ),
    "claimed": (
        CompletionCode.DEVICE_NOT_READY,
        "Another program holds {url}. Stop that program; nothing was sent.",
    ),
    "gone": (
        CompletionCode.DEVICE_NOT_READY,
        "The device at {url} went away during use. Check its plug and its power.",
    ),
    "one_way": (
        CompletionCode.HARDWARE_ERROR,
        "The printer at {url} takes data and cannot answer. Set its USB port to bidirectional, or use its network.",
    ),
    "closed": (
        CompletionCode.SEQUENCE_ERROR,
        "The line to {url} is closed, or already in use by another command.",
    ),
    "timeout": (
        CompletionCode.TIMEOUT,
        "The device at {url} did not answer, or did not take the data, in time.",
    ),
}

_OPEN_ERRORS = {
    errno.ENOENT: "no_device",
    errno.ENODEV: "no_device",
    errno.ENXIO: "no_device",
    errno.ENOTDIR: "no_device",
    errno.ECONNREFUSED: "no_device",
    errno.EHOSTUNREACH: "no_device",
    errno.ENETUNREACH: "no_device",
    errno.EACCES: "access",
    errno.EPERM: "access",
    errno.EBUSY: "claimed",
    errno.EAGAIN: "claimed",
}


def open_error(url: str, failure: OSError) -> DeviceError:
    """Say by its errno why a line could not be opened."""
    return transport_error(_OPEN_ERRORS.get(failure.errno or 0, "no_device"), url)


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How a serial line is set.

    Attributes:
        baud: bits per second.
        bytesize: data bits, 5 to 8.
        parity: ``N``, ``E`` or ``O``.
        stopbits: 1 or 2.
        rtscts: hardware flow control.
        xonxoff: software flow control.
    """

    baud: int = 115200
    bytesize: int = 8
    parity: str = "N"
    stopbits: int = 1
    rtscts: bool = False
    xonxoff: bool = False

    @property
    def bits_per_byte(self) -> int:
        """Start bit, data bits, parity bit and stop bits."""
        return 1 + self.bytesize + (self.parity != "N") + self.stopbits


def ambiguous(url: str, found: Sequence[str]) -> DeviceError:
    """Make the ``ambiguous`` error: the address means several devices, all of which are named."""
    return DeviceError(
        CompletionCode.INVALID_DATA,
        "ambiguous",
        f"The device address {url!r} means {len(found)} devices: {', '.join(found)}. Name one; none was opened.",
    )


def bad_url(url: str, why: str) -> DeviceError:
    """Make the ``bad_url`` error, with the reason."""
    return DeviceError(CompletionCode.INVALID_DATA, "bad_url", f"The device address {url!r} is wrong: {why}.")


def split_url(url: str) -> SplitResult:
    """Cut a device's address into its parts.

    Raises:
        DeviceError: ``bad_url``: it cannot be cut, as where a bracket of a host's number is not closed, or it holds
            characters that neither a path nor a host's name can have.
    """
    odd = next((one for one in url if one < " " or "\ud800" <= one <= "\udfff"), None)
    if odd is not None:
        raise bad_url(url, f"it holds the character U+{ord(odd):04X}")
    try:
        return urlsplit(url)
    except ValueError as failure:
        raise bad_url(url, f"it is no address ({failure})") from failure


def host_port(url: str, parts: SplitResult) -> tuple[str, int | None]:
    """Return the host of an address and its port, where it has one.

    Raises:
        DeviceError: ``bad_url``: the port is no number of one, or the host can be the name of none.
    """
    try:
        port = parts.port
    except ValueError as failure:
        raise bad_url(url, "the port is not a number from 1 to 65535") from failure
    host = parts.hostname or ""
    try:
        host.encode("idna")  # so the resolver writes it, and it would raise UnicodeError
    except UnicodeError as failure:
        raise bad_url(url, f"{host!r} can be no host's name") from failure
    return host, port


_LONGEST_BAUD = 7
"""Digits: the fastest ports have 4,000,000 baud."""
_LONGEST_RATE = 9
"""Digits, of a device with a network of its own: 10,000,000 bits a second, or 100,000,000."""
_LINE_CHOICES: dict[str, tuple[str, ...]] = {
    "bytesize": ("5", "6", "7", "8"),
    "parity": ("N", "E", "O"),
    "stopbits": ("1", "2"),
    "rtscts": ("0", "1"),
    "xonxoff": ("0", "1"),
}


def parse_line_settings(url: str, query: str) -> LineSettings:
    """Read a serial line's settings from the query part of ``url``.

    Raises:
        DeviceError: ``bad_url``, naming the option and its value.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    baud = given.pop("baud", "115200")
    longest = _LONGEST_RATE if url.startswith("tcp:") else _LONGEST_BAUD
    if not baud.isdecimal() or len(baud) > longest or int(baud) == 0:
        raise bad_url(url, f"baud={baud!r} is not a rate")
    for name, value in given.items():
        if name not in _LINE_CHOICES:
            raise bad_url(url, f"there is no option {name!r}")
        if value not in _LINE_CHOICES[name]:
            raise bad_url(url, f"{name}={value!r} is not one of {', '.join(_LINE_CHOICES[name])}")
    return LineSettings(
        baud=int(baud),
        bytesize=int(given.get("bytesize", "8")),
        parity=given.get("parity", "N"),
        stopbits=int(given.get("stopbits", "1")),
        rtscts=given.get("rtscts", "0") == "1",
        xonxoff=given.get("xonxoff", "0") == "1",
    )
