"""What an answer of the server's settles: decided here and nowhere else.

A refusal (4xx) did nothing; neither did a 503 that says so. Any other failure of the server leaves open what became of
a command.
"""

from __future__ import annotations

from typing import TypeVar

import httpx
import msgspec

from kiosk.ports import AnswerLostError, AwayError, BusyError, CredentialError, RefusedError
from queue_server.contract import Problem

_Reply = TypeVar("_Reply")

UNAUTHORISED = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})
_NOTHING_DONE = frozenset({"log_unavailable", "stopping"})
"""What a 503 says where certainly nothing was done; one from elsewhere on the way says nothing about it."""
_NO_LIST = "list_unavailable"
"""A 503 that is an answer: there is no list of today yet, which no repeat within seconds changes."""


def read(answer: httpx.Response, kind: type[_Reply]) -> _Reply:
    """Read an answer.

    Raises:
        RefusedError: the server said no; nothing was done.
        CredentialError: it does not know this device; nothing was done.
        BusyError: it was asked too often; nothing was done.
        AwayError: it says that it could do nothing.
        AnswerLostError: it failed, or what it said cannot be read.
    """
    status = answer.status_code
    if answer.is_success:
        try:
            return msgspec.json.decode(answer.content or b"null", type=kind)  # 204 is the answer nothing
        except msgspec.DecodeError as error:
            raise AnswerLostError(f"The server answered {status}, and it cannot be read.") from error
    if status in UNAUTHORISED:
        raise CredentialError(f"The server answered {status}.")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise BusyError(f"The server answered {status}.")
    problem = _problem_in(answer)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        code = None if problem is None else problem.code
        if problem is not None and code == _NO_LIST:
            raise RefusedError(problem)
        if status == httpx.codes.SERVICE_UNAVAILABLE and code in _NOTHING_DONE:
            raise AwayError(f"The server answered {status}, {code}.")
        raise AnswerLostError(f"The server answered {status}, {code or 'without saying why'}.")
    if problem is None:
        raise AwayError(f"The server answered {status} without saying why.")
    raise RefusedError(problem)


def _problem_in(answer: httpx.Response) -> Problem | None:
    try:
        return msgspec.json.decode(answer.content, type=Problem)
    except msgspec.DecodeError:
        return None
