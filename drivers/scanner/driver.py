r"""Scanners as devices: on a serial line (``serial_scanner``), and typing like a keyboard (``keyboard_scanner``).

Triggers by command: ``SYN T CR`` (``16 54 0D``) has a scanner look for a code and ``SYN U CR`` (``16 55 0D``) has it
stop, where it is set to manual or serial trigger mode (Honeywell HF680 user's guide, p. 130; Canmax CM-2D202 manual,
p. 193). Other makes use single letters: the bytes are configured.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.descriptor import FdTransport
from drivers.device import DeviceError, DeviceInfo, Lifecycle
from drivers.line import bad_url, deadline_in, open_error
from drivers.ports import find_input
from drivers.registry import ConfigurationError
from drivers.scanner.codec import CodeDecoder, Layout
from drivers.scanner.keys import EventDecoder, KeyReader
from drivers.scanner.listening import ListeningScanner, Scan
from drivers.scanner.pace import Pace, Typed
from drivers.transport import open_transport

if TYPE_CHECKING:
    from drivers.registry import DeviceEntry
    from drivers.transport import Transport

TRIGGER_START: Final = b"\x16T\r"
TRIGGER_STOP: Final = b"\x16U\r"

_EVIOCGRAB: Final = 0x40044590
_EVIOCSCLOCKID: Final = 0x400445A0
"""Linux ``include/uapi/linux/input.h``: ``_IOW('E', 0x90, int)`` and ``_IOW('E', 0xa0, int)``."""

_READ: Final = 4096
_FOR_EVER: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Timing:
    """A serial scanner's waits, in seconds.

    Attributes:
        connect: for opening the line.
        idle: of silence after which a code that has not ended never will; where no suffix is set, its end.
        write: for handing a trigger to the line, beside its bytes' own time.
        retrigger: after which a scanner that found nothing is told again to look; its own limit is shorter or equal.
    """

    connect: float = 3.0
    idle: float = 0.3
    write: float = 0.5
    retrigger: float = 10.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """The commands that have a scanner look for a code and stop looking."""

    start: bytes = TRIGGER_START
    stop: bytes = TRIGGER_STOP


class SerialScanner(ListeningScanner):
    """A scanner on a serial line, a USB one that acts as such, or behind a serial server (``BarcodeScanner``)."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        layout: Layout | None = None,
        trigger: Trigger | None = None,
        timing: Timing | None = None,
    ) -> None:
        super().__init__(DeviceInfo(name=name, kind="scanner", driver="serial_scanner", url=url))
        self._timing = timing or Timing()
        self._trigger = trigger
        self._decoder = CodeDecoder(layout or Layout())
        self._line: Transport | None = None

    async def await_scan(self, queue: asyncio.Queue[Scan | DeviceError]) -> Scan | DeviceError:
        """Wait for a scan; in trigger mode the scanner is told to look, and told again when it has given up."""
        if self._trigger is None:
            return await queue.get()
        while queue.empty():
            await self._send(self._trigger.start)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.retrigger):
                    return await queue.get()
        return queue.get_nowait()

    async def _connect(self) -> Transport:
        self._decoder.reset()
        return await open_transport(self._info.url, timeout=self._timing.connect)

    async def close(self) -> None:
        """See ``Device``."""
        await super().close()
        self._decoder.reset()

    async def _read_line(self, line: Transport) -> None:
        idle = self._timing.idle + line.line_time(1)
        while True:
            await self._read_once(line, idle)

    async def _read_once(self, line: Transport, idle: float) -> None:
        """Read what comes next. Its frame ends with it: a patient's code must not stand there until the next scan."""
        clock = asyncio.get_running_loop().time
        try:
            data = await line.read(_READ, deadline_in(idle if self._decoder.unsettled else _FOR_EVER))
        except DeviceError as failure:
            if failure.error != "timeout":
                raise
            found = self._decoder.silence()
        else:
            found = self._decoder.feed(data)
        for item in found:
            # What began before anybody listened was passed over when the listening began.
            self._found(item, began=clock(), at=clock())

    def _forget_the_past(self) -> None:
        if self._require_connection().flush_input() or self._decoder.pending:
            self._decoder.pass_over()

    async def _stop_waiting(self) -> None:
        if self._trigger is not None and self._connection is not None:
            with contextlib.suppress(DeviceError):  # who listened has ended; a lost line shows where it is read
                await self._send(self._trigger.stop)

    async def _send(self, command: bytes) -> None:
        line = self._require_connection()
        await line.write(command, deadline_in(line.line_time(len(command)) + self._timing.write))


class KeyboardScanner(ListeningScanner):
    """A scanner that types, read where the kernel offers its keys (``BarcodeScanner``).

    The device is grabbed, so that its keys reach no window. Its address is ``input:///dev/input/event5`` or, by its
    stable name, ``input:by-id/usb-*-event-kbd``. ``?grab=0`` leaves the keys to others too, and takes any node that
    gives input events, a pipe for example.
    """

    def __init__(self, name: str, url: str, *, pace: Pace | None = None) -> None:
        super().__init__(DeviceInfo(name=name, kind="scanner", driver="keyboard_scanner", url=url))
        self._pace = pace or Pace()
        self._events = EventDecoder()
        self._keys = KeyReader(self._pace)
        self._fd = -1
        self._grab = True

    async def _connect(self) -> Transport:
        path, self._grab = find_input(self._info.url)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as failure:
            raise open_error(self._info.url, failure) from failure
        try:
            # The gaps between keys must not follow a wall clock that is set.
            fcntl.ioctl(fd, _EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
        except OSError as failure:
            if self._grab or failure.errno not in {errno.ENOTTY, errno.EINVAL}:
                os.close(fd)
                raise bad_url(self._info.url, "it is no input device") from failure
        self._fd = fd
        self._events, self._keys = EventDecoder(), KeyReader(self._pace)
        return FdTransport(self._info.url, fd, lambda: os.close(fd))

    async def claim(self, timeout: float) -> None:
        """See ``Device``. From now on its keys reach no window; closing it lets them go."""
        self._require_connection()
        if self._grab and self._lifecycle is Lifecycle.OPENED:
            try:
                fcntl.ioctl(self._fd, _EVIOCGRAB, 1)
            except OSError as failure:
                raise open_error(self._info.url, failure) from failure
        await super().claim(timeout)

    async def _read_line(self, line: Transport) -> None:
        while True:
            await self._read_once(line)

    async def _read_once(self, line: Transport) -> None:
        """Read what comes next. Its frame ends with it: a patient's code must not stand there until the next scan."""
        try:
            data = await line.read(_READ, deadline_in(self._pace.rest if self._keys.pending else _FOR_EVER))
        except DeviceError as failure:
            if failure.error != "timeout":
                raise
            if refused := self._keys.silence():
                self._found(refused, 0.0, 0.0)
            return
        for event in self._events.feed(data):
            found = self._keys.feed(event)
            if isinstance(found, Typed):
                self._found(found.code, found.began, found.ended)
            elif found is not None:
                self._found(found, event.at, event.at)

    def _forget_the_past(self) -> None:
        """Nothing to do: every key carries its moment, and a code that began too early is dropped by it."""

    async def _stop_waiting(self) -> None:
        """Nothing to do: a keyboard is not told what to type."""


def serial_from_entry(entry: DeviceEntry) -> SerialScanner:
    r"""Make the driver for a configuration entry.

    Options: ``suffix``, ``prefix``, ``trigger_start`` and ``trigger_stop`` (texts of single bytes, as ``"\r"``),
    ``encoding`` (``auto``, ``utf-8``, ``gb18030``), ``identifiers`` (AIM), ``trigger`` (whether to look only while
    somebody listens), ``longest`` (bytes) and ``idle`` (seconds).

    Raises:
        ConfigurationError: another option, or a value that cannot be.
    """
    known = {"suffix", "prefix", "encoding", "identifiers", "longest", "idle"}
    entry.refuse_unknown_options(frozenset(known | {"trigger", "trigger_start", "trigger_stop"}))
    encoding = entry.options.get("encoding", "auto")
    if encoding not in {"auto", "utf-8", "gb18030"}:
        raise ConfigurationError(f"{entry.where}: encoding = {encoding!r} is not auto, utf-8 or gb18030")
    usual, trigger = Layout(), None
    if _flag(entry, "trigger"):
        trigger = Trigger(
            _bytes(entry, "trigger_start", TRIGGER_START) or TRIGGER_START, _bytes(entry, "trigger_stop", TRIGGER_STOP)
        )
    layout = Layout(
        suffix=_bytes(entry, "suffix", usual.suffix),
        prefix=_bytes(entry, "prefix", usual.prefix),
        encoding=encoding,
        identifiers=_flag(entry, "identifiers"),
        longest=_whole(entry, "longest", usual.longest),
    )
    timing = Timing(idle=_seconds(entry, "idle", Timing().idle))
    return SerialScanner(entry.name, entry.url, layout=layout, trigger=trigger, timing=timing)


def keyboard_from_entry(entry: DeviceEntry) -> KeyboardScanner:
    """Make the driver for a configuration entry.

    Options: ``gap`` and ``rest`` (seconds), ``shortest`` and ``longest`` (characters), ``tab_ends``; see ``Pace``.

    Raises:
        ConfigurationError: another option, or a value that cannot be.
    """
    entry.refuse_unknown_options(frozenset({"gap", "rest", "shortest", "longest", "tab_ends"}))
    usual = Pace()
    pace = Pace(
        gap=_seconds(entry, "gap", usual.gap),
        shortest=_whole(entry, "shortest", usual.shortest),
        longest=_whole(entry, "longest", usual.longest),
        rest=_seconds(entry, "rest", usual.rest),
        tab_ends=_flag(entry, "tab_ends", usual=True),
    )
    if pace.gap >= pace.rest:
        raise ConfigurationError(f"{entry.where}: gap = {pace.gap} must be shorter than rest = {pace.rest}")
    return KeyboardScanner(entry.name, entry.url, pace=pace)


def _bytes(entry: DeviceEntry, key: str, usual: bytes) -> bytes:
    value = entry.options.get(key)
    if value is None:
        return usual
    try:
        return str(value).encode("latin-1") if isinstance(value, str) else _refuse(entry, key, "a text")
    except UnicodeEncodeError:
        return _refuse(entry, key, "a text of single bytes")


def _flag(entry: DeviceEntry, key: str, *, usual: bool = False) -> bool:
    value = entry.options.get(key, usual)
    return value if isinstance(value, bool) else bool(_refuse(entry, key, "true or false"))


def _whole(entry: DeviceEntry, key: str, usual: int) -> int:
    value = entry.options.get(key, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        _refuse(entry, key, "a whole number above 0")
    return int(str(value))


def _seconds(entry: DeviceEntry, key: str, usual: float) -> float:
    value = entry.options.get(key, usual)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        _refuse(entry, key, "a number above 0")
    return float(str(value))


def _refuse(entry: DeviceEntry, key: str, wanted: str) -> bytes:
    raise ConfigurationError(f"{entry.where}: {key} = {entry.options[key]!r} must be {wanted}")
