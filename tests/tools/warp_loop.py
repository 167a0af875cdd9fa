"""An event loop in which waiting costs nothing: when nothing else can happen, its clock jumps to the next deadline.

For tests of deadlines whose other end is in the same loop. A wait of a minute takes no time and lasts, by the loop's
clock, exactly a minute. Work in threads is waited for in real time.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class _WarpSelector(selectors.DefaultSelector):
    def __init__(self, grace: float) -> None:
        super().__init__()
        self._grace = grace
        self.skipped = 0.0
        self.busy_threads = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout <= 0 or self.busy_threads:
            return super().select(timeout)
        ready = super().select(min(timeout, self._grace))
        if not ready and timeout > self._grace:
            self.skipped += timeout - self._grace
        return ready


class WarpLoop(asyncio.SelectorEventLoop):
    """See the module.

    Args:
        grace: seconds of the real clock in which what is on its way through the kernel comes. A socket on this machine
            hands over at once, a pty in the background.
    """

    def __init__(self, grace: float = 0.005) -> None:
        self._warp = _WarpSelector(grace)
        super().__init__(self._warp)

    def time(self) -> float:
        return super().time() + self._warp.skipped

    def run_in_executor(self, executor, func, *args):
        self._warp.busy_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._back)
        return future

    def _back(self, _future: object) -> None:
        self._warp.busy_threads -= 1
