"""What scanners have in common: who listens, and what becomes of a scan while nobody does.

A scan is an event, not an answer: it comes when a person holds a code to the window. So it is given to who listens
then, with its moment, and to nobody else. A scan that comes while nobody listens, or that began before, is dropped and
counted: it may be the last patient's, and would be taken for the next one's.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import structlog

from drivers.device import (
    INTERACTIVE_LIMIT,
    CompletionCode,
    Device,
    DeviceError,
    DeviceInfo,
    DeviceState,
    HealthLevel,
    HealthReport,
    Lifecycle,
)
from drivers.line_device import LineDevice
from drivers.scanner.codec import Code, Refused
from drivers.transport import Transport, transport_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager

_log = structlog.get_logger(__name__)

_HELD: Final = 16
"""Scans that wait for a listener that is busy; more than a person makes while a screen changes."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that was scanned. Its ``repr`` does not show it: codes hold personal data.

    Attributes:
        device: the scanner's name.
        text: what the code holds.
        symbology: what kind of code it was, where the scanner says so: ``qr``, ``code128``, ...
        at: when its last byte or key came, in seconds of the monotonic clock.
    """

    device: str
    text: str = field(repr=False)
    symbology: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of what arrived since the scanner was opened.

    Attributes:
        delivered: scans given to a listener.
        dropped: scans nobody listened to, or that a listener was too slow for.
        refused: what was no code, by ``drivers.scanner.codec.Refusal``.
    """

    delivered: int
    dropped: int
    refused: Mapping[str, int]


class Listener(Protocol):
    """The scans of one who listens, from then on. Iterating over it never ends by itself."""

    async def next(self, timeout: float | None = None) -> Scan:
        """Wait for a scan.

        Args:
            timeout: seconds to wait; None = without end.

        Raises:
            DeviceError: ``no_scan`` where none came in time; ``gone`` or ``closed`` where the scanner went.
        """
        ...

    def __aiter__(self) -> AsyncIterator[Scan]:
        """Iterate over the scans as they come."""
        ...


@runtime_checkable
class BarcodeScanner(Device, Protocol):
    """A scanner, or a reader of magnetic stripes, as its user sees it, whoever wrote its driver."""

    @property
    def counts(self) -> Counts:
        """What became of what arrived."""
        ...

    def listen(self) -> AbstractAsyncContextManager[Listener]:
        """Listen while the block runs. One listens at a time.

        Raises:
            DeviceError: ``busy`` where somebody listens already; ``not_enabled``; any of the line's.
        """
        ...

    async def scan(self, timeout: float) -> Scan:
        """Listen for one scan, ``timeout`` seconds at most; raises as ``listen`` and ``Listener.next`` do."""
        ...


class _Ear:
    """One listener's queue."""

    def __init__(self, scanner: ListeningScanner, since: float) -> None:
        self._scanner = scanner
        self.since = since
        self.deaf = False
        self._why: DeviceError | None = None
        self.queue: asyncio.Queue[Scan | DeviceError] = asyncio.Queue(_HELD)

    async def next(self, timeout: float | None = None) -> Scan:
        try:
            async with asyncio.timeout(timeout):
                item = await self._scanner.await_scan(self.queue)
        except TimeoutError as late:
            raise DeviceError(CompletionCode.TIMEOUT, "no_scan", "No code was scanned in time.") from late
        if isinstance(item, DeviceError):
            if item is self._why:
                self.queue.put_nowait(item)  # who asks again is told again
            raise item
        return item

    async def __aiter__(self) -> AsyncIterator[Scan]:
        while True:
            yield await self.next()

    def end(self, why: DeviceError) -> None:
        """Tell the listener why nothing more will come; what waited is not given any more. The first reason stays."""
        if self.deaf:
            return
        while not self.queue.empty():
            self.queue.get_nowait()
        self._why = why
        self.queue.put_nowait(why)

    def tell(self, failure: DeviceError) -> None:
        """Tell the listener, once, of something that was no scan; more may come. Lost on one who is too slow."""
        if not self.deaf and not self.queue.full():
            self.queue.put_nowait(failure)


class ListeningScanner(LineDevice[Transport]):
    """A scanner's listener and its counts; a subclass brings the line and reads it."""

    def __init__(self, info: DeviceInfo) -> None:
        super().__init__(info)
        self._reading: asyncio.Task[None] | None = None
        self._ear: _Ear | None = None
        self._delivered = self._dropped = 0
        self._refused: Counter[str] = Counter()

    @property
    def counts(self) -> Counts:
        """See ``BarcodeScanner``."""
        return Counts(self._delivered, self._dropped, dict(self._refused))

    async def open(self) -> None:
        """See ``Device``."""
        await super().open()
        self._delivered = self._dropped = 0
        self._refused.clear()

    async def _greet(self) -> None:
        """Begin to read, so that what arrives does not wait for the next listener. A scanner answers no greeting."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(), name=f"scanner {self._info.name}")

    async def close(self) -> None:
        """See ``Device``. Who listens is told."""
        reading, self._reading = self._reading, None
        if reading is not None and reading is not asyncio.current_task():
            reading.cancel()
            await asyncio.wait({reading})
        if self._ear is not None:
            self._ear.end(transport_error("closed", self._info.url))
        await super().close()

    async def _examine(self, level: HealthLevel) -> HealthReport:
        """A scanner answers no question: whether it works shows when a person holds a code to it (``INTERACTIVE``)."""
        if level is HealthLevel.INTERACTIVE:
            try:
                await self.scan(INTERACTIVE_LIMIT)
            except DeviceError as failure:
                if failure.error != "no_scan":
                    raise
                return HealthReport(level, healthy=None, findings=("line_open", "no_scan"), state=None)
            return HealthReport(level, healthy=True, findings=("line_open", "scanned"), state=DeviceState.ONLINE)
        return HealthReport(level, healthy=None, findings=("line_open",), state=None)

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[Listener]:
        """See ``BarcodeScanner``."""
        if self._lifecycle is not Lifecycle.ENABLED:
            raise DeviceError(
                CompletionCode.SEQUENCE_ERROR, "not_enabled", "The scanner is not in use. Nothing can be scanned."
            )
        if self._ear is not None:
            raise DeviceError(
                CompletionCode.SEQUENCE_ERROR, "busy", "Somebody waits for a scan already; one waits at a time."
            )
        self._forget_the_past()
        ear = self._ear = _Ear(self, asyncio.get_running_loop().time())
        try:
            yield ear
        finally:
            self._ear = None
            self._dropped += sum(isinstance(ear.queue.get_nowait(), Scan) for _ in range(ear.queue.qsize()))
            await self._stop_waiting()

    async def cancel(self) -> bool:
        """End the listening, which then raises ``canceled``; tell whether anybody listened."""
        if self._ear is None:
            return False
        self._ear.end(DeviceError(CompletionCode.CANCELED, "canceled", "Waiting for a scan was cancelled."))
        return True

    async def scan(self, timeout: float) -> Scan:
        """See ``BarcodeScanner``."""
        async with self.listen() as listener:
            return await listener.next(timeout)

    async def await_scan(self, queue: asyncio.Queue[Scan | DeviceError]) -> Scan | DeviceError:
        """Wait for the next scan of a listener's ``queue``; a subclass may have to tell the scanner to look."""
        return await queue.get()

    def _found(self, item: Code | Refused, began: float, at: float) -> None:
        """Give a code to who listens, or count what becomes of it."""
        if isinstance(item, Refused):
            self._refused[item.reason] += 1
            _log.info("scan_refused", device=self._info.name, reason=item.reason.value, size=item.dropped)
            return
        ear = self._ear
        if ear is None or began < ear.since or ear.queue.full():
            self._dropped += 1
            _log.info("scan_dropped", device=self._info.name, listening=ear is not None)
            return
        self._delivered += 1
        ear.queue.put_nowait(Scan(self._info.name, item.text, item.symbology, at))

    async def _read(self) -> None:
        try:
            await self._read_line(self._require_connection())
        except DeviceError as failure:
            _log.info("scanner_line_lost", device=self._info.name, error=failure.error)
            if self._ear is not None:
                self._ear.end(failure)
                self._ear.deaf = True
            await self._lose(failure)

    @abstractmethod
    async def _read_line(self, line: Transport) -> None:
        """Read what arrives and hand it to ``_found``, until the line's end raises ``DeviceError``."""

    @abstractmethod
    def _forget_the_past(self) -> None:
        """Make sure that nothing which arrived before now is taken for a scan."""

    @abstractmethod
    async def _stop_waiting(self) -> None:
        """Tell the scanner that nobody listens any more, where it can be told."""
