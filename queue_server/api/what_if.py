"""What an administrator asks of a past day: who would have waited less, and who more."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import structlog
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from queue_server.api.guards import require_staff, staff_of
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.replay.changes import MoreRoom, Plan
from queue_server.replay.days import days_in
from queue_server.replay.report import Report
from queue_server.replay.worker import SIMULATED, Answer, Asked
from queue_server.what_if import BusyError, WhatIfError

log = structlog.get_logger("houzhen.admin")

Call = Request[Any, Any, Any]
Ratio = Annotated[int, Meta(ge=1, le=20)]

MOST_DAYS = 60
"""So many days back there are to choose from."""


class Days(Struct, frozen=True):
    """Service days that have ended, the latest first, and what to ask for to get the simulated one."""

    days: list[str]
    simulated: str = SIMULATED


class MoreAsked(Struct, frozen=True):
    """One more doctor for the pool of ``queue`` from ``opens`` on, ``HH:MM``."""

    queue: Annotated[str, Meta(min_length=1, max_length=64)]
    opens: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class WhatIfAsked(Struct, frozen=True):
    """A day, and what should have been otherwise; nothing of it: the day as it was."""

    day: Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2}|simulated)$")]
    allowance_min: Annotated[int, Meta(ge=0, le=720)] | None = None
    walk_in_ratio: Ratio | None = None
    return_ratio: Ratio | None = None
    lock: Annotated[int, Meta(ge=0, le=20)] | None = None
    more: MoreAsked | None = None
    target_min: Annotated[int, Meta(ge=1, le=720)] = 30


@get("/what-if", sync_to_thread=True)
def list_days(lobby: NamedDependency[Lobby]) -> Days:
    """The days that can be run again."""
    site = lobby.configuration.site.id
    found = days_in(lobby.data, MOST_DAYS)
    return Days([one.day for one in found if one.is_over and one.site == site])


@post("/what-if", status_code=200)
async def ask(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[WhatIfAsked]) -> Report:
    """Run the day again. Given up as soon as the page that asked has gone."""
    staff = staff_of(request)
    lobby.limits.what_if.take(staff.actor)
    plan = Plan(
        allowance_min=data.allowance_min,
        walk_in_ratio=data.walk_in_ratio,
        return_ratio=data.return_ratio,
        lock=data.lock,
        more=() if data.more is None else (MoreRoom(data.more.queue, data.more.opens),),
    )
    asked = Asked(str(lobby.data), data.day, None if plan == Plan() else plan, data.target_min)
    answer = await _unless_gone(request, lobby, asked)
    log.info("what_if_asked", by=staff.name, target=data.day)
    if answer.report is not None:
        return answer.report
    raise ProblemError("no_such_day" if answer.why == "no_day" else "what_if_impossible", detail=answer.sentence)


async def _unless_gone(request: Call, lobby: Lobby, asked: Asked) -> Answer:
    reckoning = asyncio.create_task(lobby.what_if.ask(asked))
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({reckoning, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not reckoning.done():
            log.info("what_if_given_up", target=asked.day)
            raise ProblemError("what_if_failed", detail="the page that asked has gone")
        return reckoning.result()
    except BusyError:
        raise ProblemError("what_if_busy", retry_after_s=2) from None
    except WhatIfError as error:
        log.warning("what_if_failed", target=asked.day, reason=str(error))
        raise ProblemError("what_if_failed") from None
    finally:
        for task in (reckoning, gone):
            task.cancel()
        await asyncio.gather(reckoning, gone, return_exceptions=True)


async def _gone(request: Call) -> None:
    """Return once the client has hung up; the body has been read already."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


router = Router("/api/admin", guards=[require_staff("administrator")], tags=["admin"], route_handlers=[list_days, ask])
