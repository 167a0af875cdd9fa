"""Walking through a journey: forward, back, and away.

A step awaits the patient, a card, the server or paper. It returns how it went, so that Back leads to the last step
that asked something and never behind something that cannot be taken back.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import structlog

from kiosk.faults import FaultError, screen_of
from kiosk.visit import Leave, Visit

_log = structlog.get_logger(__name__)


class Went(enum.Enum):
    """How a step went."""

    ASKED = "asked"
    """The patient decided something; Back returns here."""
    PASSED = "passed"
    """There was nothing to ask; Back goes further."""
    COMMITTED = "committed"
    """Something happened that Back does not undo."""
    THROUGH = "through"
    """The patient has all they came for."""
    AGAIN = "again"
    """A fault was told and the patient wants to try again."""


class Ended(enum.Enum):
    """How a walk ended."""

    THROUGH = "through"
    HOME = "home"
    IDLE = "idle"
    FAULT = "fault"


_ENDS: dict[Went | Leave, Ended] = {Leave.BACK: Ended.HOME, Leave.HOME: Ended.HOME, Leave.IDLE: Ended.IDLE}

Step: TypeAlias = Callable[[Visit], Awaitable[Went]]


async def walk(visit: Visit, steps: Sequence[Step]) -> Ended:
    """Run ``steps`` in order.

    Back runs the last step that asked, or ends the walk where there is none. Home and idleness end it. A fault is
    told on a screen of its own; where it may be tried again and the patient wants to, the same step runs again.
    """
    trail: list[int] = []
    at = 0
    while at < len(steps):
        try:
            went = await _until_left(visit, steps[at])
        except FaultError as fault:
            went = await _until_left(visit, _tell(fault))
            if went is Went.AGAIN:
                continue
            return Ended.FAULT if went is Went.ASKED else _ENDS[went]
        if went is Leave.BACK and trail:
            at = trail.pop()
            continue
        if isinstance(went, Leave):
            return _ENDS[went]
        if went is Went.THROUGH:
            break
        if went is Went.ASKED:
            trail.append(at)
        elif went is Went.COMMITTED:
            trail.clear()
        at += 1
    return Ended.THROUGH


def _tell(fault: FaultError) -> Step:
    """Tell of ``fault`` and let the patient try again, where that makes sense, or go."""

    async def told(visit: Visit) -> Went:
        refused = "" if fault.problem is None else fault.problem.code
        _log.info("fault_told", fault=fault.kind.name, code=refused or fault.kind.code)
        tap = await visit.ask(screen_of(fault, visit.world.lobby.hall), idle=visit.world.durations.ticket)
        return Went.AGAIN if tap.verb == "again" else Went.ASKED

    return told


async def _until_left(visit: Visit, step: Step) -> Went | Leave:
    """Run ``step`` until it is done or the patient leaves it; a step that is left is cancelled."""
    leaving = visit.leaving()
    task = asyncio.ensure_future(step(visit))
    try:
        both: set[asyncio.Future[Went] | asyncio.Future[Leave]] = {task, leaving}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        return leaving.result()
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
