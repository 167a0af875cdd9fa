"""The cabinet's board behind its port: lights follow the screens, contacts are told, the watchdog is fed."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from drivers.cabinet.codec import Pattern
from drivers.cabinet.driver import CabinetBoard, ContactChange
from drivers.device import DeviceError, DeviceState
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.supervisor import Supervisor
from kiosk.entries import first_entry, make_first
from kiosk.ports import CabinetReport
from kiosk.screen import Part, Shine

_log = structlog.get_logger(__name__)

DOOR, TAMPER, SERVICE_KEY = "door", "tamper", "service_key"
CONTACTS: Final = (DOOR, TAMPER, SERVICE_KEY)
"""The contacts that the kiosk knows."""

OTHER: Final = "other_"
"""How the names of lights and contacts begin that the kiosk is to leave alone; so a slip of the pen is none of them."""

_PATTERNS = {Shine.STEADY: Pattern.CONTINUOUS, Shine.SLOW: Pattern.SLOW, Shine.QUICK: Pattern.QUICK}


class BoardCabinet:
    """The ``Cabinet`` port on a supervised ``CabinetBoard``.

    Args:
        board: the board.
        supervisor: who keeps it open; told when a command ended without an answer.
    """

    def __init__(self, board: CabinetBoard, supervisor: Supervisor) -> None:
        self._board = board
        self._supervisor = supervisor
        self._wanted: Mapping[Part, Shine] = {}
        self._shining: dict[str, Pattern] = {}
        self._light_news = asyncio.Event()
        self._contact_news = asyncio.Condition()
        self._seen = asyncio.Event()
        self._failing: set[str] = set()
        board.listen(self._note)

    @property
    def name(self) -> str:
        """See ``Cabinet``."""
        return self._board.info.name

    def shine(self, lights: Mapping[Part, Shine]) -> None:
        """See ``Cabinet``."""
        self._wanted = dict(lights)
        self._light_news.set()

    def report(self) -> CabinetReport:
        """See ``Cabinet``."""
        contacts = {one.name: one for one in self._board.contacts()}
        door, tamper = contacts.get(DOOR), contacts.get(TAMPER)
        return CabinetReport(
            state=self._supervisor.state(self.name),
            door_open=door is not None and door.active,
            tampered=tamper is not None and (tamper.active or tamper.latched),
        )

    async def changed(self) -> None:
        """See ``Cabinet``."""
        async with self._contact_news:
            await self._contact_news.wait()

    async def run(self) -> None:
        """Keep lights and contacts, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_lights())
            group.create_task(self._keep_fresh())
            group.create_task(self._keep_contacts())

    async def feed(self, seconds: int) -> None:
        """Feed the board's watchdog; one that is away or has none keeps nobody waiting.

        Args:
            seconds: until it restarts the machine unless it is fed again; 0 = never.
        """
        if self._supervisor.state(self.name) is not DeviceState.ONLINE:
            return
        try:
            await self._board.feed_watchdog(seconds)
        except DeviceError as error:
            self._tell(error, "cabinet_watchdog_not_fed")
        else:
            self._failing.discard("cabinet_watchdog_not_fed")

    # -- the lights

    async def _keep_lights(self) -> None:
        """Send what changed of the lights, whenever it changed; a screen that is already over is not sent."""
        while True:
            await self._light_news.wait()
            self._light_news.clear()
            if self._supervisor.state(self.name) is not DeviceState.ONLINE:
                continue  # once it is, it is lit
            for part in Part:
                if part.value not in self._board.plan.lights:
                    continue
                shine = self._wanted.get(part)
                pattern = Pattern.OFF if shine is None else _PATTERNS[shine]
                if self._shining.get(part.value, Pattern.OFF) is pattern:
                    continue
                try:
                    await self._board.light(part.value, pattern)
                except DeviceError as error:
                    self._tell(error, "cabinet_not_lit")
                    break  # it is looked after, and lit when it is back
                self._shining[part.value] = pattern
                self._failing.discard("cabinet_not_lit")

    async def _keep_fresh(self) -> None:
        """A board that comes into use is dark: light it as the present screen has it, and look at its contacts."""
        while True:
            async for event in self._supervisor.events():
                if event.device == self.name and (event.kind, event.value) == ("state_changed", DeviceState.ONLINE):
                    self._shining.clear()
                    self._light_news.set()
                    self._seen.set()

    # -- the contacts

    def _note(self, change: ContactChange) -> None:
        contact = change.contact
        _log.warning(
            "cabinet_contact", contact=contact.name, state="active" if contact.active else "rest", times=change.times
        )
        self._seen.set()

    async def _keep_contacts(self) -> None:
        """Wake who waits for news; who turns the service key while all is at rest has seen to the alarm."""
        while True:
            await self._seen.wait()
            self._seen.clear()
            await self._acknowledge()
            async with self._contact_news:
                self._contact_news.notify_all()

    async def _acknowledge(self) -> None:
        contacts = {one.name: one for one in self._board.contacts()}
        key, tamper = contacts.get(SERVICE_KEY), contacts.get(TAMPER)
        if key is None or tamper is None or not key.active or tamper.active or not tamper.latched:
            return
        try:
            await self._board.clear_latch(TAMPER)
        except DeviceError as error:
            self._tell(error, "cabinet_alarm_not_cleared")
        else:
            _log.warning("cabinet_alarm_cleared", contact=TAMPER)

    def _tell(self, error: DeviceError, what: str) -> None:
        """Have a board that is lost looked after; log what it did not do once, until it does it again."""
        if error.error in {"gone", "timeout", "no_device", "closed"}:
            self._supervisor.report_lost(self.name)
        if what not in self._failing:
            _log.warning(what, device=self.name, error=error.error)
        self._failing.add(what)


def make_cabinet(entries: list[DeviceEntry], watchdog: int = 0) -> CabinetBoard | None:
    """Make the cabinet's board: the first entry of the kind; ``None`` where there is none.

    Args:
        entries: the machine's devices.
        watchdog: seconds until it is to restart the machine; 0 = never.

    Raises:
        ConfigurationError: its driver is not one that the kiosk can use, a light or a contact has a name that it does
            not know, or a watchdog is wanted and there is no board.
    """
    entry = first_entry(entries, "cabinet")
    if entry is None and watchdog:
        raise ConfigurationError(
            f"kiosk.toml says cabinet.watchdog = {watchdog}, and no device of the kind cabinet is configured that "
            "could restart this machine. Add the board to the devices, or take the key out."
        )
    board = make_first(entries, "cabinet", CabinetBoard)
    if entry is None or board is None:
        return None
    _check_names(entry, "lights", board.plan.lights, tuple(part.value for part in Part))
    _check_names(entry, "contacts", board.plan.contacts, CONTACTS)
    return board


def _check_names(entry: DeviceEntry, key: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a name that nobody would ever ask for: a tamper loop under a wrong one would never be heard."""
    for name in names:
        if name in known or (name.startswith(OTHER) and name != OTHER):
            continue
        alike = difflib.get_close_matches(name, known, n=1)
        meant = f" Did you mean {alike[0]!r}?" if alike else ""
        raise ConfigurationError(
            f"{entry.where}: {key} names {name!r}, which the kiosk does not know; it knows {', '.join(known)}.{meant} "
            f"What it is to leave alone is called {OTHER + name!r} or the like."
        )
