"""Whatever a handler raised, as an HTTP answer; what was sent is never repeated in it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from queue_server.api.problems.errors import TYPE_PREFIX, ProblemError, RefusedError, refusal_problem
from queue_server.contract import Problem, Text
from queue_server.logs import places
from queue_server.service import Conflict, Unavailable

log = structlog.get_logger("houzhen.api")

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_S = 2
"""How long a client waits after a 503: the writer's probe commits as soon as the disk does."""


def answer(problem: Problem, *, retry_after_s: int | None = None) -> Response[bytes]:
    """The HTTP response for a problem."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return Response(msgspec.json.encode(problem), media_type=MEDIA_TYPE, status_code=problem.status, headers=headers)


def _on_problem(_: Request[Any, Any, Any], error: ProblemError) -> Response[bytes]:
    return answer(error.problem(), retry_after_s=error.retry_after_s)


def _on_refused(_: Request[Any, Any, Any], error: RefusedError) -> Response[bytes]:
    return answer(refusal_problem(error.refusal))


def _on_unavailable(_: Request[Any, Any, Any], error: Unavailable) -> Response[bytes]:
    problem = msgspec.structs.replace(ProblemError("log_unavailable").problem(), code=error.code)
    message = Text(error.message.zh, error.message.en)
    return answer(
        msgspec.structs.replace(problem, type=TYPE_PREFIX + error.code, message=message), retry_after_s=RETRY_AFTER_S
    )


def _on_conflict(_: Request[Any, Any, Any], __: Conflict) -> Response[bytes]:
    return answer(ProblemError("command_id_reused").problem())


def _on_invalid(_: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    return answer(ProblemError("invalid_request", detail=_detail(error)).problem())


def _detail(error: ValidationException) -> str:
    """Name the fields that were wrong and what was expected of them; the values sent are never repeated."""
    items = error.extra if isinstance(error.extra, list) else []
    said = []
    for item in items:
        if isinstance(item, dict):
            key = _known(_KEYS, item.get("key"), "body")
            said.append(f"{key}: {_known(_EXPECTATIONS, item.get('message'), 'has no allowed value')}")
    return "; ".join(said) or "the request does not have the expected form"


_PARAMETER = "data"
"""What the framework calls the body as a whole; clients have never heard of it."""
_KEYS = re.compile(r"[a-z_]+(\[[\d.]*\]|\.[a-z_]+)*")
_EXPECTATIONS = re.compile(
    r"Expected `[a-z | ]+`(, got `[a-z | ]+`)?"
    r"|Expected `[a-z | ]+` (of length )?[<>]?=? ?-?\d+"
    r"|Expected `datetime` with a timezone component"
    r"|Object missing required field `[a-z_]+`"
    r"|Expected `str` matching regex '[^']*'"
    r"|Invalid (UUID|RFC3339 encoded datetime)"
)
"""What msgspec says of the expected form. Other sentences of it quote what was sent."""


def _known(words: re.Pattern[str], said: object, otherwise: str) -> str:
    return said if isinstance(said, str) and words.fullmatch(said) and said != _PARAMETER else otherwise


_BY_STATUS = {
    HTTPStatus.BAD_REQUEST: "invalid_request",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
}


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    code = _BY_STATUS.get(HTTPStatus(error.status_code))
    if code is None:
        return _on_failure(request, error)
    return answer(ProblemError(code, detail="body: is not JSON" if code == "invalid_request" else None).problem())


def _on_bad_text(request: Request[Any, Any, Any], error: UnicodeDecodeError) -> Response[bytes]:
    if not places(error)[-1].startswith("msgspec_hooks.py"):
        return _on_failure(request, error)  # not the body's: a defect of ours
    return answer(ProblemError("invalid_request", detail="body: is not UTF-8").problem())


def _on_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    # An exception's message may quote what was sent, so only its type and the places are kept.
    log.error(
        "request_failed",
        route=str(request.scope.get("path_template", "")),
        error=type(error).__name__,
        at=places(error),
    )
    return answer(ProblemError("internal_error").problem())


HANDLERS: ExceptionHandlersMap = {
    ProblemError: _on_problem,
    RefusedError: _on_refused,
    Unavailable: _on_unavailable,
    Conflict: _on_conflict,
    ValidationException: _on_invalid,
    HTTPException: _on_http,
    UnicodeDecodeError: _on_bad_text,
    Exception: _on_failure,
}
"""What ``Litestar(exception_handlers=...)`` takes."""


def answer_to(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request whose handler raised ``error``."""
    return next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)(request, error)
