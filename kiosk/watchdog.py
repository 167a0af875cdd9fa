"""Tells the service manager, and the cabinet's board, that the kiosk lives: only while both of its threads do.

The journeys' thread feeds; it feeds only while the screen's thread has shown its pulse. So a hung screen, a hung
journey and a hung interpreter all end in silence, and whoever waits for the next word restarts the kiosk.

``systemd``'s protocol is one datagram a word (sd_notify(3)): ``READY=1``, ``WATCHDOG=1``, ``STOPPING=1`` and
``STATUS=...``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Mapping

import structlog

from kiosk.ports import Clock

_log = structlog.get_logger(__name__)

PULSE = 0.2
"""Seconds between two beats of the screen's thread."""
LATE = 5 * PULSE
"""Seconds without a beat after which the screen's thread counts as hung, at least."""
USUAL_INTERVAL = 5.0
"""Seconds between two feedings where the service manager asks for none."""

HANGS = "The screen does not move: the watchdog is not fed."
WELL = "Serving patients."


class ServiceManager:
    """The service manager that started this process, if one did and listens.

    Args:
        environment: where ``NOTIFY_SOCKET`` and ``WATCHDOG_USEC`` stand.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if address else None
        if self._socket is not None:
            self._socket.setblocking(False)  # noqa: FBT003 -- the library's own signature
        self._told = False
        limit = environment.get("WATCHDOG_USEC", "")
        self.watchdog = int(limit) / 1_000_000 if limit.isdecimal() else None
        """Seconds within which it wants to hear ``WATCHDOG=1``; None = it does not wait for it."""

    def say(self, *words: str) -> None:
        """Send it ``words``. One that does not take them is told of in the log, once, and keeps nobody waiting."""
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(words).encode(), self._address)
        except OSError as error:
            if not self._told:
                _log.warning("service_manager_not_reached", error=error.strerror)
            self._told = True

    def close(self) -> None:
        """Say no more."""
        if self._socket is not None:
            self._socket.close()


class Watchdog:
    """Feeds, for as long as both threads live.

    Args:
        manager: the service manager.
        clock: for the pauses; its time is the pulse's.
        pulse: when the screen's thread last showed that it lives; ``None``: there is no screen to wait for.
        board: feeds the cabinet's board, where one watches over the machine: restart it unless fed again within so
            many seconds; 0 = never.
        board_limit: those seconds.
    """

    def __init__(
        self,
        manager: ServiceManager,
        clock: Clock,
        pulse: Callable[[], float] | None,
        board: Callable[[int], Awaitable[None]] | None = None,
        board_limit: int = 0,
    ) -> None:
        self._manager = manager
        self._clock = clock
        self._pulse = pulse
        self._board = board if board_limit else None
        self._board_limit = board_limit
        self._hung = False
        self.interval = USUAL_INTERVAL if manager.watchdog is None else min(USUAL_INTERVAL, manager.watchdog / 3)

    @property
    def screen_lives(self) -> bool:
        """Whether the screen's thread showed its pulse in time."""
        return self._pulse is None or self._clock.now() - self._pulse() <= max(LATE, self.interval)

    async def run(self) -> None:
        """Say that the kiosk serves, and feed until cancelled; then say that it stops, and that nobody is to wait."""
        self._manager.say("READY=1", f"STATUS={WELL}")
        try:
            while True:
                await self._feed()
                await self._clock.sleep(self.interval)
        finally:
            self._manager.say("STOPPING=1")
            if self._board is not None:
                await self._board(0)

    async def _feed(self) -> None:
        lives = self.screen_lives
        if lives:
            self._manager.say("WATCHDOG=1")
            if self._board is not None:
                await self._board(self._board_limit)
        if lives is self._hung:
            self._hung = not lives
            if self._hung:
                _log.error("screen_hangs")
            else:
                _log.warning("screen_moves_again")
            self._manager.say(f"STATUS={HANGS if self._hung else WELL}")
