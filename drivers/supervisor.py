"""Keeps a machine's devices in use: opens, claims and enables them, checks them, and opens them again.

A device that goes is closed at once (an open descriptor would make the system give it another name on its return)
and tried again, with growing pauses, until it is back. Going and coming back are logged once each.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import structlog

from drivers.device import DeviceError, DeviceEvent, DeviceState, HealthLevel, Lifecycle, state_after

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
    from types import TracebackType

    from drivers.device import Device

_log = structlog.get_logger(__name__)

_NEWS_HELD = 256
_CLAIM_LIMIT = 2.0
_OF_NO_USE = (DeviceState.NO_DEVICE, DeviceState.POWER_OFF, DeviceState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a device is looked at, in seconds.

    Attributes:
        check: between two health checks of a device in use.
        first: before the first try to open one that is gone; each further pause is twice as long.
        longest: the longest pause.
    """

    check: float = 5.0
    first: float = 0.5
    longest: float = 30.0


@dataclass(slots=True)
class _Watched:
    device: Device
    ready: asyncio.Event
    wake: asyncio.Event
    state: DeviceState = DeviceState.STARTING
    missed: bool = False


class Supervisor:
    """Keeps devices in use while its ``async with`` block runs, and closes them all at its end.

    Args:
        devices: the devices by the name each tells of itself; names are unique.
        pace: how often to look.
        sleep: how to wait; a test passes its own.
        clock: seconds of a monotonic clock, for events.
    """

    def __init__(
        self,
        devices: Iterable[Device],
        *,
        pace: Pace | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watched = {device.info.name: _Watched(device, asyncio.Event(), asyncio.Event()) for device in devices}
        self._pace = pace or Pace()
        self._sleep = sleep
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._subscribers: set[asyncio.Queue[DeviceEvent | None]] = set()

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._keep(name, watched), name=name) for name, watched in self._watched.items()
        ]
        for task in self._tasks:
            task.add_done_callback(_tell_failure)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for queue in self._subscribers:
            _end(queue)
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome

    async def device(self, name: str) -> Device:
        """Return the device ``name`` once it is ready for commands; raises ``KeyError`` for an unknown name."""
        watched = self._watched[name]
        await watched.ready.wait()
        return watched.device

    def state(self, name: str) -> DeviceState:
        """Return the last known state of the device ``name``; raises ``KeyError`` for an unknown name."""
        return self._watched[name].state

    def report_lost(self, name: str) -> None:
        """Have the device ``name`` looked at now, since a command of its user ended in ``gone`` or ``timeout``."""
        self._watched[name].wake.set()

    def events(self) -> AsyncGenerator[DeviceEvent, None]:
        """Subscribe: each device's present state, and then what happens from now on.

        Ends with the supervisor, or when the reader falls so far behind that events would be lost: subscribe again.
        """
        queue: asyncio.Queue[DeviceEvent | None] = asyncio.Queue(_NEWS_HELD)
        for name, watched in self._watched.items():
            queue.put_nowait(DeviceEvent(name, "state_changed", watched.state.value, self._clock()))
        self._subscribers.add(queue)
        return self._news(queue)

    async def _news(self, queue: asyncio.Queue[DeviceEvent | None]) -> AsyncGenerator[DeviceEvent, None]:
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            self._subscribers.discard(queue)

    def _publish(self, name: str, kind: str, value: str) -> None:
        event = DeviceEvent(name, kind, value, self._clock())
        for queue in list(self._subscribers):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                self._subscribers.discard(queue)
                _end(queue)

    def _change(self, name: str, watched: _Watched, state: DeviceState) -> None:
        if state is not watched.state:
            watched.state = state
            self._publish(name, "state_changed", state.value)

    async def _keep(self, name: str, watched: _Watched) -> None:
        pause = self._pace.first
        try:
            while True:
                try:
                    await self._start(watched.device)
                except DeviceError as failure:
                    await watched.device.close()
                    self._lose(name, watched, failure.error, state_after(failure))
                    await self._sleep(pause)
                    pause = min(2 * pause, self._pace.longest)
                    continue
                pause = self._pace.first
                self._regain(name, watched)
                finding, state = await self._attend(name, watched)
                await watched.device.close()
                self._lose(name, watched, finding, state)
        finally:
            watched.ready.clear()
            await watched.device.close()

    @staticmethod
    async def _start(device: Device) -> None:
        await device.open()
        await device.claim(_CLAIM_LIMIT)
        await device.enable()

    def _lose(self, name: str, watched: _Watched, error: str, state: DeviceState) -> None:
        watched.ready.clear()
        self._change(name, watched, state)
        if not watched.missed:
            watched.missed = True
            _log.warning("device_gone", device=name, error=error, url=watched.device.info.url)
            self._publish(name, "gone", error)

    def _regain(self, name: str, watched: _Watched) -> None:
        watched.wake.clear()
        watched.ready.set()
        self._change(name, watched, DeviceState.ONLINE)
        if watched.missed:
            watched.missed = False
            _log.info("device_back", device=name)
            self._publish(name, "back", watched.device.info.url)

    async def _attend(self, name: str, watched: _Watched) -> tuple[str, DeviceState]:
        """Check a device in use until it is of no use; return what was found and its state."""
        while True:
            await self._pass_time(watched.wake)
            watched.wake.clear()
            report = await watched.device.check_health(HealthLevel.INTERNAL)
            finding = report.findings[0] if report.findings else "unknown"
            if watched.device.lifecycle is not Lifecycle.ENABLED:
                return finding, DeviceState.NO_DEVICE
            if report.state in _OF_NO_USE:
                return finding, report.state
            if report.state is not None:
                self._change(name, watched, report.state)

    async def _pass_time(self, wake: asyncio.Event) -> None:
        """Wait for the next check, or until something asks for one."""
        waiting = [asyncio.ensure_future(self._sleep(self._pace.check)), asyncio.ensure_future(wake.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Say at once that a device is no longer watched; the block's end raises the error."""
    if not task.cancelled() and (failure := task.exception()) is not None:
        _log.error("device_watch_failed", device=task.get_name(), exc_info=failure)


def _end(queue: asyncio.Queue[DeviceEvent | None]) -> None:
    """Let a subscriber read what it holds, as far as that goes, and then end."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(None)
