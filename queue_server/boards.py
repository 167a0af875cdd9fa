"""Call displays: what stands on the LED boards at the rooms, from what was committed.

A board shows the present and owes nobody the past: its text follows from the committed state alone. So there is nothing
to keep for it. Whoever was called while it was silent, or the server away, stands there as soon as it is back, if still
called; the driver tries until then and lets a newer text take an older one's place. No call waits for a board.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import structlog

from drivers.call_display.driver import CallDisplay, ShowState, ShowTicket
from drivers.registry import ConfigurationError as DevicesError
from drivers.registry import make_device, read_devices
from drivers.supervisor import DeviceView, Supervisor
from queue_server import background
from queue_server.config import DisplaySettings
from queue_server.engine.state import State
from queue_server.subscription import Subscription
from queue_server.toml_reader import ConfigurationError, listed

log = structlog.get_logger(__name__)

KIND: Final = "call_display"
BoardTrouble = Literal["silent", "refused"]
"""``silent``: it does not answer, or is not there; ``refused``: it cannot show its text."""
_HERE: Final = frozenset({"called", "serving"})


@dataclass(frozen=True)
class BoardView:
    """A board as a page shows it.

    Attributes:
        device: its device, as the supervisor has it.
        stations: the stations whose calls it shows.
        text: what is to stand on it.
        shown: what became of that text; ``None``: the board is not in use yet.
        error: why not, by the drivers' name for it, where something failed.
        message: the same in one English sentence for whoever looks after the devices.
    """

    device: DeviceView
    stations: tuple[str, ...]
    text: str
    shown: ShowState | None
    error: str | None
    message: str | None

    @property
    def trouble(self) -> BoardTrouble | None:
        """What staff should see to."""
        if self.shown is ShowState.REFUSED:
            return "refused"
        is_waited_for = self.shown is ShowState.PENDING and self.message is not None
        return "silent" if self.device.loss is not None or is_waited_for else None


class CallBoards:
    """Keeps the boards in use and on each the text that the committed state gives.

    Args:
        settings: what each board shows, by the name of its device.
        displays: the boards.
        state: the committed state.
        subscribe: what is committed from now on.
    """

    def __init__(
        self,
        settings: Mapping[str, DisplaySettings],
        displays: list[CallDisplay],
        state: Callable[[], State],
        subscribe: Callable[[], Subscription],
    ) -> None:
        self._settings = settings
        self._displays = {display.info.name: display for display in displays}
        self._state = state
        self._subscribe = subscribe
        self._supervisor = Supervisor(displays)
        self._shown: dict[str, ShowTicket] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the boards and show the present; returns at once, whatever they do."""
        if not self._displays:
            return
        await self._supervisor.__aenter__()
        self._task = asyncio.create_task(self._follow(), name="call boards")
        self._task.add_done_callback(_on_ended)

    async def stop(self) -> None:
        """Close the boards. What stands on them stays: the next start shows the present."""
        if self._task is None:
            return
        await background.end(self._task)
        self._task = None
        await self._supervisor.__aexit__(None, None, None)

    def views(self) -> list[BoardView]:
        """How every board is, in the order of the configuration."""
        return [self._view(name) for name in self._displays]

    def _view(self, name: str) -> BoardView:
        ticket = self._shown.get(name)
        device = self._supervisor.view(name)
        stations = tuple(self._settings[name].stations)
        if ticket is None:
            return BoardView(device, stations, "", None, None, None)
        error, message = ticket.error, ticket.message
        if error is None and device.loss is not None:
            error, message = device.loss.error, device.loss.message
        return BoardView(device, stations, ticket.text, ticket.state, error, message)

    async def _follow(self) -> None:
        while True:
            with self._subscribe() as committed:
                self._show()
                async for _ in committed:
                    self._show()
            if not committed.overflowed:
                return  # the service has stopped

    def _show(self) -> None:
        """Give each board its text where that has changed. Never waits."""
        state = self._state()
        for name, display in self._displays.items():
            text = text_for(self._settings[name], state)
            before = self._shown.get(name)
            if before is None or before.text != text:
                self._shown[name] = shown = display.show(text)
                if shown.state is ShowState.REFUSED:
                    log.warning("boards.text_refused", device=name, error=shown.error)


def text_for(settings: DisplaySettings, state: State) -> str:
    """What is to stand on a board: the latest call of its stations while that patient is called or being seen.

    After the service day's end it is empty. Numbers only: a board at a door is read by everybody.
    """
    if state.index is None or state.day is None or state.day.ended:
        return ""
    current = [state.stations[one].current for one in settings.stations if one in state.stations]
    tickets = [state.tickets[ticket] for ticket in current if ticket is not None]
    called = [ticket for ticket in tickets if ticket.status in _HERE and ticket.call is not None]
    if not called:
        return settings.idle
    latest = max(called, key=lambda ticket: ticket.call or 0)
    station = state.index.stations.get(latest.station or "")
    if station is None:  # another configuration came into force meanwhile
        return settings.idle
    room = state.index.rooms[station.room].name
    return settings.shows.format(number=latest.number, room=room.zh, room_en=room.en)


def make_displays(settings: Mapping[str, DisplaySettings], devices: Path) -> list[CallDisplay]:
    """Make the boards that ``settings`` names, from the devices in the file ``devices``.

    Raises:
        ConfigurationError: the file is wrong, or has no call display of a name; all names are told.
    """
    if not settings:
        return []
    try:
        entries = {entry.name: entry for entry in read_devices(devices)}
        made = {name: make_device(entries[name]) for name in settings if name in entries}
    except DevicesError as error:
        raise ConfigurationError([str(error)]) from error
    boards = {name: device for name, device in made.items() if isinstance(device, CallDisplay)}
    known = listed([name for name, entry in entries.items() if entry.kind == KIND])
    complaints = [
        f"displays.{name}: {devices.name} has no call display of this name; it has {known}"
        for name in settings
        if name not in boards
    ]
    if complaints:
        raise ConfigurationError(complaints)
    return list(boards.values())


def _on_ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (failure := task.exception()) is not None:
        log.error("boards.ended", exc_info=failure, consequence="boards show no further calls until a restart")
