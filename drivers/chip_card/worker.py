"""A thread that makes blocking calls one after another, so that the event loop never waits in one."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger(__name__)
_Result = TypeVar("_Result")


class Worker:
    """A thread for blocking calls, in the order they were asked.

    A call that never returns cannot be ended from outside. The thread is therefore a daemon, and who waited may leave:
    then ``stuck`` stays true until the call returns after all.

    Args:
        name: the thread's.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._left = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def stuck(self) -> bool:
        """Whether a call is still under way for which nobody waits any more."""
        with self._lock:
            return self._left > 0

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet; see ``end``."""
        return self._thread.is_alive()

    async def call(self, function: Callable[..., _Result], *arguments: object, limit: float) -> _Result:
        """Return what ``function`` returns, or raise what it raises.

        Raises:
            TimeoutError: it has not returned within ``limit`` seconds. It goes on, and its result is lost.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[_Result] = loop.create_future()
        lost = finished = False

        def settle(result: Any, failure: BaseException | None) -> None:  # noqa: ANN401 -- of the caller's type
            if outcome.done():
                return
            if failure is not None:
                outcome.set_exception(failure)
            else:
                outcome.set_result(result)

        def job() -> None:
            nonlocal finished
            result, failure = None, None
            try:
                result = function(*arguments)
            except Exception as error:  # noqa: BLE001 -- it is raised again where somebody waits for it
                failure = error
            with self._lock:
                finished = True
                self._left -= lost
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(settle, result, failure)

        self._jobs.put(job)
        try:
            async with asyncio.timeout(limit):
                return await outcome
        except BaseException:
            with self._lock:
                if not finished:
                    lost = True
                    self._left += 1
            raise

    def post(self, function: Callable[[], object]) -> None:
        """Have ``function`` called in its turn; nobody waits for it, and what it raises is only logged."""
        self._jobs.put(lambda: self._call_alone(function))

    def end(self, last: Callable[[], object] | None = None) -> None:
        """Have the thread end, after what was asked and after ``last``; never waits for it."""
        if last is not None:
            self.post(last)
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _call_alone(self, function: Callable[[], object]) -> None:
        try:
            function()
        except Exception as failure:  # noqa: BLE001 -- whatever it is: if the thread ended, all later calls would wait
            # Its kind only: what an exception of somebody else's library says may be of the card.
            _log.warning("card_reader_call_failed", thread=self._thread.name, error=type(failure).__name__)
