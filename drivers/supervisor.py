"""Keeps a machine's devices in use: opens, claims and enables them, checks them, and opens them again.

A device that goes is closed at once (an open descriptor would make the system give it another name on its return)
and tried again, with growing pauses, until it is back. Going and coming back are logged once each.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import structlog

from drivers.device import (
    DeviceError,
    DeviceEvent,
    DeviceState,
    HealthLevel,
    Lifecycle,
    TellsEvents,
    state_after,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
    from types import TracebackType

    from drivers.device import Device, DeviceInfo, HealthReport

_log = structlog.get_logger(__name__)

_NEWS_HELD = 256
_CLAIM_LIMIT = 2.0
_OF_NO_USE = (DeviceState.NO_DEVICE, DeviceState.POWER_OFF, DeviceState.UNKNOWN)
_OWN_KINDS = frozenset({"state_changed", "gone", "back", "line_lost"})
"""Of these only the supervisor speaks; what else a device tells is passed on."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a device is looked at, in seconds.

    Attributes:
        check: between two health checks of a device in use.
        first: before the first try to open one that is gone; each further pause is twice as long.
        longest: the longest pause.
        soonest: between two checks that a device's own events ask for: a loose contact must not keep its line busy.
    """

    check: float = 5.0
    first: float = 0.5
    longest: float = 30.0
    soonest: float = 0.2


@dataclass(frozen=True, slots=True)
class Loss:
    """Why a device is not in use.

    Attributes:
        error: the short name: ``no_device``, ``timeout``, ``paper_out``, ...
        state: the device's state: mute (``UNKNOWN``) and not there (``NO_DEVICE``) are two.
        message: one sentence for staff, where the device's driver had one.
    """

    error: str
    state: DeviceState
    message: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as a page shows it, at one moment. Instants are seconds of the monotonic clock.

    Attributes:
        info: what it is, and where.
        lifecycle: how far it has been taken into use.
        state: its state.
        since: when that state began.
        ready: whether it takes commands.
        healthy: what its last health check said; None = nobody can tell.
        findings: what that check found.
        checked: when it was last checked; None = not yet.
        loss: why it is not in use; None where it is, or has not been tried.
        losses: how many times it went since the supervisor started.
        next_try: when it is tried again; None where it is in use or being tried.
    """

    info: DeviceInfo
    lifecycle: Lifecycle
    state: DeviceState
    since: float
    ready: bool
    healthy: bool | None
    findings: tuple[str, ...]
    checked: float | None
    loss: Loss | None
    losses: int
    next_try: float | None


@dataclass(slots=True)
class _Watched:
    device: Device
    since: float
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    state: DeviceState = DeviceState.STARTING
    report: HealthReport | None = None
    checked: float | None = None
    loss: Loss | None = None
    losses: int = 0
    next_try: float | None = None
    mistaken: bool = False


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
        self._watched = {device.info.name: _Watched(device, clock()) for device in devices}
        self._pace = pace or Pace()
        self._sleep = sleep
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._mistake: Exception | None = None
        self._subscribers: set[asyncio.Queue[DeviceEvent | None]] = set()

    async def __aenter__(self) -> Self:
        for watched in self._watched.values():
            if isinstance(watched.device, TellsEvents) and watched.device.on_event is None:
                watched.device.on_event = self._hear
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
        for watched in self._watched.values():
            if isinstance(watched.device, TellsEvents) and watched.device.on_event == self._hear:
                watched.device.on_event = None
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for queue in self._subscribers:
            _end(queue)
        for outcome in (self._mistake, *ended):
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

    def view(self, name: str) -> DeviceView:
        """Return what is known of the device ``name``; raises ``KeyError`` for an unknown name."""
        watched = self._watched[name]
        report = watched.report
        return DeviceView(
            info=watched.device.info,
            lifecycle=watched.device.lifecycle,
            state=watched.state,
            since=watched.since,
            ready=watched.ready.is_set(),
            healthy=report.healthy if report is not None else None if watched.loss is None else False,
            findings=report.findings if report is not None else (),
            checked=watched.checked,
            loss=watched.loss,
            losses=watched.losses,
            next_try=watched.next_try,
        )

    def views(self) -> list[DeviceView]:
        """Return what is known of every device, in the order in which they were given."""
        return [self.view(name) for name in self._watched]

    def report_lost(self, name: str) -> None:
        """Have the device ``name`` looked at now: a command of its user ended in ``gone`` or ``timeout``.

        One that is not in use is tried now, and not after its pause.
        """
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

    def _hear(self, event: DeviceEvent) -> None:
        """Pass on what a device tells, and look at it now."""
        watched = self._watched.get(event.device)
        if watched is None:
            return
        if event.kind not in _OWN_KINDS:
            self._publish(event.device, event.kind, event.value)
        # That it heard nothing it found out by asking: to ask again at once would only take it out of use sooner.
        if watched.ready.is_set() and event.value not in {"unknown", "no_answer"}:
            watched.wake.set()

    def _change(self, name: str, watched: _Watched, state: DeviceState) -> None:
        if state is not watched.state:
            watched.state = state
            watched.since = self._clock()
            self._publish(name, "state_changed", state.value)

    async def _keep(self, name: str, watched: _Watched) -> None:
        pause = self._pace.first
        try:
            while True:
                loss = await self._guarded(watched, self._start(name, watched))
                if loss is None:
                    pause = self._pace.first
                    loss = await self._guarded(watched, self._attend(name, watched))
                    watched.ready.clear()
                    await self._guarded(watched, watched.device.close())
                    self._lose(name, watched, loss or _driver_failed(watched.device.info))
                    continue
                await self._guarded(watched, watched.device.close())
                self._lose(name, watched, loss)
                watched.next_try = self._clock() + pause
                watched.wake.clear()
                await self._pass_time(pause, watched.wake)
                pause = min(2 * pause, self._pace.longest)
        finally:
            watched.ready.clear()
            await watched.device.close()

    async def _guarded(self, watched: _Watched, work: Awaitable[Loss | None]) -> Loss | None:
        """Have a driver work. A mistake of its own takes away its device and no other, and is told once as it lasts."""
        try:
            return await work
        except Exception as mistake:  # noqa: BLE001 -- somebody else's driver: whatever it raises
            self._mistake = self._mistake or mistake
            if not watched.mistaken:
                watched.mistaken = True
                _log.error("device_watch_failed", device=watched.device.info.name, exc_info=mistake)
            watched.report = None
            return _driver_failed(watched.device.info)

    async def _start(self, name: str, watched: _Watched) -> Loss | None:
        """Take a device into use and check it, so that nothing is shown as well before it was asked."""
        device = watched.device
        watched.next_try = None
        watched.wake.clear()
        try:
            await device.open()
            await device.claim(_CLAIM_LIMIT)
            await device.enable()
        except DeviceError as failure:
            watched.report = None
            return Loss(failure.error, state_after(failure), failure.message)
        loss = await self._check(watched)
        if loss is None:
            self._regain(name, watched)
        return loss

    async def _check(self, watched: _Watched) -> Loss | None:
        """Check a device; return why it is of no use, or None."""
        report = await watched.device.check_health(HealthLevel.INTERNAL)
        watched.report = report
        watched.checked = self._clock()
        finding = report.findings[0] if report.findings else "unknown"
        if watched.device.lifecycle is not Lifecycle.ENABLED:
            # It closed itself. Where it does not say why, nobody knows how it is.
            told = report.state not in {None, DeviceState.ONLINE}
            return Loss(finding, report.state if told and report.state is not None else DeviceState.UNKNOWN)
        return Loss(finding, report.state) if report.state in _OF_NO_USE else None

    def _lose(self, name: str, watched: _Watched, loss: Loss) -> None:
        watched.ready.clear()
        self._change(name, watched, loss.state)
        before, watched.loss = watched.loss, loss
        if before is None:
            watched.losses += 1
            _log.warning("device_gone", device=name, error=loss.error, url=watched.device.info.url)
            self._publish(name, "gone", loss.error)

    def _regain(self, name: str, watched: _Watched) -> None:
        before, watched.loss = watched.loss, None
        watched.mistaken = False
        watched.ready.set()
        state = watched.report.state if watched.report is not None else None
        self._change(name, watched, state or DeviceState.ONLINE)
        if before is not None:
            _log.info("device_back", device=name)
            self._publish(name, "back", watched.device.info.url)

    async def _attend(self, name: str, watched: _Watched) -> Loss:
        """Check a device in use until it is of no use; return why."""
        woken = -math.inf
        while True:
            await self._pass_time(self._pace.check, watched.wake)
            if watched.wake.is_set():
                since = self._clock() - woken
                if since < self._pace.soonest:
                    await self._sleep(self._pace.soonest - since)
                woken = self._clock()
            watched.wake.clear()
            loss = await self._check(watched)
            if loss is not None:
                return loss
            if watched.report is not None and watched.report.state is not None:
                self._change(name, watched, watched.report.state)

    async def _pass_time(self, seconds: float, wake: asyncio.Event) -> None:
        """Wait for the next look, or until something asks for one."""
        waiting = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(wake.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


def _driver_failed(info: DeviceInfo) -> Loss:
    sentence = f"The driver {info.driver} made a mistake; the log has it. The device is tried again; tell who wrote it."
    return Loss("driver_failed", DeviceState.UNKNOWN, sentence)


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Say at once that a device is no longer watched; the block's end raises the error."""
    if not task.cancelled() and (failure := task.exception()) is not None:
        _log.error("device_watch_failed", device=task.get_name(), exc_info=failure)


def _end(queue: asyncio.Queue[DeviceEvent | None]) -> None:
    """Let a subscriber read what it holds, as far as that goes, and then end."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(None)
