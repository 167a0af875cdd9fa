"""The waits: those past a limit, how well they were foretold, and why one is called before another."""

from __future__ import annotations

from queue_server import contract as c
from queue_server.engine import queries
from queue_server.engine.entries import Ticket
from queue_server.engine.stamps import MINUTE
from queue_server.engine.triage_alarms import TriageAlarm
from queue_server.views.present import Present
from queue_server.views.words import words


class WaitViews(Present):
    """Alarms, track records and explanations of an order."""

    def alarms(self, queues: list[str] | None = None) -> list[c.AlarmView]:
        """The waits of ``queues``, or of all, that have passed a limit by the server's time.

        Those of emergency queues first, the most urgent level first; then the longest.
        """
        state = self.state
        return [
            *(self._triage_alarm(late) for late in queries.triage_alarms(state, self._clock.now(), queues)),
            *self._long_waits(queues),
        ]

    def track_record(self, queues: list[str]) -> c.TrackRecord:
        """How often the waits shown at check-in held in the last week."""
        inside, waits = queries.calibration(self.state, queues)
        return c.TrackRecord(inside, waits, round(100 * inside / waits) if waits else None)

    def waits(self) -> c.WaitsView:
        """What the nurse desk sees of the waits."""
        return c.WaitsView(self.alarms(), self.track_record(list(self.index.queues)), self.server_time)

    def queue_waits(self) -> list[c.QueueWaits]:
        """Every queue's track record."""
        queues = self.index.queues.values()
        return [c.QueueWaits(queue.id, words(queue.name), self.track_record([queue.id])) for queue in queues]

    def why(self, one: Ticket, other: Ticket) -> c.WhyReply:
        """Which of two tickets is or was called first, and why."""
        found = queries.explain(self.state, one.id, other.id)
        first = None if found.first is None else self.state.tickets[found.first].number
        order = (other, one) if found.first == other.id else (one, other)
        numbers = [ticket.number for ticket in order]
        return c.WhyReply(
            first=first,
            because=found.because,
            sentence=words(found.sentence),
            position=found.position,
            server_time=self.server_time,
            numbers=numbers,
            rule=words(found.rule),
            reasons=[words(stamp) for stamp in found.stamps],
        )

    def _triage_alarm(self, late: TriageAlarm) -> c.AlarmView:
        return c.AlarmView(
            ticket=late.ticket.id,
            number=late.ticket.number,
            queue=late.ticket.queue,
            clinic=self._clinic(late.ticket),
            doctor=self.doctor(late.ticket.doctor),
            since=self.moment(late.since),
            limit_min=(late.since - late.triage.at) // MINUTE,
            waits_since=self.moment(late.triage.at),
            kind=late.kind,
            level=late.triage.level,
        )

    def _long_waits(self, queues: list[str] | None) -> list[c.AlarmView]:
        state = self.state
        return [
            c.AlarmView(
                ticket=late.ticket.id,
                number=late.ticket.number,
                queue=late.ticket.queue,
                clinic=self._clinic(late.ticket),
                doctor=self.doctor(late.ticket.doctor),
                since=self.moment(late.since),
                limit_min=late.limit_min,
                waits_since=self.moment(queries.waits_since(state, late.ticket)),
            )
            for late in queries.overdue(state, self._clock.now(), queues)
        ]
