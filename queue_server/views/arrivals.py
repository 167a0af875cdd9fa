"""What a kiosk knows of its hall, and what a patient may check in with."""

from __future__ import annotations

from queue_server import contract as c
from queue_server.engine import queries
from queue_server.engine.site import Appointment, ClinicSession, Order, Registration
from queue_server.views.present import Present, hall_of
from queue_server.views.words import PERIODS, words


class ArrivalViews(Present):
    """Halls, appointments, registrations and orders."""

    def hall(self, hall: str) -> c.HallInfo:
        """What a kiosk knows of its place.

        Raises:
            KeyError: no such hall.
        """
        state = self.state
        index = self.index
        offset = self.server_time.utcoffset()
        return c.HallInfo(
            hospital=words(index.site.name),
            hall=hall,
            hall_name=words(hall_of(index, hall).name),
            desk=words(index.site.desk),
            paper_desk=words(index.site.paper_desk),
            open_queues=[
                c.Choice(queue.id, words(queue.name))
                for queue in index.queues.values()
                # An emergency goes to a nurse and is not asked to stand at a kiosk.
                if queue.kind == "open" and not queue.triage and queue.hall == hall
            ],
            server_time=self.server_time,
            utc_offset_min=int(offset.total_seconds()) // 60 if offset else 0,
            position=state.position,
            issuing=self.issuing,
        )

    def appointment(
        self, appointment: Appointment, session: ClinicSession, problem: c.Problem | None
    ) -> c.AppointmentView:
        """An appointment that a patient may confirm."""
        clinic = self.index.clinics[session.clinic]
        return c.AppointmentView(
            appointment=appointment.id,
            clinic=words(clinic.name),
            doctor=self.doctor(session.doctor),
            area=words(clinic.area),
            period=PERIODS[session.period],
            slot_start=self.moment(appointment.slot_start),
            slot_end=self.moment(appointment.slot_end),
            problem=problem,
        )

    def registration(
        self, registration: Registration, session: ClinicSession, problem: c.Problem | None
    ) -> c.RegistrationView:
        """A registration with which a patient may join a queue."""
        clinic = self.index.clinics[session.clinic]
        return c.RegistrationView(
            registration=registration.id,
            queue=session.queue,
            clinic=words(clinic.name),
            doctor=self.doctor(session.doctor),
            area=words(clinic.area),
            period=PERIODS[session.period],
            problem=problem,
        )

    def order(self, order: Order, problem: c.Problem | None) -> c.OrderView:
        """An order with which a patient may take a number.

        Raises:
            KeyError: no such queue.
        """
        index = self.index
        queue = index.queues[order.queue]
        return c.OrderView(
            order=order.id,
            kind=order.kind,
            name=words(order.name if order.name.zh else queue.name),
            queue=queue.id,
            area=words(queries.area_of(index, queue)),
            is_paid=order.status != "open",
            preparation=words(order.preparation) if order.preparation.zh else None,
            slot_start=self._maybe(order.slot_start),
            slot_end=self._maybe(order.slot_end),
            problem=problem,
        )
