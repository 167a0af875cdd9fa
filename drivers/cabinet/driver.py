"""The cabinet board as a device: guide lights on and off, contacts as they change, its watchdog over this machine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import structlog

from drivers.cabinet.codec import (
    VERSION,
    Asked,
    BoardState,
    Cause,
    FrameError,
    Identity,
    Pattern,
    read_identity,
    read_state,
)
from drivers.cabinet.line import CabinetLine, Timing
from drivers.device import (
    CompletionCode,
    DeviceError,
    DeviceInfo,
    DeviceState,
    HealthLevel,
    HealthReport,
    StatusBit,
)
from drivers.line_device import LineDevice
from drivers.transport import open_transport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_log = structlog.get_logger(__name__)

_COUNTER: Final = 256
SHORTEST_WATCHDOG: Final = 10
LONGEST_WATCHDOG: Final = 255


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wired to the board.

    Attributes:
        lights: what the board's lights stand at, by number from 0.
        contacts: what its contacts watch, by number from 0.
        normally_open: contacts that are open at rest. All others are closed at rest, so that a cut wire tells.
        debounce_ms: how long a contact must hold still before its change counts.
    """

    lights: Sequence[str] = ()
    contacts: Sequence[str] = ()
    normally_open: frozenset[str] = frozenset()
    debounce_ms: int = 50


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact now.

    Attributes:
        active: not at rest: the door is open, the key is turned, the tamper loop is broken.
        latched: it left its closed state since that was last cleared, also while no host was there.
    """

    name: str
    active: bool
    latched: bool


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A contact changed, or had changed and was back before anybody was told.

    Attributes:
        contact: as it is now.
        times: how often it changed since it was last told; even: it is again as it was.
    """

    contact: Contact
    times: int


class CabinetBoard(LineDevice[CabinetLine]):
    """A cabinet board (``drivers.device.Device``).

    Args:
        name: what the rest of the system calls it.
        url: see ``drivers.transport``.
        plan: what is wired to it.
        timing: the waits.
    """

    def __init__(self, name: str, url: str, plan: Plan, *, timing: Timing | None = None) -> None:
        super().__init__(DeviceInfo(name=name, kind="cabinet", driver="cabinet_board", url=url))
        self.plan = plan
        self.identity: Identity | None = None
        """What the board said it is when it was last enabled."""
        self._timing = timing or Timing()
        self._state: BoardState | None = None
        self._restarted = False
        self._listeners: list[Callable[[ContactChange], None]] = []

    # -- the life of a device

    async def _connect(self) -> CabinetLine:
        transport = await open_transport(self._info.url, timeout=self._timing.connect)
        transport.flush_input()
        return CabinetLine(transport, self._take, self._timing, self._tell_lost)

    async def _greet(self) -> None:
        """Learn what it is, see that it fits the plan, and put out what an earlier host may have left burning."""
        try:
            identity = read_identity(await self._ask(Asked.IDENTIFY))
        except FrameError as failure:
            raise DeviceError(
                CompletionCode.INVALID_DATA,
                "garbled",
                f"The cabinet board at {self._info.url} says what it is in a way that cannot be read: {failure}.",
            ) from failure
        self._refuse_unfit(identity)
        self.identity = identity
        self._info = replace(self._info, model=f"firmware {identity.firmware}", serial=identity.serial)
        await self._ask_state()
        self._restarted = False  # what it lost while it was away is set below; only what it loses from here on counts
        for number in range(len(self.plan.contacts)):
            milliseconds = self.plan.debounce_ms.to_bytes(2, "big")
            await self._ask(Asked.DEBOUNCE, bytes([number]) + milliseconds)
        for number in range(len(self.plan.lights)):
            await self._ask(Asked.LIGHT, bytes([number, Pattern.OFF, 0]))
        await self._ask_state()

    def _refuse_unfit(self, identity: Identity) -> None:
        if identity.version != VERSION:
            raise DeviceError(
                CompletionCode.UNSUPPORTED,
                "version",
                f"The cabinet board at {self._info.url} speaks version {identity.version} of its protocol, this driver "
                f"version {VERSION}. Update the board's firmware {identity.firmware} or this program.",
            )
        for what, wanted, has in (
            ("lights", len(self.plan.lights), identity.lights),
            ("contacts", len(self.plan.contacts), identity.contacts),
        ):
            if wanted > has:
                raise DeviceError(
                    CompletionCode.INVALID_DATA,
                    "not_fitted",
                    f"The entry {self._info.name} names {wanted} {what}, and the board at {self._info.url} has {has}. "
                    "Correct the entry.",
                )

    async def _examine(self, level: HealthLevel) -> HealthReport:
        await self._ask_state()
        if self._restarted:
            raise DeviceError(
                CompletionCode.DEVICE_NOT_READY,
                "restarted",
                f"The cabinet board at {self._info.url} has restarted and forgot its settings. It is opened anew.",
            )
        found = [f"{one.name} active" for one in self.contacts() if one.active]
        if level is not HealthLevel.INTERNAL:
            found += await self._show_lights()
        if level is HealthLevel.INTERACTIVE and self.plan.contacts:
            found.append(await self._moved())
        healthy = "no_contact_moved" not in found
        return HealthReport(level, healthy=healthy, findings=("ready", *found), state=DeviceState.ONLINE)

    async def _show_lights(self) -> list[str]:
        """Have all lights shine for a while, to be looked at."""
        for pattern in (Pattern.SLOW, Pattern.OFF):
            for number in range(len(self.plan.lights)):
                await self._ask(Asked.LIGHT, bytes([number, pattern, 100]))
            if pattern is not Pattern.OFF:
                await asyncio.sleep(self._timing.show)
        return ["lights_out"] if self.plan.lights else []

    async def _moved(self) -> str:
        """Wait for somebody to move a contact: to open the door, say."""
        moved: asyncio.Queue[ContactChange] = asyncio.Queue()
        end = self.listen(moved.put_nowait)
        try:
            async with asyncio.timeout(self._timing.person):
                return f"{(await moved.get()).contact.name} moved"
        except TimeoutError:
            return "no_contact_moved"
        finally:
            end()

    async def status_bits(self) -> list[StatusBit]:
        """See ``TellsBits``: each contact, as closed and as latched."""
        try:
            await self._ask_state()
        except DeviceError:
            return []
        state = self._state
        if state is None:
            return []
        bits = []
        for source, zh, en, values in (
            ("closed", "接通", "is closed", state.closed),
            ("latched", "曾断开，尚未解除", "was open, and that was not cleared yet", state.latched),
        ):
            for number, (name, is_set) in enumerate(zip(self.plan.contacts, values, strict=False)):
                bits.append(StatusBit(source, 1 << number, is_set, f"{name} {zh}", f"{name} {en}", trouble=False))
        return bits

    # -- commands

    async def light(self, place: str, pattern: Pattern, brightness: int = 100) -> None:
        """Have the light at ``place`` shine so, ``brightness`` in percent.

        The board puts all lights out by itself when it has heard nothing for 30 seconds.

        Raises:
            DeviceError: ``unknown_light``, ``refused``, or the line's.
            ValueError: a brightness that is no percentage.
        """
        if not 0 <= brightness <= 100:  # noqa: PLR2004 -- percent
            raise ValueError(f"A brightness of {brightness} is not 0 to 100 percent.")
        if place not in self.plan.lights:
            known = ", ".join(self.plan.lights) or "none"
            raise DeviceError(
                CompletionCode.INVALID_DATA,
                "unknown_light",
                f"The cabinet has no light at {place!r}; there are: {known}. Nothing was lit.",
            )
        async with self._command():
            await self._ask(Asked.LIGHT, bytes([self.plan.lights.index(place), pattern, brightness]))

    async def feed_watchdog(self, seconds: int) -> None:
        """Have the board restart this machine unless it is fed again within ``seconds``; 0 = never.

        Raises:
            DeviceError: ``refused`` (a board without the wire to reset), or the line's.
            ValueError: neither 0 nor 10 to 255 seconds.
        """
        if seconds and not SHORTEST_WATCHDOG <= seconds <= LONGEST_WATCHDOG:
            raise ValueError(f"A watchdog of {seconds} s is neither 0 nor {SHORTEST_WATCHDOG} to {LONGEST_WATCHDOG} s.")
        async with self._command():
            await self._ask(Asked.WATCHDOG, bytes([seconds]))

    async def clear_latch(self, name: str) -> None:
        """Forget that a contact had left its rest; one that is not at rest latches again at once.

        Raises:
            DeviceError: ``refused``, or the line's.
            KeyError: there is no such contact.
        """
        if name not in self.plan.contacts:
            raise KeyError(name)
        async with self._command():
            await self._ask(Asked.CLEAR, bytes([self.plan.contacts.index(name)]))
            await self._ask_state()

    def contacts(self) -> tuple[Contact, ...]:
        """Return the contacts as last heard; none before the board was ever heard."""
        state = self._state
        if state is None:
            return ()
        return tuple(
            Contact(name, closed == (name in self.plan.normally_open), latched)
            for name, closed, latched in zip(self.plan.contacts, state.closed, state.latched, strict=False)
        )

    def listen(self, told: Callable[[ContactChange], None]) -> Callable[[], None]:
        """Have ``told`` called at each change of a contact from now on; return what ends that."""
        self._listeners.append(told)
        return lambda: self._listeners.remove(told)

    # -- the line

    async def _ask(self, asked: Asked, payload: bytes = b"") -> bytes:
        async with self._exchange_alone() as line:
            return await line.ask(asked, payload)

    async def _ask_state(self) -> None:
        try:
            self._take(read_state(await self._ask(Asked.STATE)))
        except FrameError as failure:
            raise DeviceError(
                CompletionCode.INVALID_DATA,
                "garbled",
                f"The cabinet board at {self._info.url} tells its contacts in a way that cannot be read: {failure}.",
            ) from failure

    def _take(self, state: BoardState) -> None:
        """Note the contacts, and tell of what changed since they were last heard."""
        before, self._state = self._state, state
        if before is None or len(before.changes) != len(state.changes):
            return
        started_anew = state.cause == Cause.STARTED or state.uptime < before.uptime
        if started_anew:
            self._restarted = True
            _log.warning("cabinet_board_restarted", device=self._info.name)
        for number, contact in enumerate(self.contacts()):
            if started_anew:  # its counters began again: what it shows now is all there is
                times = int(state.closed[number] != before.closed[number])
            else:
                times = (state.changes[number] - before.changes[number]) % _COUNTER
            if times or state.closed[number] != before.closed[number]:
                for told in list(self._listeners):
                    told(ContactChange(contact, max(1, times)))
