"""What the drivers of devices on one line share: the life cycle, the FIFO of commands, cancelling and health.

A driver derives from ``LineDevice``, opens its connection in ``_connect``, asks in ``_greet`` what has to be asked
before the device counts as ready, and looks after it in ``_examine``. A command takes its turn by ``_command``.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

from drivers.claims import take_claim
from drivers.device import (
    CompletionCode,
    DeviceError,
    DeviceEvent,
    DeviceInfo,
    HealthReport,
    Lifecycle,
    state_after,
)
from drivers.transport import transport_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from drivers.claims import Claim
    from drivers.device import HealthLevel


class Connection(Protocol):
    """What a driver holds while its device is open: a ``Transport``, or something of its own around one."""

    async def close(self) -> None:
        """Close it. Safe to call twice."""
        ...


@runtime_checkable
class TellsItsEnd(Protocol):
    """A connection that says, once, when its far end is gone, also while nobody reads or writes."""

    def watch_end(self, told: Callable[[], None]) -> None:
        """Have ``told`` called then."""
        ...


ConnectionT = TypeVar("ConnectionT", bound=Connection)


class LineDevice(ABC, Generic[ConnectionT]):
    """A device on one line (``drivers.device.Device``), without what it is for.

    Commands queue in the order they were asked; ``_fifo`` is held by the one under way. ``cancel`` ends that one with
    ``canceled``; its deadline ends it with ``timeout``; nothing turns one into the other.

    Args:
        info: what it is.
    """

    def __init__(self, info: DeviceInfo) -> None:
        self._info = info
        self._lifecycle = Lifecycle.CLOSED
        self._connection: ConnectionT | None = None
        self._claim: Claim | None = None
        self._fifo = asyncio.Lock()
        self._exchanges = asyncio.Lock()
        self._command_runs = False
        self._cancel_asked = asyncio.Event()
        self._why_closed: DeviceError | None = None
        self.on_event: Callable[[DeviceEvent], None] | None = None
        """See ``TellsEvents``."""

    # -- what a driver brings

    @abstractmethod
    async def _connect(self) -> ConnectionT:
        """Open the line.

        Raises:
            DeviceError: any of the line's.
        """

    @abstractmethod
    async def _greet(self) -> None:
        """Ask what has to be answered before the device is ready, so that a mute one is not taken for ready.

        Raises:
            DeviceError: it does not answer, or refuses.
        """

    @abstractmethod
    async def _examine(self, level: HealthLevel) -> HealthReport:
        """Check an enabled device; a ``DeviceError`` of it becomes the report of a device that is not well."""

    # -- the life of a device

    @property
    def info(self) -> DeviceInfo:
        """See ``Device``."""
        return self._info

    @property
    def lifecycle(self) -> Lifecycle:
        """See ``Device``."""
        return self._lifecycle

    async def open(self) -> None:
        """See ``Device``."""
        if self._lifecycle is not Lifecycle.CLOSED:
            raise transport_error("closed", self._info.url)
        try:
            self._connection = await self._connect()
        except DeviceError as failure:
            self._why_closed = failure
            raise
        self._why_closed = None
        self._lifecycle = Lifecycle.OPENED
        connection: object = self._connection
        if isinstance(connection, TellsItsEnd):
            connection.watch_end(lambda: self._tell_lost(transport_error("gone", self._info.url)))

    async def claim(self, timeout: float) -> None:
        """See ``Device``. A port is taken for this process when it is opened, a network device here."""
        if self._lifecycle is Lifecycle.CLOSED:
            raise transport_error("closed", self._info.url)
        if self._claim is None:
            claim = await take_claim(self._info.url, timeout)
            if self._connection is None:  # closed while it waited
                claim.release()
                raise transport_error("closed", self._info.url)
            self._claim = claim
        self._lifecycle = Lifecycle.CLAIMED

    async def enable(self) -> None:
        """See ``Device``.

        Raises:
            DeviceError: ``not_claimed``, ``closed``, or what asking the device ended in.
        """
        if self._lifecycle is Lifecycle.OPENED:
            raise DeviceError(
                CompletionCode.SEQUENCE_ERROR,
                "not_claimed",
                f"The device at {self._info.url} must be claimed before it is enabled.",
            )
        async with self._fifo:
            self._require_connection()
            try:
                await self._greet()
            except DeviceError as failure:
                self._why_closed = failure  # it is about to be closed, and this is why
                raise
            if self._connection is None:
                raise transport_error("closed", self._info.url)
            self._lifecycle = Lifecycle.ENABLED

    async def close(self) -> None:
        """See ``Device``."""
        connection, self._connection = self._connection, None
        claim, self._claim = self._claim, None
        self._lifecycle = Lifecycle.CLOSED
        try:
            if connection is not None:
                await connection.close()
        finally:
            if claim is not None:
                claim.release()

    async def check_health(self, level: HealthLevel) -> HealthReport:
        """See ``Device``. One that was closed because it failed is reported as it was then."""
        if self._lifecycle is not Lifecycle.ENABLED:
            why = self._why_closed or transport_error("closed", self._info.url)
            return HealthReport(level, healthy=False, findings=(why.error,), state=state_after(why))
        try:
            return await self._examine(level)
        except DeviceError as failure:
            return HealthReport(level, healthy=False, findings=(failure.error,), state=state_after(failure))

    async def _lose(self, why: DeviceError) -> None:
        """Close a device that failed. Until it is opened again its health is told by ``why``."""
        await self.close()
        self._why_closed = why
        self._tell_lost(why)

    def _tell_lost(self, why: DeviceError) -> None:
        """Tell who listens that the line broke, before anybody has asked: the device is looked at at once."""
        self._tell("line_lost", why.error)

    def _tell(self, kind: str, value: str) -> None:
        """Tell who listens of what happened to the device."""
        if self.on_event is not None:
            self.on_event(DeviceEvent(self._info.name, kind, value, asyncio.get_running_loop().time()))

    # -- commands

    async def cancel(self) -> bool:
        """Ask the command under way to end; tell whether there was one. It ends with ``canceled``."""
        if self._command_runs:
            self._cancel_asked.set()
        return self._command_runs

    @contextlib.asynccontextmanager
    async def _command(self) -> AsyncIterator[None]:
        """Wait for one's turn, and be the command that ``cancel`` speaks of for the length of the block."""
        async with self._fifo:
            self._command_runs = True
            try:
                yield
            except DeviceError as failure:
                # It was asked to end before its time was over: that it was not heard before then changes nothing.
                if failure.code is CompletionCode.TIMEOUT and self._cancel_asked.is_set():
                    raise _canceled() from failure
                raise
            finally:
                self._command_runs = False
                self._cancel_asked.clear()

    def _refuse_canceled(self) -> None:
        """Raise ``canceled`` where the command under way has been asked to end."""
        if self._cancel_asked.is_set():
            raise _canceled()

    async def _pause(self, seconds: float) -> None:
        """Let ``seconds`` pass between two looks at the device.

        Raises:
            DeviceError: ``canceled``, at once when the command under way is asked to end.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._cancel_asked.wait()
        self._refuse_canceled()

    # -- the line

    def _require_connection(self) -> ConnectionT:
        if self._connection is None:
            raise transport_error("closed", self._info.url)
        return self._connection

    @contextlib.asynccontextmanager
    async def _exchange_alone(self) -> AsyncIterator[ConnectionT]:
        """Have the line to oneself for one question and its answer; a line that went is closed at once."""
        async with self._exchanges:
            connection = self._require_connection()
            try:
                yield connection
            except DeviceError as failure:
                if failure.error == "gone":
                    await self._lose(failure)
                raise


def _canceled() -> DeviceError:
    return DeviceError(
        CompletionCode.CANCELED, "canceled", "The command was cancelled before the device carried it out."
    )
