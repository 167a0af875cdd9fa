"""Why is somebody else called first? Two slips scanned one after the other, and the answer without names."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.faults import FaultError
from kiosk.journeys.compare_screens import answer_screen, scan_screen
from kiosk.journeys.intent import asked_of_lobby
from kiosk.journeys.wait_screens import wait_screen
from kiosk.journeys.walk import Went
from kiosk.ports import Lobby
from kiosk.screen import Scan, Tap
from kiosk.visit import Visit
from kiosk.words import say
from queue_server.contract import WhyReply

_SAME, _UNKNOWN = "same_ticket", "unknown_ticket"


@dataclass
class Compare:
    """Two numbers compared.

    Attributes:
        one: the code of the first slip, once it was scanned or where its number stood on the screen before.
        number: the first one's number, where it is known.
    """

    one: str | None = field(default=None, repr=False)
    number: str = ""

    async def scan_first(self, visit: Visit) -> Went:
        """Wait for the first slip."""
        self.one = None
        visit.show(scan_screen(second=False))
        self.one = _ticket_code(visit, await _scanned(visit))
        return Went.ASKED

    async def to_the_end(self, visit: Visit) -> Went:
        """Wait for the other slip, and show who is first and why; anew for as long as the patient likes."""
        while True:
            if self.one is None:
                await self.scan_first(visit)
            tap = await self._answered(visit)
            if tap is None or tap.verb != "again":
                return Went.THROUGH
            self.one = None

    async def with_others(self, visit: Visit) -> bool:
        """Compare the number known with other slips; tell whether the patient wants to see it again."""
        while True:
            tap = await self._answered(visit)
            if tap is None or tap.verb != "again":
                return tap is None

    async def _answered(self, visit: Visit) -> Tap | None:
        """Wait for the other slip, ask, and show the answer.

        Returns:
            What was touched on the answer; ``None``: the patient wants no comparison any more.
        """
        visit.show(scan_screen(second=True, number=self.number))
        answered = await visit.answered()
        if isinstance(answered, Tap):
            return None
        other = _ticket_code(visit, answered)
        visit.show(wait_screen(say("wait.comparing")))
        return await visit.ask(answer_screen(await self._asked(visit.world.lobby, other)))

    async def _asked(self, lobby: Lobby, other: str) -> WhyReply:
        one = self.one or ""
        try:
            return await asked_of_lobby(lobby.why(one, other))
        except FaultError as fault:
            code = "" if fault.problem is None else fault.problem.code
            if code == _SAME:
                raise FaultError("same_slip", problem=fault.problem) from fault
            if code == _UNKNOWN:
                self.one = self.one if self.number else None  # which of the two it is nobody knows
                raise FaultError("slip_unreadable", problem=fault.problem) from fault
            raise FaultError("not_compared", problem=fault.problem) from fault


async def _scanned(visit: Visit) -> Scan:
    """Return the next scan; there is nothing to touch."""
    while True:
        answered = await visit.answered()
        if isinstance(answered, Scan):
            return answered


def _ticket_code(visit: Visit, scan: Scan) -> str:
    """The code of what was scanned. A voucher or a card is somebody's identity and is asked about nowhere here.

    Raises:
        FaultError: it is certainly no ticket's.
    """
    if visit.world.codes.asked(scan.code).kind != "code":
        raise FaultError("slip_unreadable")
    return scan.code
