"""Check in: lay the card down or scan a code, say what for, confirm, take the number or the numbers of a slip.

The steps read from top to bottom as the patient meets them. Who it is lives in this object, which dies with the visit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.device import PrintOutcome
from kiosk.faults import FaultError, refusal_fault
from kiosk.journeys.check_in_screens import (
    Option,
    confirm_screen,
    patient_screen,
    printing_screen,
    ticket_screen,
    visit_screen,
)
from kiosk.journeys.compare import Compare
from kiosk.journeys.guide_slip import Errand, is_on, slip_or_fault
from kiosk.journeys.intent import Intent, asked_of_lobby, live_ticket, settled_fault
from kiosk.journeys.options import ALREADY, is_anything, options_of, orders_fault, scanned_ticket
from kiosk.journeys.paper import Paper
from kiosk.journeys.showing import LOOK, Seen, Showing
from kiosk.journeys.start_screens import away_screen, service_screen, start_screen
from kiosk.journeys.wait_screens import wait_screen
from kiosk.journeys.walk import Step, Went
from kiosk.ports import LobbyError, Printed, RefusedError
from kiosk.screen import Kind, Scan, Tap
from kiosk.ticket_face import face_of
from kiosk.visit import Visit, World
from kiosk.ways import Ways
from kiosk.words import Words, say
from queue_server.contract import (
    AppointmentView,
    GuideSlip,
    Identify,
    IdentifyReply,
    PatientView,
    RegistrationView,
    TicketView,
)


@dataclass
class CheckIn:
    """One patient's check-in.

    Attributes:
        asked: whose card it was, or the code that was scanned; dropped as soon as the server has answered.
        card_expired: what is said of a card whose validity is over.
        reply: what the server knows of it today.
        patient: the file chosen.
        slip: the guide slip that the patient has or may have.
        chosen: the appointment, registration or slip chosen, or the live ticket to be shown again.
        errand: the way through the stops, where the slip was chosen.
        queue: an open queue chosen without a card.
        intent: the confirmation as one command; kept over repeats so that nothing is done twice.
        ticket: the number, once there is one.
        paper: what became of its paper.
        rejoining: waiting again after a miss, as one command, until it is settled.
        comparing: two slips that are compared.
        shown_again: the number was issued before this visit.
        failed: this kiosk made a mistake after the number was there.
    """

    asked: Identify | None = None
    card_expired: Words | None = None
    reply: IdentifyReply | None = None
    patient: PatientView | None = None
    slip: GuideSlip | None = None
    errand: Errand | None = None
    chosen: Option | None = None
    queue: str | None = None
    intent: Intent = field(default_factory=lambda: Intent(""))
    ticket: TicketView | None = None
    paper: Paper = field(default_factory=Paper)
    rejoining: Intent | None = None
    comparing: Compare | None = None
    shown_again: bool = False
    failed: bool = False

    @property
    def steps(self) -> Sequence[Step]:
        """The journey."""
        return (
            self.start,
            self.scan_first,
            self.compare,
            self.choose_service,
            self.lay_card,
            self.identify,
            self.choose_patient,
            self.look_at_orders,
            self.choose_visit,
            self.confirm,
            self.take_number,
            self.print_ticket,
            self.show_ticket,
        )

    # -- before anybody is known

    async def start(self, visit: Visit) -> Went:
        """Wait for a touch or a scan; while there is nothing to be had here, say so and where to go instead."""
        lobby = visit.world.lobby
        while True:
            version, away, ways = lobby.version, lobby.away_because, visit.world.ways
            screen = start_screen(ways, lobby.hall) if away is None else away_screen(lobby.hall, away, lobby.away_since)
            visit.show_changed(screen)
            answer = await visit.answered_or(_changed(visit.world, version, ways))
            if isinstance(answer, Tap | Scan) and lobby.online and screen.kind is Kind.START:
                self._note_scan(visit, answer)
                self.comparing = Compare() if isinstance(answer, Tap) and answer.verb == "why" else None
                visit.begun = True
                return Went.PASSED

    async def scan_first(self, visit: Visit) -> Went:
        """Scan the first of two slips, where two are to be compared."""
        return Went.PASSED if self.comparing is None else await self.comparing.scan_first(visit)

    async def compare(self, visit: Visit) -> Went:
        """Scan the other one, and see who is first and why."""
        return Went.PASSED if self.comparing is None else await self.comparing.to_the_end(visit)

    async def choose_service(self, visit: Visit) -> Went:
        """Choose between checking in and the queues that number anybody; nothing to ask where there are none.

        A card that is laid down here says it all.
        """
        self.queue = None
        hall = visit.world.lobby.hall
        if self.asked is not None or hall is None or not hall.open_queues:
            return Went.PASSED
        self._begin_anew()
        answer = await Showing(visit).at(service_screen(hall.open_queues, visit.world.ways, hall))
        if isinstance(answer, Seen):
            self.asked, self.card_expired = answer.asked, answer.expired
            return Went.ASKED
        self._note_scan(visit, answer)
        if isinstance(answer, Tap) and answer.index > 0:
            self.queue = hall.open_queues[answer.index - 1].id
        return Went.ASKED

    async def lay_card(self, visit: Visit) -> Went:
        """Wait for a card or a scan, by whatever reader works."""
        if self.queue is not None or self.asked is not None:
            return Went.PASSED
        self._begin_anew()
        seen = await Showing(visit).who()
        self.asked, self.card_expired = seen.asked, seen.expired
        return Went.ASKED

    async def identify(self, visit: Visit) -> Went:
        """Ask the server who this is; the identity is dropped with the answer."""
        if self.asked is None:
            return Went.PASSED
        visit.show(wait_screen(say("wait.looking_up")))
        asked, self.asked = self.asked, None
        try:
            reply = await asked_of_lobby(visit.world.lobby.identify(asked))
        except FaultError:
            self.asked = asked  # the patient may try again without laying the card down again
            raise
        if asked.kind == "code" and (scanned := scanned_ticket(reply, asked.value)) is not None:
            self.patient, self.chosen = scanned  # there is nothing to ask about it
            return Went.PASSED
        if not any(is_anything(patient) for patient in reply.patients):
            if reply.list_is_old:
                raise FaultError("nothing_in_old_list", time=f"{reply.list_as_of:%H:%M}")
            is_card = asked.kind in {"id_card", "hospital_card"}
            raise FaultError("nothing_today" if is_card else "code_unknown")
        self.reply = reply
        return Went.PASSED

    # -- what for

    async def choose_patient(self, visit: Visit) -> Went:
        """Choose the file where one identity has several."""
        if self.reply is None:
            return Went.PASSED  # nobody is known, or a scanned ticket said who
        patients = self.reply.patients
        if len(patients) == 1:
            self.patient = patients[0]
            return Went.PASSED
        tap = await visit.ask(patient_screen(patients, self._notice()))
        self.patient = patients[tap.index]
        return Went.ASKED

    async def look_at_orders(self, visit: Visit) -> Went:
        """Ask for the stops of the patient's orders. One whose number is on a slip is shown the slip."""
        self.slip = None
        patient = self.patient
        if patient is None or not (patient.orders or patient.slip):
            return Went.PASSED
        if self.chosen is not None and patient.slip is None:
            return Went.PASSED  # a number was scanned, and it is on no slip
        visit.show(wait_screen(say("wait.looking_up")))
        self.slip = await slip_or_fault(visit.world.lobby, patient, alone=not options_of(patient, None))
        if isinstance(self.chosen, TicketView) and self.slip is not None and is_on(self.slip, self.chosen.ticket):
            self.chosen = self.slip
        return Went.PASSED

    async def choose_visit(self, visit: Visit) -> Went:
        """Choose what to check in for where there are several; what cannot be had says why."""
        if self.patient is None or self.reply is None:
            return Went.PASSED
        options = options_of(self.patient, self.slip)
        if not options:
            raise orders_fault(self.patient.orders)
        went = Went.PASSED
        at = 0
        if len(options) > 1:
            tap = await visit.ask(visit_screen(options, self._notice()))
            at = tap.index
            went = Went.ASKED
        self.chosen = options[at]
        problem = self.chosen.problem if isinstance(self.chosen, AppointmentView | RegistrationView) else None
        if problem is not None:
            if problem.code != ALREADY:
                raise refusal_fault(problem, another=len(options) > 1)
            visit.show(wait_screen(say("wait.looking_up")))
            self.chosen = await live_ticket(visit.world.lobby, problem)
        return went

    async def confirm(self, visit: Visit) -> Went:
        """One tap confirms; a live ticket needs no confirmation."""
        self.intent = Intent(visit.world.lobby.new_intent())
        self.shown_again = isinstance(self.chosen, TicketView)
        self.errand = None
        if isinstance(self.chosen, GuideSlip):
            self.errand = Errand(self.chosen, self.intent)
            return await self.errand.confirm(visit, self._notice())
        if self.chosen is None or self.patient is None or isinstance(self.chosen, TicketView):
            return Went.PASSED
        await visit.ask(confirm_screen(self.patient, self.chosen, self._notice()))
        return Went.ASKED

    # -- what cannot be taken back

    async def take_number(self, visit: Visit) -> Went:
        """Send the command; a repeat keeps its intent. One who is checked in already gets the live ticket."""
        lobby = visit.world.lobby
        if self.errand is not None:
            return await self.errand.take(visit)
        with visit.busy():
            visit.show(wait_screen(say("wait.checking_in")))
            match self.chosen:
                case TicketView():
                    self.ticket = self.chosen
                case AppointmentView() | RegistrationView():
                    if self.patient is None:
                        raise TypeError("A visit was chosen and no patient.")
                    self.ticket = await self._number(visit, self.patient.person, self.chosen)
                case GuideSlip():
                    raise TypeError("A slip was chosen and there is no errand.")
                case None:
                    joined = lobby.join(self.intent.id, self.queue or "", person=None, registration=None)
                    self.ticket = await asked_of_lobby(self.intent.sent(joined))
        return Went.COMMITTED

    async def _number(self, visit: Visit, person: str, chosen: AppointmentView | RegistrationView) -> TicketView:
        lobby = visit.world.lobby
        try:
            if isinstance(chosen, AppointmentView):
                answer = lobby.check_in(self.intent.id, person, chosen.appointment)
            else:
                answer = lobby.join(self.intent.id, chosen.queue, person=person, registration=chosen.registration)
            return await asked_of_lobby(self.intent.sent(answer))
        except FaultError as fault:
            problem = fault.problem
            if problem is None or problem.code != ALREADY:
                raise
            self.shown_again = True
            return await live_ticket(lobby, problem)

    async def print_ticket(self, visit: Visit) -> Went:
        """Print the ticket once and tell the server what became of the paper."""
        if self.errand is not None:
            return await self.errand.print(visit)
        if not self.shown_again:
            await self._print(visit, reprint=False)
        return Went.COMMITTED

    async def show_ticket(self, visit: Visit) -> Went:
        """Show the ticket, whatever became of the paper; print again or wait again where that makes sense."""
        if self.errand is not None:
            return await self.errand.show(visit)
        if self.rejoining is not None and not self.failed:
            await self._rejoin(visit)  # the patient tries again what nothing has settled
        while True:
            screen = ticket_screen(
                self._ticket(),
                self.paper.printed,
                visit.world.lobby.hall,
                card=visit.card_used,
                again=self.shown_again,
                failed=self.failed,
                scanner=visit.world.tells_of_scanner,
            )
            visit.show(screen, idle=visit.world.durations.ticket)
            tap = await self.paper.tapped_or_came(visit)
            match tap and tap.verb:
                case None:
                    continue
                case "print":
                    await self._print(visit, reprint=self._is_reprint)
                case "rejoin":
                    await self._rejoin(visit)
                case "why":
                    if not await Compare(self._ticket().qr, self._ticket().number).with_others(visit):
                        return Went.COMMITTED
                case _:
                    return Went.COMMITTED

    async def _rejoin(self, visit: Visit) -> None:
        """Wait again after a miss and print that; one who waits again already, by staff's hand, is shown so."""
        lobby, ticket = visit.world.lobby, self._ticket().ticket
        self.rejoining = self.rejoining or Intent(lobby.new_intent())
        with visit.busy():
            visit.show(wait_screen(say("wait.checking_in")))
            try:
                self.ticket = await self.rejoining.sent(lobby.rejoin(self.rejoining.id, ticket))
                waited = False
            except RefusedError as refused:
                if refused.problem.code != "not_missed":
                    raise settled_fault(refused, "rejoin") from refused
                self.ticket = await live_ticket(lobby, refused.problem)
                waited = True
            except LobbyError as error:
                raise settled_fault(error, "rejoin") from error
        self.rejoining = None
        if not waited:
            await self._print(visit, reprint=False)

    async def show_number(self, visit: Visit) -> Went:
        """After a mistake of this kiosk: the number is the patient's all the same. The server hears of its paper."""
        if self.errand is not None:
            return await self.errand.show_numbers(visit)
        self.failed = True
        if self.paper.printed is None and not self.shown_again:
            self.paper.settle(visit, (self._ticket().ticket,), Printed(PrintOutcome.UNKNOWN), reprint=False)
        return await self.show_ticket(visit)

    # -- in common

    def _begin_anew(self) -> None:
        """Forget who it was and what for: the patient is asked again."""
        self.reply, self.patient, self.chosen = None, None, None
        self.card_expired = None

    def _note_scan(self, visit: Visit, answer: Tap | Scan) -> None:
        if isinstance(answer, Scan):
            self.asked = visit.world.codes.asked(answer.code)

    def _ticket(self) -> TicketView:
        if self.ticket is None:
            raise TypeError("The ticket is shown before there is one.")
        return self.ticket

    @property
    def has_number(self) -> bool:
        """Whether something was given that stands, whatever goes wrong now."""
        return self.ticket is not None or (self.errand is not None and self.errand.given)

    @property
    def _is_reprint(self) -> bool:
        """Whether paper with this number may be about."""
        if self.paper.printed is not None:
            return self.paper.reprint  # offered only where it certainly did not come out, this time
        return self._ticket().printed != "not_done"

    async def _print(self, visit: Visit, *, reprint: bool) -> None:
        ticket = self._ticket()
        screen = printing_screen(ticket.number)
        await self.paper.print(visit, face_of(ticket), (ticket.ticket,), screen, reprint=reprint)

    def _notice(self) -> Words | None:
        if self.card_expired is not None:
            return self.card_expired
        if self.reply is not None and self.reply.list_is_old:
            return say("notice.list_old", time=f"{self.reply.list_as_of:%H:%M}")
        return None


async def _changed(world: World, version: int, ways: Ways) -> None:
    """Wait until the server says something new, or another reader works or fails."""
    told = asyncio.ensure_future(world.lobby.changed(version))
    try:
        while world.ways == ways and not told.done():
            looking = asyncio.ensure_future(world.clock.sleep(LOOK))
            try:
                await asyncio.wait({told, looking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
    finally:
        told.cancel()
        await asyncio.gather(told, return_exceptions=True)
