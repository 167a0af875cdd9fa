"""The addresses of a call's sound files."""

from __future__ import annotations

from collections.abc import Callable

from queue_server.engine.entries import Ticket
from queue_server.engine.site import Room
from queue_server.engine.site import Text as Words

_CALLS_HELD = 2_000


class Voice:
    """The addresses of announcements; each is ordered once, however often a board is rendered."""

    def __init__(
        self,
        announce: Callable[[str, Words, str | None], list[str]],
        announce_door: Callable[[str, Words, str | None], list[str]] = lambda _number, _room, _name: [],
    ) -> None:
        """Order with ``announce``, which gives digests for a number, a room and a masked name.

        ``announce_door`` gives those of a second-stage call.
        """
        self._announce = announce
        self._announce_door = announce_door
        self._ordered: dict[tuple[int, int], list[str]] = {}

    def addresses(self, ticket: Ticket, room: Room, masked_name: str | None) -> list[str]:
        """The addresses of a call's sound files, in order."""
        return self._of((ticket.call or 0, ticket.recalls), self._announce, ticket, room, masked_name)

    def door_addresses(self, ticket: Ticket, room: Room, masked_name: str | None, at: int) -> list[str]:
        """The same of a second-stage call, which stands in the log at position ``at``."""
        return self._of((at, -1), self._announce_door, ticket, room, masked_name)

    def _of(
        self,
        call: tuple[int, int],
        announce: Callable[[str, Words, str | None], list[str]],
        ticket: Ticket,
        room: Room,
        masked_name: str | None,
    ) -> list[str]:
        if call not in self._ordered:
            if len(self._ordered) >= _CALLS_HELD:
                self._ordered.clear()
            digests = announce(ticket.number, room.name, masked_name)
            self._ordered[call] = [f"/api/board/voice/{digest}.wav" for digest in digests]
        return self._ordered[call]
