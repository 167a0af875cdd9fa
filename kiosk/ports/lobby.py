"""The lobby's server, and how it fails."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from queue_server.contract import (
    DeviceReport,
    GuideSlip,
    HallInfo,
    Identify,
    IdentifyReply,
    Problem,
    TicketView,
    WhyReply,
)


class LobbyError(Exception):
    """The server did not do what was asked."""


class RefusedError(LobbyError):
    """The server said no and says why; nothing changed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class AwayError(LobbyError):
    """The server was not reached, or could do nothing: nothing happened."""


class BusyError(LobbyError):
    """The server was asked too much in too short a time: nothing happened."""


class AnswerLostError(LobbyError):
    """The server was reached and gave no answer that settles it, repeatedly: whether it happened is unknown."""


class CredentialError(LobbyError):
    """The server does not know this kiosk; it must be enrolled."""


class Away(enum.StrEnum):
    """Why nobody can check in here now."""

    UNREACHED = "unreached"
    """The server does not answer."""
    NOT_ENROLLED = "not_enrolled"
    """It answers, and no longer knows this kiosk."""
    NOT_ISSUING = "not_issuing"
    """It answers, and issues no numbers."""


PrintReport = Literal["done", "not_done", "unknown"]


class Lobby(Protocol):
    """The lobby's server. What it is asked raises a ``LobbyError``; ``AnswerLostError`` comes of commands alone."""

    @property
    def online(self) -> bool:
        """Whether the server is in reach and issues numbers."""
        ...

    @property
    def away_because(self) -> Away | None:
        """Why not, while it is not; ``None`` while ``online``."""
        ...

    @property
    def away_since(self) -> datetime | None:
        """Since when, by the server's time; ``None`` while ``online``, or when the server was never heard."""
        ...

    @property
    def hall(self) -> HallInfo | None:
        """The hall, from the last answer, also one before a restart; ``None`` before the very first."""
        ...

    @property
    def version(self) -> int:
        """Counts the changes of ``online``, ``away_because`` and ``hall``."""
        ...

    def now(self) -> datetime:
        """Return the server's time as far as it is known."""
        ...

    async def changed(self, since: int) -> None:
        """Return when ``version`` is no longer ``since``."""
        ...

    def new_intent(self) -> str:
        """Return a fresh command id. One intent keeps its id however often it is sent."""
        ...

    async def identify(self, asked: Identify) -> IdentifyReply:
        """Ask who has what today."""
        ...

    async def check_in(self, intent: str, person: str, appointment: str) -> TicketView:
        """Check in an appointment."""
        ...

    async def join(self, intent: str, queue: str, person: str | None, registration: str | None) -> TicketView:
        """Join a queue."""
        ...

    async def rejoin(self, intent: str, ticket: str) -> TicketView:
        """Wait again after a miss."""
        ...

    async def ticket(self, ticket: str) -> TicketView:
        """Return a ticket as it now stands."""
        ...

    async def why(self, one: str, other: str) -> WhyReply:
        """Ask which of two scanned slips is or was called first, and why; nothing about persons."""
        ...

    async def look_ahead(self, person: str) -> GuideSlip:
        """Return the guide slip as it would be with all that can be done now; nothing is given."""
        ...

    async def guide_slip(self, person: str) -> GuideSlip:
        """Return the guide slip as it now stands."""
        ...

    async def take_slip(self, intent: str, person: str, orders: Sequence[str]) -> GuideSlip:
        """Take a number for each of ``orders``, on one guide slip."""
        ...

    def settle_print(self, ticket: str, outcome: PrintReport, *, reprint: bool) -> None:
        """Report what became of the paper. Kept and repeated until the server has it; never waited for."""
        ...

    def visit_over(self) -> None:
        """The patient is gone: report the paper of numbers whose answer was lost as unknown."""
        ...

    def tell_devices(self, devices: Sequence[DeviceReport]) -> None:
        """Have staff know how the devices are from now on; never waited for."""
        ...
