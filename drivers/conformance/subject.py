"""The driver under examination, and the lines it is examined on."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from drivers.device import CompletionCode, DeviceError, Lifecycle
from drivers.relay import NETWORK_SCHEMES, SCHEMES, Mode, Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from pathlib import Path

    from drivers.conformance.commands import Command
    from drivers.device import Device
    from drivers.registry import DeviceEntry

T = TypeVar("T")
_CLAIM = 2.0


class Broken(Exception):  # noqa: N818 -- a finding, not an error of this program
    """The driver does not do what it must. The message says what it did."""


class NotApplicable(Exception):  # noqa: N818 -- the same
    """The check does not apply to this driver. The message says why."""


def must(holds: bool, finding: str) -> None:  # noqa: FBT001 -- reads as an assertion
    """Raise ``Broken`` with the finding unless it holds."""
    if not holds:
        raise Broken(finding)


def _not_relayed(scheme: str) -> NotApplicable:
    return NotApplicable(f"its line ({scheme}:) is not one that can be stood in for")


class Direct:
    """The device's own line, where none of ours can be put before it: it cannot fall silent or break at our word."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def mode(self) -> Mode:
        """It passes everything."""
        return Mode.PASS

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode is not Mode.PASS:
            raise _not_relayed(self.url.partition(":")[0])

    async def cut(self) -> None:
        """Not at our word."""
        raise _not_relayed(self.url.partition(":")[0])


@dataclass(slots=True)
class Subject:
    """What a check works with.

    Attributes:
        entry: the device's configuration.
        make: makes the driver for another address.
        command: the command of its kind.
        step: seconds that any one step may take.
        patience: seconds given to a command that waits.
        folder: for what a check needs.
        scheme: of the device's line.
    """

    entry: DeviceEntry
    make: Callable[[str], Device]
    command: Command
    step: float
    patience: float
    folder: Path
    scheme: str
    _devices: list[Device] = field(default_factory=list)
    _relays: list[Relay] = field(default_factory=list)

    def device(self, url: str | None = None) -> Device:
        """Make a driver, by default for the device's own address. It is closed at the check's end."""
        device = self.make(url or self.entry.url)
        self._devices.append(device)
        return device

    async def enabled(self, url: str | None = None) -> Device:
        """Make a driver and take it into use."""
        device = self.device(url)
        await self.enable(device)
        return device

    async def enable(self, device: Device) -> None:
        """Take a driver into use."""
        await self.within(device.open(), "open")
        await self.within(device.claim(_CLAIM), "claim")
        await self.within(device.enable(), "enable")
        must(device.lifecycle is Lifecycle.ENABLED, f"after enable its lifecycle is {device.lifecycle.value}")

    async def relay(self, *, to_device: bool) -> Relay | Direct:
        """Put a line of our own before the device, or where no device is.

        Raises:
            NotApplicable: its kind of line cannot be stood in for, and without a device that is all there would be.
        """
        if self.scheme not in SCHEMES:
            if to_device:
                return Direct(self.entry.url)
            raise _not_relayed(self.scheme)
        relay = Relay(self.entry.url if to_device else None, kind=self.scheme)
        await relay.__aenter__()
        self._relays.append(relay)
        return relay

    def nowhere(self) -> str:
        """Return an address of the device's kind at which nothing is."""
        if self.scheme in NETWORK_SCHEMES:
            with socket.create_server(("127.0.0.1", 0)) as server:
                return f"{self.scheme}://127.0.0.1:{server.getsockname()[1]}"
        if self.scheme not in SCHEMES:
            raise _not_relayed(self.scheme)
        return f"{self.scheme}://{self.folder}/nothing-here"

    async def within(self, work: Awaitable[T], what: str) -> T:
        """Have a step end in its time.

        Raises:
            Broken: it did not.
        """
        try:
            async with asyncio.timeout(self.step) as limit:
                return await work
        except TimeoutError as late:
            if limit.expired():
                raise Broken(f"{what} had not ended after {self.step:g} s") from late
            raise

    async def ending(
        self, command: Coroutine[Any, Any, CompletionCode] | asyncio.Task[CompletionCode]
    ) -> CompletionCode:
        """Wait for a command's end, and tell how it ended, whichever way it says so."""
        try:
            return await self.within(command, "the command")
        except DeviceError as failure:
            return failure.code

    @asynccontextmanager
    async def running(self, device: Device) -> AsyncIterator[asyncio.Task[CompletionCode]]:
        """Have the command of its kind run while the block does, begun when the block begins."""
        limit = self.step if self.command.waits else self.patience
        task: asyncio.Task[CompletionCode] = asyncio.ensure_future(_awaited(self.command.run(device, limit)))
        try:
            await asyncio.sleep(0.2)  # until it has spoken to its line; how far it came is nothing to the checks
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()

    async def clear_up(self) -> None:
        """Close what a check opened."""
        for device in self._devices:
            await device.close()
        for relay in self._relays:
            await relay.cut()
        self._devices.clear()
        self._relays.clear()


async def _awaited(work: Awaitable[CompletionCode]) -> CompletionCode:
    return await work


Check: TypeAlias = "Callable[[Subject], Awaitable[None]]"
