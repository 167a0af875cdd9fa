"""A lobby for tests: decides, checks that deciding changed nothing, folds what came back through its encoding."""

from __future__ import annotations

from itertools import count

from queue_server.engine import commands, events
from queue_server.engine.canonical import canonical
from queue_server.engine.entries import Ticket
from queue_server.engine.lobby import Context, decide, evolve
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import ClinicSession, Site
from queue_server.engine.state import State
from tests.sites import DAY, UTC_OFFSET_MIN, at, digest, small_sessions, small_site


class Lobby:
    def __init__(self, site: Site | None = None, sessions: list[ClinicSession] | None = None) -> None:
        self.state = State()
        self.log: list[events.Recorded] = []
        self.now = at("05:00")
        self.strict = True
        self._ids = count(1)
        self._secrets = count(1)
        self._commands = count(1)
        chosen = site or small_site()
        self.do("05:00", commands.ActivateConfiguration(chosen, digest(chosen)))
        self.do("05:00", commands.OpenDay(DAY, UTC_OFFSET_MIN, sessions or small_sessions()))

    def context(self) -> Context:
        return Context(self.now, "tester", lambda: f"t{next(self._ids):05d}", lambda: f"link{next(self._secrets):05d}")

    def ask(self, clock: str | int | None, command: commands.Command) -> list[events.Event] | Refusal:
        if clock is not None:
            self.now = at(clock) if isinstance(clock, str) else clock
        before = canonical(self.state) if self.strict else b""
        decided = decide(self.state, command, self.context())
        if self.strict:
            assert canonical(self.state) == before, "decide changed the state"
        if not isinstance(decided, Refusal):
            command_id = f"c{next(self._commands):05d}"
            for event in decided:
                kind = type(event).__name__
                read = events.decode(kind, event.v, events.encode(event))
                assert read == event
                recorded = events.Recorded(self.state.position + 1, self.now, "tester", command_id, read)
                evolve(self.state, recorded)
                self.log.append(recorded)
        return decided

    def do(self, clock: str | int | None, command: commands.Command) -> list[events.Event]:
        decided = self.ask(clock, command)
        assert not isinstance(decided, Refusal), decided
        return decided

    def refused(self, clock: str | int | None, command: commands.Command) -> Refusal:
        decided = self.ask(clock, command)
        assert isinstance(decided, Refusal), decided
        return decided

    def issue(self, clock: str | int | None, command: commands.CheckIn | commands.CheckInWalkIn) -> Ticket:
        issued = next(e for e in self.do(clock, command) if isinstance(e, events.TicketIssued))
        return self.state.tickets[issued.ticket]

    def call(self, clock: str | int | None, station: str, last_was: str | None = None) -> Ticket:
        decided = self.do(clock, commands.CallNext(station, last_was))
        called = next(e for e in decided if isinstance(e, events.Called))
        return self.state.tickets[called.ticket]

    def ticket(self, ticket: Ticket) -> Ticket:
        return self.state.tickets[ticket.id]

    def replayed(self) -> State:
        state = State()
        for recorded in self.log:
            evolve(state, recorded)
        return state
