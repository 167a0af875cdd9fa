"""What a journey asks of the server: questions, and intents that stay one however often they are sent."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Literal, TypeVar

from kiosk.faults import FaultError, is_for_now, refusal_fault
from kiosk.ports import (
    AnswerLostError,
    AwayError,
    BusyError,
    CredentialError,
    Lobby,
    LobbyError,
    RefusedError,
)
from queue_server.contract import Problem, TicketView

_Answer = TypeVar("_Answer")


async def asked_of_lobby(answer: Awaitable[_Answer]) -> _Answer:
    """Await the server; what it cannot do becomes a fault with a name."""
    try:
        return await answer
    except RefusedError as refused:
        raise refusal_fault(refused.problem) from refused
    except AwayError as away:
        raise FaultError("server_away") from away
    except BusyError as busy:
        raise FaultError("busy") from busy
    except AnswerLostError as lost:
        raise FaultError("answer_lost") from lost
    except CredentialError as unknown:
        raise FaultError("not_enrolled") from unknown


async def live_ticket(lobby: Lobby, problem: Problem) -> TicketView:
    """The ticket that ``problem`` tells of: its holder is certainly checked in, whatever becomes of this question."""
    if problem.ticket is None:
        raise FaultError("number_not_shown", problem=problem)
    try:
        return await lobby.ticket(problem.ticket)
    except LobbyError as error:
        raise FaultError("number_not_shown", problem=problem) from error


def settled_fault(error: LobbyError, what: Literal["rejoin", "slip"]) -> FaultError:
    """What to tell one who wants to wait again after a miss, or to take the numbers of a slip."""
    match error:
        case RefusedError():
            name = f"{what}_not_done" if is_for_now(error.problem) else f"{what}_refused"
            return FaultError(name, problem=error.problem)
        case AnswerLostError():
            return FaultError(f"{what}_unknown")
        case _:
            return FaultError(f"{what}_not_done")


@dataclass
class Intent:
    """One thing the patient wants done.

    Attributes:
        id: the command's id, the same however often it is sent.
        unsure: an earlier try may have done it; only an answer settles that, and not that the next one came to nothing.
    """

    id: str
    unsure: bool = False

    async def sent(self, answer: Awaitable[_Answer]) -> _Answer:
        """Await the answer to this intent, sent once more.

        Raises:
            RefusedError: the server said no; it was not done before either.
            AnswerLostError: whether it was done is unknown, by this try or an earlier one.
            AwayError, BusyError, CredentialError: it was not done.
        """
        try:
            return await answer
        except AnswerLostError:
            self.unsure = True
            raise
        except (AwayError, BusyError, CredentialError) as error:
            if self.unsure:
                raise AnswerLostError(str(error)) from error
            raise
