"""A guide slip 检查检验指引单: see the stops, take all their numbers with one tap, take the paper.

The steps of the check-in hand over to an errand where the patient is here for orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.device import PrintOutcome
from kiosk.faults import FaultError
from kiosk.journeys.guide_slip_screens import plan_screen, printing_slip_screen, slip_screen
from kiosk.journeys.intent import Intent, asked_of_lobby, settled_fault
from kiosk.journeys.paper import Paper
from kiosk.journeys.wait_screens import wait_screen
from kiosk.journeys.walk import Went
from kiosk.ports import Lobby, LobbyError, Printed, RefusedError
from kiosk.slip_face import slip_face_of, stops_left
from kiosk.visit import Visit
from kiosk.words import Words, say
from queue_server.contract import GuideSlip, PatientView


async def slip_of(lobby: Lobby, patient: PatientView) -> GuideSlip | None:
    """The slip that the patient has, or would have with what can be done now; ``None`` where that is nothing.

    Raises:
        LobbyError: it is not known. A refusal says why nothing can be put on a slip.
    """
    if any(order.problem is None for order in patient.orders):
        try:
            return await lobby.look_ahead(patient.person)
        except RefusedError:
            if patient.slip is None:
                raise
    if patient.slip is None:
        return None
    try:
        return await lobby.guide_slip(patient.person)
    except RefusedError:
        return None  # its last stop was over meanwhile


async def slip_or_fault(lobby: Lobby, patient: PatientView, *, alone: bool) -> GuideSlip | None:
    """As ``slip_of``; what fails keeps nobody from what else there is. ``alone``: there is nothing else to be had.

    Raises:
        FaultError: why it is not to be had.
    """
    try:
        return await asked_of_lobby(slip_of(lobby, patient))
    except FaultError:
        if alone:
            raise
        return None


def is_on(slip: GuideSlip | None, ticket: str) -> bool:
    """Whether the number is one of the slip's."""
    return slip is not None and any(stop.ticket == ticket for stop in slip.stops)


@dataclass
class Errand:
    """One patient's way through the stops of a slip.

    Attributes:
        slip: as looked at, then as given.
        intent: taking its numbers as one command; kept over repeats so that nothing is taken twice.
        given: the numbers are there.
        paper: what became of the slip's paper.
        shown_again: all of it was given before this visit.
        failed: this kiosk made a mistake after the numbers were there.
        rejoining: waiting again after a miss, as one command, until it is settled.
        stale: what is known of the slip is older than what was done since.
    """

    slip: GuideSlip
    intent: Intent
    given: bool = False
    paper: Paper = field(default_factory=Paper)
    shown_again: bool = False
    failed: bool = False
    rejoining: Intent | None = None
    stale: bool = False

    @property
    def new(self) -> int:
        """How many numbers are still to be taken."""
        return sum(not stop.number for stop in stops_left(self.slip))

    @property
    def _tickets(self) -> Sequence[str]:
        """The numbers whose paper the slip is; a visit to return to has its own."""
        return [stop.ticket for stop in stops_left(self.slip) if stop.kind == "order"]

    async def confirm(self, visit: Visit, notice: Words | None) -> Went:
        """See the stops in their order; one tap takes their numbers. What has its numbers needs no confirmation."""
        if not self.new:
            return Went.PASSED
        await visit.ask(plan_screen(slip_face_of(self.slip), self.new, notice))
        return Went.ASKED

    async def take(self, visit: Visit) -> Went:
        """Take the numbers; a repeat keeps its intent. A slip that somebody else took meanwhile is shown again."""
        lobby = visit.world.lobby
        if not self.new:
            self.given = self.shown_again = True
            return Went.COMMITTED
        orders = [stop.stop for stop in stops_left(self.slip) if stop.kind == "order"]
        with visit.busy():
            visit.show(wait_screen(say("wait.checking_in")))
            try:
                taken = lobby.take_slip(self.intent.id, self.slip.person, orders)
                self.slip = await self.intent.sent(taken)
            except LobbyError as error:
                raise settled_fault(error, "slip") from error
        self.given = True
        of_orders = [stop for stop in stops_left(self.slip) if stop.kind == "order"]
        self.shown_again = all(stop.printed != "pending" for stop in of_orders)
        return Went.COMMITTED

    async def print(self, visit: Visit) -> Went:
        """Print the slip once and tell the server what became of the paper."""
        if not self.shown_again:
            await self._print(visit, reprint=False)
        return Went.COMMITTED

    async def show(self, visit: Visit) -> Went:
        """Show the slip, whatever became of the paper; print again or wait again where that makes sense."""
        if not self.failed:
            await self._catch_up(visit)
        while True:
            screen = slip_screen(
                self.slip,
                self.paper.printed,
                visit.world.lobby.hall,
                card=visit.card_used,
                again=self.shown_again,
                failed=self.failed,
            )
            visit.show(screen)
            tap = await self.paper.tapped_or_came(visit)
            match tap and tap.verb:
                case None:
                    continue
                case "print":
                    await self._print(visit, reprint=self._is_reprint)
                case "rejoin":
                    self.rejoining = Intent(visit.world.lobby.new_intent())
                    await self._catch_up(visit)
                case _:
                    return Went.COMMITTED

    async def show_numbers(self, visit: Visit) -> Went:
        """After a mistake of this kiosk: the numbers are the patient's all the same. The server hears of the paper."""
        self.failed = True
        if self.paper.printed is None and not self.shown_again:
            self.paper.settle(visit, self._tickets, Printed(PrintOutcome.UNKNOWN), reprint=False)
        return await self.show(visit)

    @property
    def _is_reprint(self) -> bool:
        """Whether paper with these numbers may be about."""
        if self.paper.printed is not None:
            return self.paper.reprint  # offered only where it certainly did not come out, this time
        return any(stop.printed in {"done", "unknown"} for stop in stops_left(self.slip) if stop.kind == "order")

    async def _print(self, visit: Visit, *, reprint: bool) -> None:
        face = slip_face_of(self.slip)
        await self.paper.print(visit, face, self._tickets, printing_slip_screen(), reprint=reprint)

    async def _catch_up(self, visit: Visit) -> None:
        """Wait again at the stop where the patient was missed, where that was asked for, and see the slip anew."""
        lobby = visit.world.lobby
        missed = next((stop.ticket for stop in stops_left(self.slip) if stop.is_missed), None)
        if self.rejoining is not None and missed is not None:
            with visit.busy():
                visit.show(wait_screen(say("wait.checking_in")))
                try:
                    await self.rejoining.sent(lobby.rejoin(self.rejoining.id, missed))
                except RefusedError as refused:
                    if refused.problem.code != "not_missed":  # staff let the patient back in already
                        raise settled_fault(refused, "rejoin") from refused
                except LobbyError as error:
                    raise settled_fault(error, "rejoin") from error
            self.rejoining, self.stale = None, True
        if self.stale:
            visit.show(wait_screen(say("wait.looking_up")))
            try:
                self.slip = await lobby.guide_slip(self.slip.person)
            except LobbyError as error:
                raise FaultError("number_not_shown") from error
            self.stale = False
