"""Asking the server: the same bytes once more while nothing settles what became of them.

Repeating a command is always safe, since it carries an id. A question changes nothing, whatever becomes of its answer.
"""

from __future__ import annotations

from typing import TypeVar

import httpx
import msgspec
import structlog

from kiosk.answer import read
from kiosk.ports import AnswerLostError, AwayError, BusyError, Clock, CredentialError, LobbyError
from queue_server.contract import Asked, Done, SlipDone, TicketDone

_log = structlog.get_logger(__name__)
_Reply = TypeVar("_Reply")
_Acknowledged = TypeVar("_Acknowledged", bound=Done | TicketDone | SlipDone)

PAUSES = (0.3, 1.0, 2.0)
"""Seconds between repeats of what was not answered, or only with a failure of the server's."""
JSON = {"Content-Type": "application/json"}

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Asking:
    """Questions and commands over one HTTP client.

    Args:
        http: whom to ask.
        clock: for pauses.
    """

    def __init__(self, http: httpx.AsyncClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    async def get(self, path: str, kind: type[_Reply]) -> _Reply:
        """Ask what there is at ``path``; raises as ``ask``."""
        return await self.ask("GET", path, None, kind)

    async def post(self, path: str, asked: Asked, kind: type[_Acknowledged]) -> _Acknowledged:
        """Have a command done; the log says which was, so that it can be compared with the server's."""
        reply = await self.repeat("POST", path, msgspec.json.encode(asked), kind)
        done = reply if isinstance(reply, Done) else reply.done
        _log.info("acknowledged", command=str(done.command_id), position=done.position)
        return reply

    async def ask(self, method: str, path: str, body: bytes | None, kind: type[_Reply]) -> _Reply:
        """Ask what changes nothing: an answer that was lost is as good as none.

        Raises:
            AwayError: there was no answer.
            LobbyError: the answer was another failure.
        """
        try:
            return await self.repeat(method, path, body, kind)
        except AnswerLostError as lost:
            raise AwayError(str(lost)) from lost

    async def repeat(self, method: str, path: str, body: bytes | None, kind: type[_Reply]) -> _Reply:
        """Ask, and ask again with the same bytes while nothing settles it.

        Raises:
            AwayError: no attempt did anything.
            AnswerLostError: one may have.
            RefusedError: the server said no.
            BusyError, CredentialError: it did nothing, then or before.
        """
        unsure = False
        for pause in (*PAUSES, None):
            try:
                return read(await self._http.request(method, path, content=body, headers=JSON), kind)
            except _NOT_SENT as error:
                lost: Exception = error
            except (httpx.TransportError, AnswerLostError) as error:
                lost, unsure = error, True
            except AwayError as error:
                lost = error
            except (BusyError, CredentialError) as error:
                if not unsure:
                    raise
                lost = error
                break
            if pause is None:
                break
            await self._clock.sleep(pause)
        # The sentence of a failure may quote what was sent; the type does not.
        said = str(lost) if isinstance(lost, LobbyError) else type(lost).__name__
        if unsure:
            raise AnswerLostError(said) from lost
        raise AwayError(said) from lost
