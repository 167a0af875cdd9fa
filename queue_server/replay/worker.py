"""The program in which an administrator's question is reckoned, beside the server: one line asked, one line answered.

It gives way to everything else on the machine, keeps the last day it read, and ends when nobody has asked for a while
or nobody can any more.
"""

from __future__ import annotations

import gc
import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from queue_server.log.errors import LogUnusableError
from queue_server.replay.changes import ChangeError, Plan
from queue_server.replay.days import LoggedDay, read_day
from queue_server.replay.past import PastError, effective, past_of
from queue_server.replay.report import Report, Reruns
from queue_server.simulation import scenarios
from queue_server.simulation.policy import site_of
from queue_server.simulation.runner import run_seed

SIMULATED = "simulated"
"""In place of a day: the morning that comes with the program."""

_NICE = 10
_QUIET_S = 300.0


class Asked(msgspec.Struct, frozen=True):
    """What would have been.

    Attributes:
        data: the data directory.
        day: a service day in its log, or ``SIMULATED``.
        plan: what is otherwise; ``None``: the day as it was.
        target_min: how long a wait may be at most to be in the target.
    """

    data: str
    day: str
    plan: Plan | None = None
    target_min: float = 30


class Answer(msgspec.Struct, frozen=True):
    """A report, or why there is none: ``no_day`` or ``impossible``, with a sentence in English."""

    report: Report | None = None
    why: str | None = None
    sentence: str = ""


class Desk:
    """Answers questions, and remembers the last day's rerun under its own rules."""

    def __init__(self) -> None:
        self._key: tuple[str, str] | None = None
        self._reruns: Reruns | None = None

    def answer(self, asked: Asked) -> Answer:
        """Reckon."""
        try:
            if self._reruns is None or self._key != (asked.data, asked.day):
                self._key = None
                self._reruns = Reruns(_day(asked))
                self._key = (asked.data, asked.day)
            plans = [] if asked.plan is None else [asked.plan.named(self._reruns.site)]
            return Answer(self._reruns.report(plans, asked.target_min))
        except (PastError, LogUnusableError) as error:
            return Answer(why="no_day", sentence=str(error))
        except ChangeError as error:
            return Answer(why="impossible", sentence=str(error))


def _day(asked: Asked) -> LoggedDay:
    if asked.day != SIMULATED:
        return read_day(Path(asked.data), asked.day)
    described, policy = scenarios.half_day_clinic(), scenarios.policies()["stamped"]
    log = run_seed(described, policy, 1).log
    return LoggedDay(past_of(site_of(described, policy), log), effective(log)[0])


def serve(questions: BinaryIO, answers: BinaryIO, is_quiet: Callable[[], bool]) -> None:
    """Answer line by line, until there are no more lines or it has been quiet for long."""
    desk = Desk()
    while not is_quiet() and (line := questions.readline()):
        answers.write(msgspec.json.encode(desk.answer(msgspec.json.decode(line, type=Asked))) + b"\n")
        answers.flush()
        gc.collect()


def main() -> None:
    """Serve standard input and output."""
    os.nice(_NICE)
    # A day is millions of small objects that live to the answer; the last day's are counted once, not at each search.
    gc.disable()
    # Unbuffered: what ``select`` sees is all that there is.
    questions = os.fdopen(sys.stdin.fileno(), "rb", buffering=0)
    serve(questions, sys.stdout.buffer, lambda: not select.select([questions], [], [], _QUIET_S)[0])


if __name__ == "__main__":
    main()
