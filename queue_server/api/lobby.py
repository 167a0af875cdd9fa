"""What the handlers work with: the service, today's list, views, feeds, accounts and limits, in one place.

``app.py`` makes it once; handlers get it as the dependency ``lobby``.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import msgspec
from sqlite_utils import Database

from queue_server import contract as c
from queue_server.api.credentials import Devices
from queue_server.api.feed import Hub
from queue_server.api.limits import LockOut, RateLimit
from queue_server.api.log_ins import LogIns
from queue_server.api.problems import ProblemError, RefusedError, refusal_problem
from queue_server.boards import CallBoards
from queue_server.clock import Clock
from queue_server.config import Configuration
from queue_server.engine.branch import branch
from queue_server.engine.commands import Command
from queue_server.engine.context import Context
from queue_server.engine.entries import Ticket
from queue_server.engine.follow import follow
from queue_server.engine.lobby import decide
from queue_server.engine.refusals import Refusal
from queue_server.engine.state import State
from queue_server.hospital.mirror import Mirror
from queue_server.log.triage_notes import TriageNote
from queue_server.service import Service
from queue_server.views import Names, Views
from queue_server.voice import Announcer
from queue_server.what_if import WhatIf

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(order="sorted")


@dataclass
class Limits:
    """Every limit on how often somebody may ask."""

    identify: RateLimit
    """Per kiosk or desk: a person at a card reader, never a list of numbers being tried."""
    ticket: RateLimit
    """Per address: links that lead to no ticket."""
    enrol: RateLimit
    """Per address: enrolment and screen codes."""
    poll: RateLimit
    """Per address: a screen asking whether its code was confirmed."""
    log_in: RateLimit
    """Per address, whatever the password: hashing one is costly on purpose."""
    what_if: RateLimit
    """Per account: a past day run again takes seconds of a processor."""
    passwords: LockOut

    @classmethod
    def by(cls, clock: Clock) -> Limits:
        """The limits as they are in operation."""
        return cls(
            identify=RateLimit(clock, per_minute=60, burst=60),
            ticket=RateLimit(clock, per_minute=120, burst=60),
            enrol=RateLimit(clock, per_minute=6, burst=10),
            poll=RateLimit(clock, per_minute=60, burst=30),
            log_in=RateLimit(clock, per_minute=30, burst=20),
            what_if=RateLimit(clock, per_minute=20, burst=10),
            passwords=LockOut(clock),
        )


class Links:
    """Finds a ticket by its unguessable link."""

    def __init__(self, state: Callable[[], State]) -> None:
        """Look in the committed state."""
        self._state = state
        self._tickets: dict[str, str] = {}
        self._position = -1

    def find(self, link: str) -> Ticket | None:
        """The ticket, or ``None``."""
        state = self._state()
        ticket = state.tickets.get(self._tickets.get(link, ""))
        if ticket is None and self._position != state.position:
            self._tickets = {one.link: one.id for one in state.tickets.values()}
            self._position = state.position
            ticket = state.tickets.get(self._tickets.get(link, ""))
        return ticket


class Proxies:
    """The reverse proxies whose word on a caller's address is believed."""

    def __init__(self, networks: Sequence[str]) -> None:
        """Believe these addresses and networks (``10.0.0.0/24``)."""
        self._networks = [ipaddress.ip_network(one) for one in networks]

    def include(self, address: str) -> bool:
        """Whether ``address`` is one of them."""
        if not self._networks:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


@dataclass
class Lobby:
    """The parts of a running server.

    Attributes:
        is_secure: whether it is served with TLS, so that cookies are for TLS only.
        certificate_ends_at: until when its certificate is valid; ``None`` without TLS.
        boards: the call displays, once they are started.
        reports: how each kiosk's own devices are, as it told last, by device.
        issued_by: which actor was given each of today's tickets, so that a kiosk asks for its own paper only.
    """

    configuration: Configuration
    data: Path
    clock: Clock
    service: Service
    mirror: Mirror
    announcer: Announcer
    views: Views
    names: Names
    hub: Hub
    devices: Devices
    log_ins: LogIns
    limits: Limits
    is_secure: bool
    what_if: WhatIf = field(default_factory=WhatIf)
    certificate_ends_at: datetime | None = None
    reports: dict[str, list[c.DeviceReport]] = field(default_factory=dict)
    issued_by: dict[str, str] = field(default_factory=dict)
    boards: CallBoards | None = None
    links: Links = field(init=False)
    proxies: Proxies = field(init=False)

    def __post_init__(self) -> None:
        self.links = Links(lambda: self.service.committed)
        self.proxies = Proxies(self.configuration.server.trusted_proxies)

    async def submit(self, command: Command, asked: c.Asked, actor: str) -> c.Done:
        """Carry out a client's command once, however often it is sent.

        Args:
            command: what is asked, with its facts.
            asked: the request's body; a repeat is told from another request by it and by the kind of command.
            actor: who asks.

        Raises:
            RefusedError: the engine said no.
            Unavailable: the log cannot be written.
            Conflict: the command id was used for something else.
        """
        return _told(await self._submit(command, asked, actor, _digest(type(command), asked)))

    async def _submit(
        self, command: Command, asked: c.Asked, actor: str, digest: str, note: TriageNote | None = None
    ) -> c.Done | Refusal:
        return await self.service.submit(
            command,
            actor=actor,
            command_id=str(asked.command_id),
            digest=digest,
            expires_at=None if asked.expires_at is None else round(asked.expires_at.timestamp() * 1_000_000),
            note=note,
        )

    async def submit_found(
        self,
        kind: type[Command],
        find: Callable[[], Awaitable[Command]],
        asked: c.Asked,
        actor: str,
        note: TriageNote | None = None,
    ) -> c.Done:
        """Carry out a command whose facts have to be looked up, and look them up for a new command only.

        A repeat gets the recorded outcome even where the facts have gone meanwhile.

        Args:
            kind: the command's type.
            find: looks the facts up; may raise a ``ProblemError``.
            asked: the request's body.
            actor: who asks.
            note: what goes with a level of triage into an erasable table, in the same transaction.

        Raises:
            RefusedError: the engine said no.
            Unavailable: the log cannot be written.
            Conflict: the command id was used for something else.
        """
        digest = _digest(kind, asked)
        result = await self.service.repeated(actor=actor, command_id=str(asked.command_id), digest=digest)
        if result is None:
            result = await self._submit(await find(), asked, actor, digest, note)
        return _told(result)

    def would_refuse(self, command: Command) -> c.Problem | None:
        """Why ``command`` would be refused as things stand; ``None`` when it would not. Decides, and keeps nothing."""
        context = Context(max(self.clock.now(), self.service.committed.now), "preview", str, str)
        decided = decide(self.service.committed, command, context)
        return refusal_problem(decided) if isinstance(decided, Refusal) else None

    def as_if(self, command: Command) -> State:
        """The state as ``command`` would leave it, to be read before anything else happens. Keeps nothing.

        Raises:
            RefusedError: the engine would say no.
        """
        state = self.service.committed
        context = Context(max(self.clock.now(), state.now), "preview", lambda: uuid4().hex, lambda: uuid4().hex)
        decided = decide(state, command, context)
        if isinstance(decided, Refusal):
            raise RefusedError(decided)
        work = branch(state)
        for event in decided:
            follow(work, context, event)
        return work

    async def write(self, run: Callable[[Database], T]) -> T:
        """Write accounts within the writer's next transaction.

        Raises:
            Unavailable: nothing was written.
        """
        return await self.service.write(run)

    def ticket(self, ticket_id: str) -> Ticket:
        """A ticket of today.

        Raises:
            ProblemError: ``unknown_ticket``.
        """
        ticket = self.service.committed.tickets.get(ticket_id)
        if ticket is None:
            raise ProblemError("unknown_ticket")
        return ticket

    def hall(self, hall: str) -> str:
        """A hall of the configuration: a device may have been enrolled for one that is gone.

        Raises:
            ProblemError: ``unknown_hall``.
        """
        index = self.service.committed.index
        if index is None or all(one.id != hall for one in index.site.halls):
            raise ProblemError("unknown_hall")
        return hall

    def ticket_done(self, done: c.Done) -> c.TicketDone:
        """A command's outcome with the ticket as it now stands.

        Raises:
            ProblemError: ``unknown_ticket``, for a repeat after the ticket's day.
        """
        return c.TicketDone(done, self.views.ticket(self.ticket(done.ticket or "")))


def _told(result: c.Done | Refusal) -> c.Done:
    if isinstance(result, Refusal):
        raise RefusedError(result)
    return result


def _digest(kind: type[Command], asked: c.Asked) -> str:
    """By what a repeat is told from another request: the body, and what it asks for."""
    return hashlib.sha256(kind.__name__.encode() + b"\n" + _ENCODER.encode(asked)).hexdigest()
