"""What can be known without asking the kiosk: the server's log, the paper, and what lies about in files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from virtual_lobby.codes import code_on

from queue_server.engine import events as e
from queue_server.engine.evolve import evolve
from queue_server.engine.state import State
from queue_server.log.data import DATABASE
from queue_server.log.sqlite import SqliteLog
from tests.lobby.kill.audit import SITE


class Log:
    """The server's log, as an independent reader folds it, further with each ``read``."""

    def __init__(self, data: Path) -> None:
        self.state = State()
        self.by_link: dict[str, str] = {}
        """Tickets, by what their codes carry."""
        self.reports: dict[str, list[e.PrintReported]] = defaultdict(list)
        """What was told of each ticket's paper, in its order."""
        self._file = data / DATABASE

    def read(self) -> list[e.Event]:
        """Read on; what is new."""
        log = SqliteLog(self._file, SITE, read_only=True)
        try:
            new = list(log.read(self.state.position))
        finally:
            log.close()
        for recorded in new:
            evolve(self.state, recorded)
            if isinstance(recorded.event, e.TicketIssued):
                self.by_link[recorded.event.link] = recorded.event.ticket
            elif isinstance(recorded.event, e.PrintReported):
                self.reports[recorded.event.ticket].append(recorded.event)
        return [recorded.event for recorded in new]

    def called_last(self, stations: tuple[str, ...]) -> str:
        """The number called last at these stations, of those who are called or being seen; empty: nobody is."""
        current = [self.state.stations[one].current for one in stations if one in self.state.stations]
        tickets = [self.state.tickets[one] for one in current if one is not None]
        called = [ticket for ticket in tickets if ticket.status in {"called", "serving"} and ticket.call is not None]
        return max(called, key=lambda ticket: ticket.call).number if called else ""


@dataclass
class Paper:
    """What the paper says: of each ticket, how many whole papers carry its code."""

    log: Log
    of: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _seen: int = 0

    def read(self, pictures: list[Path]) -> list[str]:
        """Read what came out since; the tickets that it is of.

        Raises:
            ValueError: there is a whole paper that carries no code.
            KeyError: one carries the code of no ticket.
        """
        new = [self.log.by_link[code_on(picture).removeprefix("HZ:")] for picture in pictures[self._seen :]]
        self._seen = len(pictures)
        for ticket in new:
            self.of[ticket] += 1
        return new


def files_with(secrets: list[str], *places: Path) -> list[str]:
    """Which files in these places, or which of them, hold one of these texts."""
    files = [file for place in places for file in (place.rglob("*") if place.is_dir() else [place]) if file.is_file()]
    forms = [form for text in secrets for form in (text.encode(), text.encode("unicode_escape"))]
    return [str(file) for file in files if any(form in file.read_bytes() for form in forms)]
