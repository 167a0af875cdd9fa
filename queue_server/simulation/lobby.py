"""The engine as a simulation holds it: its state, its log, and ids that are the same in every run."""

from __future__ import annotations

from itertools import count

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.lobby import Context, decide, evolve
from queue_server.engine.refusals import Refusal
from queue_server.engine.state import State

ACTOR = "simulation"


class Lobby:
    """The engine with its state and its log."""

    def __init__(self) -> None:
        self.state = State()
        self.log: list[e.Recorded] = []
        self._tickets = count(1)
        self._commands = count(1)

    def ask(self, now: int, command: c.Command) -> list[e.Event] | Refusal:
        """Decide and fold in what was decided."""
        decided = decide(self.state, command, Context(now, ACTOR, self._ticket, self._secret))
        if isinstance(decided, Refusal):
            return decided
        command_id = f"c{next(self._commands):06d}"
        for event in decided:
            recorded = e.Recorded(self.state.position + 1, now, ACTOR, command_id, event)
            evolve(self.state, recorded)
            self.log.append(recorded)
        return decided

    def do(self, now: int, command: c.Command) -> list[e.Event]:
        """The same for what cannot be refused.

        Raises:
            RuntimeError: the engine refused it after all.
        """
        decided = self.ask(now, command)
        if isinstance(decided, Refusal):
            raise RuntimeError(f"the engine refused {type(command).__name__}: {decided.code}")  # noqa: TRY004 - no type
        return decided

    def _ticket(self) -> str:
        return f"t{next(self._tickets):06d}"

    def _secret(self) -> str:
        # Nobody follows a link in a simulation.
        return ""
