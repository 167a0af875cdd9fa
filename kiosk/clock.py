"""The machine's clock, as far as it can be trusted: only how much time has passed."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """The ``Clock`` port on the machine's monotonic clock."""

    def now(self) -> float:
        """See ``Clock``."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See ``Clock``."""
        await asyncio.sleep(seconds)
