"""Acts on the hospital's list: what needs nobody at a kiosk.

A prescription that is paid makes its ticket, a withdrawn order ends its own, in a clinic that needs no check-in whoever
is booked or registered waits when the time has come, and bookings that nobody came to are noted after their session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

import structlog

from queue_server import background
from queue_server.clock import SECOND, Clock
from queue_server.engine.commands import Cancel, CheckIn, CheckInOrder, CheckInWalkIn, Command, NoteUnkept
from queue_server.engine.fees import of_registration
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import Appointment, ClinicSession, Registration
from queue_server.engine.stamps import MINUTE
from queue_server.engine.state import State
from queue_server.hospital.mirror import Mirror
from queue_server.service import SYSTEM, Service, Unavailable

log = structlog.get_logger(__name__)

LOOK_AGAIN_S = 30
"""How long at most until the orders are looked through again: a service day opens, a log can be written again."""


class OrderKeeper:
    """Posts the server's own commands about orders. Each has an id that follows from the order: nothing comes twice."""

    def __init__(self, service: Service, mirror: Mirror, clock: Clock) -> None:
        """Join the parts; nothing happens before ``begin``."""
        self._service = service
        self._mirror = mirror
        self._clock = clock
        self._version = 0
        self._told: set[str] = set()
        self._noted: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Do what is due now, then go on in the background."""
        await self.catch_up()
        self._task = asyncio.create_task(self._run(), name="order keeper")
        self._task.add_done_callback(_on_ended)

    async def stop(self) -> None:
        """End the background task."""
        await background.end(self._task)
        self._task = None

    async def _run(self) -> None:
        while True:
            until = self._clock.sleep_until(self._clock.now() + LOOK_AGAIN_S * SECOND)
            version = await background.nap(until, self._mirror.wait_for_news(self._version))
            if version is not None:
                self._version = version
            await self.catch_up()

    async def catch_up(self) -> None:
        """Post what the orders as mirrored now bring about."""
        for of, command in list(self._due()):
            command_id = str(uuid5(NAMESPACE_URL, f"urn:houzhen:{type(command).__name__}:{of}"))
            try:
                result = await self._service.submit(command, actor=SYSTEM, command_id=command_id)
            except Unavailable as error:
                log.warning("orders_not_kept", code=error.code)
                return
            if isinstance(command, NoteUnkept) and not isinstance(result, Refusal):
                self._noted.add(of)
            if isinstance(result, Refusal) and of not in self._told:
                # Once for each order, not at every look.
                self._told.add(of)
                log.warning("order_not_kept", code=result.code)

    def _due(self) -> Iterator[tuple[str, Command]]:
        """The commands, each with what its id follows from."""
        state = self._service.committed
        if state.index is None or state.day is None or state.day.ended:
            return
        yield from self._unkept(state)
        if any(not clinic.needs_check_in for clinic in state.index.clinics.values()):
            yield from self._without_check_in(state)
        for order in self._mirror.orders:
            queue = state.index.queues.get(order.queue)
            if queue is None or order.day != state.day.day:
                continue
            ticket = state.tickets.get(state.by_origin.get(order.id, ""))
            if order.status == "paid" and queue.makes_ticket == "at_payment" and ticket is None:
                yield order.id, CheckInOrder(order, "hospital")
            if order.status == "withdrawn" and ticket is not None and ticket.status in {"waiting", "missed", "away"}:
                yield ticket.id, Cancel(ticket.id, "order_withdrawn")

    def _unkept(self, state: State) -> Iterator[tuple[str, Command]]:
        """The bookings of sessions that have ended, once each, by a list that was taken over after the end."""
        over = {
            session.id
            for session in state.sessions.values()
            if session.status == "open"
            and session.ends_at <= min(self._clock.now(), self._mirror.as_of)
            and session.id not in self._noted
        }
        if not over:
            return
        booked: dict[str, list[Appointment]] = {session: [] for session in over}
        for appointment in self._mirror.appointments:
            if appointment.session in over:
                booked[appointment.session].append(appointment)
        for session, appointments in booked.items():
            yield session, NoteUnkept(session, appointments)

    def _without_check_in(self, state: State) -> Iterator[tuple[str, Command]]:
        """Whoever is booked or registered in a clinic that asks nobody to check in, from the time when others may.

        A number is given once: whoever gave it back, or was missed too often, checks in again at the desk.
        """
        now = self._clock.now()
        given = {ticket.origin_ref: ticket for ticket in state.tickets.values()}
        visits: list[Appointment | Registration] = [*self._mirror.appointments, *self._mirror.registrations]
        for visit in visits:
            session = state.sessions.get(visit.session)
            opens_min = _opens_min(state, session)
            if session is None or opens_min is None:
                continue
            ticket = given.get(visit.id)
            if visit.status in {"cancelled", "withdrawn"}:
                if ticket is not None and ticket.status in {"waiting", "missed", "away"}:
                    yield ticket.id, Cancel(ticket.id, "patient")
            elif ticket is not None or now >= session.ends_at:
                continue
            elif isinstance(visit, Registration):
                if _owes_nothing(state, visit, session):
                    yield visit.id, CheckInWalkIn(session.queue, visit, visit.person, "hospital")
            elif now >= visit.slot_start - opens_min * MINUTE:
                yield visit.id, CheckIn(visit, "hospital")


def _opens_min(state: State, session: ClinicSession | None) -> int | None:
    """How long before a slot somebody waits in the session's clinic without check-in; ``None`` where one is needed."""
    clinic = state.index.clinics.get(session.clinic) if state.index and session else None
    return None if clinic is None or clinic.needs_check_in else clinic.check_in_opens_min


def _owes_nothing(state: State, registered: Registration, session: ClinicSession) -> bool:
    """Whether the registration is paid for, or covered by the fee of an earlier one."""
    fee = of_registration(state.index.site.fees, registered, session.clinic) if state.index else None
    return registered.status == "paid" or (fee is not None and not fee.fen)


def _on_ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("the order keeper failed: payments make no tickets any more", exc_info=error)
