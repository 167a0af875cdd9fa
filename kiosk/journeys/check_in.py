"""Check in: lay the card down or scan a code, say what for, confirm, take the number.

The steps read from top to bottom as the patient meets them. Who it is lives in this object, which dies with the visit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from drivers.device import DeviceError, PrintOutcome
from kiosk.faults import FaultError, reader_fault, refusal_fault
from kiosk.journeys.check_in_screens import (
    Option,
    away_screen,
    card_screen,
    confirm_screen,
    patient_screen,
    printing_screen,
    reading_screen,
    service_screen,
    start_screen,
    ticket_screen,
    visit_screen,
    wait_screen,
)
from kiosk.journeys.intent import Intent, asked_of_lobby, live_ticket, rejoin_fault
from kiosk.journeys.walk import Step, Went
from kiosk.log import where
from kiosk.ports import LobbyError, Printed, PrintReport, RefusedError
from kiosk.screen import Scan, Tap
from kiosk.ticket_face import face_of
from kiosk.visit import Visit
from kiosk.words import Words, say
from queue_server.contract import (
    AppointmentView,
    Identify,
    IdentifyReply,
    PatientView,
    RegistrationView,
    TicketView,
)

_log = structlog.get_logger(__name__)


@dataclass
class CheckIn:
    """One patient's check-in.

    Attributes:
        asked: whose card it was, or the code that was scanned; dropped as soon as the server has answered.
        reply: what the server knows of it today.
        patient: the file chosen.
        chosen: the appointment or registration chosen, or the live ticket to be shown again.
        queue: an open queue chosen without a card.
        intent: the confirmation as one command; kept over repeats so that nothing is done twice.
        ticket: the number, once there is one.
        printed: what became of its paper.
        came: set when paper of which nobody knew came out after all.
        rejoining: waiting again after a miss, as one command, until it is settled.
        shown_again: the number was issued before this visit.
        failed: this kiosk made a mistake after the number was there.
    """

    asked: Identify | None = None
    card_expired: bool = False
    reply: IdentifyReply | None = None
    patient: PatientView | None = None
    chosen: Option | None = None
    queue: str | None = None
    intent: Intent = field(default_factory=lambda: Intent(""))
    ticket: TicketView | None = None
    printed: Printed | None = None
    came: asyncio.Event | None = None
    rejoining: Intent | None = None
    shown_again: bool = False
    failed: bool = False

    @property
    def steps(self) -> Sequence[Step]:
        """The journey."""
        return (
            self.start,
            self.choose_service,
            self.lay_card,
            self.identify,
            self.choose_patient,
            self.choose_visit,
            self.confirm,
            self.take_number,
            self.print_ticket,
            self.show_ticket,
        )

    # -- before anybody is known

    async def start(self, visit: Visit) -> Went:
        """Wait for a touch or a scan; while the server is away, say so and where to go instead."""
        lobby = visit.world.lobby
        while True:
            version = lobby.version
            away = lobby.away_because
            visit.show(start_screen() if away is None else away_screen(lobby.hall, away, lobby.away_since))
            answer = await visit.answered_or(lobby.changed(version))
            if isinstance(answer, Tap | Scan) and lobby.online:
                self._note_scan(answer)
                visit.begun = True
                return Went.PASSED

    async def choose_service(self, visit: Visit) -> Went:
        """Choose between checking in and the queues that number anybody; nothing to ask where there are none."""
        self.queue = None
        hall = visit.world.lobby.hall
        if self.asked is not None or hall is None or not hall.open_queues:
            return Went.PASSED
        self._begin_anew()
        visit.show(service_screen(hall.open_queues))
        answer = await visit.answered()
        self._note_scan(answer)
        if isinstance(answer, Tap) and answer.index > 0:
            self.queue = hall.open_queues[answer.index - 1].id
        return Went.ASKED

    async def lay_card(self, visit: Visit) -> Went:
        """Wait for an identity card and read it, or for a scan."""
        if self.queue is not None or self.asked is not None:
            return Went.PASSED
        self._begin_anew()
        screen = card_screen(scanner=visit.world.scanner)
        reader = visit.world.devices.reader
        visit.world.voice.say(screen.title, visit.language)
        visit.show(screen)
        try:
            came = await visit.answered_or(reader.wait_for_card(visit.world.durations.card))
            if isinstance(came, Scan):
                self._note_scan(came)
                return Went.ASKED
            if isinstance(came, Tap):
                raise FaultError("no_document")
            if not came:
                raise FaultError("no_card")
            visit.card_used = True
            visit.show(reading_screen())
            holder = await reader.read()
        except DeviceError as error:
            raise reader_fault(error) from error
        self.asked = Identify(kind="id_card", value=holder.number, name=holder.name)
        self.card_expired = holder.expired
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
        if asked.kind == "code" and self._find_ticket(reply, asked.value):
            return Went.PASSED
        if not any(patient.appointments or patient.registrations or patient.tickets for patient in reply.patients):
            if reply.list_is_old:
                raise FaultError("nothing_in_old_list", time=f"{reply.list_as_of:%H:%M}")
            raise FaultError("nothing_today" if asked.kind == "id_card" else "code_unknown")
        self.reply = reply
        return Went.PASSED

    def _find_ticket(self, reply: IdentifyReply, code: str) -> bool:
        """Choose the ticket that carries ``code``, if it still counts; there is nothing to ask about it.

        One that has ended leads to what else its holder may do today. Raises ``ticket_over`` where that is nothing.
        """
        for patient in reply.patients:
            for ticket in patient.tickets:
                if ticket.qr != code:
                    continue
                if ticket.status not in ENDED:
                    self.patient, self.chosen = patient, ticket
                    return True
                if not any(isinstance(one, TicketView) or one.problem is None for one in _options(patient)):
                    raise FaultError("ticket_over")
        return False

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

    async def choose_visit(self, visit: Visit) -> Went:
        """Choose what to check in for where there are several; what cannot be had says why."""
        if self.patient is None or self.reply is None:
            return Went.PASSED
        options = _options(self.patient)
        if not options:
            raise FaultError("nothing_today")
        went = Went.PASSED
        at = 0
        if len(options) > 1:
            tap = await visit.ask(visit_screen(options, self._notice()))
            at = tap.index
            went = Went.ASKED
        self.chosen = options[at]
        problem = None if isinstance(self.chosen, TicketView) else self.chosen.problem
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
        if self.chosen is None or self.patient is None or isinstance(self.chosen, TicketView):
            return Went.PASSED
        await visit.ask(confirm_screen(self.patient, self.chosen, self._notice()))
        return Went.ASKED

    # -- what cannot be taken back

    async def take_number(self, visit: Visit) -> Went:
        """Send the command; a repeat keeps its intent. One who is checked in already gets the live ticket."""
        lobby = visit.world.lobby
        with visit.busy():
            visit.show(wait_screen(say("wait.checking_in")))
            match self.chosen:
                case TicketView():
                    self.ticket = self.chosen
                case AppointmentView() | RegistrationView():
                    if self.patient is None:
                        raise TypeError("A visit was chosen and no patient.")
                    self.ticket = await self._number(visit, self.patient.person, self.chosen)
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
        if not self.shown_again:
            await self._print(visit, reprint=False)
        return Went.COMMITTED

    async def show_ticket(self, visit: Visit) -> Went:
        """Show the ticket, whatever became of the paper; print again or wait again where that makes sense."""
        if self.rejoining is not None and not self.failed:
            await self._rejoin(visit)  # the patient tries again what nothing has settled
        while True:
            screen = ticket_screen(
                self._ticket(),
                self.printed,
                visit.world.lobby.hall,
                card=visit.card_used,
                again=self.shown_again,
                failed=self.failed,
            )
            visit.show(screen, idle=visit.world.durations.ticket)
            tap = await self._tapped_or_paper_came(visit)
            match tap and tap.verb:
                case None:
                    continue
                case "print":
                    await self._print(visit, reprint=self.printed is None and self._ticket().printed != "not_done")
                case "rejoin":
                    await self._rejoin(visit)
                case _:
                    return Went.COMMITTED

    async def _tapped_or_paper_came(self, visit: Visit) -> Tap | None:
        """Return the next touch; ``None`` when the printer confirmed the paper late, and the screen may say so."""
        if self.came is None:
            return await visit.tapped()
        answer = await visit.answered_or(self.came.wait())
        if isinstance(answer, Tap):
            return answer
        self.printed, self.came = Printed(PrintOutcome.DONE), None
        return None

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
                    raise rejoin_fault(refused) from refused
                self.ticket = await live_ticket(lobby, refused.problem)
                waited = True
            except LobbyError as error:
                raise rejoin_fault(error) from error
        self.rejoining = None
        if not waited:
            await self._print(visit, reprint=False)

    async def show_number(self, visit: Visit) -> Went:
        """After a mistake of this kiosk: the number is the patient's all the same. The server hears of its paper."""
        self.failed = True
        if self.printed is None and not self.shown_again:
            self._settle(visit, Printed(PrintOutcome.UNKNOWN), reprint=False)
        return await self.show_ticket(visit)

    # -- in common

    def _begin_anew(self) -> None:
        """Forget who it was and what for: the patient is asked again."""
        self.reply, self.patient, self.chosen = None, None, None
        self.card_expired = False

    def _note_scan(self, answer: Tap | Scan) -> None:
        if isinstance(answer, Scan):
            self.asked = Identify(kind="code", value=answer.code)

    def _ticket(self) -> TicketView:
        if self.ticket is None:
            raise TypeError("The ticket is shown before there is one.")
        return self.ticket

    async def _print(self, visit: Visit, *, reprint: bool) -> None:
        ticket = self._ticket()
        with visit.busy():
            visit.show(printing_screen(ticket.number))
            try:
                printed = await visit.world.devices.printer.print(face_of(ticket), visit.language, reprint=reprint)
            except Exception as error:  # noqa: BLE001 - the number stands, whatever went wrong about its paper
                _log.error("print_failed", exception_type=type(error).__name__, where=where(error))
                printed = Printed(PrintOutcome.UNKNOWN)
            self._settle(visit, printed, reprint=reprint)

    def _settle(self, visit: Visit, printed: Printed, *, reprint: bool) -> None:
        self.printed = printed
        ticket = self._ticket().ticket
        visit.world.lobby.settle_print(ticket, _REPORTS[printed.outcome], reprint=reprint)
        self.came = visit.world.late_paper.note(ticket, printed, reprint=reprint)

    def _notice(self) -> Words | None:
        if self.card_expired:
            return say("notice.card_expired")
        if self.reply is not None and self.reply.list_is_old:
            return say("notice.list_old", time=f"{self.reply.list_as_of:%H:%M}")
        return None


def _options(patient: PatientView) -> list[Option]:
    """What there is to choose; what cannot be had comes last, and a ticket that has ended not at all."""
    return [
        *(one for one in patient.tickets if one.status not in ENDED),
        *(one for one in patient.appointments if one.problem is None),
        *(one for one in patient.registrations if one.problem is None),
        *(one for one in patient.appointments if one.problem is not None),
        *(one for one in patient.registrations if one.problem is not None),
    ]


ALREADY = "already_checked_in"
"""The refusal that tells of a number instead of taking one away."""

ENDED = frozenset({"finished", "cancelled", "no_show", "lapsed"})
"""Statuses behind which a ticket leads nowhere any more."""

_REPORTS: dict[PrintOutcome, PrintReport] = {
    PrintOutcome.DONE: "done",
    PrintOutcome.NOT_DONE: "not_done",
    PrintOutcome.UNKNOWN: "unknown",
}
